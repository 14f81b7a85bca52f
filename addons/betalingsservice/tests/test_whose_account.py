from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestWhoseAccount(BetalingsserviceCommon):
    """An invoice is drawn from the account of the one who pays it, if at all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "faktura", groups="account.group_account_invoice")

    def test_not_from_another_customers_account(self):
        theirs = self._agreement(self.other)
        draft = self._invoice(post=False)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            draft.with_user(self.clerk).betalingsservice_agreement_id = theirs
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._invoice(post=False, betalingsservice_agreement_id=theirs.id)
        draft.invalidate_recordset()
        draft.action_post()
        with self.assertRaises(UserError):
            draft.with_user(self.clerk).betalingsservice_agreement_id = theirs
        self.assertFalse(draft.betalingsservice_collection_ids)

    def test_a_posted_invoice_keeps_how_it_is_paid(self):
        invoice = self._invoice()
        own = self._agreement()
        with self.assertRaises(UserError):
            invoice.with_user(self.clerk).betalingsservice_agreement_id = own

    def test_kroner_only(self):
        own = self._agreement()
        euro = self.env.ref("base.EUR")
        euro.active = True
        with self.assertRaises(ValidationError):
            self._invoice(post=False, currency_id=euro.id, betalingsservice_agreement_id=own.id)

    def test_a_draft_that_was_taken_off_stays_off(self):
        agreement = self._agreement()
        written, created = self._invoice(post=False), self._invoice(post=False, betalingsservice_agreement_id=False)
        written.betalingsservice_agreement_id = False
        agreement.action_end()
        agreement.action_activate()
        self.assertFalse((written | created).betalingsservice_agreement_id)
        (written | created).action_post()
        self.assertFalse((written | created).betalingsservice_collection_ids)
        other = self._invoice(post=False)
        other.betalingsservice_agreement_id = False
        other.betalingsservice_agreement_id = agreement
        agreement.action_end()
        agreement.action_activate()
        self.assertEqual(other.betalingsservice_agreement_id, agreement, "taken on again")

    def test_a_draft_credit_note_follows_its_customer_who_joins(self):
        credit = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.customer.id,
                "invoice_date": date(2027, 1, 15),
                "invoice_line_ids": [
                    Command.create({"name": "Retur", "price_unit": 100, "tax_ids": [Command.clear()]})
                ],
            }
        )
        self.assertFalse(credit.betalingsservice_agreement_id)
        agreement = self._agreement()
        self.assertEqual(credit.betalingsservice_agreement_id, agreement)

    # What the customer reads

    def test_what_cannot_be_drawn_says_how_to_pay(self):
        self._agreement()
        invoice = self._invoice()
        collection = invoice.betalingsservice_collection_id
        self.assertTrue(invoice._betalingsservice_text())
        collection.action_hold()
        self.assertEqual(invoice._betalingsservice_text(), "")
        self.assertTrue(invoice._payment_line_text())
        collection.action_release_hold()
        self.assertTrue(invoice._betalingsservice_text())
        with freeze_time("2027-01-22 08:00:00"):  # 09:00 in Denmark, the hour of the deadline
            self.assertEqual(invoice._betalingsservice_text(), "")
            self.assertTrue(invoice._payment_line_text())
        self.creditor._create_delivery()
        with freeze_time("2027-01-22 08:00:00"):
            self.assertTrue(invoice._betalingsservice_text(), "in a file that may have left")
