from odoo.tests import tagged

from .common import DAY, VendorPaymentCommon


@tagged("post_install", "-at_install")
class TestBankCharges(VendorPaymentCommon):
    def test_contained_in_a_payment(self):
        bill = self._bill(1000, "Z-1")
        [line] = self._statement(
            [{"amount": -1030, "payments": [{"amount": -1030, "ref": "Z-1", "charge": 30, "name": "Vendor"}]}]
        )
        self.assertTrue(line.is_reconciled)
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(self._sum(self.charge_account), 30)

    def test_waits_without_an_account(self):
        self.bank_journal.paymatch_charge_account_id = False
        [line] = self._statement([{"amount": -36, "code": "CHRG", "text": "Gebyr"}])
        self.assertFalse(line.is_reconciled)
        self.assertEqual(line.paymatch_vendor_payment_ids.kind, "charge")
        self.bank_journal.paymatch_charge_account_id = self.charge_account
        line.action_paymatch_close()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self._sum(self.charge_account), 36)

    def test_by_the_words_of_the_journal(self):
        self.bank_journal.paymatch_charge_words = "gebyr; avgift"
        create = self.env["account.bank.statement.line"].create
        values = {"journal_id": self.bank_journal.id, "date": DAY, "amount": -12}
        self.assertTrue(create({**values, "payment_ref": "GEBYR marts"}).is_reconciled)
        self.assertFalse(create({**values, "payment_ref": "Gebyrservice ApS"}).is_reconciled)
        self.assertFalse(create({**values, "amount": 12, "payment_ref": "Gebyr tilbage"}).is_reconciled)

    def test_a_bill_goes_before_a_charge(self):
        """The bank's own bill, paid with a line that begins with a word of charges."""
        self.bank_journal.paymatch_charge_words = "gebyr"
        bill = self._bill(120, "BANK-2026-3")
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank_journal.id, "date": DAY, "amount": -120, "payment_ref": "Gebyr BANK-2026-3"}
        )
        self.assertTrue(line.is_reconciled)
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(self._sum(self.charge_account), 0)
