from datetime import date, timedelta
from unittest.mock import patch

import requests

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.payment_provider import is_refusal
from .common import APRIL, MARCH, CardCommon

LATER = date(2027, 3, 20)


@tagged("post_install", "-at_install")
class TestCardMeanwhile(CardCommon):
    """What others do to the invoice, the card and the way of payment while a charge is underway."""

    def _uncertain(self, day=MARCH):
        """An invoice whose charge the provider never answered."""
        move = self._invoice(day)
        with self._provider_answers(lambda transaction: None):
            self._run(day)
        charge = self._charge_of(move)
        self.assertEqual(charge.state, "uncertain")
        return charge

    def _pay_by_bank(self, move):
        register = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
        register.create({})._create_payments()

    def _listed(self):
        return self.charges.search([("is_to_check", "=", True)])

    # ------------------------------------------------------------------
    # The invoice
    # ------------------------------------------------------------------

    def test_a_cancelled_invoice_is_neither_charged_nor_called_paid(self):
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        self._run()
        charge = self._charge_of(move)
        move.button_draft()
        self._run(LATER)
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("retry", 1), "a draft waits")
        move.button_cancel()
        self.token.demo_simulated_state = "done"
        self._run(LATER)
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("nothing", 1))

    def test_a_disputed_invoice_waits(self):
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        self._run()
        self.token.demo_simulated_state = "done"
        move.payment_state = "blocked"
        self._run(date(2027, 3, 4))
        charge = self._charge_of(move)
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("retry", 1))
        move.payment_state = "not_paid"
        self._run(date(2027, 3, 4))
        self.assertEqual((charge.state, move.amount_residual), ("done", 0.0))

    def test_a_credited_invoice_is_charged_for_the_rest(self):
        self.token.demo_simulated_state = "error"
        whole, part = self._invoice(), self._invoice(APRIL)
        self._run(APRIL)
        for move, price in ((whole, 100), (part, 40)):
            credit = move._reverse_moves([{"invoice_date": APRIL}])
            credit.invoice_line_ids.price_unit = price
            credit.action_post()
        self.token.demo_simulated_state = "done"
        self._run(date(2027, 4, 20))
        self.assertEqual(self._charge_of(whole).state, "nothing")
        self.assertEqual((self._charge_of(part).state, self._charge_of(part).amount), ("done", 75.0))
        self.assertEqual(part.amount_residual, 0.0)

    def test_paid_by_bank_and_then_the_card_came_through_too(self):
        charge = self._uncertain()
        move = charge.move_id
        self._pay_by_bank(move)
        self.assertIn(charge, self._listed(), "still uncertain, though the invoice is paid")
        charge.transaction_id._set_done()
        self._run(LATER)
        self.assertEqual(charge.state, "done")
        self.assertIn("125", charge.message)
        self.assertEqual(move.activity_ids.user_id, self.env.user)
        self.assertIn(charge, self._listed())
        self._run(LATER)
        self.assertEqual(len(move.activity_ids), 1, "told once")
        credit = charge.transaction_id.payment_id
        other = self._invoice(APRIL)
        items = (credit.move_id | other).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        items.reconcile()
        self.assertNotIn(charge, self._listed(), "matched with another invoice")

    def test_two_tries_that_both_came_through_are_told(self):
        charge = self._uncertain()
        first = charge.transaction_id
        charge.action_was_not_charged()
        self._run(LATER)
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("done", 2))
        first._set_done()
        first._post_process()  # by core's own cron
        self.assertIn("125", charge.message)
        self.assertIn(charge, self._listed())

    def test_an_invoice_whose_charge_is_uncertain_stays(self):
        charge = self._uncertain()
        charge.transaction_id.write({"state": "error", "subscription_is_unknown": True})
        charge.move_id.button_draft()
        with self.assertRaises(UserError):
            charge.move_id.with_context(force_delete=True).unlink()

    # ------------------------------------------------------------------
    # Who else takes money, or asks for it
    # ------------------------------------------------------------------

    def test_the_customer_stands_on_the_providers_page(self):
        move = self._invoice()
        values = self.charges.new({"move_id": move.id})._prepare_transaction_values(self.token)
        own = self.transactions.create({**values, "subscription_charge_id": False, "operation": "online_redirect"})
        now = own.create_date
        with patch("odoo.fields.Datetime.now", lambda: now + timedelta(minutes=5)):
            self.assertTrue(self.charges.new({"move_id": move.id})._find_underway())
        with patch("odoo.fields.Datetime.now", lambda: now + timedelta(minutes=40)):
            self.assertFalse(self.charges.new({"move_id": move.id})._find_underway(), "he went away")

    def test_nobody_pays_beside_a_charge_whose_result_is_open(self):
        charge = self._uncertain()
        self.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", True)
        move = charge.move_id
        self.assertFalse(move._has_to_be_paid())
        self.assertTrue(move._get_online_payment_error())
        charge.action_was_not_charged()
        self.assertTrue(move._has_to_be_paid())

    def test_card_and_slip_never_share_an_invoice(self):
        """A customer with a joint invoice pays one subscription by card and the other himself."""
        self.customer.subscription_joint_invoice = "joint"
        own = self._make_subscription(start=MARCH, way_id=self.fallback.id)
        again = self._make_subscription(start=MARCH, way_id=self.way.id)
        moves = self._bill(MARCH, self.subscription | own | again, posting="post").invoice_ids
        by_way = {move.subscription_way_id: move for move in moves}
        self.assertEqual(len(moves), 2)
        self.assertEqual(by_way[self.way].subscription_ids, self.subscription | again)
        self.assertFalse(by_way[self.fallback].subscription_token_id)
        self._run()
        self.assertEqual((by_way[self.way].amount_residual, by_way[self.fallback].amount_residual), (0.0, 125.0))
        self.assertFalse(self._charge_of(by_way[self.fallback]))

    def test_the_card_waits_for_another_drawing(self):
        move = self._invoice()
        with patch.object(type(move), "_is_drawn_elsewhere", lambda each: True):
            self._run()
            self.assertFalse(move._subscription_card_text(), "the print names who draws it, not the card")
        charge = self._charge_of(move)
        self.assertEqual((charge.state, len(charge.transaction_ids)), ("queued", 0))
        self.assertIn(charge, self._listed())
        self.assertFalse(move._is_drawn_elsewhere())
        self.assertTrue(move._subscription_card_text())
        self._run()
        self.assertEqual(charge.state, "done")
        self.assertTrue(self.way._is_taken(), "so Betalingsservice does not draw it")

    def test_no_reminder_while_the_card_is_charged(self):
        self.customer.email = "kunde@example.dk"
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        self._run()
        with freeze_time("2027-03-03 10:00:00"):
            self.assertTrue(move._get_reminder_obstacle(), "it is tried again tomorrow")
        self._charge_of(move).action_give_up()
        with freeze_time("2027-03-03 10:00:00"):
            self.assertEqual(move._get_reminder_obstacle(), "")
        uncertain = self._uncertain(APRIL)
        with freeze_time("2027-04-20 10:00:00"):
            self.assertTrue(uncertain.move_id._get_reminder_obstacle())

    # ------------------------------------------------------------------
    # What the customer reads
    # ------------------------------------------------------------------

    def test_the_invoice_says_that_the_card_is_charged_until_it_is_not(self):
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        self.assertIn("1234", move._subscription_card_text())
        html = self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", move.ids)[0].decode()
        self.assertIn('name="subscription_card_text"', html)
        self.assertNotIn('name="payment_communication"', html)
        move.invoice_pdf_report_file = b"JVBERg=="
        move.invalidate_recordset(["invoice_pdf_report_id"])
        self.assertTrue(move.invoice_pdf_report_id)
        self._run()
        self._charge_of(move).action_give_up()
        move.invalidate_recordset()
        self.assertFalse(move.invoice_pdf_report_id, "what is sent now is printed anew")
        html = self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", move.ids)[0].decode()
        self.assertNotIn('name="subscription_card_text"', html)
        self.assertEqual(move.with_user(self._sales_user())._payment_reference_is_drawn(), False)

    def test_the_customer_is_told_once_for_each_try_that_is_tried_again(self):
        self.customer.write({"email": "kunde@example.dk", "lang": self.env.ref("base.lang_en").code})
        self.token.demo_simulated_state = "error"
        move = self._invoice()
        told = self.env["mail.message"]

        def mails():
            return told.search([("model", "=", "account.move"), ("res_id", "=", move.id),
                                ("partner_ids", "in", self.customer.ids)], order="id")  # fmt: skip

        self._run()
        self._run()
        self.assertEqual(len(mails()), 1)
        self.assertIn("declined", mails().subject)
        self.assertIn("1234", mails().body)
        self.assertIn("/my/subscriptions", mails().body)
        self.token.active = False
        self._run(date(2027, 3, 4))
        self.assertEqual(len(mails()), 2, "an archived card is his too")
        self._run(date(2027, 3, 8))
        self.assertEqual((self._charge_of(move).state, len(mails())), ("failed", 2), "then somebody writes to him")

    def test_the_customer_is_not_told_of_our_own_faults(self):
        self.customer.email = "kunde@example.dk"
        move = self._invoice()
        self.provider.available_currency_ids = self.env.ref("base.EUR")
        with patch.object(type(move), "_tell_card_was_declined") as tell:
            self._run()
            self.assertEqual(self._charge_of(move).state, "retry")
            tell.assert_not_called()
            self.provider.available_currency_ids = False
            self.token.demo_simulated_state = "error"
            tell.side_effect = RuntimeError("mail server")
            with mute_logger("odoo.addons.subscription_billing_payment.models.subscription_card_charge_ask"):
                self._run(date(2027, 3, 4))
            tell.assert_called_once()
        self.assertEqual((self._charge_of(move).state, self._charge_of(move).tries), ("retry", 2))

    def _sales_user(self):
        """One who reads invoices and has nothing to do with subscriptions."""
        return new_test_user(self.env, "card_reader", groups="account.group_account_readonly",
                             company_id=self.company.id, company_ids=[Command.set(self.company.ids)])  # fmt: skip

    def test_who_deletes_his_card_reads_what_is_charged_on_it(self):
        self.subscription.payment_token_id = self.token
        owner = new_test_user(self.env, "card_owner", groups="base.group_portal", partner_id=self.customer.id,
                              company_id=self.company.id, company_ids=[Command.set(self.company.ids)])  # fmt: skip
        stranger = new_test_user(self.env, "card_other", groups="base.group_portal",
                                 company_id=self.company.id, company_ids=[Command.set(self.company.ids)])  # fmt: skip
        token = self.token.sudo(False)
        found = token.with_user(owner).get_linked_records_info()
        self.assertEqual([each["name"] for each in found], [self.subscription.name])
        self.assertEqual(token.with_user(stranger).get_linked_records_info(), [])

    # ------------------------------------------------------------------
    # Provider, way, language
    # ------------------------------------------------------------------

    def test_an_amount_that_is_only_reserved_is_told(self):
        self.provider.capture_manually = True
        run = self._make_run(MARCH, self.subscription)
        run.action_preview()
        self.assertEqual((run.line_ids.state, run.line_ids.has_warning), ("ready", True))
        move = self._invoice()
        self._run()
        charge = self._charge_of(move)
        self.assertEqual((charge.state, charge.transaction_id.state), ("waiting", "authorized"))
        self.assertIn(charge, self._listed())
        self._run(LATER)
        self.assertEqual(len(charge.transaction_ids), 1)
        charge.transaction_id._set_done()
        self._run(LATER)
        self.assertEqual((charge.state, move.amount_residual), ("done", 0.0))

    def test_a_row_with_invoices_cannot_become_a_card(self):
        """Else everything that was posted to be paid by slip would be charged the same hour."""
        slip = self._make_subscription(start=MARCH, way_id=self.fallback.id)
        self._invoice(subscription=slip)
        with self.assertRaises(UserError):
            self.fallback.method = "card"
        self._invoice()
        with self.assertRaises(UserError):
            self.way.method = "transfer"
        self.way.name = "Kort"
        unused = self.env["subscription.payment.way"].create({"name": "Ny"})
        unused.method = "card"

    def test_reasons_are_in_the_companys_language(self):
        move = self._invoice()
        self.token.active = False
        self.company.partner_id.lang = self.env.ref("base.lang_en").code
        charge = self._charge_of_run(move)
        self.assertEqual(charge._of_company().env.lang, "en_US")
        self.assertIn("archived or expired", charge.message)

    def _charge_of_run(self, move):
        self._run()
        return self._charge_of(move)

    def test_answers_that_leave_it_open_are_no_refusal(self):
        for status, expected in ((400, True), (402, True), (404, True), (408, False), (409, False), (500, False)):
            response = requests.Response()
            response.status_code = status
            with self.subTest(status=status):
                self.assertEqual(is_refusal(requests.exceptions.HTTPError(response=response)), expected)
        self.assertFalse(is_refusal(ValueError()))

    def test_a_foreign_currency_is_charged_as_invoiced(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2027-01-01", "rate": 0.134, "company_id": self.company.id}
        )
        subscription = self._make_subscription(start=MARCH, way_id=self.way.id, currency_id=euro.id)
        move = self._invoice(subscription=subscription)
        self.assertEqual(move.currency_id, euro)
        self._run()
        charge = self._charge_of(move)
        transaction = charge.transaction_ids
        self.assertEqual((transaction.currency_id, transaction.amount), (euro, move.amount_total))
        self.assertEqual((charge.state, move.amount_residual, charge.message), ("done", 0.0, False))
