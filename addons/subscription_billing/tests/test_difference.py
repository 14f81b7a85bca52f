from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SubscriptionCommon

MARCH, APRIL = date(2027, 3, 1), date(2027, 4, 1)


@tagged("post_install", "-at_install")
class TestDifference(SubscriptionCommon):
    """A month against the month before, by cause, before and after the invoices are made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make = cls._make_subscription
        cls.same, cls.dearer, cls.more = make(start=MARCH), make(start=MARCH), make(start=MARCH)
        cls.ended, cls.paused, cls.bad = make(start=MARCH), make(start=MARCH), make(start=MARCH)
        cls.bad_product = cls._make_product("Udgået", 70.0)
        cls.bad.line_ids.product_id = cls.bad_product
        cls.quarterly = make(start=MARCH, interval_count=3)
        cls.with_fee = make(start=MARCH)
        cls._add_one_off(cls.with_fee)
        cls.half = make(start=date(2027, 3, 17), anchor="first")
        cls.all = cls.same | cls.dearer | cls.more | cls.ended | cls.paused | cls.bad | cls.quarterly | cls.with_fee
        cls.all |= cls.half
        cls._bill(until=date(2027, 3, 31), subscriptions=cls.all)
        cls.dearer.line_ids.price_unit = 120.0
        cls.more.line_ids.quantity = 4.0
        cls.ended.date_end = date(2027, 3, 31)
        cls.paused.action_pause(APRIL)
        cls.bad_product.active = False
        cls.all |= make(start=APRIL)
        cls.half_march = cls.half.period_ids.amount

    def _compare(self, run):
        action = run.action_compare()
        rows = self.env["subscription.billing.run.difference"].search(action["domain"])
        found = {}
        for row in rows:
            found[row.cause] = round(found.get(row.cause, 0.0) + row.amount, 2)
        self.assertAlmostEqual(sum(rows.mapped("amount")), run.compared_now - run.compared_before)
        self.assertAlmostEqual(run.compared_difference, sum(rows.mapped("amount")))
        return found

    def test_causes_add_up_before_and_after(self):
        run = self._make_run(until=APRIL, subscriptions=self.all)
        run.action_preview()
        expected = {
            "new": 100.0,
            "stopped": -100.0,
            "paused": None,
            "price": 20.0,
            "quantity": 300.0,
            "one_off": -250.0,
            "not_due": -100.0,
            "pause": -100.0,
            "missing": -70.0,
            "part": round(100.0 - self.half_march, 2),
        }
        expected.pop("paused")
        before = self._compare(run)
        self.assertEqual(before, expected)
        self.assertAlmostEqual(run.compared_now, run.amount_untaxed)
        run.action_run()
        self.assertEqual(self._compare(run), expected, "the same after the invoices were made")

    def test_deselected_is_missing_and_the_number_opens_its_list(self):
        run = self._make_run(until=APRIL, subscriptions=self.same)
        run.action_preview()
        run.line_ids.is_selected = False
        self.assertEqual(self._compare(run), {"missing": -100.0})
        row = run.difference_ids
        self.assertEqual(row.action_open_subscription()["res_id"], self.same.id)

    def test_due_again_and_resumed(self):
        self._bill(until=date(2027, 4, 30), subscriptions=self.all)
        self._bill(until=date(2027, 5, 31), subscriptions=self.all)
        self.paused.action_resume(date(2027, 6, 1))
        run = self._make_run(until=date(2027, 6, 1), subscriptions=self.paused | self.quarterly)
        run.action_preview()
        self.assertEqual(self._compare(run), {"due_again": 100.0, "resumed": 100.0})

    def test_backlog_is_more_periods(self):
        self._bill(until=date(2027, 6, 30), subscriptions=self.same, invoice_date=date(2027, 4, 30))
        run = self.env["subscription.billing.run"].search([], limit=1)
        self.assertEqual(self._compare(run), {"periods": 200.0})

    def test_roles_and_companies(self):
        run = self._make_run(until=APRIL, subscriptions=self.same)
        run.action_preview()
        run.action_compare()
        options = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        auditor = new_test_user(self.env, "diff_auditor", groups="account.group_account_readonly", **options)
        clerk = new_test_user(self.env, "diff_clerk", groups="account.group_account_invoice", **options)
        run.with_user(auditor).action_compare()
        run.with_user(clerk).action_compare()
        more = self._make_run(until=APRIL, subscriptions=self.dearer)
        more.action_preview()
        more.with_user(clerk).action_compare()
        with self.assertRaises(AccessError):
            more.difference_ids.with_user(clerk).write({"amount": 0.0})
        other = self.setup_other_company()["company"]
        foreign = new_test_user(
            self.env, "diff_foreign", groups="account.group_account_invoice",
            company_id=other.id, company_ids=[(6, 0, other.ids)],
        )  # fmt: skip
        self.assertFalse(more.difference_ids.with_user(foreign).search([("run_id", "=", more.id)]))
