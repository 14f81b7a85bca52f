from contextlib import suppress
from datetime import date
from unittest.mock import Mock, patch

import requests
from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import APRIL, MARCH, CardCommon

CHARGE = "odoo.addons.subscription_billing_payment.models.subscription_card_charge_ask"


@tagged("post_install", "-at_install")
class TestCardCharge(CardCommon):
    # ------------------------------------------------------------------
    # Once
    # ------------------------------------------------------------------

    def test_two_periods_are_charged_once_each(self):
        march, april = self._invoice(MARCH), None
        self.assertEqual((march.subscription_token_id, march.invoice_date_due), (self.token, MARCH))
        self._run(MARCH)
        self._run(MARCH)
        april = self._invoice(APRIL)
        self._run(APRIL)
        self._run(APRIL)
        self.assertEqual((march | april).mapped("amount_residual"), [0.0, 0.0])
        found = self.transactions.search([("invoice_ids", "in", (march | april).ids)], order="id")
        self.assertRecordValues(
            found,
            [
                {"amount": 125.0, "state": "done", "operation": "offline", "token_id": self.token.id},
                {"amount": 125.0, "state": "done", "operation": "offline", "token_id": self.token.id},
            ],
        )
        items = found.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == self.clearing)
        self.assertEqual(items.mapped("debit"), [125.0, 125.0])
        self.assertEqual(set(self._charge_of(march).mapped("state")), {"done"})

    def test_killed_before_the_provider_was_asked_for_it_is_asked_later(self):
        """After the commit of the claim: nothing was asked, so the next run asks."""
        move = self._invoice()
        with freeze_time("2027-03-01 10:00:00"), self._commits(stop_at=1), suppress(KeyboardInterrupt):
            self.charges._cron_charge()
        self.assertEqual(self._charge_of(move).state, "queued")
        self._run()
        self.assertEqual(self.transactions.search([("invoice_ids", "in", move.ids)]).state, "done")

    def _kill_when_asked(self, move):
        """The program dies with the provider's answer on its way; returns the transaction in draft."""

        def die(charge, transaction):
            raise KeyboardInterrupt

        with patch.object(type(self.charges), "_ask", die), suppress(KeyboardInterrupt):
            self._run(move.invoice_date)
        transaction = self.transactions.search([("invoice_ids", "in", move.ids)])
        self.assertEqual((self._charge_of(move).state, transaction.state), ("sent", "draft"))
        return transaction

    def test_killed_while_the_provider_answers_it_is_never_asked_again(self):
        move = self._invoice()
        transaction = self._kill_when_asked(move)
        with self._provider_answers(lambda each: each._set_done()) as asked:
            self._run(date(2027, 3, 20))
            self._run(date(2027, 3, 21))
        self.assertEqual(asked, [])
        self.assertEqual(self._charge_of(move).state, "uncertain")
        self.assertEqual(self.transactions.search([("invoice_ids", "in", move.ids)]), transaction)

    def test_uncertain_and_the_provider_tells_later(self):
        move = self._invoice()
        transaction = self._kill_when_asked(move)
        self._run(date(2027, 3, 20))
        transaction._set_done()
        self._run(date(2027, 3, 20))
        self.assertEqual((self._charge_of(move).state, move.amount_residual), ("done", 0.0))

    def test_a_manager_decides_what_is_uncertain(self):
        taken, not_taken = self._invoice(MARCH), None
        self._kill_when_asked(taken)
        self._run(date(2027, 3, 20))
        charge = self._charge_of(taken)
        with self.assertRaises(AccessError):
            charge.with_user(self._clerk()).action_was_charged()
        with self.assertRaises(UserError):
            charge.with_user(self._clerk()).action_retry()
        charge.with_user(self._manager()).action_was_charged()
        self.assertEqual((charge.state, taken.amount_residual, charge.decided_by_id.login),
                         ("done", 0.0, "card_manager"))  # fmt: skip
        not_taken = self._invoice(APRIL)
        first = self._kill_when_asked(not_taken)
        self._run(date(2027, 4, 20))
        charge = self._charge_of(not_taken)
        charge.with_user(self._manager()).action_was_not_charged()
        self._run(date(2027, 4, 20))
        tries = charge.transaction_ids.sorted("id")
        self.assertEqual((tries[0], tries.mapped("state")), (first, ["error", "done"]))
        self.assertEqual(not_taken.amount_residual, 0.0)

    def _http(self, **answer):
        return patch("odoo.addons.payment.models.payment_provider.requests.request", **answer)

    def _ask_over_http(self, transaction):
        """As core's providers do: a request that fails is an error of the transaction."""
        provider = transaction.provider_id
        with patch.object(type(provider), "_build_request_url", lambda *_a, **_o: "https://pay.example"):
            try:
                transaction._send_api_request("POST", "charge")
            except ValidationError as error:
                transaction._set_error(str(error))

    def _answer(self, status):
        response = requests.Response()
        response.status_code = status
        response._content = b"{}"
        return Mock(return_value=response)

    def test_no_answer_is_not_a_refusal(self):
        """Core's providers note a timeout as an error, like a refusal; the money may have been taken."""
        move = self._invoice()
        with self._http(side_effect=requests.exceptions.Timeout), self._provider_answers(self._ask_over_http) as asked:
            self._run(MARCH)
            self._run(date(2027, 3, 20))
        self.assertEqual((len(asked), self._charge_of(move).state), (1, "uncertain"))
        # and a late word of the provider still counts
        self._charge_of(move).transaction_id._set_done()
        self._run(date(2027, 3, 21))
        self.assertEqual((self._charge_of(move).state, move.amount_residual), ("done", 0.0))

    def test_a_fault_of_the_providers_server_is_uncertain_and_its_no_is_a_no(self):
        for status, state in ((503, "uncertain"), (402, "retry")):
            move = self._invoice(subscription=self.subscription if status == 503 else self._other())
            with self._http(new=self._answer(status)), self._provider_answers(self._ask_over_http):
                self._run(MARCH)
            self.assertEqual(self._charge_of(move).state, state, status)

    def test_the_customer_is_not_told_of_a_wrong_key(self):
        """The provider refuses the company, not the card: it is tried again, and the customer hears nothing."""
        (self.customer | self.other_customer).email = "kunde@example.dk"
        for status, is_ours in ((429, True), (402, False)):
            move = self._invoice(subscription=self.subscription if is_ours else self._other())
            with self._http(new=self._answer(status)), self._provider_answers(self._ask_over_http):
                self._run(MARCH)
            charge = self._charge_of(move)
            self.assertEqual((charge.state, charge.is_our_fault), ("retry", is_ours), status)
            told = [("model", "=", "account.move"), ("res_id", "=", move.id), ("partner_ids", "!=", False)]
            self.assertEqual(bool(self.env["mail.message"].search_count(told)), not is_ours, status)

    def test_an_exception_after_asking_is_uncertain(self):
        move = self._invoice()

        def fail(_transaction):
            raise RuntimeError("lost")

        with mute_logger(CHARGE), self._provider_answers(fail) as asked:
            self._run(MARCH)
            self._run(MARCH)
        self.assertEqual((len(asked), self._charge_of(move).state), (1, "uncertain"))

    def test_pending_waits(self):
        self.token.demo_simulated_state = "pending"
        move = self._invoice()
        self._run(MARCH)
        self._run(date(2027, 3, 20))
        charge = self._charge_of(move)
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("waiting", 1))
        charge.transaction_id.action_demo_set_done()
        self._run(date(2027, 3, 20))
        self.assertEqual((charge.state, move.amount_residual), ("done", 0.0))

    def test_not_beside_what_the_customer_pays_himself(self):
        move = self._invoice()
        own = self.transactions.create(
            {**self.charges.new({"move_id": move.id})._prepare_transaction_values(self.token),
             "subscription_charge_id": False, "operation": "online_token"}
        )  # fmt: skip
        own._set_pending()
        self._run(MARCH)
        self.assertFalse(self._charge_of(move).transaction_ids)
        own._set_done()
        own._post_process()
        self._run(MARCH)
        self.assertEqual((self._charge_of(move).state, len(self._charge_of(move).transaction_ids)), ("nothing", 0))

    def test_an_invoice_has_one_claim(self):
        move = self._invoice()
        self._run(MARCH)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.charges.create({"move_id": move.id, "way_id": self.way.id})

    def test_what_is_left_is_charged(self):
        move = self._invoice()
        register = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
        register.create({"amount": 25.0})._create_payments()
        self._run(MARCH)
        self.assertEqual((self._charge_of(move).amount, move.amount_residual), (100.0, 0.0))
        paid = self._invoice(APRIL)
        register.with_context(active_ids=paid.ids).create({})._create_payments()
        self._run(APRIL)
        self.assertFalse(self._charge_of(paid), "nothing was left")

    def test_drafts_and_what_is_due_later_wait(self):
        draft = self._bill(MARCH, self.subscription).invoice_ids
        self._run(MARCH)
        self.assertFalse(self._charge_of(draft))
        draft.action_post()
        self._run(date(2027, 2, 28))
        self.assertFalse(self._charge_of(draft))
        self._run(MARCH)
        self.assertEqual(self._charge_of(draft).state, "done")

    # ------------------------------------------------------------------
    # Declined
    # ------------------------------------------------------------------

    def test_declined_tried_again_then_left_to_the_customer(self):
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        self.assertFalse(move._shows_payment_line())
        self._run(MARCH)
        charge = self._charge_of(move)
        self.assertEqual((charge.state, charge.date_next), ("retry", date(2027, 3, 4)))
        self.assertTrue(charge.message)
        self._run(date(2027, 3, 3))
        self.assertEqual(len(charge.transaction_ids), 1)
        self._run(date(2027, 3, 4))
        self.assertEqual((charge.state, charge.date_next), ("retry", date(2027, 3, 8)))
        self._run(date(2027, 3, 8))
        self._run(date(2027, 3, 30))
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("failed", 3))
        self.assertEqual(move.subscription_way_id, self.fallback)
        self.assertEqual(move.activity_ids.user_id, self.env.user)
        self.assertEqual(move._shows_payment_line(), bool(move.payment_card_type))
        listed = self.charges.search([("is_to_check", "=", True)])
        self.assertIn(charge, listed)
        self.token.demo_simulated_state = "done"
        charge.with_user(self._clerk()).action_retry()
        self._run(date(2027, 3, 30))
        self.assertEqual((charge.state, move.amount_residual), ("done", 0.0))

    def test_the_next_try_takes_the_card_chosen_meanwhile(self):
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        self._run(MARCH)
        self.subscription.payment_token_id = self._make_token(details="9999")
        self._run(date(2027, 3, 4))
        charge = self._charge_of(move)
        self.assertEqual((charge.state, charge.transaction_id.token_id), ("done", self.subscription.payment_token_id))

    def test_given_up_is_signed(self):
        self.token.demo_simulated_state = "cancel"
        move = self._invoice()
        self._run(MARCH)
        charge = self._charge_of(move)
        clerk = self._clerk()
        charge.with_user(clerk).action_give_up()
        self.assertEqual((charge.state, charge.decided_by_id, move.subscription_way_id),
                         ("given_up", clerk, self.fallback))  # fmt: skip
        self.assertTrue(charge.decided_at)
        self._run(date(2027, 3, 30))
        self.assertEqual(len(charge.transaction_ids), 1)

    def test_a_card_archived_after_posting_is_not_asked(self):
        move = self._invoice()
        self.token.active = False
        self._run(MARCH)
        charge = self._charge_of(move)
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("retry", 0))
        self.assertIn("1234", charge.message)

    def test_one_bad_charge_does_not_stop_the_others(self):
        bad, good = self._invoice(), self._invoice(subscription=self._other())
        original = type(self.charges)._prepare_transaction_values

        def prepare(charge, token):
            if charge.move_id == bad:
                raise RuntimeError("bad")
            return original(charge, token)

        with mute_logger(CHARGE), patch.object(type(self.charges), "_prepare_transaction_values", prepare):
            self._run(MARCH)
        self.assertEqual((self._charge_of(bad).state, self._charge_of(good).state), ("queued", "done"))
        self.assertIn("RuntimeError", self._charge_of(bad).message)

    # ------------------------------------------------------------------
    # Before anything is booked
    # ------------------------------------------------------------------

    def _other(self):
        self._make_token(self.other_customer, details="7777")
        return self._make_subscription(start=MARCH, way_id=self.way.id, partner_id=self.other_customer.id)

    def _preview(self, subscription=None):
        run = self._make_run(MARCH, subscription or self.subscription)
        run.action_preview()
        return run.line_ids

    def test_preview_is_the_invoice(self):
        line = self._preview()
        self.assertEqual((line.state, line.payment_way, line.has_warning), ("ready", "Gemt kort", True))
        self.assertIn(self.provider.name, line.message, "a provider in test mode takes no money")
        move = self._invoice()
        self.assertEqual((line.amount_total, line.payment_way), (move.amount_total, move.subscription_way_id.name))

    def test_what_cannot_be_charged_stops_before_it_is_booked(self):
        self._make_token(details="5678")
        self.assertEqual(self._preview().state, "fault", "two cards, none chosen")
        self.subscription.payment_token_id = self.token
        self.assertEqual(self._preview().state, "ready")
        self.token.active = False
        line = self._preview()
        self.assertEqual(line.state, "fault", "archived")
        self.assertIn("1234", line.message)
        self.token.active = True
        self.provider.available_currency_ids = self.env.ref("base.EUR")
        self.assertEqual(self._preview().state, "fault", "currency")
        self.provider.available_currency_ids = False
        self.provider.state = "disabled"
        self.assertEqual(self._preview().state, "fault", "disabled")
        none = self._make_subscription(start=MARCH, way_id=self.way.id, partner_id=self.other_customer.id)
        line = self._preview(none)
        self.assertEqual(line.state, "fault", "no card")
        self.assertIn(self.other_customer.name, line.message)

    def test_the_card_chosen_on_the_customer(self):
        """Also where a member of a group, who has no subscription of his own, says which of his cards it is."""
        second = self._make_token(details="5678")
        self.customer.subscription_token_id = second
        self.assertEqual(self._preview().state, "ready")
        self.assertIn(self.subscription.name, [each["name"] for each in second.get_linked_records_info()])
        group = self.env["subscription.group"].create(
            {"name": "Klub", "member_ids": [Command.create({"partner_id": self.customer.id})]}
        )
        of_group = self._make_subscription(start=MARCH, way_id=self.way.id, partner_id=False, group_id=group.id)
        move = self._invoice(subscription=of_group)
        self.assertEqual(move.subscription_token_id, second)
        self.subscription.payment_token_id = self.token
        self.assertEqual(self._invoice().subscription_token_id, self.token, "the subscription goes before")
        with self.assertRaises(ValidationError):
            self.customer.subscription_token_id = self._make_token(self.other_customer)

    def test_a_provider_without_clearing_account_is_named(self):
        lines = self.provider.journal_id.inbound_payment_method_line_ids
        lines.filtered(lambda line: line.payment_provider_id == self.provider).payment_account_id = False
        self.assertEqual(self._preview().state, "fault")

    def test_it_costs_no_statement_for_each_customer(self):
        counts = []
        for number in (2, 22):
            subscriptions = self.env["subscription.subscription"]
            for index in range(number):
                customer = self._make_customer(f"K{number}-{index}")
                self._make_token(customer)
                subscriptions |= self._make_subscription(start=MARCH, way_id=self.way.id, partner_id=customer.id)
            run = self._make_run(MARCH, subscriptions)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run.action_preview()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1] - counts[0], 20, counts)

    def test_another_card_is_another_invoice(self):
        self.customer.subscription_joint_invoice = "joint"
        self.subscription.payment_token_id = self.token
        same = self._make_subscription(start=MARCH, way_id=self.way.id, payment_token_id=self.token.id)
        other = self._make_subscription(
            start=MARCH, way_id=self.way.id, payment_token_id=self._make_token(details="5678").id
        )
        run = self._bill(MARCH, self.subscription | same | other)
        self.assertEqual(sorted(len(move.subscription_ids) for move in run.invoice_ids), [1, 2])

    def test_the_way_is_checked(self):
        for values in ({"kind": "paid"}, {"card_retry_days": "7, 3"}, {"card_retry_days": "x"},
                       {"card_retry_days": "0"}, {"card_fallback_way_id": self.way.id}):  # fmt: skip
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.way.write(values)
        self.way.card_retry_days = False
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        self._run(MARCH)
        self.assertEqual(self._charge_of(move).state, "failed")

    # ------------------------------------------------------------------
    # Who may what
    # ------------------------------------------------------------------

    def _clerk(self):
        return new_test_user(self.env, "card_clerk", groups="account.group_account_invoice",
                             company_id=self.company.id, company_ids=[Command.set(self.company.ids)])  # fmt: skip

    def _manager(self):
        found = self.env["res.users"].search([("login", "=", "card_manager")])
        return found or new_test_user(
            self.env, "card_manager", groups="account.group_account_manager",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip

    def test_another_customers_card_is_refused(self):
        foreign = self._make_token(self.other_customer)
        with self.assertRaises(ValidationError):
            self.subscription.with_user(self._clerk()).payment_token_id = foreign
        self.subscription.payment_token_id = self.token
        with self.assertRaises(ValidationError):
            self.subscription.partner_id = self.other_customer

    def test_companies_are_separate(self):
        other = self.setup_other_company()
        company = other["company"]
        provider = self._make_provider(
            company, other["default_journal_bank"], other["default_account_assets"].copy({"code": "150097"})
        )
        theirs = self._make_token(provider=provider)
        with self.assertRaises(UserError):
            self.subscription.payment_token_id = theirs
        self.assertEqual(self._preview().state, "ready", "a card of another company is not counted")
        move = self._invoice()
        self._run(MARCH)
        stranger = new_test_user(self.env, "card_stranger", groups="account.group_account_manager",
                                 company_id=company.id, company_ids=[Command.set(company.ids)])  # fmt: skip
        mine = self._charge_of(move)
        self.assertFalse(self.charges.with_user(stranger).search([("id", "=", mine.id)]))
        with self.assertRaises(AccessError):
            mine.with_user(stranger).action_retry()

    def test_a_charge_is_not_written_by_hand(self):
        self.token.demo_simulated_state = "error"
        charge = self._charge_of_run()
        auditor = new_test_user(self.env, "card_auditor", groups="account.group_account_readonly",
                                company_id=self.company.id, company_ids=[Command.set(self.company.ids)])  # fmt: skip
        self.assertEqual(charge.with_user(auditor).read(["state", "card"])[0]["state"], "retry")
        for action in ("action_retry", "action_give_up", "action_was_charged"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(charge.with_user(auditor), action)()
        for user in (self._clerk(), self._manager(), auditor):
            with self.assertRaises(AccessError):
                charge.with_user(user).write({"state": "done"})
            with self.assertRaises(AccessError):
                charge.with_user(user).unlink()

    def _charge_of_run(self):
        move = self._invoice()
        self._run(MARCH)
        return self._charge_of(move)

    def test_an_invoice_that_was_charged_is_not_deleted(self):
        move = self._invoice()
        self._run(MARCH)
        move.button_draft()
        with self.assertRaises(UserError):
            move.with_context(force_delete=True).unlink()
