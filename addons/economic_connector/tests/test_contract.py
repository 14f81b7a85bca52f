from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract import FAULTS, LedgerContract
from odoo.addons.ledger_bridge.tests.contract_compare import CompareContract
from odoo.addons.ledger_bridge.tests.contract_contacts import ContactContract
from odoo.addons.ledger_bridge.tests.contract_products import ProductContract
from odoo.addons.ledger_bridge.tests.contract_push import PushContract

from ..api import contacts as economic_contacts
from ..api import products as economic_products
from .common import EconomicCommon


@tagged("post_install", "-at_install")
class TestEconomicContract(
    CompareContract, ProductContract, ContactContract, PushContract, LedgerContract, EconomicCommon
):
    rounding_account = "VARE0"
    creating_step = ("POST", r"/drafts$")
    product_account = "1"

    def remote_booked(self):
        return [
            (str(number), str(abs(invoice["grossAmount"])))
            for number, invoice in self.simulator.booked_invoices.items()
        ]

    def remote_contact_count(self):
        return len(self.simulator.customers)

    def remote_pay(self, move, amount):
        self.simulator.pay(self.connection._ledger_link(move, "invoice").remote_id, amount)

    def remote_unpay(self, move, amount):
        self.remote_pay(move, f"-{amount}")

    def remote_draft_count(self):
        return len(self.simulator.drafts)

    def remote_take_number(self, number):
        self.simulator.booked_invoices[number] = {"grossAmount": 0}

    def remote_new_contact(self, **values):
        settings = {"currency": "DKK", "customerGroup": {"customerGroupNumber": 1}, "vatZone": {"vatZoneNumber": 1}}
        body = economic_contacts.create_body(values, settings | {"paymentTerms": {"paymentTermsNumber": 1}})
        return str(self.simulator.create_customer({}, body)[1]["customerNumber"])

    def remote_change_contact(self, remote_id, **values):
        names = economic_contacts.NAMES | {"untouched": "publicEntryNumber"}
        row = self.simulator.customers[int(remote_id)]
        row.update({names[name]: value for name, value in values.items()})

    def remote_untouched(self, remote_id):
        return self.simulator.customers[int(remote_id)].get("publicEntryNumber")

    def remote_booked_by_hand(self, day, total):
        invoice = {
            "bookedInvoiceNumber": 900,
            "date": str(day),
            "currency": "DKK",
            "lines": [],
            "vatAmount": Decimal(0),
        }
        amounts = dict.fromkeys(("netAmount", "grossAmount", "remainder"), Decimal(total))
        self.simulator.booked_invoices[900] = invoice | amounts | {"customer": {"customerNumber": 1}}

    def remote_redate(self, move, day):
        number = self.connection._ledger_link(move, "invoice").remote_id
        self.simulator.booked_invoices[int(number)]["date"] = str(day)

    def remote_delete(self, move):
        self.simulator.booked_invoices.pop(int(self.connection._ledger_link(move, "invoice").remote_id))

    def remote_new_product(self, **values):
        body = economic_products.create_body({"price": "1.00", "account": "1"} | values)
        return self.simulator.create_product({}, body)[1]["productNumber"]

    def remote_change_product(self, remote_id, **values):
        names = {"name": "name", "price": "salesPrice", "untouched": "costPrice"}
        row = self.simulator.products[remote_id]
        row.update({names[name]: Decimal(value) if name == "price" else value for name, value in values.items()})

    def remote_untouched_product(self, remote_id):
        return self.simulator.products[remote_id]["costPrice"]

    def remote_product_count(self):
        return len(self.simulator.products) - 2

    def remote_line_products(self, move):
        link = self.connection._ledger_link(move, "credit_note" if move.move_type == "out_refund" else "invoice")
        lines = self.simulator.booked_invoices[int(link.remote_id)]["lines"]
        return [line["product"]["productNumber"] for line in lines]

    def fault_matrix(self):
        steps = [
            ("POST", r"/customers$"),
            ("POST", r"/drafts$"),
            ("GET", r"/drafts/\d+$"),
            ("POST", r"/booked$"),
            ("GET", r"/booked/\d+$"),
        ]
        matrix = [(fault, step) for step in steps for fault in (*FAULTS, "slow")]
        return [*matrix, ("drop_field", ("POST", r"/drafts$"))]

    def test_refused_draft_does_not_stay(self):
        with self.simulator.faulty("rounding"):
            self.push(self._new_invoice())
        self.assertFalse(self.simulator.drafts)

    def test_wrong_tokens_stop_the_queue(self):
        move = self._new_invoice()
        self.connection.economic_grant_token = "wrong"
        self.push(move)
        self.assertEqual(self.connection.state, "authorisation")
        self.assertEqual(move.ledger_state, "queued")

    def test_wrong_vat_of_product_is_found_by_the_gate(self):
        self.connection.ledger_mapping_ids.remote_account = "VARE0"
        self.connection.action_ledger_read_accounts()
        log = self.push(self._new_invoice())
        self.assertEqual(log.state, "failed")
        self.assertIn(self._amount("63.75"), log.error_message)
        self.assertEqual(self.remote_booked(), [])

    def test_foreign_addresses_are_refused(self):
        set_param = self.env["ir.config_parameter"].set_param
        for address in ("http://10.0.0.1/", "https://e-conomic.com.example.com", "http://restapi.e-conomic.com"):
            set_param("economic_connector.api_url", address)
            with self.assertRaises(UserError):
                self.connection.action_test_connection()
