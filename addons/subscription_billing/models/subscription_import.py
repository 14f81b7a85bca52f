from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_amount, format_date

from .subscription_list_queue import RowFault

SETTINGS = frozenset(("file", "name", "company_id", "origin", "starting"))


class SubscriptionImport(models.Model):
    """Subscriptions from a list, or from another module of this database: looked at first, each made once."""

    _name = "subscription.import"
    _description = "Subscriptions Taken Over"
    _inherit = ["subscription.list.queue.mixin"]
    _order = "id desc"

    _list_batch = 200
    _list_cron = "subscription_billing.ir_cron_subscription_import"

    state = fields.Selection(
        [("draft", "New"), ("checked", "Checked"), ("queued", "At work"), ("done", "Done"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    origin = fields.Selection(
        [("file", "A file"), ("contract", "OCA Contract"), ("subscription_oca", "OCA Subscription")],
        string="Taken From",
        default="file",
        required=True,
    )
    file = fields.Binary(required=False)
    starting = fields.Selection(
        [("start", "Start them"), ("draft", "Leave them as drafts")], string="Then", default="start", required=True
    )
    stop_old = fields.Boolean(
        string="Archive the Old Ones",
        default=True,
        help="Each old contract is archived with the making of the new one, so that never both are invoiced.",
    )
    line_ids = fields.One2many("subscription.import.line", "import_id", string="Subscriptions")
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    ready_count = fields.Integer(string="Ready", compute="_compute_counts")
    made_count = fields.Integer(string="Made", compute="_compute_counts")
    known_count = fields.Integer(string="Made Before", compute="_compute_counts")
    stopped_count = fields.Integer(string="Stopped", compute="_compute_counts")
    note_count = fields.Integer(string="With Notes", compute="_compute_counts")
    monthly_amount = fields.Monetary(
        string="Monthly Value", compute="_compute_counts", currency_field="company_currency_id",
        help="Untaxed; of what is ready or made, in the company's own currency. Compare it with the old system.",
    )  # fmt: skip
    next_date = fields.Date(string="First Invoice", compute="_compute_counts")

    @api.depends("line_ids.state")
    def _compute_counts(self):
        groups = self.env["subscription.import.line"]._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "state", "currency_id", "has_note"],
            ["__count", "monthly_amount:sum", "next_date:min"],
        )
        for record in self:
            counts, notes, amount, days = defaultdict(int), 0, 0.0, []
            for found, state, currency, has_note, count, value, day in groups:
                if found != record:
                    continue
                counts[state] += count
                notes += count if has_note else 0
                if state in ("ready", "made"):
                    days += [day] if day else []
                    amount += value if currency == record.company_id.currency_id else 0.0
            record.ready_count, record.made_count = counts["ready"], counts["made"]
            record.known_count, record.stopped_count = counts["known"], counts["fault"]
            record.note_count, record.monthly_amount = notes, amount
            record.next_date = min(days, default=False)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"state"}

    def write(self, vals):
        if SETTINGS & set(vals) and not self.env.su and self.filtered(lambda r: r.state in ("queued", "done")):
            raise UserError(self.env._("Subscriptions were made of this list; take over another list as a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if self.filtered(lambda record: record.state not in ("draft", "checked")):
            raise UserError(self.env._("A list that subscriptions were made of stays as history."))

    @api.depends("name", "origin", "create_date")
    def _compute_display_name(self):
        origins = dict(self._fields["origin"]._description_selection(self.env))
        for record in self:
            record.display_name = record.name or origins.get(record.origin)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_check(self):
        """What would be made and what would not, with totals. Nothing is made."""
        self.check_access("write")
        for record in self:
            if record.state not in ("draft", "checked"):
                raise UserError(self.env._("Subscriptions were made of this list already."))
            record._make_lines()

    def action_run(self):
        """Make what is ready: some at once, many in the background."""
        self.check_access("write")
        for record in self:
            if record.state != "checked":
                raise UserError(self.env._("Check the list first."))
            if not record.ready_count:
                raise UserError(self.env._("The list has no subscription that could be made."))
            record._queue()

    def action_undo(self):
        """Take away what was made, as long as nothing of it is invoiced; the others stay and say so."""
        self.check_access("write")
        for record in self:
            if record.state != "done":
                raise UserError(self.env._("Only what was made can be undone."))
            made = record.line_ids.filtered(lambda line: line.state == "made")
            billed = made.filtered(lambda line: line.subscription_id.sudo().period_ids)
            free = made - billed
            subscriptions = free.subscription_id
            free.sudo().write({"state": "undone"})
            subscriptions.sudo().write({"state": "draft"})
            subscriptions.unlink()
            record._set_old_active(free, True)
            if not billed:
                record.sudo().state = "undone"
            text = self.env._(
                "%(gone)s undone, %(left)s stay because they are invoiced.", gone=len(free), left=len(billed)
            )
            record.message_post(body=text)

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("id", "in", self.line_ids.subscription_id.ids)], context={"create": False})
        return action

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _prepare_work(self):
        by_number = {document.number: document for document in self._read_documents()[0]}
        finder = self._finder(by_number.values())
        return lambda lines: self._make(lines, by_number, finder)

    def _get_twice_text(self):
        return self.env._("A subscription with this number was made from another list meanwhile.")

    def _make(self, lines, by_number, finder):
        documents = [by_number.get(line.number) for line in lines]
        for line, document in zip(lines, documents, strict=True):
            if not document or document.first_due != line.next_date:
                raise RowFault(self.env._("%s was invoiced or changed there since it was checked.", line.number))
        subscriptions = self.env["subscription.subscription"].create(
            [self._prepare_subscription_values(document, finder) for document in documents]
        )
        if self.starting == "start":
            subscriptions._start()
            subscriptions._update_state()
        for line, subscription in zip(lines, subscriptions, strict=True):
            self._compare(line, subscription)
            line.sudo().write({"state": "made", "subscription_id": subscription.id})
        lines.flush_recordset()
        self._set_old_active(lines, False)

    def _compare(self, line, subscription):
        """What was made comes to what was checked, or nothing is made."""
        rounding = subscription.currency_id.rounding
        nobody, day = self.env["subscription.group.member"], subscription._get_value_day()
        standing = subscription.line_ids.filtered(lambda each: each._is_in_force(day))
        value = sum(each._get_monthly_price(nobody) for each in standing)
        if float_compare(value, line.monthly_amount, precision_rounding=rounding):
            raise RowFault(
                self.env._(
                    "The monthly value would be %(ours)s instead of %(theirs)s.",
                    ours=format_amount(self.env, value, subscription.currency_id),
                    theirs=format_amount(self.env, line.monthly_amount, subscription.currency_id),
                )
            )
        day = subscription.next_invoice_date
        if line.next_date != day and not subscription.pause_ids:
            raise RowFault(
                self.env._(
                    "The next invoice would come on %(ours)s instead of %(theirs)s.",
                    ours=format_date(self.env, day) if day else "-",
                    theirs=format_date(self.env, line.next_date),
                )
            )

    def _set_old_active(self, lines, active):
        """Archive the old contracts with the making of the new ones, or bring them back."""
        if self.origin == "file" or not self.stop_old:
            return
        model = {"contract": "contract.contract", "subscription_oca": "sale.subscription"}[self.origin]
        if model in self.env:
            ids = {int(line.number.split("/")[1]) for line in lines}
            self.env[model].sudo().browse(ids).write({"active": active})

    def _tell_finished(self, stopped):
        self.message_post(
            body=self.env._("%(made)s subscriptions made, %(stopped)s stopped.", made=self.made_count, stopped=stopped)
        )


class SubscriptionImportLine(models.Model):
    """One subscription of a list: the preview, then the queue, in the end the history."""

    _name = "subscription.import.line"
    _description = "Subscription Taken Over"
    _inherit = ["subscription.list.queue.line.mixin"]
    _order = "import_id desc, position, id"

    import_id = fields.Many2one("subscription.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, precompute=True, index=True)
    number = fields.Char(string="Number There")
    title = fields.Char(string="Description")
    has_note = fields.Boolean(string="Has a Note")
    monthly_amount = fields.Monetary(string="Monthly Value")
    next_date = fields.Date(string="Next Invoice")
    old_next_date = fields.Date(string="Next Invoice There")
    subscription_id = fields.Many2one("subscription.subscription", index="btree_not_null", ondelete="set null")

    # the number there is the claim: a subscription is made once, however often the list comes
    _number_uniq = models.UniqueIndex(
        "(company_id, number) WHERE state = 'made'", "A subscription with this number was already taken over."
    )

    @api.depends("number", "title")
    def _compute_display_name(self):
        for line in self:
            line.display_name = " ".join(part for part in (line.number, line.title) if part)
