from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract_currency import CurrencyContract

from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestDineroCurrency(CurrencyContract, DineroCommon):
    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def remote_pay(self, move, amount):
        self.simulator.pay(self.connection._ledger_link(move, "invoice").remote_id, amount)

    def remote_payments_in_kroner(self, move):
        invoice = self.simulator.organisation.invoices[self.connection._ledger_link(move, "invoice").remote_id]
        return [f"{payment['InDkk']:.2f}" for payment in invoice["payments"]]
