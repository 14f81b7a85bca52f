from odoo import models

from odoo.addons.account.models.chart_template import template


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @template("dk", "res.company")
    def _get_dk_prepayment_res_company(self):
        """Deposits are owed to the customer until delivery: chart 7410, Modtagne forudbetalinger fra kunder."""
        return {self.env.company.id: {"downpayment_account_id": "dk_coa_7410"}}

    @template("no", "res.company")
    def _get_no_prepayment_res_company(self):
        """Chart 2900, Forskudd fra kunder."""
        return {self.env.company.id: {"downpayment_account_id": "chart2900"}}

    @template("se", "res.company")
    def _get_se_prepayment_res_company(self):
        """Chart 2420, Förskott från kunder; the charts K2 and K3 are built on it."""
        return {self.env.company.id: {"downpayment_account_id": "a2420"}}
