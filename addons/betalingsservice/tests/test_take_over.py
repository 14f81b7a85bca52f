from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import PBS, SUPPLIER, BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestTakeOver(BetalingsserviceCommon):
    """Agreements of an old system: a full file 0603, numbers as they were, and what nobody knows."""

    def _full_list(self, numbers, name="D1234567-603.BS1"):
        operator = self._operator()
        for number in numbers:
            operator.sign_up(number, date(2026, 5, 1))
        return self._import(operator.answer_0603(full=True), name)

    def _customers(self, count, first=50000):
        return self.env["res.partner"].create(
            [{"name": f"Kunde {number}", "ref": str(number)} for number in range(first, first + count)]
        )

    def test_120_agreements_and_3_unknown_numbers(self):
        self._customers(120)
        delivery = self._full_list([*map(str, range(50000, 50120)), "7001", "7002", "7003"])
        self.assertEqual(delivery.unknown_count, 3)
        agreements = self.env["betalingsservice.agreement"].search([("creditor_id", "=", self.creditor.id)])
        self.assertEqual(len(agreements), 120)
        self.assertEqual(set(agreements.mapped("state")), {"active"})
        self.assertEqual(len(agreements.log_ids), 120)
        self.assertEqual(agreements.log_ids.delivery_id, delivery)
        self.assertFalse(agreements.message_ids, "the history is told by its own rows")
        unknown = self.env["betalingsservice.delivery.line"].search(
            [("delivery_id", "=", delivery.id), ("result", "=", "unknown")]
        )
        self.assertEqual(unknown.mapped("customer_number"), ["7001", "7002", "7003"])
        unknown[0].partner_id = self.other
        unknown[0].action_create_agreement()
        unknown[1:].action_ignore()
        self.assertFalse(delivery.unknown_count)
        self.assertEqual(self.other.betalingsservice_agreement_ids.customer_number, "7001")

    def test_statements_grow_by_the_thousand_not_by_the_agreement(self):
        """The goal of the take-over of 10,000: counted here on 300 and 600, new ones and changed ones."""
        self._customers(600)
        counts = []
        for first, count in ((50000, 100), (50100, 400)):
            before = self.cr.sql_log_count
            self._full_list([str(number) for number in range(first, first + count)], f"D{first}-603.BS1")
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLess((counts[1] - counts[0]) / 300, 0.2, counts)

    def test_joining_reads_no_posted_invoice(self):
        """Whoever has many old invoices joins as fast as one who has none."""
        for _number in range(3):
            self._invoice()
        draft = self._invoice(post=False)
        agreement = self._agreement(state="pending")
        old = self.env["account.move"].search([("partner_id", "=", self.customer.id), ("state", "=", "posted")])
        self.env.flush_all()
        self.env.invalidate_all()
        agreement.action_activate()
        self.assertFalse(self.env.records_to_compute(old._fields["betalingsservice_agreement_id"]) & old)
        self.assertEqual(draft.betalingsservice_agreement_id, agreement)
        self.assertFalse(old.betalingsservice_agreement_id)

    def test_agreement_registered_and_cancelled_in_one_file(self):
        operator = self._operator()
        operator.sign_up("1001", date(2027, 1, 10))
        operator.sign_off("1001", date(2027, 1, 12))
        delivery = self._import(operator.answer_0603())
        self.assertEqual(delivery.line_ids.mapped("result"), ["created", "ended"])
        agreement = self.customer.betalingsservice_agreement_ids
        self.assertRecordValues(agreement, [{"state": "ended", "end_date": date(2027, 1, 12), "ended_by": "bank"}])
        self.assertEqual(agreement.log_ids.sorted("id").mapped("state_to"), ["active", "ended"])

    def test_cancelled_number_nobody_knows_needs_no_decision(self):
        operator = self._operator()
        operator.sign_up("7777")
        operator.answer_0603()
        operator.sign_off("7777")
        delivery = self._import(operator.answer_0603())
        self.assertEqual(delivery.line_ids.mapped("result"), ["unknown_ended"])
        self.assertFalse(delivery.unknown_count)

    def test_number_unknown_in_two_files_is_decided_once(self):
        operator = self._operator()
        operator.sign_up("7777", date(2027, 1, 2))
        first = self._import(operator.answer_0603())
        second = self._import(operator.answer_0603(full=True))
        self.assertEqual((first.unknown_count, second.unknown_count), (1, 1))
        first.line_ids.partner_id = self.other
        first.line_ids.action_create_agreement()
        self.assertEqual((first.unknown_count, second.unknown_count), (0, 0))
        self.assertEqual(second.line_ids.agreement_id, self.other.betalingsservice_agreement_ids)

    def test_number_cancelled_before_it_was_assigned_ends_the_agreement(self):
        operator = self._operator()
        operator.sign_up("7777", date(2027, 1, 2))
        first = self._import(operator.answer_0603())
        operator.sign_off("7777", date(2027, 1, 14))
        self._import(operator.answer_0603())
        first.line_ids.partner_id = self.other
        first.line_ids.action_create_agreement()
        self.assertRecordValues(
            self.other.betalingsservice_agreement_ids,
            [{"state": "ended", "end_date": date(2027, 1, 14), "ended_by": "bank"}],
        )

    def test_two_customers_with_one_reference_are_not_guessed_between(self):
        self.other.ref = "1001"
        delivery = self._full_list(["1001"])
        self.assertEqual(delivery.unknown_count, 1)

    def test_agreements_not_in_the_full_list_can_be_ended(self):
        kept, gone = self._agreement(), self._agreement(self.other)
        delivery = self._full_list(["1001"])
        self.assertEqual(delivery.missing_count, 1)
        self.assertEqual(gone.state, "active", "shown, not changed by itself")
        delivery.action_end_missing()
        self.assertEqual((kept.state, gone.state, gone.ended_by), ("active", "ended", "betalingsservice"))
        self.assertEqual(gone.log_ids.sorted("id")[-1:].delivery_id, delivery)
        with self.assertRaises(UserError):
            delivery.action_end_missing()

    def test_numbers_of_the_old_system_are_kept_whatever_the_rules(self):
        self.creditor.write({"number_length": 6, "is_number_digits": True})
        self.assertEqual(self._agreement(state="pending").customer_number, "001001")
        with self.assertRaises(ValidationError):
            self._agreement(self.other, state="pending", customer_number="KUNDE2")
        with self.assertRaises(ValidationError):
            self._agreement(self.other, state="pending", customer_number="123")
        old = self._agreement(self.other, state="pending", customer_number="KUNDE2", is_number_kept=True)
        self.assertEqual(old.customer_number, "KUNDE2")
        delivery = self._full_list(["KUNDE2"])
        self.assertEqual((old.state, delivery.unknown_count), ("active", 0))

    def test_own_series_uses_no_number_twice_and_none_for_a_look(self):
        self.creditor.write({"number_scheme": "sequence", "number_length": 5})
        looked_at = self.env["betalingsservice.agreement"].new(
            {"partner_id": self.customer.id, "group_id": self.group.id}
        )
        self.assertEqual(looked_at.customer_number, "01001")
        first = self._agreement(state="pending")
        second = self._agreement(self.other, state="pending", customer_number="01002", is_number_kept=True)
        third = self._agreement(self._customer("Tredje", False), state="pending")
        self.assertEqual((first + second + third).mapped("customer_number"), ["01001", "01002", "01003"])

    def test_production_before_test(self):
        trial = self.env["betalingsservice.creditor"].create(
            {
                "name": "Test",
                "pbs_number": PBS,
                "data_supplier_number": SUPPLIER,
                "subsystem": "KR9",
                "group_ids": [Command.create({"number": "00001", "name": "Abonnement"})],
            }
        )
        tried = self._agreement(group_id=trial.group_ids.id)
        self.assertEqual(self._invoice(post=False).betalingsservice_agreement_id, tried)
        real = self._agreement()
        self.assertEqual(self._invoice(post=False).betalingsservice_agreement_id, real)
        self.creditor.active = False
        self.assertEqual(self._invoice(post=False).betalingsservice_agreement_id, tried)

    # Joining by the invoice

    def test_slip_until_the_customer_joins_then_drawn(self):
        """First by FI 71 with the numbers to sign up with, then by Betalingsservice (S4.7, S4.26)."""
        self.creditor.write(
            {
                "invite_group_id": self.group.id,
                "signup_url": "https://example.dk/?p={pbs}&g={group}&k={customer}",
            }
        )
        first = self._invoice()
        agreement = self.customer.betalingsservice_agreement_ids
        self.assertRecordValues(agreement, [{"state": "pending", "customer_number": "1001"}])
        html = self._html(first)
        self.assertIn("+71&lt;", html)
        self.assertIn('name="betalingsservice_invite"', html)
        self.assertIn("https://example.dk/?p=01234567&amp;g=00001&amp;k=1001", html)
        operator = self._operator()
        operator.sign_up("1001")
        self._import(operator.answer_0603())
        second = self._invoice(due=date(2027, 3, 1))
        self.assertIn("01.03.2027", second._betalingsservice_text())
        html = self._html(second)
        self.assertNotIn("+71&lt;", html)
        self.assertNotIn('name="betalingsservice_invite"', html)
        self.assertIn("+71<", first._payment_line_text(), "what was sent with a slip is paid with the slip")
        operator.sign_off("1001")
        self._import(operator.answer_0603())
        third = self._invoice(due=date(2027, 4, 1))
        self.assertIn("+71<", third._payment_line_text())
        self.assertTrue(third._betalingsservice_invite_text())

    def test_invitation_never_stops_an_invoice(self):
        self.creditor.write({"invite_group_id": self.group.id})
        self._agreement(self.other, state="pending", customer_number="1001")
        invoice = self._invoice()
        self.assertEqual(invoice.state, "posted")
        self.assertFalse(self.customer.betalingsservice_agreement_ids)
        self.assertEqual(invoice._betalingsservice_invite_text(), "")

    def test_a_number_with_other_characters_is_what_the_operator_says(self):
        """The rule for characters has one source; the operator's own file goes before it."""
        delivery = self._full_list(["A-17"])
        line = delivery.line_ids
        self.assertEqual(line.result, "unknown")
        line.partner_id = self.customer
        line.action_create_agreement()
        self._invoice()
        written = self.creditor._create_delivery()
        self.assertIn(b"A-17           ", written.attachment_id.raw)
        with self.assertRaises(ValidationError):
            self._agreement(self.other, state="pending", customer_number="B-17")

    def test_slips_in_an_old_file_are_passed_over(self):
        operator = self._operator()
        operator.sign_up("1001", date(2026, 5, 1))
        data = operator.answer_0603(full=True)
        rows = data.split(b"\r\n")[:-1]
        slip = f"BS042{PBS}029500000001{'1':0>15}7188888888{'26840149965328':0>19}0101270000000049875000000042"
        more = [
            rows[1].replace(b"0210", b"0217", 1),
            slip.encode(),
            (rows[-2].replace(b"0210", b"0217", 1)[:42] + b"%015d" % 49875 + rows[-2][57:]),
        ]
        end = rows[-1][:20] + b"%011d%011d%015d" % (2, 2, 49875) + rows[-1][57:]
        delivery = self._import(b"\r\n".join([*rows[:-1], *more, end, b""]), "D1-603.BS1")
        self.assertEqual((delivery.state, delivery.error_message), ("read", False))
        self.assertEqual(self.customer.betalingsservice_agreement_ids.state, "active")
        self.assertIn("0217", "".join(delivery.message_ids.mapped("body")))
        self.assertEqual(delivery.payment_count, 1)
