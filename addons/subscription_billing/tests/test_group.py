from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestGroup(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["res.partner.category"].create({"name": "Club"})
        cls.members = cls.env["res.partner"].browse()
        for number in range(3):
            cls.members |= cls._make_customer(f"Member {number}", category_id=[(4, cls.category.id)])
        cls.group = cls.env["subscription.group"].create(
            {"name": "Club", "member_ids": [(0, 0, {"kind": "category", "category_id": cls.category.id})]}
        )

    def _today(self, day):
        return patch.object(type(self.company), "_subscription_today", return_value=day)

    def _group_subscription(self, **values):
        with self._today(date(2027, 1, 1)):
            return self._make_subscription(partner_id=False, group_id=self.group.id, **values)

    def _bill_on(self, day, subscription):
        with self._today(day):
            return self._bill(until=day, subscriptions=subscription)

    def test_category_is_one_invoice_for_each_member(self):
        subscription = self._group_subscription()
        self.assertEqual(subscription.monthly_amount, 300.0)
        run = self._bill_on(date(2027, 1, 5), subscription)
        self.assertEqual(run.invoice_ids.partner_id, self.members)
        self.assertEqual(run.invoice_count, 3)

    def test_one_price_changes_for_all(self):
        subscription = self._group_subscription()
        subscription.line_ids.price_unit = 120.0
        run = self._bill_on(date(2027, 1, 5), subscription)
        self.assertEqual(set(run.invoice_ids.mapped("amount_untaxed")), {120.0})

    def test_new_in_the_category_is_billed_from_that_day_on(self):
        subscription = self._group_subscription()
        self._bill_on(date(2027, 1, 5), subscription)
        new = self._make_customer("New member", category_id=[(4, self.category.id)])
        run = self._bill_on(date(2027, 3, 16), subscription)
        mine = run.invoice_ids.filtered(lambda move: move.partner_id == new)
        self.assertPeriods(mine, [("2027-03-16", "2027-03-31")])
        self.assertAlmostEqual(mine.amount_untaxed, round(100 * 16 / 31, 2))
        self.assertEqual(len(run.invoice_ids), 3 * 2 + 1)

    def test_who_leaves_the_category_is_not_billed_any_more(self):
        subscription = self._group_subscription()
        self._bill_on(date(2027, 1, 5), subscription)
        self.members[0].category_id = False
        run = self._bill_on(date(2027, 2, 1), subscription)
        self.assertEqual(run.invoice_ids.partner_id, self.members[1:])

    def test_own_discount_and_price_of_a_member(self):
        subscription = self._group_subscription()
        rows = {row.partner_id: row for row in self.group.member_ids.filtered("partner_id")}
        rows[self.members[0]].write({"has_discount": True, "discount": 10.0})
        rows[self.members[1]].price_ids = [(0, 0, {"product_id": self.service.id, "price_unit": 80.0})]
        run = self._bill_on(date(2027, 1, 5), subscription)
        amounts = {move.partner_id: move.amount_untaxed for move in run.invoice_ids}
        self.assertEqual([amounts[partner] for partner in self.members], [90.0, 80.0, 100.0])

    def test_one_payer_gets_one_invoice(self):
        self.group.write({"payer_id": self.customer.id, "invoice_mode": "payer"})
        run = self._bill_on(date(2027, 1, 5), self._group_subscription())
        self.assertEqual(run.invoice_ids.partner_id, self.customer)
        self.assertEqual(len(run.invoice_ids.invoice_line_ids), 3)
        self.assertIn("Member 0", run.invoice_ids.invoice_line_ids.mapped("name")[0])

    def test_one_off_is_charged_once_to_each_member(self):
        subscription = self._group_subscription()
        fee = self._add_one_off(subscription)
        run = self._bill_on(date(2027, 1, 5), subscription)
        self.assertEqual(set(run.invoice_ids.mapped("amount_untaxed")), {350.0})
        self.assertFalse(fee.is_charged, "the next new member pays it too")
        self._make_customer("New member", category_id=[(4, self.category.id)])
        run = self._bill_on(date(2027, 2, 1), subscription)
        self.assertEqual(sorted(run.invoice_ids.mapped("amount_untaxed")), [100.0, 100.0, 100.0, 350.0])

    def test_groups_of_groups(self):
        outer = self.env["subscription.group"].create(
            {
                "name": "Outer",
                "member_ids": [
                    (0, 0, {"kind": "group", "child_group_id": self.group.id}),
                    (0, 0, {"partner_id": self.customer.id}),
                ],
            }
        )
        with self._today(date(2027, 1, 1)):
            subscription = self._make_subscription(partner_id=False, group_id=outer.id)
        run = self._bill_on(date(2027, 1, 5), subscription)
        self.assertEqual(run.invoice_ids.partner_id, self.members | self.customer)
        with self.assertRaisesRegex(ValidationError, "contain itself"):
            self.group.member_ids = [(0, 0, {"kind": "group", "child_group_id": outer.id})]

    def test_preview_writes_no_member(self):
        subscription = self._make_subscription(partner_id=False, group_id=self.group.id, running=False)
        subscription.sudo().state = "active"
        with self._today(date(2027, 1, 5)):
            run = self._make_run(date(2027, 1, 5), subscription)
            run.action_preview()
        self.assertEqual(run.ready_count, 3)
        self.assertFalse(self.group.member_ids.filtered("partner_id"))

    def test_billed_member_is_not_deleted(self):
        self._bill_on(date(2027, 1, 5), self._group_subscription())
        with self.assertRaisesRegex(UserError, "Member until"):
            self.group.member_ids.filtered("partner_id")[0].unlink()

    def test_member_is_one_thing(self):
        with self.assertRaises(ValidationError):
            self.group.member_ids = [(0, 0, {"kind": "partner"})]


@tagged("post_install", "-at_install")
class TestMembershipFee(SubscriptionCommon):
    """The same fee to a whole association: one group, one set of lines, as many drafts as members."""

    def _statistics(self, *_arguments, **_options):
        # what autovacuum does between two transactions; without it one long test has no statistics to plan by
        self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile")
        return 60

    @freeze_time("2027-03-10 12:00:00")
    def test_240_members_get_240_drafts_and_the_sum_is_shown_first(self):
        category = self.env["res.partner.category"].create({"name": "Members"})
        address = {"street": "Vestergade 1", "zip": "8000", "city": "Aarhus", "country_id": self.env.ref("base.dk").id}
        members = self.env["res.partner"].create(
            [{"name": f"Member {n}", "category_id": [(4, category.id)], **address} for n in range(238)]
        )
        group = self.env["subscription.group"].create(
            {
                "name": "The association",
                "member_ids": [
                    (0, 0, {"kind": "category", "category_id": category.id}),
                    (0, 0, {"partner_id": self.customer.id}),
                    (0, 0, {"partner_id": self.other_customer.id, "has_discount": True, "discount": 50}),
                ],
            }
        )
        fee = self._make_subscription(
            group_id=group.id, interval_unit="year", lines=[(None, 1.0, 400.0), (self.setup_fee, 1.0, 25.0)]
        )
        run = self._make_run(subscriptions=fee)
        run.action_preview()
        # 239 pay 425.00, one half of it; VAT 25 %
        self.assertEqual((run.ready_count, run.invoice_count), (240, 0))
        self.assertEqual((run.amount_untaxed, run.amount_total), (101787.5, 127234.38))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        run.action_run()
        self.assertEqual(run.state, "queued", "many are billed in the background")
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", self._statistics):
            self.env["subscription.billing.run"]._cron_process_runs()
        self.assertLess((self.env.cr.sql_log_count - before) / 240, 15)
        self.assertEqual((run.state, run.draft_count), ("done", 240))
        self.assertEqual(sum(run.invoice_ids.mapped("amount_untaxed")), 101787.5)
        self.assertEqual(run.invoice_ids.partner_id, members | self.customer | self.other_customer)
        again = self._make_run(subscriptions=fee)
        again.action_preview()
        self.assertEqual(again.ready_count, 0)
