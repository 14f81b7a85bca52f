from dataclasses import replace

from odoo import models


class AccountMove(models.Model):
    """The products of an invoice's lines over there, where the connection names them."""

    _inherit = "account.move"

    def _ledger_push_products(self, connection):
        """Make sure the products of the lines are there. One whose rule creates nothing is left out of its line."""
        self.ensure_one()
        if not connection.ledger_uses_products:
            return
        connection = self._ledger_contact_connection(connection)
        for product in self.invoice_line_ids.filtered(lambda line: line.display_type == "product").product_id:
            if connection._ledger_link(product, "product"):
                continue
            rule = connection._ledger_product_rule(product)
            if rule.on_missing == "create" or not rule or connection._ledger_product_identify(product):
                connection._ledger_push_product(product)

    def _ledger_prepare_line(self, connection, line, is_included):
        # EXTENDS 'ledger_bridge'
        record = super()._ledger_prepare_line(connection, line, is_included)
        if record.is_text or not line.product_id or not connection.ledger_uses_products:
            return record
        link = connection._ledger_link(line.product_id, "product")
        if not link or not connection._ledger_line_is_of_product(line):
            return record
        return replace(record, remote_product=link.remote_id, product_name=line.product_id.name or "")
