from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.invoice_prepayment.tests.orders import DepositOrders
from odoo.addons.ledger_bridge import records
from odoo.addons.ledger_bridge.tests.contract import LedgerCommon


@tagged("post_install", "-at_install")
class TestDepositPush(DepositOrders, LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_orders(cls.tax, property_account_income_id=cls.income.id)

    def _deposit(self, **values):
        self._rule(30, **values)
        return self._order(1000)._get_prepayment_invoices()

    def test_payment_request_is_refused(self):
        request = self._deposit(vat_treatment="request")
        self.assertTrue(request.prepayment_is_request)
        connection = self.env["transfer.connection"]
        with self.assertRaisesRegex(UserError, "payment request"):
            request._ledger_check_pushable(connection)

    def test_deposit_account_without_a_line_is_listed(self):
        self._deposit()
        connection = self.env["transfer.connection"].create(
            {"name": "By hand", "kind": "manual", "company_id": self.company.id}
        )
        account = self.company._get_prepayment_accounts()

        def listed():
            return [one["message"] for one in connection._ledger_find_missing() if one["area"] == "deposit"]

        self.assertEqual(len(listed()), len(account))
        self.assertIn(account[0].display_name, listed()[0])
        self.env["ledger.account.mapping"].create(
            [
                {"connection_id": connection.id, "account_id": one.id, "tax_id": self.tax.id, "remote_account": "66100"}
                for one in account
            ]
        )
        self.assertFalse(listed())
        connection.ledger_mapping_ids.unlink()
        connection.ledger_deposit_way = "sales"
        self.assertFalse(listed())

    def test_stopped_deposit_is_told_what_to_do(self):
        deposit = self._deposit()
        difference = records.Difference("vat_total", Decimal("75.00"), Decimal("75.01"))
        connection = self.env["transfer.connection"]
        self.assertIn("whole", connection._ledger_gate_text(deposit, [difference]))
        standard = self._new_invoice()
        self.assertNotIn("whole", connection._ledger_gate_text(standard, [difference]))

    def test_rule_advises_whole_kroner_only_where_there_is_a_ledger(self):
        policy = self._deposit().prepayment_milestone_id.policy_id
        self.assertFalse(policy.is_rounding_advised)
        self.assertFalse(self.env["transfer.connection"]._has_ledger(self.company))
