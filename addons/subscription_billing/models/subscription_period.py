from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

#: States in which the customer is charged the period.
STANDING = ("claimed", "invoiced")


class SubscriptionPeriod(models.Model):
    """The ledger. A row is the claim of one line, customer and period: inserting it is what makes billing exactly once.

    Rows are written by the billing only. A row that was freed stays as history and no longer claims anything.
    """

    _name = "subscription.period"
    _description = "Billed Period of a Subscription"
    _order = "date_start desc, id desc"

    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True)
    line_id = fields.Many2one("subscription.line", required=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    member_id = fields.Many2one("subscription.group.member", index="btree_not_null", ondelete="restrict")
    is_one_off = fields.Boolean(string="One-off")
    date_start = fields.Date(string="From", required=True)
    date_end = fields.Date(string="To", required=True)
    paid_until = fields.Date(help="Where a part costs the full price: the days until then are paid with it.")
    run_id = fields.Many2one("subscription.billing.run", index="btree_not_null", ondelete="set null")
    run_line_id = fields.Many2one("subscription.billing.run.line", index="btree_not_null", ondelete="set null")
    move_line_id = fields.Many2one("account.move.line", index="btree_not_null", ondelete="restrict")
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    amount = fields.Monetary(string="Untaxed Amount")
    amount_standing = fields.Monetary(
        string="Still Billed",
        compute="_compute_amount_standing",
        store=True,
        precompute=True,
        help="Nothing once the period is credited as a whole or taken back. A part that was credited stays in it.",
    )
    currency_id = fields.Many2one("res.currency", required=True)
    quantity = fields.Float(digits="Product Unit")
    price_whole = fields.Float(string="Price of a Whole Period", min_display_digits="Product Price")
    share = fields.Float(string="Part Charged", digits=(16, 8), help="1: the whole period.")
    times = fields.Float(
        string="Intervals",
        digits=(16, 8),
        help="How many of the subscription's intervals a whole period is, where a member has an interval of its own.",
    )
    state = fields.Selection(
        [
            ("claimed", "Being billed"),
            ("invoiced", "Invoiced"),
            ("credited", "Credited"),
            ("released", "Taken back"),
        ],
        default="claimed",
        required=True,
        index=True,
        help="Taken back: the draft was deleted, or the invoice cancelled or credited. The period is billed anew.",
    )

    usage_ids = fields.One2many("subscription.usage", "period_id")

    # A freed row claims nothing: a deleted draft or a cancelled invoice makes its period billable again.
    _claim_uniq = models.UniqueIndex(
        "(subscription_id, line_id, partner_id, date_start) WHERE state != 'released' AND is_credit IS NOT TRUE",
        "This period is already invoiced, or another billing run is at it.",
    )
    _one_off_claim_uniq = models.UniqueIndex(
        "(line_id, partner_id) WHERE is_one_off AND state != 'released'",
        "This one-off charge is already invoiced, or another billing run is at it.",
    )

    @api.depends("amount", "state")
    def _compute_amount_standing(self):
        for period in self:
            period.amount_standing = period.amount if period.state in STANDING else 0.0

    @api.depends("line_id", "date_start", "date_end")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for period in self:
            start, end = (format_date(self.env, day) for day in (period.date_start, period.date_end))
            period.display_name = f"{period.line_id.display_name}: {start} - {end}"

    def _get_times(self):
        """How many of the subscription's intervals its whole period is."""
        self.ensure_one()
        return Fraction(str(self.times)).limit_denominator(1000) if self.times else Fraction(1)

    def action_release(self):
        """Button on a credited period: bill it again."""
        if not self.env.user.has_group("account.group_account_invoice"):
            raise UserError(self.env._("Only a user with rights to invoices may have a period billed again."))
        self.check_access("read")
        if any(period.state != "credited" for period in self):
            raise UserError(
                self.env._(
                    "Only credited periods can be billed again by hand. "
                    "Delete the draft, cancel the invoice or credit it first."
                )
            )
        self.sudo()._release()

    def _release(self):
        """Give the periods back; the rows stay as history."""
        self.filtered(lambda period: period.state != "released").write({"state": "released"})
        self.subscription_id._reopen_freed()

    def _reclaim(self):
        """A cancelled invoice lives again: its periods must still be free."""
        for period in self.filtered(lambda p: p.state == "released"):
            domain = [
                ("id", "!=", period.id),
                ("state", "!=", "released"),
                ("line_id", "=", period.line_id.id),
                ("partner_id", "=", period.partner_id.id),
            ]
            if not period.is_one_off:
                domain += [("date_start", "<=", period.date_end), ("date_end", ">=", period.date_start)]
            other = self.search(domain, limit=1)
            if other:
                raise UserError(
                    self.env._(
                        "%(line)s for %(start)s - %(end)s was invoiced again on %(invoice)s meanwhile. "
                        "Delete that draft or cancel that invoice first.",
                        line=period.line_id.display_name,
                        start=format_date(self.env, period.date_start),
                        end=format_date(self.env, period.date_end),
                        invoice=other.move_id.display_name or self.env._("another invoice"),
                    )
                )
        self.write({"state": "invoiced"})
