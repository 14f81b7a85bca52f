from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.betalingsservice.formats import delivery_0601

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestCollection(BetalingsserviceCommon):
    def test_posting_claims_the_invoice_once(self):
        agreement = self._agreement()
        invoice = self._invoice()
        collection = invoice.betalingsservice_collection_ids
        self.assertRecordValues(
            collection,
            [
                {
                    "agreement_id": agreement.id,
                    "state": "to_send",
                    "amount": 498.75,
                    "payment_date": date(2027, 2, 1),
                    "final_date": date(2027, 2, 9),
                    "date_reason": "",
                }
            ],
        )
        invoice._create_betalingsservice_collections()
        self.env["account.move"]._sweep_betalingsservice(self.company)
        self.assertEqual(len(invoice.betalingsservice_collection_ids), 1)

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_claim(self):
        self._agreement()
        collection = self._invoice().betalingsservice_collection_ids
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            collection.line_ids.sudo().copy({"collection_id": collection.sudo().copy({"payment_date": False}).id})
            self.env.flush_all()

    def test_print_says_drawn_instead_of_the_payment_line(self):
        self._agreement()
        invoice = self._invoice()
        html = self._html(invoice)
        self.assertIn("01.02.2027", html)
        self.assertIn('name="betalingsservice_text"', html)
        self.assertIn(self.creditor.pbs_number, html)
        self.assertNotIn("+71&lt;", html)
        self.assertNotIn('name="payment_communication"', html)
        self.assertTrue(invoice.payment_id_number, "kept for the case that the payment is rejected")

    def test_drawn_is_said_in_every_layout(self):
        self._agreement()
        invoice = self._invoice()
        printed = invoice.with_context(lang=invoice.partner_id.lang)._betalingsservice_text()
        for layout in self.env["report.layout"].search([]):
            self.company.external_report_layout_id = layout.view_id
            with self.subTest(layout=layout.view_id.key):
                html = self._html(invoice)
                self.assertIn(printed, html)
                self.assertNotIn("+71&lt;", html)

    def test_agreement_taken_off_the_draft_gives_a_slip(self):
        self._agreement()
        invoice = self._invoice(post=False)
        invoice.betalingsservice_agreement_id = False
        invoice.action_post()
        self.assertFalse(invoice.betalingsservice_collection_ids)
        self.assertTrue(invoice._payment_line_text())

    def test_foreign_currency_is_not_drawn(self):
        self._agreement()
        self.env.ref("base.EUR").active = True
        self.assertFalse(self._invoice(currency_id=self.env.ref("base.EUR").id).betalingsservice_agreement_id)

    def test_second_invoice_of_a_day_moves_and_says_why(self):
        self.creditor.same_day_rule = "move"
        self._agreement()
        first, second, third = self._invoice(), self._invoice(price=123.75), self._invoice(price=1.25)
        self.assertEqual(first.betalingsservice_collection_ids.payment_date, date(2027, 2, 1))
        moved = second.betalingsservice_collection_ids
        self.assertEqual(moved.payment_date, date(2027, 2, 2))
        self.assertIn("01.02.2027", moved.date_reason)
        self.assertEqual(third.betalingsservice_collection_ids.payment_date, date(2027, 2, 3))

    def test_second_invoice_of_a_day_may_be_stopped(self):
        self.creditor.same_day_rule = "stop"
        self._agreement()
        self._invoice()
        stopped = self._invoice(price=123.75).betalingsservice_collection_ids
        self.assertFalse(stopped.payment_date)
        self.assertTrue(stopped.error_message)
        self.assertFalse(stopped.move_id._payment_reference_is_drawn())
        delivery = self.creditor._create_delivery()
        self.assertNotIn(stopped, delivery.collection_ids)
        stopped.payment_date = date(2027, 2, 4)
        self.assertFalse(stopped.error_message)
        self.assertIn(stopped, self.creditor._create_delivery().collection_ids)

    def test_closed_bank_days_move_by_the_creditors_rule(self):
        self._agreement()
        self._agreement(self.other)
        ahead = self._invoice(due=date(2027, 3, 27)).betalingsservice_collection_ids  # Saturday before Easter
        self.assertEqual(ahead.payment_date, date(2027, 3, 30))
        self.creditor.banking_day_rule = "previous"
        back = self._invoice(self.other, due=date(2027, 3, 27)).betalingsservice_collection_ids
        self.assertEqual(back.payment_date, date(2027, 3, 24))

    def test_too_late_for_the_month_is_drawn_in_the_next_and_says_so(self):
        self._agreement()
        with freeze_time("2027-01-22 09:00:00"):  # 10:00 in Copenhagen
            collection = self._invoice().betalingsservice_collection_ids
        self.assertEqual(collection.payment_date, date(2027, 3, 1))
        self.assertIn("22.01.2027", collection.date_reason)

    def test_a_collection_whose_deadline_passed_stays_out_with_its_reason(self):
        self._agreement()
        late = self._invoice().betalingsservice_collection_ids
        self._agreement(self.other)
        with freeze_time("2027-01-22 09:00:00"):
            self._invoice(self.other, due=date(2027, 3, 1))
            delivery = self.creditor._create_delivery()
        self.assertNotIn(late, delivery.collection_ids)
        self.assertIn("22.01.2027 09:00", late.error_message)

    def test_delivery_is_what_the_collections_say(self):
        self._agreement()
        self._agreement(self.other)
        self._invoice()
        self._invoice(self.other, price=123.75)
        held_line = self._invoice(self.other, price=5.0).betalingsservice_line_ids
        held_line.action_hold()
        held = held_line.move_id.betalingsservice_collection_id
        self.assertTrue(held.is_held)
        delivery = self.creditor._create_delivery()
        self.assertRecordValues(
            delivery,
            [
                {
                    "direction": "out",
                    "delivery_type": "0601",
                    "subsystem": "BS1",
                    "state": "ready",
                    "payment_count": 2,
                    "amount_total": 622.5,
                    "date_from": date(2027, 2, 1),
                    "date_to": date(2027, 2, 1),
                }
            ],
        )
        content = delivery.attachment_id.raw
        found = delivery_0601.read(content)
        self.assertFalse(found.faults)
        self.assertEqual(len(delivery.file_sha256), 64)
        first = found.sections[0].collections[0]
        self.assertEqual(first.customer_number, "1001")
        self.assertEqual(first.address, ("Søren Ærø Prøve", "Eksempelvej 1"))
        self.assertEqual(first.mandate_number, "000101529")
        self.assertIn("Abonnement - januar", first.texts[1])
        self.assertTrue(all(len(text) <= 60 for text in first.texts))
        self.assertFalse(held.delivery_id)
        with self.assertRaises(UserError):
            self.creditor._create_delivery()
        delivery.action_mark_sent()
        self.assertEqual(set(delivery.collection_ids.mapped("state")), {"delivered"})

    def test_discarded_delivery_frees_its_collections_and_keeps_its_number(self):
        self._agreement()
        collection = self._invoice().betalingsservice_collection_ids
        first = self.creditor._create_delivery()
        first._discard("Forkert dag")
        second = self.creditor._create_delivery()
        self.assertEqual(collection.delivery_id, second)
        self.assertNotEqual(first.delivery_number, second.delivery_number)
        second.action_mark_sent()
        with self.assertRaises(UserError):
            second._discard("For sent")

    def test_delivered_invoice_is_not_set_to_draft(self):
        self._agreement()
        invoice = self._invoice()
        self.creditor._create_delivery()
        with self.assertRaises(UserError) as caught:
            invoice.button_draft()
        self.assertIn(invoice.name, str(caught.exception))

    def test_draft_before_delivery_releases_and_posting_claims_again(self):
        self._agreement()
        invoice = self._invoice()
        invoice.button_draft()
        self.assertEqual(invoice.betalingsservice_collection_ids.state, "cancelled")
        invoice.action_post()
        self.assertEqual(sorted(invoice.betalingsservice_collection_ids.mapped("state")), ["cancelled", "to_send"])
        self.assertEqual(invoice.betalingsservice_collection_id.payment_date, date(2027, 2, 1))

    def test_credit_before_the_cut_off_withdraws_the_claim(self):
        self._agreement()
        invoice = self._invoice()
        invoice._reverse_moves([{"invoice_date": date(2027, 1, 16)}], cancel=True)
        self.assertEqual(invoice.betalingsservice_collection_ids.state, "cancelled")

    def test_payment_in_another_way_lowers_the_claim(self):
        self._agreement()
        invoice = self._invoice()
        self._register_payment(invoice, amount=100.0)
        self.assertEqual(invoice.betalingsservice_collection_ids.amount, 398.75)

    def test_credit_after_delivery_tells_the_manual_way(self):
        self._agreement()
        invoice = self._invoice()
        self.creditor._create_delivery().action_mark_sent()
        invoice._reverse_moves([{"invoice_date": date(2027, 1, 16)}], cancel=True)
        collection = invoice.betalingsservice_collection_ids
        self.assertEqual(collection.state, "delivered")
        self.assertIn(invoice.name, collection.message_ids[0].body)

    def test_missing_address_stops_one_and_not_the_rest(self):
        self._agreement()
        self._agreement(self.other)
        good = self._invoice().betalingsservice_collection_ids
        self.other.street = False
        bad = self._invoice(self.other).betalingsservice_collection_ids
        delivery = self.creditor._create_delivery()
        self.assertEqual(delivery.collection_ids, good)
        self.assertIn(self.other.name, bad.error_message)

    def test_changed_file_is_not_sent(self):
        self._agreement()
        self._invoice()
        delivery = self.creditor._create_delivery()
        delivery.attachment_id.sudo().raw = b"BS002"
        with self.assertRaises(UserError):
            delivery.action_mark_sent()
