import uuid

from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract import LedgerContract
from odoo.addons.ledger_bridge.tests.contract_contacts import ContactContract
from odoo.addons.ledger_bridge.tests.contract_push import PushContract

from ..api import contacts as dinero_contacts
from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestDineroContract(ContactContract, PushContract, LedgerContract, DineroCommon):
    rounding_account = "5040"
    creating_step = ("POST", r"/invoices$")

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

    def fault_matrix(self):
        steps = [
            ("POST", r"/contacts$"),
            ("POST", r"/fetch$"),
            ("POST", r"/invoices$"),
            ("GET", r"/invoices/[0-9a-f-]+$"),
            ("POST", r"/book$"),
        ]
        faults = ("timeout_before", "timeout_after", "500", "429", "html")
        matrix = [(fault, step) for step in steps for fault in faults]
        return [*matrix, ("stale", ("POST", r"/book$")), ("drop_field", ("POST", r"/invoices$"))]
