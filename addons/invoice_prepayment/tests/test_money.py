from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.models.account_move import AccountMove
from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common import PrepaymentCommon


class PaymentCommon(PrepaymentCommon):
    def _payment(self, amount, memo, date="2026-03-17", post=True, **values):
        journal = self.company_data["default_journal_bank"]
        line = journal.inbound_payment_method_line_ids[:1]
        if not line.payment_account_id:
            line.payment_account_id = self.company_data["default_account_assets"].copy(
                {"code": "551199", "reconcile": True}
            )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_a.id,
                "amount": amount,
                "date": date,
                "memo": memo,
                "journal_id": journal.id,
                "payment_method_line_id": line.id,
                **values,
            }
        )
        if post:
            payment.action_post()
        return payment


@tagged("post_install", "-at_install")
class TestMoney(PaymentCommon):
    """In Denmark VAT falls due when the money comes, with or without an invoice."""

    def test_money_without_invoice_makes_one_dated_that_day(self):
        order = self._order([(1, 1000)], confirm=True)
        self._payment(500, f"{order.name}, tak")
        deposit = self._deposits(order)
        self.assertEqual(
            (deposit.state, str(deposit.invoice_date), deposit.amount_total, deposit.amount_tax),
            ("posted", "2026-03-17", 500, 100),
        )
        self.assertIn(deposit.payment_state, ("paid", "in_payment"))
        self.assertEqual(order.prepayment_received_amount, 500)

    def test_more_than_the_order_stays_on_account(self):
        order = self._order([(1, 1000)], confirm=True)
        payment = self._payment(1300, order.name)
        self.assertEqual(self._deposits(order).amount_total, 1250)
        line = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(line.amount_residual, -50)

    def test_draft_of_the_plan_is_posted_with_the_day(self):
        self._policy((30,))
        order = self._order([(1, 1000)], confirm=True)
        draft = self._deposits(order)
        self._payment(375, order.name)
        self.assertEqual(self._deposits(order), draft)
        self.assertEqual((draft.state, str(draft.invoice_date)), ("posted", "2026-03-17"))
        self.assertEqual(order.prepayment_state, "received")

    def test_ask_puts_it_on_the_to_do_list(self):
        self.company.prepayment_money_rule = "ask"
        order = self._order([(1, 1000)], confirm=True)
        payment = self._payment(500, order.name)
        self.assertFalse(order.invoice_ids)
        self.assertEqual(len(order.activity_ids), 1)
        wizard = self.env["prepayment.money.wizard"].create({"order_id": order.id})
        self.assertEqual(wizard.line_ids.move_id, payment.move_id)
        wizard.action_match()
        self.assertEqual(self._deposits(order).amount_total, 500)
        self.assertTrue(
            payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable").reconciled
        )

    def test_a_number_that_is_no_order_or_another_customer_s(self):
        order = self._order([(1, 1000)], confirm=True)
        for memo, partner in (("S99999999", self.partner_a), (order.name, self.partner_b), ("", self.partner_a)):
            payment = self._payment(500, memo, partner_id=partner.id)
            self.assertFalse(payment.prepayment_order_id)
        self.assertFalse(order.invoice_ids)

    def test_closed_period_does_not_stop_the_payment(self):
        order = self._order([(1, 1000)], confirm=True)
        payment = self._payment(500, order.name, date="2026-03-17", post=False)
        self.company.sudo().sale_lock_date = "2026-03-31"
        payment.action_post()
        self.assertFalse(order.invoice_ids)
        self.assertNotEqual(payment.state, "draft")
        self.assertTrue(order.activity_ids.note)

    def test_paid_deposit_invoices_are_not_doubled(self):
        self._policy((30,), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True)
        self._pay(self._deposits(order))
        self.assertEqual(len(self._deposits(order)), 1)
        self._payment(100, order.name)
        self.assertEqual(sorted(self._deposits(order).mapped("amount_total")), [100, 375])

    def test_payment_registered_on_an_invoice_stays_with_it(self):
        """Even when its text names the order."""
        self._policy((30,), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True)
        deposit = self._deposits(order)
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=deposit.ids
        )
        register.create({"communication": order.name})._create_payments()
        self.assertEqual(self._deposits(order), deposit)
        self.assertIn(deposit.payment_state, ("paid", "in_payment"))

    def test_wizard_needs_money_and_rights(self):
        order = self._order([(1, 1000)], confirm=True)
        with self.assertRaises(UserError):
            self.env["prepayment.money.wizard"].create({"order_id": order.id}).action_match()
        seller = new_test_user(
            self.env,
            "money_seller",
            "sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.assertFalse(self.env["prepayment.money.wizard"].with_user(seller).has_access("create"))


@tagged("post_install", "-at_install")
class TestPortalMoney(AccountPaymentCommon, PrepaymentCommon):
    """A customer pays the deposit in the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dummy_provider.company_id = cls.company

    def _transaction(self, order, amount, reference=""):
        return self._create_transaction(
            "redirect",
            amount=amount,
            currency_id=order.currency_id.id,
            provider_id=self.dummy_provider.id,
            reference=f"TX {order.name}{reference}",
            partner_id=order.partner_id.id,
            sale_order_ids=[(6, 0, order.ids)],
            state="done",
        )

    def test_portal_payment_with_automatic_invoice_adopts(self):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", True)
        self._policy((30,))
        order = self._order([(1, 1000)], require_payment=True)
        order.action_quotation_sent()
        self._transaction(order, 375).with_context(skip_sale_auto_invoice_send=True)._post_process()
        self.assertEqual(order.state, "sale")
        deposit = self._deposits(order)
        self.assertEqual((len(deposit), deposit.amount_total, deposit.state), (1, 375, "posted"))
        self.assertEqual(order.prepayment_milestone_ids.move_id, deposit)
        self.assertIn(deposit.payment_state, ("paid", "in_payment"))

    def test_portal_payment_of_the_whole_order(self):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", True)
        self._policy((30,))
        order = self._order([(1, 1000)], require_payment=True)
        order.action_quotation_sent()
        self._transaction(order, 1250).with_context(skip_sale_auto_invoice_send=True)._post_process()
        invoice = order.invoice_ids
        self.assertEqual((len(invoice), invoice.amount_total, invoice.state), (1, 1250, "posted"))
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("received", 0))

    def test_numbered_draft_is_cancelled_not_deleted(self):
        """The order is paid in full: a deposit that had a number keeps it."""
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", True)
        self._policy((30,), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True)
        deposit = self._deposits(order)
        number = deposit.name
        deposit.button_draft()
        transaction = self._transaction(order, 1250).with_context(skip_sale_auto_invoice_send=True)
        transaction._post_process()
        self.assertEqual((deposit.exists().name, deposit.state), (number, "cancel"))

    def test_draft_credit_note_stops_the_invoice_not_the_payment(self):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", True)
        self._policy((30,), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True)
        credit = self._deposits(order)._reverse_moves([{}])
        transaction = self._transaction(order, 1250).with_context(skip_sale_auto_invoice_send=True)
        transaction._post_process()
        self.assertTrue(transaction.is_post_processed)
        self.assertEqual(credit.exists().state, "draft")
        self.assertTrue(order.activity_ids)
        self.assertEqual(order.prepayment_missing_amount, 0)

    def test_portal_payment_without_automatic_invoice(self):
        self._policy((30,))
        order = self._order([(1, 1000)], require_payment=True)
        order.action_quotation_sent()
        self._transaction(order, 375)._post_process()
        deposit = self._deposits(order)
        self.assertEqual((len(deposit), deposit.state), (1, "posted"))
        self.assertIn(deposit.payment_state, ("paid", "in_payment"))

    def _pay_quotation(self, order, amount, automatic):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", automatic and "True")
        order.action_quotation_sent()
        transaction = self._transaction(order, amount).with_context(skip_sale_auto_invoice_send=True)
        transaction._post_process()
        transaction._post_process()  # the status page and the cron
        self.env["payment.transaction"]._cron_post_process()
        return transaction

    def test_deposit_paid_on_the_quotation_makes_one_invoice(self):
        """Whatever is set: at confirmation, for automatic invoices, by the rule."""
        for automatic in (True, False):
            for mode in ("draft", "post", "send"):
                for percents in ((30,), (30, 70)):
                    with self.subTest(automatic=automatic, mode=mode, percents=percents):
                        policy = self._policy(percents, invoice_mode=mode)
                        order = self._order([(1, 1000)], require_payment=True)
                        self.assertEqual(order._get_prepayment_required_amount(), 375)
                        self._pay_quotation(order, 375, automatic)
                        deposit = self._deposits(order)
                        self.assertEqual(order.invoice_ids, deposit)
                        self.assertEqual((len(deposit), deposit.amount_total, deposit.state), (1, 375, "posted"))
                        self.assertEqual(order.prepayment_milestone_ids[0].move_id, deposit)
                        self.assertIn(deposit.payment_state, ("paid", "in_payment"))
                        self.assertEqual((order.state, order.prepayment_state), ("sale", "received"))
                        policy.active = False

    def test_less_than_the_deposit_confirms_nothing(self):
        self._policy((30,))
        order = self._order([(1, 1000)], require_payment=True)
        self._pay_quotation(order, 100, True)
        self.assertNotEqual(order.state, "sale")
        self.assertFalse(order.invoice_ids)

    def test_two_payments_of_the_quotation_make_one_deposit_invoice(self):
        """100 first, the rest after it: the deposit of the plan, paid by both."""
        self._policy((30,))
        order = self._order([(1, 1000)], require_payment=True)
        self._pay_quotation(order, 100, False)
        self.assertFalse(order.invoice_ids)
        self._transaction(order, 275, " second")._post_process()
        self.assertEqual(order.state, "sale")
        deposit = self._deposits(order)
        self.assertEqual((len(deposit), deposit.amount_total, deposit.amount_residual), (1, 375, 0))
        self.assertEqual(order.prepayment_state, "received")

    def test_deposit_paid_without_an_entry(self):
        """Where an addon matches bank lines with payments, the payment is linked with the deposit it pays."""
        self.startPatcher(patch.object(AccountMove, "_get_invoice_in_payment_state", lambda moves: "in_payment"))
        self.dummy_provider.journal_id.inbound_payment_method_line_ids.payment_account_id = False
        for automatic in (True, False):
            policy = self._policy((30,))
            order = self._order([(1, 1000)], require_payment=True)
            transaction = self._pay_quotation(order, 375, automatic)
            deposit = self._deposits(order)
            self.assertFalse(transaction.payment_id.move_id)
            self.assertEqual((len(deposit), deposit.amount_total, deposit.state), (1, 375, "posted"))
            self.assertEqual((transaction.payment_id.invoice_ids, deposit.payment_state), (deposit, "in_payment"))
            self.assertEqual(order.prepayment_state, "received")
            policy.active = False
