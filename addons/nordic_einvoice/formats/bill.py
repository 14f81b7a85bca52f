"""From an e-invoice to the rows of a bill: amounts as written, with the sign the books want.

Plain code: which tax, account or product belongs to a row is decided in the models.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from . import records as r

LINE, CHARGE, DUTY, ROUNDING = "line", "charge", "duty", "rounding"
PRICE_DECIMALS = Decimal("0.00000001")
# The least and most that the VAT of one rate may differ from base x rate: half an øre a line, when the sender rounds
# each line; BR-S-09 and its like end at 1.00
LEAST_TOLERANCE = Decimal("0.05")
MOST_TOLERANCE = Decimal("1.00")
HALF_CENT = Decimal("0.005")


@dataclass(frozen=True)
class Row:
    kind: str
    name: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    tax: r.TaxCategory | None
    is_price_kept: bool = True  # False: quantity 1 and the amount, because price x quantity would give another amount
    line: r.Line | None = None


@dataclass(frozen=True)
class Bill:
    is_refund: bool
    rows: tuple[Row, ...]
    vat: dict  # TaxCategory.key -> amount of VAT as the document states it
    total: Decimal  # with VAT and rounding, before what was paid already

    @property
    def vat_total(self):
        return sum(self.vat.values(), r.ZERO)


def sum_faults(invoice):
    """``records.sum_faults`` and what only a bill needs to know: a VAT category on every row."""
    faults = r.sum_faults(invoice)
    for line in invoice.lines:
        if line.tax is None and not _only_tax(invoice):
            faults.append(
                r.EInvoiceError(
                    f"The line {line.id} has no VAT category, and the document has several.",
                    "tax",
                    code="no_tax",
                    number=line.id,
                )
            )
    return faults


def make(invoice, quantity_digits=2):
    """The rows of the bill; a document with a negative total becomes the opposite kind with positive amounts.

    :param quantity_digits: decimals that the books keep of a quantity; one with more stands in the text
    """
    total = invoice.totals.tax_inclusive + invoice.totals.rounding
    sign = -1 if total < 0 else 1
    duties = sum((duty.amount for duty in invoice.duties), r.ZERO)
    vat = {}
    for subtotal in invoice.tax_subtotals[: len(invoice.tax_subtotals) - len(invoice.duties)]:
        vat[subtotal.tax.key] = vat.get(subtotal.tax.key, r.ZERO) + sign * r.cents(subtotal.amount)
    if not vat:
        vat[("", r.ZERO)] = sign * r.cents(invoice.totals.tax - duties)
    return Bill(
        is_refund=invoice.is_credit_note != (sign < 0),
        rows=_with_known_rates(invoice, tuple(_rows(invoice, sign, quantity_digits)), sign),
        vat=vat,
        total=sign * r.cents(total),
    )


def tolerance(count):
    """How far the VAT of a rate may be from base x rate, for ``count`` rows of this rate."""
    return min(max(LEAST_TOLERANCE, HALF_CENT * count), MOST_TOLERANCE)


def _only_tax(invoice):
    taxes = {subtotal.tax.key: subtotal.tax for subtotal in invoice.tax_subtotals}
    return next(iter(taxes.values())) if len(taxes) == 1 else None


def _with_known_rates(invoice, rows, sign):
    """A row whose rate the document's VAT does not know takes that of the only subtotal of its category,
    when just that makes the base agree (senders leave the rate 0 on document allowances)."""
    bases = {}
    for subtotal in invoice.tax_subtotals:
        bases[subtotal.tax.key] = bases.get(subtotal.tax.key, r.ZERO) + subtotal.taxable
    strange = [row for row in rows if row.tax and row.tax.key not in bases]
    for code in {row.tax.code for row in strange}:
        mine = [row for row in strange if row.tax.code == code]
        taxes = {subtotal.tax.key: subtotal.tax for subtotal in invoice.tax_subtotals if subtotal.tax.code == code}
        if len(taxes) != 1:
            continue
        key, tax = next(iter(taxes.items()))
        base = sum((row.amount for row in rows if row in mine or (row.tax and row.tax.key == key)), r.ZERO)
        if r.cents(base * sign) == r.cents(bases[key]):
            rows = tuple(replace(row, tax=tax) if row in mine else row for row in rows)
    return rows


def _rows(invoice, sign, quantity_digits):
    only = _only_tax(invoice)
    for line in invoice.lines:
        yield _line_row(line, line.tax or only, sign, quantity_digits)
    for allowance in invoice.allowances:
        amount = sign * (allowance.amount if allowance.is_charge else -allowance.amount)
        yield _row(CHARGE, allowance.reason, amount, allowance.tax or only)
    for duty in invoice.duties:
        yield _row(DUTY, duty.name, sign * duty.amount, duty.tax)
    if invoice.totals.rounding:
        yield _row(ROUNDING, "", sign * invoice.totals.rounding, None)


def _row(kind, name, amount, tax):
    return Row(kind, name, Decimal(1), r.cents(amount), r.cents(amount), tax)


def _line_row(line, tax, sign, quantity_digits):
    amount = sign * r.cents(line.amount)
    quantity = sign * line.quantity
    if quantity < 0:
        amount, quantity, negative = -amount, -quantity, True
    else:
        negative = False
    price = (amount / quantity).quantize(PRICE_DECIMALS, rounding=ROUND_HALF_UP) if quantity else amount
    is_kept = round(quantity, quantity_digits) == quantity != 0 and r.cents(price * quantity) == r.cents(amount)
    if not is_kept:
        quantity, price = Decimal(1), amount
    if negative:
        quantity, amount = -quantity, -amount
    return Row(LINE, line.name or line.description or line.id, quantity, price, amount, tax, is_kept, line)


def line_key(row):
    """What a vendor's row is known by the next time: its text without numbers that change, in small letters."""
    words = row.name.casefold().split()
    kept = [word for word in words if not any(letter.isdigit() for letter in word)]
    return " ".join(kept or words)[:200] or row.kind
