import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..billing import AT_ONCE

_logger = logging.getLogger(__name__)

#: What a run is called and is to bill; fixed once it has started.
SETTINGS = frozenset(
    (
        "name",
        "company_id",
        "date_until",
        "invoice_date",
        "posting",
        "subscription_ids",
        "partner_ids",
        "group_ids",
        "way_ids",
    )
)


class SubscriptionBillingRun(models.Model):
    """One run: what was due, what was found wrong, what was made, by whom and when."""

    _name = "subscription.billing.run"
    _description = "Billing Run"
    _inherit = ["subscription.numbered.mixin", "mail.thread", "subscription.proof.mixin"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    state = fields.Selection(
        [
            ("draft", "New"),
            ("previewed", "Checked"),
            ("queued", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    is_automatic = fields.Boolean(string="Automatic", readonly=True, copy=False)
    date_until = fields.Date(
        string="Due Until",
        required=True,
        default=lambda self: self.env.company._subscription_today(),
        help="Everything that is due on or before this day is billed.",
    )
    invoice_date = fields.Date(required=True, default=lambda self: self.env.company._subscription_today(), copy=False)
    posting = fields.Selection(
        [("draft", "Make drafts"), ("post", "Make and post")], string="Invoices Are", default="draft", required=True
    )
    subscription_ids = fields.Many2many("subscription.subscription", string="Only Subscriptions", check_company=True)
    partner_ids = fields.Many2many("res.partner", string="Only Customers", check_company=True)
    group_ids = fields.Many2many("subscription.group", string="Only Groups", check_company=True)

    line_ids = fields.One2many("subscription.billing.run.line", "run_id", string="Customers", copy=False)
    fault_line_ids = fields.One2many(
        "subscription.billing.run.line",
        "run_id",
        string="To Look At",
        domain=["|", ("state", "in", ("fault", "failed")), ("has_warning", "=", True)],
    )
    invoice_ids = fields.One2many("account.move", "subscription_run_id", string="Invoices")
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    line_count = fields.Integer(compute="_compute_counts")
    ready_count = fields.Integer(string="Ready", compute="_compute_counts")
    done_count = fields.Integer(string="Billed", compute="_compute_counts")
    fault_count = fields.Integer(string="Stopped", compute="_compute_counts")
    warning_count = fields.Integer(string="Warnings", compute="_compute_counts")
    progress = fields.Float(string="Progress (%)", compute="_compute_counts")
    amount_untaxed = fields.Monetary(string="Untaxed", compute="_compute_counts", currency_field="company_currency_id")
    amount_total = fields.Monetary(string="Total", compute="_compute_counts", currency_field="company_currency_id")
    invoice_count = fields.Integer(compute="_compute_invoice_counts")
    draft_count = fields.Integer(compute="_compute_invoice_counts")
    date_started = fields.Datetime(readonly=True, copy=False)
    date_done = fields.Datetime(string="Finished", readonly=True, copy=False)
    user_id = fields.Many2one("res.users", string="Started By", readonly=True, copy=False)

    @api.depends("line_ids.state", "line_ids.amount_total_company", "line_ids.has_warning", "line_ids.is_selected")
    def _compute_counts(self):
        groups = self.env["subscription.billing.run.line"]._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "state", "is_selected", "has_warning"],
            ["__count", "amount_untaxed_company:sum", "amount_total_company:sum"],
        )
        for run in self:
            rows = [row[1:] for row in groups if row[0] == run]
            alive = [row for row in rows if row[1] and row[0] not in ("nothing", "undone")]

            def count(states, rows):
                return sum(row[3] for row in rows if row[0] in states)

            run.line_count = sum(row[3] for row in rows)
            run.ready_count = count(("ready",), alive)
            run.done_count = count(("billed", "posted"), rows)
            run.fault_count = count(("fault", "failed"), alive)
            run.warning_count = sum(row[3] for row in rows if row[2])
            good = [row for row in alive if row[0] not in ("fault", "failed")]
            run.amount_untaxed = sum(row[4] for row in good)
            run.amount_total = sum(row[5] for row in good)
            work = run.ready_count + run.done_count
            run.progress = 100.0 * run.done_count / work if work else 0.0

    @api.depends("invoice_ids.state")
    def _compute_invoice_counts(self):
        counts = self.env["account.move"]._read_group(
            [("subscription_run_id", "in", self.ids)], ["subscription_run_id", "state"], ["__count"]
        )
        for run in self:
            run.invoice_count = sum(count for found, _state, count in counts if found == run)
            run.draft_count = sum(count for found, state, count in counts if found == run and state == "draft")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"state", "is_automatic", "date_started", "date_done", "user_id"}

    def write(self, vals):
        fixed = SETTINGS.intersection(vals)
        if fixed and not self.env.su:
            for run in self.filtered(lambda run: run.state not in ("draft", "previewed")):
                raise UserError(
                    self.env._("%s has started; what it was to bill is history. Make a new run for the rest.", run.name)
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_invoices(self):
        for run in self:
            if run.state not in ("draft", "previewed"):
                raise UserError(self.env._("%s has started; it stays as history.", run.name))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_preview(self):
        """Dry run: what would be billed and what is wrong. No invoice, no number, no claim."""
        self.check_access("write")
        for run in self:
            if run.state not in ("draft", "previewed"):
                raise UserError(self.env._("%s has started. Make a new run to check again.", run.name))
            run._make_lines()
            run.sudo().state = "previewed"

    def action_run(self):
        """Bill what is ready. A small run is finished at once, a larger one in batches in the background."""
        self.check_access("write")
        for run in self:
            if run.state == "draft":
                run.action_preview()
            if run.state not in ("previewed", "done"):
                raise UserError(self.env._("%s is already at work.", run.name))
            run.sudo().write({"date_started": fields.Datetime.now(), "user_id": self.env.uid, "date_done": False})
            run._launch()

    def action_retry(self):
        """Try again what was stopped, after its reason was mended."""
        self.check_access("write")
        for run in self:
            if run.state not in ("previewed", "done"):
                raise UserError(self.env._("%s is still at work.", run.name))
            stopped = run.line_ids.filtered(lambda line: line.state in ("fault", "failed"))
            stopped.sudo().write({"state": "ready", "message": False})
            if run.state == "done" and stopped:
                run._launch()
            else:
                run._make_lines()

    def action_post_invoices(self):
        """Post the drafts of this run, in batches."""
        self.check_access("write")
        for run in self:
            if run.state != "done":
                raise UserError(self.env._("%s must be finished before its invoices are posted.", run.name))
            run.sudo().posting = "post"
            failed = run.line_ids.filtered(lambda line: line.state == "failed" and line.move_ids)
            failed.sudo().write({"state": "billed", "message": False})
            run._launch()

    def action_undo_drafts(self):
        """Delete all drafts of this run; their periods are billable again. Posted invoices stay."""
        self.check_access("write")
        for run in self:
            drafts = run.invoice_ids.filtered(lambda move: move.state == "draft")
            if not drafts:
                raise UserError(
                    self.env._("%s has no drafts. Posted invoices are corrected with credit notes.", run.name)
                )
            count = len(drafts)
            drafts.with_context(force_delete=True).unlink()
            run.message_post(body=self.env._("%s drafts deleted; their periods can be billed again.", count))

    def action_send_invoices(self):
        """Sending is core's own asynchronous step, apart from billing: what is posted stays posted."""
        self.check_access("write")
        self.ensure_one()
        moves = self.invoice_ids.filtered(lambda move: move.state == "posted" and not move.is_move_sent)
        if not moves:
            raise UserError(self.env._("There are no posted invoices left to send."))
        # one invoice or a thousand: in the background, so that no mail server stops anybody
        action = moves.action_send_and_print()
        return {**action, "res_model": "account.move.send.batch.wizard"}

    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_open_invoices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        action.update(
            domain=[("subscription_run_id", "=", self.id)],
            context={"create": False, "default_move_type": "out_invoice"},
        )
        return action

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _get_subscription_domain(self):
        """What this run looks at. Groups are always looked at: categories may have new members."""
        self.ensure_one()
        due = Domain("next_invoice_date", "<=", self.date_until) | Domain("group_id", "!=", False)
        domain = Domain("company_id", "=", self.company_id.id) & Domain("state", "in", ("active", "paused")) & due
        if self.subscription_ids:
            domain &= Domain("id", "in", self.subscription_ids.ids)
        if self.partner_ids:
            domain &= Domain("partner_id", "child_of", self.partner_ids.ids)
        if self.group_ids:
            domain &= Domain("group_id", "in", self.group_ids.ids)
        return domain

    def _launch(self):
        """Start the work: at once, in one transaction, when it is no more than a click can wait for, else by the cron.
        Glue to job queues extends this."""
        self.ensure_one()
        work = self._get_work(limit=AT_ONCE + 1)
        if len(work) <= AT_ONCE:
            self._process_batch(work)
            self._finish()
        if self._get_work(limit=1):
            self.sudo().state = "queued"
            self._trigger_workers()

    @api.model
    def _trigger_workers(self):
        """Both crons; where the server has one process for crons they work one after the other."""
        for name in ("ir_cron_process_runs", "ir_cron_process_runs_too"):
            cron = self.env.ref(f"subscription_billing.{name}", raise_if_not_found=False)
            if cron:
                cron._trigger()

    @api.model
    def _make_automatic_runs(self):
        """One run for each company that bills by itself and has something due."""
        runs = self.browse()
        for company in self.env["res.company"].search([("subscription_auto_run", "!=", "no")]):
            try:
                with self.env.cr.savepoint():
                    runs |= self._make_automatic_run(company)
            except Exception:  # one company never stops another
                _logger.exception("No automatic billing run for company %s", company.id)
            self.env["ir.cron"]._commit_progress(1)
        if runs:
            self._trigger_workers()
        return runs

    @api.model
    def _make_automatic_run(self, company):
        today = company._subscription_today()
        values = {"company_id": company.id, "date_until": today, "invoice_date": today}
        unfinished = [("company_id", "=", company.id), ("state", "in", ("queued", "running"))]
        if self.search_count(unfinished, limit=1) or not self.with_company(company).new(values)._has_something_due():
            return self.browse()
        values.update(posting=company.subscription_auto_run, is_automatic=True)
        run_sudo = self.with_company(company).sudo().create(values)
        run_sudo._make_lines()
        run_sudo.write({"state": "queued", "date_started": fields.Datetime.now(), "user_id": self.env.uid})
        return run_sudo.sudo(self.env.su)

    def _has_something_due(self):
        """Whether a run with these dates would find anything; groups are asked, since their members come and go."""
        domain = self._get_subscription_domain()
        subscriptions = self.env["subscription.subscription"]
        if subscriptions.search_count(domain & Domain("group_id", "=", False), limit=1):
            return True
        groups = subscriptions.search(domain & Domain("group_id", "!=", False))
        return any(groups._collect_charges(self.date_until).values())

    def _finish(self):
        """Done when nothing is left; the result is written down once."""
        self.ensure_one()
        if self._get_work(limit=1):
            return
        self.sudo().write({"state": "done", "date_done": fields.Datetime.now()})
        self.message_post(
            body=self.env._(
                "Billed until %(until)s: %(done)s billed, %(faults)s stopped.",
                until=format_date(self.env, self.date_until),
                done=self.done_count,
                faults=self.fault_count,
            )
        )
