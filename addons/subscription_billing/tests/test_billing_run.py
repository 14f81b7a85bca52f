from dataclasses import replace
from datetime import date
from unittest.mock import patch

from odoo import sql_db
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from ..taxes import InvoiceTaxes
from .common import TODAY, SubscriptionCommon

PROCESS = "odoo.addons.subscription_billing.models.subscription_billing_run_process"


@tagged("post_install", "-at_install")
class TestBillingRun(SubscriptionCommon):
    def test_all_missed_periods_in_one_run_with_their_own_dates(self):
        subscription = self._make_subscription()
        run = self._bill(subscriptions=subscription)
        self.assertEqual(run.state, "done")
        self.assertEqual(run.invoice_count, 3)
        expected = [("2027-01-01", "2027-01-31"), ("2027-02-01", "2027-02-28"), ("2027-03-01", "2027-03-31")]
        self.assertPeriods(run.invoice_ids, expected)
        self.assertEqual(set(run.invoice_ids.mapped("invoice_date")), {TODAY})
        self.assertEqual(set(run.invoice_ids.mapped("amount_total")), {125.0})
        self.assertEqual(subscription.next_invoice_date, date(2027, 4, 1))

    def test_missed_periods_on_one_invoice(self):
        run = self._bill(subscriptions=self._make_subscription(backlog="together"))
        self.assertEqual(run.invoice_count, 1)
        self.assertEqual(len(run.invoice_ids.invoice_line_ids), 3)

    def test_invoice_date_of_the_due_day(self):
        run = self._bill(subscriptions=self._make_subscription(invoice_date_rule="due"))
        dates = sorted(run.invoice_ids.mapped("invoice_date"))
        self.assertEqual(dates, [date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)])

    def test_without_terms_due_on_the_invoice_date(self):
        partner = self._make_subscription().partner_id
        partner.property_payment_term_id = False
        run = self._bill(subscriptions=self._make_subscription(partner_id=partner.id, invoice_date_rule="due"))
        for invoice in run.invoice_ids:
            self.assertEqual(invoice.invoice_date_due, invoice.invoice_date)

    def test_a_second_run_bills_nothing(self):
        subscription = self._make_subscription()
        self._bill(subscriptions=subscription)
        again = self._bill(subscriptions=subscription)
        self.assertEqual((again.state, again.invoice_count, again.line_count), ("done", 0, 0))

    def test_two_previews_of_the_same_bill_once(self):
        subscription = self._make_subscription()
        first, second = self._make_run(), self._make_run()
        (first | second).subscription_ids = subscription
        (first | second).action_preview()
        first.action_run()
        second.action_run()
        self.assertEqual((first.invoice_count, second.invoice_count), (3, 0))
        self.assertEqual(second.line_ids.state, "nothing")

    def test_preview_equals_the_invoices_and_books_nothing(self):
        subscriptions = self._make_subscription(
            lines=[(None, 3, 33.33), (None, 7, 0.99)], start=date(2027, 2, 11), anchor="first"
        )
        subscriptions |= self._make_subscription(partner_id=self.other_customer.id)
        moves_before = self.env["account.move"].search_count([])
        run = self._make_run(subscriptions=subscriptions)
        run.action_preview()
        self.assertEqual(self.env["account.move"].search_count([]), moves_before)
        self.assertFalse(subscriptions.period_ids)
        previewed = {line.subscription_id: (line.amount_untaxed, line.amount_total) for line in run.line_ids}
        self.assertEqual(run.ready_count, 2)
        total = run.amount_total
        run.action_run()
        for line in run.line_ids:
            amounts = sum(line.move_ids.mapped("amount_untaxed")), sum(line.move_ids.mapped("amount_total"))
            self.assertAlmostEqual(previewed[line.subscription_id][0], amounts[0])
            self.assertAlmostEqual(previewed[line.subscription_id][1], amounts[1])
        self.assertAlmostEqual(total, sum(run.invoice_ids.mapped("amount_total")))

    def test_amounts_that_differ_from_the_preview_are_not_booked(self):
        subscription = self._make_subscription()
        compute = InvoiceTaxes.compute
        with patch.object(InvoiceTaxes, "compute", lambda *args: replace(compute(*args), tax=24.99, total=124.99)):
            run = self._bill(subscriptions=subscription)
        self.assertEqual((run.invoice_count, run.line_ids.state), (0, "failed"))
        self.assertRegex(run.line_ids.message, "24[.,]99")
        self.assertFalse(subscription.period_ids)

    def test_only_selected_customers_are_billed(self):
        subscriptions = self._make_subscription() | self._make_subscription(partner_id=self.other_customer.id)
        run = self._make_run(subscriptions=subscriptions)
        run.action_preview()
        run.line_ids[0].is_selected = False
        run.action_preview()
        self.assertEqual(run.line_ids.mapped("is_selected"), [False, True], "checking again keeps the choice")
        run.action_run()
        self.assertEqual(run.state, "done")
        self.assertEqual(run.invoice_ids.partner_id, run.line_ids[1].partner_id)

    def test_post_makes_numbers_without_gap_and_period_on_line_and_text(self):
        self.customer.lang = "en_US"
        run = self._bill(subscriptions=self._make_subscription(), posting="post")
        moves = run.invoice_ids.sorted("sequence_number")
        self.assertEqual(set(moves.mapped("state")), {"posted"})
        self.assertEqual(run.line_ids.state, "posted")
        numbers = moves.mapped("sequence_number")
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 3)))
        dates = [format_date(self.env, day, lang_code="en_US") for day in (date(2027, 1, 1), date(2027, 1, 31))]
        first = moves.invoice_line_ids.filtered(lambda line: line.start_date == date(2027, 1, 1))
        self.assertEqual(first.name, f"Service\nPeriod {dates[0]} - {dates[1]}")

    def test_drafts_are_posted_later(self):
        run = self._bill(subscriptions=self._make_subscription())
        self.assertEqual(run.draft_count, 3)
        run.action_post_invoices()
        self.assertEqual((run.draft_count, run.state), (0, "done"))
        self.assertEqual(run.line_ids.state, "posted")

    def test_undo_deletes_drafts_and_frees_their_periods(self):
        subscription = self._make_subscription()
        fee = self._add_one_off(subscription)
        run = self._bill(subscriptions=subscription)
        self.assertTrue(fee.is_charged)
        run.action_undo_drafts()
        self.assertFalse(run.invoice_ids)
        self.assertFalse(fee.is_charged)
        self.assertEqual(set(subscription.period_ids.mapped("state")), {"released"})
        self.assertEqual(subscription.next_invoice_date, date(2027, 1, 1))
        self.assertEqual(self._bill(subscriptions=subscription).invoice_count, 3)

    def test_a_draft_deleted_from_the_list_of_invoices_is_not_called_billed(self):
        one, other = (self._make_subscription(start=date(2027, 3, 1)) for _number in range(2))
        run = self._bill(subscriptions=one | other)
        run.invoice_ids.filtered(lambda move: one in move.subscription_ids).unlink()
        self.assertEqual(run.line_ids.sorted("id").mapped("state"), ["undone", "billed"])
        self.assertEqual((run.done_count, run.amount_untaxed), (1, 100.0))
        run.action_undo_drafts()
        self.assertEqual(set(run.line_ids.mapped("state")), {"undone"})
        several = self._bill(subscriptions=self._make_subscription())
        several.invoice_ids[0].unlink()
        self.assertEqual((several.line_ids.state, several.invoice_count), ("billed", 2), "two of its three are there")

    def test_undo_leaves_posted_invoices(self):
        run = self._bill(subscriptions=self._make_subscription(), posting="post")
        with self.assertRaisesRegex(UserError, "credit notes"):
            run.action_undo_drafts()

    def test_one_bad_never_stops_the_rest(self):
        subscriptions = self.env["subscription.subscription"]
        for number in range(9):
            subscriptions |= self._make_subscription(
                start=date(2027, 3, 1), partner_id=self._make_customer(f"C{number}").id
            )
        bad = subscriptions[4]
        original = type(self.env["account.move"])._post

        def broken_post(moves, soft=True):
            if bad.partner_id in moves.partner_id:
                raise UserError("This one cannot be posted.")  # pylint: disable=translation-required
            return original(moves, soft=soft)

        with patch.object(type(self.env["account.move"]), "_post", broken_post):
            run = self._bill(subscriptions=subscriptions, posting="post")
        self.assertEqual((run.state, run.done_count, run.fault_count), ("done", 8, 1))
        line = run.line_ids.filtered(lambda found: found.state == "failed")
        self.assertEqual((line.subscription_id, line.message), (bad, "This one cannot be posted."))
        self.assertEqual(bad.last_fault, "This one cannot be posted.")
        self.assertFalse(bad.period_ids)
        numbers = sorted(run.invoice_ids.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 8)))
        run.action_retry()
        self.assertEqual((run.done_count, run.fault_count), (9, 0))
        self.assertFalse(bad.last_fault)

    def _fail_posting(self, bad):
        original = type(self.env["account.move"])._post

        def broken_post(moves, soft=True):
            if bad.partner_id & moves.partner_id:
                raise UserError("This one cannot be posted.")  # pylint: disable=translation-required
            return original(moves, soft=soft)

        return patch.object(type(self.env["account.move"]), "_post", broken_post)

    def _make_many(self, count):
        subscriptions = self.env["subscription.subscription"]
        for number in range(count):
            customer = self._make_customer(f"Many {number}")
            subscriptions |= self._make_subscription(start=date(2027, 3, 1), partner_id=customer.id)
        return subscriptions

    def test_one_that_cannot_be_posted_does_not_make_the_others_anew(self):
        subscriptions = self._make_many(12)
        moves, made = type(self.env["account.move"]), []
        create = moves.create

        def counted(records, vals_list):
            made.extend(vals for vals in vals_list if vals.get("subscription_run_id"))
            return create(records, vals_list)

        with self._fail_posting(subscriptions[7]), patch.object(moves, "create", counted):
            run = self._bill(subscriptions=subscriptions, posting="post")
        self.assertEqual((run.done_count, run.fault_count, run.invoice_count, run.draft_count), (11, 1, 11, 0))
        self.assertEqual(len(made), 12, "each invoice was made once")
        self.assertFalse(subscriptions[7].period_ids)
        self.assertEqual(subscriptions[7].next_invoice_date, date(2027, 3, 1))
        numbers = sorted(run.invoice_ids.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 11)))

    def test_a_draft_of_an_earlier_day_that_cannot_be_posted_stays(self):
        subscriptions = self._make_many(3)
        run = self._bill(subscriptions=subscriptions)
        with self._fail_posting(subscriptions[1]):
            run.action_post_invoices()
        self.assertEqual((run.draft_count, run.fault_count, run.invoice_count), (1, 1, 3))
        run.action_post_invoices()
        self.assertEqual((run.draft_count, set(run.line_ids.mapped("state"))), (0, {"posted"}))

    def test_statements_per_invoice(self):
        """What a run asks the database for: once per batch, hardly anything per invoice."""
        few, many = self._make_many(10), self._make_many(50)
        self._bill(subscriptions=self._make_many(2), posting="post")  # what is read once in a process
        counts = []
        for subscriptions in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = sql_db.sql_counter
            self._bill(subscriptions=subscriptions, posting="post")
            self.env.flush_all()
            counts.append(sql_db.sql_counter - before)
        self.assertLessEqual((counts[1] - counts[0]) / 40, 1.5, counts)
        self.assertLessEqual(counts[1], 350, counts)

    def test_database_error_of_one_does_not_stop_the_rest(self):
        subscriptions = self._make_subscription() | self._make_subscription(partner_id=self.other_customer.id)
        run_class = type(self.env["subscription.billing.run"])
        original = run_class._create_invoices

        def broken(run, plans, billing):
            moves = original(run, plans, billing)
            if any(plan.customer == self.other_customer for _line, plan in plans):
                run.env.cr.execute("SELECT 1 / 0")
            return moves

        with patch.object(run_class, "_create_invoices", broken), mute_logger("odoo.sql_db", PROCESS):
            run = self._bill(subscriptions=subscriptions)
        self.assertEqual((run.done_count, run.fault_count, run.invoice_count), (1, 1, 3))
        self.assertIn("database", run.fault_line_ids.message)

    def test_killed_between_create_and_post_leaves_nothing(self):
        """The process dies: the transaction is gone, the next start bills each period once."""
        subscription = self._make_subscription()
        run = self._make_run(subscriptions=subscription, posting="post")
        run.action_preview()
        moves = type(self.env["account.move"])
        with (
            patch.object(moves, "_post", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
            self.env.cr.savepoint(),
        ):
            run.action_run()
        self.env.invalidate_all()
        self.assertEqual((run.state, run.invoice_count), ("previewed", 0))
        self.assertFalse(subscription.period_ids)
        run.action_run()
        self.assertEqual(run.invoice_count, 3)
        self.assertEqual(len(subscription.period_ids), 3)

    def test_cron_goes_on_with_an_interrupted_run(self):
        subscriptions = self.env["subscription.subscription"]
        for number in range(5):
            subscriptions |= self._make_subscription(
                start=date(2027, 3, 1), partner_id=self._make_customer(f"C{number}").id
            )
        run = self._make_run(subscriptions=subscriptions)
        run.action_preview()
        run.sudo().state = "running"
        calls = []

        def commit_progress(_self, processed=0, *, remaining=None, deactivate=False):
            calls.append(processed)
            return 0 if len(calls) == 2 else 60

        with patch.object(type(self.env["ir.cron"]), "_commit_progress", commit_progress):
            self.env["subscription.billing.run"]._cron_process_runs(batch_size=2)
            self.assertEqual((run.state, run.done_count), ("running", 2), "the time was up after one batch")
            self.env["subscription.billing.run"]._cron_process_runs(batch_size=2)
        self.assertEqual((run.state, run.done_count, run.invoice_count), ("done", 5, 5))

    def test_the_first_and_the_last_lines_are_shared_with_another_process(self):
        subscriptions = self.env["subscription.subscription"]
        for number in range(5):
            subscriptions |= self._make_subscription(partner_id=self._make_customer(f"C{number}").id)
        run = self._make_run(subscriptions=subscriptions)
        run.action_preview()
        with patch(f"{PROCESS}.FEWEST", 2):
            self.assertEqual(len(run._take_work(200, is_first=True)), 5, "nobody else is at it")
            with patch.object(type(run), "_is_shared", return_value=True):
                self.assertEqual(run._take_work(200), run.line_ids.sorted("id")[:3])
                self.assertEqual(len(run._take_work(4)), 4, "a whole batch in the middle")
                self.assertEqual(len(run._take_work(4, is_first=True)), 2)
        with patch.object(type(run), "_is_shared", return_value=True):
            self.assertEqual(len(run._take_work(200)), 5, "too few to share")
        lines = run.line_ids.sorted("id")
        self.assertFalse(run._is_shared(lines[:2]))
        self.assertTrue(run._is_shared(lines[2:]))

    def test_a_large_run_is_queued_for_the_cron(self):
        subscriptions = self._make_subscription() | self._make_subscription(partner_id=self.other_customer.id)
        with patch("odoo.addons.subscription_billing.models.subscription_billing_run.AT_ONCE", 1):
            run = self._bill(subscriptions=subscriptions)
        self.assertEqual((run.state, run.invoice_count), ("queued", 0))

    def test_posting_many_drafts_of_a_finished_run_is_queued(self):
        subscriptions = self._make_subscription() | self._make_subscription(partner_id=self.other_customer.id)
        run = self._bill(subscriptions=subscriptions)
        self.assertEqual((run.state, set(run.invoice_ids.mapped("state"))), ("done", {"draft"}))
        with patch("odoo.addons.subscription_billing.models.subscription_billing_run.AT_ONCE", 1):
            run.action_post_invoices()
        self.assertEqual(run.state, "queued")
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            self.env["subscription.billing.run"]._cron_process_runs()
        self.assertEqual((run.state, set(run.invoice_ids.mapped("state"))), ("done", {"posted"}))

    def test_automatic_run_of_the_company(self):
        subscription = self._make_subscription()
        self.company.subscription_auto_run = "post"
        progress = patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60)
        with patch.object(type(self.company), "_subscription_today", return_value=TODAY), progress:
            runs = self.env["subscription.billing.run"]._make_automatic_runs()
            self.assertEqual(len(runs.filtered(lambda run: run.company_id == self.company)), 1)
            again = self.env["subscription.billing.run"]._make_automatic_runs()
            self.assertFalse(again.filtered(lambda run: run.company_id == self.company), "one at a time")
        run = runs.filtered(lambda run: run.company_id == self.company)
        self.assertIn(subscription, run.line_ids.subscription_id)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            self.env["subscription.billing.run"]._cron_process_runs()
        self.assertEqual((run.state, set(run.invoice_ids.mapped("state"))), ("done", {"posted"}))

    def test_closed_subscriptions_are_not_looked_at(self):
        subscription = self._make_subscription()
        subscription.sudo().state = "closed"
        run = self._make_run(subscriptions=subscription)
        run.action_preview()
        self.assertFalse(run.line_ids)

    def test_sending_is_a_step_of_its_own(self):
        run = self._bill(subscriptions=self._make_subscription(start=date(2027, 3, 1)), posting="post")
        self.assertFalse(run.invoice_ids.is_move_sent)
        self.assertIn("account.move.send", run.action_send_invoices()["res_model"])

    def test_history_stays(self):
        run = self._bill(subscriptions=self._make_subscription())
        with self.assertRaisesRegex(UserError, "history"):
            run.unlink()
        with self.assertRaisesRegex(UserError, "has started"):
            run.action_preview()
