from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.invoice_prepayment.tests.common import PrepaymentCommon

from ..hooks import fill_lots


@tagged("post_install", "-at_install")
class TestBatches(PrepaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls._product(
            "Cream", cls.vat_25, type="consu", is_storable=True, tracking="lot", invoice_policy="delivery"
        )
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.batch, cls.second_batch = cls.env["stock.lot"].create(
            [{"name": name, "product_id": cls.goods.id} for name in ("B-1", "B-2")]
        )

    def _stock(self, lot, quantity):
        self.env["stock.quant"].sudo()._update_available_quantity(
            self.goods, self.warehouse.lot_stock_id, quantity, lot_id=lot
        )

    def _deliver(self, order, quantity):
        picking = order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))
        picking.action_assign()
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def _order_of_ten(self):
        self._policy((10, 10), invoice_mode="post")
        order = self._order([(10, 100, self.goods)], confirm=True)
        order.action_create_prepayment_invoice()
        return order

    def test_four_invoices_of_a_batch_and_the_batches_of_an_invoice(self):
        order = self._order_of_ten()
        deposits = self._deposits(order)
        self.assertEqual(len(deposits), 2)
        self.assertFalse(deposits.invoice_lot_ids)
        # Before delivery: as soon as the batch is reserved.
        self._stock(self.batch, 6)
        order.picking_ids.action_assign()
        self.assertEqual(deposits[0].invoice_lot_ids, self.batch)
        self.assertEqual(self.batch.invoice_ids, deposits)
        self._deliver(order, 6)
        partial = self._final(order)
        partial.action_post()
        self._stock(self.second_batch, 4)
        order.picking_ids.filtered(lambda picking: picking.state != "done").action_assign()
        self._deliver(order, 4)
        final = self._final(order)
        final.action_post()
        self.assertEqual(self.batch.invoice_ids, deposits | partial | final)
        self.assertEqual(self.batch.invoice_count, 4)
        self.assertEqual(final.invoice_lot_ids, self.batch | self.second_batch)
        self.assertEqual(self.env["account.move"].search([("invoice_lot_ids", "=", "B-1")]), self.batch.invoice_ids)
        self.assertEqual(deposits[0].action_view_invoice_lots()["res_model"], "stock.lot")
        self.assertEqual(self.batch.action_view_invoices()["res_model"], "account.move")

    def test_install_fills_the_same_links(self):
        order = self._order_of_ten()
        self._stock(self.batch, 10)
        self._deliver(order, 10)
        self._final(order).action_post()
        invoices = order.invoice_ids
        expected = {move.id: move.invoice_lot_ids.ids for move in invoices}
        self.assertTrue(all(expected.values()))
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM account_move_stock_lot_rel")
        fill_lots(self.env.cr)
        self.env.invalidate_all()
        self.assertEqual({move.id: move.invoice_lot_ids.ids for move in invoices}, expected)

    def test_an_invoice_of_other_goods_has_no_batch(self):
        invoice = self.init_invoice("out_invoice", amounts=[100], post=True)
        self.assertFalse(invoice.invoice_lot_ids)

    def test_links_are_not_written_by_hand(self):
        order = self._order_of_ten()
        invoice = self._deposits(order)[0].with_user(self.env.user)
        with self.assertRaises(AccessError):
            invoice.write({"invoice_lot_ids": [Command.link(self.batch.id)]})
        with self.assertRaises(AccessError):
            self.batch.with_user(self.env.user).write({"invoice_ids": [Command.link(invoice.id)]})

    def test_a_warehouse_worker_delivers_without_rights_in_accounting(self):
        order = self._order_of_ten()
        self._stock(self.batch, 10)
        worker = new_test_user(
            self.env,
            "batch_worker",
            groups="stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        picking = order.picking_ids.with_user(worker)
        picking.action_assign()
        picking.move_ids.quantity = 10
        picking.move_ids.picked = True
        picking.button_validate()
        self.env.flush_all()
        self.assertEqual(self._deposits(order).invoice_lot_ids, self.batch)
        entries = [entry for entry in order._prepayment_timeline() if entry["step"] == "delivery"]
        self.assertEqual([(entry["user"], entry["text"]) for entry in entries], [(worker.name, "B-1")])
        self.assertTrue(entries[0]["date"])
