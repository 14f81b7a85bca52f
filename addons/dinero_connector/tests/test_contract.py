import uuid
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract import FAULTS, LedgerContract
from odoo.addons.ledger_bridge.tests.contract_compare import CompareContract
from odoo.addons.ledger_bridge.tests.contract_contacts import ContactContract
from odoo.addons.ledger_bridge.tests.contract_products import ProductContract
from odoo.addons.ledger_bridge.tests.contract_push import PushContract

from ..api import contacts as dinero_contacts
from ..api import products as dinero_products
from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestDineroContract(CompareContract, ProductContract, ContactContract, PushContract, LedgerContract, DineroCommon):
    rounding_account = "5040"
    creating_step = ("POST", r"/invoices$")
    product_account = "1010"

    def remote_booked(self):
        simulator = self.simulator
        return [
            (str(voucher["Number"]), str(voucher["TotalInclVat"]))
            for voucher in simulator.booked() + simulator.booked("creditnotes")
        ]

    def remote_contact_count(self):
        return len(self.simulator.organisation.contacts)

    def remote_pay(self, move, amount):
        self.simulator.pay(self.connection._ledger_link(move, "invoice").remote_id, amount)

    def remote_unpay(self, move, amount):
        self.simulator.unpay(self.connection._ledger_link(move, "invoice").remote_id)

    def remote_draft_count(self):
        return len(self.simulator.organisation.invoices)

    def remote_take_number(self, number):
        self.simulator.organisation.invoices["other"] = {
            "Number": number,
            "Status": "Booked",
            "TotalInclVat": 0,
            "UpdatedAt": "",
        }

    def remote_new_contact(self, **values):
        body = dinero_contacts.create_body({"country": "DK"} | values, str(uuid.uuid4()), "")
        return self.simulator.create_contact(self.simulator.organisation, {}, body)[1]["ContactGuid"]

    def remote_change_contact(self, remote_id, **values):
        row = self.simulator.organisation.contacts[remote_id]
        names = dinero_contacts.NAMES | {"untouched": "AttPerson"}
        row.update({names[name]: value for name, value in values.items()})

    def remote_untouched(self, remote_id):
        return self.simulator.organisation.contacts[remote_id]["AttPerson"]

    def remote_booked_by_hand(self, day, total):
        simulator, books = self.simulator, self.simulator.organisation
        line = {"LineType": "Product", "BaseAmountValue": Decimal(total), "Quantity": 1, "AccountNumber": 1050}
        line |= {"Unit": "parts", "Discount": 0, "Description": "Gammel faktura"}
        contact = self.remote_new_contact(name="Gammel kunde")
        body = {"ContactGuid": contact, "Date": str(day), "ProductLines": [line]}
        guid = simulator.create_voucher(books, {}, body, "invoices")[1]["Guid"]
        stamp = {"Timestamp": books.invoices[guid]["TimeStamp"]}
        simulator.book_voucher(books, {}, stamp, "invoices", guid)

    def remote_redate(self, move, day):
        link = self.connection._ledger_link(move, "invoice")
        self.simulator.organisation.invoices[link.remote_id]["Date"] = str(day)

    def remote_delete(self, move):
        self.simulator.organisation.invoices.pop(self.connection._ledger_link(move, "invoice").remote_id)

    def remote_new_product(self, **values):
        values = {"price": "1.00", "unit": "parts", "account": "1000"} | values
        body = dinero_products.create_body(values, "")
        return self.simulator.create_product(self.simulator.organisation, {}, body)[1]["ProductGuid"]

    def remote_change_product(self, remote_id, **values):
        names = dinero_products.NAMES | {"untouched": "Comment"}
        row = self.simulator.organisation.products[remote_id]
        row.update({names[name]: Decimal(value) if name == "price" else value for name, value in values.items()})

    def remote_untouched_product(self, remote_id):
        return self.simulator.organisation.products[remote_id]["Comment"]

    def remote_product_count(self):
        return len(self.simulator.organisation.products)

    def remote_line_products(self, move):
        link = self.connection._ledger_link(move, "credit_note" if move.move_type == "out_refund" else "invoice")
        books = self.simulator.organisation
        voucher = books.invoices.get(link.remote_id) or books.creditnotes[link.remote_id]
        return [line.get("ProductGuid") for line in voucher["ProductLines"]]

    def fault_matrix(self):
        steps = [
            ("POST", r"/contacts$"),
            ("POST", r"/fetch$"),
            ("POST", r"/invoices$"),
            ("GET", r"/invoices/[0-9a-f-]+$"),
            ("POST", r"/book$"),
        ]
        matrix = [(fault, step) for step in steps for fault in (*FAULTS, "slow")]
        return [*matrix, ("stale", ("POST", r"/book$")), ("drop_field", ("POST", r"/invoices$"))]
