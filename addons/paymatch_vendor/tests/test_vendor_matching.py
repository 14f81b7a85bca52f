from odoo import Command
from odoo.tests import tagged

from .common import DAY, VendorPaymentCommon


@tagged("post_install", "-at_install")
class TestVendorMatching(VendorPaymentCommon):
    def _line(self, amount, text="Betaling", **values):
        return self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank_journal.id, "date": DAY, "amount": amount, "payment_ref": text, **values}
        )

    def test_number_in_the_text(self):
        bill = self._bill(250, "20461")
        line = self._line(-250, "Faktura 20461 Jensen")
        self.assertTrue(line.is_reconciled)
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(line.paymatch_vendor_payment_ids.move_ids, bill)

    def test_number_within_a_longer_number_is_another(self):
        bill = self._bill(250, "20461")
        self.assertFalse(self._line(-250, "Faktura 120461 Jensen").is_reconciled)
        self.assertEqual(bill.payment_state, "not_paid")

    def test_amount_alone_is_never_enough(self):
        bill = self._bill(250, "20461")
        line = self._line(-250, "Overførsel", partner_name=self.partner_a.name)
        self.assertFalse(line.is_reconciled)
        self.assertIn("20461", line.paymatch_vendor_payment_ids.match_reason)
        self.assertEqual(bill.payment_state, "not_paid")

    def test_account_of_the_vendor(self):
        self.env["res.partner.bank"].create({"acc_number": "0040-0440116243", "partner_id": self.partner_b.id})
        bill = self._bill(99.5, "A-1", self.partner_b)
        self._bill(99.5, "B-1", self.partner_a)
        line = self._line(-99.5, "Overførsel", account_number="DK5000400440116243")
        self.assertTrue(line.is_reconciled)
        self.assertEqual(bill.payment_state, "paid")

    def test_two_bills_of_the_account_are_told_apart_by_nobody(self):
        self.env["res.partner.bank"].create({"acc_number": "DK5000400440116243", "partner_id": self.partner_b.id})
        self._bill(99.5, "A-1", self.partner_b)
        self._bill(99.5, "A-2", self.partner_b)
        line = self._line(-99.5, "Overførsel", account_number="DK5000400440116243")
        self.assertFalse(line.is_reconciled)
        named = self._line(-99.5, "Faktura A-2", account_number="DK5000400440116243")
        self.assertTrue(named.is_reconciled)
        line.action_paymatch_close()
        self.assertTrue(line.is_reconciled, "only one is left")

    def test_bill_in_instalments(self):
        """The other partner pays 30 % at once and the rest later: the whole, or an instalment."""
        whole, part = self._bill(1000, "I-1", self.partner_b), self._bill(2000, "I-2", self.partner_b)
        self.assertEqual(
            len(whole.line_ids.filtered(lambda item: item.account_id.account_type == "liability_payable")), 2
        )
        self.assertTrue(self._line(-1000, "I-1").is_reconciled)
        self.assertEqual(whole.payment_state, "paid")
        self.assertTrue(self._line(-600, "I-2").is_reconciled)
        self.assertEqual(part.amount_residual, 1400)

    def test_payment_id_of_the_bill(self):
        bill = self._bill(512, "X9", payment_reference="+71<000000000000018+12345678<")
        [line] = self._statement([{"amount": -512, "payments": [{"amount": -512, "id": "000000000000018"}]}])
        self.assertTrue(line.is_reconciled)
        self.assertEqual(bill.payment_state, "paid")

    def test_one_payment_for_several_bills_and_a_credit_note(self):
        first, second = self._bill(100, "K-100"), self._bill(200, "K-200")
        credit = self._bill(50, "K-50", move_type="in_refund")
        line = self._line(-250, "K-100 K-200 K-50")
        self.assertTrue(line.is_reconciled)
        self.assertEqual({move.payment_state for move in first | second | credit}, {"paid"})

    def test_one_registered_payment_for_two_bills(self):
        bills = self._bill(100, "K-100") | self._bill(200, "K-200")
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({"journal_id": self.bank_journal.id, "payment_date": DAY, "group_payment": True})
        )
        payment = wizard._create_payments()
        [line] = self._statement([{"amount": -300, "payments": [{"amount": -300, "ref": payment.name}]}])
        self.assertTrue(line.is_reconciled)
        self.assertEqual(set(bills.mapped("payment_state")), {"paid"})

    def test_of_a_collected_line_all_must_be_found(self):
        bill = self._bill(100, "K-100")
        [line] = self._statement(
            [{"amount": -300, "payments": [{"amount": -100, "ref": "K-100"}, {"amount": -200, "ref": "K-200"}]}]
        )
        self.assertFalse(line.is_reconciled)
        found, missing = line.paymatch_vendor_payment_ids
        self.assertEqual((found.state, missing.state), ("found", "open"))
        self.assertEqual(bill.payment_state, "not_paid")
        match = self.env["paymatch.bank.match"].create({"bank_line_id": line.id})
        self.assertEqual(match.candidate_ids.filtered("is_chosen").move_id, bill)
        other = self._bill(200, "K-200")
        line.action_paymatch_close()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(other.payment_state, "paid")

    def test_by_hand_is_kept_with_the_payment(self):
        bill = self._bill(250, "20461")
        line = self._line(-250, "Overførsel")
        match = self.env["paymatch.bank.match"].create({"bank_line_id": line.id})
        match.candidate_ids.filtered(lambda row: row.move_id == bill).is_chosen = True
        match.action_confirm()
        self.assertEqual(line.paymatch_vendor_payment_ids.move_ids, bill)
        self.assertEqual(line.paymatch_vendor_payment_ids.state, "booked")

    def test_another_company_is_never_looked_at(self):
        other = self.setup_other_company()["company"]
        bill = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "in_invoice",
                    "company_id": other.id,
                    "partner_id": self.partner_a.id,
                    "invoice_date": "2026-03-01",
                    "ref": "20461",
                    "invoice_line_ids": [
                        Command.create({"name": "x", "price_unit": 250, "tax_ids": [Command.clear()]})
                    ],
                }
            )
        )
        bill.action_post()
        self.assertFalse(self._line(-250, "Faktura 20461").is_reconciled)
        self.assertEqual(bill.payment_state, "not_paid")

    def test_payment_in_another_currency_than_the_account(self):
        currency = self.setup_other_currency("EUR")
        bill = self._bill(250, "20461", currency_id=currency.id)
        self.assertFalse(self._line(-250, "Faktura 20461").is_reconciled)
        self.assertEqual(bill.payment_state, "not_paid")

    def test_statements_are_set_based(self):
        def count(number, first):
            entries = []
            for at in range(first, first + number):
                self._bill(100 + at / 100, f"S-{at}")
                entries.append(
                    {"amount": -(100 + at / 100), "payments": [{"amount": -(100 + at / 100), "ref": f"S-{at}"}]}
                )
            self.env.flush_all()
            payments = self._statement(entries, number=str(first)).paymatch_vendor_payment_ids
            self.assertEqual(set(payments.mapped("state")), {"booked"})
            payments.statement_line_id.action_undo_reconciliation()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            payments._match()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = count(5, 1000), count(25, 2000)
        self.assertLess((many - few) / 20, 4, "statements for each further payment")
