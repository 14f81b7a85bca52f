from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract import LedgerContract
from odoo.addons.ledger_bridge.tests.contract_push import PushContract

from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestDineroContract(PushContract, LedgerContract, DineroCommon):
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
