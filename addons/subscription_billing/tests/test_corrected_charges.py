from datetime import date
from types import SimpleNamespace
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.subscription_billing_run_joint import is_lost_race
from . import test_claims
from .common import SubscriptionCommon
from .test_usage import UsageCommon

DAY = date(2027, 3, 10)


class _Violation(UniqueViolation):
    """As the database raises it."""

    @property
    def diag(self):
        return SimpleNamespace(table_name="subscription_period", constraint_name=self.args[0])


class CorrectedCommon(SubscriptionCommon):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.company), "_subscription_today", return_value=DAY))

    _invoice = test_claims.TestClaims._invoice
    _change = test_claims.TestClaims._change

    def _credit_wizard(self, move, choice="keep"):
        context = {"active_model": "account.move", "active_ids": move.ids}
        values = {"journal_id": move.journal_id.id, "subscription_choice": choice}
        return self.env["account.move.reversal"].with_context(**context).create(values)

    def _credit_part(self, move, amount):
        """A posted credit note of so much of the first line of an invoice."""
        refund = self.env["account.move"].browse(self._credit_wizard(move).reverse_moves()["res_id"])
        refund.invoice_line_ids[1:].unlink()
        refund.invoice_line_ids.write({"quantity": 1.0, "price_unit": amount})
        refund.action_post()
        return refund


@tagged("post_install", "-at_install")
class TestPartlyCredited(CorrectedCommon):
    def test_change_takes_back_its_part_of_what_is_left(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._credit_part(self._invoice(subscription), 38.0)
        self._change(subscription)
        move = self._invoice(subscription, date(2027, 4, 1))
        # 17 of 31 days of 62, then at the new price
        self.assertEqual(sorted(move.invoice_line_ids.mapped("price_subtotal")), [-34.0, 109.68, 200.0])

    def _credit_in_kroner(self, move, amount):
        """A credit note of an invoice in euro, written in the company's currency."""
        refund = self.env["account.move"].browse(self._credit_wizard(move).reverse_moves()["res_id"])
        refund.currency_id = self.company.currency_id
        refund.invoice_line_ids.write({"quantity": 1.0, "price_unit": amount})
        refund.action_post()
        self.assertNotEqual(refund.currency_id, move.currency_id)
        return refund

    def _in_euro(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        # 8 kroner a euro when it is invoiced, 10 when it is credited
        self.env["res.currency.rate"].create(
            [
                {"name": name, "rate": rate, "currency_id": euro.id, "company_id": self.company.id}
                for name, rate in (("2027-01-01", 0.125), ("2027-03-11", 0.1))
            ]
        )
        return self._make_subscription(start=date(2027, 3, 1), currency_id=euro.id)

    def test_credit_note_in_another_currency_counts_as_booked(self):
        subscription = self._in_euro()
        move = self._invoice(subscription)
        self._credit_in_kroner(move, 304.0)
        self.assertAlmostEqual(move._get_left_of_lines()[move.invoice_line_ids], 100.0 - 38.0)
        self.assertEqual(subscription.period_ids.state, "invoiced")
        self._change(subscription)
        later = self._invoice(subscription, date(2027, 4, 1))
        # 17 of 31 days of 62, then at the new price
        self.assertEqual(sorted(later.invoice_line_ids.mapped("price_subtotal")), [-34.0, 109.68, 200.0])

    def test_credit_notes_in_two_currencies_are_the_whole_together(self):
        subscription = self._in_euro()
        move = self._invoice(subscription)
        self._credit_part(move, 40.0)
        refund = self._credit_in_kroner(move, 479.0)
        self.assertEqual(subscription.period_ids.state, "invoiced", "a krone is left")
        refund.button_draft()
        refund.invoice_line_ids.price_unit = 480.0
        refund.action_post()
        self.assertEqual(subscription.period_ids.state, "credited")
        refund.button_draft()
        self.assertEqual(subscription.period_ids.state, "invoiced")

    def test_credit_of_another_line_does_not_count(self):
        subscription = self._make_subscription(
            start=date(2027, 3, 1), lines=[(None, 1.0, 100.0), (self.setup_fee, 2.0, 50.0)]
        )
        self._credit_part(self._invoice(subscription), 38.0)
        line = subscription.line_ids[1]
        self._change(subscription, line=line, quantity=4.0)
        move = self._invoice(subscription, date(2027, 4, 1))
        self.assertIn(-54.84, move.invoice_line_ids.mapped("price_subtotal"))

    def test_two_parts_that_make_the_whole_leave_the_period_credited(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        invoice = self._invoice(subscription)
        self._credit_part(invoice, 60.0)
        self.assertEqual(subscription.period_ids.state, "invoiced")
        second = self._credit_part(invoice, 40.0)
        self.assertEqual(subscription.period_ids.state, "credited")
        second.button_draft()
        self.assertEqual(subscription.period_ids.state, "invoiced")
        second.action_post()
        (second | invoice.reversal_move_ids).button_draft()
        self.assertEqual(subscription.period_ids.state, "invoiced")

    def test_replaced_invoice_is_not_billed_beside_its_replacement(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        invoice = self._invoice(subscription)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._credit_wizard(invoice, "release").modify_moves()
        self._credit_wizard(invoice, "keep").modify_moves()
        self.assertEqual(subscription.period_ids.state, "credited")
        self.assertFalse(self._bill(DAY, subscription).invoice_count)


@tagged("post_install", "-at_install")
class TestLostRace(CorrectedCommon):
    def test_only_the_claims_mean_that_another_was_faster(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'subscription_period' "
            " AND indexdef LIKE 'CREATE UNIQUE%'"
        )
        names = {name for (name,) in self.env.cr.fetchall()}
        claims = {name for name in names if is_lost_race(_Violation(name))}
        self.assertEqual(names - claims, {"subscription_period_pkey"})

    def test_another_violation_is_a_failure_with_its_reason(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        run = self._make_run(DAY, subscription)
        error = _Violation("subscription_period_pkey")
        with (
            patch.object(type(run), "_create_invoices", side_effect=error),
            self.assertLogs("odoo.addons.subscription_billing", "ERROR"),
        ):
            run.action_run()
        self.assertEqual((run.state, run.line_ids.state), ("done", "failed"))
        self.assertTrue(run.line_ids.message)


@tagged("post_install", "-at_install")
class TestPaidInFull(CorrectedCommon):
    """The part before a pause costs the whole period: the rest is paid, whatever becomes of the pause."""

    def test_pause_taken_away_after_its_first_part_was_charged(self):
        for take_away in ("resume", "unlink", "move"):
            with self.subTest(take_away):
                subscription = self._make_subscription(start=date(2027, 3, 1), proration="none")
                subscription.action_pause("2027-03-20")
                self.assertEqual(self._invoice(subscription).amount_untaxed, 100.0)
                if take_away == "resume":
                    subscription.action_resume("2027-03-20")
                elif take_away == "unlink":
                    subscription.pause_ids.unlink()
                else:
                    subscription.pause_ids.write({"date_from": "2027-03-25", "date_to": "2027-03-28"})
                self.assertFalse(self._bill(date(2027, 3, 31), subscription).invoice_count)
                april = self._invoice(subscription, date(2027, 4, 1))
                self.assertPeriods(april, [("2027-04-01", "2027-04-30")])


@tagged("post_install", "-at_install")
class TestBindingOfChanges(CorrectedCommon):
    """A change that leaves nothing to charge is an end."""

    def setUp(self):
        super().setUp()
        self.subscription = self._make_subscription(start=date(2027, 3, 1), binding_months=12)

    def test_refused_while_bound(self):
        for values in ({"action": "end"}, {"quantity": 0.0}, {"discount": 100.0}, {"price_unit": 0.0}):
            with self.subTest(values), self.assertRaises(UserError), self.env.cr.savepoint():
                self._change(self.subscription, **values)
        self.assertFalse(self.subscription.line_ids.ended_change_id)
        self._change(self.subscription, date(2028, 3, 1), action="end")

    def test_fewer_lines_are_no_end(self):
        subscription = self._make_subscription(
            start=date(2027, 3, 1), lines=[(None, 1.0, 100.0), (None, 1.0, 50.0)], binding_months=12
        )
        self._change(subscription, action="end")
        with self.assertRaises(UserError):
            self._change(subscription, line=subscription.line_ids[1], quantity=0.0)

    def test_a_manager_ends_it_with_a_reason_by_the_button(self):
        self._invoice(self.subscription)
        wizard = self.env["subscription.end"].create(
            {
                "subscription_id": self.subscription.id,
                "date_end": "2027-03-15",
                "override_reason": "Wound up",
                "is_taken_back": True,
            }
        )
        wizard.action_confirm()
        self.assertEqual(self.subscription.date_end, date(2027, 3, 15))


@tagged("post_install", "-at_install")
class TestDayOfTheCompany(CorrectedCommon):
    def test_overdue_counts_from_the_company_s_day(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        invoice = self._invoice(subscription)
        self.env.flush_all()
        with patch("odoo.fields.Date.context_today", return_value=date(2027, 1, 1)):
            row = self.env["subscription.unpaid"].search([("move_id", "=", invoice.id)])
            self.assertEqual((row.age, row.days), ("0", 0))
            with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 12, 31)):
                self.env["subscription.unpaid"].invalidate_model()
                row = self.env["subscription.unpaid"].search([("move_id", "=", invoice.id)])
                self.assertEqual((row.age, row.days), ("4", (date(2027, 12, 31) - invoice.invoice_date_due).days))

    def test_monthly_value_follows_on_the_company_s_day(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._change(subscription, date(2027, 4, 1))
        self.assertEqual(subscription.monthly_amount, 100.0)
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 4, 1)):
            self.env["subscription.subscription"]._refresh_new_prices()
            self.assertEqual(subscription.monthly_amount, 200.0)


@tagged("post_install", "-at_install")
class TestUsageCorrected(UsageCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls._make_metered(lines=[(None, 1.0, 500.0)])
        cls.line = cls.subscription.usage_line_ids

    def _amounts(self, until):
        lines = self._billed(until).filtered(lambda line: line.product_id == self.energy)
        return [line.price_subtotal for line in lines if line.price_subtotal]

    def test_correction_at_the_tier_it_was_charged_at(self):
        self._use(250.0, date(2027, 1, 10))
        self.assertEqual(self._amounts(date(2027, 2, 1)), [350.0], "100 at 2.00, 100 at 1.50")
        self._use(-60.0, date(2027, 2, 10))
        self.assertEqual(self._amounts(date(2027, 3, 1)), [-90.0], "60 at 1.50")
        self._use(-60.0, date(2027, 3, 5))
        self.assertEqual(self._amounts(date(2027, 4, 1)), [-100.0], "40 at 1.50, 20 at 2.00")

    def test_correction_of_what_was_included_gives_nothing_back(self):
        self._use(60.0, date(2027, 1, 10))
        self.assertEqual(self._amounts(date(2027, 2, 1)), [20.0])
        self._use(-30.0, date(2027, 2, 10))
        self.assertEqual(self._amounts(date(2027, 3, 1)), [-20.0])

    def test_more_than_was_ever_charged_at_the_base_price(self):
        self._use(-5.0, date(2027, 1, 10))
        self.assertEqual(self._amounts(date(2027, 2, 1)), [-10.0])

    def test_end_inside_recorded_usage_is_told(self):
        self._use(10.0, date(2027, 3, 12))
        self._use(30.0, date(2027, 3, 14))
        wizard = self.env["subscription.end"].create(
            {"subscription_id": self.subscription.id, "date_end": "2027-03-12"}
        )
        self.assertEqual(wizard.usage_after, 1)
        wizard.date_end = "2027-03-14"
        self.assertEqual(wizard.usage_after, 0)
        before = self.subscription.message_ids
        self.subscription.date_end = date(2027, 3, 12)
        self.assertIn("30", "".join((self.subscription.message_ids - before).mapped("body")))
