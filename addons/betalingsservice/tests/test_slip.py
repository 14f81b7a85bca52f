from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.betalingsservice.formats import delivery_0601

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestSlip(BetalingsserviceCommon):
    """Slips (section 0117) for customers without an agreement, when the creditor has chosen them."""

    def _choose(self, rule):
        self.creditor.write({"slip_rule": rule, "slip_group_id": self.group.id})

    def test_no_slips_unless_they_are_chosen(self):
        self.assertFalse(self._invoice().betalingsservice_collection_id)
        with self.assertRaises(ValidationError):
            self.creditor.slip_rule = "all"

    def test_every_customer_without_agreement_gets_one(self):
        self._choose("all")
        self._agreement(self.other)
        drawn, slip = self._invoice(self.other), self._invoice(due=date(2027, 1, 27))
        collection = slip.betalingsservice_collection_id
        self.assertRecordValues(
            drawn.betalingsservice_collection_id | collection,
            [
                {"section": "0112", "payment_date": date(2027, 2, 1)},
                {"section": "0117", "payment_date": date(2027, 1, 27)},
            ],
        )
        self.assertEqual(collection.agreement_id.state, "pending")
        self.assertTrue(slip._payment_line_text(), "the slip carries the same number")
        delivery = self.creditor._create_delivery()
        sections = {s.section: s for s in delivery_0601.read(delivery.attachment_id.raw).sections}
        (written,) = sections["0117"].collections
        self.assertEqual(written.payment_id, slip.payment_id_number)
        self.assertEqual(written.mandate_number, "000000000")
        self.assertEqual(written.address[0], self.customer.name)
        operator = self._operator()
        operator.sign_up("1002")
        operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        data = operator.answer_0602().replace(b"71000000", b"71101000")
        report = self._import(data).report_id
        report.action_approve()
        self.assertEqual((drawn | slip).mapped("payment_state"), ["paid", "paid"])
        line = report.line_ids.filtered(lambda item: item.raw_type == "0297")
        self.assertEqual((line.fee_invoiced_amount, line.net_amount), (10.0, 498.75))

    def test_too_late_for_the_post_is_moved_and_says_so(self):
        self._choose("all")
        collection = self._invoice(due=date(2027, 1, 18)).betalingsservice_collection_id
        self.assertEqual(collection.payment_date, date(2027, 1, 25))
        self.assertIn("25.01.2027", collection.date_reason)

    def test_one_invoice_chosen(self):
        self._choose("chosen")
        self.assertFalse(self._invoice().betalingsservice_collection_id)
        chosen = self._invoice(post=False)
        chosen.betalingsservice_slip = True
        chosen.action_post()
        self.assertEqual(chosen.betalingsservice_collection_id.section, "0117")

    def test_signing_up_keeps_the_number_and_the_slip(self):
        self._choose("all")
        slip = self._invoice()
        operator = self._operator()
        operator.sign_up("1001")
        self._import(operator.answer_0603())
        self.assertEqual(slip.betalingsservice_collection_id.agreement_id.state, "active")
        self.assertEqual(slip.betalingsservice_collection_id.section, "0117")
        self.assertEqual(self._invoice(due=date(2027, 3, 1)).betalingsservice_collection_id.section, "0112")

    def test_nobody_who_sends_slips(self):
        draft = self._invoice(post=False)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            draft.betalingsservice_slip = True
        self._choose("chosen")
        draft.betalingsservice_slip = True
        self.creditor.slip_rule = "none"
        draft.action_post()
        self.assertEqual(draft.state, "posted")
        self.assertFalse(draft.betalingsservice_collection_id)
        self.assertTrue(draft._payment_line_text())
        self._agreement(self.other)
        self._invoice(self.other)
        self.assertEqual(self.creditor._create_delivery().payment_count, 1, "it stops no delivery of others")

    def test_a_posted_invoice_keeps_whether_a_slip_is_sent(self):
        self._choose("chosen")
        invoice = self._invoice()
        clerk = new_test_user(self.env, "faktura", groups="account.group_account_invoice")
        with self.assertRaises(UserError):
            invoice.with_user(clerk).betalingsservice_slip = True

    def test_slips_of_production_go_before_those_of_the_test(self):
        trial = self.creditor.copy({"subsystem": "KR9", "pbs_number": "00000001"})
        group = self.env["betalingsservice.debtor.group"].create(
            {"creditor_id": trial.id, "number": "00001", "name": "Prøve"}
        )
        trial.write({"slip_rule": "all", "slip_group_id": group.id})
        self._choose("all")
        self.assertEqual(self._invoice().betalingsservice_collection_id.creditor_id, self.creditor)
