"""Figures of the overview: what is outstanding of each planned deposit, and by which month."""

from odoo import api, fields, models

from ..const import PREPAYMENT_STATES


class SaleOrder(models.Model):
    _inherit = "sale.order"

    prepayment_state = fields.Selection(group_expand="_group_expand_prepayment_state")
    prepayment_can_send = fields.Boolean(string="Deposit can be sent", compute="_compute_prepayment_can_send")

    prepayment_left_amount = fields.Monetary(
        string="Left to invoice",
        compute="_compute_prepayment_left_amount",
        help="The order less all posted invoices, deposits and credit notes counted.",
    )

    @api.depends("amount_total", "amount_invoiced")
    def _compute_prepayment_left_amount(self):
        # core's own "amount to invoice" does not count deposits
        for order in self:
            order.prepayment_left_amount = order.currency_id.round(order.amount_total - order.amount_invoiced)

    @api.model
    def _group_expand_prepayment_state(self, states, domain):
        """Columns in the order of an order's life, empty ones too; "no deposit" only where it is asked for."""
        return [state for state, _label in PREPAYMENT_STATES if state != "none" or state in states]

    @api.depends(
        "prepayment_has_open_milestone",
        "prepayment_state",
        "invoice_ids.state",
        "invoice_ids.invoice_is_sent",
        "invoice_ids.amount_residual",
        "invoice_status",
        "state",
    )
    def _compute_prepayment_can_send(self):
        for order in self:
            waiting = order._get_prepayment_invoices().filtered(
                lambda move: (
                    move.move_type == "out_invoice"
                    and not move.invoice_is_sent
                    and (move.state == "draft" or not move.currency_id.is_zero(move.amount_residual))
                )
            )
            order.prepayment_can_send = (
                order.state == "sale"
                and order.prepayment_state not in ("settled", "refunded")
                and bool(waiting or order.prepayment_has_open_milestone and not order._is_invoiced_without_rest())
            )


class PrepaymentMilestone(models.Model):
    _inherit = "prepayment.milestone"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company currency")
    outstanding_amount = fields.Monetary(
        string="Outstanding",
        compute="_compute_outstanding",
        store=True,
        currency_field="company_currency_id",
        help="Planned or invoiced, and not received yet, in the currency of the company.",
    )
    outstanding_date = fields.Date(
        string="Expected",
        compute="_compute_outstanding",
        store=True,
        help="Due date of the deposit invoice; before there is one, the planned date or the date of the order.",
    )

    @api.depends(
        "amount",
        "due_date",
        "move_id.amount_total",
        "move_id.amount_residual",
        "move_id.payment_state",
        "move_id.state",
        "move_id.invoice_date_due",
        "order_id.state",
        "order_id.date_order",
        "order_id.prepayment_state",
        "order_id.invoice_status",
        "order_id.currency_rate",
    )
    def _compute_outstanding(self):
        for milestone in self:
            order, move = milestone.order_id, milestone.move_id
            milestone.outstanding_date = (
                move.invoice_date_due or milestone.due_date or order.date_order and order.date_order.date()
            )
            closed = order.prepayment_state == "refunded" or (
                not move and (order.prepayment_state == "settled" or order.invoice_status == "invoiced")
            )
            if order.state != "sale" or closed:
                milestone.outstanding_amount = 0.0
                continue
            received = move.sudo()._get_prepayment_received(milestone.company_id) if move.state == "posted" else 0.0
            missing = max(milestone.amount - received, 0.0)
            milestone.outstanding_amount = milestone.company_id.currency_id.round(missing / (order.currency_rate or 1))
