"""Payments without an entry of their own, as where an addon reconciles the bank: the hold follows their state."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account.models.account_move import AccountMove

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldPayments(HoldCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # an addon that matches bank lines with payments says "in payment"; core alone books every payment
        cls.startClassPatcher(patch.object(AccountMove, "_get_invoice_in_payment_state", lambda moves: "in_payment"))
        journal = cls.company_data["default_journal_bank"]
        journal.inbound_payment_method_line_ids.payment_account_id = False

    def _held(self):
        order, productions = self._held_order()
        return self._deposits(order), self._made(productions)

    def _pay_without_entry(self, deposit, amount=None):
        payment = self._pay(deposit, amount)
        self.assertFalse(payment.move_id)
        return payment

    def _assert_hold(self, production, state):
        """As a transaction ends, without a click; what the planner reads and what the guard does agree."""
        self.env.cr.flush()
        self.env.invalidate_all()
        self.assertEqual(production.prepayment_hold_state, state)
        if state == "held":
            with self.assertRaises(UserError), self.env.cr.savepoint():
                production.action_start()

    def _bank_line(self, deposit, amount):
        """Money at the bank, matched with the invoice itself."""
        journal = self.company_data["default_journal_bank"]
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "payment_ref": deposit.name, "amount": amount, "partner_id": self.partner_a.id}
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        receivable = deposit.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        suspense.account_id = receivable.account_id
        (suspense | receivable).reconcile()
        return receivable

    def test_in_payment(self):
        self.company.prepayment_received_rule = "in_payment"
        deposit, production = self._held()
        payment = self._pay_without_entry(deposit)
        self.assertEqual((payment.state, deposit.payment_state), ("in_process", "in_payment"))
        self._assert_hold(production, "released")
        payment.action_reject()
        self._assert_hold(production, "held")
        payment.action_draft()
        payment.action_post()
        self._assert_hold(production, "released")
        payment.action_validate()
        self._assert_hold(production, "released")
        payment.action_cancel()
        self._assert_hold(production, "held")
        production.action_confirm()
        self.assertEqual(production.prepayment_missing_amount, 7716.05)

    def test_paid_waits_for_the_bank(self):
        self.company.prepayment_received_rule = "paid"
        deposit, production = self._held()
        payment = self._pay_without_entry(deposit)
        self._assert_hold(production, "held")
        receivable = self._bank_line(deposit, 7716.05)
        self.assertEqual((payment.state, deposit.payment_state), ("paid", "paid"))
        self._assert_hold(production, "released")
        receivable.remove_move_reconcile()
        self.assertEqual(payment.state, "in_process")
        self._assert_hold(production, "held")

    def test_paid_by_the_hand_of_the_bookkeeper(self):
        self.company.prepayment_received_rule = "paid"
        deposit, production = self._held()
        payment = self._pay_without_entry(deposit)
        payment.action_validate()
        self._assert_hold(production, "released")
        payment.action_draft()
        self._assert_hold(production, "held")

    def test_at_least_a_per_cent(self):
        self.company.write({"prepayment_received_rule": "percent", "prepayment_received_percent": 50})
        deposit, production = self._held()
        self._pay_without_entry(deposit, 3858.02)
        self._assert_hold(production, "held")
        self.assertEqual(production.prepayment_missing_amount, 0.01)
        last = self._pay_without_entry(deposit, 0.01)
        self._assert_hold(production, "released")
        last.action_cancel()
        self._assert_hold(production, "held")

    def test_the_bank_s_line_is_not_counted_beside_its_payment(self):
        deposit, production = self._held()
        self._pay_without_entry(deposit, 3000)
        self._bank_line(deposit, 3000)
        self._assert_hold(production, "held")
        self.assertEqual(production.prepayment_missing_amount, 4716.05)

    def test_one_payment_of_two_deposits_is_counted_once(self):
        first, production = self._held()
        second, other = self._held()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=(first | second).ids
        )
        payment = register.create({"group_payment": True, "amount": 8000})._create_payments()
        self.assertEqual((len(payment), payment.move_id.id, payment.invoice_ids), (1, False, first | second))
        self._assert_hold(production, "released")
        self._assert_hold(other, "held")
        self.assertEqual(other.prepayment_missing_amount, 7432.1)

    def test_payment_in_another_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.125)])
        deposit, production = self._held()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=deposit.ids
        )
        register.create(
            {"currency_id": euro.id, "amount": 900, "payment_difference_handling": "open"}
        )._create_payments()
        self._assert_hold(production, "held")
        self.assertEqual(production.prepayment_missing_amount, 516.05)

    def test_amount_changed_and_payment_deleted(self):
        deposit, production = self._held()
        payment = self._pay_without_entry(deposit)
        payment.amount = 7716
        self._assert_hold(production, "held")
        self.assertEqual(production.prepayment_missing_amount, 0.05)
        payment.amount = 7716.05
        self._assert_hold(production, "released")
        payment.unlink()
        self._assert_hold(production, "held")
