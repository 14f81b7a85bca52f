from odoo import api, fields, models
from odoo.tools import SQL


class PrepaymentLiability(models.Model):
    """What is owed for deposits, per order and day.

    Every posted line on the deposit accounts is in it, also one without an order: the sum up to a day is the balance of
    the accounts on that day.
    """

    _name = "prepayment.liability"
    _description = "Deposits Owed, per Order and Day"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"

    date = fields.Date(readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    account_id = fields.Many2one("account.account", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", string="Company currency", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    invoiced = fields.Monetary(currency_field="company_currency_id", readonly=True, help="Deposits of the day.")
    released = fields.Monetary(
        string="Deducted", currency_field="company_currency_id", readonly=True, help="Deducted or credited that day."
    )
    amount = fields.Monetary(string="Owed", currency_field="company_currency_id", readonly=True)
    amount_currency = fields.Monetary(string="Owed in the order's currency", readonly=True)
    balance = fields.Monetary(
        string="Owed after the day", currency_field="company_currency_id", readonly=True, aggregator=None
    )

    @property
    def _table_query(self):
        companies = self.env["res.company"].sudo().search([("active", "in", [True, False])])
        accounts = companies._get_prepayment_accounts()
        return SQL(
            """
            SELECT MIN(line.id) AS id, line.date, line.prepayment_order_id AS order_id, line.account_id,
                   line.company_id, line.company_currency_id, line.currency_id, MAX(line.partner_id) AS partner_id,
                   SUM(line.credit) AS invoiced, SUM(line.debit) AS released,
                   -SUM(line.balance) AS amount, -SUM(line.amount_currency) AS amount_currency,
                   -SUM(SUM(line.balance)) OVER (
                       PARTITION BY line.prepayment_order_id, line.account_id, line.company_id, line.currency_id
                           ORDER BY line.date
                   ) AS balance
              FROM account_move_line line
             WHERE line.parent_state = 'posted' AND line.account_id IN %s
             GROUP BY line.date, line.prepayment_order_id, line.account_id, line.company_id,
                      line.company_currency_id, line.currency_id
            """,
            tuple(accounts.ids) or (0,),
        )

    @api.model
    def _get_balances(self, company, date):
        """``{order: amount owed}`` at the end of ``date``; the empty order stands for lines without one."""
        rows = self._read_group([("company_id", "=", company.id), ("date", "<=", date)], ["order_id"], ["amount:sum"])
        return {
            order: company.currency_id.round(amount)
            for order, amount in rows
            if not company.currency_id.is_zero(amount)
        }
