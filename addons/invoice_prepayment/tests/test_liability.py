import random
from datetime import date, timedelta

from odoo.tests import freeze_time, new_test_user, tagged

from .common import PrepaymentCommon

DAYS = 24


@tagged("post_install", "-at_install")
class TestLiability(PrepaymentCommon):
    def _account_balance(self, day):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", self.liability.id), ("parent_state", "=", "posted"), ("date", "<=", day)]
        )
        return self.company.currency_id.round(-sum(lines.mapped("balance")))

    def _history(self):
        """Orders, deposits, partial and final invoices, refunds and an entry by hand on random days."""
        chance = random.Random(7)  # noqa: S311
        goods = self._product("Goods", self.vat_25, invoice_policy="delivery")
        self._policy((30, 40, 30), invoice_mode="post")
        self.company.prepayment_deduction = "pro_rata"
        orders = self.env["sale.order"]
        start = date(2026, 3, 2)
        for number in range(DAYS):
            day = start + timedelta(days=number)
            with freeze_time(f"{day} 10:00:00"):
                step = number % 4
                if step == 0 or not orders:
                    orders |= self._order([(4, chance.randint(100, 99999) / 100, goods)], confirm=True)
                    continue
                order = chance.choice(orders)
                if step == 1 and order.prepayment_has_open_milestone:
                    order.action_create_prepayment_invoice()
                    self._deposits(order).filtered(lambda move: move.state == "draft").action_post()
                elif step == 2:
                    line = order.order_line.filtered("product_id")
                    if line.qty_delivered < 4:
                        line.qty_delivered += chance.randint(1, 4 - int(line.qty_delivered))
                        self._final(order).action_post()
                elif order._get_open_deposit_total():
                    self.env["prepayment.settlement.wizard"].create(
                        {"order_id": order.id, "reason": "Random", "amount": 0.25}
                    ).action_settle()
        entry = self.env["account.move"].create(
            {
                "date": start,
                "line_ids": [
                    (0, 0, {"account_id": self.liability.id, "credit": 12.34, "name": "By hand"}),
                    (0, 0, {"account_id": self.company_data["default_account_expense"].id, "debit": 12.34}),
                ],
            }
        )
        entry.action_post()
        return orders, start

    def test_report_is_the_account_on_any_date(self):
        orders, start = self._history()
        report = self.env["prepayment.liability"]
        for number in range(-1, DAYS + 1):
            day = start + timedelta(days=number)
            balances = report._get_balances(self.company, day)
            self.assertEqual(self.company.currency_id.round(sum(balances.values())), self._account_balance(day), day)
            for order in orders:
                lines = self.env["account.move.line"].search(
                    [
                        ("account_id", "=", self.liability.id),
                        ("prepayment_order_id", "=", order.id),
                        ("parent_state", "=", "posted"),
                        ("date", "<=", day),
                    ]
                )
                expected = self.company.currency_id.round(-sum(lines.mapped("balance")))
                self.assertEqual(balances.get(order, 0.0), expected)
        rows = report.search([("order_id", "=", orders[0].id)], order="date")
        running = 0.0
        for row in rows:
            running = self.company.currency_id.round(running + row.amount)
            self.assertEqual(row.balance, running)

    def test_other_companies_are_not_seen(self):
        self._policy((30,), invoice_mode="post")
        self._order(confirm=True)
        other = self.setup_other_company()["company"]
        auditor = new_test_user(
            self.env,
            "owed_auditor",
            "account.group_account_readonly",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.env["prepayment.liability"].with_user(auditor).search([]))
        own = new_test_user(
            self.env,
            "owed_own",
            "account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.assertTrue(self.env["prepayment.liability"].with_user(own).search([]))

    def test_an_account_used_before_is_still_counted(self):
        self._policy((30,), invoice_mode="post")
        self._order([(1, 1000)], confirm=True)
        self.company.downpayment_account_id = self.liability.copy({"code": "741098"})
        self._order([(1, 1000)], confirm=True)
        today = self.company._invoice_status_today()
        balances = self.env["prepayment.liability"]._get_balances(self.company, today)
        self.assertEqual(sum(balances.values()), 600)
