from decimal import Decimal

from odoo import models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL

from .. import allocation
from .prepayment_milestone import unit
from .sale_order_part import LINE_VALUES_KEY


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _lock_prepayment(self, wait=False):
        """One user at a time invoices an order; the second is told instead of making a second invoice.

        :param wait: wait for the other. What happens meanwhile makes the database refuse, and Odoo runs a request or
            a job of the clock that was refused so once more.
        """
        if wait:
            self.flush_recordset()
            self.env.cr.execute(SQL("SELECT id FROM sale_order WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids)))
            return
        try:
            self.sudo().lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is invoicing %s at this moment. Wait a little, reload the page and look again.",
                    ", ".join(self.mapped("name")),
                )
            ) from error

    def _get_deposit_lines(self):
        return self.sudo().order_line.filtered(lambda line: line.is_downpayment and not line.display_type)

    def _get_open_deposits(self):
        """What of each posted deposit is neither deducted nor credited.

        :return: deposit line -> ``(cell, quantity)``; lines of which nothing remains are left out
        """
        cells, quantities = {}, {}
        for line in self._get_deposit_lines():
            cells[line], quantities[line] = allocation.EMPTY, 0.0
        moves = self._get_deposit_lines().invoice_lines.move_id.filtered(lambda move: move.state != "cancel")
        for move in moves:
            if move.state == "draft" and move._get_deposit_change(cells) > 0:
                continue  # a draft takes what it takes, and gives nothing before it is posted
            sign = -1 if move.move_type == "out_refund" else 1
            for line, cell, quantity in move._get_sale_line_cells():
                if line in cells:
                    cells[line] = cells[line] + cell if sign > 0 else cells[line] - cell
                    quantities[line] += sign * quantity
        return {line: (cell, quantities[line]) for line, cell in cells.items() if cell.net or any(cell.taxes.values())}

    def _get_open_deposit_total(self):
        self.ensure_one()
        return sum((cell.total for cell, _quantity in self._get_open_deposits().values()), Decimal(0))

    def _plan_deductions(self, everything, part):
        """Which part of its deposits the next invoice of this order deducts.

        :param everything: deduct all, as far as the invoice goes; else what the company's choice says
        :param part: what that invoice takes of the order's goods, with taxes
        :return: deposit line id -> values of its invoice line
        """
        self.ensure_one()
        open_deposits = self._get_open_deposits()
        cells = {line: cell for line, (cell, _quantity) in open_deposits.items()}
        rest = allocation.total(cells)
        if rest <= 0:
            return {}
        taken = cells
        if not (everything and self._is_last_invoice()):
            target = self._get_deduction_target(rest, everything, part)
            if target <= 0:
                return {}
            taken = allocation.allocate(cells, target, unit(self.currency_id))
        return {
            line.id: line._prepare_deduction_values(taken[line], *open_deposits[line])
            for line in cells
            if taken[line].net or any(taken[line].taxes.values())
        }

    def _get_deduction_target(self, rest, everything, part):
        """How much of ``rest`` an invoice deducts that does not end the order: never more than the invoice.

        Also deposits deducted last are deducted as soon as the rest of the order would no longer cover them: else the
        customer would pay twice and the last invoice be negative.
        """
        now = max(part, Decimal(0))
        outstanding = allocation.total(self._get_missing_cells()) + rest
        if everything:
            target = rest
        elif self.company_id.prepayment_deduction == "pro_rata" and outstanding > 0:
            target = allocation.round_to(rest * now / outstanding, unit(self.currency_id))
        else:
            target = rest - (outstanding - now)
        return max(min(rest, now, target), Decimal(0))

    def _get_invoiceable_lines(self, final=False):
        # EXTENDS 'sale'
        lines = super()._get_invoiceable_lines(final=final)
        planned = self.env.context.get(LINE_VALUES_KEY)
        if planned is None or not self.sudo().prepayment_milestone_ids:
            return lines
        deducted = self.order_line.filtered(lambda line: line.is_downpayment and line.id in planned)
        return lines.filtered(lambda line: not line.is_downpayment) + deducted


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _prepare_invoice_line(self, **optional_values):
        # EXTENDS 'sale'
        values = super()._prepare_invoice_line(**optional_values)
        return {**values, **(self.env.context.get(LINE_VALUES_KEY) or {}).get(self.id, {})}

    def _prepare_deduction_values(self, cell, whole, quantity, credit=False):
        """Values of the invoice line that deducts ``cell`` of the ``whole`` that remains of this deposit.

        :param credit: for a line of a credit note, whose amounts are positive
        """
        self.ensure_one()
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        smallest = 10**-digits
        quantity = quantity if quantity > smallest else 1.0
        if cell != whole:
            part = round(quantity * float(cell.total / whole.total), digits) if whole.total else quantity
            quantity = min(max(part, smallest), max(round(quantity - smallest, digits), smallest))
        if credit:
            return self._prepare_exact_values(cell, quantity)
        negative = allocation.EMPTY - cell
        return self._prepare_exact_values(negative, -quantity)

    def _prepare_exact_values(self, cell, quantity):
        """Price and tax data that make an invoice line of this deposit come out at exactly ``cell``."""
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        base_line = AccountTax._prepare_base_line_for_taxes_computation(
            self,
            tax_ids=self.tax_ids,
            quantity=quantity,
            discount=0.0,
            currency_id=self.order_id.currency_id,
            rate=self.order_id.currency_rate,
            extra_tax_data={},
            computation_key=f"prepayment,{self.id}",
        )
        taxes = self.tax_ids.flatten_taxes_hierarchy()
        base_line["manual_tax_amounts"] = {str(tax.id): {} for tax in taxes}
        self.order_id._set_base_line_amounts(base_line, cell)
        digits = self.env["decimal.precision"].precision_get("Product Price")
        base_line["price_unit"] = round(base_line["price_unit"] / quantity, digits)
        return {
            "quantity": quantity,
            "price_unit": base_line["price_unit"],
            "discount": 0.0,
            "extra_tax_data": AccountTax._export_base_line_extra_tax_data(base_line),
        }
