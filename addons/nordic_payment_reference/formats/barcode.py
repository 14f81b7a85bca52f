"""The Finnish bank bar code (virtuaaliviivakoodi), 54 digits. Specification, section 5.

Version 4 carries a national reference number, version 5 an RF reference around one. Printed as digits and as Code 128
set C.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.lib.units import mm
from stdnum.iso7064 import mod_97_10

from . import rf, viite
from .errors import InvalidCharacter, InvalidLength, InvalidReference, require_digits

LENGTH = 54
LARGEST = Decimal("999999.99")


class BankBarcode(NamedTuple):
    """What a bank bar code says. ``due_date`` is None when it was not given."""

    iban: str
    amount: Decimal
    reference: str
    due_date: date | None


def _require_iban(number):
    compact = "".join(str(number).split()).upper()
    shaped = len(compact) == 18 and compact[:2] == "FI" and compact[2:].isascii() and compact[2:].isdigit()
    if not shaped or not mod_97_10.is_valid(compact[4:] + compact[:4]):
        raise InvalidReference("barcode_iban", value=compact[:40])
    return compact


def _require_amount(amount):
    """Euros and cents as eight digits; nothing is rounded or cut."""
    amount = Decimal(amount)
    if not amount.is_finite() or not 0 <= amount <= LARGEST or amount != amount.quantize(Decimal("0.01")):
        raise InvalidReference("barcode_amount", value=amount)
    return f"{int(amount * 100):08d}"


def _reference_digits(reference):
    """``(version, 23 digits)`` of a reference number or an RF reference."""
    compact = "".join(str(reference).split()).upper()
    if not compact.startswith("RF"):
        return "4", f"000{viite.validate(compact):0>20}"
    compact = rf.validate(compact)
    body = compact[4:]
    if not body.isdigit() or len(body) > viite.LONGEST:
        raise InvalidCharacter("barcode_rf", value=compact)
    viite.validate(body)
    return "5", f"{compact[2:4]}{body:0>21}"


def make(iban, amount, reference, due_date=None):
    """The 54 digits.

    >>> make("FI49 5000 9420 0287 30", Decimal("100.20"), "12345 67907", date(2022, 12, 12))
    '449500094200287300001002000000000000001234567907221212'
    >>> make("FI37 1590 3000 0007 76", Decimal("1.10"), "RF9811112", date(2017, 1, 1))
    '537159030000007760000011098000000000000000011112170101'
    >>> make("FI37 1590 3000 0007 76", Decimal("1000000"), "RF9811112")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidReference: \
The amount 1000000 does not fit the bank bar code: 0.00 to 999,999.99 with two decimals.
    >>> make("DK5000400440116243", Decimal("1.10"), "RF9811112")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidReference: \
The account "DK5000400440116243" is not a valid Finnish IBAN.
    """
    version, digits = _reference_digits(reference)
    due = due_date.strftime("%y%m%d") if due_date else "000000"
    return f"{version}{_require_iban(iban)[2:]}{_require_amount(amount)}{digits}{due}"


def read(text):
    """The parts of a bank bar code; blanks are dropped.

    >>> read("44950009420028730 00010020 000 00000000001234567907 221212")
    BankBarcode(iban='FI4950009420028730', amount=Decimal('100.20'), reference='1234567907', \
due_date=datetime.date(2022, 12, 12))
    >>> read("537159030000007760000011098000000000000000011112170101").reference
    'RF9811112'
    >>> read("1234")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidLength: \
Bank bar code "1234" must have 54 digits and begin with 4 or 5.
    """
    digits = require_digits(text, "barcode")
    if len(digits) != LENGTH or digits[0] not in "45":
        raise InvalidLength("barcode_version", what="barcode", value=digits[:60])
    if digits[0] == "4":
        reference = viite.validate(digits[25:48])
    else:
        body = digits[27:48].lstrip("0")
        viite.validate(body)
        reference = rf.validate(f"RF{digits[25:27]}{body}")
    return BankBarcode(
        _require_iban(f"FI{digits[1:17]}"),
        Decimal(digits[17:25]).scaleb(-2),
        reference,
        _due_date(digits),
    )


def _due_date(digits):
    text = digits[48:]
    if text == "000000":
        return None
    try:
        return datetime.strptime(f"20{text}", "%Y%m%d").date()
    except ValueError as error:
        raise InvalidCharacter("barcode_date", what="barcode", value=digits, date=text) from error


def pretty(digits):
    """In groups, as printed below the bars.

    >>> pretty("449500094200287300001002000000000000001234567907221212")
    '4495 0009 4200 2873 0000 1002 0000 0000 0000 0012 3456 7907 2212 12'
    """
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))


def svg(digits, width, height):
    """The bars (Code 128, which takes set C for digits) as an SVG drawing; ``width`` and ``height`` in millimetres.

    >>> "<svg" in svg("449500094200287300001002000000000000001234567907221212", 105, 12)
    True
    """
    drawing = createBarcodeDrawing("Code128", value=digits, width=width * mm, height=height * mm, quiet=True)
    return drawing.asString("svg")
