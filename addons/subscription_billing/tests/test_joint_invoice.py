from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..billing import Billing
from .common import TODAY, SubscriptionCommon

MARCH = date(2027, 3, 1)


@tagged("post_install", "-at_install")
class TestJointInvoice(SubscriptionCommon):
    """Several subscriptions of one payer on one invoice, or apart."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.subscription_joint_invoice = "joint"
        cls.monthly = cls._make_subscription(start=MARCH, title="Månedsaftale")
        cls.quarterly = cls._make_subscription(start=MARCH, interval_count=3, lines=[(None, 1, 300.0)])
        cls.both = cls.monthly | cls.quarterly

    def test_monthly_and_quarterly_are_one_invoice_in_march_and_two_apart(self):
        run = self._bill(subscriptions=self.both, posting="post")
        self.assertEqual((run.state, run.invoice_count, run.done_count), ("done", 1, 2))
        move = run.invoice_ids
        self.assertEqual((move.amount_untaxed, move.amount_total), (400.0, 500.0))
        self.assertEqual(move.invoice_origin, f"{self.monthly.name}, {self.quarterly.name}")
        self.assertEqual(move.subscription_ids, self.both)
        self.assertPeriods(move, [("2027-03-01", "2027-03-31"), ("2027-03-01", "2027-05-31")])
        self.assertTrue(move.invoice_line_ids.sorted("sequence")[0].name.startswith("Månedsaftale: "))
        self.assertEqual(run.line_ids.move_ids, move)
        self.assertEqual(self.both.period_ids.mapped("state"), ["invoiced", "invoiced"])
        april = self._bill(until=date(2027, 4, 1), subscriptions=self.both)
        self.assertEqual(april.invoice_ids.amount_untaxed, 100.0, "only what is due")

    def test_who_chooses(self):
        self.customer.subscription_joint_invoice = False
        self.assertEqual(self._preview(), [1, 1], "apart unless chosen")
        self.company.subscription_joint_invoice = "joint"
        self.assertEqual(self._preview(), [1, 0], "the company says")
        self.customer.subscription_joint_invoice = "apart"
        self.assertEqual(self._preview(), [1, 1], "the customer otherwise")
        self.both.joint_invoice = "joint"
        self.assertEqual(self._preview(), [1, 0], "the subscription otherwise")
        self.quarterly.joint_invoice = "apart"
        self.assertEqual(self._preview(), [1, 1])

    def _preview(self):
        run = self._make_run(subscriptions=self.both)
        run.action_preview()
        return run.line_ids.sorted("id").mapped("planned_invoices")

    def test_preview_tells_what_comes_together_and_adds_up(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        (self.monthly.line_ids | self.quarterly.line_ids).price_unit = 0.03
        fee = self._add_one_off(self.monthly, price=0.03)
        run = self._make_run(subscriptions=self.both)
        run.action_preview()
        self.assertEqual(run.line_ids.mapped("joint_with"), [self.quarterly.name, self.monthly.name])
        self.assertEqual(len(set(run.line_ids.mapped("unit"))), 1)
        total = run.amount_total
        run.action_run()
        self.assertAlmostEqual(run.invoice_ids.amount_total, total)
        self.assertAlmostEqual(sum(run.line_ids.mapped("amount_total")), total)
        self.assertTrue(fee.is_charged)

    def test_what_differs_in_the_head_comes_apart(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"name": "2027-01-01", "rate": 0.134, "currency_id": euro.id, "company_id": self.company.id}
        )
        journal = self.company_data["default_journal_sale"].copy({"code": "SUB"})
        term = self.env.ref("account.account_payment_term_30days")
        others = self.env["subscription.subscription"]
        for values in (
            {"currency_id": euro.id},
            {"journal_id": journal.id},
            {"payment_term_id": term.id},
            {"customer_reference": "PO 7"},
        ):
            others |= self._make_subscription(start=MARCH, **values)
        run = self._bill(subscriptions=self.both | others)
        self.assertEqual(run.invoice_count, 5)
        self.assertEqual(sorted(len(move.subscription_ids) for move in run.invoice_ids), [1, 1, 1, 1, 2])

    def test_way_of_payment_separates(self):
        way = patch.object(Billing, "payment_way", lambda _billing, each, _customer: each.title or "Bank")
        with way:
            run = self._bill(subscriptions=self.both)
        self.assertEqual(run.invoice_count, 2)

    def test_backlog_keeps_its_months(self):
        late = self._make_subscription(start=date(2027, 1, 15))
        run = self._bill(until=date(2027, 3, 15), subscriptions=late | self.monthly)
        self.assertEqual(sorted(run.invoice_ids.mapped("amount_untaxed")), [100.0, 100.0, 200.0])

    def test_two_payers_are_two_invoices_and_an_invoice_address_is_one(self):
        office = self.env["res.partner"].create(
            {"parent_id": self.customer.id, "type": "invoice", "name": "Bogholderi", "street": "X", "city": "Y",
             "country_id": self.env.ref("base.dk").id}
        )  # fmt: skip
        contact = self.env["res.partner"].create({"parent_id": self.customer.id, "type": "contact", "name": "Værksted"})
        self.other_customer.subscription_joint_invoice = "joint"
        subscriptions = self.both | self._make_subscription(start=MARCH, partner_id=self.other_customer.id)
        subscriptions |= self._make_subscription(start=MARCH, partner_id=contact.id)
        run = self._bill(subscriptions=subscriptions)
        self.assertEqual(run.invoice_ids.partner_id, office | self.other_customer)
        self.assertEqual(run.invoice_count, 2)

    def test_groups_with_one_payer(self):
        members = self._make_customer("M1") | self._make_customer("M2")
        group = self.env["subscription.group"].create(
            {
                "name": "Kæde",
                "invoice_mode": "payer",
                "payer_id": self.customer.id,
                "member_ids": [(0, 0, {"partner_id": member.id}) for member in members],
            }
        )
        run = self._bill(subscriptions=self.both | self._make_subscription(start=MARCH, group_id=group.id))
        self.assertEqual((run.invoice_count, run.invoice_ids.amount_untaxed), (1, 600.0))

    def test_a_stopped_one_is_named_and_the_others_are_billed(self):
        bad_product = self._make_product("Udgået", 50.0)
        bad = self._make_subscription(start=MARCH, lines=[(bad_product, 1, 50.0)])
        bad_product.active = False
        run = self._bill(subscriptions=self.both | bad)
        self.assertEqual((run.state, run.invoice_count, run.done_count, run.fault_count), ("done", 1, 2, 1))
        self.assertEqual(run.invoice_ids.amount_untaxed, 400.0)
        self.assertEqual(run.warning_count, 2, "the others say who is missing")
        good = run.line_ids.filtered(lambda line: line.state == "billed")
        self.assertTrue(all(bad.name in message for message in good.mapped("message")))
        bad_product.active = True
        run.action_retry()
        self.assertEqual(sorted(run.invoice_ids.mapped("amount_untaxed")), [50.0, 400.0])

    def test_one_that_fails_when_made_is_left_out(self):
        bad = self._make_subscription(start=MARCH, lines=[(self.setup_fee, 1, 50.0)])
        run_class = type(self.env["subscription.billing.run"])
        original = run_class._create_invoices

        def broken(run, plans, billing):
            moves = original(run, plans, billing)
            if any(plan.subscription == bad for _line, plan in plans):
                raise UserError("Kan ikke laves.")  # pylint: disable=translation-required
            return moves

        with patch.object(run_class, "_create_invoices", broken):
            run = self._bill(subscriptions=self.both | bad, posting="post")
        self.assertEqual((run.invoice_count, run.done_count, run.fault_count), (1, 2, 1))
        self.assertEqual(run.invoice_ids.amount_untaxed, 400.0)
        self.assertEqual(run.line_ids.filtered(lambda line: line.state == "failed").subscription_id, bad)
        self.assertFalse(bad.period_ids)

    def test_a_deduction_is_billed_with_the_others_and_not_alone(self):
        minus = self._make_subscription(start=MARCH, lines=[(None, 1, -50.0)])
        run = self._bill(subscriptions=self.both | minus)
        self.assertEqual((run.invoice_count, run.invoice_ids.amount_untaxed), (1, 350.0))
        run.action_undo_drafts()
        alone = self._bill(subscriptions=minus)
        self.assertEqual((alone.invoice_count, alone.fault_count), (0, 1))

    def test_one_taken_out_does_not_come_along(self):
        run = self._make_run(subscriptions=self.both)
        run.action_preview()
        run.line_ids[0].is_selected = False
        run.action_run()
        self.assertEqual((run.invoice_count, run.invoice_ids.amount_untaxed), (1, 300.0))

    def test_undo_frees_both_and_a_batch_never_cuts_an_invoice(self):
        run = self._make_run(subscriptions=self.both)
        run.action_preview()
        run.sudo().state = "queued"
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            run._cron_process_runs(batch_size=1)
        self.assertEqual((run.state, run.invoice_count), ("done", 1))
        run.action_undo_drafts()
        self.assertEqual(set(self.both.period_ids.mapped("state")), {"released"})
        self.assertEqual(self._bill(subscriptions=self.both).invoice_count, 1)

    def test_drafts_are_posted_later(self):
        run = self._bill(subscriptions=self.both)
        run.action_post_invoices()
        self.assertEqual((run.draft_count, run.state, set(run.line_ids.mapped("state"))), (0, "done", {"posted"}))
        again = self._bill(until=TODAY, subscriptions=self.both)
        self.assertFalse(again.line_ids)
