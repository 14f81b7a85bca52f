from odoo import fields, models


class SubscriptionSubscription(models.Model):
    _inherit = "subscription.subscription"

    sale_order_id = fields.Many2one(
        "sale.order", string="Sales Order", index="btree_not_null", copy=False, readonly=True, check_company=True
    )
    sale_order_is_cancelled = fields.Boolean(copy=False, readonly=True)

    # whoever confirms, however often and at the same time
    _sale_order_uniq = models.UniqueIndex(
        "(sale_order_id, template_id) WHERE sale_order_is_cancelled IS NOT TRUE",
        "This order already started its subscription.",
    )

    def action_open_sale_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.sale_order_id.id,
            "view_mode": "form",
        }


class SubscriptionLine(models.Model):
    _inherit = "subscription.line"

    sale_line_id = fields.Many2one(
        "sale.order.line", string="Order Line", index="btree_not_null", copy=False, readonly=True, ondelete="set null"
    )
