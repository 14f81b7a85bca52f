from odoo import fields, models
from odoo.exceptions import UserError

CONFIRMED = ("to approve", "purchase")


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    prepayment_hold_text = fields.Char(
        string="Waits for deposit", compute="_compute_prepayment_hold_text", compute_sudo=True
    )

    def _compute_prepayment_hold_text(self):
        for purchase in self:
            waiting = (
                purchase._get_prepayment_waiting_orders() if purchase.state not in ("purchase", "cancel") else None
            )
            purchase.prepayment_hold_text = waiting._get_prepayment_hold_text() if waiting else False

    def _get_prepayment_waiting_orders(self):
        """Sale orders whose deposit is missing and for which these orders let a subcontractor produce."""
        lines = self.sudo().order_line.filtered(
            lambda line: not line.display_type and line._get_prepayment_subcontract_bom()
        )
        orders = lines._get_prepayment_orders().filtered(lambda order: order.state != "cancel")
        return orders._filter_prepayment_missing()._filter_prepayment_not_overridden()

    def _check_prepayment_hold(self):
        """Refuse to let a subcontractor produce for an order whose deposit is missing."""
        lines = []
        for purchase in self.filtered(lambda purchase: purchase.state not in ("purchase", "cancel")):
            waiting = purchase._get_prepayment_waiting_orders()
            if waiting:
                lines.append(
                    self.env._(
                        "%(purchase)s: %(missing)s", purchase=purchase.name, missing=waiting._get_prepayment_hold_text()
                    )
                )
        if lines:
            raise UserError(
                self.env._(
                    "The subcontractor's production waits for the deposit.\n%s\nThe purchase order can be confirmed as "
                    "soon as the money is received; a user with the right to do so can release the sale order by hand.",
                    "\n".join(lines),
                )
            )

    def write(self, vals):
        # EXTENDS 'purchase_stock': whatever button, approval or program confirms
        if vals.get("state") in CONFIRMED:
            self._check_prepayment_hold()
        return super().write(vals)

    def button_confirm(self):
        # EXTENDS 'purchase'
        self.filtered(lambda purchase: purchase.state in ("draft", "sent"))._check_prepayment_hold()
        return super().button_confirm()

    def action_override_prepayment_hold(self):
        """Open the wizard that asks for the reason, for the sale orders this purchase waits for."""
        return self._get_prepayment_waiting_orders().sudo(False).action_override_prepayment_hold()


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    def _get_prepayment_subcontract_bom(self):
        """The bill of materials by which the vendor of this line produces it, if he does."""
        self.ensure_one()
        return self.env["mrp.bom"]._bom_subcontract_find(
            self.product_id,
            picking_type=self.order_id.picking_type_id,
            company_id=self.company_id.id,
            bom_type="subcontract",
            subcontractor=self.order_id.partner_id,
        )

    def _get_prepayment_orders(self):
        """Sale orders these lines buy for: where a purchase serves several, the moves tell which line is whose."""
        orders = self.sale_line_id.order_id | self.move_dest_ids._get_prepayment_orders()
        unknown = self.filtered(lambda line: not line.sale_line_id and not line.move_dest_ids)
        return orders | unknown.order_id.reference_ids.sale_ids
