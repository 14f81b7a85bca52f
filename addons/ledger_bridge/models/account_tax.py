from odoo import models


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _ledger_deducted_rate(self):
        """Per cent of VAT a bill's line says and we deduct; ``None``: a reverse charge, or deducted in part, which the
        rate of the other side says nothing about. Then its totals alone tell."""
        if not self:
            return 0.0
        factors = self.invoice_repartition_line_ids.filtered(lambda one: one.repartition_type == "tax").mapped("factor")
        return self.amount if len(self) == 1 and factors == [1.0] else None
