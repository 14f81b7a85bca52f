from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from .. import allocation
from ..models.prepayment_milestone import decimal, unit
from ..wanted import KEY, WantedDeposit, get_wanted


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    def _create_invoices(self, sale_orders):
        # EXTENDS 'sale': a deposit made by hand on an order with a plan is as exact, and is adopted by the plan
        order = self.sale_order_ids
        if get_wanted(self.env):
            order.company_id._check_prepayment_account()
            return super()._create_invoices(sale_orders)
        if self.advance_payment_method == "delivered" or len(order) != 1 or not order.sudo().prepayment_milestone_ids:
            return super()._create_invoices(sale_orders)
        order._lock_prepayment()
        order._check_prepayment_invoiceable()
        treatment = order._get_prepayment_treatment(order.prepayment_policy_id)
        wanted = WantedDeposit(order.id, self._get_prepayment_target(order), treatment)
        move = super(SaleAdvancePaymentInv, self.with_context(**{KEY: wanted}))._create_invoices(sale_orders)
        order.sudo().prepayment_milestone_ids._adopt_open_deposits()
        return move.with_env(self.env)

    def _get_prepayment_target(self, order):
        """What the user asks for, which must not be more than remains of the order."""
        currency = order.currency_id
        total = decimal(order.amount_total, currency)
        if self.advance_payment_method == "percentage":
            amount = allocation.share(total, Decimal(str(self.amount)), unit(currency))
        else:
            amount = decimal(self.fixed_amount, currency)
        rest = allocation.total(order._get_missing_cells())
        if amount > rest:
            raise UserError(
                self.env._(
                    "The deposit of %(amount)s is more than the %(rest)s that remains of order %(order)s.",
                    amount=format_amount(self.env, float(amount), currency),
                    rest=format_amount(self.env, float(rest), currency),
                    order=order.name,
                )
            )
        return amount, "total"

    def _prepare_down_payment_invoice_line_values(self, order, so_line, account):
        # EXTENDS 'sale'
        values = super()._prepare_down_payment_invoice_line_values(order, so_line, account)
        milestone = self._get_wanted_milestone()
        if milestone:
            values["name"] = milestone.with_context(lang=order._get_lang())._get_invoice_line_name()
        return values

    def _prepare_down_payment_invoice_values(self, order, so_lines):
        # EXTENDS 'sale'
        values = super()._prepare_down_payment_invoice_values(order, so_lines)
        milestone = self._get_wanted_milestone()
        if milestone:
            values["prepayment_milestone_id"] = milestone.id
            if milestone.policy_id.payment_term_id:
                values["invoice_payment_term_id"] = milestone.policy_id.payment_term_id.id
        wanted = get_wanted(self.env)
        if wanted and wanted.treatment == "request":
            values["journal_id"] = order.company_id._get_prepayment_request_journal().id
            values["prepayment_is_request"] = True
        return values

    def _get_wanted_milestone(self):
        """The planned deposit an invoice is being made for, if any."""
        wanted = get_wanted(self.env)
        return self.env["prepayment.milestone"].browse(wanted and wanted.milestone_id or ())
