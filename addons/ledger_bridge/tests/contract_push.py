"""What any adapter must do with tolerance, trial, posting, many at once, numbers and payments."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger


class PushContract:
    """Beside ``LedgerContract``. ``rounding_account`` is the account (or product) of øre lines over there."""

    rounding_account = None

    def remote_unpay(self, move, amount):
        """Take the payment of this amount back over there."""
        raise NotImplementedError

    def _per_line_invoice(self):
        """Ours 32.97, theirs 32.96."""
        self.company.tax_calculation_rounding_method = "round_per_line"
        move = self._new_invoice(lines=((3.0, 2.93),) * 3)
        self.assertEqual(move.amount_total, 32.97)
        return move

    def _allow(self, tolerance):
        self.connection.write({"ledger_tolerance": tolerance, "ledger_rounding_account": self.rounding_account})

    def _fetch_to(self):
        journal = self.env["account.journal"].create(
            {"name": "Betalt i regnskabet", "code": "LEDG", "type": "bank", "company_id": self.company.id}
        )
        self.connection.write({"ledger_payment_master": "theirs", "ledger_payment_journal_id": journal.id})
        return journal

    # ---------------------------------------------------------------- amounts

    def test_ore_line_within_the_tolerance(self):
        move = self._per_line_invoice()
        self._allow(0.01)
        log = self.push(move)
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertOneBooked(move, "32.97")
        remote = self.connection._ledger_read_invoice(log.remote_id)
        self.assertEqual((str(remote["net"]), str(remote["vat"])), ("26.38", "6.59"))

    def test_ore_line_of_a_credit_note(self):
        move = self._per_line_invoice()
        self._allow(0.01)
        self.push(move)
        credit = move._reverse_moves([{"invoice_date": fields.Date.today()}], cancel=False)
        credit.action_post()
        log = self.push(credit)
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertEqual(str(self.connection._ledger_read_invoice(log.remote_id)["total"]), "32.97")

    def test_more_than_the_tolerance_is_stopped(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        move = self._new_invoice(lines=((3.0, 2.93),) * 9)
        self._allow(0.01)
        log = self.push(move)
        self.assertEqual(log.state, "failed")
        self.assertIn(self._amount("0.02"), log.error_message)
        self.assertEqual(self.remote_booked(), [])
        self._allow(0.02)
        self.push(move)
        self.assertOneBooked(move, "98.91")

    def test_story_killed_after_the_creation_and_paid_in_part(self):
        """32.97 here, 32.96 there: an øre line, one document though the answer was lost, 20.00 paid leaves 12.97."""
        move = self._per_line_invoice()
        self._allow(0.01)
        journal = self._fetch_to()
        self.simulator.fault("timeout_after", *self.creating_step)
        move.action_ledger_push()
        for _run in range(4):
            self.process()
        self.assertOneBooked(move, "32.97")
        self.remote_pay(move, "20.00")
        self.connection.action_ledger_fetch_payments()
        self.assertEqual((move.payment_state, move.amount_residual), ("partial", 12.97))
        payment = self.connection.ledger_payment_ids
        self.assertRecordValues(payment, [{"amount": 20.0, "state": "done", "direction": "in"}])
        self.assertEqual(payment.payment_id.journal_id, journal)
        self.connection.action_ledger_fetch_payments()
        self.assertEqual(len(self.connection.ledger_payment_ids), 1, "registered once")

    def test_the_line_that_differs_is_named(self):
        move = self._new_invoice(lines=((1.0, 100.0), (1.0, 50.0)))
        line = move.invoice_line_ids[1]
        line.flush_recordset()
        self.env.cr.execute("UPDATE account_move_line SET price_subtotal = 49.99 WHERE id = %s", (line.id,))
        self.env.cr.execute(
            "UPDATE account_move SET amount_untaxed = 149.99, amount_total = 187.49 WHERE id = %s", (move.id,)
        )
        self.env.invalidate_all()
        log = self.push(move)
        self.assertEqual(log.state, "failed")
        self.assertIn("Abonnement 2", log.error_message)
        self.assertIn(self._amount("49.99"), log.error_message)
        self.assertNotIn("Abonnement 1", log.error_message)
        self.assertEqual(self.remote_booked(), [])

    def test_tolerance_has_its_bounds(self):
        with self.assertRaises(UserError):
            self.connection.write({"ledger_tolerance": 0.01, "ledger_rounding_account": False})
        for tolerance in (1.01, -0.01):
            with (
                self.subTest(tolerance=tolerance),
                self.assertRaisesRegex(Exception, "ledger_tolerance"),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self._allow(tolerance)
                self.env.flush_all()

    # ---------------------------------------------------------- trial, start

    def test_trial_makes_nothing(self):
        self.connection.ledger_mode = "trial"
        moves = self._new_invoice() + self._new_invoice()
        lines = self.env["ledger.push.line"].search(moves.action_ledger_push()["domain"])
        self.process()
        self.assertEqual(lines.mapped("state"), ["done", "done"])
        self.assertTrue(all(lines.mapped("message")))
        self.assertEqual(moves.mapped("ledger_state"), ["not_pushed", "not_pushed"])
        self.assertEqual(self.remote_booked(), [])
        self.assertEqual(self.remote_contact_count(), 0)
        self.assertEqual(self.remote_draft_count(), 0)
        self.assertTrue(moves[0].action_ledger_push()["domain"], "one alone shows its result too")

    def remote_draft_count(self):
        raise NotImplementedError

    def test_pushed_on_posting_after_the_safe_start(self):
        self.connection.write({"ledger_push_on_post": True, "ledger_safe_days": 14})
        self.connection.ledger_start_date = fields.Date.today()
        self.assertEqual(self._new_invoice().ledger_state, "not_pushed")
        self.connection.ledger_start_date = fields.Date.today() - timedelta(days=14)
        move = self._new_invoice()
        self.assertEqual(move.ledger_state, "queued")
        old = self._new_invoice(
            invoice_date=fields.Date.today() - timedelta(days=40), invoice_date_due=fields.Date.today()
        )
        self.assertEqual(old.ledger_state, "not_pushed", "older than the connection")
        self.process()
        self.assertOneBooked(move)

    def test_posting_is_not_stopped_by_what_cannot_go(self):
        self.connection.write({"ledger_push_on_post": True, "ledger_safe_days": 0})
        self.customer.country_id = False
        move = self._new_invoice()
        self.assertEqual((move.state, move.ledger_state), ("posted", "failed"))
        self.assertIn("country", move.ledger_message)

    # -------------------------------------------------------------- many, inbox

    def test_one_list_of_results(self):
        """Unknown VAT waits with its reason; the others went through."""
        moves = self.env["account.move"].union(*[self._new_invoice() for _number in range(9)])
        strange = self._new_invoice(post=False)
        strange.invoice_line_ids.tax_ids = self.tax.copy({"amount": 7.0, "name": "7 %"})
        strange.action_post()
        action = (moves + strange).action_ledger_push()
        self.assertEqual(action["res_model"], "ledger.push.line")
        self.process()
        lines = self.env["ledger.push.line"].search(action["domain"])
        self.assertEqual(lines.mapped("state").count("done"), 9)
        stopped = lines.filtered(lambda line: line.state == "stopped")
        self.assertEqual(stopped.move_id, strange)
        self.assertIn("7 %", stopped.message)
        push = lines.push_id
        self.assertEqual((push.invoice_count, push.done_count, push.stopped_count), (10, 9, 1))
        self.assertEqual(len(self.remote_booked()), 9)
        self.assertTrue(all(lines.filtered(lambda line: line.state == "done").mapped("remote_number")))
        inbox = self.env["transfer.log"].search([("connection_id", "=", self.connection.id), ("state", "=", "failed")])
        self.assertEqual(inbox.res_id, strange.id)
        self.assertEqual(inbox.attempts, 0, "nothing was even tried")
        again = self.env["ledger.push.line"].search((moves + strange).action_ledger_push()["domain"])
        self.assertEqual(again.mapped("was_there").count(True), 9)
        self.assertEqual(len(self.remote_booked()), 9)

    # ---------------------------------------------------------------- numbers

    def test_numbers_of_odoo(self):
        self.connection.ledger_number_policy = "ours"
        move = self._new_invoice()
        self.push(move)
        self.assertEqual(move.ledger_number, "".join(filter(str.isdigit, move.name)))
        with self.assertRaises(UserError):
            self.connection.ledger_number_policy = "theirs"

    def test_number_that_is_taken_is_told(self):
        self.connection.ledger_number_policy = "ours"
        move = self._new_invoice()
        self.remote_take_number(int("".join(filter(str.isdigit, move.name))))
        log = self.push(move)
        self.assertEqual(log.state, "failed")
        self.assertIn("taken", log.error_message)

    def remote_take_number(self, number):
        raise NotImplementedError

    # -------------------------------------------------------- restored backup

    def test_restored_database_makes_no_second_document(self):
        move = self._new_invoice()
        self.push(move)
        # as a backup of before: no link, no transfer, and it is known only until then
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ledger_link WHERE connection_id = %s", (self.connection.id,))
        self.env.cr.execute("DELETE FROM transfer_log WHERE connection_id = %s", (self.connection.id,))
        self.env.invalidate_all()
        self.connection.ledger_known_until = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(move.ledger_state, "not_pushed")
        log = self.push(move)
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertOneBooked(move)
        self.assertTrue(self.connection.ledger_looks_first)
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_looks_first, "all is known again")

    def test_document_of_another_invoice_is_not_taken(self):
        """After a restored backup another invoice may have got the id of one that was pushed."""
        move = self._new_invoice()
        log = self.push(move)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ledger_link WHERE connection_id = %s", (self.connection.id,))
        self.env.cr.execute(
            "UPDATE account_move SET amount_untaxed = 8, amount_tax = 2, amount_total = 10 WHERE id = %s", (move.id,)
        )
        self.env.invalidate_all()
        log.sudo().write({"state": "uncertain", "is_outcome_unknown": True, "next_attempt": fields.Datetime.now()})
        self.process()
        self.assertEqual(log.state, "failed")
        self.assertIn(self._amount("318.75"), log.error_message)
        self.assertFalse(self.connection._ledger_link(move, "invoice"))

    # --------------------------------------------------------------- payments

    def test_payments_are_fetched_once_and_never_silently_undone(self):
        move = self._new_invoice()
        self.push(move)
        self._fetch_to()
        self.remote_pay(move, "100.00")
        self.connection.action_ledger_fetch_payments()
        self.assertEqual((move.payment_state, move.amount_residual), ("partial", 218.75))
        self.remote_pay(move, "218.75")
        self.connection.action_ledger_fetch_payments()
        self.assertEqual(move.amount_residual, 0.0)
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.remote_unpay(move, "218.75")
        self.connection.action_ledger_fetch_payments()
        gone = self.connection.ledger_payment_ids.filtered(lambda one: one.state == "gone")
        self.assertEqual(gone.mapped("amount"), [218.75])
        self.assertEqual(move.amount_residual, 0.0, "left to a person")
        self.assertTrue(self.connection.activity_ids)
        gone.action_undo()
        self.assertEqual((gone.state, move.amount_residual), ("undone", 218.75))
        self.connection.action_ledger_fetch_payments()
        self.assertEqual(len(self.connection.ledger_payment_ids), 2)
        self.assertEqual(move.amount_residual, 218.75)

    def test_overpayment_stays_with_the_customer(self):
        move = self._new_invoice()
        self.push(move)
        self._fetch_to()
        self.remote_pay(move, "400.00")
        self.connection.action_ledger_fetch_payments()
        self.assertEqual(move.amount_residual, 0.0)
        item = self.connection.ledger_payment_ids.payment_id.move_id.line_ids.filtered(
            lambda one: one.account_type == "asset_receivable"
        )
        self.assertEqual(item.amount_residual, -81.25)

    def test_second_payment_of_a_paid_invoice(self):
        move = self._new_invoice()
        self.push(move)
        self._fetch_to()
        for amount in ("318.75", "50.00"):
            self.remote_pay(move, amount)
            self.connection.action_ledger_fetch_payments()
        self.assertEqual(self.connection.ledger_payment_ids.mapped("state"), ["done", "done"])
        self.assertEqual(move.amount_residual, 0.0)

    def test_others_see_nothing_of_it(self):
        """Users of another company see neither pushes nor payments nor exports."""
        (self._new_invoice() + self._new_invoice()).action_ledger_push()
        self.process()
        self._fetch_to()
        self.remote_pay(self.env["ledger.push.line"].search([], limit=1).move_id, "1.00")
        self.connection.action_ledger_fetch_payments()
        company = self.env["res.company"].create({"name": "Another"})
        other = new_test_user(
            self.env,
            "another_bookkeeper",
            groups="account.group_account_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        for model in ("ledger.push", "ledger.push.line", "ledger.payment", "ledger.difference", "ledger.link"):
            self.assertFalse(self.env[model].with_user(other).search([("company_id", "=", self.company.id)]), model)
        payment = self.connection.ledger_payment_ids
        with self.assertRaises(AccessError):
            payment.with_user(self.user).write({"state": "kept"})

    def test_payments_without_a_journal_are_shown_only(self):
        move = self._new_invoice()
        self.push(move)
        self.connection.ledger_payment_master = "theirs"
        self.remote_pay(move, "100.00")
        self.connection.action_ledger_fetch_payments()
        self.assertEqual(self.connection.ledger_payment_ids.state, "seen")
        self.assertEqual(move.amount_residual, 318.75)
        with self.assertRaises(UserError):
            self.connection.ledger_payment_ids.action_register()
        self._fetch_to()
        self.connection.ledger_payment_ids.action_register()
        self.assertEqual(move.amount_residual, 218.75)

    def test_payments_are_fetched_by_the_clock(self):
        move = self._new_invoice()
        self.push(move)
        self._fetch_to()
        self.remote_pay(move, "100.00")
        self.env["transfer.connection"]._cron_ledger_payments()
        self.process()
        self.assertEqual(move.amount_residual, 218.75)
        self.remote_pay(move, "50.00")
        self.env["transfer.connection"]._cron_ledger_payments()
        self.process()
        self.assertEqual(move.amount_residual, 168.75, "what changed since, in the same day")

    def _pay_here(self, move, amount):
        return (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"amount": amount, "payment_date": "2026-03-05"})
            ._create_payments()
        )

    def test_what_was_paid_before_the_push_follows_it(self):
        """As the orders of a webshop: paid first, invoiced, then pushed."""
        if "payments" not in self.connection._ledger_capabilities():
            self.skipTest("the other side takes no payments")
        self.connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": "55900"})
        move = self._new_invoice()
        self._pay_here(move, 100.0)
        self.assertFalse(self.connection.ledger_payment_ids)
        self.simulator.fault("timeout_after", "POST", "/book$")
        self.push(move)
        for _run in range(3):
            self.process()
        payment = self.connection.ledger_payment_ids
        self.assertRecordValues(payment, [{"state": "done", "amount": 100.0, "move_id": move.id}])
        remote = self.connection._ledger_read_invoice(self.connection._ledger_link(move, "invoice").remote_id)
        self.assertEqual(str(remote["remaining"]), "218.75")

    def test_a_payment_that_came_from_there_is_not_sent_back(self):
        """Fetched once; then the payments here became the ones that count."""
        if "payments" not in self.connection._ledger_capabilities():
            self.skipTest("the other side takes no payments")
        journal = self.company_data["default_journal_bank"]
        self.connection.write({"ledger_payment_master": "theirs", "ledger_payment_journal_id": journal.id})
        move = self._new_invoice()
        self.push(move)
        self.remote_pay(move, "100.00")
        self.connection._ledger_fetch_payments(is_full=True)
        self.assertEqual(self.connection.ledger_payment_ids.mapped("state"), ["done"])
        self.connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": "55900"})
        self.connection._ledger_send_earlier_payments(move)
        self.process()
        self.assertEqual(self.connection.ledger_payment_ids.mapped("direction"), ["in"])

    def test_a_payment_matched_again_is_the_one_that_is_there(self):
        if "payments" not in self.connection._ledger_capabilities():
            self.skipTest("the other side takes no payments")
        move = self._new_invoice()
        self.push(move)
        self.connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": "55900"})
        paying = self._pay_here(move, 100.0).move_id.line_ids
        open_item = move.line_ids.filtered(lambda item: item.account_type == "asset_receivable")

        def match_again():
            items = paying.filtered(lambda item: item.account_id == open_item.account_id)
            items.remove_move_reconcile()
            (items | open_item).reconcile()
            self.process()

        match_again()  # before it went over: it goes once
        match_again()
        self.assertEqual(self.connection.ledger_payment_ids.mapped("state"), ["done"])
        remote = self.connection._ledger_read_invoice(self.connection._ledger_link(move, "invoice").remote_id)
        self.assertEqual(str(remote["remaining"]), "218.75")
        # taken back there too: matched anew it goes anew
        paying.filtered(lambda item: item.account_id == open_item.account_id).remove_move_reconcile()
        self.connection.ledger_payment_ids.action_undo()
        self.process()
        (paying.filtered(lambda item: item.account_id == open_item.account_id) | open_item).reconcile()
        self.process()
        self.assertEqual(sorted(self.connection.ledger_payment_ids.mapped("state")), ["done", "undone"])
        remote = self.connection._ledger_read_invoice(self.connection._ledger_link(move, "invoice").remote_id)
        self.assertEqual(str(remote["remaining"]), "218.75")

    def test_payments_made_here_go_over(self):
        if "payments" not in self.connection._ledger_capabilities():
            self.skipTest("the other side takes no payments")
        move = self._new_invoice()
        self.push(move)
        self.connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": "55900"})
        for fault in (None, ("timeout_after", "POST", "/payments$"), ("timeout_before", "POST", "/payments$")):
            self.simulator.faults.clear()
            if fault:
                self.simulator.fault(*fault)
            self._pay_here(move, 100.0)
            for _run in range(3):
                self.process()
        payments = self.connection.ledger_payment_ids
        self.assertEqual(payments.mapped("state"), ["done"] * 3)
        self.assertEqual(len(set(payments.mapped("remote_id"))), 3)
        remote = self.connection._ledger_read_invoice(self.connection._ledger_link(move, "invoice").remote_id)
        self.assertEqual(str(remote["remaining"]), "18.75")
        # fetched as well, nothing is registered twice
        self.connection._ledger_fetch_payments(is_full=True)
        self.assertEqual(len(self.connection.ledger_payment_ids), 3)
        # taken back here: not silently there
        payment = payments[0]
        payment.payment_id.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(payment.state, "gone_here")
        self.process()
        payment.action_undo()
        self.process()
        self.assertEqual(payment.state, "undone")
        remote = self.connection._ledger_read_invoice(self.connection._ledger_link(move, "invoice").remote_id)
        self.assertEqual(str(remote["remaining"]), "118.75")
