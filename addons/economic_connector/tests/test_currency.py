from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract_currency import CurrencyContract

from .common import EconomicCommon


@tagged("post_install", "-at_install")
class TestEconomicCurrency(CurrencyContract, EconomicCommon):
    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def remote_pay(self, move, amount):
        self.simulator.pay(self.connection._ledger_link(move, "invoice").remote_id, amount)
