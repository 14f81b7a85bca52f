from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..exact import exact
from ..usage import Charged, Tier, UsageError, part_of, price_correction, price_usage


# one subject per file: lines that are charged by what was used
class SubscriptionLine(models.Model):
    """Charged by recorded usage: a price, tiers and what is included. No formulas."""

    _inherit = "subscription.line"

    is_usage = fields.Boolean(string="By Usage", help="Charged after each period, by the usage recorded for it.")
    tier_ids = fields.One2many("subscription.line.tier", "line_id", string="Price Tiers", copy=True)
    usage_ids = fields.One2many("subscription.usage", "line_id")
    usage_open = fields.Float(string="Not Invoiced Yet", compute="_compute_usage_open", min_display_digits=1)

    @api.depends("usage_ids.quantity", "usage_ids.is_billed")
    def _compute_usage_open(self):
        groups = dict(
            self.env["subscription.usage"]._read_group(
                [("line_id", "in", self._origin.ids), ("is_billed", "=", False)], ["line_id"], ["quantity:sum"]
            )
        )
        for line in self:
            line.usage_open = groups.get(line._origin, 0.0)

    @api.constrains("is_usage", "is_one_off")
    def _check_usage(self):
        for line in self:
            if line.is_usage and line.is_one_off:
                raise ValidationError(self.env._("A line is charged once or by usage, not both."))

    @api.constrains("is_usage", "subscription_id")
    def _check_recorded_usage(self):
        for line in self.filtered(lambda line: not line.is_usage):
            if self.env["subscription.usage"].sudo().search_count([("line_id", "=", line.id)], limit=1):
                raise ValidationError(
                    self.env._("Usage was recorded for %s; it stays charged by usage.", line.display_name)
                )

    def _find_usage_too_late(self, partner, day):
        """Why no invoice to come would charge usage of that day: there is none for it; None when there is."""
        self.ensure_one()
        end = min((d for d in (self.date_end, self.subscription_id.date_end) if d), default=None)
        if not end:
            return None
        if day > end:
            return self.env._("The usage lies after the last day that is charged, %s.", format_date(self.env, end))
        last = self.sudo().period_ids.filtered(
            lambda period: period.partner_id == partner and period.state != "released" and period.date_end >= end
        )
        if last:
            return self.env._(
                "The last period is already invoiced on %s. Charge what came in late as a one-off.",
                last[0].move_id.display_name,
            )
        return None

    def _price_usage(self, used, price, included):
        """What was used, priced by this line's tiers.

        :param Decimal included: in the days that are charged
        """
        self.ensure_one()
        tiers = [Tier(exact(tier.above), exact(tier.price_unit)) for tier in self.tier_ids]
        return price_usage(used, exact(price), tiers, included, self.usage_mode)

    def _price_correction(self, used, price, partner):
        """What is taken back of a customer's usage, at the tiers it was charged at: of the newest period first.

        :param Decimal used: below zero
        """
        self.ensure_one()
        rows_sudo = self.sudo().period_ids.filtered(
            lambda row: row.partner_id == partner and row.state in ("claimed", "invoiced")
        )
        charged = [
            Charged(
                sum((exact(use.quantity) for use in row.usage_ids), Decimal(0)),
                exact(row.price_whole),
                part_of(exact(self.usage_included), Fraction(exact(row.share))),
            )
            for row in rows_sudo.sorted("date_end", reverse=True)
        ]
        tiers = [Tier(exact(tier.above), exact(tier.price_unit)) for tier in self.tier_ids]
        return price_correction(used, charged, exact(price), tiers, self.usage_mode)


class SubscriptionLineTier(models.Model):
    _name = "subscription.line.tier"
    _description = "Price Tier of a Usage Line"
    _inherit = ["subscription.tier.mixin"]

    line_id = fields.Many2one("subscription.line", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="line_id.company_id", store=True, precompute=True, index=True)

    @api.constrains("above", "price_unit", "line_id")
    def _check_tiers(self):
        for line in self.line_id:
            try:
                line._price_usage(Decimal(1), line.price_unit, Decimal(0))
            except UsageError as error:
                raise ValidationError(
                    self.env._("The tiers of %s contradict each other.", line.display_name)
                ) from error
