from odoo import Command, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

# What moves an account, in the order it is told. The names of line types are those of the payment lines.
KINDS = {
    "capture": _lt("Captured, booked by the online payment"),
    "refunded": _lt("Refunded, booked by the online payment"),
    "sale": _lt("Sales in payouts"),
    "refund": _lt("Refunds in payouts"),
    "chargeback": _lt("Chargebacks"),
    "chargeback_reversal": _lt("Chargebacks reversed"),
    "fee": _lt("Fees"),
    "fee_vat": _lt("VAT on fees"),
    "reserve_held": _lt("Reserve held"),
    "reserve_released": _lt("Reserve released"),
    "adjustment": _lt("Adjustments"),
    "conversion": _lt("Currency conversion"),
    "payout": _lt("Payouts on their way"),
    "carry_over": _lt("Carried over"),
    "decided": _lt("Decided after the approval"),
    "bill": _lt("Bills of the provider"),
    "undo": _lt("Approvals undone"),
    "bank": _lt("Bank"),
    "other": _lt("Other entries"),
}


# Read by SQL, so written first.
FLUSHED = (
    "account.move",
    "account.move.line",
    "account.partial.reconcile",
    "paymatch.report.line",
    "paymatch.report.movement",
)


class PaymatchStatement(models.TransientModel):
    """An account of a provider proven: what moved it, and which open items its balance is, on any date."""

    _name = "paymatch.statement"
    _description = "Proof of an Account"
    _rec_name = "account_id"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    known_account_ids = fields.Many2many("account.account", compute="_compute_known_account_ids")
    account_id = fields.Many2one(
        "account.account",
        compute="_compute_account_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', known_account_ids)]",
    )
    date_from = fields.Date(string="From", required=True, default=lambda self: self._default_date_from())
    date_to = fields.Date(string="Until", required=True, default=fields.Date.context_today)
    row_ids = fields.One2many(
        "paymatch.statement.row", "statement_id", compute="_compute_rows", store=True, compute_sudo=False
    )
    item_ids = fields.One2many(
        "paymatch.statement.item", "statement_id", compute="_compute_rows", store=True, compute_sudo=False
    )
    opening = fields.Monetary(compute="_compute_rows", store=True, compute_sudo=False)
    closing = fields.Monetary(compute="_compute_rows", store=True, compute_sudo=False)
    open_total = fields.Monetary(string="Open Items", compute="_compute_rows", store=True, compute_sudo=False)
    difference = fields.Monetary(compute="_compute_rows", store=True, compute_sudo=False)

    @api.model
    def _default_date_from(self):
        return fields.Date.context_today(self).replace(month=1, day=1)

    @api.constrains("company_id")
    def _check_company_id(self):
        if self.company_id - self.env.companies:
            raise AccessError(self.env._("Choose one of your companies."))

    @api.depends("company_id")
    def _compute_known_account_ids(self):
        for statement in self:
            providers = self.env["paymatch.provider"].with_context(active_test=False)
            found = providers.search([("company_id", "=", statement.company_id.id)])
            statement.known_account_ids = found._control_accounts()

    @api.depends("company_id")
    def _compute_account_id(self):
        for statement in self:
            if statement.account_id not in statement.known_account_ids:
                statement.account_id = statement.known_account_ids[:1]

    @api.depends("account_id", "date_from", "date_to", "company_id")
    def _compute_rows(self):
        for statement in self:
            opening, rows = statement._moved()
            items = statement._open_items()
            rounded = statement.currency_id.round
            statement.opening = rounded(opening)
            statement.closing = rounded(opening + sum(amount for _kind, amount, _count in rows))
            statement.open_total = rounded(sum(amount for _item, _date, amount in items))
            statement.difference = rounded(statement.closing - statement.open_total)
            order = list(KINDS)
            statement.row_ids = [
                Command.clear(),
                *(
                    Command.create({"name": self.env._(KINDS[kind]), "amount": amount, "count": count})
                    for kind, amount, count in sorted(rows, key=lambda row: order.index(row[0]))
                ),
            ]
            statement.item_ids = [
                Command.clear(),
                *(
                    Command.create({"item_id": item, "amount": amount, "days": (statement.date_to - date).days})
                    for item, date, amount in items
                ),
            ]

    def _moved(self):
        """``(balance before the first day, [(kind, sum, number of items)])``, by two grouped statements."""
        self.ensure_one()
        self._check_and_flush()
        condition = SQL(
            "aml.account_id = %s AND aml.company_id = %s AND aml.parent_state = 'posted'",
            self.account_id.id or None,
            self.company_id.id,
        )
        [(opening,)] = self.env.execute_query(
            SQL(
                "SELECT COALESCE(SUM(aml.balance), 0) FROM account_move_line aml WHERE %s AND aml.date < %s",
                condition,
                self.date_from,
            )
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT kind, SUM(balance), COUNT(*) FROM (
                    SELECT aml.balance, CASE
                        WHEN undone.paymatch_key IS NOT NULL THEN 'undo'
                        WHEN move.paymatch_key IS NOT NULL AND EXISTS (
                            SELECT 1 FROM account_move back WHERE back.reversed_entry_id = move.id) THEN 'undo'
                        WHEN move.statement_line_id IS NOT NULL THEN 'bank'
                        WHEN transit.id IS NOT NULL THEN 'payout'
                        WHEN waiting.id IS NOT NULL THEN 'fee_vat'
                        WHEN line.id IS NOT NULL THEN line.line_type
                        WHEN move.paymatch_key LIKE 'bill/%%' THEN 'bill'
                        WHEN move.paymatch_key LIKE 'line/%%' THEN 'decided'
                        WHEN move.paymatch_key LIKE 'movement/%%' THEN 'carry_over'
                        WHEN move.origin_payment_id IS NOT NULL AND aml.balance > 0 THEN 'capture'
                        WHEN move.origin_payment_id IS NOT NULL THEN 'refunded'
                        ELSE 'other' END AS kind
                    FROM account_move_line aml
                    JOIN account_move move ON move.id = aml.move_id
                    LEFT JOIN account_move undone ON undone.id = move.reversed_entry_id
                    LEFT JOIN paymatch_report_movement transit ON transit.in_transit_line_id = aml.id
                    LEFT JOIN paymatch_report_movement waiting ON waiting.fee_vat_line_id = aml.id
                    LEFT JOIN paymatch_report_line line ON line.item_id = aml.id
                    WHERE %s AND aml.date BETWEEN %s AND %s
                ) moved GROUP BY kind""",
                condition,
                self.date_from,
                self.date_to,
            )
        )
        return float(opening), [(kind, float(amount), count) for kind, amount, count in rows]

    def _open_items(self):
        """``[(journal item, date, what was open of it on the last day)]``.

        What was reconciled later was open then: a reconciliation counts from the later date of its two sides, so that
        the open items of any day make the balance of that day.
        """
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                """SELECT aml.id, aml.date,
                        aml.balance - COALESCE(debit.amount, 0) + COALESCE(credit.amount, 0) AS open
                    FROM account_move_line aml
                    LEFT JOIN LATERAL (
                        SELECT SUM(amount) AS amount FROM account_partial_reconcile
                        WHERE debit_move_id = aml.id AND max_date <= %(day)s) debit ON TRUE
                    LEFT JOIN LATERAL (
                        SELECT SUM(amount) AS amount FROM account_partial_reconcile
                        WHERE credit_move_id = aml.id AND max_date <= %(day)s) credit ON TRUE
                    WHERE aml.account_id = %(account)s AND aml.company_id = %(company)s
                        AND aml.parent_state = 'posted' AND aml.date <= %(day)s
                        AND (aml.reconciled IS NOT TRUE OR EXISTS (
                            SELECT 1 FROM account_partial_reconcile later WHERE later.max_date > %(day)s
                            AND (later.debit_move_id = aml.id OR later.credit_move_id = aml.id)))
                        AND aml.balance - COALESCE(debit.amount, 0) + COALESCE(credit.amount, 0) != 0
                    ORDER BY aml.date, aml.id""",
                day=self.date_to,
                account=self.account_id.id or None,
                company=self.company_id.id,
            )
        )
        return [(item, date, float(amount)) for item, date, amount in rows]

    def _check_and_flush(self):
        self.env["account.move.line"].check_access("read")
        self.env["paymatch.report"].check_access("read")
        self.company_id.check_access("read")
        for model in FLUSHED:
            self.env[model].flush_model()

    @api.model
    def action_open(self):
        """Open the proof of the first account, until today."""
        statement = self.create({})
        statement.mapped("row_ids")  # told now, in the user's language
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Proof of an account"),
            "res_model": self._name,
            "res_id": statement.id,
            "view_mode": "form",
            "target": "current",
        }

    def action_open_items(self):
        """The open items as journal items, to look into them."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.account_id.display_name,
            "res_model": "account.move.line",
            "view_mode": "list",
            "views": [(self.env.ref("paymatch.account_move_line_view_list_control").id, "list")],
            "domain": [("id", "in", self.item_ids.item_id.ids)],
            "context": {"create": False, "edit": False},
        }


class PaymatchStatementRow(models.TransientModel):
    _name = "paymatch.statement.row"
    _description = "Movement in the Proof of an Account"

    statement_id = fields.Many2one("paymatch.statement", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="statement_id.currency_id")
    name = fields.Char(string="What", readonly=True)
    count = fields.Integer(string="Items", readonly=True)
    amount = fields.Monetary(readonly=True)


class PaymatchStatementItem(models.TransientModel):
    _name = "paymatch.statement.item"
    _description = "Open Item in the Proof of an Account"

    statement_id = fields.Many2one("paymatch.statement", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="statement_id.currency_id")
    item_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(related="item_id.date")
    move_id = fields.Many2one(related="item_id.move_id")
    name = fields.Char(related="item_id.name")
    partner_id = fields.Many2one(related="item_id.partner_id")
    days = fields.Integer(string="Days Open", readonly=True, aggregator=None)
    amount = fields.Monetary(string="Open", readonly=True)
