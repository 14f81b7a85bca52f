from decimal import Decimal

from odoo import models

from .. import allocation
from .base_lines import base_line_cell, base_lines_cells, shift_base_line, tax_key
from .prepayment_milestone import unit

LINE_VALUES_KEY = "prepayment_line_values"


class SaleOrder(models.Model):
    """What the next invoice takes of an order: planned once, and the invoice comes to exactly that.

    Parts of an order, and several orders on one invoice, round differently from the orders themselves. So each order
    is rounded by itself on the invoice, and the difference that is left, a few øre, goes into the largest line of its
    combination of taxes, in the amounts core keeps for that purpose. The deduction is planned with the same amounts:
    else, after 100 % of deposits, a part that is an øre smaller than its deduction is an invoice below zero.
    """

    _inherit = "sale.order"

    def _plan_invoice(self, final):
        """What the next invoice of this order consists of.

        :param final: deduct all deposits, as far as the invoice goes, and credit what was invoiced too much
        :return: sale line id -> values of its invoice line; of the deposits only those that are deducted
        """
        self.ensure_one()
        part = self._plan_part(final)
        total = sum((base_line_cell(base_line).total for base_line in part), Decimal(0))
        if not final and total > self._get_open_deposit_total() + allocation.total(self._get_missing_cells()):
            # Beside its deposits that are drafts the order has not so much left.
            self._check_final_invoiceable()
        return {**self._prepare_part_values(part), **self._plan_deductions(final, total)}

    def _plan_part(self, final):
        """Goods and services of the next invoice as lines of core's tax engine, with exact amounts."""
        lines = self._get_invoiceable_lines(final) & self._get_ordinary_lines()
        base_lines = self._get_goods_base_lines({line: line.qty_to_invoice for line in lines})
        for base_line in base_lines:
            base_line["computation_key"] = base_line["computation_key"] or f"prepayment_order,{self.id}"
        deltas = self._get_part_deltas(lines, base_lines_cells(base_lines))
        if deltas:
            self._shift_part(base_lines, deltas)
        return base_lines

    def _get_part_deltas(self, lines, part):
        """What ``part`` lacks, for each combination of taxes, that the order be exact with it: ``{taxes: cell}``."""
        documents = self._get_invoiced_documents()
        invoiced = documents._get_ordinary_cells(self)[self]
        after, last = self._get_cells_after(lines)
        limit = unit(self.currency_id) * (len(documents.invoice_line_ids) + len(lines) + 1)
        # beyond rounding: prices or taxes were changed on an invoice
        deltas = {
            key: delta
            for key, delta in allocation.subtract(allocation.subtract(after, invoiced), part).items()
            if max(map(abs, (delta.net, *delta.taxes.values()))) <= limit
        }
        if last and part:
            # An order changed on its way rounds differently in taxes that are invoiced in full: no invoice of an øre.
            largest = max(part, key=lambda key: abs(part[key].net))
            lost = sum((delta.net for key, delta in deltas.items() if key not in part), Decimal(0))
            deltas[largest] = deltas.get(largest, allocation.EMPTY) + allocation.Cell(lost, {})
        return {key: delta for key, delta in deltas.items() if key in part and not allocation.is_zero({key: delta})}

    def _get_cells_after(self, lines):
        """What an order comes to so far when an invoice has taken ``lines``, and whether that is all of it.

        While something is left, each combination of taxes that is complete is the whole order's: it gets no other
        invoice. More than ordered counts as brought.

        :return: ``({taxes: cell}, last)``
        """
        taken = {
            line: line.qty_invoiced + (line.qty_to_invoice if line in lines else 0.0)
            for line in self._get_ordinary_lines()
        }
        compared = {line: line._compare_with_ordered(quantity) for line, quantity in taken.items()}
        base_lines = self._get_goods_base_lines(taken)
        cells = base_lines_cells(base_lines)
        if min(compared.values(), default=0) >= 0:
            return cells, True
        whole = self._get_order_cells()
        open_keys = {tax_key(base_line) for base_line in base_lines if compared[base_line["record"]]}
        return {key: cell if key in open_keys else whole[key] for key, cell in cells.items()}, False

    def _shift_part(self, base_lines, deltas):
        """Fix the amounts as they are, then change one line for each combination of taxes: nothing else may move."""
        AccountTax = self.env["account.tax"]
        AccountTax._fix_base_lines_tax_details_on_manual_tax_amounts(base_lines, self.company_id)
        groups = {}
        for base_line in base_lines:
            base_line["computation_key"] = f"prepayment_order,{self.id},{base_line['record'].id}"
            groups.setdefault(tax_key(base_line), []).append(base_line)
        for key, group in groups.items():
            largest = max(group, key=lambda base_line: abs(base_line_cell(base_line).net))
            for base_line in group:
                delta = deltas.get(key, allocation.EMPTY) if base_line is largest else allocation.EMPTY
                shift_base_line(base_line, delta, self.company_id)
        AccountTax._add_tax_details_in_base_lines(base_lines, self.company_id)
        AccountTax._round_base_lines_tax_details(base_lines, self.company_id)

    def _prepare_part_values(self, base_lines):
        AccountTax = self.env["account.tax"]
        result = {}
        for base_line in base_lines:
            line = base_line["record"]
            if line.product_id.type == "combo":
                continue  # a heading on the invoice
            result[line.id] = {"extra_tax_data": AccountTax._export_base_line_extra_tax_data(base_line)}
            if base_line["price_unit"] != line.price_unit:
                result[line.id]["price_unit"] = base_line["price_unit"]
        return result
