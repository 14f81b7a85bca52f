from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import formatLang

from ..const import OVERRIDE_GROUP


class SaleOrder(models.Model):
    _inherit = "sale.order"

    prepayment_override_ids = fields.Many2many(
        "prepayment.override",
        "prepayment_override_sale_order_rel",
        "order_id",
        "override_id",
        string="Production released by hand",
        copy=False,
    )
    prepayment_held_count = fields.Integer(
        string="Production waiting", compute="_compute_prepayment_held_count", compute_sudo=True
    )

    def _compute_prepayment_held_count(self):
        for order in self:
            productions = order._get_prepayment_productions()
            order.prepayment_held_count = len(
                productions.filtered(lambda production: production.prepayment_hold_state == "held")
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_prepayment_override_proof(vals)
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'sale_stock'
        self._check_prepayment_override_proof(vals)
        if "stock_reference_ids" not in vals or self.env.su:
            return super().write(vals)
        with self._get_prepayment_productions().sudo(False)._keep_prepayment_links():
            return super().write(vals)

    def _check_prepayment_override_proof(self, vals):
        if "prepayment_override_ids" in vals and not self.env.su:
            raise AccessError(self.env._("A release by hand is made with the button, and kept as it is."))

    def _get_prepayment_productions(self):
        """Production orders, of any level, made for these orders."""
        orders = self.sudo()
        if not orders:
            return orders.env["mrp.production"]
        return orders.stock_reference_ids.production_ids | orders.env["mrp.production"].search(
            [("sale_line_id", "in", orders.order_line.ids)]
        )

    def _filter_prepayment_missing(self):
        return self.filtered(lambda order: not order.currency_id.is_zero(order.prepayment_missing_amount))

    def _filter_prepayment_not_overridden(self):
        """Orders nobody has released as a whole; a release of a single production order does not count here."""
        return self.filtered(
            lambda order: all(override.production_id for override in order.sudo().prepayment_override_ids)
        )

    def _get_prepayment_missing_by_order(self):
        """Missing per order id, in the currency of the order's company; a rate is looked up once."""
        today = fields.Date.context_today(self)
        rates, result = {}, {}
        for order in self:
            company = order.company_id
            key = (order.currency_id, company)
            if key not in rates:
                rates[key] = self.env["res.currency"]._get_conversion_rate(
                    order.currency_id, company.currency_id, company, today
                )
            result[order.id] = company.currency_id.round(order.prepayment_missing_amount * rates[key])
        return result

    def _get_prepayment_hold_text(self):
        """What production waits for: order, invoices and missing amount, as "missing 0.05 DKK"."""
        return "; ".join(self._get_prepayment_hold_texts().values())

    def _get_prepayment_hold_texts(self):
        """The same by order id; orders that miss nothing are left out."""
        texts = {}
        lines = self.sudo().order_line.filtered("is_downpayment")
        lines.invoice_lines.move_id.mapped("state")  # read for all orders at once
        for order in self.sudo()._filter_prepayment_missing():
            invoices = order._get_prepayment_invoices().filtered(
                lambda move: (
                    move.move_type != "out_refund"
                    and (move.state == "draft" or not move.currency_id.is_zero(move.amount_residual))
                )
            )
            numbers = [
                move.name if move.state == "posted" else self.env._("draft deposit invoice") for move in invoices
            ]
            amount = formatLang(
                self.env, order.prepayment_missing_amount, digits=order.currency_id.decimal_places, grouping=True
            )
            texts[order.id] = self.env._(
                "order %(order)s, %(invoices)s: missing %(amount)s %(currency)s",
                order=order.name,
                invoices=", ".join(numbers) or self.env._("deposit not invoiced yet"),
                amount=amount,
                currency=order.currency_id.name,
            )
        return texts

    def _on_prepayment_state_changed(self):
        # EXTENDS 'invoice_prepayment'
        result = super()._on_prepayment_state_changed()
        self._refresh_prepayment_hold()
        return result

    def _on_prepayment_plan_lowered(self, missing):
        # EXTENDS 'invoice_prepayment': to plan less is to release without deposit
        if not self.env.user.has_group(OVERRIDE_GROUP):
            raise UserError(
                self.env._(
                    "Order %s is confirmed, and its production waits for the deposit. Only who may release production "
                    "without its deposit can lower the plan: ask one of them, or wait for the money.",
                    self.name,
                )
            )
        return super()._on_prepayment_plan_lowered(missing)

    def _refresh_prepayment_hold(self):
        """Hold or release what is made for these orders, whatever way leads to it, and tell at once."""
        productions = self._get_prepayment_productions()
        self.env.add_to_compute(productions._fields["prepayment_hold_state"], productions)
        productions.mapped("prepayment_hold_state")
        productions._flush_prepayment_hold_changes()

    def _on_prepayment_production_started(self):
        """Deposits due at production start are invoiced; what stops that does not stop the production."""
        self._prepayment_event("production_start")

    def action_override_prepayment_hold(self):
        """Open the wizard that asks for the reason, for everything made for this order."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release without deposit"),
            "res_model": "prepayment.override.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_ids": self.ids},
        }
