from datetime import date, datetime

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.betalingsservice.formats import delivery_0601

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestStory(BetalingsserviceCommon):
    """498.75 and 123.75 of one payer on one day, to the øre."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()
        for partner in (self.customer, self.other):
            self._agreement(partner, state="pending")
            self.operator.sign_up(partner.ref)
        self._import(self.operator.answer_0603())
        self.first = self._invoice(price=498.75)
        self.second = self._invoice(price=123.75)
        self.rejected = self._invoice(self.other, price=498.75)

    def _deliver(self):
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        return delivery

    def _answer(self):
        delivery = self._import(self.operator.answer_0602())
        self.assertEqual(delivery.state, "read", delivery.error_message)
        return delivery.report_id

    def _bank_line(self, amount, day):
        journal = self.company_data["default_journal_bank"]
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "date": day, "payment_ref": f"BETALINGSSERVICE {amount}", "amount": amount}
        )
        return line

    def test_the_month_comes_out_to_the_oere(self):
        collection = self.first.betalingsservice_collection_id
        self.assertEqual(self.second.betalingsservice_collection_id, collection)
        self.assertEqual((collection.amount, collection.payment_date), (622.5, date(2027, 2, 1)))
        self.assertEqual(collection.line_ids.mapped("amount"), [498.75, 123.75])
        delivery = self._deliver()
        self.assertEqual((delivery.payment_count, delivery.amount_total), (2, 1121.25))
        with self.assertRaises(UserError):  # run twice
            self.creditor._create_delivery()
        (written,) = (
            item
            for section in delivery_0601.read(delivery.attachment_id.raw).sections
            for item in section.collections
            if item.customer_number == "1001"
        )
        self.assertEqual(str(written.amount), "622.50")
        self.assertTrue(all(len(text) <= 60 for text in written.texts))
        self.assertEqual(sum(self.first.name in text or self.second.name in text for text in written.texts), 2)
        self.assertTrue(written.texts[-1].endswith("622,50"))

        self.operator.reject("1002")
        paid = self._answer()
        self.assertEqual(paid.state, "to_approve")
        paid.action_approve()
        self.assertEqual((self.first | self.second).mapped("payment_state"), ["paid", "paid"])
        self.assertEqual(self.rejected.payment_state, "not_paid")
        self.assertEqual(paid.movement_ids.mapped("amount"), [622.5])
        self.assertEqual(sum(paid.move_ids.line_ids.mapped("debit")), 622.5)

        self.operator.charge_back("1001", date(2027, 2, 5))
        back = self._answer()
        self.assertEqual(back.state, "to_approve")
        back.action_approve()
        for invoice, amount in ((self.first, 498.75), (self.second, 123.75)):
            self.assertEqual((invoice.payment_state, invoice.amount_residual), ("not_paid", amount))
            self.assertIn(back.name, "".join(invoice.message_ids.mapped("body")))
            self.assertTrue(invoice._payment_line_text(), "the customer can pay it himself again")
        self.assertEqual(back.move_ids.date, date(2027, 2, 5))
        self.assertEqual(back.movement_ids.in_transit_line_id.balance, -622.5)

        came = self._bank_line(622.5, date(2027, 2, 1))
        went = self._bank_line(-622.5, date(2027, 2, 5))
        self.assertTrue(came.is_reconciled and went.is_reconciled)
        self.assertEqual((paid.state, back.state), ("banked", "banked"))
        transit = self.creditor.provider_id.in_transit_account_id
        items = self.env["account.move.line"].search([("account_id", "=", transit.id), ("parent_state", "=", "posted")])
        self.assertEqual(sum(items.mapped("balance")), 0.0)
        self.assertTrue(all(items.mapped("reconciled")))

    def test_it_leaves_by_the_22nd_of_january(self):
        collection = self.first.betalingsservice_collection_id
        self.assertEqual(self.creditor._delivery_deadline(collection.payment_date), datetime(2027, 1, 22, 9, 0))
        with freeze_time("2027-01-22 08:01:00"):  # 09:01 in Denmark
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.creditor._create_delivery()
            self.assertFalse(collection.delivery_id)
        with freeze_time("2027-01-22 07:59:00"):
            self.assertIn(collection, self._deliver().collection_ids)
        self.assertEqual((collection.state, collection.amount), ("delivered", 622.5))

    def test_paid_and_charged_back_in_one_file(self):
        """Whoever gets one 0602 after the last day of charge-backs finds both in it."""
        self._deliver()
        early = self.operator.answer_0602()
        self.operator.charge_back("1001", date(2027, 2, 5))
        late = self.operator.answer_0602()
        report = self._import(self._one_file(early, late)).report_id
        self.assertEqual(report.state, "to_approve", report.undecided_text)
        report.action_approve()
        self.assertEqual((self.first | self.second).mapped("payment_state"), ["not_paid", "not_paid"])
        self.assertEqual(self.rejected.payment_state, "paid")
        self.assertEqual(self.first.betalingsservice_collection_id.state, "charged_back")
        self.assertRecordValues(
            report.movement_ids,
            [{"date": date(2027, 2, 1), "amount": 1121.25}, {"date": date(2027, 2, 5), "amount": -622.5}],
        )
        self.assertTrue(self._bank_line(1121.25, date(2027, 2, 1)).is_reconciled)
        self.assertTrue(self._bank_line(-622.5, date(2027, 2, 5)).is_reconciled)
        self.assertEqual(report.state, "banked")

    def test_both_in_one_file_undone_and_approved_again(self):
        self._deliver()
        early = self.operator.answer_0602()
        self.operator.charge_back("1001", date(2027, 2, 1))  # the same day: what came in is booked first
        report = self._import(self._one_file(early, self.operator.answer_0602())).report_id
        collection = self.first.betalingsservice_collection_id
        for _time in range(2):
            report.action_approve()
            self.assertEqual((collection.state, self.first.payment_state), ("charged_back", "not_paid"))
            self.assertTrue(self.first._payment_line_text())
            report.action_undo()
            self.assertEqual((collection.state, self.first.payment_state), ("delivered", "not_paid"))
            self.assertEqual(self.second.amount_residual, 123.75)
            receivable = self.first.line_ids.account_id.filtered(lambda a: a.account_type == "asset_receivable")
            items = self.env["account.move.line"].search(
                [
                    ("account_id", "=", receivable.id),
                    ("partner_id", "=", self.customer.id),
                    ("parent_state", "=", "posted"),
                ]
            )
            self.assertEqual(sum(items.mapped("amount_residual")), 622.5)

    def test_a_charge_back_waits_for_the_payment_nobody_has_approved(self):
        self._deliver()
        paid = self._answer()
        self.operator.charge_back("1001", date(2027, 2, 5))
        back = self._answer()
        self.assertEqual(back.state, "matched")
        self.assertIn(paid.name, back.undecided_text)
        with self.assertRaises(UserError):
            back.action_approve()
        paid.action_approve()
        self.assertEqual(back.state, "to_approve", "matched by itself as soon as the payment is there")
        back.action_approve()
        self.assertEqual(self.first.betalingsservice_collection_id.state, "charged_back")

    def test_many_outcomes_take_no_query_for_each(self):
        """Rejections and charge-backs tell customers' invoices: one statement more for each would be thousands."""
        counts = {}
        for count in (5, 25):
            keys = [f"8{count:02d}{number:03d}" for number in range(count)]
            for number, key in enumerate(keys):
                self._agreement(self._customer(f"Kunde {key}", key), mandate_number=f"{count * 1000 + number:09d}")
                self.operator.sign_up(key)
                self._invoice(self.env["res.partner"].search([("ref", "=", key)]), price=100)
            self.operator.answer_0603()
            self._deliver()
            for key in keys[::2]:
                self.operator.reject(key)
            paid = self._import(self.operator.answer_0602()).report_id
            with self._counted() as queries:
                paid.action_approve()
                self.env.flush_all()
            counts[count, "paid and rejected"] = len(queries)
            for key in keys[1::2]:
                self.operator.charge_back(key, date(2027, 2, 5))
            back = self._import(self.operator.answer_0602()).report_id
            with self._counted() as queries:
                back.action_approve()
                self.env.flush_all()
            counts[count, "charged back"] = len(queries)
        for outcome in ("paid and rejected", "charged back"):
            self.assertLess(counts[25, outcome], counts[5, outcome] + 8, outcome)

    def _one_file(self, early, late):
        """The records of two answers as the operator writes them into one."""
        rows = [row for row in early.split(b"\r\n")[:-1] if row.startswith(b"BS042")]
        rows += [row for row in late.split(b"\r\n")[:-1] if row.startswith(b"BS042")]
        frame = early.split(b"\r\n")[:-1]
        total = sum(int(row[115:128]) for row in rows)
        ends = [
            end[:31] + b"%011d%015d" % (len(rows), total) + end[57:]
            for end in frame
            if end.startswith((b"BS092", b"BS992"))
        ]
        return b"\r\n".join([*frame[:2], *rows, *ends, b""])

    def test_undoing_a_charge_back_and_a_payment_goes_back_line_by_line(self):
        self._deliver()
        paid = self._answer()
        paid.action_approve()
        self.operator.charge_back("1001", date(2027, 2, 5))
        back = self._answer()
        back.action_approve()
        back.action_undo()
        self.assertEqual((self.first | self.second).mapped("payment_state"), ["paid", "paid"])
        collection = self.first.betalingsservice_collection_id
        self.assertRecordValues(collection, [{"state": "paid", "paid_amount": 622.5, "paid_date": date(2027, 2, 1)}])
        back.action_match()
        back.action_approve()
        self.assertEqual((self.first | self.second).mapped("payment_state"), ["not_paid", "not_paid"])
        with self.assertRaises(UserError):  # what follows has to be undone first
            paid.action_undo()
        back.action_undo()
        paid.action_undo()
        self.assertEqual((collection.paid_amount, collection.paid_date), (0, False))
        self.assertEqual((self.first | self.second).mapped("payment_state"), ["not_paid", "not_paid"])
        self.assertEqual(self.first.betalingsservice_collection_id.state, "delivered")
        paid.action_approve()
        self.assertEqual((self.first | self.second).mapped("payment_state"), ["paid", "paid"])

    def test_one_of_two_paid_otherwise_is_proposed_and_leaves_a_credit(self):
        self._deliver()
        self._register_payment(self.second, amount=123.75)
        report = self._answer()
        line = report.line_ids.filtered(lambda item: item.payer_number == "1001")
        self.assertEqual((line.match_state, report.state), ("proposed", "matched"))
        self.assertIn(self.second.name, line.match_reason)
        line.action_accept()
        report.action_approve()
        self.assertEqual(self.first.payment_state, "paid")
        receivable = self.first.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        items = self.env["account.move.line"].search(
            [("account_id", "=", receivable.account_id.id), ("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(sum(items.mapped("amount_residual")), -123.75)

    def test_a_slips_other_amount_is_shown_and_not_booked(self):
        self._deliver()
        data = self.operator.answer_0602()
        data = data.replace(b"0000000062250\r\n", b"0000000060000\r\n").replace(b"112125", b"109875")
        report = self._import(data).report_id
        line = report.line_ids.filtered(lambda item: item.payer_number == "1001")
        self.assertEqual(line.match_state, "proposed")
        with self.assertRaises(UserError):
            report.action_approve()
        line.action_accept()
        report.action_approve()
        self.assertEqual(self.first.payment_state, "paid")
        self.assertEqual(self.second.amount_residual, 22.5)

    def test_not_final_until_the_seventh_banking_day(self):
        self._deliver()
        self._answer().action_approve()
        collection = self.first.betalingsservice_collection_id
        for day, is_final in (("2027-02-01", False), ("2027-02-09 22:30:00", False), ("2027-02-10", True)):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(collection.is_final, is_final, day)
                self.assertEqual(bool(self.first.betalingsservice_final_text), not is_final)
                if not is_final:
                    self.assertIn("09.02.2027", self.first.betalingsservice_final_text)

    def test_the_day_after_which_it_is_final_is_the_creditors(self):
        """A single source says the 7th banking day: whoever agreed on another one enters it."""
        self.creditor.final_banking_day = 8
        self.assertEqual(self.first.betalingsservice_collection_id.final_date, date(2027, 2, 10))
        february = self.creditor.deadline_ids.filtered(lambda row: row.month == date(2027, 2, 1))
        self.assertEqual(february.date_final, date(2027, 2, 10))
        with self.assertRaises(ValidationError):
            self.creditor.final_banking_day = 0

    def test_one_invoice_is_withdrawn_or_held_without_the_other(self):
        collection = self.first.betalingsservice_collection_id
        self.second.button_draft()
        self.assertEqual((collection.state, collection.amount), ("to_send", 498.75))
        self.second.action_post()
        self.assertEqual(self.second.betalingsservice_collection_id, collection)
        self.second.betalingsservice_line_ids.filtered("is_active").action_hold()
        held = self.second.betalingsservice_collection_id
        self.assertRecordValues(collection | held, [{"amount": 498.75}, {"amount": 123.75}])
        self.assertFalse(self.second._payment_reference_is_drawn())
        self.assertNotIn(held, self._deliver().collection_ids)
        held.action_release_hold()
        self.assertEqual(held.payment_date, date(2027, 2, 2), "the customer is drawn on 1 February already")

    def test_an_invoice_for_a_held_or_delivered_day_moves(self):
        collection = self.first.betalingsservice_collection_id
        collection.action_hold()
        later = self._invoice(price=10)
        self.assertEqual(later.betalingsservice_collection_id.payment_date, date(2027, 2, 2))
        collection.action_release_hold()
        self._deliver()
        self.assertEqual(self._invoice(price=20).betalingsservice_collection_id.payment_date, date(2027, 2, 3))

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_claim_of_one_invoice(self):
        other = self.rejected.betalingsservice_collection_id
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["betalingsservice.collection"].sudo()._add_lines([(other, [self.first._betalingsservice_whole()])])

    def test_claiming_many_takes_no_query_for_each(self):
        partners = [self._customer(f"Mange {number}", f"9{number:03d}") for number in range(1, 41)]
        for partner in partners:
            self._agreement(partner)
        moves = self.env["account.move"].union(*(self._invoice(partner, post=False) for partner in partners))
        with self._counted() as few:
            moves[:10].action_post()
            self.env.flush_all()
        with self._counted() as many:
            moves[10:].action_post()
            self.env.flush_all()
        claims = [query for query in many if "betalingsservice_" in query]
        self.assertLess(len(claims), len([query for query in few if "betalingsservice_" in query]) + 10)
        self.assertEqual(len(moves.betalingsservice_collection_id), 40)

    def test_delivering_many_takes_no_query_for_each(self):
        counts = {}
        for count in (5, 25):
            partners = [
                self._customer(f"Kunde {count}/{number}", f"9{count:02d}{number:03d}") for number in range(count)
            ]
            for number, partner in enumerate(partners):
                self._agreement(partner, mandate_number=f"{count * 1000 + number:09d}")
                self._invoice(partner, price=100)
            self.env.flush_all()
            self.env.invalidate_all()
            with self._counted() as queries:
                delivery = self.creditor._create_delivery()
                self.env.flush_all()
            counts[count, "created"] = len(queries)
            self.env.invalidate_all()
            with self._counted() as queries:
                delivery.action_mark_sent()
                self.env.flush_all()
            counts[count, "sent"] = len(queries)
        for step in ("created", "sent"):
            self.assertLess(counts[25, step], counts[5, step] + 8, step)
