from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    subscription_template_id = fields.Many2one(
        "subscription.template",
        compute="_compute_subscription_template_id",
        store=True,
        precompute=True,
        help="What the product was sold as; kept when the product changes later.",
    )
    subscription_line_ids = fields.One2many("subscription.line", "sale_line_id", string="Subscription Lines")

    @api.depends("product_id")
    def _compute_subscription_template_id(self):
        for line in self:
            product = line.product_id.with_company(line.order_id.company_id or self.env.company)
            line.subscription_template_id = product.subscription_template_id

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'sale'
        lines = super().create(vals_list)
        lines._check_not_sold_later()
        return lines

    def write(self, vals):
        # EXTENDS 'sale'
        self._check_changed_on_subscription(vals)
        return super().write(vals)

    def _check_changed_on_subscription(self, vals):
        """What the subscription charges is not changed on the confirmed order: the subscription would not follow."""
        agreed = {"product_id", "product_uom_id", "product_uom_qty", "price_unit", "discount", "tax_ids"} & set(vals)
        if not agreed:
            return
        for line in self.filtered(lambda line: line.state == "sale" and line._is_recurring()):
            new = self.new(vals, origin=line)
            if any(self._is_other(line, new, name) for name in agreed):
                raise UserError(
                    self.env._(
                        "%(order)s is confirmed, and %(product)s is charged by its subscription. Change it there, by a "
                        "change from a day.",
                        order=line.order_id.display_name,
                        product=line.product_id.display_name,
                    )
                )

    def _is_other(self, line, new, name):
        if line._fields[name].type == "float":
            return bool(float_compare(line[name], new[name], precision_digits=6))
        return line[name] != (new[name]._origin if line._fields[name].relational else new[name])

    def _check_not_sold_later(self):
        """The subscription is made when the order is confirmed: what is added later nobody would ever charge."""
        for line in self.filtered(lambda line: line.state == "sale" and line._is_recurring()):
            raise UserError(
                self.env._(
                    "%(order)s is confirmed. Add %(product)s to its subscription, or sell it on an order of its own.",
                    order=line.order_id.display_name,
                    product=line.product_id.display_name,
                )
            )

    def _is_recurring(self):
        """Charged by a subscription, so never by the order itself."""
        self.ensure_one()
        return bool(self.subscription_template_id and not self.order_id.subscription_id)

    @api.depends("subscription_template_id", "order_id.subscription_id")
    def _compute_qty_to_invoice(self):
        # EXTENDS 'sale'
        result = super()._compute_qty_to_invoice()
        for line in self:
            if line._is_recurring():
                line.qty_to_invoice = 0.0
        return result

    @api.depends("subscription_template_id", "order_id.subscription_id")
    def _compute_invoice_status(self):
        # EXTENDS 'sale': nothing is left for the order to invoice
        result = super()._compute_invoice_status()
        for line in self:
            if line.state == "sale" and line._is_recurring():
                line.invoice_status = "invoiced"
        return result

    @api.depends("subscription_template_id", "order_id.subscription_id")
    def _compute_untaxed_amount_to_invoice(self):
        # EXTENDS 'sale'
        result = super()._compute_untaxed_amount_to_invoice()
        for line in self:
            if line._is_recurring():
                line.untaxed_amount_to_invoice = 0.0
        return result

    @api.depends("subscription_template_id", "order_id.subscription_id")
    def _compute_amount_to_invoice(self):
        # EXTENDS 'sale'
        result = super()._compute_amount_to_invoice()
        for line in self:
            if line._is_recurring():
                line.amount_to_invoice = 0.0
        return result

    def _prepare_subscription_line_values(self):
        """The standing line of the subscription: what was agreed on the order. Hook: extend with super()."""
        self.ensure_one()
        unit, product = self.product_uom_id, self.product_id
        values = {
            "product_id": product.id,
            "name": self.name,
            "quantity": self.product_uom_qty,
            "price_unit": self.price_unit,
            "discount": self.discount,
            "is_price_fixed": True,
            "sequence": self.sequence,
            "sale_line_id": self.id,
        }
        if unit and unit != product.uom_id:
            values["quantity"] = unit._compute_quantity(self.product_uom_qty, product.uom_id)
            values["price_unit"] = unit._compute_price(self.price_unit, product.uom_id)
        usual = self.order_id.fiscal_position_id.map_tax(product.taxes_id._filter_taxes_by_company(self.company_id))
        if self.tax_ids != usual:
            values["tax_ids"] = [Command.set(self.tax_ids.ids)]
        return values
