from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from .. import indexation
from ..exact import exact

#: Far enough ahead for the next regulation to be shown, in months.
LOOK_AHEAD = 1200


class SubscriptionIndexRule(models.Model):
    """How prices of subscriptions rise: by what, when, within which limits, and what customers are told."""

    _name = "subscription.index.rule"
    _description = "Price Regulation Rule"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    method = fields.Selection(
        [("percent", "Per cent"), ("amount", "Amount"), ("index", "Price index")],
        string="Prices Rise By",
        default="percent",
        required=True,
        tracking=True,
    )
    percent = fields.Float(string="Per Cent", min_display_digits=2, tracking=True)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    amount = fields.Float(
        min_display_digits="Product Price",
        tracking=True,
        help="Added to the unit price of each line, in the currency of the rule.",
    )
    index_id = fields.Many2one("subscription.price.index", ondelete="restrict", tracking=True)
    index_lag = fields.Integer(
        string="Index of Months Before",
        default=3,
        help="With 3 a regulation on 1 January uses October: the development from October to October.",
    )

    schedule = fields.Selection(
        [("date", "On fixed days, the same for all"), ("start", "Counted from each subscription's start")],
        string="When",
        default="date",
        required=True,
        tracking=True,
    )
    date_first = fields.Date(string="First Regulation", tracking=True)
    interval_months = fields.Integer(string="Every (Months)", default=12, required=True, tracking=True)
    free_months = fields.Integer(
        string="Price Fixed for (Months)", help="A line is not regulated in its first so many months."
    )

    has_cap = fields.Boolean(string="At Most", tracking=True)
    cap = fields.Float(string="Highest Change (%)", min_display_digits=2, tracking=True)
    has_floor = fields.Boolean(string="At Least", tracking=True)
    floor = fields.Float(string="Lowest Change (%)", min_display_digits=2, help="0: prices never fall.", tracking=True)
    rounding_step = fields.Float(string="Round To", default=0.01, min_display_digits=2, required=True)
    rounding = fields.Selection(
        [("nearest", "Nearest"), ("up", "Up"), ("down", "Down")], default="nearest", required=True
    )
    product_ids = fields.Many2many("product.product", string="Not These Products", check_company=True)

    has_notice = fields.Boolean(string="Tell Customers by Mail", default=True)
    notice_days = fields.Integer(
        string="Days Before",
        default=30,
        help="A new price never takes effect sooner than so many days from now.",
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        domain=[("model", "=", "subscription.indexation.notice")],
        default=lambda self: self.env.ref("subscription_billing.mail_template_notice", raise_if_not_found=False),
    )
    subscription_ids = fields.One2many("subscription.subscription", "index_rule_id", string="Subscriptions")
    subscription_count = fields.Integer(compute="_compute_subscription_count")

    def _compute_subscription_count(self):
        counts = dict(
            self.env["subscription.subscription"]._read_group(
                [("index_rule_id", "in", self.ids), ("state", "!=", "closed")], ["index_rule_id"], ["__count"]
            )
        )
        for rule in self:
            rule.subscription_count = counts.get(rule, 0)

    @api.constrains(
        "method", "percent", "amount", "index_id", "index_lag", "schedule", "date_first", "interval_months",
        "free_months", "has_cap", "cap", "has_floor", "floor", "rounding_step", "notice_days",
    )  # fmt: skip
    def _check_rule(self):
        for rule in self:
            message = rule._find_mistake()
            if message:
                raise ValidationError(message)

    def _find_mistake(self):
        self.ensure_one()
        lacks_index = self.method == "index" and not self.index_id
        checks = (
            (
                self.method == "percent" and not -100 <= self.percent <= 1000,
                self.env._("The per cent of a regulation lie between -100 and 1000."),
            ),
            (lacks_index, self.env._("Choose the price index.")),
            (not 0 <= self.index_lag <= 60, self.env._("The index is taken 0 to 60 months before the regulation.")),
            (self.schedule == "date" and not self.date_first, self.env._("Enter the day of the first regulation.")),
            (not 1 <= self.interval_months <= 600, self.env._("Prices are regulated every 1 to 600 months.")),
            (not 0 <= self.free_months <= 600, self.env._("Prices are fixed for 0 to 600 months.")),
            (
                self.has_cap and self.has_floor and self.floor > self.cap,
                self.env._("The lowest change is higher than the highest one."),
            ),
            (self.rounding_step <= 0, self.env._("Prices are rounded to a step above zero, for example 0.01.")),
            (not 0 <= self.notice_days <= 730, self.env._("Notice is given 0 to 730 days before.")),
        )
        return next((message for is_wrong, message in checks if is_wrong), None)

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("index_rule_id", "=", self.id)], context={"default_index_rule_id": self.id})
        return action

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _get_price_rule(self):
        """The rule as plain numbers."""
        self.ensure_one()
        value = {"percent": self.percent, "amount": self.amount}.get(self.method, 0.0)
        return indexation.PriceRule(
            self.method,
            exact(value),
            exact(self.cap) if self.has_cap else None,
            exact(self.floor) if self.has_floor else None,
            exact(self.rounding_step),
            self.rounding,
        )

    def _get_first_date(self, subscription):
        """The day all regulations of this subscription are counted from."""
        self.ensure_one()
        if self.schedule == "date":
            return self.date_first
        return indexation.add_months(subscription.date_start, self.interval_months)

    def _get_due_dates(self, line, until):
        """The regulations of a line that are still to be made and due on or before `until`, in order."""
        self.ensure_one()
        subscription = line.subscription_id
        first = self._get_first_date(subscription)
        if not first or not subscription.date_start:
            return []
        # a line that continues another is as old as the first
        start = max(day for day in (subscription.date_start, line._get_first_of_chain().date_start) if day)
        known = [start, subscription.index_price_date, line._get_price_base()]
        if self.free_months:
            known.append(fields.Date.subtract(indexation.add_months(start, self.free_months), days=1))
        return indexation.due_dates(first, self.interval_months, max(day for day in known if day), until)

    def _get_notice_days(self):
        self.ensure_one()
        return self.notice_days if self.has_notice else None

    def _get_fault_text(self, error):
        """A price that could not be computed, in a bookkeeper's words."""
        self.ensure_one()
        if error.code in ("missing", "not_positive"):
            month = format_date(self.env, error.values["month"], date_format="MMMM yyyy")
            return self.env._("%(index)s has no value for %(month)s.", index=self.index_id.name, month=month)
        if error.code == "reduction":
            return self.env._("An amount is not added to a reduction.")
        return self.env._("The rule %s cannot compute this price.", self.name)
