from odoo.addons.ledger_bridge.tests.contract import LedgerCommon, load_simulator


class EconomicCommon(LedgerCommon):
    def adapter_setup(self):
        simulator = load_simulator("economic").EconomicSimulator().start()
        self.addCleanup(simulator.stop)
        self.simulator = simulator
        set_param = self.env["ir.config_parameter"].set_param
        set_param("economic_connector.test_server", "1")
        set_param("economic_connector.api_url", simulator.base_url)
        self.connection = self.env["transfer.connection"].create(
            {
                "name": "e-conomic",
                "kind": "economic",
                "company_id": self.company.id,
                "economic_app_secret": simulator.app_secret,
                "economic_grant_token": simulator.grant_token,
            }
        )
        self.env["ledger.account.mapping"].create(
            {"connection_id": self.connection.id, "tax_id": self.tax.id, "remote_account": "VARE25"}
        )
        self.connection.action_ledger_read_accounts()
        simulator.requests.clear()
