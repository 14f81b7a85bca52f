from odoo.addons.ledger_bridge.tests.contract import LedgerCommon, load_simulator


class DineroCommon(LedgerCommon):
    def adapter_setup(self):
        simulator = load_simulator("dinero").DineroSimulator().start()
        self.addCleanup(simulator.stop)
        self.simulator = simulator
        set_param = self.env["ir.config_parameter"].set_param
        set_param("dinero_connector.test_server", "1")
        set_param("dinero_connector.api_url", simulator.base_url)
        set_param("dinero_connector.connect_url", simulator.base_url)
        self.connection = self.env["transfer.connection"].create(
            {
                "name": "Dinero",
                "kind": "dinero",
                "company_id": self.company.id,
                "dinero_client_id": simulator.client_id,
                "dinero_client_secret": simulator.client_secret,
            }
        )
        self.connection._dinero_store_tokens(simulator.issue_tokens())
        self.env["ledger.account.mapping"].create(
            {"connection_id": self.connection.id, "tax_id": self.tax.id, "remote_account": "1000"}
        )
        self.connection.action_ledger_read_accounts()
        simulator.requests.clear()
