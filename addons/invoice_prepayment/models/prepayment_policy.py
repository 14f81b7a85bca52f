from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, formatLang

from ..allocation import MAX_MILESTONES
from ..const import BASES, EVENTS, POSTING_MODES, VAT_TREATMENTS


class PrepaymentPolicy(models.Model):
    _name = "prepayment.policy"
    _description = "Deposit Rule"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="The first rule that fits an order decides.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_tmpl_id = fields.Many2one("product.template", string="Product", check_company=True, ondelete="cascade")
    categ_id = fields.Many2one("product.category", string="Product category", ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", check_company=True, ondelete="cascade")
    amount_type = fields.Selection(
        [("percent", "Per cent"), ("amount", "Amount"), ("none", "No deposit")],
        string="Deposit",
        required=True,
        default="percent",
    )
    percent = fields.Float(string="Per cent", default=30.0)
    amount = fields.Monetary(string="Fixed amount", help="In the currency of the company; converted for other orders.")
    basis = fields.Selection(BASES, string="Calculated", required=True, default="total")
    minimum_amount = fields.Monetary(
        string="Minimum", help="The deposit is at least this much, but never more than the order."
    )
    rounding = fields.Float(string="Round to", help="E.g. 10 for whole 10 kr. Zero: to the øre.")
    invoice_mode = fields.Selection(
        [("company", "As the settings say"), *POSTING_MODES],
        string="At the due event",
        required=True,
        default="company",
    )
    vat_treatment = fields.Selection(
        [("country", "As the country's rule says"), *VAT_TREATMENTS],
        string="VAT",
        required=True,
        default="country",
        help="E.g. for subscriptions in Norway, which may be invoiced in advance. Ask your accountant.",
    )
    payment_term_id = fields.Many2one("account.payment.term", string="Payment terms", check_company=True)
    line_ids = fields.One2many(
        "prepayment.policy.line",
        "policy_id",
        string="Plan",
        help="Several deposits, e.g. 30/40/30. Empty: one deposit at confirmation.",
    )

    @api.constrains("amount_type", "percent", "amount", "minimum_amount", "rounding")
    def _check_amounts(self):
        for policy in self:
            if policy.amount_type == "percent" and not policy.line_ids and not 0 < policy.percent <= 100:
                raise ValidationError(
                    self.env._(
                        "Deposit rule %(name)s: the per cent lies above 0 and at most at 100, not %(percent)s.",
                        name=policy.name,
                        percent=policy.percent,
                    )
                )
            if policy.amount_type == "amount" and policy.amount <= 0:
                raise ValidationError(self.env._("Deposit rule %s: the amount must be above zero.", policy.name))
            if policy.minimum_amount < 0 or policy.rounding < 0:
                raise ValidationError(
                    self.env._("Deposit rule %s: minimum and rounding cannot be negative.", policy.name)
                )

    @api.constrains("line_ids", "amount_type")
    def _check_plan(self):
        for policy in self.filtered("line_ids"):
            if policy.amount_type != "percent":
                raise ValidationError(
                    self.env._("Deposit rule %s: a plan of several deposits goes by per cent.", policy.name)
                )
            policy.line_ids._check_percents(policy.name, policy.line_ids.mapped("percent"))

    def _get_invoice_mode(self, company):
        """``draft``, ``post`` or ``send``."""
        mode = self.invoice_mode or "company"
        return company.prepayment_automation if mode == "company" else mode

    def _match(self, order):
        """Why the rule fits the order, or ``False``. Every scope that is filled in must fit."""
        self.ensure_one()
        reasons = self._get_match_reasons(order)
        if reasons is False:
            return False
        if not reasons:
            reasons.append(self.env._("it holds for every order of %s", self.company_id.name))
        return ", ".join(reasons)

    def _get_match_reasons(self, order):
        """A reason per scope that is filled in; ``False`` when one of them does not fit. Extended by joints."""
        self.ensure_one()
        reasons = []
        products = order.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment).product_id
        if self.product_tmpl_id:
            if self.product_tmpl_id not in products.product_tmpl_id:
                return False
            reasons.append(self.env._("product %s is on the order", self.product_tmpl_id.display_name))
        if self.categ_id:
            fitting = products.categ_id.filtered(
                lambda categ: f"/{categ.parent_path}".find(f"/{self.categ_id.id}/") >= 0
            )
            if not fitting:
                return False
            reasons.append(self.env._("product category %s is on the order", self.categ_id.display_name))
        if self.partner_id:
            if order.partner_id.commercial_partner_id != self.partner_id.commercial_partner_id:
                return False
            reasons.append(self.env._("the customer is %s", self.partner_id.display_name))
        return reasons

    @api.model
    def _find_for_order(self, order):
        """The first rule that fits, and why: ``(policy, text)``. A branch has its own rules before its parent's."""
        policies = self.sudo().search([("company_id", "parent_of", order.company_id.id)])
        for policy in policies.sorted(lambda policy: len(policy.company_id.parent_ids), reverse=True):
            if why := policy._match(order):
                return policy, self.env._("Rule %(name)s: %(why)s.", name=policy.name, why=why)
        return self.browse(), ""

    def _prepare_milestones_values(self, order):
        """Values of the milestones this rule gives an order; ``[]`` when it asks for no deposit."""
        self.ensure_one()
        if self.amount_type == "none":
            return []
        if self.line_ids:
            return [line._prepare_milestone_values() for line in self.line_ids]
        values = {"name": self._get_single_name(), "event": "confirmation", "holds_production": True}
        if self.amount_type == "percent":
            return [{**values, "percent": self.percent}]
        fixed = self.currency_id._convert(
            self.amount, order.currency_id, self.company_id, (order.date_order or fields.Datetime.now()).date()
        )
        return [{**values, "fixed_amount": fixed}]

    def _get_single_name(self):
        if self.amount_type == "percent":
            return self.env._("Deposit %s %%", formatLang(self.env, self.percent, digits=2).rstrip("0").rstrip(",."))
        return self.env._("Deposit %s", format_amount(self.env, self.amount, self.currency_id))


class PrepaymentPolicyLine(models.Model):
    _name = "prepayment.policy.line"
    _description = "Deposit Rule: Planned Deposit"
    _order = "sequence, id"

    policy_id = fields.Many2one("prepayment.policy", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="policy_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    percent = fields.Float(string="Per cent", required=True)
    event = fields.Selection(EVENTS, string="Due at", required=True, default="confirmation")
    days = fields.Integer(string="Days after confirmation", help="For a deposit due by date.")
    holds_production = fields.Boolean(
        string="Before production",
        help="Production waits until this deposit is received.",
        compute="_compute_holds_production",
        store=True,
        readonly=False,
    )

    @api.depends("event")
    def _compute_holds_production(self):
        for line in self:
            line.holds_production = line.event == "confirmation"

    @api.constrains("percent", "policy_id")
    def _check_plan(self):
        for policy in self.policy_id:
            self._check_percents(policy.name, policy.line_ids.mapped("percent"))

    @api.model
    def _check_percents(self, name, percents):
        if len(percents) > MAX_MILESTONES:
            raise ValidationError(
                self.env._("%(name)s: a plan has at most %(count)d deposits.", name=name, count=MAX_MILESTONES)
            )
        if any(percent <= 0 for percent in percents) or round(sum(percents), 6) > 100:
            raise ValidationError(
                self.env._("%s: the per cents of a plan are above zero and at most 100 in all.", name)
            )

    def _prepare_milestone_values(self):
        self.ensure_one()
        return {
            "sequence": self.sequence,
            "name": self.name,
            "percent": self.percent,
            "event": self.event,
            "days": self.days,
            "holds_production": self.holds_production,
        }
