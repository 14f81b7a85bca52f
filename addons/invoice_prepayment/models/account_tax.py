from odoo import models

from ..wanted import get_wanted


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _prepare_down_payment_lines(
        self, base_lines, company, amount_type, amount, computation_key="down_payment", grouping_function=None
    ):
        # EXTENDS 'account'
        # Core rounds every deposit by itself, so two deposits of 50 % can exceed the order by 0.01. For an order
        # with a deposit plan the amounts are taken from what remains of the order instead.
        wanted = get_wanted(self.env)
        if not wanted:
            return super()._prepare_down_payment_lines(
                base_lines, company, amount_type, amount, computation_key, grouping_function
            )
        whole = super()._prepare_down_payment_lines(
            base_lines, company, "percent", 100.0, computation_key, grouping_function
        )
        return self.env["sale.order"].browse(wanted.order_id)._scale_down_payment_lines(whole, wanted)

    def _prepare_tax_lines(self, base_lines, company, tax_lines=None):
        # EXTENDS 'account'
        # An invoice that deducts all it takes rounds its goods and its deposits each for themselves, in two currencies:
        # -0.01 may be left of a tax in one and 0.01 in the other, which the database refuses. The øre of the company's
        # currency then goes where the other roundings of that invoice go, to the receivable (decision 0013).
        result = super()._prepare_tax_lines(base_lines, company, tax_lines)
        for values in result["tax_lines_to_add"] + [update[2] for update in result["tax_lines_to_update"]]:
            if values["amount_currency"] * values["balance"] < 0:
                values["balance"] = 0.0
        return result
