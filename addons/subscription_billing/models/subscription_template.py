from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

#: What a subscription takes over from its template, beside trial, binding and notice.
COPIED = (
    "interval_count", "interval_unit", "anchor", "anchor_day", "anchor_month", "timing", "lead_days", "proration",
    "backlog", "invoice_date_rule", "pricelist_id", "journal_id", "payment_term_id", "index_rule_id", "conditions",
)  # fmt: skip


def _same_choices(name):
    """The choices of a field of the subscription, in the user's language."""
    return lambda self: self.env["subscription.subscription"]._fields[name]._description_selection(self.env)


class SubscriptionTemplate(models.Model):
    """A kind of subscription: membership, service contract, rent. Its values are copied when a subscription is made, so
    a template that is changed never changes what is running."""

    _name = "subscription.template"
    _description = "Subscription Template"
    _inherit = ["subscription.schedule.mixin", "subscription.terms.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    description = fields.Text(help="For colleagues: what this kind of subscription is for.")
    invoice_date_rule = fields.Selection(
        _same_choices("invoice_date_rule"), string="Invoice Date", default="run", required=True
    )
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    journal_id = fields.Many2one("account.journal", domain=[("type", "=", "sale")], check_company=True)
    payment_term_id = fields.Many2one("account.payment.term", string="Payment Terms", check_company=True)
    index_rule_id = fields.Many2one("subscription.index.rule", string="Price Regulation", check_company=True)
    conditions = fields.Html(translate=True, help="What was agreed; the customer can read it.")
    line_ids = fields.One2many("subscription.template.line", "template_id", string="Lines", copy=True)
    subscription_ids = fields.One2many("subscription.subscription", "template_id", string="Subscriptions")
    subscription_count = fields.Integer(compute="_compute_subscription_count")

    @api.depends("pricelist_id", "company_id")
    def _compute_currency_id(self):
        for template in self:
            template.currency_id = template.pricelist_id.currency_id or template.company_id.currency_id

    def _compute_subscription_count(self):
        counts = dict(
            self.env["subscription.subscription"]._read_group(
                [("template_id", "in", self.ids), ("state", "!=", "closed")], ["template_id"], ["__count"]
            )
        )
        for template in self:
            template.subscription_count = counts.get(template, 0)

    @api.constrains("anchor", "anchor_day")
    def _check_anchor_day(self):
        for template in self:
            if template.anchor == "day" and not 1 <= template.anchor_day <= 31:
                raise ValidationError(self.env._("The day of the month must be between 1 and 31."))

    def action_new_subscription(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Subscription"),
            "res_model": "subscription.subscription",
            "view_mode": "form",
            "context": {"default_template_id": self.id},
        }

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("template_id", "=", self.id)], context={"default_template_id": self.id})
        return action

    def _prepare_subscription_values(self):
        """Values of a subscription of this kind, lines apart. Hook: extend with super()."""
        self.ensure_one()
        values = {"title": self.name}
        for name in (*COPIED, *self._get_terms_fields()):
            value = self[name]
            values[name] = value.id if isinstance(value, models.BaseModel) else value
        return values

    def _prepare_line_commands(self):
        """The lines as create commands, by the field of the subscription that holds them."""
        self.ensure_one()
        commands = {"line_ids": [], "one_off_line_ids": [], "usage_line_ids": []}
        holders = {"standing": "line_ids", "one_off": "one_off_line_ids", "usage": "usage_line_ids"}
        for line in self.line_ids:
            commands[holders[line.kind]].append(Command.create(line._prepare_subscription_line_values()))
        return commands


class SubscriptionTemplateLine(models.Model):
    _name = "subscription.template.line"
    _description = "Line of a Subscription Template"
    _inherit = ["subscription.line.mixin"]
    _order = "template_id, sequence, id"
    _check_company_auto = True

    template_id = fields.Many2one("subscription.template", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="template_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="template_id.currency_id")
    kind = fields.Selection(
        [("standing", "Every period"), ("one_off", "Once"), ("usage", "By usage")],
        string="Charged",
        default="standing",
        required=True,
    )
    product_id = fields.Many2one(ondelete="set null")
    has_own_price = fields.Boolean(
        string="Own Price",
        help="Otherwise the product's price, or the price list's, when a subscription is made.",
    )
    price_unit = fields.Float(string="Unit Price", min_display_digits="Product Price")

    def _prepare_subscription_line_values(self):
        """Values of the line of a subscription. Without a price of its own it is left to be proposed."""
        self.ensure_one()
        values = {
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "name": self.name,
            "quantity": self.quantity,
            "discount": self.discount,
            "tax_ids": [Command.set(self.tax_ids.ids)],
            "is_price_fixed": self.is_price_fixed,
            "is_index_excluded": self.is_index_excluded,
            "is_one_off": self.kind == "one_off",
            "is_usage": self.kind == "usage",
        }
        if self.kind == "usage":
            values["usage_included"] = self.usage_included
        elif self.kind == "standing" and self.interval_unit:
            values.update(interval_unit=self.interval_unit, interval_count=self.interval_count)
        if self.has_own_price or not self.product_id:
            values["price_unit"] = self.price_unit
        return values
