"""Lines of a received document find the lines of our order. Values stay those of the document."""

import re

from odoo import api, models


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model
    def _einvoice_match_lines(self, made, invoice, partner, company):
        # EXTENDS 'nordic_einvoice'
        matches = super()._einvoice_match_lines(made, invoice, partner, company)
        order = self._einvoice_purchase_order(invoice, partner, company)
        if not order:
            return matches
        order_lines = order.order_line.filtered(lambda line: not line.display_type)
        free = order_lines
        for row, match in zip(made.rows, matches, strict=True):
            if not row.line:
                continue
            found = self._einvoice_order_line(row, match, order_lines, free)
            if not found:
                continue
            free -= found
            match["purchase_line_id"] = found.id
            if not match.get("product_id") and found.product_id:
                match["product_id"] = found.product_id.id
                uom = self._einvoice_uom(row, found.product_id.id)
                if uom:
                    match["product_uom_id"] = uom.id
                else:
                    match.pop("product_uom_id", None)
        return matches

    @api.model
    def _einvoice_purchase_order(self, invoice, partner, company):
        """The vendor's order that the document names: our number in it, or the vendor's own; none when two fit."""
        Order = self.env["purchase.order"]
        domain = [
            ("company_id", "=", company.id),
            ("partner_id", "child_of", partner.commercial_partner_id.id),
            ("state", "not in", ("draft", "sent", "cancel")),
        ]
        words = {invoice.order_reference, *re.findall(r"[\w/-]+", invoice.order_reference)} - {""}
        found = Order.search([*domain, ("name", "in", list(words))], limit=2) if words else Order
        if not found and invoice.sales_order:
            found = Order.search([*domain, ("partner_ref", "=", invoice.sales_order)], limit=2)
        return found if len(found) == 1 else Order

    @api.model
    def _einvoice_order_line(self, row, match, order_lines, free):
        """By the number of the line, unless the product speaks against it, else by the one line with the product."""
        product_id = match.get("product_id")
        number = row.line.order_line
        if number.isdigit() and 0 < int(number) <= len(order_lines):
            named = order_lines[int(number) - 1]
            if not product_id or named.product_id.id == product_id:
                return named
        same = free.filtered(lambda line: product_id and line.product_id.id == product_id)
        exact = same.filtered(lambda line: line.product_qty == float(row.quantity))
        return exact if len(exact) == 1 else (same if len(same) == 1 else order_lines.browse())
