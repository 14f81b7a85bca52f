from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..periods import ONE_DAY


class _Undone(Exception):
    """Rolls a preview back."""


class SubscriptionChange(models.Model):
    """What changes from a day on. Checked first; put in force it ends lines and begins others, which the billing runs
    then charge like any: a day that has not come yet needs no job to come true."""

    _name = "subscription.change"
    _description = "Change of a Subscription"
    _inherit = ["mail.thread", "subscription.proof.mixin", "subscription.part.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain=[("state", "in", ("active", "paused"))],
    )
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    date = fields.Date(
        string="From", required=True, default=lambda self: self.env.company._subscription_today(), tracking=True
    )
    proration = fields.Selection(
        [
            ("days", "By days"),
            ("30_360", "By days, months of 30 days"),
            ("none", "Not divided: counts from the next period"),
        ],
        string="Running Period",
        compute="_compute_proration",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    settlement = fields.Selection(
        [("next", "With the next invoice"), ("now", "On an invoice of its own from that day")],
        string="Difference Is Settled",
        default="next",
        required=True,
        help="What was already charged for days after the change is taken back, and the new part charged.",
    )
    reason = fields.Char(help="For colleagues only.")
    line_ids = fields.One2many("subscription.change.line", "change_id", string="Lines", copy=True)
    state = fields.Selection(
        [("draft", "New"), ("checked", "Checked"), ("confirmed", "In Force or Planned"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    preview = fields.Html(readonly=True, copy=False, sanitize=False)
    monthly_before = fields.Monetary(string="Monthly Value Before", readonly=True, copy=False)
    monthly_after = fields.Monetary(string="Monthly Value After", readonly=True, copy=False)
    is_invoiced = fields.Boolean(string="Invoiced", compute="_compute_is_invoiced")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"state", "preview", "monthly_before", "monthly_after"}

    @api.depends("subscription_id")
    def _compute_proration(self):
        for change in self:
            change.proration = change.subscription_id.proration or "days"

    @api.depends("subscription_id", "date")
    def _compute_display_name(self):
        for change in self:
            day = format_date(self.env, change.date) if change.date else ""
            change.display_name = f"{change.subscription_id.display_name or ''} {day}".strip()

    @api.depends("line_ids.new_line_id.period_ids.state", "line_ids.line_id.period_ids.credit_ids.state", "state")
    def _compute_is_invoiced(self):
        for change in self:
            change.is_invoiced = change.state == "confirmed" and bool(change._get_claims())

    def _get_claims(self):
        """The ledger rows that came of this change (sudo)."""
        new = self.line_ids.new_line_id.sudo().period_ids
        ended = self.line_ids.line_id.filtered(lambda line: line.ended_change_id in self)
        return (new | ended.sudo().period_ids.credit_ids).filtered(lambda period: period.state != "released")

    def write(self, vals):
        fixed = {"subscription_id", "date", "proration", "settlement", "line_ids"} & set(vals)
        if fixed and not self.env.su:
            for change in self.filtered(lambda change: change.state in ("confirmed", "undone")):
                raise UserError(
                    self.env._("%s is in force or undone; it stays as history. Make a new change.", change.display_name)
                )
            self.filtered(lambda change: change.state == "checked").sudo().state = "draft"
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        for change in self.filtered(lambda change: change.state in ("confirmed", "undone")):
            raise UserError(self.env._("%s was in force; it stays as history.", change.display_name))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_check(self):
        """Show what it does to the next invoices. Nothing is changed."""
        self.check_access("write")
        for change in self:
            if change.state not in ("draft", "checked"):
                raise UserError(self.env._("%s was already put in force.", change.display_name))
            change.sudo().write({**change._make_preview(), "state": "checked"})

    def action_confirm(self):
        """Put it in force from its day on."""
        self._confirm()

    def _confirm(self, override_reason=None):
        """The same.

        :param str override_reason: why it may leave nothing to charge before the terms allow an end
        """
        self.check_access("write")
        for change in self:
            if change.state not in ("draft", "checked"):
                raise UserError(self.env._("%s was already put in force.", change.display_name))
            change.action_check()
            change.sudo()._apply()
            change._check_binding(override_reason)
            change.subscription_id.message_post(
                body=self.env._("Changed from %s.", format_date(self.env, change.date)) + change._get_summary()
            )

    def action_undo(self):
        """Take it back, as long as nothing of it is invoiced."""
        self.check_access("write")
        for change in self:
            if change.state != "confirmed":
                raise UserError(self.env._("Only a change that is in force or planned can be undone."))
            change.subscription_id.lock_for_update()
            change._check_can_undo()
            change.sudo()._revert()
            change.subscription_id.message_post(
                body=self.env._("The change from %s was undone.", format_date(self.env, change.date))
            )

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _make_preview(self):
        """What it would do, by doing it and rolling it back: the code that bills writes the preview."""
        self.ensure_one()
        subscription = self.subscription_id
        values = {"monthly_before": self._get_monthly()}
        try:
            with self.env.cr.savepoint():
                self.sudo()._apply()
                self.env.flush_all()
                values["monthly_after"] = self._get_monthly()
                rows = [subscription._render_plan(plan) for plan in subscription._get_upcoming_plans(2)]
                values["preview"] = Markup("<div>%s%s</div>") % (self._get_summary(), Markup("").join(rows))
                raise _Undone
        except _Undone:
            self.env.invalidate_all(flush=False)
        return values

    def _get_monthly(self):
        """Untaxed value per month of the lines in force when the change is, for one customer."""
        nobody = self.env["subscription.group.member"]
        days = self.line_ids.filtered("date_effective").mapped("date_effective")
        day = max(days, default=self.date)
        lines = self.subscription_id.line_ids.filtered(lambda line: line.active and line._is_in_force(day))
        return sum(line._get_monthly_amount(nobody) for line in lines)

    def _get_summary(self):
        rows = Markup("").join(Markup("<li>%s</li>") % line._get_text() for line in self.line_ids)
        return Markup("<ul>%s</ul>") % rows

    def _apply(self):
        """End lines and begin others. Called with sudo: seams are proof."""
        self.ensure_one()
        subscription = self.subscription_id
        subscription.lock_for_update()
        if subscription.state not in ("active", "paused"):
            raise UserError(self.env._("%s is not running. Change its lines directly.", subscription.display_name))
        if not self.line_ids:
            raise UserError(self.env._("Say what changes: add a line."))
        if len(self.line_ids.line_id) < len(self.line_ids.filtered("line_id")):
            raise UserError(self.env._("A line is changed once in one change."))
        for line in self.line_ids:
            line._apply()
        self.state = "confirmed"

    def _check_binding(self, override_reason=None):
        """What leaves nothing to charge is an end: binding and notice hold for it too."""
        self.ensure_one()
        subscription = self.subscription_id
        if not (subscription.binding_until or subscription.notice_count):
            return
        day = max(self.line_ids.mapped("date_effective"))
        lines = subscription.all_line_ids.filtered(
            lambda line: line.active and not line.is_one_off and (not line.date_end or line.date_end >= day)
        )
        if not any(line._has_worth() for line in lines) and any(line._has_worth() for line in self.line_ids.line_id):
            subscription._check_end(day - ONE_DAY, override_reason)

    def _check_can_undo(self):
        self.ensure_one()
        claims = self._get_claims()
        if claims:
            raise UserError(
                self.env._(
                    "The change is already invoiced on %s. Delete that draft, or make a new change back.",
                    ", ".join(claims.move_id.mapped("display_name")),
                )
            )
        later = self.line_ids.new_line_id.ended_change_id
        if later:
            raise UserError(self.env._("Undo the later change first: %s", ", ".join(later.mapped("display_name"))))

    def _revert(self):
        self.ensure_one()
        self.line_ids._revert()
        self.state = "undone"
