"""Any delivery, record by record, as fields a person can read. What fits no layout is shown raw.

Names of kinds and fields are codes; who shows them has the words.
"""

from dataclasses import dataclass
from itertools import islice

from . import delivery_0601, delivery_0602, delivery_0603, records
from .errors import DeliveryError
from .layout import WIDTH

#: Fields in øre.
AMOUNTS = {"amount", "collected", "fee"}

#: Spec 1.8, single source: a record 022 of delivery 0621 repeats the record it remarks on, with a text number.
REMARK = (
    ("pbs_number", 5, 13, "c"),
    ("transaction", 13, 17, "c"),
    ("debtor_group", 20, 25, "c"),
    ("customer_number", 25, 40, "x"),
    ("mandate_number", 40, 49, "c"),
    ("date_1", 49, 55, "d6"),
    ("text_number", 114, 120, "c"),
)
REMARK_SECTION = (
    ("pbs_number", 5, 13, "c"),
    ("section", 13, 17, "c"),
    ("debtor_group", 20, 25, "c"),
    ("created", 54, 60, "d6"),
)


@dataclass(frozen=True)
class Record:
    """One line of the file: ``kind`` and the names in ``fields`` are codes, the values text as a Dane writes it."""

    line: int
    code: str
    kind: str
    fields: tuple[tuple[str, str], ...]
    raw: str


def describe(data, first=1, most=None, search=""):
    """Records from the ``first`` on (counted among those found), at most so many.

    :param bytes data: the file
    :param str search: only records that hold this text, such as a customer number
    :return: iterator of :class:`Record`

    >>> [record] = describe(b"BS00212345678KR906010000000001                   150127")
    >>> record.kind, dict(record.fields)["created"]
    ('start', '15.01.2027')
    """
    wanted = search.strip().lower()
    found = (place for place in _lines(data) if not wanted or wanted in place[1].lower())
    stop = None if most is None else first - 1 + most
    for line, text, delivery_type, section in islice(found, first - 1, stop):
        kind, layout = _layout(text, delivery_type, section)
        yield Record(line, text[2:5], kind, _fields(layout, text), text.rstrip())


def count(data, search=""):
    """How many records there are, for leafing through them."""
    wanted = search.strip().lower()
    return sum(1 for place in _lines(data) if not wanted or wanted in place[1].lower())


def _lines(data):
    """``(line, text, delivery type, section)``; lines that are no records are left out."""
    delivery_type = section = ""
    for line, raw in enumerate(data.split(b"\n"), 1):
        if not raw.startswith(b"BS"):
            continue
        text = raw.rstrip(b"\r\x1a").decode(records.ENCODING).ljust(WIDTH)
        if text[2:5] == "002":
            delivery_type = text[16:20]
        elif text[2:5] == "012":
            section = text[13:17]
        yield line, text, delivery_type, section


def _layout(text, delivery_type, section):
    """``(kind, fields)`` of one record."""
    code = text[2:5]
    if code == "002":
        return "start", records.START.fields
    if code == "992":
        return "end", records.END.fields
    finder = {"0601": _layout_0601, "0602": _layout_0602, "0603": _layout_0603, "0621": _layout_0621}.get(delivery_type)
    found = finder(code, text, section) if finder else None
    return found or ("unknown", ())


def _layout_0601(code, text, _section):
    if code == "022":
        number = text[17:22]
        if number == "00009":
            return "postcode", delivery_0601.POSTCODE.fields
        if number == "00010":
            return "optional", delivery_0601.OPTIONAL.fields
        return "address", delivery_0601.ADDRESS.fields
    return {
        "012": ("section", delivery_0601.SECTION_START.fields),
        "042": ("collection", delivery_0601.PAYMENT.fields),
        "052": ("text", delivery_0601.TEXT.fields),
        "062": ("slip_text", delivery_0601.SLIP_TEXT.fields),
        "092": ("section_end", delivery_0601.SECTION_END.fields),
    }.get(code)


def _layout_0602(code, _text, section):
    if code == "042" and section in delivery_0602.LAYOUTS:
        kind = "slip_payment" if section == delivery_0602.SLIPS else "payment"
        return kind, delivery_0602.LAYOUTS[section].fields
    return {
        "012": ("section", delivery_0602.SECTION_START.fields),
        "092": ("section_end", delivery_0602.SECTION_END.fields),
    }.get(code)


def _layout_0603(code, _text, section):
    if code == "042" and section not in delivery_0603.SECTIONS:
        return None
    return {
        "012": ("section", delivery_0603.SECTION_START.fields),
        "042": ("mandate", delivery_0603.MANDATE.fields),
        "092": ("section_end", delivery_0602.SECTION_END.fields),
    }.get(code)


def _layout_0621(code, _text, _section):
    return {"012": ("section", REMARK_SECTION), "022": ("remark", REMARK)}.get(code)


def _fields(layout, text):
    return tuple(
        (name, shown)
        for name, start, end, kind in layout
        if not name.startswith("zeros") and (shown := _shown(name, text[start:end], kind))
    )


def _shown(name, value, kind):
    """A value as a Dane writes it; empty for nothing. What is not what it should be is shown as it stands."""
    text = value.strip()
    if kind in ("d6", "d8"):
        return _shown_day(text, records.day6 if kind == "d6" else records.day8)
    if kind == "n" and text.isascii() and text.isdigit():
        if name in AMOUNTS:
            whole, rest = divmod(int(text), 100)
            return f"{whole:,}".replace(",", ".") + f",{rest:02d}"
        return str(int(text))
    if name == "mandate_number" and not text.strip("0"):
        return ""
    if name == "customer_number":
        return text.lstrip("0") or text
    return text


def _shown_day(text, read):
    try:
        day = read(text, 0, "")
    except DeliveryError:
        return text
    return day.strftime("%d.%m.%Y") if day else ""
