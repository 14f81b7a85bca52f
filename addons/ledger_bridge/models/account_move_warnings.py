from markupsafe import Markup

from odoo import fields, models
from odoo.tools.misc import format_date


class AccountMove(models.Model):
    """What of an invoice cannot be said over there. It stops nothing: amounts and accounts are looked at elsewhere."""

    _inherit = "account.move"

    def _ledger_push_warnings(self, connection):
        """What is lost over there, what is sent instead and the advice; known before anything is sent."""
        self.ensure_one()
        if self._ledger_is_bill():
            return []  # its lines have neither product nor unit over there, and it is not reminded of
        return [
            *self._ledger_terms_warnings(connection),
            *self._ledger_unit_warnings(connection),
            *self._ledger_product_warnings(connection),
        ]

    def _ledger_terms_warnings(self, connection):
        if self.move_type != "out_invoice":
            return []  # a credit note has no payment terms over there
        term = self.invoice_payment_term_id
        warnings = connection._ledger_terms_faults(term, connection._ledger_terms_of(term))
        maturities = self.line_ids.filtered(lambda line: line.display_type == "payment_term").mapped("date_maturity")
        instalments = connection._ledger_instalments_text()
        if len(set(maturities)) > 1 and instalments not in warnings:
            warnings.append(instalments)
        if self.invoice_date_due and self.invoice_date_due < self.invoice_date:
            warnings.append(self.env._("It is due before its own date, which cannot be said there: it is due at once."))
        return warnings

    def _ledger_unit_warnings(self, connection):
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        missing = lines.product_uom_id.filtered(lambda uom: not connection._ledger_unit(uom))
        if not missing:
            return []
        return [connection._ledger_unit_fallback_text(", ".join(missing.mapped("name")))]

    def _ledger_product_warnings(self, connection):
        """Lines that do not go on the product there that their product here is linked to."""
        if not connection.ledger_uses_products:
            return []
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product" and line.product_id)
        return [
            self.env._(
                "The line “%(line)s” goes by the account mapping, not as %(product)s: its account or VAT is another "
                "than the product's, and the product decides both there.",
                line=(line.name or "").splitlines()[0][:80] if line.name else line.product_id.display_name,
                product=line.product_id.display_name,
            )
            for line in lines
            if not connection._ledger_line_is_of_product(line)
        ]

    def _ledger_note_pushed(self, connection, result):
        # EXTENDS 'ledger_bridge'
        noted = super()._ledger_note_pushed(connection, result)
        warnings = self._ledger_push_warnings(connection)
        due = fields.Date.to_date(result.get("due_date") or False)
        ours = max(self.invoice_date_due or self.invoice_date, self.invoice_date)
        if due and due != ours and self.move_type == "out_invoice":
            warnings.append(
                self.env._(
                    "It is due on %(theirs)s there and on %(ours)s here. Map the payment terms to terms there "
                    "that give the same date.",
                    theirs=format_date(self.env, due),
                    ours=format_date(self.env, ours),
                )
            )
        if warnings:
            self.sudo().message_post(body=Markup("<br/>").join(warnings))
        return noted
