"""Deposits and their final invoices in Dinero (its simulator): the same net, VAT and total, or nothing at all."""

from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.dinero_connector.tests.common import DineroCommon
from odoo.addons.invoice_prepayment.tests.orders import DepositOrders

LIABILITY = "66100"


@tagged("post_install", "-at_install")
class TestDepositLedger(DepositOrders, DineroCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_orders(cls.tax, property_account_income_id=cls.income.id)
        cls.company._set_default_prepayment_account()
        address = {"street": "Strandvejen 1", "zip": "8000", "city": "Aarhus C", "email": "kontor@example.dk"}
        cls.company.partner_id.write({**address, "vat": "DK98765409", "company_registry": "98765409"})

    def setUp(self):
        super().setUp()
        self.adapter_setup()

        # Dinero's own way: prepayments on a liability account with VAT
        self.deposit_mapping = self.env["ledger.account.mapping"].create(
            {
                "connection_id": self.connection.id,
                "account_id": self.company.downpayment_account_id.id,
                "tax_id": self.tax.id,
                "remote_account": LIABILITY,
            }
        )
        self.connection.action_ledger_read_accounts()

    def _push_all(self, moves):
        for move in moves:
            self.push(move)
        self.assertEqual(moves.mapped("ledger_state"), ["pushed"] * len(moves), moves.mapped("ledger_message"))

    def _booked(self):
        """Net, VAT and total of what Dinero has booked, in order."""
        return [(row["TotalExclVat"], row["TotalVat"], row["TotalInclVat"]) for row in self.simulator.booked()]

    def _ours(self, moves):
        return [
            tuple(map(move._ledger_amount, (move.amount_untaxed, move.amount_tax, move.amount_total))) for move in moves
        ]

    def test_the_story(self):
        """12,345.67 + VAT in halves: 7,716.05, 7,716.04 and a final invoice of 0.00."""
        self._rule(50, 50)
        order = self._order(12345.67)
        deposits = order._get_prepayment_invoices().sorted("id")
        final = self._final(order)
        self._push_all(deposits | final)
        self.assertEqual([total for _net, _vat, total in self._booked()], [Decimal("7716.05"), Decimal("7716.04"), 0])
        self.assertEqual(self._booked(), self._ours(deposits | final))

    def test_whole_kroner_always_agree(self):
        self._rule(30, 20, rounding=1)
        for prices in ((333.33, 0.07), (1999.99, 45.55, 12.34), (87.11,)):
            before = len(self._booked())
            order = self._order(*prices)
            deposits = order._get_prepayment_invoices().sorted("id")
            final = self._final(order)
            self._push_all(deposits | final)
            self.assertEqual(self._booked()[before:], self._ours(deposits | final))
            total = sum(total for _net, _vat, total in self._booked()[before:])
            self.assertEqual(float(total), order.amount_total)

    def test_a_deposit_that_dinero_would_change_is_stopped_and_says_what_to_do(self):
        """No net amount comes to 100.02 with VAT: 80.01 makes 100.01 and 80.02 makes 100.03. Nothing is booked."""
        policy = self._rule(30)
        self.assertTrue(policy.is_rounding_advised)
        policy.rounding = 1
        self.assertFalse(policy.is_rounding_advised)
        policy.rounding = 0
        policy.line_ids.unlink()
        policy.write({"amount_type": "amount", "amount": 100.02})
        deposit = self._order(1000)._get_prepayment_invoices()
        self.assertEqual(deposit.amount_total, 100.02)
        self.push(deposit)
        self.assertEqual(deposit.ledger_state, "failed")
        self.assertIn("whole", deposit.ledger_message)
        self.assertFalse(self.simulator.booked())

    def test_one_click_queues_the_deposit(self):
        self._rule(30, invoice_mode="draft", rounding=1)
        order = self._order(1000)
        order.action_prepayment_send()
        deposit = order._get_prepayment_invoices()
        self.assertEqual(deposit.ledger_state, "queued")
        self.process()
        self.assertEqual(deposit.ledger_state, "pushed")

    def test_a_connection_at_rest_stops_no_mail(self):
        self._rule(30, invoice_mode="draft")
        self.env["ledger.account.mapping"].search([("connection_id", "=", self.connection.id)]).unlink()
        order = self._order(1000)
        order.action_prepayment_send()
        deposit = order._get_prepayment_invoices()
        self.assertTrue(deposit.invoice_is_sent)
        self.assertEqual(deposit.ledger_state, "not_pushed")
        self.assertTrue(deposit.message_ids.filtered(lambda message: "not mapped" in (message.body or "")))

    def _pay_all(self):
        """Each booked document is paid over there in full, credit notes to the customer."""
        for kind in ("invoices", "creditnotes"):
            for row in self.simulator.booked(kind):
                if row["TotalInclVat"]:
                    self.simulator.pay(row["Guid"], row["TotalInclVat"])

    def _sold(self, balances):
        """(net sold, VAT) over there; what is owed and prepaid must be 0.00."""
        self.assertNotIn(11000, balances, "customers owe 0.00")
        self.assertNotIn(int(LIABILITY), balances, "prepayments are 0.00")
        return -balances[1000], -balances[63080]

    def test_deposits_of_each_way_end_at_zero(self):
        for way in ("liability", "sales"):
            with self.subTest(way=way):
                self.simulator.organisation.invoices.clear()
                self.connection.ledger_deposit_way = way
                self.env["prepayment.policy"].search([]).active = False
                self._rule(30, 20, rounding=1)
                order = self._order(1999.99, 45.55, 12.34)
                deposits = order._get_prepayment_invoices().sorted("id")
                self._push_all(deposits)
                prepaid = self.simulator.balances().get(int(LIABILITY), 0)
                self.assertEqual(float(-prepaid), sum(deposits.mapped("amount_untaxed")) if way == "liability" else 0)
                self._push_all(self._final(order))
                self._pay_all()
                net, vat = self._sold(self.simulator.balances())
                self.assertEqual((float(net), float(vat)), (order.amount_untaxed, order.amount_tax))

    def test_credited_deposit_ends_at_zero(self):
        self._rule(30, rounding=1)
        deposit = self._order(1000)._get_prepayment_invoices()
        self._push_all(deposit)
        credit = deposit._reverse_moves([{"invoice_date": deposit.invoice_date}], cancel=False)
        credit.action_post()
        self._push_all(credit)
        self._pay_all()
        self.assertEqual(set(self.simulator.balances()) - {55000}, set(), "nothing owed, prepaid, sold or due as VAT")

    def test_deposits_never_fall_among_sales_by_chance(self):
        self.deposit_mapping.unlink()
        self._rule(30)
        deposit = self._order(1000)._get_prepayment_invoices()
        with self.assertRaises(UserError):
            deposit.action_ledger_push()
