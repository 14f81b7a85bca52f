from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import PBS, SUPPLIER, BetalingsserviceCommon

DAY = date(2027, 1, 15)


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestMandates(BetalingsserviceCommon):
    """Delivery 0603: which record changes which agreement, and which only looks as if it did."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()

    def _file(self, *records, sections=None, number=None, day=None):
        """A file with exactly these records ``(transaction, customer, mandate, date 1, date 2)``."""
        self.operator._delivery_number = number - 1 if number else self.operator._delivery_number
        self.operator.today = day or DAY
        rows = [self.operator._mandate_record(*record) for record in records]
        return self._import(self.operator._file("0603", sections(rows) if sections else [("0212", rows)]))

    def test_the_end_at_the_old_bank_leaves_the_agreement_with_the_new_one(self):
        agreement = self._agreement(mandate_number="000000001", start_date=date(2026, 5, 1))
        invoice = self._invoice()
        delivery = self._file(
            ("0231", "1001", "000000002", date(2027, 1, 12), None),
            ("0232", "1001", "000000001", date(2026, 5, 1), date(2027, 1, 13)),
        )
        self.assertRecordValues(agreement, [{"state": "active", "mandate_number": "000000002", "end_date": False}])
        self.assertEqual(invoice.betalingsservice_collection_id.state, "to_send")
        self.assertEqual(delivery.line_ids.mapped("result"), ["changed", "unchanged"])
        self.assertIn("000000002", delivery.line_ids[1].message)
        self._file(("0232", "1001", "000000000", date(2026, 5, 1), date(2027, 1, 10)))
        self.assertEqual(agreement.state, "active", "ended before it began: the one before it")
        self._file(("0232", "1001", "000000002", date(2027, 1, 12), date(2027, 1, 14)))
        self.assertEqual(agreement.state, "ended")

    def test_the_end_of_a_former_mandate_does_not_end_an_unknown_number(self):
        delivery = self._file(
            ("0231", "7777", "000000002", date(2027, 1, 12), None),
            ("0232", "7777", "000000001", date(2026, 5, 1), date(2027, 1, 13)),
        )
        line = delivery.line_ids.filtered(lambda line: line.result == "unknown")
        line.partner_id = self.other
        line.action_create_agreement()
        self.assertRecordValues(line.agreement_id, [{"state": "active", "mandate_number": "000000002"}])

    def test_a_file_found_late_turns_nothing_back(self):
        agreement, second = self._agreement(), self._agreement(self.other)
        self._file(("0232", "1001", "000101529", DAY, DAY), number=2000002)
        late = self._file(
            ("0230", "1001", "000101529", date(2026, 5, 1), None),
            number=2000001,
            day=date(2027, 1, 14),
            sections=lambda rows: [("0210", rows)],
        )
        self.assertEqual((agreement.state, late.line_ids[0].result), ("ended", "unchanged"))
        self.assertTrue(late.line_ids[0].message)
        self.assertEqual(late.line_ids.filtered(lambda line: line.result == "missing").agreement_id, second)
        self._file(("0231", "1001", "000101530", date(2027, 1, 14), None), number=2000003)
        self.assertEqual(agreement.state, "active")

    def test_what_an_old_file_alone_tells_is_taken_up(self):
        self._file(("0231", "1002", "000000002", DAY, None), number=2000002)
        self._file(("0231", "1001", "000000001", DAY, None), number=2000001, day=date(2027, 1, 14))
        self.assertEqual(self.customer.betalingsservice_agreement_ids.state, "active")

    def test_only_groups_listed_in_full_miss_somebody(self):
        self.creditor.group_ids = [Command.create({"number": "00002", "name": "To"})]
        listed, elsewhere = self._agreement(), self._agreement(self.other, group_id=self.creditor.group_ids[1].id)

        def sections(rows):
            return [("0210", rows[:1]), ("0219", [row.replace("00000001", "00002", 1) for row in rows[1:2]])]

        delivery = self._file(
            ("0230", "1001", "000101529", DAY, None), ("0230", "7777", "000000003", DAY, None), sections=sections
        )
        self.assertFalse(delivery.missing_count, "a slip of group 00002 lists nobody of it")
        self.assertEqual((listed + elsewhere).mapped("state"), ["active", "active"])

    def test_an_empty_list_misses_everybody(self):
        agreement = self._agreement()
        head = f"{SUPPLIER}BS10603"
        lines = [
            f"BS002{head}0003000001{'':19}150127",
            f"BS012{PBS}021000000001{'':24}150127",
            f"BS092{PBS}021000000001{'':6}{0:011d}{0:015d}{0:011d}{'':15}{0:011d}",
            f"BS992{head}{1:011d}{0:011d}{0:015d}{0:011d}{0:015d}{0:011d}{0:034d}",
        ]
        delivery = self._import("\r\n".join(lines).encode())
        self.assertEqual((delivery.state, delivery.error_message), ("read", False))
        self.assertEqual(delivery.line_ids.agreement_id, agreement)
        self.assertEqual(delivery.line_ids.result, "missing")

    def test_customers_are_found_by_the_number_their_reference_makes(self):
        self.customer.ref, self.other.ref = "001001", "a-1æ"
        delivery = self._file(
            ("0231", "1001", "000000001", DAY, None),
            ("0231", "A1Æ", "000000002", DAY, None),
        )
        self.assertEqual(delivery.line_ids.mapped("result"), ["created", "created"])
        self.assertEqual(delivery.line_ids.partner_id, self.customer | self.other)

    def test_a_late_answer_for_an_archived_creditor_is_read(self):
        agreement = self._agreement()
        self.creditor.active = False
        delivery = self._file(("0232", "1001", "000101529", DAY, DAY))
        self.assertEqual((delivery.state, agreement.state), ("read", "ended"), delivery.error_message)

    # What becomes of the invoices

    def test_a_claim_that_ends_with_the_mandate_is_told_and_decided(self):
        agreement = self._agreement()
        invoice = self._invoice()
        collection = invoice.betalingsservice_collection_id
        before = len(invoice.message_ids)
        agreement.action_end()
        self.assertRecordValues(collection, [{"state": "cancelled", "is_stopped": True, "can_follow_up": True}])
        self.assertEqual(len(invoice.message_ids), before + 1)
        self.assertTrue(invoice._payment_line_text())
        self.assertFalse(collection.can_collect_again)
        for again in (collection.action_collect_next_month, collection.action_hold_invoice):
            with self.assertRaises(UserError):
                again()
        collection.action_invoice_now()
        self.assertFalse(collection.can_follow_up)

    def test_a_payer_who_changes_his_bank_is_drawn_on_his_day(self):
        agreement = self._agreement()
        first, second = self._invoice(), self._invoice(due=date(2027, 3, 1))
        stopped = first.betalingsservice_collection_id
        agreement.action_end()
        agreement.action_activate()
        with freeze_time("2027-02-10 10:00:00"):
            self.env["account.move"]._sweep_betalingsservice(self.company)
        self.assertEqual(second.betalingsservice_collection_id.payment_date, date(2027, 3, 1))
        self.assertEqual(second.betalingsservice_collection_id.state, "to_send")
        self.assertEqual(first.betalingsservice_collection_id, stopped, "its day has passed: somebody decides")
        self.env["account.move"]._sweep_betalingsservice(self.company)
        again = first.betalingsservice_collection_id
        self.assertRecordValues(again, [{"state": "to_send", "payment_date": date(2027, 2, 1)}])
        self.assertFalse(stopped.is_stopped)

    # Sign-up numbers

    def test_the_number_of_a_record_is_never_printed_as_a_customer_number(self):
        reference = self.env["payment.reference.agreement"].search([("company_id", "=", self.company.id)])
        reference.write({"pbs_number": PBS, "debtor_group": "00001"})
        nameless = self._customer("Uden reference", False)
        self.other.ref = str(nameless.id)
        self._agreement(self.other, state="pending")
        self.assertEqual(self._invoice(nameless)._payment_signup(), {}, "the number is another customer's")
        reference.write({"pbs_number": "99999999"})
        self.assertEqual(self._invoice(nameless)._payment_signup(), {}, "of a creditor that is not ours")

    def test_the_number_printed_is_the_one_kept(self):
        reference = self.env["payment.reference.agreement"].search([("company_id", "=", self.company.id)])
        reference.write({"pbs_number": PBS, "debtor_group": "00001"})
        self.creditor.write({"number_scheme": "sequence", "number_length": 6})
        invoice = self._invoice()
        agreement = self.customer.betalingsservice_agreement_ids
        self.assertRecordValues(agreement, [{"state": "pending", "customer_number": "001001"}])
        self.assertEqual(invoice._payment_signup()["customer_number"], "001001")
