from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestAgreement(BetalingsserviceCommon):
    def test_customer_number_comes_from_the_customers_reference(self):
        self.assertEqual(self._agreement().customer_number, "1001")
        self.other.ref = "kunde-æøå 2"
        self.assertEqual(self._agreement(self.other).customer_number, "KUNDEÆØÅ2")

    def test_bad_customer_number_is_explained(self):
        with self.assertRaises(ValidationError) as caught:
            self._agreement(customer_number="10 01")
        self.assertIn('"10 01"', str(caught.exception))

    def test_a_contact_signs_for_his_company(self):
        contact = self.env["res.partner"].create({"name": "Kontakt", "parent_id": self.customer.id})
        self.assertEqual(self._agreement(contact).partner_id, self.customer)

    def test_0603_registers_ends_and_lists_unknown_numbers(self):
        pending = self._agreement(state="pending")
        ended = self._agreement(self.other)
        operator = self._operator()
        operator.sign_up("1001", date(2027, 1, 10))
        operator.sign_up("1002", date(2026, 5, 1))
        operator.sign_off("1002", date(2027, 1, 12))
        operator.sign_up("1003")
        operator.sign_up("7777")
        third = self._customer("Tredje", "1003")
        delivery = self._import(operator.answer_0603(), "D1234567-603.BS1")
        self.assertEqual(delivery.state, "read")
        self.assertRecordValues(
            pending, [{"state": "active", "mandate_number": "000100001", "start_date": date(2027, 1, 10)}]
        )
        self.assertRecordValues(ended, [{"state": "ended", "end_date": date(2027, 1, 12), "ended_by": "bank"}])
        self.assertEqual(third.betalingsservice_agreement_ids.state, "active")
        self.assertEqual(third.betalingsservice_agreement_ids.customer_number, "1003")
        self.assertEqual(delivery.line_ids.mapped("result"), ["changed", "changed", "ended", "created", "unknown"])
        self.assertEqual(delivery.unknown_count, 1)
        unknown = delivery.line_ids[-1]
        self.assertEqual(unknown.customer_number, "7777")
        with self.assertRaises(UserError):
            unknown.action_create_agreement()
        unknown.partner_id = self._customer("Ukendt", False)
        unknown.action_create_agreement()
        self.assertEqual(unknown.agreement_id.customer_number, "7777")
        self.assertEqual(unknown.agreement_id.state, "active")
        self.assertFalse(delivery.unknown_count)

    def test_the_same_0603_is_refused(self):
        operator = self._operator()
        operator.sign_up("1001")
        data = operator.answer_0603()
        self._import(data)
        with self.assertRaises(UserError):
            self._import(data)
        again = self._import(data.replace(b"\r\n", b"\n"))
        self.assertEqual(again.state, "failed")
        self.assertIn("1000001", again.error_message)

    def test_foreign_creditor_and_test_files_are_kept_as_failed(self):
        operator = self._operator()
        operator.sign_up("1001")
        data = operator.answer_0603()
        agreement = self._agreement(state="pending")
        foreign = self._import(data.replace(b"01234567", b"07654321"))
        self.assertEqual((foreign.state, agreement.state), ("failed", "pending"))
        self.assertIn("07654321", foreign.error_message)
        trial = self._import(data.replace(b"BS1", b"KR9"))
        self.assertIn("KR9", trial.error_message)
        self.assertEqual(trial.attachment_id.raw, data.replace(b"BS1", b"KR9"))

    def test_cut_file_is_kept_and_nothing_is_changed(self):
        operator = self._operator()
        operator.sign_up("1001")
        agreement = self._agreement(state="pending")
        delivery = self._import(operator.answer_0603()[:-60])
        self.assertEqual((delivery.state, agreement.state), ("failed", "pending"))
        self.assertTrue(delivery.error_message)

    def test_full_list_shows_agreements_it_does_not_know(self):
        self._agreement()
        self._agreement(self.other)
        operator = self._operator()
        operator.sign_up("1001")
        delivery = self._import(operator.answer_0603(full=True))
        missing = delivery.line_ids.filtered(lambda line: line.result == "missing")
        self.assertEqual(missing.agreement_id.partner_id, self.other)
        self.assertEqual(missing.agreement_id.state, "active")

    def test_joining_and_leaving_change_later_invoices_only(self):
        before = self._invoice()
        self.assertFalse(before.betalingsservice_agreement_id)
        self.assertTrue(before._payment_line_text())
        draft = self._invoice(post=False)
        agreement = self._agreement()
        self.assertEqual(draft.betalingsservice_agreement_id, agreement)
        self.assertFalse(before.betalingsservice_agreement_id)
        after = self._invoice(due=date(2027, 3, 1))
        self.assertTrue(after._payment_reference_is_drawn())
        agreement.action_end()
        self.assertFalse(self._invoice(post=False).betalingsservice_agreement_id)
        self.assertFalse(draft.betalingsservice_agreement_id)
        self.assertEqual(after.betalingsservice_collection_ids.state, "cancelled")
        self.assertTrue(after._payment_line_text())

    def test_signed_up_numbers_do_not_change(self):
        agreement = self._agreement()
        with self.assertRaises(UserError):
            agreement.customer_number = "2002"
