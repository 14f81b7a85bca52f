from datetime import date

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.betalingsservice.formats import delivery_0601

from .common import BetalingsserviceCommon

FIRST, SECOND = date(2027, 2, 1), date(2027, 3, 1)


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestInstalments(BetalingsserviceCommon):
    """1,000.00 in two halves, due 1 February and 1 March 2027: drawn half by half."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()
        self._agreement(state="pending")
        self.operator.sign_up("1001")
        self._import(self.operator.answer_0603())
        self.term = self.env["account.payment.term"].create(
            {
                "name": "50/50",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (17, 45)
                ],
            }
        )
        self.invoice = self._halves()
        self.first, self.second = self.invoice._betalingsservice_receivables()

    def _halves(self, **values):
        return self._invoice(price=1000, due=False, invoice_payment_term_id=self.term.id, **values)

    def _deliver(self):
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        return delivery

    def _answer(self, approve=True):
        report = self._import(self.operator.answer_0602()).report_id
        self.assertEqual(report.state, "to_approve", report.undecided_text)
        if approve:
            report.action_approve()
        return report

    def _collection(self, instalment):
        return self.invoice.betalingsservice_line_ids.filtered(
            lambda line: line.instalment_id == instalment and not line.is_withdrawn
        ).collection_id

    def test_each_instalment_on_its_own_day(self):
        self.assertRecordValues(
            self.invoice.betalingsservice_line_ids.sorted("id"),
            [
                {"instalment_id": self.first.id, "amount": 500, "due_date": FIRST, "is_active": True},
                {"instalment_id": self.second.id, "amount": 500, "due_date": SECOND, "is_active": True},
            ],
        )
        self.assertEqual(self._collection(self.first).payment_date, FIRST)
        self.assertEqual(self._collection(self.second).payment_date, SECOND)
        html = self._html(self.invoice)
        printed = self.invoice.with_context(lang=self.invoice.partner_id.lang)._betalingsservice_text()
        for text in ("01.02.2027", "01.03.2027", "500,00"):
            self.assertIn(text, printed)
        self.assertIn(printed.split(":")[0], html)
        self.assertFalse(self.invoice._payment_line_text(), "nothing is left for the payer to type")

    def test_one_invoice_due_once_is_claimed_as_a_whole(self):
        self.assertFalse(self._invoice().betalingsservice_line_ids.instalment_id)

    def test_exactly_once_per_receivable_item(self):
        delivery = self._deliver()
        self.assertEqual(delivery.collection_ids, self._collection(self.first))
        self.assertEqual(delivery.amount_total, 500)
        for _time in range(2):
            self.env["account.move"]._sweep_betalingsservice(self.company)
        with self.assertRaises(UserError):  # nothing more for February
            self.creditor._create_delivery()
        with freeze_time("2027-02-10 10:00:00"):
            march = self._deliver()
        self.assertEqual(march.collection_ids, self._collection(self.second))
        self.assertEqual(march.amount_total, 500)
        self.assertEqual(len(self.invoice.betalingsservice_line_ids), 2)
        whole = self._collection(self.second).sudo()
        with self.assertRaises(IntegrityError), self.cr.savepoint(), mute_logger("odoo.sql_db"):
            whole._add_lines([(whole, [self.invoice.betalingsservice_line_ids[0]._part()])])

    def test_the_payer_reads_which_instalment_it_is(self):
        delivery = self._deliver()
        ((collection,),) = (section.collections for section in delivery_0601.read(delivery.attachment_id.raw).sections)
        text = "\n".join(collection.texts)
        self.assertIn("1.000,00", text)
        self.assertIn("-500,00", text)
        self.assertIn("01.02.2027", text)
        self.assertTrue(collection.texts[-1].endswith(" 500,00"))

    def test_each_payment_closes_its_own_instalment(self):
        """The second is answered before the first: nothing of it may be booked on the first, which is due earlier."""
        self._deliver()
        early = self._answer(approve=False)
        with freeze_time("2027-02-10 10:00:00"):
            self._deliver()
            late = self._answer()
        self.assertEqual((self.first.amount_residual, self.second.amount_residual), (500, 0))
        self.assertEqual(self._collection(self.second).state, "paid")
        early.action_approve()
        self.assertEqual((self.first.amount_residual, self.invoice.payment_state), (0, "paid"))
        late.action_undo()
        self.assertEqual((self.first.amount_residual, self.second.amount_residual), (0, 500))

    def test_one_instalment_rejected_the_other_paid(self):
        self._deliver()
        self.operator.reject("1001")
        self._answer()
        self.assertEqual(self._collection(self.first).state, "rejected")
        self.assertTrue(self.invoice._payment_line_text(), "the rejected half is paid by the customer")
        self.assertIn("01.03.2027", self.invoice._betalingsservice_text(), "and the other is still drawn")
        self.assertNotIn("01.02.2027", self.invoice._betalingsservice_text())
        with freeze_time("2027-02-10 10:00:00"):
            march = self._deliver()
            self.assertEqual(march.collection_ids, self._collection(self.second))
            self._answer()
        self.assertEqual((self.first.amount_residual, self.second.amount_residual), (500, 0))
        self.assertEqual(self.invoice.payment_state, "partial")
        rejected = self._collection(self.first)
        with freeze_time("2027-02-10 10:00:00"):
            rejected.action_collect_next_month()
        again = self._collection(self.first) - rejected
        self.assertEqual((again.amount, again.line_ids.instalment_id), (500, self.first))
        with self.assertRaises(UserError):
            rejected.action_collect_next_month()

    def test_one_instalment_charged_back(self):
        self._deliver()
        self._answer()
        self.assertEqual(self.invoice.payment_state, "partial")
        self.operator.charge_back("1001", date(2027, 2, 5))
        back = self._answer()
        self.assertEqual((self.first.amount_residual, self.second.amount_residual), (500, 500))
        self.assertEqual(self._collection(self.first).state, "charged_back")
        self.assertEqual(self._collection(self.second).state, "to_send")
        back.action_undo()
        self.assertEqual((self.first.amount_residual, self.second.amount_residual), (0, 500))

    def test_the_second_charged_back_opens_the_second(self):
        self._deliver()
        self._answer()
        with freeze_time("2027-02-10 10:00:00"):
            self._deliver()
            self._answer()
            self.operator.charge_back("1001", date(2027, 3, 4))
            back = self._answer()
            self.assertEqual((self.first.amount_residual, self.second.amount_residual), (0, 500))
            self.assertEqual(self._collection(self.first).state, "paid")
            back.action_undo()
            self.assertEqual(self.invoice.payment_state, "paid")

    def test_a_payment_in_another_way_lowers_the_instalment_it_pays(self):
        delivery = self.creditor._create_delivery()
        self._register_payment(self.invoice, amount=300)
        self.assertEqual(delivery._changed_moves(), self.invoice)
        self.assertTrue(delivery.stale_text)
        delivery._discard("Betalt imens")
        self.assertEqual(self.creditor._create_delivery().amount_total, 200)
        self.assertEqual(self._collection(self.second).amount, 500)

    def test_an_instalment_paid_after_the_match_is_not_paid_again(self):
        self._deliver()
        report = self._answer(approve=False)
        self._register_payment(self.invoice, amount=500)
        with self.assertRaises(UserError):
            report.action_approve()
        report.action_match()
        self.assertEqual(report.line_ids.match_state, "proposed")
        report.line_ids.action_accept()
        report.action_approve()
        self.assertEqual((self.first.amount_residual, self.second.amount_residual), (0, 500))
        self.assertFalse(report.line_ids.item_id.reconciled, "drawn too much: it stands to the customer's credit")

    def test_the_agreement_ends_between_two_instalments(self):
        self._deliver()
        agreement = self.customer.betalingsservice_agreement_ids
        agreement.action_end()
        self.assertEqual(self._collection(self.first).state, "delivered")
        self.assertEqual(self._collection(self.second).state, "cancelled")
        self.assertTrue(self.invoice._payment_line_text())
        agreement.action_activate()
        with freeze_time("2027-02-10 10:00:00"):
            march = self.creditor._create_delivery()
        self.assertEqual(march.collection_ids.line_ids.instalment_id, self.second)
        self.assertEqual(march.amount_total, 500)

    def test_both_on_one_day_are_drawn_together(self):
        with freeze_time("2027-02-26 10:00:00"):  # the deadline of March has passed
            invoice = self._halves()
        (collection,) = invoice.betalingsservice_collection_ids
        self.assertEqual((collection.amount, len(collection.line_ids)), (1000, 2))
        with freeze_time("2027-03-01 10:00:00"):
            self._deliver()
            self._answer()
        self.assertEqual(invoice.payment_state, "paid")

    def test_a_draft_with_instalments_is_missing_in_each_month(self):
        draft = self._halves(post=False)
        for day in (FIRST, SECOND):
            deadline = self.creditor.deadline_ids.filtered(lambda found, day=day: found.month == day)
            self.assertIn(draft, self.env["account.move"].search(deadline._draft_domain()))

    def test_back_to_draft_and_posted_in_one(self):
        self.invoice.button_draft()
        self.assertFalse(self.invoice.betalingsservice_line_ids.filtered("is_active"))
        self.invoice.write({"invoice_payment_term_id": False, "invoice_date_due": SECOND})
        self.invoice.action_post()
        active = self.invoice.betalingsservice_line_ids.filtered("is_active")
        self.assertEqual((active.amount, active.instalment_id.id), (1000, False))
