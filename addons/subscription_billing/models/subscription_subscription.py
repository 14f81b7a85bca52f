from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..billing import Billing

#: Subscriptions whose state is looked at in one transaction.
STATE_BATCH = 1000
#: A start before or after is a slip of the finger.
FIRST_YEAR, LAST_YEAR = 1900, 2999


class SubscriptionSubscription(models.Model):
    _name = "subscription.subscription"
    _description = "Subscription"
    _inherit = [
        "subscription.numbered.mixin", "subscription.schedule.mixin", "subscription.proof.mixin", "mail.thread",
        "mail.activity.mixin",
    ]  # fmt: skip
    _order = "name desc, id desc"
    _check_company_auto = True

    title = fields.Char(string="Description", tracking=True)
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Running"), ("paused", "Paused"), ("closed", "Closed")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one("res.partner", string="Customer", index=True, check_company=True, tracking=True)
    group_id = fields.Many2one("subscription.group", index=True, check_company=True, tracking=True)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, check_company=True)
    customer_reference = fields.Char(string="Customer's Reference", help="Their order number; printed on each invoice.")
    note = fields.Html(string="Internal Note")

    # Dates: these are the only copy, lines carry no more than their own limits.
    date_start = fields.Date(
        string="Start", required=True, tracking=True, default=lambda self: self.env.company._subscription_today()
    )
    date_end = fields.Date(string="End", tracking=True, help="The last day that is charged. Empty: no end.")
    bill_from = fields.Date(
        string="Charge From",
        tracking=True,
        help="Days before this are not charged here, for example because they were invoiced elsewhere. "
        "Empty: from the start.",
    )
    invoice_date_rule = fields.Selection(
        [("run", "Date of the billing run"), ("due", "Day the period is due")],
        string="Invoice Date",
        default="run",
        required=True,
    )
    pause_ids = fields.One2many("subscription.pause", "subscription_id")

    # Money
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", store=True, readonly=False, precompute=True, required=True
    )
    journal_id = fields.Many2one("account.journal", domain=[("type", "=", "sale")], check_company=True)
    payment_term_id = fields.Many2one(
        "account.payment.term", string="Payment Terms", check_company=True, help="Empty: the customer's terms."
    )
    all_line_ids = fields.One2many("subscription.line", "subscription_id", string="All Lines")
    line_ids = fields.One2many(
        "subscription.line",
        "subscription_id",
        string="Standing Lines",
        domain=[("is_one_off", "=", False), ("is_usage", "=", False)],
        copy=True,
    )
    usage_line_ids = fields.One2many(
        "subscription.line", "subscription_id", string="Usage Lines", domain=[("is_usage", "=", True)], copy=True
    )
    one_off_line_ids = fields.One2many(
        "subscription.line",
        "subscription_id",
        string="One-off Charges",
        domain=[("is_one_off", "=", True), ("is_charged", "=", False)],
    )
    charged_line_ids = fields.One2many(
        "subscription.line",
        "subscription_id",
        string="Charged One-offs",
        domain=[("is_one_off", "=", True), ("is_charged", "=", True)],
        readonly=True,
    )
    period_ids = fields.One2many("subscription.period", "subscription_id", string="Billed Periods", readonly=True)

    next_invoice_date = fields.Date(
        string="Next Invoice", compute="_compute_next_invoice", store=True, index=True, copy=False
    )
    next_period_start = fields.Date(compute="_compute_next_invoice", store=True, copy=False)
    next_period_end = fields.Date(compute="_compute_next_invoice", store=True, copy=False)
    monthly_amount = fields.Monetary(
        string="Monthly Value", compute="_compute_monthly_amount", store=True, help="Untaxed; one-offs not included."
    )
    upcoming = fields.Html(compute="_compute_upcoming")
    payment_way = fields.Char(string="Paid By", compute="_compute_payment_way")
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    last_fault = fields.Text(string="Why the Last Run Failed", readonly=True, copy=False)

    # The billing run looks for what is due; closed subscriptions cost nothing.
    _due_idx = models.Index("(company_id, next_invoice_date) WHERE state IN ('active', 'paused')")

    @api.model
    def _get_proof_fields(self):
        # a typed state would end what is bound, a typed date would never be billed
        return super()._get_proof_fields() | {
            "state", "next_invoice_date", "next_period_start", "next_period_end", "monthly_amount", "trial_end",
            "index_next_date", "last_fault",
        }  # fmt: skip

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("pricelist_id", "company_id")
    def _compute_currency_id(self):
        for subscription in self:
            subscription.currency_id = subscription.pricelist_id.currency_id or subscription.company_id.currency_id

    @api.depends(
        "line_ids.price_unit", "line_ids.quantity", "line_ids.discount", "line_ids.interval_count",
        "line_ids.interval_unit", "line_ids.active", "line_ids.price_from", "interval_count", "interval_unit",
        "line_ids.date_start", "line_ids.date_end", "line_ids.tax_ids", "line_ids.product_id", "date_start", "date_end",
        "group_id.member_ids.partner_id", "group_id.member_ids.has_discount", "group_id.member_ids.discount",
        "group_id.member_ids.date_from", "group_id.member_ids.date_to", "group_id.member_ids.price_ids.price_unit",
    )  # fmt: skip
    def _compute_monthly_amount(self):
        for subscription in self:
            amount = 0.0
            if subscription.interval_unit and subscription.interval_count > 0:
                members = [subscription.env["subscription.group.member"]]
                if subscription.group_id:
                    today = subscription.company_id._subscription_today()
                    members = subscription.group_id._get_current_members(today)
                day = subscription._get_value_day()
                lines = subscription.line_ids.filtered(lambda line, day=day: line._is_in_force(day))
                amount = sum(line._get_monthly_amount(member) for line in lines for member in members)
            subscription.monthly_amount = amount

    @api.depends("partner_id", "group_id", "journal_id", "way_id")
    def _compute_payment_way(self):
        for company, subscriptions in self.grouped(lambda each: each.company_id or each.env.company).items():
            billing = Billing(self.env, company, None, None)
            for subscription in subscriptions:
                subscription.payment_way = subscription._get_payment_way(subscription.partner_id, billing)

    def _compute_invoice_count(self):
        for subscription in self:
            subscription.invoice_count = len(subscription._get_invoices())

    @api.depends("name", "title", "partner_id", "group_id")
    def _compute_display_name(self):
        for subscription in self:
            who = subscription.partner_id or subscription.group_id
            parts = [subscription.name, subscription.title or who.display_name]
            subscription.display_name = " ".join(part for part in parts if part and part != "/") or subscription.name

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("partner_id", "group_id", "date_start")
    def _check_customer(self):
        for subscription in self:
            if bool(subscription.partner_id) == bool(subscription.group_id):
                raise ValidationError(self.env._("A subscription is for one customer or for one group."))

    @api.constrains("date_start", "date_end", "anchor", "anchor_day")
    def _check_dates(self):
        for subscription in self:
            if not FIRST_YEAR <= subscription.date_start.year <= LAST_YEAR:
                raise ValidationError(
                    self.env._(
                        "A subscription starts in one of the years %(first)s to %(last)s.",
                        first=FIRST_YEAR,
                        last=LAST_YEAR,
                    )
                )
            if subscription.date_end and subscription.date_end < subscription.date_start:
                raise ValidationError(self.env._("%s would end before it starts.", subscription.display_name))
            if subscription.anchor == "day" and not 1 <= subscription.anchor_day <= 31:
                raise ValidationError(self.env._("The day of the month must be between 1 and 31."))

    @api.constrains("pricelist_id", "currency_id")
    def _check_currency(self):
        for subscription in self:
            pricelist = subscription.pricelist_id
            if pricelist and pricelist.currency_id != subscription.currency_id:
                raise ValidationError(
                    self.env._(
                        "The price list %(pricelist)s is in %(theirs)s, the subscription in %(ours)s.",
                        pricelist=pricelist.name,
                        theirs=pricelist.currency_id.name,
                        ours=subscription.currency_id.name,
                    )
                )

    @api.constrains("company_id", "partner_id", "group_id", "currency_id")
    def _check_billed_stays(self):
        for subscription in self:
            periods = subscription.sudo().period_ids.filtered(lambda p: p.state != "released")
            wrong_customer = subscription.partner_id and periods.partner_id - subscription.partner_id
            # a later change takes back what was charged at its own price: kroner would come back as euro
            wrong_currency = periods.currency_id - subscription.currency_id
            if periods and (periods.company_id != subscription.company_id or wrong_customer or wrong_currency):
                raise ValidationError(
                    self.env._(
                        "%s was already invoiced. End it and make a new subscription for another customer, company or "
                        "currency.",
                        subscription.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        for subscription in self:
            if subscription.sudo().period_ids or subscription.state != "draft":
                raise UserError(
                    self.env._("%s was started. Close it instead of deleting it.", subscription.display_name)
                )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_start(self):
        """Start billing. A start in the past with more than the running period open is asked about first."""
        for subscription in self:
            lines = subscription.line_ids | subscription.usage_line_ids | subscription.one_off_line_ids
            if not lines:
                raise UserError(self.env._("Add a line to %s before you start it.", subscription.display_name))
        if len(self) == 1 and not self.bill_from and self._count_missed_periods():
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Start in the Past"),
                "res_model": "subscription.start",
                "view_mode": "form",
                "target": "new",
                "context": {"default_subscription_id": self.id},
            }
        self._start()
        return None

    def _start(self):
        self.check_access("write")
        self.group_id._sync_members()
        self.filtered(lambda s: s.state == "draft").sudo().state = "active"

    def action_pause(self, date_from=None, date_to=None):
        """Pause from a day on (today), until a day or until resumed. Days already billed stay billed."""
        for subscription in self:
            if subscription.state not in ("active", "paused"):
                raise UserError(self.env._("Only a running subscription can be paused."))
            start = fields.Date.to_date(date_from) or subscription.company_id._subscription_today()
            subscription.pause_ids = [(0, 0, {"date_from": start, "date_to": date_to})]
        self._update_state()

    def action_resume(self, date_resume=None):
        """Charge again from a day on (today)."""
        for subscription in self:
            day = fields.Date.to_date(date_resume) or subscription.company_id._subscription_today()
            for pause in subscription.pause_ids.filtered(lambda p: not p.date_to or p.date_to >= day):  # noqa: B023
                if pause.date_from >= day:
                    pause.unlink()
                else:
                    pause.date_to = fields.Date.subtract(day, days=1)
        self._update_state()

    def action_reopen(self):
        """Back from closed; the start date stays. An end date in the past has to be changed by hand."""
        self.check_access("write")
        for subscription in self.filtered(lambda s: s.state == "closed").sudo():
            subscription.state = "active" if subscription.period_ids else "draft"

    def action_open_invoices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        action.update(
            domain=[("id", "in", self._get_invoices().ids)],
            context={"create": False, "default_move_type": "out_invoice"},
        )
        return action

    def action_bill_now(self):
        """Button: a preview of a billing run for these subscriptions only."""
        self.company_id.ensure_one()
        run = self.env["subscription.billing.run"].create(
            {"company_id": self.company_id.id, "subscription_ids": [(6, 0, self.ids)]}
        )
        run.action_preview()
        return run.action_open()

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _get_invoices(self):
        return self.sudo().period_ids.move_line_id.move_id.with_env(self.env)

    def _get_payment_way(self, customer, billing):
        """How a customer (of the group) will pay, in words. Joints with a way of payment extend this.

        :param billing: `Billing` of the company, which keeps what holds for all subscriptions
        """
        self.ensure_one()
        agreement_sudo = billing.reference_agreement(self)
        if not agreement_sudo:
            return self.env._("Bank transfer")
        return dict(agreement_sudo._fields["card_type"]._description_selection(self.env))[agreement_sudo.card_type]

    def _update_state(self):
        """Paused, running or closed, as the dates say today. Nothing but the state is changed."""
        for subscription in self.filtered(lambda s: s.state in ("active", "paused")):
            today = subscription.company_id._subscription_today()
            ended = subscription.date_end and subscription.date_end < today
            paused = subscription.pause_ids.filtered(
                lambda p: p.date_from <= today and (not p.date_to or p.date_to >= today)  # noqa: B023
            )
            if ended and not subscription.next_invoice_date:
                state = "closed"
            else:
                state = "paused" if paused else "active"
            if subscription.state != state:
                subscription.sudo().state = state

    def _reopen_freed(self):
        """What closed itself because all was billed, and has a period to bill again, is looked at by the runs again."""
        ended = self.filtered(
            lambda s: s.state == "closed" and s.date_end and s.date_end < s.company_id._subscription_today()
        )
        ended.sudo().state = "active"
        ended._update_state()

    @api.model
    def _get_state_change_domain(self):
        """Those whose state may follow a date that has come; the many others are not read."""
        today = max(company._subscription_today() for company in self.env["res.company"].search([]))
        paused = Domain("pause_ids.date_from", "<=", today)
        ended = Domain("date_end", "<", today)
        return Domain("state", "=", "paused") | (Domain("state", "=", "active") & (paused | ended))

    @api.model
    def _cron_daily(self):
        """Members of groups, states by date, and the runs of companies that bill by themselves.

        Each group, batch and company is committed on its own: what follows a fault is tried again the next time.
        """
        cron = self.env["ir.cron"]
        groups = self.search([("state", "in", ("active", "paused")), ("group_id", "!=", False)]).group_id
        changing = self.search(self._get_state_change_domain(), order="id")
        batches = [changing[start : start + STATE_BATCH] for start in range(0, len(changing), STATE_BATCH)]
        work = [group._sync_members for group in groups] + [batch._update_state for batch in batches]
        work.append(self._refresh_new_prices)
        for done, step in enumerate(work, start=1):
            step()
            # one more is left: the runs
            if not cron._commit_progress(1, remaining=len(work) - done + 1):
                return
            self.env.invalidate_all()
        self.env["subscription.mrr.movement"]._record_all()
        self.env["subscription.billing.run"]._make_automatic_runs()
