from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..plan import tolerance


class PaymatchTolerance(models.Model):
    """A small difference that is booked on an account instead of staying open."""

    _name = "paymatch.tolerance"
    _description = "Rule for Small Differences"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(string="Reason", required=True, translate=True, help="Stands in the entry, e.g. Rounding.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    provider_id = fields.Many2one(
        "paymatch.provider", check_company=True, ondelete="cascade", help="Empty: all providers and the bank."
    )
    kind = fields.Selection(
        [("both", "Too little or too much"), ("under", "Too little paid"), ("over", "Too much paid")],
        required=True,
        default="both",
    )
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    amount = fields.Monetary(string="At Most", help="0.00: no limit by amount.")
    percent = fields.Float(
        string="At Most, Per Cent", digits=(5, 2), help="Of what was to be paid. 0: no limit by per cent."
    )
    account_id = fields.Many2one("account.account", required=True, check_company=True)

    @api.constrains("amount", "percent")
    def _check_limits(self):
        for rule in self:
            if rule.amount < 0 or rule.percent < 0 or not (rule.amount or rule.percent):
                raise ValidationError(self.env._("“%s” needs a limit, an amount or a percentage.", rule.name))

    @api.model
    def _of(self, company, currency, provider=None):
        """The rules for payments in a currency, in their order; without a provider those that hold for the bank."""
        providers = [False, *(provider.ids if provider else [])]
        return self.search(
            [("company_id", "=", company.id), ("currency_id", "=", currency.id), ("provider_id", "in", providers)]
        )

    def _covering(self, expected, paid):
        """The first of these rules that covers what was paid; empty when none does."""
        rules = [tolerance.Rule(rule.kind, rule._exact(rule.amount), Decimal(str(rule.percent))) for rule in self]
        at = tolerance.first(rules, self._exact(expected), self._exact(paid))
        return self.browse() if at is None else self[at]

    def _exact(self, amount):
        return Decimal(str(round(amount, self[:1].currency_id.decimal_places)))
