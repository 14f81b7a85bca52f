from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import SubscriptionCommon

DAY = date(2027, 3, 10)


@tagged("post_install", "-at_install")
class TestClaims(SubscriptionCommon):
    """No odd event charges a period twice, or never."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.company), "_subscription_today", return_value=DAY))

    def _invoice(self, subscription, until=DAY):
        run = self._bill(until, subscription, posting="post")
        self.assertFalse(run.fault_count, run.line_ids.mapped("message"))
        return run.invoice_ids

    def _credit(self, move, choice):
        context = {"active_model": "account.move", "active_ids": move.ids}
        values = {"journal_id": move.journal_id.id, "subscription_choice": choice}
        wizard = self.env["account.move.reversal"].with_context(**context).create(values)
        refund = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        refund.action_post()
        return refund

    def _change(self, subscription, day=date(2027, 3, 15), line=None, **values):
        line = line or subscription.line_ids[:1]
        options = {name: values.pop(name) for name in ("proration", "settlement") if name in values}
        change = self.env["subscription.change"].create(
            {
                "subscription_id": subscription.id,
                "date": day,
                "line_ids": [Command.create({"line_id": line.id, **(values or {"price_unit": 200.0})})],
                **options,
            }
        )
        change.action_confirm()
        return change

    def test_credit_note_taken_back_claims_again(self):
        """The invoice stands again: its period must not be billed a second time."""
        for choice in ("release", "keep"):
            for undo in ("button_draft", "button_cancel"):
                with self.subTest(choice=choice, undo=undo):
                    subscription = self._make_subscription(start=date(2027, 3, 1))
                    refund = self._credit(self._invoice(subscription), choice)
                    refund.button_draft()
                    if undo == "button_cancel":
                        refund.button_cancel()
                    self.assertEqual(subscription.period_ids.state, "invoiced")
                    self.assertFalse(self._bill(DAY, subscription).invoice_count)

    def test_credit_note_stays_when_its_period_was_billed_again(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        refund = self._credit(self._invoice(subscription), "release")
        self._invoice(subscription)
        with self.assertRaises(UserError):
            refund.button_draft()

    def test_credit_note_of_an_invoice_that_is_a_draft_again(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        invoice = self._invoice(subscription)
        refund = self._credit(invoice, "release")
        invoice.button_draft()
        refund.button_draft()
        self.assertEqual(subscription.period_ids.state, "invoiced")
        invoice.action_post()
        self.assertFalse(self._bill(DAY, subscription).invoice_count)

    def test_credit_note_posted_again_settles_again(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        refund = self._credit(self._invoice(subscription), "release")
        refund.button_draft()
        refund.action_post()
        self.assertEqual(subscription.period_ids.state, "released")

    def test_freed_period_of_a_subscription_that_closed_itself_is_billed(self):
        subscription = self._make_subscription(start=date(2027, 2, 1), date_end=date(2027, 2, 28))
        draft = self._bill(DAY, subscription).invoice_ids
        subscription._update_state()
        self.assertEqual(subscription.state, "closed")
        draft.unlink()
        self.assertEqual((subscription.state, subscription.next_invoice_date), ("active", date(2027, 2, 1)))
        move = self._invoice(subscription)
        self.assertEqual(move.amount_untaxed, 100.0)
        subscription._update_state()
        self.assertEqual(subscription.state, "closed")

    def test_freed_period_of_one_that_was_stopped_before_its_start_stays_free(self):
        subscription = self._make_subscription(start=date(2027, 4, 1), lead_days=30)
        draft = self._bill(DAY, subscription).invoice_ids
        subscription.action_close(DAY)
        draft.unlink()
        self.assertEqual(subscription.state, "closed")

    def test_line_is_not_archived_before_it_paid_back(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoice(subscription)
        old = subscription.line_ids
        self._change(subscription)
        with self.assertRaises(UserError):
            old.active = False
        move = self._invoice(subscription, date(2027, 4, 1))
        self.assertAlmostEqual(move.amount_untaxed, -54.84 + 109.68 + 200.0)
        old.active = False

    def test_what_was_invoiced_keeps_its_currency(self):
        """A change would take back kroner as euro."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        subscription = self._make_subscription(start=date(2027, 3, 1))
        subscription.currency_id = euro
        subscription.currency_id = self.company.currency_id
        self._invoice(subscription)
        with self.assertRaises(ValidationError):
            subscription.currency_id = euro

    def test_up_and_down_in_a_charged_period_is_one_settlement(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoice(subscription)
        self._change(subscription)
        self._change(subscription, date(2027, 3, 20), subscription.line_ids.filtered("change_id"), price_unit=100.0)
        self.assertEqual(subscription.next_invoice_date, date(2027, 4, 1))
        self.assertFalse(self._bill(date(2027, 3, 31), subscription).invoice_count)
        move = self._invoice(subscription, date(2027, 4, 1))
        self.assertEqual(len(move), 1)
        # 17 days back, 5 at 200, 12 at 100, April
        self.assertAlmostEqual(move.amount_untaxed, -54.84 + 32.26 + 38.71 + 100.0)

    def test_changed_twice_in_a_period_not_charged_yet(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), timing="arrears")
        self._change(subscription)
        self._change(subscription, date(2027, 3, 20), subscription.line_ids.filtered("change_id"), price_unit=100.0)
        move = self._invoice(subscription, date(2027, 3, 31))
        self.assertEqual(sorted(move.invoice_line_ids.mapped("price_subtotal")), [32.26, 38.71, 45.16])

    def test_copy_of_a_changed_subscription_has_no_claims(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoice(subscription)
        self._change(subscription)
        copy = subscription.copy()
        self.assertEqual(copy.state, "draft")
        self.assertFalse(copy.period_ids)
        self.assertFalse(copy.line_ids.filtered("credit_from"))


@tagged("post_install", "-at_install")
class TestFullPrice(SubscriptionCommon):
    """Where a part costs the full price, a pause does not make two parts of it."""

    def _amounts(self, until, subscription):
        run = self._bill(until, subscription, posting="post")
        return [(str(line.start_date), str(line.end_date), line.price_subtotal)
                for line in run.invoice_ids.invoice_line_ids.sorted("start_date")]  # fmt: skip

    def test_pause_within_a_period(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), timing="arrears", proration="none")
        subscription.action_pause("2027-03-10", "2027-03-20")
        self.assertEqual(self._amounts(date(2027, 3, 31), subscription), [("2027-03-01", "2027-03-09", 100.0)])
        self.assertEqual(subscription.next_period_start, date(2027, 4, 1))

    def test_resumed_in_the_period_it_was_paused_in(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), proration="none")
        subscription.action_pause("2027-03-10")
        self.assertEqual(self._amounts(date(2027, 3, 1), subscription), [("2027-03-01", "2027-03-09", 100.0)])
        subscription.action_resume("2027-03-21")
        self.assertEqual(self._amounts(date(2027, 3, 31), subscription), [])
        self.assertEqual(self._amounts(date(2027, 4, 1), subscription), [("2027-04-01", "2027-04-30", 100.0)])

    def test_paused_from_the_first_day(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), proration="none")
        subscription.action_pause("2027-03-01", "2027-03-20")
        self.assertEqual(self._amounts(date(2027, 3, 31), subscription), [("2027-03-21", "2027-03-31", 100.0)])

    def test_two_pauses_and_a_whole_month(self):
        subscription = self._make_subscription(start=date(2027, 1, 1), proration="none")
        subscription.action_pause("2027-01-05", "2027-01-07")
        subscription.action_pause("2027-01-20", "2027-03-10")
        self.assertEqual(
            self._amounts(date(2027, 3, 31), subscription),
            [("2027-01-01", "2027-01-04", 100.0), ("2027-03-11", "2027-03-31", 100.0)],
        )

    def test_by_days_as_before(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), timing="arrears")
        subscription.action_pause("2027-03-10", "2027-03-20")
        self.assertEqual(
            self._amounts(date(2027, 3, 31), subscription),
            [("2027-03-01", "2027-03-09", 29.03), ("2027-03-21", "2027-03-31", 35.48)],
        )

    def test_changed_in_the_paused_period(self):
        """The parts on both sides of the pause are counted as the change says."""
        subscription = self._make_subscription(start=date(2027, 3, 1), timing="arrears", proration="none")
        subscription.action_pause("2027-03-05", "2027-03-08")
        change = self.env["subscription.change"].create(
            {
                "subscription_id": subscription.id,
                "date": "2027-03-15",
                "proration": "days",
                "line_ids": [Command.create({"line_id": subscription.line_ids.id, "price_unit": 310.0})],
            }
        )
        change.action_confirm()
        self.assertEqual(
            self._amounts(date(2027, 3, 31), subscription),
            [("2027-03-01", "2027-03-04", 12.9), ("2027-03-09", "2027-03-14", 19.35),
             ("2027-03-15", "2027-03-31", 170.0)],
        )  # fmt: skip


@tagged("post_install", "-at_install")
class TestMembers(SubscriptionCommon):
    """Who was a member when."""

    _invoice, _credit = TestClaims._invoice, TestClaims._credit

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.company), "_subscription_today", return_value=DAY))

    def _group(self, *rows):
        group = self.env["subscription.group"].create(
            {"name": "Club", "member_ids": [Command.create({"partner_id": p.id, **values}) for p, values in rows]}
        )
        return self._make_subscription(start=date(2027, 1, 1), partner_id=False, group_id=group.id)

    def _billed(self, subscription, until=DAY):
        run = self._bill(until, subscription, posting="post")
        self.assertEqual(run.state, "done")
        self.assertFalse(run.fault_count, run.line_ids.mapped("message"))
        lines = run.invoice_ids.invoice_line_ids
        return sorted((line.partner_id.name, str(line.start_date or ""), line.price_subtotal) for line in lines)

    def test_one_off_is_for_those_who_are_members_on_its_day(self):
        new = self._make_customer("Carl A/S")
        subscription = self._group(
            (self.customer, {"date_to": "2027-01-31"}),
            (self.other_customer, {}),
            (new, {"date_from": "2027-04-01"}),
        )
        self._billed(subscription)
        self._add_one_off(subscription, date_start=date(2027, 3, 5))
        self.assertEqual(self._billed(subscription), [("Bodil ApS", "", 250.0)])
        self.assertEqual(
            self._billed(subscription, date(2027, 4, 1)),
            [("Bodil ApS", "2027-04-01", 100.0), ("Carl A/S", "", 250.0), ("Carl A/S", "2027-04-01", 100.0)],
        )

    def test_who_left_and_came_back_pays_a_one_off_once(self):
        subscription = self._group(
            (self.customer, {"date_to": "2027-01-31"}), (self.customer, {"date_from": "2027-03-01"})
        )
        self._add_one_off(subscription)
        self.assertEqual(
            self._billed(subscription),
            [("Aage A/S", "", 250.0), ("Aage A/S", "2027-01-01", 100.0), ("Aage A/S", "2027-03-01", 100.0)],
        )

    def test_named_twice_is_charged_once(self):
        """As after two customers were merged."""
        subscription = self._group((self.customer, {}), (self.customer, {"date_from": "2027-02-15"}))
        self.assertEqual(
            self._billed(subscription),
            [("Aage A/S", f"2027-0{month}-01", 100.0) for month in (1, 2, 3)],
        )

    def test_customers_with_the_same_period_are_not_merged(self):
        subscription = self._group((self.customer, {}), (self.other_customer, {}))
        self._add_one_off(subscription, date_start=date(2027, 1, 5))
        moves = self._invoice(subscription)
        pair = self.customer | self.other_customer
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        with self.assertRaises(UserError) as raised, self.env.cr.savepoint():
            wizard._merge(pair.ids, self.customer)
        for text in (subscription.name, "01.01.2027", "Aage A/S", "Bodil ApS", *moves.mapped("name")):
            self.assertIn(text, str(raised.exception))
        # the way out the message names: credited and to be billed again, it claims nothing
        for move in moves.filtered(lambda move: move.partner_id == self.other_customer):
            self._credit(move, "release")
        wizard._merge(pair.ids, self.customer)
        self.assertFalse(self.other_customer.exists())
        self.assertFalse(self._bill(DAY, subscription).invoice_count, "named twice, charged once")

    def test_customers_with_periods_of_their_own_are_merged(self):
        subscriptions = self._make_subscription() | self._make_subscription(partner_id=self.other_customer.id)
        self._invoice(subscriptions)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.other_customer).ids, self.customer)
        self.assertEqual(subscriptions.period_ids.partner_id, self.customer)

    def test_monthly_value_follows_on_the_day(self):
        subscription = self._group(
            (self.customer, {"date_to": "2027-03-31"}),
            (self.other_customer, {"date_from": "2027-04-01"}),
            (self._make_customer("Carl A/S"), {"date_from": "2027-04-01"}),
        )
        self.assertEqual(subscription.monthly_amount, 100.0)
        with (
            patch.object(type(self.company), "_subscription_today", return_value=date(2027, 4, 1)),
            patch("odoo.fields.Date.context_today", return_value=date(2027, 4, 1)),
        ):
            self.env["subscription.subscription"]._refresh_new_prices()
            self.assertEqual(subscription.monthly_amount, 200.0)
