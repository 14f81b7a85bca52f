from datetime import datetime

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestAutomation(PrepaymentCommon):
    def _plan(self, *events, **values):
        share = 100 // len(events) if values.pop("whole", False) else 20
        lines = [
            (0, 0, {"name": event, "sequence": number, "percent": share, "event": event, **values})
            for number, event in enumerate(events, 1)
        ]
        return self.env["prepayment.policy"].create({"name": "/".join(events), "percent": 20, "line_ids": lines})

    def _goods(self, **values):
        return self._product("Goods", self.vat_25, type="consu", invoice_policy="delivery", **values)

    def test_company_setting_posts_at_confirmation(self):
        self.company.prepayment_automation = "post"
        self._policy((30,))
        self.assertEqual(self._deposits(self._order(confirm=True)).state, "posted")

    def test_rule_goes_before_the_setting(self):
        self.company.prepayment_automation = "post"
        self._policy((30,), invoice_mode="draft")
        self.assertEqual(self._deposits(self._order(confirm=True)).state, "draft")

    def test_posted_and_sent_at_confirmation(self):
        self.company.prepayment_automation = "send"
        self.partner_a.email = "customer@example.com"
        self._policy((30,))
        deposit = self._deposits(self._order(confirm=True))
        self.assertEqual((deposit.state, deposit.is_move_sent), ("posted", True))

    def test_production_start_makes_its_deposit_once(self):
        self._plan("confirmation", "production")
        order = self._order(confirm=True)
        self.assertEqual(len(self._deposits(order)), 1)
        order._prepayment_event("production_start")
        order._prepayment_event("production_start")
        self.assertEqual(len(self._deposits(order)), 2)
        self.assertEqual(order.prepayment_milestone_ids.mapped("move_id"), self._deposits(order))

    def test_due_date_is_counted_in_the_company_s_time_zone(self):
        self.company.partner_id.tz = "Europe/Copenhagen"
        self._plan("date", days=10)
        order = self._order(date_order=datetime(2026, 5, 31, 22, 30))  # 1 June in Copenhagen
        self.assertEqual(str(order.prepayment_milestone_ids.due_date), "2026-06-11")

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("invoice_prepayment.ir_cron_prepayment_due").method_direct_trigger()
        self.env.invalidate_all()

    def test_the_clock_makes_deposits_due_by_date(self):
        self._plan("date", days=10)
        with freeze_time("2026-03-02 10:00:00"):
            order = self._order(confirm=True, date_order=datetime(2026, 3, 2, 9, 0))
        self.assertFalse(self._deposits(order))
        self.assertFalse(order._get_due_milestones("date").filtered(lambda m: m.move_id))
        with freeze_time("2026-03-11 10:00:00"):
            self._run_cron()
            self.assertFalse(self._deposits(order))
        with freeze_time("2026-03-12 10:00:00"):
            self._run_cron()
            self._run_cron()
        self.assertEqual(len(self._deposits(order)), 1)
        self.assertEqual(str(self._deposits(order).invoice_date_due), "2026-03-12")

    def test_what_cannot_be_made_goes_to_the_to_do_list(self):
        """The event goes on: production and delivery are never stopped by an invoice."""
        self._plan("production")
        self.company.prepayment_automation = "post"
        order = self._order(confirm=True)
        self.company.downpayment_account_id = False
        order._prepayment_event("production_start")
        self.assertFalse(self._deposits(order))
        self.assertIn(self.company.name, order.activity_ids.note)
        order._prepayment_event("production_start")
        self.assertEqual(len(order.activity_ids), 1)

    def test_missing_account_stops_the_confirmation_whole(self):
        self._policy((30,))
        order = self._order()
        self.company.downpayment_account_id = False
        with self.assertRaises(UserError) as error, self.env.cr.savepoint():
            order.action_confirm()
        self.assertIn(self.company.name, str(error.exception))
        order.invalidate_recordset()
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.order_line.filtered("is_downpayment"))

    # After the last delivery

    def _delivered(self, order, quantity):
        order.order_line.filtered(lambda line: line.product_id).qty_delivered = quantity
        self.env.cr.flush()  # the end of the transaction

    def test_final_invoice_is_drafted_after_the_last_delivery(self):
        self.company.prepayment_final_mode = "draft"
        self._policy((30,), invoice_mode="post")
        order = self._order([(4, 100, self._goods())], confirm=True)
        self._delivered(order, 2)
        self.assertEqual(len(order.invoice_ids), 1)
        self._delivered(order, 4)
        final = order.invoice_ids - self._deposits(order)
        self.assertEqual((final.state, final.prepayment_invoice_type, final.amount_total), ("draft", "final", 350))

    def test_final_invoice_is_put_on_the_to_do_list(self):
        self.company.prepayment_final_mode = "activity"
        self._policy((30,), invoice_mode="post")
        order = self._order([(4, 100, self._goods())], confirm=True)
        self._delivered(order, 4)
        self._delivered(order, 4)
        self.assertEqual(len(order.activity_ids), 1)
        self.assertEqual(order.invoice_ids, self._deposits(order))

    def test_final_invoice_by_hand(self):
        self.company.prepayment_final_mode = "none"
        self._policy((30,), invoice_mode="post")
        order = self._order([(4, 100, self._goods())], confirm=True)
        self._delivered(order, 4)
        self.assertFalse(order.activity_ids)

    def test_draft_deposit_is_named_on_the_to_do_list(self):
        self.company.prepayment_final_mode = "draft"
        self._policy((30,))
        order = self._order([(4, 100, self._goods())], confirm=True)
        self._delivered(order, 4)
        self.assertEqual(order.invoice_ids, self._deposits(order))
        self.assertIn(order.name, order.activity_ids.note)

    def test_draft_deposits_are_taken_along(self):
        self.company.prepayment_draft_rule = "take"
        self._policy((30,))
        order = self._order(confirm=True)
        final = self._final(order)
        self.assertEqual(self._deposits(order).state, "posted")
        self.assertEqual(order.currency_id.round(final.amount_total + self._deposits(order).amount_total), 15432.09)

    def test_deposit_due_at_delivery_comes_before_the_final_invoice(self):
        self.company.write({"prepayment_final_mode": "draft", "prepayment_automation": "post"})
        self._plan("confirmation", "delivery", whole=True)
        order = self._order([(4, 100.01, self._goods())], confirm=True)
        self._delivered(order, 4)
        self.assertEqual(len(self._deposits(order)), 2)
        final = order.invoice_ids - self._deposits(order)
        self.assertEqual((final.amount_total, final.move_type), (0, "out_invoice"))
        self.assertEqual(len(final._get_deducted_prepayments()), 2)

    # Core's own deposits

    def test_deposit_of_core_s_wizard_is_adopted(self):
        self._policy((30,))
        order = self._order()
        order.prepayment_milestone_ids.event = "production"
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "percentage", "amount": 30}
        )
        wizard.create_invoices()
        deposit = self._deposits(order)
        self.assertEqual(order.prepayment_milestone_ids.move_id, deposit)
        order._prepayment_event("production_start")
        self.assertEqual(self._deposits(order), deposit)

    def test_smaller_deposit_of_core_leaves_the_rest_to_the_plan(self):
        self._policy((30,))
        order = self._order([(1, 1000)])
        order.prepayment_milestone_ids.event = "production"
        order.action_confirm()
        self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "fixed", "fixed_amount": 100}
        ).create_invoices()
        self.assertFalse(order.prepayment_milestone_ids.move_id)
        order.action_create_prepayment_invoice()
        self.assertEqual(sorted(self._deposits(order).mapped("amount_total")), [100, 275])
        self.assertEqual(order.prepayment_required_amount, 375)

    def test_deposit_above_what_remains_is_refused(self):
        self._policy((50,))
        order = self._order([(1, 1000)], confirm=True)
        for values in (
            {"advance_payment_method": "percentage", "amount": 120},
            {"advance_payment_method": "fixed", "fixed_amount": 700},
        ):
            wizard = self.env["sale.advance.payment.inv"].create({"sale_order_ids": order.ids, **values})
            with self.assertRaises(UserError):
                wizard.create_invoices()
        self.assertEqual(len(self._deposits(order)), 1)

    def test_portal_asks_for_the_planned_deposit(self):
        self._policy((30,), rounding=10)
        order = self._order(require_payment=True)
        self.assertEqual(order._get_prepayment_required_amount(), 4630)
        self.assertAlmostEqual(order.prepayment_percent, 4630 / 15432.09, 6)

    def test_negative_and_zero_orders(self):
        self._policy((30,))
        zero = self._order([(1, 0)], confirm=True)
        negative = self._order([(1, -100)], confirm=True)
        self.assertFalse((zero | negative).invoice_ids)
        for order in (zero, negative):
            with self.assertRaises(UserError):
                order.action_create_prepayment_invoice()

    def test_archived_product(self):
        self._policy((30,))
        order = self._order()
        self.product.active = False
        order.action_confirm()
        self._deposits(order).action_post()
        self._final(order).action_post()
        self.assertEqual(order.prepayment_state, "settled")
