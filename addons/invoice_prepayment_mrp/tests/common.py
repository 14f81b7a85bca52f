from odoo.fields import Command
from odoo.tools.misc import formatLang

from odoo.addons.invoice_prepayment.tests.common import PrepaymentCommon


class HoldCommon(PrepaymentCommon):
    """A bakery: a batch made to order from a dough made to order, each baked in an oven."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("mrp.group_mrp_manager") | cls.env.ref("stock.group_stock_manager")
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.warehouse = warehouse or cls.env["stock.warehouse"].create(
            {"name": "Works", "code": "WRK", "company_id": cls.company.id}
        )
        mto = cls.warehouse.mto_pull_id.route_id
        mto.active = True
        cls.routes = mto | cls.warehouse.manufacture_pull_id.route_id
        storable = {"type": "consu", "is_storable": True}
        cls.component = cls._product("Flour", cls.vat_25, **storable)
        cls.part = cls._product("Dough", cls.vat_25, **storable, route_ids=[(6, 0, cls.routes.ids)])
        cls.made = cls._product("White-label batch", cls.vat_25, **storable, route_ids=[(6, 0, cls.routes.ids)])
        cls.workcenter = cls.env["mrp.workcenter"].create({"name": "Oven", "company_id": cls.company.id})
        for product, component in ((cls.part, cls.component), (cls.made, cls.part)):
            cls._bom(product, component)
        cls.policy = cls._policy((50, 50), invoice_mode="post")

    @classmethod
    def _bom(cls, product, component, operation=True):
        operations = [(0, 0, {"name": "Bake", "workcenter_id": cls.workcenter.id})] if operation else []
        return cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "company_id": cls.company.id,
                "bom_line_ids": [(0, 0, {"product_id": component.id, "product_qty": 1})],
                "operation_ids": operations,
            }
        )

    def _held_order(self, quantity=1, price=12345.67, product=None, **values):
        order = self._order([(quantity, price, product or self.made)], confirm=True, **values)
        return order, order._get_prepayment_productions().sorted("id")

    def _made(self, productions, product=None):
        return productions.filtered(lambda production: production.product_id == (product or self.made))

    def _release(self, productions=None, orders=None):
        """Release without deposit, as somebody who may."""
        self.env.user.group_ids |= self.env.ref("invoice_prepayment_mrp.group_prepayment_override")
        self.env["prepayment.override.wizard"].create(
            {
                "production_ids": [Command.set(productions.ids if productions else [])],
                "order_ids": [Command.set(orders.ids if orders else [])],
                "reason": "Agreed",
            }
        ).action_release()

    def _missing(self, order):
        """The missing amount as refusals write it."""
        return f"{formatLang(self.env, order.prepayment_missing_amount, digits=2)} {order.currency_id.name}"

    def _undo(self, payment):
        """The bank reverses a payment."""
        if payment.move_id:
            payment.move_id.line_ids.remove_move_reconcile()
        else:
            payment.action_cancel()
