from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.betalingsservice.formats import delivery_0601

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestCreditNote(BetalingsserviceCommon):
    """Credit notes lower what is drawn, or are paid out; before the delivery they withdraw the claim."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()
        for partner in (self.customer, self.other):
            self._agreement(partner)
            self.operator.sign_up(partner.ref)
        self.operator.answer_0603()

    def _credit(self, price, partner=None, **values):
        return self._invoice(partner, price=price, move_type="out_refund", **values)

    def _deliver(self):
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        return delivery

    def _answer(self):
        return self._import(self.operator.answer_0602()).report_id

    def test_a_credit_note_is_deducted_and_closed_by_the_payment(self):
        invoice = self._invoice()
        credit = self._credit(100)
        collection = invoice.betalingsservice_collection_id
        self.assertEqual(credit.betalingsservice_collection_id, collection)
        self.assertEqual(collection.amount, 398.75)
        delivery = self._deliver()
        (written,) = delivery_0601.read(delivery.attachment_id.raw).sections[0].collections
        self.assertTrue(any(text.endswith("-100,00") for text in written.texts))
        report = self._answer()
        self.assertEqual(report.state, "to_approve")
        report.action_approve()
        self.assertEqual((invoice | credit).mapped("amount_residual"), [0.0, 0.0])
        self.assertEqual(report.movement_ids.amount, 398.75)
        self.operator.charge_back("1001", date(2027, 2, 5))
        back = self._answer()
        back.action_approve()
        self.assertEqual((invoice.amount_residual, credit.amount_residual), (498.75, 100.0))
        self.assertEqual(back.movement_ids.amount, -398.75)

    def test_a_credit_note_waits_for_a_collection_that_is_larger(self):
        credit = self._credit(600)
        self.assertFalse(credit.betalingsservice_collection_id)
        self._invoice()
        self.assertFalse(credit.betalingsservice_collection_id, "498.75 is less than 600")
        self._invoice(price=123.75)
        self.env["betalingsservice.collection"].sudo()._claim_credit_notes(credit.betalingsservice_agreement_id)
        self.assertEqual(credit.betalingsservice_collection_id.amount, 22.5)

    def test_a_credit_note_larger_than_what_is_left_is_taken_out(self):
        first, second = self._invoice(), self._invoice(price=123.75)
        credit = self._credit(300)
        self._register_payment(first, amount=498.75)
        collection = second.betalingsservice_collection_id
        self.assertEqual(collection.amount, 123.75)
        self.assertFalse(credit.betalingsservice_line_ids.is_active)

    def test_credit_before_the_cut_off_withdraws_the_claim(self):
        first, second = self._invoice(), self._invoice(price=123.75)
        first._reverse_moves([{"invoice_date": date(2027, 1, 16)}], cancel=True)
        collection = second.betalingsservice_collection_id
        self.assertEqual((collection.state, collection.amount), ("to_send", 123.75))
        self.assertFalse(first.betalingsservice_line_ids.is_active)
        second._reverse_moves([{"invoice_date": date(2027, 1, 16)}], cancel=True)
        self.assertEqual(collection.state, "cancelled")
        with self.assertRaises(UserError):
            self.creditor._create_delivery()

    def test_credit_after_the_delivery_is_told_and_deducted_later(self):
        invoice = self._invoice()
        self._deliver()
        collection = invoice.betalingsservice_collection_id
        credit = invoice._reverse_moves([{"invoice_date": date(2027, 1, 16)}], cancel=True)
        self.assertEqual((collection.state, collection.excess_amount), ("delivered", 498.75))
        self.assertIn(invoice.name, collection.message_ids[0].body)
        collection.action_credit_later()
        self.assertEqual((invoice.amount_residual, credit.amount_residual), (498.75, 498.75))
        self.assertFalse(collection.excess_amount)
        later = self._invoice(price=600, due=date(2027, 3, 1))
        self.assertEqual(later.betalingsservice_collection_id.amount, 101.25)
        report = self._answer()
        report.action_approve()
        self.assertEqual((invoice.payment_state, credit.payment_state), ("paid", "not_paid"))

    def test_a_credit_note_is_paid_out_by_choice_when_the_net_allows_it(self):
        self.creditor.credit_rule = "disburse"
        credit = self._credit(100, due=date(2027, 2, 1))
        collection = credit.betalingsservice_collection_id
        self.assertEqual((collection.amount, collection.payment_date), (-100.0, date(2027, 2, 1)))
        with self.assertRaises(UserError):
            self.creditor._create_delivery()
        collection = credit.betalingsservice_collection_id
        self._invoice(self.other)
        delivery = self._deliver()
        self.assertEqual(collection.delivery_id, delivery)
        self.assertEqual(delivery.amount_total, 398.75)
        found = {
            c.customer_number: c.amount for c in delivery_0601.read(delivery.attachment_id.raw).sections[0].collections
        }
        self.assertEqual({key: float(value) for key, value in found.items()}, {"1001": -100.0, "1002": 498.75})
        report = self._answer()
        self.assertEqual(report.state, "to_approve", report.line_ids.mapped("match_reason"))
        report.action_approve()
        self.assertFalse(credit.amount_residual)
        self.assertEqual(sorted(report.movement_ids.mapped("amount")), [-100.0, 498.75])

    def test_a_credit_note_is_left_to_us_by_choice(self):
        self.creditor.credit_rule = "manual"
        invoice, credit = self._invoice(), self._credit(100)
        self.assertFalse(credit.betalingsservice_collection_id)
        self.assertEqual(invoice.betalingsservice_collection_id.amount, 498.75)
