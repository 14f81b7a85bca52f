from unittest.mock import patch

from odoo.tests import tagged

from .common import PrepaymentCommon


class Undone(Exception):
    """What rolls a savepoint back here."""


@tagged("post_install", "-at_install")
class TestSavepoints(PrepaymentCommon):
    """A change of a deposit is told whatever savepoints lie between it and the end of the transaction."""

    def setUp(self):
        super().setUp()
        self._policy((30,), invoice_mode="post")
        self.order = self._order([(1, 1000)], confirm=True)
        self.env.cr.flush()
        self.told = []

        def note(orders):
            self.told += [(order.id, order.prepayment_state) for order in orders]

        patcher = patch.object(self.env.registry["sale.order"], "_on_prepayment_state_changed", note)
        patcher.start()
        self.addCleanup(patcher.stop)

    def _change(self):
        """Of what the state follows from, without any of the events that tell of it at once."""
        self.order.prepayment_milestone_ids.sudo().holds_production = False
        self.env["sale.order"].flush_model()

    def test_savepoint_released_after_the_change(self):
        self._change()
        with self.env.cr.savepoint():
            pass
        self.assertEqual(self.told, [(self.order.id, "invoiced")])
        self.env.cr.flush()
        self.assertEqual(len(self.told), 1)

    def test_savepoint_rolled_back_after_the_change(self):
        self._change()
        with self.assertRaises(Undone), self.env.cr.savepoint():
            raise Undone
        self.assertEqual(self.told, [(self.order.id, "invoiced")])

    def test_change_rolled_back_with_its_savepoint(self):
        with self.assertRaises(Undone), self.env.cr.savepoint():
            self._change()
            raise Undone
        self.env.cr.flush()
        self.assertFalse(self.told)

    def test_payment_within_a_savepoint(self):
        with self.env.cr.savepoint():
            self._pay(self._deposits(self.order))
        self.env.cr.flush()
        self.assertIn((self.order.id, "received"), self.told)

    def test_new_orders_tell_nothing(self):
        self.env["prepayment.policy"].search([]).active = False
        self._order([(1, 1000)])
        self.env.cr.flush()
        self.assertFalse(self.told)
