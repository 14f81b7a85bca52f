from odoo import models

from odoo.addons.account.models.chart_template import template


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @template("dk", "res.company")
    def _get_dk_prepayment_res_company(self):
        """Deposits are owed to the customer until delivery: chart 7410, Modtagne forudbetalinger fra kunder."""
        return {self.env.company.id: {"downpayment_account_id": "dk_coa_7410"}}
