from odoo import api, fields, models
from odoo.tools import SQL

from ..billing import Billing


class SubscriptionUnpaid(models.Model):
    """What is open of subscriptions' invoices: a row for each invoice and subscription.

    Of an invoice for several subscriptions each has the part of the open amount that it has of the invoice; the parts
    add up to what is open, to the last øre. A credit note that is not settled stands with a minus, also one made by
    hand: it is divided like the invoice it credits.
    """

    _name = "subscription.unpaid"
    _description = "Unpaid by Subscription"
    _auto = False
    _order = "date_due, id"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    subscription_id = fields.Many2one("subscription.subscription", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    invoice_date = fields.Date(readonly=True)
    date_due = fields.Date(string="Due", readonly=True)
    age = fields.Selection(
        [
            ("0", "Not due"),
            ("1", "1 to 30 days"),
            ("2", "31 to 60 days"),
            ("3", "61 to 90 days"),
            ("4", "More than 90 days"),
            ("credit", "Credit note"),
        ],
        readonly=True,
    )
    days = fields.Integer(string="Days Overdue", readonly=True, aggregator="max")
    amount_open = fields.Monetary(string="Open", readonly=True)
    payment_way = fields.Char(string="Way of Payment", compute="_compute_payment_way")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT move.id::bigint * 4194304 + period.subscription_id AS id, move.company_id, period.subscription_id,
                   move.id AS move_id, move.commercial_partner_id AS partner_id, move.invoice_date,
                   move.invoice_date_due AS date_due,
                   CASE WHEN move.move_type = 'out_refund' THEN 0
                        ELSE GREATEST(company.today - move.invoice_date_due, 0) END AS days,
                   CASE WHEN move.move_type = 'out_refund' THEN 'credit'
                        WHEN move.invoice_date_due >= company.today THEN '0'
                        WHEN move.invoice_date_due >= company.today - 30 THEN '1'
                        WHEN move.invoice_date_due >= company.today - 60 THEN '2'
                        WHEN move.invoice_date_due >= company.today - 90 THEN '3'
                        ELSE '4' END AS age,
                   ROUND(
                       move.amount_residual_signed * SUM(SUM(item.price_total)) OVER until_here
                       / NULLIF(SUM(SUM(item.price_total)) OVER whole, 0), 2
                   ) - ROUND(
                       move.amount_residual_signed
                       * (SUM(SUM(item.price_total)) OVER until_here - SUM(item.price_total))
                       / NULLIF(SUM(SUM(item.price_total)) OVER whole, 0), 2
                   ) AS amount_open
              FROM account_move move
              JOIN (VALUES %(companies)s) AS company (id, today) ON company.id = move.company_id
              JOIN account_move_line item
                   ON item.move_id = CASE WHEN move.move_type = 'out_refund'
                                          THEN COALESCE(move.reversed_entry_id, move.id) ELSE move.id END
              JOIN subscription_period period ON period.move_line_id = item.id
             WHERE move.move_type IN ('out_invoice', 'out_refund') AND move.state = 'posted'
               AND move.payment_state IN ('not_paid', 'partial', 'blocked')
             GROUP BY move.id, period.subscription_id, company.today
            WINDOW whole AS (PARTITION BY move.id),
                   until_here AS (PARTITION BY move.id ORDER BY period.subscription_id)
            """,
            companies=self.env["res.company"]._get_subscription_days(),
        )

    @api.depends("subscription_id", "move_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.subscription_id.name} {row.move_id.name}"

    @api.depends("subscription_id", "partner_id")
    def _compute_payment_way(self):
        for company, rows in self.grouped("company_id").items():
            billing = Billing(self.env, company, None, None)
            for row in rows:
                row.payment_way = billing.payment_way(row.subscription_id.with_env(billing.env), row.partner_id)

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()
