from odoo import Command


class DepositOrders:
    """Orders with deposits in test cases of other addons, whose ``company``, ``customer`` and taxes they take."""

    @classmethod
    def _set_up_orders(cls, tax, **values):
        """The product that is sold, with ``tax`` and further ``values``; no deposit rules but those of the test."""
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.env["prepayment.policy"].search([]).active = False
        cls.product = cls.env["product.product"].create(
            {
                "name": "Parti",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.set(tax.ids)],
                **values,
            }
        )

    def _rule(self, *percents, **values):
        """A rule with a deposit of each per cent, all posted at confirmation."""
        lines = [
            Command.create({"name": f"Rate {number}", "sequence": number, "percent": percent, "event": "confirmation"})
            for number, percent in enumerate(percents, 1)
        ]
        return self.env["prepayment.policy"].create(
            {"name": "Alt", "company_id": self.company.id, "invoice_mode": "post", "line_ids": lines, **values}
        )

    def _order(self, *prices, **values):
        """A confirmed order of one piece at each price."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "price_unit": price}) for price in prices
                ],
                **values,
            }
        )
        order.action_confirm()
        return order

    def _final(self, order):
        """The final invoice, posted."""
        before = order.invoice_ids
        order.action_create_final_invoice()
        final = order.invoice_ids - before
        final.action_post()
        return final
