from odoo import api, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.depends("sale_order_template_id")
    def _compute_prepayment_policy_id(self):
        # EXTENDS 'invoice_prepayment'
        return super()._compute_prepayment_policy_id()

    def _compute_prepayment_percent(self):
        # EXTENDS 'sale_management': the deposit plan decides what the portal asks for, not the template's per cent
        result = super()._compute_prepayment_percent()
        self._set_portal_percent()
        return result

    def write(self, vals):
        # EXTENDS 'invoice_prepayment': another template may mean another rule, and so another plan
        result = super().write(vals)
        if "sale_order_template_id" in vals:
            self._sync_prepayment_milestones()
        return result
