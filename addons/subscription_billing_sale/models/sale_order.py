from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    subscription_ids = fields.One2many("subscription.subscription", "sale_order_id", string="Subscriptions", copy=False)
    subscription_count = fields.Integer(compute="_compute_subscription_count")
    subscription_id = fields.Many2one(
        "subscription.subscription",
        string="Ordered by Subscription",
        copy=False,
        index="btree_not_null",
        help="The subscription this order was made by. Such an order starts none, and is invoiced like any other.",
    )

    @api.depends("subscription_ids")
    def _compute_subscription_count(self):
        for order in self:
            order.subscription_count = len(order.sudo().subscription_ids)

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("sale_order_id", "=", self.id)], context={"create": False})
        if len(self.sudo().subscription_ids) == 1:
            action.update(res_id=self.sudo().subscription_ids.id, views=[(False, "form")])
        return action

    def _action_confirm(self):
        # EXTENDS 'sale'
        result = super()._action_confirm()
        self._make_subscriptions()
        return result

    def _action_cancel(self):
        # EXTENDS 'sale'
        self._end_subscriptions()
        return super()._action_cancel()

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _make_subscriptions(self):
        """One subscription for each kind that was sold. The database allows one for each order and kind."""
        for order_sudo in self.sudo().filtered(lambda order: not order.subscription_id):
            lines = order_sudo.order_line.filtered(lambda line: line._is_recurring() and line.product_uom_qty > 0)
            for template, sold in lines.grouped("subscription_template_id").items():
                known = order_sudo.subscription_ids.filtered(
                    lambda s, t=template: s.template_id == t and not s.sale_order_is_cancelled
                )
                if known:
                    continue
                subscription = (
                    self.env["subscription.subscription"]
                    .sudo()
                    .with_company(order_sudo.company_id)
                    .create(order_sudo._prepare_subscription_values(template, sold))
                )
                subscription._start()
                order_sudo.message_post(body=self.env._("Subscription %s was started.", subscription._get_html_link()))

    def _prepare_subscription_values(self, template, lines):
        """Values of the subscription for the lines of one kind. Hook: extend with super()."""
        self.ensure_one()
        usage = template.with_context(lang=self.partner_id.lang or self.env.lang)._prepare_line_commands()
        values = {
            "template_id": template.id,
            "company_id": self.company_id.id,
            "partner_id": self._get_subscription_partner().id,
            "sale_order_id": self.id,
            "date_start": self._get_subscription_start(),
            "customer_reference": self.client_order_ref,
            "user_id": self.user_id.id,
            "pricelist_id": self.pricelist_id.id,
            "currency_id": self.currency_id.id,
            "line_ids": [Command.create(line._prepare_subscription_line_values()) for line in lines],
            "one_off_line_ids": [],
            "usage_line_ids": usage["usage_line_ids"],
        }
        if self.payment_term_id:
            values["payment_term_id"] = self.payment_term_id.id
        return values

    def _get_subscription_partner(self):
        """The customer; his invoice address only where the order says another than usual."""
        self.ensure_one()
        usual = self.partner_id.address_get(["invoice"])["invoice"]
        return self.partner_id if self.partner_invoice_id.id in (usual, False) else self.partner_invoice_id

    def _get_subscription_start(self):
        """The day that was promised, else today where the company is."""
        self.ensure_one()
        today = self.company_id._subscription_today()
        if not self.commitment_date:
            return today
        return self.company_id._subscription_day(self.commitment_date)

    def _end_subscriptions(self):
        """Cancelling takes away subscriptions that charged nothing; what was charged is ended by a bookkeeper."""
        for order_sudo in self.sudo():
            subscriptions = order_sudo.subscription_ids
            charged = subscriptions.filtered(
                lambda s: s.state != "closed" and s.period_ids.filtered(lambda period: period.state != "released")
            )
            if charged:
                raise UserError(
                    self.env._(
                        "%(subscriptions)s is already invoiced. End it there first; then the order can be cancelled.",
                        subscriptions=", ".join(charged.mapped("name")),
                    )
                )
            for subscription in subscriptions.filtered(lambda s: s.state != "closed"):
                if subscription.period_ids:  # deleted drafts stay as history
                    subscription.write({"state": "closed", "sale_order_is_cancelled": True})
                    subscription.flush_recordset()  # the index must know before the next confirmation
                else:
                    subscription.state = "draft"
                    subscription.unlink()
