from datetime import date

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BetalingsserviceCommon

REASON = "Kunde 1001 og 1002 blev byttet om ved overtagelsen"


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestNumberMoved(BetalingsserviceCommon):
    """A customer number was given to the wrong customer, and drawn by, before anybody saw it."""

    def setUp(self):
        super().setUp()
        self.manager = self._user("chef", "account.group_account_manager")
        self.operator = self._operator()
        self.wrong, self.right = self.customer, self._customer("Den Rette ApS", "5005")
        self.agreement = self._agreement(self.wrong)
        self.operator.mandates["1001"] = "000101529"
        self.invoice = self._invoice()
        self.delivery = self._deliver()
        self.collection = self.invoice.betalingsservice_collection_id
        self.waiting = self._invoice(due=date(2027, 3, 1), price=99)

    def _user(self, login, group, company=None):
        company = company or self.company
        return new_test_user(
            self.env, login, groups=group, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    def _deliver(self):
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        return delivery

    def _answer(self):
        report = self._import(self.operator.answer_0602()).report_id
        self.assertEqual(report.state, "to_approve", report.undecided_text)
        report.action_approve()
        return report

    def _move(self):
        action = self.agreement.with_user(self.manager).action_move()
        Wizard = self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"])
        with Form(Wizard) as form:
            form.partner_id = self.right
            form.reason = REASON
        self.assertEqual((form.record.kept_count, form.record.unanswered_count, form.record.waiting_count), (1, 1, 1))
        form.record.action_confirm()
        return self.agreement.successor_id

    def test_the_number_goes_on_with_the_right_customer(self):
        draft = self._invoice(self.right, due=date(2027, 3, 1), post=False)
        right = self._move()
        self.assertRecordValues(
            right,
            [
                {
                    "partner_id": self.right.id,
                    "customer_number": "1001",
                    "mandate_number": "000101529",
                    "state": "active",
                    "group_id": self.group.id,
                }
            ],
        )
        self.assertEqual(draft.betalingsservice_agreement_id, right, "drafts follow at once")
        draft.action_post()
        self.assertEqual(draft.betalingsservice_collection_id.agreement_id, right)
        for agreement, user in ((self.agreement, self.manager), (right, self.manager)):
            log = agreement.log_ids.filtered(lambda found: found.event == "moved")
            self.assertEqual((log.user_id, REASON in log.text), (user, True))
            self.assertIn(REASON, agreement.message_ids[0].body)

    def test_what_was_collected_stays_and_its_answers_find_it(self):
        right = self._move()
        self.assertRecordValues(
            self.collection,
            [{"partner_id": self.wrong.id, "agreement_id": self.agreement.id, "state": "delivered"}],
        )
        self._answer()
        self.assertEqual((self.collection.state, self.invoice.payment_state), ("paid", "paid"))
        self.operator.charge_back("1001", date(2027, 2, 5))
        self._answer()
        self.assertEqual((self.collection.state, self.invoice.payment_state), ("charged_back", "not_paid"))
        self.assertFalse(right.collection_ids)
        self.assertFalse(self.collection.can_collect_again)
        for button in (self.collection.action_collect_next_month, self.collection.action_hold_invoice):
            with self.assertRaises(UserError):  # not from the other's account
                button()

    def test_what_waited_is_not_drawn_from_the_other_account(self):
        waiting = self.waiting.betalingsservice_collection_id
        self._move()
        self.assertEqual((waiting.state, waiting.is_stopped), ("cancelled", True))
        self.assertIn(REASON, waiting.outcome_text)
        self.assertTrue(self.waiting._payment_line_text())
        self.assertFalse(self._invoice(self.wrong, post=False).betalingsservice_agreement_id)
        credit = self.waiting._reverse_moves([{"invoice_date": date(2027, 1, 16)}])
        credit.action_post()
        own = self._invoice(self.right, due=date(2027, 3, 1))
        with freeze_time("2027-02-10 10:00:00"):
            march = self.creditor._create_delivery()
        self.assertEqual(march.collection_ids.move_ids, own)
        self.assertEqual(march.amount_total, 498.75, "the other's credit note lowers nothing")

    def test_one_collection_per_number_and_day_whosever_it_was(self):
        right = self._move()
        own = self._invoice(self.right)
        collection = own.betalingsservice_collection_id
        self.assertEqual((collection.agreement_id, collection.payment_date), (right, date(2027, 2, 2)))
        with self.assertRaises(UserError):
            collection.payment_date = date(2027, 2, 1)
        self._deliver()  # the operator refuses a second one on the day

    def test_files_of_agreements_follow_the_right_customer(self):
        right = self._move()
        self.operator.sign_off("1001", date(2027, 1, 20))
        received = self._import(self.operator.answer_0603())
        self.assertEqual(received.line_ids.agreement_id, right)
        self.assertEqual((right.state, self.agreement.state), ("ended", "ended"))
        self.operator.sign_up("1001", date(2027, 1, 21))
        self._import(self.operator.answer_0603())
        self.assertEqual((right.state, self.agreement.state), ("active", "ended"))

    def test_the_number_is_nobody_elses_and_the_history_stays(self):
        right = self._move()
        clerk = self._user("bogholder", "account.group_account_invoice")
        for values in (
            {"state": "active"},
            {"partner_id": self.other.id},
            {"is_moved": False},
            {"successor_id": False},
            {"successor_id": self.agreement.id},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                call_kw(self.agreement.with_user(clerk).browse(), "write", [self.agreement.ids, values], {})
            self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.agreement.with_user(clerk).action_activate()
        for values in ({"former_ids": [Command.clear()]}, {"customer_number": "77"}, {"mandate_number": False}):
            with self.subTest(values=values), self.assertRaises(UserError):
                call_kw(right.with_user(clerk).browse(), "write", [right.ids, values], {})
            self.env.invalidate_all()
        with self.assertRaises(AccessError):
            call_kw(
                right.with_user(clerk).browse(),
                "create",
                [{"partner_id": self.other.id, "group_id": self.group.id, "is_moved": True}],
                {},
            )
        with self.assertRaises(IntegrityError), self.cr.savepoint(), mute_logger("odoo.sql_db"):
            self._agreement(self.other, customer_number="1001")

    def test_only_the_manager_and_only_what_was_sent(self):
        clerk = self._user("bogholder", "account.group_account_invoice")
        auditor = self._user("revisor", "account.group_account_readonly")
        other = self.setup_other_company()["company"]
        stranger = self._user("fremmed", "account.group_account_manager", other)
        for user in (clerk, auditor, stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.agreement.with_user(user).action_move()
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.agreement.with_user(user)._move_to(self.right, REASON)
        with self.assertRaises(UserError):  # his already
            self.agreement.with_user(self.manager)._move_to(self.wrong, REASON)
        self.right.company_id = other
        with self.assertRaises(UserError):
            self.agreement.with_user(self.manager)._move_to(self.right, REASON)
        self.right.company_id = False
        with freeze_time("2027-02-10 10:00:00"):
            written = self.creditor._create_delivery()
            with self.assertRaises(UserError) as caught:
                self.agreement.with_user(self.manager)._move_to(self.right, REASON)
            self.assertIn(written.name, str(caught.exception))
        self.assertFalse(self.agreement.is_moved)

    def test_the_wrong_customer_reads_no_number_of_another(self):
        self.creditor.invite_group_id = self.group
        self._move()
        later = self._invoice(self.wrong, due=date(2027, 4, 1))
        self.assertNotIn("1001", later._betalingsservice_invite_text())
        self.assertFalse(later.betalingsservice_collection_ids)

    def test_moved_twice(self):
        right = self._move()
        last = right.with_user(self.manager)._move_to(self.other, "Heller ikke ham")
        self.assertEqual((right.is_moved, last.partner_id), (True, self.other))
        taken = self.env["betalingsservice.collection"]._claimed_days(last)
        self.assertEqual(taken[last.id], {date(2027, 2, 1): self.collection})
