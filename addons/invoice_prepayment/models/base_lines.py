"""Lines of core's tax engine (dicts, no records) read as exact cells, and given exact amounts."""

from decimal import Decimal

from ..allocation import EMPTY, Cell
from .prepayment_milestone import decimal

PLACES = 10


def tax_key(base_line):
    """The combination of taxes of a line: the ids of its taxes, groups taken apart."""
    return tuple(sorted(base_line["tax_ids"].flatten_taxes_hierarchy().ids))


def base_line_cell(base_line):
    """The rounded amounts of a line as an exact cell."""
    currency = base_line["currency_id"]
    details = base_line["tax_details"]
    net = details["total_excluded_currency"] + details["delta_total_excluded_currency"]
    taxes = {}
    for tax_data in details["taxes_data"]:
        tax_id = tax_data["tax"].id
        taxes[tax_id] = taxes.get(tax_id, Decimal(0)) + decimal(tax_data["tax_amount_currency"], currency)
    return Cell(decimal(net, currency), taxes)


def add_base_line_to_cells(cells, base_line, sign=1):
    cell = base_line_cell(base_line)
    key = tax_key(base_line)
    cells[key] = cells.get(key, EMPTY) + cell if sign > 0 else cells.get(key, EMPTY) - cell


def base_lines_cells(base_lines):
    """``{taxes: cell}`` of these lines."""
    cells = {}
    for base_line in base_lines:
        add_base_line_to_cells(cells, base_line)
    return cells


def shift_base_line(base_line, cell, company):
    """Add ``cell``, a few øre, to the amounts of a line that has been fixed, or to the price of one without taxes."""
    if not base_line["manual_tax_amounts"]:
        set_untaxed_net(base_line, base_line_cell(base_line).net + cell.net, company)
        return
    rate = base_line["rate"] or 1.0
    net, company_net = float(cell.net), company.currency_id.round(float(cell.net) / rate)
    base_line["manual_total_excluded_currency"] += net
    base_line["manual_total_excluded"] += company_net
    for tax_id, amount in cell.taxes.items():
        amounts = base_line["manual_tax_amounts"].get(str(tax_id))
        if amounts:
            amounts["base_amount_currency"] += net
            amounts["base_amount"] += company_net
            amounts["tax_amount_currency"] += float(amount)
            amounts["tax_amount"] += company.currency_id.round(float(amount) / rate)


def set_untaxed_net(base_line, net, company):
    """Give a line without taxes the price, with as few decimals as will do, that makes it come to ``net``.

    Core keeps fixed amounts for lines with taxes only.
    """
    factor = base_line["quantity"] * (1 - base_line["discount"] / 100.0)
    currency = base_line["currency_id"]
    digits = company.env["decimal.precision"].precision_get("Product Price")
    prices = [base_line["price_unit"]]
    if factor:
        prices += [round(float(net) / factor, places) for places in range(digits, digits + PLACES)]
    for price in prices:
        if not currency.compare_amounts(price * factor, float(net)):
            base_line["price_unit"] = price
            return
