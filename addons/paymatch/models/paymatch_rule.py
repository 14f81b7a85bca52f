from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..plan import words


class PaymatchRule(models.Model):
    """What a user decided once and wants to be done by itself from now on. Deleted, it is forgotten."""

    _name = "paymatch.rule"
    _description = "Matching Rule"
    _order = "provider_id, criterion, value, id"
    _check_company_auto = True
    _rec_name = "value"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    provider_id = fields.Many2one(
        "paymatch.provider", check_company=True, ondelete="cascade", help="Empty: all providers."
    )
    criterion = fields.Selection(
        [("text", "The text"), ("raw_type", "The type in the file"), ("payer_name", "The payer")],
        string="Where",
        required=True,
    )
    value = fields.Char(string="Is", required=True, help="Upper and lower case do not count, and neither do numbers.")
    value_key = fields.Char(compute="_compute_value_key", store=True)
    account_id = fields.Many2one("account.account", string="Book on", check_company=True)
    partner_id = fields.Many2one("res.partner", string="Is the Customer", check_company=True)
    reason = fields.Char(help="Kept on the line and in the entry.")
    line_ids = fields.One2many("paymatch.report.line", "rule_id", string="Lines")
    line_count = fields.Integer(compute="_compute_line_count", string="Used")

    _company_provider_value_uniq = models.UniqueIndex(
        "(company_id, COALESCE(provider_id, 0), criterion, value_key)", "There is a rule for this already."
    )

    @api.depends("value")
    def _compute_value_key(self):
        for rule in self:
            rule.value_key = words.normal(rule.value)

    def _compute_line_count(self):
        counts = dict(
            self.env["paymatch.report.line"]._read_group([("rule_id", "in", self.ids)], ["rule_id"], ["__count"])
        )
        for rule in self:
            rule.line_count = counts.get(rule, 0)

    @api.constrains("account_id", "partner_id", "criterion", "reason")
    def _check_what(self):
        for rule in self:
            if bool(rule.account_id) == bool(rule.partner_id):
                raise ValidationError(self.env._("Choose either the account or the customer of “%s”.", rule.value))
            if rule.partner_id and rule.criterion != "payer_name":
                raise ValidationError(self.env._("Only a payer can be said to be a customer."))
            if rule.account_id and not (rule.reason or "").strip():
                raise ValidationError(self.env._("Say why the amount belongs on %s.", rule.account_id.display_name))

    @api.model
    def _of(self, provider):
        """``{(criterion, key): rule}`` for a provider; its own rule comes before one for all."""
        rules = self.search([("company_id", "=", provider.company_id.id), ("provider_id", "in", [False, provider.id])])
        return {(rule.criterion, rule.value_key): rule for rule in rules.sorted(lambda rule: bool(rule.provider_id))}

    @api.model
    def _for_line(self, line, rules):
        """The rule of ``rules`` that fits a line, the text before the type before the payer."""
        if not rules:
            return self.browse()
        for criterion in ("text", "raw_type", "payer_name"):
            rule = line[criterion] and rules.get((criterion, words.normal(line[criterion])))
            if rule:
                return rule
        return self.browse()
