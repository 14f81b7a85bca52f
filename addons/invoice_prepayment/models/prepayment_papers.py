"""What the customer reads about deposits on quotation, order confirmation and portal page."""

from odoo import models
from odoo.tools import format_amount, format_date


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _waits_for_prepayment(self):
        """Whether work on one of these orders waits for its deposit."""
        return any(
            order.state != "cancel" and order.currency_id.compare_amounts(order.prepayment_missing_amount, 0) > 0
            for order in self.sudo()
        )

    def _get_prepayment_wait_text(self):
        """Why production waits, in the customer's words; ``""`` when it does not."""
        self.ensure_one()
        order = self.sudo()
        if order.currency_id.compare_amounts(order.prepayment_required_amount, 0) <= 0 or order.state == "cancel":
            return ""
        amount = format_amount(self.env, order.prepayment_missing_amount, order.currency_id)
        if order.state != "sale":
            return self.env._(
                "Production starts when the order is confirmed and the deposit of %s has been received.", amount
            )
        if not order._waits_for_prepayment():
            return self.env._("The deposit has been received: production does not wait for it.")
        return self.env._("Production starts when the deposit has been received. Missing: %s.", amount)

    def _get_prepayment_plan(self):
        """The deposits of an order for the customer: planned ones, and those invoiced outside the plan.

        :return: list of dicts ``name``, ``due`` (text), ``amount``, ``move`` (posted invoice or none), ``status``
            (text), ``is_open`` (there is an invoice with something to pay)
        """
        self.ensure_one()
        order = self.sudo()
        rows = []
        for milestone in order.prepayment_milestone_ids:
            posted = milestone.move_id.filtered(lambda move: move.state == "posted")
            due = dict(milestone._fields["event"]._description_selection(self.env))[milestone.event]
            if milestone.event == "date" and milestone.due_date:
                due = format_date(self.env, milestone.due_date)
            row = {"name": milestone.name, "due": due, "amount": milestone.amount}
            rows.append({**row, **self._get_prepayment_plan_status(posted)})
        others = order._get_prepayment_invoices().filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice" and not move.prepayment_milestone_id
        )
        for move in others.sorted("id"):
            row = {"name": move.type_name, "due": "", "amount": move.amount_total}
            rows.append({**row, **self._get_prepayment_plan_status(move)})
        return rows

    def _get_prepayment_plan_status(self, move):
        values = {"move": move, "status": self.env._("Not invoiced yet"), "is_open": False}
        if not move:
            return values
        states = dict(move._fields["invoice_status_state"]._description_selection(self.env))
        values["status"] = states.get(move.invoice_status_state, "")
        values["is_open"] = (
            move.payment_state in ("not_paid", "partial")
            and move.currency_id.compare_amounts(move.amount_residual, 0) > 0
        )
        if move.invoice_date_due:
            values["due"] = format_date(self.env, move.invoice_date_due)
        return values
