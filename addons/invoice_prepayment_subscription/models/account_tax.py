from odoo import models


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _prepare_down_payment_lines(
        self, base_lines, company, amount_type, amount, computation_key="down_payment", grouping_function=None
    ):
        # EXTENDS 'account': no deposit is taken of what the order never invoices
        ordinary = [line for line in base_lines if not self._is_charged_by_subscription(line["record"])]
        if len(ordinary) < len(base_lines):
            # rounded anew: the whole is another one
            self._add_tax_details_in_base_lines(ordinary, company)
            self._round_base_lines_tax_details(ordinary, company)
        return super()._prepare_down_payment_lines(
            ordinary, company, amount_type, amount, computation_key, grouping_function
        )

    def _is_charged_by_subscription(self, record):
        return isinstance(record, models.BaseModel) and record._name == "sale.order.line" and record._is_recurring()
