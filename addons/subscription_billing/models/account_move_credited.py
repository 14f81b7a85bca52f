from collections import defaultdict

from odoo import models


# one subject per file: what credit notes have left of an invoice
class AccountMove(models.Model):
    """Several credit notes may credit an invoice; what counts is their sum."""

    _inherit = "account.move"

    def _get_posted_credits(self):
        """The posted credit notes of this invoice, in whatever currency."""
        self.ensure_one()
        return self.reversal_move_ids.filtered(lambda move: move.state == "posted" and move.move_type == "out_refund")

    def _to_own_currency(self, refund, amount, company_amount):
        """An amount of a credit note in the currency of this invoice: one in another currency counts with what was
        booked, at the rate the invoice was booked at (docs/decisions/0039).

        :param float company_amount: the same in the company's currency
        """
        self.ensure_one()
        if refund.currency_id == self.currency_id:
            return amount
        return abs(company_amount) * (self.invoice_currency_rate or 1.0)

    def _is_credited_by(self, refunds):
        """Whether these credit notes together take back all of this invoice."""
        self.ensure_one()
        credited = sum(
            self._to_own_currency(refund, refund.amount_total, refund.amount_total_signed) for refund in refunds
        )
        return bool(refunds) and self.currency_id.compare_amounts(credited, self.amount_total) >= 0

    def _get_left_of_lines(self):
        """{line: untaxed amount credit notes have left of it} of the charges of this invoice; empty without any.

        Core does not say which line a credit note's line credits: the one it is a copy of, else those of the same
        product, account and taxes, else all, each by its part.
        """
        self.ensure_one()
        refunds = self._get_posted_credits()
        if not refunds:
            return {}
        charges = self.invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and line.price_subtotal > 0
        )
        credited = defaultdict(float)
        for line in refunds.invoice_line_ids.filtered(lambda line: line.display_type == "product"):
            alike = charges.filtered(
                lambda charge, line=line: (
                    (charge.product_id, charge.account_id, charge.tax_ids)
                    == (line.product_id, line.account_id, line.tax_ids)
                )
            )
            copied = alike.filtered(lambda charge, line=line: charge.name == line.name)
            found = copied or alike or charges
            whole = sum(found.mapped("price_subtotal"))
            taken = self._to_own_currency(line.move_id, line.price_subtotal, line.balance)
            for charge in found:
                credited[charge] += taken * charge.price_subtotal / whole
        return {charge: max(charge.price_subtotal - credited[charge], 0.0) for charge in charges}
