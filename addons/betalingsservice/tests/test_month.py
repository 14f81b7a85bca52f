from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestMonth(BetalingsserviceCommon):
    """From the posted invoice over the delivery and the operator's answers to the books."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()
        for partner in (self.customer, self.other):
            self._agreement(partner, state="pending")
            self.operator.sign_up(partner.ref)
        self._import(self.operator.answer_0603())
        self.first = self._invoice()
        self.second = self._invoice(self.other, price=123.75)
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()

    def _answer(self):
        delivery = self._import(self.operator.answer_0602())
        self.assertEqual(delivery.state, "read", delivery.error_message)
        return delivery.report_id

    def test_paid_closes_both_invoices_with_one_item_in_transit(self):
        report = self._answer()
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "matched"])
        self.assertEqual(report.line_ids.match_move_id, self.first | self.second)
        self.assertEqual(report.state, "to_approve")
        report.action_approve()
        self.assertEqual(self.first.payment_state, "paid")
        self.assertEqual(self.second.payment_state, "paid")
        item = report.movement_ids.in_transit_line_id
        self.assertEqual((item.balance, item.date), (622.5, date(2027, 2, 1)))
        self.assertEqual(set((self.first | self.second).betalingsservice_collection_ids.mapped("state")), {"paid"})
        self.assertTrue(self.first._payment_reference_is_drawn())

    def test_rejected_books_nothing_and_the_invoice_is_payable_again(self):
        self.operator.reject("1002")
        report = self._answer()
        report.action_approve()
        self.assertEqual(self.first.payment_state, "paid")
        self.assertEqual(self.second.payment_state, "not_paid")
        self.assertEqual(self.second.betalingsservice_collection_ids.state, "rejected")
        self.assertIn("+71<", self.second._payment_line_text())
        self.assertEqual(self.second._betalingsservice_text(), "")
        self.assertEqual(sum(report.move_ids.line_ids.mapped("debit")), 498.75)
        self.assertIn(report.name, "".join(self.second.message_ids.mapped("body")))

    def test_cancelled_books_nothing(self):
        self.operator.cancel("1002")
        self._answer().action_approve()
        self.assertEqual(self.second.betalingsservice_collection_ids.state, "cancelled")
        self.assertEqual(self.second.payment_state, "not_paid")

    def test_charged_back_opens_the_invoice_dated_by_its_record(self):
        self._answer().action_approve()
        self.operator.charge_back("1001", date(2027, 2, 5))
        report = self._answer()
        self.assertEqual(report.line_ids.match_move_id, self.first)
        report.action_approve()
        self.assertEqual(self.first.payment_state, "not_paid")
        self.assertEqual(self.first.amount_residual, 498.75)
        self.assertEqual(self.first.betalingsservice_collection_ids.state, "charged_back")
        self.assertEqual(report.move_ids.date, date(2027, 2, 5))
        self.assertEqual(report.movement_ids.in_transit_line_id.balance, -498.75)
        self.assertEqual(self.second.payment_state, "paid")
        self.assertTrue(self.first._payment_line_text())

    def test_undo_takes_the_outcome_back(self):
        report = self._answer()
        report.action_approve()
        report.action_undo()
        self.assertEqual(self.first.payment_state, "not_paid")
        self.assertEqual(self.first.betalingsservice_collection_ids.state, "delivered")
        report.action_approve()
        self.assertEqual(self.first.betalingsservice_collection_ids.state, "paid")

    def test_the_same_delivery_is_refused_whatever_its_bytes(self):
        data = self.operator.answer_0602()
        self._import(data)
        with self.assertRaises(UserError):
            self._import(data)
        again = self._import(data.replace(b"\r\n", b"\n"))
        self.assertEqual(again.state, "failed")
        self.assertEqual(again.report_id.state, "failed")

    def test_file_through_paymatch_is_the_same(self):
        report = self.env["paymatch.report"]._import_file(self.operator.answer_0602(), "D1-602.BS1")
        self.assertEqual(report.provider_id, self.creditor.provider_id)
        delivery = self.env["betalingsservice.delivery"].search([("report_id", "=", report.id)])
        self.assertEqual(delivery.delivery_type, "0602")

    def test_test_answers_do_not_reach_a_production_creditor(self):
        delivery = self._import(self.operator.answer_0602().replace(b"BS1", b"KR9"))
        self.assertEqual(delivery.state, "failed")
        self.assertIn("KR9", delivery.error_message)
        self.assertEqual(self.first.payment_state, "not_paid")

    def test_cut_answer_is_kept_and_books_nothing(self):
        delivery = self._import(self.operator.answer_0602()[:-70])
        self.assertEqual(delivery.state, "failed")
        self.assertTrue(delivery.attachment_id.raw)
        self.assertEqual(self.first.betalingsservice_collection_ids.state, "delivered")

    def test_log_tells_why(self):
        self._answer().action_approve()
        self.operator.charge_back("1001", date(2027, 2, 5))
        report = self._answer()
        report.action_approve()
        log = self.first.invoice_status_log_ids.filtered(lambda entry: entry.state_from == "paid")[:1]
        self.assertIn(report.name, log.source)

    def test_rejected_invoice_was_delivered_and_is_not_set_to_draft(self):
        self.operator.reject("1002")
        self._answer().action_approve()
        with self.assertRaisesRegex(UserError, "0601"):
            self.second.button_draft()
