from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestFollowUp(BetalingsserviceCommon):
    """What is done after a rejection, each with its trail on collection and invoice."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()
        self._agreement()
        self.operator.sign_up("1001")
        self.operator.answer_0603()
        self.first, self.second = self._invoice(), self._invoice(price=123.75)
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        self.collection = delivery.collection_ids
        self.operator.reject("1001")
        self._import(self.operator.answer_0602()).report_id.action_approve()
        self.assertTrue(self.collection.can_follow_up)

    def _trail(self, record):
        return len(record.message_ids)

    def test_paid_by_the_payment_line(self):
        before = self._trail(self.first)
        self.collection.action_invoice_now()
        self.assertEqual((self.collection.follow_up, self._trail(self.first)), ("invoice", before + 1))
        self.assertTrue(self.first._payment_line_text())
        self.assertFalse(self.collection.can_follow_up)
        self.env["account.move"]._sweep_betalingsservice(self.company)
        self.assertFalse(self.first.betalingsservice_line_ids.filtered("is_active"))

    def test_collected_next_month(self):
        self.collection.action_collect_next_month()
        again = self.first.betalingsservice_collection_id
        self.assertRecordValues(again, [{"state": "to_send", "amount": 622.5, "payment_date": date(2027, 3, 1)}])
        self.assertTrue(self.first._payment_reference_is_drawn())
        self.assertNotEqual(again.reference_key, self.collection.reference_key)
        with self.assertRaises(UserError):
            self.collection.action_collect_next_month()

    def test_only_what_is_open_is_collected_again(self):
        self._register_payment(self.second, amount=123.75)
        self.collection.action_collect_next_month()
        self.assertEqual(self.first.betalingsservice_collection_id.amount, 498.75)
        self.assertEqual(self.second.betalingsservice_collection_id, self.collection)

    def test_on_hold_and_released(self):
        self.collection.action_hold_invoice()
        held = self.first.betalingsservice_collection_id
        self.assertRecordValues(held, [{"state": "to_send", "is_held": True, "payment_date": False}])
        with self.assertRaises(UserError):
            self.creditor._create_delivery(date(2027, 12, 31))
        with freeze_time("2027-02-10"):
            held.action_release_hold()
        self.assertEqual(held.payment_date, date(2027, 3, 1))

    def test_nothing_to_follow_up_while_it_runs(self):
        self.collection.action_hold_invoice()
        with self.assertRaises(UserError):
            self.first.betalingsservice_collection_id.action_invoice_now()
