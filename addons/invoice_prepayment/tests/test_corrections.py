"""What a bookkeeper does when something was wrong: credit, make again, change the plan, find fees on a deposit."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .test_safeguards import SafeguardCommon


@tagged("post_install", "-at_install")
class TestCorrections(SafeguardCommon):
    def _credit(self, move, modify=False):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "reason": "Wrong"})
        )
        if modify:
            return self.env["account.move"].browse(wizard.modify_moves()["res_id"])
        wizard.refund_moves()
        wizard.new_move_ids.filtered(lambda credit: credit.state == "draft").action_post()
        return wizard.new_move_ids

    def _add_fee(self, draft, amount):
        account = self.company_data["default_account_revenue"].id
        values = {"name": "Fee", "price_unit": amount, "tax_ids": [Command.clear()], "account_id": account}
        draft.invoice_line_ids = [Command.create(values)]

    def test_a_credited_deposit_is_invoiced_again(self):
        for paid in (False, True):
            with self.subTest(paid=paid):
                order = self._planned_order()
                first = self._deposits(order)
                if paid:
                    self._pay(first)
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    order.action_create_prepayment_invoice()
                self._credit(first)
                self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("refunded", 375))
                self.assertTrue(order.prepayment_has_open_milestone)
                order.action_create_prepayment_invoice()
                second = order.prepayment_milestone_ids.move_id
                self.assertNotEqual(first, second)
                self.assertEqual((second.amount_total, second.state), (375, "posted"))
                self._pay(second)
                self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("received", 0))
                final = self._final(order)
                final.action_post()
                self.assertEqual(final.amount_total, 875)
                self.assertEqual(self._balance(self.liability), 0)

    def test_the_plan_of_a_credited_deposit_is_changed(self):
        order = self._planned_order()
        milestone = order.prepayment_milestone_ids
        with self.assertRaises(UserError), self.env.cr.savepoint():
            milestone.percent = 50
        self._credit(self._deposits(order))
        milestone.percent = 50
        order.action_create_prepayment_invoice()
        self.assertEqual(milestone.move_id.amount_total, 625)
        self._credit(milestone.move_id)
        # where production is installed, to ask for less needs a right of its own
        may_release = self.env.ref("invoice_prepayment_mrp.group_prepayment_override", raise_if_not_found=False)
        self.env.user.group_ids |= may_release or self.env["res.groups"]
        milestone.unlink()
        self.assertFalse(order.prepayment_milestone_ids)

    def test_an_order_that_shrank_waits_for_its_smaller_deposit(self):
        order = self._planned_order([(10, 100)])
        self._pay(self._deposits(order))
        order.order_line.filtered("product_id").product_uom_qty = 6
        self.assertEqual((order.prepayment_required_amount, order.prepayment_missing_amount), (375, 0))
        settle = self.env["prepayment.settlement.wizard"].create
        settle({"order_id": order.id, "amount": 150, "reason": "Smaller"}).action_settle()
        self.assertEqual((order.prepayment_required_amount, order.prepayment_received_amount), (225, 225))
        self.assertEqual((order.prepayment_missing_amount, order.prepayment_state), (0, "received"))
        settle({"order_id": order.id, "amount": 100, "reason": "More than that"}).action_settle()
        self.assertEqual((order.prepayment_required_amount, order.prepayment_missing_amount), (225, 100))

    def test_a_due_date_that_was_entered_stays(self):
        """Confirming gives the order the day's date; a date agreed with the customer does not move with it."""
        self._policy((30,))
        with freeze_time("2026-05-05"):
            order = self._order([(1, 1000)])
            milestone = order.prepayment_milestone_ids
            milestone.write({"event": "date", "due_date": "2026-09-01"})
        with freeze_time("2026-05-20"):
            order.action_confirm()
            order._cron_prepayment_due()
        self.assertEqual(str(milestone.due_date), "2026-09-01")
        self.assertFalse(order.invoice_ids)
        milestone.days = 10
        self.assertEqual(str(milestone.due_date), "2026-05-30")

    def test_the_clock_does_not_invoice_again_what_was_credited(self):
        self._policy((30,), invoice_mode="post")
        order = self._order([(1, 1000)])
        order.prepayment_milestone_ids.write({"event": "date", "due_date": "2020-01-01"})
        order.action_confirm()
        order._prepayment_event("date")
        self._credit(self._deposits(order))
        order._prepayment_event("date")
        self.assertEqual(len(self._deposits(order)), 2)

    def test_credited_and_made_again_by_core(self):
        """Core's *Reverse and create invoice* of a deposit, then of the final invoice."""
        order = self._planned_order()
        again = self._credit(self._deposits(order), modify=True)
        self.assertEqual((again.prepayment_invoice_type, again.amount_total), ("prepayment", 375))
        again.action_post()
        self._pay(again)
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("received", 0))
        final = self._final(order)
        final.action_post()
        self.assertEqual((final.amount_total, self._balance(self.liability)), (875, 0))
        again = self._credit(final, modify=True)
        self.assertEqual((again.prepayment_invoice_type, again.amount_total), ("final", 875))
        again.action_post()
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._balance(self.vat_account), -250)
        self.assertEqual(order.prepayment_state, "settled")

    def test_a_fee_is_no_deposit(self):
        self._policy((30,))
        order = self._order([(1, 1000)], confirm=True)
        deposit = self._deposits(order)
        self._add_fee(deposit, 50)
        deposit.action_post()
        self.assertEqual(deposit.amount_total, 425)
        self.assertEqual(order.prepayment_milestone_ids.amount, 375)
        self.assertEqual(order._get_deposited_amount(), 375)
        self._pay(deposit, 300)
        self.assertEqual((order.prepayment_received_amount, order.prepayment_missing_amount), (300, 75))
        self._pay(deposit, 100)  # the fee is still owed
        self.assertEqual((order.prepayment_received_amount, order.prepayment_missing_amount), (375, 0))
        self.assertFalse(order.prepayment_milestone_ids.outstanding_amount)
        self._pay(deposit)
        self.assertEqual((order.prepayment_received_amount, order.prepayment_state), (375, "received"))
        wizard = self.env["prepayment.settlement.wizard"].create({"order_id": order.id, "reason": "x"})
        self.assertEqual((wizard.open_amount, wizard.paid_amount), (375, 375))
        wizard.action_settle()
        self.assertEqual((order.prepayment_state, self._balance(self.liability)), ("refunded", 0))

    def test_cash_rounding_of_a_deposit_holds_nothing(self):
        """375.04 rounded to 375: who pays the invoice has paid the deposit."""
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "Whole",
                "rounding": 1.0,
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        self._policy((30,))
        order = self._order([(1, 1000.11)], confirm=True)
        deposit = self._deposits(order)
        deposit.invoice_cash_rounding_id = rounding
        deposit.action_post()
        self.assertEqual((deposit.amount_total, order.prepayment_required_amount), (375, 375.04))
        self._pay(deposit)
        self.assertEqual((order.prepayment_missing_amount, order.prepayment_state), (0, "received"))

    def test_cash_discount_taken_on_a_deposit(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2/10",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "early_pay_discount_computation": "included",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        self._policy((30,), invoice_mode="post", payment_term_id=term.id)
        order = self._order([(1, 1000)], confirm=True)
        deposit = self._deposits(order)
        self._pay(deposit)
        self.assertFalse(deposit.amount_residual)
        self.assertEqual((order.prepayment_missing_amount, order.prepayment_state), (0, "received"))

    def test_nothing_is_settled_before_the_deposit(self):
        order = self._planned_order()
        self._pay(self._deposits(order))
        day = self._deposits(order).date - timedelta(days=1)
        with self.assertRaises(UserError):
            self.env["prepayment.settlement.wizard"].create(
                {"order_id": order.id, "date": day, "reason": "x"}
            ).action_settle()

    def test_foreign_deposits_are_transferred_and_forfeited_to_the_oere(self):
        """Several credit notes rounded each by itself in kroner, one new document."""
        currency = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.13417), ("2026-06-01", 0.13391)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": currency.id})
        for outcome in ("transfer", "forfeit"):
            for price in (100.37, 99.91, 33.33):
                with self.subTest(outcome=outcome, price=price):
                    self._policy((33, 33, 34), invoice_mode="post", sequence=1)
                    with freeze_time("2026-05-05"):
                        order = self._order([(1, price)], confirm=True, pricelist_id=pricelist.id)
                        other = self._order([(1, 1000)], pricelist_id=pricelist.id)
                        other.prepayment_milestone_ids.event = "production"
                        other.action_confirm()
                        while order.prepayment_has_open_milestone:
                            order.action_create_prepayment_invoice()
                        for deposit in self._deposits(order):
                            self._pay(deposit)
                    with freeze_time("2026-06-15"):
                        self.env["prepayment.settlement.wizard"].create(
                            {"order_id": order.id, "outcome": outcome, "target_order_id": other.id, "reason": "x"}
                        ).action_settle()
                    moves = order.prepayment_settlement_ids.move_ids
                    new = moves.filtered(lambda move: move.move_type == "out_invoice")
                    self.assertEqual((new.amount_total, new.amount_residual), (order.amount_total, 0))
                    items = moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
                    self.assertFalse(sum(items.mapped("amount_residual")))
                    owed = self.env["account.move.line"].search(
                        [("prepayment_order_id", "=", order.id), ("account_id", "=", self.liability.id)]
                    )
                    self.assertEqual(self.company.currency_id.round(sum(owed.mapped("balance"))), 0)

    def test_a_plan_on_two_bases_is_the_order_once(self):
        """A rule without VAT and a deposit added by hand, which counts with VAT."""
        self._policy((50,), basis="net")
        order = self._order([(1, 1000)])
        order.prepayment_milestone_ids = [Command.create({"name": "More", "percent": 50, "sequence": 20})]
        self.assertEqual(order.prepayment_milestone_ids.mapped("planned_amount"), [625, 625])
        order.prepayment_milestone_ids[1].percent = 20
        self.assertEqual(order.prepayment_milestone_ids.mapped("planned_amount"), [625, 250])

    def test_orders_without_room_for_a_deposit_are_not_to_invoice(self):
        self._policy((30,))
        zero = self._order([(1, 0)], confirm=True)
        negative = self._order([(1, -100)], confirm=True)
        self.assertEqual((zero | negative).mapped("prepayment_state"), ["none", "none"])
        order = self._order([(1, 1000)])
        order.prepayment_milestone_ids.write({"event": "production", "holds_production": False})
        order.action_confirm()
        self.assertEqual(order.prepayment_state, "to_invoice")
        self.assertTrue(order.prepayment_milestone_ids.can_be_invoiced)
        order._create_invoices().action_post()
        self.assertEqual(order.prepayment_state, "none")
        self.assertFalse(order.prepayment_milestone_ids.can_be_invoiced)  # no button that would only be refused

    def test_a_bookkeeper_without_rights_in_sales(self):
        """The list of planned deposits is on the menu of accounting: its button works there."""
        bookkeeper = self._user("plain_bookkeeper", "account.group_account_invoice")
        self._policy((30, 40, 30), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True)
        second = order.prepayment_milestone_ids[1]
        second.with_user(bookkeeper).action_create_invoice()
        self.assertEqual((second.move_id.amount_total, second.move_id.state), (500, "posted"))
        self.assertEqual(second.move_id.create_uid, bookkeeper)
        order.with_user(bookkeeper).action_prepayment_send()
        order.with_user(bookkeeper).action_create_prepayment_invoice()
        final = self.env["account.move"].browse(order.with_user(bookkeeper).action_create_final_invoice()["res_id"])
        final.with_user(bookkeeper).action_post()
        self.assertEqual(order.prepayment_state, "settled")

    def test_each_fault_is_told(self):
        order = self._planned_order()
        for text in ("first", "second", "second"):

            def fail(text=text):
                raise UserError(text)

            order._prepayment_attempt(fail)
        self.assertEqual(len(order.activity_ids), 2)

        def redirect(text="third & last"):
            raise RedirectWarning(text, 1, text)

        order._prepayment_attempt(redirect)
        self.assertIn("third &amp; last", order.activity_ids.sorted("id")[-1:].note)

    def test_money_for_a_draft_of_the_goods_is_told(self):
        """No deposit can be made beside it; VAT falls due all the same."""
        order = self._order([(1, 1000)], confirm=True)
        draft = order._create_invoices()
        self._payment(1250, order.name)
        self.assertEqual((order.invoice_ids, draft.state), (draft, "draft"))
        self.assertEqual(len(order.activity_ids), 1)
        self.assertIn(order.name, order.activity_ids.note)
        other = self._order([(1, 1000)], confirm=True)
        other._create_invoices().action_post()
        self._payment(1250, other.name)
        self.assertFalse(other.activity_ids)

    def test_a_fault_of_the_deposit_never_stops_the_payment(self):
        order = self._order([(1, 1000)], confirm=True)
        error = RedirectWarning("No plan", 1, "Go")
        with patch.object(type(self.env["account.move"]), "_post_on", side_effect=error):
            payment = self._payment(500, order.name)
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertEqual(len(order.activity_ids), 1)
