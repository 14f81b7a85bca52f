from odoo import api, fields, models


# one subject per file: what a line is, and what its price was when
class SubscriptionLine(models.Model):
    """Prices have dates: the agreed price is the latest one, days before it was in force keep the former."""

    _inherit = ["subscription.line", "subscription.proof.mixin"]
    _name = "subscription.line"

    price_change_ids = fields.One2many("subscription.indexation.line", "line_id", string="Price Changes", readonly=True)
    price_from = fields.Date(string="Price In Force From", compute="_compute_price_from", store=True, copy=False)
    price_due_date = fields.Date(string="Last Regulation", compute="_compute_price_from", store=True, copy=False)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"price_from", "price_due_date", "price_change_ids"}

    @api.depends("price_change_ids.state")
    def _compute_price_from(self):
        for line in self:
            changes = line.sudo().price_change_ids.filtered(lambda change: change.state == "applied")
            line.price_from = max(changes.mapped("date_effect"), default=False)
            line.price_due_date = max(changes.mapped("date_due"), default=False)

    def _get_agreed_price(self, day):
        """The agreed price on a day: the present one, or the one before the first change that came later."""
        self.ensure_one()
        if not self.price_from or day >= self.price_from:
            return self.price_unit
        later = self.sudo().price_change_ids.filtered(lambda c: c.state == "applied" and c.date_effect > day)
        first = later.sorted(lambda change: (change.date_effect, change.date_due))[:1]
        return first.old_price if first else self.price_unit

    def _is_over(self, today, day):
        """Whether the line has ended by today, and before a day its price would change: nothing to tell about it."""
        self.ensure_one()
        end = min((d for d in (self.date_end, self.subscription_id.date_end) if d), default=None)
        return bool(end and end < min(today, day))

    def _get_exception(self, rule, day):
        """Why a line that runs on `day` is left out of a regulation, in words; None when it is not."""
        self.ensure_one()
        if self.is_index_excluded:
            return self.env._("The line is not regulated.")
        if self.product_id and not self.is_price_fixed:
            return self.env._("The price follows the price list.")
        if self.tier_ids:
            return self.env._("The line has tiers; change their prices by hand.")
        if self.product_id in rule.product_ids:
            return self.env._("The rule leaves this product out.")
        if rule.method == "amount" and rule.currency_id != self.subscription_id.currency_id:
            return self.env._("The amount of the rule is in %s.", rule.currency_id.name)
        end = min((d for d in (self.date_end, self.subscription_id.date_end) if d), default=None)
        if end and end < day:
            return self.env._("The line ends before.")
        if not self.price_unit:
            return self.env._("There is no price.")
        return None
