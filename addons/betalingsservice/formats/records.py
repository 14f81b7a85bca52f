"""Fixed-width records of Betalingsservice deliveries: positions, the skeleton around them, and its control totals.

Source: payment-formats specification, sections 1.2 (file conventions), 1.4 (skeleton) and 1.9 (control totals).
Positions are written as in the specification: first position 1, last position included.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.paymatch.formats.errors import FormatError

WIDTH = 128
MAX_BYTES = 64 * 1024 * 1024
ENCODING = "iso-8859-1"
SUBSYSTEMS = ("BS1", "KR9")
#: Two-digit years from here on belong to the last century (mandates are older than the files).
PIVOT_YEAR = 70

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CUSTOMER = re.compile(r"[0-9A-ZÆØÅ]{1,15}")


# --- values ---------------------------------------------------------------------------------------------------------


def number(text, line, field):
    """Digits only."""
    if not (text.isascii() and text.isdigit()):
        raise FormatError(line, field, f"'{text.strip() or text}' is not a number in digits")
    return int(text)


def kroner(ore):
    """Øre as an amount in kroner."""
    return Decimal(ore).scaleb(-2)


def ore(amount, field="amount"):
    """Kroner as whole øre; a broken øre is refused."""
    value = Decimal(amount).scaleb(2)
    if value != value.to_integral_value():
        raise FormatError(0, field, f"{amount} has more than two decimals")
    return int(value)


def day6(text, line, field):
    """``ddmmyy``; all zeros: not given."""
    if text.strip("0 ") == "":
        return None
    year = number(text[4:6], line, field)
    return _day(text[:2], text[2:4], year + (1900 if year >= PIVOT_YEAR else 2000), line, field, text)


def day8(text, line, field):
    """``ddmmyyyy``; all zeros: not given."""
    if text.strip("0 ") == "":
        return None
    return _day(text[:2], text[2:4], number(text[4:8], line, field), line, field, text)


def _day(day, month, year, line, field, text):
    try:
        return date(year, number(month, line, field), number(day, line, field))
    except ValueError as error:
        raise FormatError(line, field, f"'{text}' is not a date (ddmmyy)") from error


def customer_key(customer_number):
    """What two customer numbers are compared by: no blanks, no zeros in front (section 0, point 4).

    >>> customer_key("TEST001"), customer_key("00000000TEST001"), customer_key("1001 ")
    ('TEST001', 'TEST001', '1001')
    """
    return customer_number.strip().lstrip("0").upper() or "0"


def check_customer_number(customer_number):
    """Refuse what Betalingsservice does not take as a customer number (section 1.1).

    >>> check_customer_number("KUNDEÆØÅ2")
    'KUNDEÆØÅ2'
    """
    for place, char in enumerate(customer_number, 1):
        if not _CUSTOMER.fullmatch(char):
            raise FormatError(
                0,
                "customer number",
                f'"{customer_number}": character {place} is "{char}", only digits and capital letters are allowed',
            )
    if not 1 <= len(customer_number) <= 15:
        raise FormatError(0, "customer number", f'"{customer_number}" must have 1 to 15 characters')
    return customer_number


#: Characters people type that ISO-8859-1 has not, and what is written instead.
_REPLACEMENTS = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "…": "...",
        "€": "EUR",
        "•": "-",
        "œ": "oe",
        "Œ": "OE",
    }
)


def printable(text, width):
    """``text`` on one line, in the characters of the file, cut to ``width``.

    >>> printable("Søren – “Ærø”", 40), printable("Łódź", 10), printable("two  lines", 5)
    ('Søren - "Ærø"', '?ódz', 'two l')
    """
    text = " ".join((text or "").split()).translate(_REPLACEMENTS)
    found = []
    for char in text:
        if not _encodes(char):
            char = unicodedata.normalize("NFKD", char)[0]
        found.append(char if _encodes(char) and not _CONTROL.match(char) else "?")
    return "".join(found)[:width].rstrip()


def _encodes(char):
    try:
        char.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


# --- layouts --------------------------------------------------------------------------------------------------------


class Layout:
    """One record type: named fields at positions, written and read by the same table.

    A field is ``(name, first, last, kind)``; kind ``n`` digits with zeros in front, ``x`` text with blanks behind,
    ``d6``/``d8`` dates. A name beginning with ``=`` is a constant. Positions not named are blank.
    """

    def __init__(self, *fields):
        self.fields = []
        self.constants = []
        for name, first, last, kind in fields:
            if name.startswith("="):
                self.constants.append((first - 1, last, name[1:].ljust(last - first + 1)))
            else:
                self.fields.append((name, first - 1, last, kind))
        blank = list(" " * WIDTH)
        for start, end, text in self.constants:
            blank[start:end] = text
        parts, values, position = [], [], 0
        for name, start, end, kind in sorted(self.fields, key=lambda field: field[1]):
            parts.append("".join(blank[position:start]))
            values.append((name, end - start, kind))
            position = end
        parts.append("".join(blank[position:]))
        self._parts, self._values = parts, values

    def pack(self, **values):
        """The record without trailing blanks."""
        parts = [self._parts[0]]
        for (name, width, kind), filler in zip(self._values, self._parts[1:], strict=True):
            parts.append(_written(name, values.get(name), width, kind))
            parts.append(filler)
        return "".join(parts).rstrip()

    def unpack(self, text, line):
        """The fields as a dict; refuses digits that are none, naming line and field."""
        found = {}
        for name, start, end, kind in self.fields:
            value = text[start:end]
            if kind == "x":
                found[name] = value.rstrip()
            elif kind == "n":
                found[name] = number(value, line, name)
            elif kind == "c":
                found[name] = _code(value, line, name)
            else:
                found[name] = (day6 if kind == "d6" else day8)(value, line, name)
        return found


def _code(value, line, field):
    """Digits kept as text: numbers of somebody or something."""
    number(value, line, field)
    return value


def _written(name, value, width, kind):
    if kind in ("n", "c"):
        text = str(value or 0).rjust(width, "0")
        if not text.isdigit() or not text.isascii():
            raise FormatError(0, name, f"'{text}' is not a number in digits")
    elif kind == "d6":
        text = value.strftime("%d%m%y") if value else "0" * width
    elif kind == "d8":
        text = value.strftime("%d%m%Y") if value else "0" * width
    else:
        text = (value or "").ljust(width)
        if _CONTROL.search(text):
            raise FormatError(0, name, f"'{text.strip()!r}' holds control characters")
        try:
            text.encode(ENCODING)
        except UnicodeEncodeError as error:
            wrong = text[error.start]
            raise FormatError(0, name, f"'{text.strip()}': the character '{wrong}' is not in ISO-8859-1") from error
    if len(text) != width:
        raise FormatError(0, name, f"'{text.strip()}' has {len(text)} characters; there is room for {width}")
    return text


#: Delivery start and end, the same for every delivery type (section 1.4).
START = Layout(
    ("=BS002", 1, 5, "x"),
    ("data_supplier", 6, 13, "c"),
    ("subsystem", 14, 16, "x"),
    ("delivery_type", 17, 20, "c"),
    ("delivery_number", 21, 30, "c"),
    ("created", 50, 55, "d6"),
)
END = Layout(
    ("=BS992", 1, 5, "x"),
    ("data_supplier", 6, 13, "c"),
    ("subsystem", 14, 16, "x"),
    ("delivery_type", 17, 20, "c"),
    ("sections", 21, 31, "n"),
    ("payments", 32, 42, "n"),
    ("amount", 43, 57, "n"),
    ("texts", 58, 68, "n"),
    ("zeros_1", 69, 83, "n"),
    ("addresses", 84, 94, "n"),
    ("zeros_2", 95, 128, "n"),
)
#: Totals of a section, at the same positions in 0601, 0602 and 0603.
SECTION_TOTALS = Layout(
    ("section", 14, 17, "c"),
    ("payments", 32, 42, "n"),
    ("amount", 43, 57, "n"),
    ("texts", 58, 68, "n"),
    ("addresses", 84, 94, "n"),
)


@dataclass(frozen=True)
class Head:
    """Who sends what: record 002."""

    data_supplier: str
    subsystem: str
    delivery_type: str
    delivery_number: str
    created: date | None = None


# --- reading --------------------------------------------------------------------------------------------------------


class Totals:
    """Counts and sum in øre, of a section or a delivery."""

    NAMES = {
        "payments": "number of payment records (042)",
        "amount": "amount in øre",
        "texts": "number of text records (052 and 062)",
        "addresses": "number of address records (022)",
    }

    def __init__(self):
        self.payments = self.amount = self.texts = self.addresses = 0

    def add(self, other):
        for name in self.NAMES:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def differences(self, declared, line, where):
        """One error for each total that the file declares otherwise than its records add up to."""
        for name, label in self.NAMES.items():
            counted = abs(getattr(self, name)) if name == "amount" else getattr(self, name)
            if declared[name] != counted:
                message = f"{label} of the {where}: the file says {declared[name]}, its records make {counted}"
                yield FormatError(line, name, message)


def split(data):
    """``(line number, text)`` of every record, padded to 128; transport and empty lines left out (section 1.2)."""
    if len(data) > MAX_BYTES:
        raise FormatError(0, "", f"the file has {len(data)} bytes; at most {MAX_BYTES} are read")
    start, place, size = 0, 0, len(data)
    while start < size:
        end = data.find(b"\n", start)
        end = size if end < 0 else end
        raw = data[start:end].rstrip(b"\r\x1a")
        start, place = end + 1, place + 1
        if raw.startswith(b"BS"):
            yield place, _decode(raw, place).ljust(WIDTH)


def _decode(raw, line):
    if not raw.isascii() and _is_utf8(raw):
        message = "the file was saved as UTF-8, so its positions no longer fit; fetch it again unchanged"
        raise FormatError(line, "encoding", message)
    text = raw.decode(ENCODING)
    if not text.isprintable() and _CONTROL.search(text):
        raise FormatError(line, "encoding", "the record holds control characters")
    if len(text) > WIDTH:
        raise FormatError(line, "length", f"the record has {len(text)} characters; {WIDTH} is the most")
    return text


def _is_utf8(raw):
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def head_of(text, line):
    """Record 002 as a :class:`Head`."""
    head = Head(**START.unpack(text, line))
    if head.subsystem not in SUBSYSTEMS:
        raise FormatError(line, "subsystem", f"'{head.subsystem}' is neither BS1 (production) nor KR9 (test)")
    return head


class Walker:
    """Goes through the records of one delivery and checks the skeleton: order, counts and amounts.

    ``amount_of(text, line)`` gives the signed øre of an 042 record. What is wrong is collected in ``faults``.
    """

    def __init__(self, data, delivery_type, sections, amount_of):
        self.data = data
        self.delivery_type = delivery_type
        self.sections = sections
        self.amount_of = amount_of
        self.faults = []
        self.head = None
        self.total = Totals()
        self.records = 0
        self._section = None
        self._section_totals = Totals()
        self._section_count = 0
        self._ended = False

    def __iter__(self):
        """Yield ``(line, record type, text)`` of every record between start and end of the delivery."""
        line = 0
        try:
            for line, text in split(self.data):
                self.records += 1
                code = text[2:5]
                if self._step(line, code, text):
                    yield line, code, text
        except FormatError as error:
            self.faults.append(error)
            return
        if not self.records:
            self.faults.append(FormatError(0, "", "no record of Betalingsservice in the file"))
        elif not self._ended:
            self.faults.append(FormatError(line, "BS992", "the end record is missing: the file is cut off"))

    def _step(self, line, code, text):
        """Check one record; true when it is for the reader of the delivery type."""
        if self._ended:
            raise FormatError(line, "record", "there is more after the end record 992")
        if self.head is None:
            self._start(line, code, text)
            return False
        if code == "002":
            raise FormatError(line, "record", "a second delivery starts before the first one ended")
        if code == "992":
            self._end(line, text)
            return False
        if code == "012":
            self._section_start(line, text)
        elif code == "092":
            self._section_end(line, text)
        elif code in ("022", "042", "052", "062"):
            return self._body(line, code, text)
        else:
            raise FormatError(line, "record", f"record type {code} is unknown")
        return True

    def _start(self, line, code, text):
        if code != "002":
            raise FormatError(line, "BS002", "the delivery does not begin with record 002: the file is cut off")
        self.head = head_of(text, line)
        if self.head.delivery_type != self.delivery_type:
            raise FormatError(
                line, "delivery type", f"this is delivery {self.head.delivery_type}, not {self.delivery_type}"
            )

    def _section_start(self, line, text):
        if self._section:
            raise FormatError(line, "record", f"section {self._section} has no end record 092")
        section = text[13:17]
        if section not in self.sections:
            raise FormatError(line, "section", f"section {section} is unknown in delivery {self.delivery_type}")
        self._section, self._section_totals = section, Totals()
        self._section_count += 1

    def _body(self, line, code, text):
        if not self._section:
            raise FormatError(line, "record", f"record {code} stands outside a section")
        totals = self._section_totals
        if code == "042":
            totals.payments += 1
            try:
                totals.amount += self.amount_of(text, line)
            except FormatError as error:
                self.faults.append(error)
                return False
        elif code == "022":
            totals.addresses += 1
        else:
            totals.texts += 1
        return True

    def _section_end(self, line, text):
        if not self._section:
            raise FormatError(line, "record", "a section ends that did not start")
        declared = SECTION_TOTALS.unpack(text, line)
        if declared["section"] != self._section:
            raise FormatError(line, "section", f"section {declared['section']} ends, {self._section} is open")
        self.faults += self._section_totals.differences(declared, line, f"section {self._section}")
        self.total.add(self._section_totals)
        self._section = None

    def _end(self, line, text):
        if self._section:
            raise FormatError(line, "record", f"section {self._section} has no end record 092")
        self._ended = True
        declared = END.unpack(text, line)
        for name in ("data_supplier", "subsystem", "delivery_type"):
            if declared[name] != getattr(self.head, name):
                label = name.replace("_", " ")
                message = f"'{declared[name]}' at the end, '{getattr(self.head, name)}' at the start"
                self.faults.append(FormatError(line, label, message))
        if declared["sections"] != self._section_count:
            message = f"number of sections: the file says {declared['sections']}, there are {self._section_count}"
            self.faults.append(FormatError(line, "sections", message))
        self.faults += self.total.differences(declared, line, "delivery")


def first_fault(faults):
    """One error for all: the first, with how many more there are."""
    error = faults[0]
    if len(faults) == 1:
        return error
    return FormatError(error.line, error.field, f"{error.message} (and {len(faults) - 1} more)")
