"""The hold as a worker meets it over RPC: a real HTTP server, a session, no Python object in between."""

from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldRpc(HoldCommon, HttpCase):
    def _call(self, model, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw", {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        )

    def test_worker_is_refused(self):
        order, productions = self._held_order()
        self._pay(self._deposits(order), 7716.00)
        production = self._made(productions)
        workorder, raw, finished = production.workorder_ids, production.move_raw_ids, production.move_finished_ids
        new_test_user(
            self.env,
            "worker",
            password="worker-password",
            groups="mrp.group_mrp_user,stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.authenticate("worker", "worker-password")
        loss = self.env["mrp.workcenter.productivity.loss"].search([("loss_type", "=", "productive")], limit=1)
        time = {"workorder_id": workorder.id, "workcenter_id": self.workcenter.id, "loss_id": loss.id}
        line = {"move_id": raw.id, "product_id": raw.product_id.id, "quantity": 1, "picked": True}
        spec = {"specification": {"state": {}}}
        calls = [
            ("mrp.production", "button_plan", production.ids),
            ("mrp.production", "action_start", production.ids),
            ("mrp.production", "button_mark_done", production.ids),
            ("mrp.production", "pre_button_mark_done", production.ids),
            ("mrp.production", "set_qty_producing", production.ids),
            ("mrp.production", "write", production.ids, {"state": "progress"}),
            ("mrp.production", "write", production.ids, {"state": "done"}),
            ("mrp.production", "write", production.ids, {"qty_producing": 1}),
            ("mrp.production", "write", production.ids, {"prepayment_hold_state": "released"}),
            ("mrp.production", "write", production.ids, {"reference_ids": [[5]], "sale_line_id": False}),
            ("mrp.workorder", "button_start", workorder.ids),
            ("mrp.workorder", "button_finish", workorder.ids),
            ("mrp.workorder", "action_mark_as_done", workorder.ids),
            ("mrp.workorder", "set_state", workorder.ids, "done"),
            ("mrp.workorder", "write", workorder.ids, {"state": "progress"}),
            ("mrp.workorder", "write", workorder.ids, {"qty_produced": 1}),
            ("mrp.workcenter.productivity", "create", [time]),
            ("stock.move", "write", raw.ids, {"picked": True}),
            ("stock.move", "write", finished.ids, {"quantity": 1, "picked": True}),
            ("stock.move.line", "create", [line]),
            ("stock.reference", "write", production.reference_ids.ids, {"sale_ids": [[5]]}),
        ]
        for call in calls:
            with self.subTest(call=call), self.assertRaises(JsonRpcException):
                self._call(*call)
        for vals in ({"qty_producing": 1}, {"workorder_ids": [[1, workorder.id, {"state": "progress"}]]}):
            with self.subTest(vals=vals), self.assertRaises(JsonRpcException):
                self._call("mrp.production", "web_save", production.ids, vals, **spec)
        self.env.invalidate_all()
        self.assertEqual((production.state, production.prepayment_hold_state), ("confirmed", "held"))
        self.assertFalse(production.qty_producing or production.qty_produced or workorder.time_ids)
        self.assertTrue(production.reference_ids.sale_ids)
        # what he may do, he still may
        self._call("mrp.production", "action_assign", production.ids)
        self._pay(self._deposits(order)[:1])
        self.env.flush_all()
        self._call("mrp.production", "action_start", production.ids)
        self.env.invalidate_all()
        self.assertEqual(production.state, "progress")
        self.assertEqual(production.prepayment_started_by.login, "worker")
