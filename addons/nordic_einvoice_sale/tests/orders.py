"""Orders, their deposits and what they sell, for tests that need no more of them."""

from odoo import Command


class SaleOrders:
    @classmethod
    def _set_up_orders(cls):
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.product = cls.env["product.product"].create(
            {
                "name": "Rådgivning",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.set(cls.tax25.ids)],
            }
        )

    def _order(self, partner, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_uom_qty": 2, "price_unit": 500.0})
                ],
                **values,
            }
        )

    def _down_payment(self, order, percent):
        """The draft invoice of a deposit."""
        wizard = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        return wizard.create({"advance_payment_method": "percentage", "amount": percent})._create_invoices(order)

    def _deposit(self, order, percent):
        invoices = self._down_payment(order, percent)
        invoices.action_post()
        return invoices
