from dataclasses import replace

from odoo import models


class AccountMove(models.Model):
    """The customer of an invoice over there, where it is not the customer here."""

    _inherit = "account.move"

    def _ledger_is_of_subscription(self):
        """Whether the rules of subscriptions hold for the contact of this invoice."""
        self.ensure_one()
        # the field is of an addon that need not be there
        return "subscription_ids" in self._fields and bool(self.sudo().subscription_ids)

    def _ledger_contact_connection(self, connection):
        """The connection as it pushes the contact of this invoice."""
        return connection.with_context(ledger_subscription=self._ledger_is_of_subscription())

    def _ledger_push_customer(self, connection):
        """The contact of this invoice over there; made when it is missing. :return: its id"""
        self.ensure_one()
        return self._ledger_contact_connection(connection)._ledger_push_contact(self.commercial_partner_id)["remote_id"]

    def _ledger_prepare_invoice(self, connection, contact_id=""):
        # the real name on the invoice of a collecting customer
        record = super()._ledger_prepare_invoice(connection, contact_id)
        partner = self.commercial_partner_id
        rule = self._ledger_contact_connection(connection)._ledger_contact_rule(partner)
        if not rule.collecting_partner_id or connection._ledger_link(partner, "contact"):
            return record
        address = partner._display_address(without_company=True).strip()
        name = "\n".join(line for line in (partner.name, *address.splitlines()) if line.strip())
        return replace(record, note="\n\n".join(filter(None, (name, record.note))))
