from odoo import fields, models
from odoo.tools import SQL

KINDS = [
    ("invoice", "Invoice"),
    ("payment", "Payment"),
    ("bank", "Bank line"),
    ("credit_note", "Credit note"),
    ("entry", "Journal entry"),
    ("undone", "Payment undone"),
]


class InvoicePaymentHistory(models.Model):
    """One line per thing that changed what a customer owes on an invoice.

    Read from the matchings themselves, so that the last balance is the invoice's residual by construction.
    """

    _name = "invoice.payment.history"
    _description = "Invoice Payment History"
    _auto = False
    _order = "move_id desc, position"
    _depends = {
        "account.move": ["move_type", "amount_total", "invoice_date", "date", "name", "origin_payment_id"],
        "account.move.line": ["move_id", "date", "account_type"],
        "account.partial.reconcile": [
            "debit_move_id",
            "credit_move_id",
            "debit_amount_currency",
            "credit_amount_currency",
        ],
        "invoice.payment.removal": ["move_id", "amount", "date", "payment_date", "counterpart_move_id"],
    }

    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    position = fields.Integer(readonly=True)
    date = fields.Date(readonly=True)
    entered = fields.Datetime(readonly=True)
    kind = fields.Selection(KINDS, string="Type", readonly=True)
    amount = fields.Monetary(
        readonly=True, help="Payments and credits are negative, what adds to the debt is positive."
    )
    balance = fields.Monetary(readonly=True, aggregator=None, help="What is left to pay after this line.")
    currency_id = fields.Many2one("res.currency", readonly=True)
    counterpart_move_id = fields.Many2one("account.move", string="Source document", readonly=True)
    payment_id = fields.Many2one("account.payment", readonly=True)
    journal_id = fields.Many2one("account.journal", readonly=True)
    method_id = fields.Many2one("account.payment.method.line", readonly=True)
    source = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partial_id = fields.Many2one("account.partial.reconcile", string="Matching", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            WITH entry AS (%s UNION ALL %s UNION ALL %s UNION ALL %s)
            SELECT entry.id, entry.move_id, entry.date, entry.entered, entry.kind, entry.amount,
                   ROW_NUMBER() OVER history AS position,
                   SUM(entry.amount) OVER history AS balance,
                   entry.counterpart_move_id, entry.partial_id,
                   COALESCE(counterpart.name, entry.source) AS source,
                   counterpart.journal_id,
                   counterpart.origin_payment_id AS payment_id,
                   payment.payment_method_line_id AS method_id,
                   move.currency_id, move.company_id, move.commercial_partner_id AS partner_id
              FROM entry
              JOIN account_move move ON move.id = entry.move_id
         LEFT JOIN account_move counterpart ON counterpart.id = entry.counterpart_move_id
         LEFT JOIN account_payment payment ON payment.id = counterpart.origin_payment_id
            WINDOW history AS (
                PARTITION BY entry.move_id
                ORDER BY entry.kind != 'invoice', entry.date, entry.entered, entry.kind = 'undone', entry.matching,
                         entry.id
                ROWS UNBOUNDED PRECEDING
            )
            """,
            self._select_invoices(),
            self._select_matchings(
                SQL.identifier("debit_move_id"),
                SQL.identifier("credit_move_id"),
                SQL.identifier("debit_amount_currency"),
            ),
            self._select_matchings(
                SQL.identifier("credit_move_id"),
                SQL.identifier("debit_move_id"),
                SQL.identifier("credit_amount_currency"),
            ),
            self._select_removals(),
        )

    def _select_invoices(self):
        return SQL(
            """
            SELECT move.id::bigint * 8 AS id, move.id AS move_id, COALESCE(move.invoice_date, move.date) AS date,
                   move.create_date AS entered, 'invoice' AS kind, move.amount_total AS amount,
                   move.id AS counterpart_move_id, NULL::integer AS partial_id, move.name AS source,
                   0 AS matching
              FROM account_move move
             WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            """
        )

    def _select_matchings(self, own_column, other_column, amount_column):
        """One side of the matchings. A receivable falls by what is matched against it; a credit note mirrors it."""
        is_debit = own_column.code == '"debit_move_id"'
        return SQL(
            """
            SELECT part.id::bigint * 8 + %(offset)s AS id, own.move_id, other.date, part.create_date AS entered,
                   CASE
                       WHEN other_move.statement_line_id IS NOT NULL THEN 'bank'
                       WHEN other_move.origin_payment_id IS NOT NULL THEN 'payment'
                       WHEN other_move.move_type IN ('out_invoice', 'out_refund', 'out_receipt') THEN 'credit_note'
                       ELSE 'entry'
                   END AS kind,
                   part.%(amount)s * CASE WHEN move.move_type = 'out_refund' THEN %(sign)s ELSE -%(sign)s END AS amount,
                   other.move_id AS counterpart_move_id, part.id AS partial_id, other_move.name AS source,
                   part.id AS matching
              FROM account_partial_reconcile part
              JOIN account_move_line own ON own.id = part.%(own)s
              JOIN account_account account ON account.id = own.account_id
              JOIN account_move move ON move.id = own.move_id
              JOIN account_move_line other ON other.id = part.%(other)s
              JOIN account_move other_move ON other_move.id = other.move_id
             WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND account.account_type = 'asset_receivable'
               AND part.%(amount)s != 0  -- an exchange difference moves nothing in the invoice's own currency
            """,
            offset=1 if is_debit else 2,
            sign=1 if is_debit else -1,
            amount=amount_column,
            own=own_column,
            other=other_column,
        )

    def _select_removals(self):
        """A payment that was undone shows twice: when it came and when it was taken off again."""
        return SQL(
            """
            SELECT removal.id::bigint * 8 + 3 AS id, removal.move_id, removal.payment_date AS date,
                   removal.payment_entered AS entered, removal.kind, removal.amount, removal.counterpart_move_id,
                   NULL::integer AS partial_id, removal.counterpart_name AS source, removal.matching
              FROM invoice_payment_removal removal
             UNION ALL
            SELECT removal.id::bigint * 8 + 4 AS id, removal.move_id, removal.date,
                   removal.create_date AS entered, 'undone' AS kind, -removal.amount, removal.counterpart_move_id,
                   NULL::integer AS partial_id, removal.counterpart_name AS source, removal.matching
              FROM invoice_payment_removal removal
            """
        )
