from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestDiscard(BetalingsserviceCommon):
    """A file that was written, downloaded, and never handed over: or was it?"""

    def setUp(self):
        super().setUp()
        self.bookkeeper = self._user("bogholder", "account.group_account_invoice")
        self.operator = self._operator()
        for partner in (self.customer, self.other):
            self._agreement(partner)
            self.operator.sign_up(partner.ref)
        self.operator.answer_0603()
        self.invoice = self._invoice()
        self._invoice(self.other)
        self.collection = self.invoice.betalingsservice_collection_id
        self.delivery = self.creditor._create_delivery().with_user(self.bookkeeper)

    def _user(self, login, group):
        return new_test_user(
            self.env, login, groups=group, company_id=self.company.id, company_ids=[Command.set(self.company.ids)]
        )

    def _wizard(self, delivery=None, **values):
        delivery = delivery or self.delivery
        action = delivery.action_discard()
        Wizard = self.env[action["res_model"]].with_user(delivery.env.user).with_context(**action["context"])
        return Wizard.create({"reason": "Forkert bankdag; filen ligger stadig på min pc", **values})

    def test_downloaded_and_not_sent_is_discarded_by_who_says_so(self):
        self.delivery.action_download()
        self.assertEqual(self.delivery.download_user_id, self.bookkeeper)
        wizard = self._wizard()
        with self.assertRaises(UserError):  # nothing was confirmed
            wizard.action_confirm()
        self.assertEqual((self.delivery.state, self.collection.delivery_id.id), ("ready", self.delivery.id))
        wizard.is_not_handed_over = True
        wizard.action_confirm()
        self.assertRecordValues(
            self.delivery,
            [{"state": "cancelled", "discard_user_id": self.bookkeeper.id, "discard_reason": wizard.reason}],
        )
        self.assertIn("min pc", self.delivery.message_ids[0].body)
        self.assertEqual(len(self.delivery.discarded_collection_ids), 2)
        again = self.creditor._create_delivery()
        self.assertEqual(again.replaces_ids, self.delivery, "the second is known as the same")
        self.assertEqual(self.delivery.replaced_by_ids, again)
        self.assertEqual(self.collection.discarded_delivery_ids, self.delivery)
        self.assertNotEqual(again.delivery_number, self.delivery.delivery_number)
        with Form(again), Form(self.delivery):
            pass

    def test_each_invoice_in_one_delivery_that_counts(self):
        self._wizard(is_not_handed_over=True).action_confirm()
        again = self.creditor._create_delivery()
        with self.assertRaises(UserError) as caught:  # both would hold them
            self.delivery.action_handed_over()
        self.assertIn(again.name, str(caught.exception))
        self.assertEqual((self.delivery.state, self.collection.delivery_id), ("cancelled", again))
        with self.assertRaises(UserError):
            self.delivery.action_mark_sent()
        with self.assertRaises(UserError):
            self.delivery.action_send()
        again._discard("Den første er sendt alligevel")
        self.delivery.action_handed_over()
        self.assertEqual((self.delivery.state, self.collection.state), ("sent", "delivered"))
        self.assertEqual(self.collection.delivery_id.id, self.delivery.id)
        with self.assertRaises(UserError):
            self.creditor._create_delivery()
        with self.assertRaises(UserError):
            again.action_handed_over()

    def test_answered_is_not_discarded(self):
        """Handed over and never marked as sent: the answer comes, and the wizard does not."""
        wizard = self._wizard(is_not_handed_over=True)
        self.operator.receive(self.delivery.attachment_id.raw)
        report = self._import(self.operator.answer_0602()).report_id
        for call in (self.delivery.action_discard, wizard.action_confirm):
            with self.assertRaises(UserError) as caught:
                call()
            self.assertIn(report.name, str(caught.exception))
        self.delivery.action_mark_sent()
        report.action_approve()
        self.assertEqual((self.collection.state, self.invoice.payment_state), ("paid", "paid"))

    def test_marking_as_sent_after_the_answer_keeps_the_answer(self):
        self.operator.receive(self.delivery.attachment_id.raw)
        self.operator.reject("1001")
        self._import(self.operator.answer_0602()).report_id.action_approve()
        self.delivery.action_mark_sent()
        self.assertEqual(self.collection.state, "rejected")
        self.assertEqual(self.delivery.state, "sent")

    def test_named_in_a_receipt_is_not_discarded(self):
        number = self.delivery.delivery_number
        for text in (f"BS002{'12345678'}BS10601{number}   ", f"Leverance 0601 {number} modtaget"):
            self.assertEqual(self._receipt(text), "T1234567.BS1")
            with self.assertRaises(UserError) as caught:
                self.delivery.action_discard()
            self.assertIn("T1234567.BS1", str(caught.exception))
            self.delivery.sudo().receipt_name = False
        for text in (f"1{number}", f"{number}1", "0000009999", "intet"):
            self.assertFalse(self._receipt(text), text)
        self.assertTrue(self.delivery.action_discard())

    def _receipt(self, text):
        self.creditor._note_receipt("T1234567.BS1", text.encode())
        return self.delivery.receipt_name

    def test_discarded_and_answered_after_all_goes_out_no_second_time(self):
        self._wizard(is_not_handed_over=True).action_confirm()
        self.operator.receive(self.delivery.attachment_id.raw)  # somebody did hand it over
        self.operator.reject("1002")
        report = self._import(self.operator.answer_0602()).report_id
        self.assertTrue(self.delivery.is_taken_after_all)
        self.assertTrue(self.delivery.message_ids)
        with self.assertRaises(UserError) as caught:
            self.creditor._create_delivery()
        self.assertIn(self.delivery.name, str(caught.exception))
        self.delivery.action_handed_over()
        self.assertFalse(self.delivery.is_taken_after_all)
        report.action_approve()
        self.assertEqual(self.collection.state, "paid")
        self.assertEqual(self.invoice.payment_state, "paid")
        self.assertEqual(set(self.delivery.collection_ids.mapped("state")), {"paid", "rejected"})

    def test_the_second_one_written_when_the_first_was_taken(self):
        self._wizard(is_not_handed_over=True).action_confirm()
        again = self.creditor._create_delivery()
        self.operator.receive(self.delivery.attachment_id.raw)
        self._import(self.operator.answer_0602())
        self.assertTrue(self.delivery.is_taken_after_all)
        self.assertIn(self.delivery.name, again.stale_text, "it is not sent")
        again._discard("Den første var hos operatøren")
        self.delivery.action_handed_over()
        self.assertEqual(self.collection.delivery_id.id, self.delivery.id)

    def test_what_was_withdrawn_meanwhile_is_named(self):
        self._wizard(is_not_handed_over=True).action_confirm()
        self.invoice.button_draft()
        self.delivery.action_handed_over()
        self.assertIn(self.collection.reference, self.delivery.message_ids[0].body)
        self.assertFalse(self.collection.delivery_id)

    def test_nobody_else_and_nothing_over_rpc(self):
        auditor = self._user("revisor", "account.group_account_readonly")
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "fremmed",
            groups="account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        wizard = self._wizard(is_not_handed_over=True)
        for user in (auditor, stranger):
            for records, method, args in (
                (self.delivery, "action_discard", ()),
                (self.delivery, "action_handed_over", ()),
                (wizard, "action_confirm", ()),
                (self.delivery, "write", ({"discard_reason": "x"},)),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    call_kw(records.with_user(user).browse(), method, [records.ids, *args], {})
                self.env.invalidate_all()
        with self.assertRaises(AccessError):
            wizard.with_user(stranger).create({"delivery_id": self.delivery.id, "reason": "x"}).action_confirm()
        for values in (
            {"state": "cancelled"},
            {"receipt_name": False},
            {"is_taken_after_all": False},
            {"download_date": False},
            {"discarded_collection_ids": [Command.clear()]},
            {"replaces_ids": [Command.clear()]},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                call_kw(self.delivery.browse(), "write", [self.delivery.ids, values], {})
        with self.assertRaises(AccessError):
            call_kw(
                self.collection.with_user(self.bookkeeper).browse(),
                "write",
                [self.collection.ids, {"discarded_delivery_ids": [Command.set(self.delivery.ids)]}],
                {},
            )
        self.delivery.with_user(auditor).action_download()
        self.assertEqual(self.delivery.download_user_id, auditor, "an auditor has the file too")
        self.assertEqual((self.delivery.state, len(self.delivery.collection_ids)), ("ready", 2))

    def test_answers_to_the_one_made_again_are_its_own(self):
        self._wizard(is_not_handed_over=True).action_confirm()
        again = self.creditor._create_delivery()
        again.action_mark_sent()
        self.operator.receive(again.attachment_id.raw)
        self._import(self.operator.answer_0602()).report_id.action_approve()
        self.assertFalse(self.delivery.is_taken_after_all)
        self.assertEqual(self.collection.state, "paid")
        self.assertEqual(self.collection.payment_date, date(2027, 2, 1))
