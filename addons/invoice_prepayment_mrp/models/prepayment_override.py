from odoo import api, fields, models
from odoo.exceptions import UserError


class PrepaymentOverride(models.Model):
    """Who let a production start without its deposit, when and why. Never changed, never deleted."""

    _name = "prepayment.override"
    _description = "Production Released without Deposit"
    _order = "date desc, id desc"
    _check_company_auto = True

    production_id = fields.Many2one(
        "mrp.production",
        string="Manufacturing order",
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="Empty: everything made for the sale orders was released, now and later.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    order_ids = fields.Many2many(
        "sale.order",
        "prepayment_override_sale_order_rel",
        "override_id",
        "order_id",
        string="Sale orders",
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Released by", required=True, readonly=True)
    date = fields.Datetime(string="When", required=True, readonly=True, default=fields.Datetime.now)
    reason = fields.Text(required=True, readonly=True)
    missing_amount = fields.Monetary(string="Missing then", readonly=True, currency_field="currency_id")
    currency_id = fields.Many2one(related="company_id.currency_id")

    @api.depends("production_id", "order_ids", "user_id")
    def _compute_display_name(self):
        for override in self:
            what = override.production_id.name or ", ".join(override.sudo().order_ids.mapped("name"))
            override.display_name = f"{what}: {override.user_id.name}"

    def write(self, vals):
        if vals:
            raise UserError(self.env._("A release by hand is kept as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(self.env._("A release by hand is kept for the audit: it cannot be deleted."))
