from odoo import fields
from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract_bills import BillContract, BillSetup
from odoo.addons.ledger_bridge.tests.contract_files import PDF, PNG, FileContract

from .common import EconomicCommon


class EconomicBills(BillSetup, EconomicCommon):
    bill_mode = "draft"
    cost_account, free_account = "2100", "2750"

    def setUp(self):
        super().setUp()
        self.adapter_setup()
        self.bill_setup()

    def remote_bills(self):
        found = []
        for voucher in self.simulator.vouchers.values():
            (owed,) = voucher["entries"]["supplierInvoices"]
            lines = voucher["entries"]["financeVouchers"]
            sign = 1 if owed["amount"] < 0 else -1
            found.append(
                (
                    "draft",
                    f"{abs(owed['amount']):.2f}",
                    owed["amount"] > 0,
                    tuple((str(row["account"]["accountNumber"]), f"{sign * row['amount']:.2f}") for row in lines),
                )
            )
        return found

    def remote_vendor_count(self):
        return len(self.simulator.suppliers)


@tagged("post_install", "-at_install")
class TestEconomicBills(BillContract, EconomicBills):
    bill_steps = (
        ("POST", r"/suppliers$"),
        ("GET", r"/accounting-years$"),
        ("POST", r"/vouchers$"),
        ("GET", r"/vouchers$"),
    )

    def test_amounts_that_differ_stop_the_bill(self):
        """The common rule stops it before; what is stored otherwise is told, and a person deletes it there."""
        move = self._new_bill()
        with self.simulator.faulty("rounding"):
            log = self._settle(move, 1)
        self.assertEqual(log.state, "failed")
        for amount in ("0.01", "500.00", "499.99"):
            self.assertIn(self._amount(amount), log.error_message)
        self.assertNotEqual(move.ledger_state, "pushed")
        self._settle(move)
        self.assertEqual(log.state, "failed", "it is still there")
        self.simulator.vouchers.clear()
        self.simulator.played_back.clear()
        self._settle(move)
        self.assertOneBill("500.00")

    def test_vendor_that_was_there_is_taken(self):
        for name in ("customer", "vendor"):
            self.simulator.create_supplier(
                {},
                {"name": name, "currency": "DKK", "supplierGroup": {"supplierGroupNumber": 1}}
                | {"paymentTerms": {"paymentTermsNumber": 1}, "vatZone": {"vatZoneNumber": 1}}
                | ({"corporateIdentificationNumber": "98765409"} if name == "vendor" else {}),
            )
        self._settle(self._new_bill())
        self.assertEqual(self.remote_vendor_count(), 2)
        self.assertEqual(self.connection._ledger_link(self.vendor, "supplier").remote_id, "2")

    def test_one_who_buys_and_sells_stands_in_both_registers(self):
        self.vendor.customer_rank = 1
        self._settle(self._new_bill())
        self.push(self._new_invoice(partner_id=self.vendor.id))
        links = self.env["ledger.link"].search([("res_model", "=", "res.partner"), ("res_id", "=", self.vendor.id)])
        self.assertEqual(sorted(links.mapped("remote_type")), ["contact", "supplier"])

    def test_account_number_goes_with_the_new_vendor(self):
        self.env["res.partner.bank"].create({"partner_id": self.vendor.id, "acc_number": "1234 0000123456"})
        self._settle(self._new_bill())
        self.assertEqual(self.simulator.suppliers[1]["bankAccount"], "1234 0000123456")
        other = self._new_customer("Andelen", vat="DK98765417", supplier_rank=1)
        self.env["res.partner.bank"].create({"partner_id": other.id, "acc_number": "1234 0000654321"})
        self.simulator.dropped_of_supplier = ("bankAccount",)
        messages = len(other.message_ids)
        self._settle(self._new_bill(partner_id=other.id))
        self.assertEqual(len(other.message_ids), messages + 1)

    def test_booked_journal_is_told_as_what_it_is(self):
        self.connection.ledger_compare_from = fields.Date.today()
        move = self._new_bill()
        self._settle(move)
        self.simulator.book_journal(1)
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids, "a person books it: that it is gone is as it should be")


@tagged("post_install", "-at_install")
class TestEconomicBillFiles(FileContract, EconomicBills):
    file_steps = (("POST", r"/attachment/file$"),)
    file_limit = 9 * 1024 * 1024

    def file_document(self):
        move = self._new_bill(post=False)
        move.message_main_attachment_id = self._attach(move, "faktura.pdf", PDF + str(move.id).encode())
        move.action_post()
        return move

    def remote_files(self):
        return [
            (name, content, [f"1:{fields.Date.today().year}:{number}"])
            for number, pages in self.simulator.voucher_files.items()
            for name, content in pages
        ]

    def test_invoices_have_their_own_document_there(self):
        self.connection.ledger_files = "all"
        move = self._new_invoice()
        self._attach(move, "billede.png", PNG)
        self.push(move)
        self._run()
        self.assertEqual(move.ledger_state, "pushed")
        self.assertFalse(move.ledger_file_ids)
