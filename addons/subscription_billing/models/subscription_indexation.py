from collections import defaultdict

from psycopg2.errors import UniqueViolation

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_amount, format_date

#: What an indexation is to regulate; fixed once prices were changed.
SETTINGS = frozenset(("name", "company_id", "date_until", "rule_ids", "subscription_ids", "send_notices"))


class SubscriptionIndexation(models.Model):
    """One round of regulations: old and new prices before anything is changed, then the proof, and its undoing."""

    _name = "subscription.indexation"
    _description = "Price Regulation"
    _inherit = ["subscription.numbered.mixin", "mail.thread", "subscription.proof.mixin"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    state = fields.Selection(
        [("draft", "New"), ("checked", "Checked"), ("done", "In force"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    date_until = fields.Date(
        string="Due Until",
        required=True,
        default=lambda self: fields.Date.add(self.env.company._subscription_today(), days=60),
        help="Regulations due on or before this day.",
    )
    rule_ids = fields.Many2many("subscription.index.rule", string="Only Rules", check_company=True)
    subscription_ids = fields.Many2many("subscription.subscription", string="Only Subscriptions", check_company=True)
    send_notices = fields.Boolean(string="Tell Customers by Mail", default=True, help="Where their rule says so.")
    line_ids = fields.One2many("subscription.indexation.line", "indexation_id", string="Prices", copy=False)
    notice_ids = fields.One2many("subscription.indexation.notice", "indexation_id", string="Notices", copy=False)
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    ready_count = fields.Integer(string="Ready", compute="_compute_counts")
    applied_count = fields.Integer(string="In Force", compute="_compute_counts")
    excluded_count = fields.Integer(string="Left Out", compute="_compute_counts")
    fault_count = fields.Integer(string="Stopped", compute="_compute_counts")
    year_effect = fields.Monetary(
        string="A Year", compute="_compute_counts", currency_field="company_currency_id",
        help="What the new prices bring in twelve months, untaxed.",
    )  # fmt: skip
    notice_count = fields.Integer(compute="_compute_notice_count")
    date_applied = fields.Datetime(string="Put in Force", readonly=True, copy=False)
    user_id = fields.Many2one("res.users", string="Put in Force By", readonly=True, copy=False)

    @api.depends("line_ids.state", "line_ids.is_selected", "line_ids.year_effect_company")
    def _compute_counts(self):
        groups = self.env["subscription.indexation.line"]._read_group(
            [("indexation_id", "in", self.ids)],
            ["indexation_id", "state", "is_selected"],
            ["__count", "year_effect_company:sum"],
        )
        for record in self:
            rows = [row[1:] for row in groups if row[0] == record]
            record.ready_count = sum(row[2] for row in rows if row[0] == "ready" and row[1])
            record.applied_count = sum(row[2] for row in rows if row[0] == "applied")
            record.excluded_count = sum(row[2] for row in rows if row[0] == "excluded")
            record.fault_count = sum(row[2] for row in rows if row[0] == "fault")
            counted = ("applied",) if record.state in ("done", "undone") else ("ready",)
            record.year_effect = sum(row[3] for row in rows if row[0] in counted and (row[1] or row[0] == "applied"))

    @api.depends("notice_ids")
    def _compute_notice_count(self):
        for record in self:
            record.notice_count = len(record.notice_ids)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"state", "date_applied", "user_id", "notice_ids"}

    def write(self, vals):
        if SETTINGS.intersection(vals) and not self.env.su:
            for record in self.filtered(lambda record: record.state not in ("draft", "checked")):
                raise UserError(self.env._("%s has changed prices; what it was for is history.", record.name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        for record in self:
            if record.state not in ("draft", "checked"):
                raise UserError(self.env._("%s has changed prices; it stays as history.", record.name))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_check(self):
        """Old and new prices. No price is changed, nobody is told."""
        self.check_access("write")
        for record in self:
            if record.state not in ("draft", "checked"):
                raise UserError(self.env._("%s has changed prices. Make a new one to check again.", record.name))
            record._make_lines()
            record.sudo().state = "checked"

    def action_apply(self):
        """Put the selected prices in force, and note who is to be told when."""
        self._check_manager()
        for record in self:
            if record.state == "draft":
                record.action_check()
            if record.state not in ("checked", "done"):
                raise UserError(self.env._("%s was undone. Make a new one.", record.name))
            record._apply()

    def action_undo(self):
        """Take back every price that can be; the others keep theirs and say why."""
        self._check_manager()
        for record in self:
            applied = record.line_ids.filtered(lambda change: change.state == "applied")
            undone = applied.browse()
            for change in applied.sorted(lambda c: (c.date_due, c.id), reverse=True):
                if change in undone:
                    continue
                reason = change._find_undo_obstacle()
                if reason:
                    change.sudo().message = reason
                else:
                    undone |= change._undo()
            left = applied - undone
            if applied and not undone:
                raise UserError("\n".join(dict.fromkeys(left.mapped("message")))[:2000])
            told = record.notice_ids.filtered(lambda notice: notice.state == "sent")
            record.message_post(
                body=self.env._(
                    "%(undone)s prices taken back, %(left)s kept, %(told)s customers had been told.",
                    undone=len(undone),
                    left=len(left),
                    told=len(told.partner_id),
                )
            )

    def action_open_notices(self):
        self.ensure_one()
        domain = [("indexation_id", "=", self.id)]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notices"),
            "res_model": "subscription.indexation.notice",
            "view_mode": "list",
            "domain": domain,
        }

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group("account.group_account_manager"):
            raise UserError(self.env._("Only an accounting manager puts new prices in force or takes them back."))
        self.check_access("write")

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _apply(self):
        """All selected prices in one go. The unique index of the lines makes each regulation happen once."""
        self.ensure_one()
        chosen = self.line_ids.filtered(lambda change: change.state == "ready" and change.is_selected)
        if not chosen:
            raise UserError(self.env._("There is nothing to regulate in %s.", self.name))
        free = chosen.subscription_id.try_lock_for_update(allow_referencing=True)
        busy = chosen.subscription_id - free
        if busy:
            names = ", ".join(busy[:5].mapped("name"))
            raise UserError(self.env._("%s are being billed right now. Try again in a minute.", names))
        applied, prices = chosen.browse(), {}
        for change in chosen.sorted(lambda c: (c.date_due, c.id)):
            line = change.line_id
            if float_compare(prices.get(line, line.price_unit), change.old_price, precision_digits=6):
                change.sudo().write(
                    {"state": "fault", "message": self.env._("The price was changed since. Check again.")}
                )
                continue
            prices[line] = change.new_price
            applied |= change
        try:
            with self.env.cr.savepoint():
                # periods that are older were billed at the old price
                newest = self.env["subscription.period"].sudo().search([], order="id desc", limit=1)
                applied.sudo().write({"state": "applied", "last_period": newest.id})
                applied.flush_recordset()
        except UniqueViolation:
            raise UserError(
                self.env._("Some of these prices were regulated meanwhile, by another round. Check again.")
            ) from None
        for line, price in prices.items():
            line.price_unit = price
        self.sudo().write({"state": "done", "date_applied": fields.Datetime.now(), "user_id": self.env.uid})
        self._note_on_subscriptions(applied)
        if self.send_notices:
            self._make_notices(applied)

    def _note_on_subscriptions(self, applied):
        bodies = {}
        for subscription, changes in applied.grouped("subscription_id").items():
            rows = [
                self.env._(
                    "%(line)s: %(old)s to %(new)s from %(day)s",
                    line=change.line_id.display_name,
                    old=format_amount(self.env, change.old_price, change.currency_id),
                    new=format_amount(self.env, change.new_price, change.currency_id),
                    day=format_date(self.env, change.date_effect),
                )
                for change in changes
            ]
            bodies[subscription.id] = f"{self.name}: " + "; ".join(rows)
        applied.subscription_id._message_log_batch(bodies=bodies)

    def _make_notices(self, applied):
        """One notice for each customer and subscription whose prices change, to be sent in time."""
        today = self.company_id._subscription_today()
        wanted = applied.filtered(lambda change: change.rule_id.has_notice and change.new_price != change.old_price)
        values_list = []
        for (subscription, rule), changes in wanted.grouped(lambda c: (c.subscription_id, c.rule_id)).items():
            effect = min(changes.mapped("date_effect"))
            for partner, lines in self._get_told(subscription, changes, effect).items():
                values_list.append(
                    {
                        "indexation_id": self.id,
                        "subscription_id": subscription.id,
                        "partner_id": partner.id,
                        "rule_id": rule.id,
                        "line_ids": [Command.set(lines.ids)],
                        "date_effect": effect,
                        "date_send": max(today, fields.Date.subtract(effect, days=rule.notice_days)),
                    }
                )
        notices = self.env["subscription.indexation.notice"].sudo().create(values_list)
        if notices.filtered(lambda notice: notice.date_send <= today):
            self.env.ref("subscription_billing.ir_cron_send_notices").sudo()._trigger()

    def _get_told(self, subscription, changes, day):
        """Who pays the new prices: the customer, the group's payer, or each member without a price of his own."""
        group = subscription.group_id
        if not group:
            return {subscription.partner_id: changes}
        if group.invoice_mode == "payer":
            return {group.payer_id: changes}
        told = defaultdict(changes.browse)
        for member in group._get_current_members(day):
            own = member.price_ids.product_id
            lines = changes.filtered(
                lambda change, own=own: not change.line_id.product_id or change.line_id.product_id not in own
            )
            if lines:
                told[member.partner_id] |= lines
        return told

    def _update_state(self):
        for record in self:
            if record.state == "done" and not record.line_ids.filtered(lambda change: change.state == "applied"):
                record.sudo().state = "undone"
