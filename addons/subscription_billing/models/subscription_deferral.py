from datetime import timedelta
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from .. import deferral

#: Invoice lines, or months of them, in one transaction.
DEFERRAL_BATCH = 500


class SubscriptionDeferral(models.Model):
    """One invoice line whose amount is earned in later months. What was done with it stays as history."""

    _name = "subscription.deferral"
    _description = "Deferred Invoice Line"
    _inherit = ["subscription.proof.mixin"]
    _order = "id desc"

    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    move_line_id = fields.Many2one("account.move.line", string="Invoice Line", required=True, ondelete="restrict")
    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", string="Customer")
    account_id = fields.Many2one("account.account", string="Income Account", required=True)
    deferral_account_id = fields.Many2one("account.account", required=True)
    date_start = fields.Date(string="From", required=True)
    date_end = fields.Date(string="To", required=True)
    amount = fields.Monetary(string="Invoiced", help="Untaxed, in the company's currency.")
    amount_deferred = fields.Monetary(string="Deferred")
    state = fields.Selection(
        [("active", "Deferred"), ("undone", "Undone")], default="active", required=True, index=True
    )
    month_ids = fields.One2many("subscription.deferral.month", "deferral_id", string="Months")
    amount_open = fields.Monetary(string="Not Yet Earned", compute="_compute_amount_open")

    # the claim: a line is deferred once
    _line_uniq = models.UniqueIndex("(move_line_id) WHERE state != 'undone'", "This invoice line is deferred already.")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("month_ids.entry_id.state")
    def _compute_amount_open(self):
        sums = dict(
            self.env["subscription.deferral.month"]._read_group(
                [("deferral_id", "in", self.ids), ("entry_id.state", "=", "posted")], ["deferral_id"], ["amount:sum"]
            )
        )
        for record in self:
            record.amount_open = sums.get(record, 0.0)

    @api.depends("move_id", "partner_id")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.move_id.name} {record.partner_id.display_name or ''}".strip()

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()

    # ------------------------------------------------------------------
    # Made from invoices
    # ------------------------------------------------------------------

    @api.model
    def _find_lines(self, company, limit, after=0):
        """Posted lines with a period that reaches beyond the month they are booked in, not looked at before.

        What was undone is not deferred again by itself.

        :param int after: id of the last line that was looked at
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id
                  FROM account_move_line item
                  JOIN account_move move ON move.id = item.move_id
                  JOIN account_account account ON account.id = item.account_id
                 WHERE item.company_id = %s AND item.parent_state = 'posted' AND item.display_type = 'product'
                   AND move.move_type IN ('out_invoice', 'out_refund') AND account.account_type LIKE 'income%%'
                   AND item.date >= %s AND item.start_date IS NOT NULL AND item.balance != 0
                   AND item.end_date >= DATE_TRUNC('month', item.date::timestamp) + INTERVAL '1 month'
                   AND item.id > %s
                   AND NOT EXISTS (SELECT FROM subscription_deferral d WHERE d.move_line_id = item.id)
                 ORDER BY item.id LIMIT %s
                """,
                company.id,
                company.deferral_start,
                after,
                limit,
            )
        )
        return self.env["account.move.line"].browse(line_id for (line_id,) in rows)

    @api.model
    def _make_from_lines(self, lines, company):
        unit = Decimal(str(company.currency_id.rounding))
        values_list = []
        for line in lines:
            amount = Decimal(str(-line.balance)).quantize(unit)
            deferred, parts = deferral.split(amount, line.start_date, line.end_date, line.date, unit)
            account = line.product_id.categ_id.with_company(company).deferral_account_id
            months = [{"kind": "defer", "date": line.date, "amount": float(deferred)}]
            months += [{"kind": "earn", "date": day, "amount": float(-part)} for day, part in parts]
            values_list.append(
                {
                    "company_id": company.id,
                    "move_line_id": line.id,
                    "move_id": line.move_id.id,
                    "partner_id": line.partner_id.id,
                    "account_id": line.account_id.id,
                    "deferral_account_id": (account or company.deferral_account_id).id,
                    "date_start": line.start_date,
                    "date_end": line.end_date,
                    "amount": float(amount),
                    "amount_deferred": float(deferred),
                    "month_ids": [Command.create(values) for values in months] if deferred else [],
                }
            )
        return self.sudo().create(values_list)

    # ------------------------------------------------------------------
    # Entries
    # ------------------------------------------------------------------

    @api.model
    def _cron_defer(self, batch_size=DEFERRAL_BATCH):
        """Note new lines, then post what is due by today, each batch in a transaction of its own."""
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([("deferral_start", "!=", False)]):
            deferrals, today = self.with_company(company), company._subscription_today()
            last = 0
            while lines := deferrals._find_lines(company, batch_size, after=last):
                deferrals._make_from_lines(lines, company)
                last = lines[-1].id
                self.env.flush_all()
                if not cron._commit_progress(len(lines)):
                    return
            while months := deferrals._take_months(company, today, batch_size):
                months._post_entries(company)
                self.env.flush_all()
                if not cron._commit_progress(len(months)):
                    return
            self.env.invalidate_all()

    @api.model
    def _take_months(self, company, today, limit):
        """Months to post, oldest first, all of one day; those another process holds are left to it."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, date FROM subscription_deferral_month WHERE company_id = %s AND entry_id IS NULL"
                " AND date <= %s ORDER BY date, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
                company.id,
                today,
                limit,
            )
        )
        return self.env["subscription.deferral.month"].browse(row for row, day in rows if day == rows[0][1])

    def action_undo(self):
        """Back to income at once: an entry of its own on the next open day, months to come are dropped."""
        if not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(self.env._("Only an accounting manager may undo a deferral."))
        self.check_access("read")
        for company, records in self.grouped("company_id").items():
            records = records.with_company(company).sudo()
            records.lock_for_update()
            if records.filtered(lambda record: record.state == "undone"):
                raise UserError(self.env._("This deferral is undone already."))
            records.month_ids.filtered(lambda month: not month.entry_id).unlink()
            today = company._subscription_today()
            values_list = [
                {"deferral_id": record.id, "kind": "undo", "date": today, "amount": -record.amount_open}
                for record in records
                if record.amount_open
            ]
            months = self.env["subscription.deferral.month"].sudo().with_company(company).create(values_list)
            if months:
                months._post_entries(company)
            records.state = "undone"

    @api.model
    def _get_balances(self, company, day):
        """{deferral: not yet earned on that day} by what is posted, in the company's currency."""
        rows = self.env["subscription.deferral.month"]._read_group(
            [("company_id", "=", company.id), ("entry_id.state", "=", "posted"), ("entry_id.date", "<=", day)],
            ["deferral_id"],
            ["amount:sum"],
        )
        return {record: amount for record, amount in rows if not company.currency_id.is_zero(amount)}


class SubscriptionDeferralMonth(models.Model):
    """What a month moves between the deferral account and income: positive is deferred, negative is earned."""

    _name = "subscription.deferral.month"
    _description = "Month of a Deferral"
    _inherit = ["subscription.proof.mixin"]
    _order = "date, id"

    deferral_id = fields.Many2one("subscription.deferral", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deferral_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection([("defer", "Deferred"), ("earn", "Earned"), ("undo", "Undone")], required=True)
    date = fields.Date(string="Day", required=True)
    amount = fields.Monetary()
    entry_id = fields.Many2one("account.move", index="btree_not_null", ondelete="restrict")
    entry_date = fields.Date(related="entry_id.date", string="Booked On")

    _month_uniq = models.Constraint("UNIQUE (deferral_id, kind, date)", "This month is deferred already.")
    _due_idx = models.Index("(company_id, date) WHERE entry_id IS NULL")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("deferral_id", "date")
    def _compute_display_name(self):
        for month in self:
            month.display_name = f"{month.deferral_id.display_name} {month.date}"

    def _post_entries(self, company):
        """One entry for these months (all of one day), on that day or the next that is open."""
        journal = company.deferral_journal_id
        day = self._get_open_day(company, self[0].date, journal)
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        items = []
        for month in self.sudo():
            record = month.deferral_id
            period = f"{format_date(self.env, record.date_start)} - {format_date(self.env, record.date_end)}"
            common = {
                "name": f"{record.move_id.name} {period}: {kinds[month.kind]}",
                "partner_id": record.partner_id.id,
                "currency_id": company.currency_id.id,
                "tax_ids": [Command.clear()],
            }
            analytic = record.move_line_id.analytic_distribution or False
            for account, balance, distribution in (
                (record.deferral_account_id, -month.amount, False),
                (record.account_id, month.amount, analytic),
            ):
                items.append(
                    {
                        **common,
                        "account_id": account.id,
                        "balance": balance,
                        "amount_currency": balance,
                        "analytic_distribution": distribution,
                    }
                )
        entry = (
            self.env["account.move"]
            .sudo()
            .with_context(mail_create_nolog=True)
            .create(
                {
                    "move_type": "entry",
                    "company_id": company.id,
                    "journal_id": journal.id,
                    "date": day,
                    "ref": self.env._("Deferral of invoiced periods"),
                    "line_ids": [Command.create(values) for values in items],
                }
            )
        )
        self.sudo().entry_id = entry
        entry._post(soft=False)

    @api.model
    def _get_open_day(self, company, day, journal):
        while locks := company._get_violated_lock_dates(day, False, journal):
            day = max(lock for lock, _field in locks) + timedelta(days=1)
        return day


# one subject per file: what deferral means for a document
class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    deferral_ids = fields.One2many("subscription.deferral", "move_id", string="Deferrals", readonly=True)
    deferral_count = fields.Integer(compute="_compute_deferral_count")

    @api.depends("deferral_ids")
    def _compute_deferral_count(self):
        for move in self:
            move.deferral_count = len(move.sudo().deferral_ids)

    def action_open_deferrals(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_deferral_action")
        return {**action, "domain": [("move_id", "=", self.id)], "context": {}}

    def button_draft(self):
        # EXTENDS 'account'
        months_sudo = self.env["subscription.deferral.month"].sudo()
        if months_sudo.search_count([("entry_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("This entry defers invoices and stays. Undo the deferral of the invoice instead.")
            )
        deferrals_sudo = self.env["subscription.deferral"].sudo()
        deferrals_sudo = deferrals_sudo.search([("move_id", "in", self.ids), ("state", "=", "active")])
        if deferrals_sudo.month_ids.entry_id:
            raise UserError(
                self.env._(
                    "%s is deferred and entries are posted. Credit it, or undo its deferral first.",
                    ", ".join(deferrals_sudo.move_id.mapped("name")[:5]),
                )
            )
        deferrals_sudo.unlink()
        return super().button_draft()


class ProductCategory(models.Model):
    _inherit = "product.category"

    deferral_account_id = fields.Many2one(
        "account.account",
        company_dependent=True,
        domain=[("account_type", "in", ("liability_current", "liability_non_current"))],
        help="Where prepaid periods of these products wait. Empty: the account in the settings.",
    )


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    deferral_start = fields.Date(
        string="Defer From",
        help="Invoices booked on this day or later are deferred by the periods of their lines. What was before is left "
        "alone. Empty: nothing is deferred.",
    )
    deferral_account_id = fields.Many2one(
        "account.account",
        domain=[("account_type", "in", ("liability_current", "liability_non_current"))],
        check_company=True,
    )
    deferral_journal_id = fields.Many2one("account.journal", domain=[("type", "=", "general")], check_company=True)

    @api.constrains("deferral_start", "deferral_account_id", "deferral_journal_id")
    def _check_deferral(self):
        for company in self:
            if company.deferral_start and not (company.deferral_account_id and company.deferral_journal_id):
                raise UserError(self.env._("Deferral needs an account and a journal."))


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    deferral_start = fields.Date(related="company_id.deferral_start", readonly=False)
    deferral_account_id = fields.Many2one(related="company_id.deferral_account_id", readonly=False)
    deferral_journal_id = fields.Many2one(related="company_id.deferral_journal_id", readonly=False)
