from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from odoo.addons.transfer_log.exceptions import RejectedError

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestLain(BetalingsserviceCommon):
    """A file that has lain, and what is taken into one."""

    def setUp(self):
        super().setUp()
        self._agreement()
        self.connection = self.env["transfer.connection"].create(
            {
                "name": "Filer",
                "kind": "betalingsservice",
                "betalingsservice_creditor_id": self.creditor.id,
                "betalingsservice_out": "/srv/out",
                "betalingsservice_in": "/srv/in",
            }
        )

    def _written(self):
        self.invoice = self._invoice()
        return self.creditor._create_delivery()

    def test_a_file_is_not_sent_after_its_deadline(self):
        delivery = self._written()
        self.assertFalse(delivery.stale_text)
        delivery.action_send()
        with freeze_time("2027-01-22 08:00:00"):
            delivery.invalidate_recordset(["stale_text"])
            self.assertIn("22.01.2027", delivery.stale_text)
            with self.assertRaises(UserError):
                delivery.action_send()
            with self.assertRaises(RejectedError):  # it lay in the queue
                self.connection._betalingsservice_send(delivery.transfer_log_id)
        self.assertEqual(delivery.state, "ready")

    def test_a_file_is_not_sent_when_an_invoice_was_paid_since(self):
        delivery = self._written()
        collection = self.invoice.betalingsservice_collection_id
        self._register_payment(self.invoice, amount=100)
        self.assertIn(delivery.name, collection.message_ids[0].body)
        with self.assertRaises(UserError) as caught:
            delivery.action_send()
        self.assertIn(self.invoice.name, str(caught.exception))
        delivery._discard("Har ligget for længe")
        again = self.creditor._create_delivery()
        self.assertEqual(again.amount_total, 398.75)
        again.action_send()

    def test_what_somebody_is_changing_is_not_left_out_in_silence(self):
        self._invoice()
        Collection = type(self.env["betalingsservice.collection"])
        with patch.object(Collection, "try_lock_for_update", lambda records, **_kw: records.browse()):
            with self.assertRaises(UserError) as caught:
                self.creditor._create_delivery()
        self.assertIn("000", str(caught.exception))

    def test_what_stays_out_is_named(self):
        """A delivery that leaves one behind says so; where nothing is left to deliver, why."""
        self._invoice()
        self._agreement(self.other)
        stays = self._invoice(self.other).betalingsservice_collection_id
        self.other.street = False
        delivery = self.creditor._create_delivery()
        self.assertNotIn(stays, delivery.collection_ids)
        told = "".join(delivery.message_ids.mapped("body"))
        self.assertIn(self.other.name, told)
        self.assertIn(stays.error_message, told)
        with self.assertRaises(UserError) as refused:
            self.creditor._create_delivery()
        self.assertIn(stays.error_message, str(refused.exception))
        stays.action_hold()
        stays.sudo().error_message = False
        self.other.street = "Eksempelvej 1"
        with self.assertRaises(UserError) as refused:
            self.creditor._create_delivery()
        self.assertIn(self.other.name, str(refused.exception))

    def test_a_danish_postcode_has_four_digits(self):
        collection = self._invoice().betalingsservice_collection_id
        self.customer.zip = "DK-2100"
        self.assertEqual((collection._faults(), collection._prepare_record().postcode), ([], "2100"))
        for postcode in ("210", "21000", "SE-123 45", " "):
            self.customer.zip = postcode
            [fault] = collection._faults()
            self.assertIn(self.customer.name, fault)

    def test_an_address_has_a_line_beside_the_name(self):
        collection = self._invoice().betalingsservice_collection_id
        self.customer.street = "  "
        self.assertTrue(collection._faults())
        self.customer.street2 = "c/o Prøve"
        self.assertEqual(collection._faults(), [])
        self.assertEqual(len(collection._prepare_record().address), 2)

    def test_a_closed_first_of_the_month_missed_no_deadline(self):
        with freeze_time("2026-12-10 10:00:00"):
            day, reason = self.creditor._payment_date(date(2027, 1, 1))
            self.assertEqual(day, date(2027, 1, 4))
            self.assertNotIn("21.12.2026", reason)
            self.creditor.banking_day_rule = "previous"
            self.assertEqual(self.creditor._payment_date(date(2027, 1, 1))[0], date(2027, 1, 4))
        with freeze_time("2026-12-21 08:00:00"):
            self.assertIn("21.12.2026", self.creditor._payment_date(date(2027, 1, 1))[1])

    def test_the_hour_of_the_deadline_is_one_of_the_day(self):
        self.creditor.deadline_hour = 23.99
        self.assertEqual(self.creditor._deadline_time().minute, 59)
        with self.assertRaises(ValidationError):  # 24:00 when rounded to minutes
            self.creditor.deadline_hour = 23.995

    def test_only_what_came_after_the_delivery_is_credited_later(self):
        invoice = self._invoice(price=1000)
        before = self._credit(invoice, 200)
        delivery = self.creditor._create_delivery()
        delivery.action_mark_sent()
        collection = invoice.betalingsservice_collection_id
        self.assertEqual(collection.amount, 800)
        after = self._credit(invoice, 300)
        self.assertEqual(collection.excess_amount, 300)
        collection.action_credit_later()
        self.assertEqual((invoice.amount_residual, before.amount_residual, after.amount_residual), (800, 0, 300))
        self.assertFalse(collection.excess_amount)

    def test_what_was_paid_otherwise_is_no_credit_note(self):
        delivery = self._written()
        delivery.action_mark_sent()
        self._register_payment(self.invoice, amount=100)
        with self.assertRaises(UserError):
            self.invoice.betalingsservice_collection_id.action_credit_later()

    def _credit(self, invoice, amount):
        credit = invoice._reverse_moves([{"invoice_date": date(2027, 1, 16)}])
        credit.invoice_line_ids.price_unit = amount
        credit.action_post()
        lines = (invoice | credit).line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        lines.reconcile()
        return credit
