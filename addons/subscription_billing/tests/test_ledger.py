from datetime import date

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestLedger(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls._make_subscription(start=date(2027, 3, 1))
        cls.fee = cls._add_one_off(cls.subscription)

    def _bill_one(self, posting="draft"):
        run = self._bill(subscriptions=self.subscription, posting=posting)
        self.assertEqual(run.invoice_count, 1)
        return run.invoice_ids

    def test_each_invoice_line_has_its_claim(self):
        move = self._bill_one()
        periods = self.subscription.period_ids
        self.assertEqual(periods.move_line_id, move.invoice_line_ids)
        for period in periods:
            self.assertEqual(period.line_id.product_id, period.move_line_id.product_id)
            self.assertEqual(period.amount, period.move_line_id.price_subtotal)

    def test_names_have_days_as_the_user_reads_them(self):
        self._bill_one()
        period = self.subscription.period_ids.filtered(lambda each: each.line_id.product_id == self.service)
        days = [format_date(self.env, day) for day in (date(2027, 3, 1), date(2027, 3, 31))]
        self.assertEqual(period.display_name, f"{period.line_id.display_name}: {days[0]} - {days[1]}")
        use = self.env["subscription.usage"].new({"line_id": period.line_id.id, "date": "2027-03-01", "quantity": 2})
        self.assertEqual(use.display_name, f"{period.line_id.display_name} {days[0]}: 2")

    @mute_logger("odoo.sql_db")
    def test_database_refuses_a_second_claim(self):
        self._bill_one()
        for period in self.subscription.period_ids:
            with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
                period.sudo().copy({"move_line_id": False}).flush_recordset()

    def test_one_off_leaves_the_list_and_stays_in_history(self):
        self._bill_one()
        self.subscription.invalidate_recordset()
        self.assertFalse(self.subscription.one_off_line_ids)
        self.assertEqual(self.subscription.charged_line_ids, self.fee)

    def test_deleted_draft_is_billable_again(self):
        self._bill_one().unlink()
        self.assertFalse(self.fee.is_charged)
        self.assertEqual(self.subscription.next_invoice_date, date(2027, 3, 1))
        self.assertEqual(self._bill_one().amount_untaxed, 350.0)
        self.assertEqual(len(self.subscription.period_ids), 4, "the first claims stay as history")

    def test_deleted_line_is_billable_again(self):
        move = self._bill_one()
        move.invoice_line_ids.filtered(lambda line: line.product_id == self.service).unlink()
        again = self._bill_one()
        self.assertEqual(again.invoice_line_ids.product_id, self.service)

    def test_cancelled_invoice_is_billable_again(self):
        move = self._bill_one("post")
        move.button_draft()
        self.assertFalse(self._bill(subscriptions=self.subscription).invoice_count, "back to draft keeps the claim")
        move.button_cancel()
        self.assertFalse(self.fee.is_charged)
        self._bill_one()
        with self.assertRaisesRegex(UserError, "invoiced again"):
            move.button_draft()

    def test_cancelled_and_back_claims_again(self):
        move = self._bill_one()
        move.button_cancel()
        move.button_draft()
        self.assertEqual(set(self.subscription.period_ids.mapped("state")), {"invoiced"})
        self.assertFalse(self._bill(subscriptions=self.subscription).invoice_count)

    def _credit(self, move, choice):
        context = {"active_model": "account.move", "active_ids": move.ids}
        wizard = (
            self.env["account.move.reversal"]
            .with_context(**context)
            .create({"journal_id": move.journal_id.id, "subscription_choice": choice})
        )
        self.assertTrue(wizard.has_subscription_periods)
        refund = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        refund.action_post()
        return refund

    def test_credited_and_kept(self):
        self._credit(self._bill_one("post"), "keep")
        self.assertEqual(set(self.subscription.period_ids.mapped("state")), {"credited"})
        self.assertFalse(self._bill(subscriptions=self.subscription).invoice_count)
        self.subscription.period_ids.action_release()
        self.assertEqual(self._bill_one().amount_untaxed, 350.0)

    def test_total_of_the_billed_periods_has_what_stands(self):
        """Charged, credited and charged again: each amount stands in the list, and the total has it once."""

        def total():
            rows = self.subscription.period_ids.formatted_read_group([], [], ["amount_standing:sum"])
            return rows[0]["amount_standing:sum"]

        move = self._bill_one("post")
        self.assertEqual(total(), 350.0)
        self._credit(move, "keep")
        self.assertEqual((total(), sum(self.subscription.period_ids.mapped("amount"))), (0.0, 350.0))
        self.subscription.period_ids.action_release()
        draft = self._bill_one()
        self.assertEqual((total(), sum(self.subscription.period_ids.mapped("amount"))), (350.0, 700.0))
        draft.unlink()
        self.assertEqual(total(), 0.0)

    def test_credited_and_billed_again(self):
        self._credit(self._bill_one("post"), "release")
        self.assertFalse(self.fee.is_charged)
        self.assertEqual(self._bill_one().amount_untaxed, 350.0)

    def test_partly_credited_stays_billed(self):
        move = self._bill_one("post")
        refund = move._reverse_moves([{"invoice_date": date(2027, 3, 12), "subscription_release_periods": True}])
        refund.invoice_line_ids[0].price_unit = 1.0
        refund.action_post()
        self.assertEqual(set(self.subscription.period_ids.mapped("state")), {"invoiced"})

    def test_invoiced_period_is_not_released_by_hand(self):
        self._bill_one()
        with self.assertRaisesRegex(UserError, "Only credited"):
            self.subscription.period_ids.action_release()
