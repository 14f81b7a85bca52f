from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract_bills import BillContract, BillSetup
from odoo.addons.ledger_bridge.tests.contract_files import PDF, FileContract

from .common import DineroCommon


class DineroBills(BillSetup, DineroCommon):
    cost_account, free_account = "2100", "2750"

    def setUp(self):
        super().setUp()
        self.adapter_setup()
        self.bill_setup()

    def remote_bills(self):
        return [
            (
                one["Status"].lower(),
                str(one["TotalInclVat"]),
                one["is_credit_note"],
                tuple((str(line["AccountNumber"]), f"{line['Amount']:.2f}") for line in one["Lines"]),
            )
            for one in self.simulator.organisation.purchases.values()
        ]

    def remote_vendor_count(self):
        return len(self.simulator.organisation.contacts)


@tagged("post_install", "-at_install")
class TestDineroBills(BillContract, DineroBills):
    bill_steps = (
        ("POST", r"/contacts$"),
        ("POST", r"/purchase/fetch$"),
        ("POST", r"/vouchers/purchase$"),
        ("GET", r"/vouchers/purchase/[0-9a-f-]+$"),
        ("POST", r"/vouchers/purchase/.*/book$"),
    )

    def test_number_and_balance_there(self):
        move = self._new_bill(free=((1.0, 100.0),))
        self._settle(move)
        self.assertTrue(move.ledger_number)
        balances = {account: float(amount) for account, amount in self.simulator.balances().items()}
        self.assertEqual(balances, {2100: 400.0, 2750: 100.0, 64000: 100.0, 61000: -600.0})

    def test_reader_that_tells_no_totals_is_checked_by_its_lines(self):
        self.simulator.tells_purchase_totals = False
        log = self._settle(self._new_bill())
        self.assertEqual((log.state, log.error_message), ("done", False))

    def test_similar_voucher_of_somebody_else_stops_a_lost_one(self):
        self._settle(self._new_bill())
        (other,) = self.simulator.organisation.purchases.values()
        other["ExternalReference"] = "entered by hand"
        for line in other["Lines"]:
            line["Description"] = "by hand"
        move = self._new_bill()
        self.simulator.fault("timeout_before", "POST", r"/vouchers/purchase$")
        log = self._settle(move)
        self.assertEqual(log.state, "failed")
        self.assertEqual(len(self.remote_bills()), 1)
        # a person looked: ours is not there
        log._decide("retry")
        self.process()
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertEqual(len(self.remote_bills()), 2)

    def test_vat_code_of_the_line(self):
        mapping = self.connection.ledger_mapping_ids.filtered(lambda one: one.remote_account == "2100")
        mapping.bill_vat_code = "I25"
        self.connection.action_ledger_read_accounts()
        self.assertFalse(mapping.message)
        self._settle(self._new_bill())
        (voucher,) = self.simulator.organisation.purchases.values()
        self.assertEqual(voucher["Lines"][0]["VatCode"], "I25")
        self.simulator.organisation.vat_types["I12"] = ("Andet", Decimal("0.12"))
        for code, text in (("I12", "12"), ("U77", "U77")):
            mapping.bill_vat_code = code
            self.connection.action_ledger_read_accounts()
            self.assertIn(text, mapping.message)
            self.assertTrue(self.connection.ledger_missing_ids.filtered(lambda one, text=text: text in one.message))

    def test_compared_both_ways_and_cheaply(self):
        self.connection.ledger_compare_from = fields.Date.today()
        move = self._new_bill()
        self._settle(move)
        voucher = self.simulator.organisation.purchases[self.connection._ledger_link(move, "bill").remote_id]
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)
        self.simulator.requests.clear()
        link = self.connection._ledger_link(move, "bill")
        if link.id % 7 != self.connection._company_today().toordinal() % 7:
            self.connection.action_compare()
            self.assertFalse([one for one in self.simulator.requests if "/vouchers/purchase/" in one[1]])
        voucher["TotalInclVat"] += 10
        self.connection.action_compare()
        self.assertEqual(self.connection.ledger_difference_ids.mapped("kind"), ["amount"])
        voucher["TotalInclVat"] -= 10
        copy = dict(voucher, Guid="11111111-1111-4111-8111-111111111199", ExternalReference="", VoucherNumber=99)
        copy["Lines"] = [dict(line, Description="by hand") for line in voucher["Lines"]]
        self.simulator.organisation.purchases[copy["Guid"]] = copy
        self.connection.action_compare()
        self.assertRecordValues(
            self.connection.ledger_difference_ids,
            [{"kind": "missing_here", "remote_number": "99", "amount_there": 500.0}],
        )

    def test_payments_of_bills_both_ways(self):
        move = self._new_bill()
        self._settle(move)
        guid = self.connection._ledger_link(move, "bill").remote_id
        self.connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": "55000"})
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {"amount": 200.0}
        )._create_payments()
        for fault in ("timeout_after", "timeout_before"):
            self.simulator.fault(fault, "POST", "/payments$")
            self.process()
        for _run in range(3):
            self.process()
        voucher = self.simulator.organisation.purchases[guid]
        self.assertEqual([float(one["Amount"]) for one in voucher["payments"]], [200.0])
        self.assertEqual(self.connection.ledger_payment_ids.mapped("state"), ["done"])
        journal = self.env["account.journal"].create(
            {"name": "Betalt i regnskabet", "code": "LEDG", "type": "bank", "company_id": self.company.id}
        )
        self.connection.write({"ledger_payment_master": "theirs", "ledger_payment_journal_id": journal.id})
        self.simulator.pay(guid, "300.00")
        self.connection.action_ledger_fetch_payments()
        self.connection.action_ledger_fetch_payments()
        self.assertEqual(move.amount_residual, 0.0)
        self.assertEqual(len(self.connection.ledger_payment_ids), 2)
        payment = self.connection.ledger_payment_ids.filtered(lambda one: one.direction == "in").payment_id
        self.assertEqual((payment.payment_type, payment.partner_type, payment.amount), ("outbound", "supplier", 300.0))
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)


@tagged("post_install", "-at_install")
class TestDineroBillFiles(FileContract, DineroBills):
    file_steps = (("POST", r"/files$"), ("POST", r"/attachments/"))
    file_limit = 6 * 1024 * 1024

    def file_document(self):
        move = self._new_bill(post=False)
        move.message_main_attachment_id = self._attach(move, "faktura.pdf", PDF + str(move.id).encode())
        move.action_post()
        return move

    def remote_files(self):
        return [(one["name"], one["content"], one["linked"]) for one in self.simulator.organisation.files.values()]
