from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.mail.tests.common import MailCase

from .common import SubscriptionCommon

MARCH = date(2027, 3, 1)


@tagged("post_install", "-at_install")
class TestReminder(MailCase, SubscriptionCommon):
    """S4.15: from the list of what is unpaid the customer is reminded."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["payment.reference.agreement"].search([]).active = False
        cls.env["payment.reference.agreement"].create({"card_type": "71", "creditor_number": "88888888"})
        cls.env["res.lang"]._activate_lang("en_US")
        cls.customer.write({"email": "aage@example.com", "lang": "en_US"})
        cls.other_customer.write({"email": "bodil@example.com", "lang": "da_DK"})

    def setUp(self):
        super().setUp()
        self.subscriptions = self._make_subscription(start=MARCH) | self._make_subscription(
            start=MARCH, partner_id=self.other_customer.id, lines=[(None, 3, 100.0)]
        )
        self.moves = self._bill(until=MARCH, subscriptions=self.subscriptions, posting="post").invoice_ids
        self.startPatcher(freeze_time("2027-05-10 12:00:00"))

    def _rows(self, moves=None):
        return self.env["subscription.unpaid"].search([("move_id", "in", (moves or self.moves).ids)])

    def _open(self, moves=None, user=None):
        rows = self._rows(moves)
        action = (rows.with_user(user) if user else rows).action_remind()
        return (
            self.env[action["res_model"]].browse(action["res_id"]).with_env(rows.with_user(user or self.env.user).env)
        )

    def _get_message(self, move):
        return move.message_ids.filtered(lambda message: message.message_type == "comment")

    def test_many_are_reminded_with_payment_line_and_invoice(self):
        wizard = self._open()
        self.assertEqual((wizard.count, wizard.amount_open), (2, 500.0))
        self.assertEqual(set(wizard.line_ids.mapped("days")), {70})
        with self.mock_mail_gateway():
            wizard.action_send()
        self.assertEqual(len(self._new_mails), 2)
        for move in self.moves:
            message = self._get_message(move)
            self.assertEqual((len(message), message.partner_ids), (1, move.partner_id))
            self.assertIn(move._payment_line_text().replace("<", "&lt;"), message.body)
            self.assertIn(move.name, message.subject)
            self.assertEqual(len(message.attachment_ids), 1)
        rows = self._rows()
        self.assertEqual(set(rows.mapped("reminder_count")), {1})
        self.assertEqual(set(rows.mapped("reminder_date")), {date(2027, 5, 10)})
        with freeze_time("2027-05-20 12:00:00"), self.mock_mail_gateway():
            again = self._open(self.moves[0])
            self.assertEqual(again.line_ids.number, 2)
            again.action_send()
        self.env.invalidate_all()
        self.assertEqual(self._rows(self.moves[0]).reminder_count, 2)

    def test_reminder_is_in_the_language_of_the_customer(self):
        with self.mock_mail_gateway():
            self._open().action_send()
        bodies = {move.partner_id: self._get_message(move) for move in self.moves}
        self.assertIn("We have not received", bodies[self.customer].body)
        self.assertNotIn("We have not received", bodies[self.other_customer].body)
        self.assertIn("reminder of invoice", bodies[self.customer].subject)
        self.assertNotIn("reminder of invoice", bodies[self.other_customer].subject)

    def test_the_pdf_that_was_sent_is_attached(self):
        move = self.moves[0]
        pdf = self.env["ir.attachment"].create(
            {"name": "sent.pdf", "raw": b"%PDF", "res_model": "account.move", "res_id": move.id,
             "res_field": "invoice_pdf_report_file"}
        )  # fmt: skip
        move.invalidate_recordset()
        self.assertEqual(move.invoice_pdf_report_id, pdf)
        with self.mock_mail_gateway():
            self._open(move).action_send()
        message = self._get_message(move)
        self.assertEqual(message.attachment_ids, pdf)

    def test_what_is_not_reminded_of_says_why(self):
        disputed, silent = self.moves
        disputed.no_followup = True
        silent.partner_id.email = False
        with freeze_time("2027-03-01 12:00:00"):
            term = self.env["account.payment.term"].create(
                {"name": "100", "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 100})]}
            )
            early = self._make_subscription(start=MARCH, payment_term_id=term.id)
            fresh = self._bill(until=MARCH, subscriptions=early, posting="post").invoice_ids
        wizard = self._open(self.moves | fresh)
        self.assertEqual(wizard.count, 0)
        self.assertEqual(len(set(wizard.line_ids.mapped("obstacle"))), 3)
        with self.assertRaises(UserError), self.mock_mail_gateway():
            wizard.action_send()
        self.assertFalse(self.env["subscription.reminder"].search([("move_id", "in", (self.moves | fresh).ids)]))

    def test_an_invoice_whose_payment_is_blocked_stays_in_the_list(self):
        self.moves[0].action_toggle_block_payment()
        self.assertEqual(self._rows().move_id, self.moves)
        wizard = self._open()
        self.assertEqual((wizard.count, len(wizard.line_ids.filtered("obstacle"))), (1, 1))
        forecast = self.env["subscription.forecast"]._compute_company(self.company)
        self.assertEqual(forecast.line_ids.filtered(lambda line: line.kind == "open").move_id, self.moves)

    def test_invoices_of_two_companies_are_not_reminded_of_together(self):
        other = self.setup_other_company()["company"]
        theirs = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "invoice_line_ids": [(0, 0, {"name": "Theirs", "price_unit": 1.0})],
                }
            )
        )
        with self.assertRaises(UserError):
            self.env["subscription.reminder.send"]._make(self.moves | theirs)

    def test_once_a_day_and_not_when_paid_meanwhile(self):
        first, second = self._open(), self._open()
        with self.mock_mail_gateway():
            self._pay(self.moves[0])
            first.action_send()
            self.assertEqual(len(self._new_mails), 1)
        with self.assertRaises(UserError), self.mock_mail_gateway():
            second.action_send()
        reminders = self.env["subscription.reminder"].search([("move_id", "in", self.moves.ids)])
        self.assertEqual(reminders.move_id, self.moves[1])
        with self.assertRaises(AccessError):
            reminders.with_user(self._make_user("account.group_account_manager")).date = date(2027, 1, 1)

    def test_who_may_remind(self):
        auditor = self._make_user("account.group_account_readonly")
        with self.assertRaises(AccessError):
            self._open(user=auditor)
        with self.mock_mail_gateway():
            self._open(user=self._make_user("account.group_account_invoice")).action_send()
        self.assertEqual(self._rows().with_user(auditor).mapped("reminder_count"), [1, 1])
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env, "stranger", groups="account.group_account_invoice", company_id=other.id, company_ids=other.ids
        )
        wizard = (
            self.env["subscription.reminder.send"]
            .with_user(stranger)
            .create({"line_ids": [(0, 0, {"move_id": self.moves[0].id})]})
        )
        with freeze_time("2027-05-12 12:00:00"), self.assertRaises(AccessError), self.mock_mail_gateway():
            wizard.action_send()

    def test_mail_that_cannot_be_made_leaves_no_proof(self):
        wizard = self._open()
        fails = patch.object(type(self.moves), "_get_reminder_attachment", side_effect=UserError("no"))
        with self.assertRaises(UserError), self.env.cr.savepoint(), fails:
            wizard.action_send()
        self.assertFalse(self.env["subscription.reminder"].search([("move_id", "in", self.moves.ids)]))

    def _pay(self, move):
        register = self.env["account.payment.register"]
        register.with_context(active_model="account.move", active_ids=move.ids).create({})._create_payments()

    def _make_user(self, group):
        return new_test_user(self.env, group.split("_")[-1], groups=group, company_id=self.company.id)
