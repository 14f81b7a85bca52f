from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..const import RECEIVED_RULES

# Liability account for deposits by chart of accounts. Source: the charts of l10n_dk, English and Danish account names.
DEPOSIT_ACCOUNTS = {"dk": "dk_coa_7410"}


class ResCompany(models.Model):
    _inherit = "res.company"

    prepayment_received_rule = fields.Selection(
        RECEIVED_RULES, string="A deposit counts as received when", default="in_payment", required=True
    )
    prepayment_received_percent = fields.Float(string="Per cent received", default=100.0)

    @api.constrains("prepayment_received_percent")
    def _check_prepayment_received_percent(self):
        for company in self:
            if not 0 < company.prepayment_received_percent <= 100:
                raise ValidationError(
                    self.env._("The per cent that counts as received lies above 0 and at most at 100.")
                )

    def _set_default_prepayment_account(self):
        """Give a company without a down payment account the one its chart of accounts has for it."""
        self.ensure_one()
        xmlid = DEPOSIT_ACCOUNTS.get(self.chart_template)
        if xmlid and not self.downpayment_account_id:
            account = self.env["account.chart.template"].with_company(self).ref(xmlid, raise_if_not_found=False)
            if account:
                self.downpayment_account_id = account
