from odoo import fields, models


class PrepaymentPolicy(models.Model):
    _inherit = "prepayment.policy"

    sale_order_template_id = fields.Many2one(
        "sale.order.template", string="Quotation template", check_company=True, ondelete="cascade"
    )

    def _get_match_reasons(self, order):
        # EXTENDS 'invoice_prepayment'
        reasons = super()._get_match_reasons(order)
        if reasons is False or not self.sale_order_template_id:
            return reasons
        if order.sale_order_template_id != self.sale_order_template_id:
            return False
        return [*reasons, self.env._("the quotation template is %s", self.sale_order_template_id.display_name)]
