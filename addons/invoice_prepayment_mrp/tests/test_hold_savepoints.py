from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from odoo.addons.invoice_prepayment_mrp import askers

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldSavepoints(HoldCommon):
    def test_savepoint_while_cancelling(self):
        """On its way to "cancelled" a held order is "to close"; a savepoint there must not make it look started."""
        _order, productions = self._held_order()
        production = self._made(productions)
        cancel = self.env.registry["mrp.workorder"].action_cancel

        def cancel_with_savepoint(workorders):
            with workorders.env.cr.savepoint():
                result = cancel(workorders)
            workorders.production_id.invalidate_recordset()
            workorders.env.add_to_compute(workorders.production_id._fields["state"], workorders.production_id)
            return result

        with patch.object(self.env.registry["mrp.workorder"], "action_cancel", cancel_with_savepoint):
            production.action_cancel()
        self.assertEqual(production.state, "cancel")

    def test_who_asked_outlives_a_savepoint(self):
        order, productions = self._held_order()
        self._pay(self._deposits(order))
        production = self._made(productions)
        worker = new_test_user(self.env, "savepoint_worker", "mrp.group_mrp_user", company_id=self.company.id)
        production.with_user(worker)._check_prepayment_hold()
        with self.env.cr.savepoint():
            pass
        self.assertEqual(askers.remembered(self.env.cr)[production.id], worker.id)
        production.sudo().workorder_ids.with_user(worker).button_start()
        self.env.cr.flush()
        self.assertEqual(production.prepayment_started_by, worker)
