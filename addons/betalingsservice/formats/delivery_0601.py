"""Delivery 0601: collections to Betalingsservice. Writer and reader. Specification, sections 1.5 and 1.9.

Section 0112: drawn where the payer has a mandate, else a slip (total solution). Section 0117: slips only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo.addons.paymatch.formats.errors import FormatError

from . import records
from .errors import DeliveryError
from .records import Head, Totals, Walker, record

code = "0601"
DELIVERY_TYPE = "0601"
SECTIONS = {"0112": "0280", "0117": "0285"}
DRAWN, SLIPS = "0112", "0117"
COLLECTION, DISBURSEMENT = "1", "2"
MAX_TEXT_LINES = 5000
MAX_ADDRESS_LINES = 5
NO_MANDATE = "000000000"

_GROUP = ("debtor_group", 23, 27, "c")
_CUSTOMER = ("customer_number", 28, 42, "x")
_MANDATE = ("mandate_number", 43, 51, "c")
#: Zeros where a mandate stands in other records; one older writer puts it here too, so readers do not look.
_NO_MANDATE = (f"={NO_MANDATE}", 43, 51, "x")
_RECORD_NUMBER = ("record_number", 18, 22, "n")

SECTION_START = record(
    "012",
    ("section", 14, 17, "c"),
    _GROUP,
    ("supplier_reference", 28, 42, "x"),
    ("created", 47, 54, "d8"),
    ("main_text", 69, 128, "x"),
)
ADDRESS = record("022", ("=0240", 14, 17, "x"), _RECORD_NUMBER, _GROUP, _CUSTOMER, _NO_MANDATE, ("text", 52, 86, "x"))
POSTCODE = record(
    "022",
    ("=024000009", 14, 22, "x"),
    _GROUP,
    _CUSTOMER,
    _NO_MANDATE,
    ("postcode", 67, 70, "x"),
    ("country", 71, 73, "x"),
)
OPTIONAL = record(
    "022",
    ("=024000010", 14, 22, "x"),
    _GROUP,
    _CUSTOMER,
    ("payer_id", 83, 92, "n"),
    ("fast_post", 93, 93, "x"),
    ("on_paper", 94, 94, "x"),
)
PAYMENT = record(
    "042",
    ("transaction", 14, 17, "c"),
    ("=00000", 18, 22, "x"),
    _GROUP,
    _CUSTOMER,
    _MANDATE,
    ("payment_date", 52, 59, "d8"),
    ("sign", 60, 60, "c"),
    ("amount", 61, 73, "n"),
    ("reference", 74, 103, "x"),
    ("=00", 104, 105, "x"),
    ("payment_id", 106, 120, "x"),
)
TEXT = record("052", ("=0241", 14, 17, "x"), _RECORD_NUMBER, _GROUP, _CUSTOMER, _MANDATE, ("text", 53, 112, "x"))
SLIP_TEXT = record("062", ("=0241", 14, 17, "x"), _RECORD_NUMBER, _GROUP, _CUSTOMER, ("text", 53, 112, "x"))
SECTION_END = records.section_end(("=00000", 18, 22, "x"), _GROUP)


@dataclass(frozen=True)
class Collection:
    """One amount drawn from (positive) or paid to (negative) one payer on one day.

    ``is_number_kept``: the operator gave us the customer number, so it is written whatever its characters.
    """

    customer_number: str
    payment_date: date
    amount: Decimal
    reference: str = ""
    mandate_number: str = NO_MANDATE
    address: tuple[str, ...] = ()
    postcode: str = ""
    country: str = ""
    payer_id: str = ""
    fast_post: bool = False
    on_paper: bool = False
    payment_id: str = ""
    texts: tuple[str, ...] = ()
    slip_texts: tuple[str, ...] = ()
    line: int = 0
    is_number_kept: bool = False


@dataclass(frozen=True)
class Section:
    """The collections of one creditor number and debtor group. When writing, ``collections`` may be a generator."""

    pbs_number: str
    debtor_group: str
    collections: Iterable[Collection]
    section: str = "0112"
    main_text: str = ""
    supplier_reference: str = ""
    created: date | None = None
    payments: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Delivery:
    """A whole 0601. ``faults`` is what the reader found wrong."""

    head: Head
    sections: Iterable[Section]
    payments: int = 0
    amount: Decimal = Decimal(0)
    records: int = 0
    faults: tuple[FormatError, ...] = field(default=())


# --- writing --------------------------------------------------------------------------------------------------------


def filename(head):
    """What the file is called when it leaves; the operator sets no name for files to it."""
    return f"BS0601_{head.delivery_number}.{head.subsystem}"


def write(delivery):
    """The whole file. See :func:`write_lines` for files that should not be held in memory."""
    return b"".join(write_lines(delivery))


def write_lines(delivery):
    """The records one by one as bytes, trailing blanks removed, CR LF (section 1.2).

    Sections and their collections may be generators: no more than one collection is held at a time.
    """
    head = delivery.head
    same = {"data_supplier": head.data_supplier, "subsystem": head.subsystem, "delivery_type": DELIVERY_TYPE}
    start = {**same, "delivery_number": head.delivery_number, "created": head.created}
    yield records.START.pack(start) + b"\r\n"
    total, count = Totals(), 0
    for section in delivery.sections:
        count += 1
        totals = Totals()
        for raw in _section_records(section, totals):
            yield raw + b"\r\n"
        total.add(totals)
    yield records.END.pack({**same, "sections": count, **total.as_dict()}) + b"\r\n"


def _section_records(section, totals):
    if section.section not in SECTIONS:
        raise DeliveryError(0, "section", "section_unknown", section=section.section, delivery=DELIVERY_TYPE)
    same = {"pbs_number": section.pbs_number, "debtor_group": section.debtor_group, "section": section.section}
    about = {
        "supplier_reference": section.supplier_reference,
        "created": section.created,
        "main_text": section.main_text,
    }
    yield SECTION_START.pack({**same, **about})
    for collection in section.collections:
        yield from _collection_records(section.section, {**same}, collection, totals)
    if totals.amount < 0:
        # Section 1.9: no source tells how a negative net is written, so none is.
        raise DeliveryError(0, "amount", "negative_net", amount=-records.kroner(totals.amount))
    yield SECTION_END.pack({**same, **totals.as_dict()})


def _collection_records(section, values, collection, totals):
    """The records of one collection; ``values`` (what they have in common) is filled and used again for each."""
    customer_number = records.check_customer_number(collection.customer_number, collection.is_number_kept)
    _check_lines(collection, customer_number)
    values["customer_number"] = customer_number
    mandate = collection.mandate_number
    values["mandate_number"] = mandate.rjust(9, "0")
    yield from _numbered(ADDRESS, values, collection.address)
    totals.addresses += len(collection.address)
    if collection.address:
        totals.addresses += 1
        values.update(postcode=collection.postcode, country=collection.country)
        yield POSTCODE.pack(values)
    if collection.payer_id or collection.fast_post or collection.on_paper:
        totals.addresses += 1
        values.update(
            payer_id=records.number(collection.payer_id or "0", 0, "payer_id"),
            fast_post="1" if collection.fast_post else "",
            on_paper="1" if collection.on_paper else "",
        )
        yield OPTIONAL.pack(values)
    yield _payment_record(section, values, collection, totals)
    yield from _numbered(TEXT, values, collection.texts)
    yield from _numbered(SLIP_TEXT, values, collection.slip_texts)
    totals.texts += len(collection.texts) + len(collection.slip_texts)


def _check_lines(collection, customer_number):
    if len(collection.address) > MAX_ADDRESS_LINES:
        raise DeliveryError(0, "address", "address_lines", customer=customer_number, most=MAX_ADDRESS_LINES)
    if len(collection.texts) > MAX_TEXT_LINES or len(collection.slip_texts) > MAX_TEXT_LINES:
        raise DeliveryError(0, "text", "text_lines", customer=customer_number, most=MAX_TEXT_LINES)


def _numbered(layout, values, texts):
    """One record per text, numbered from 1."""
    for place, text in enumerate(texts, 1):
        values["record_number"] = place
        values["text"] = text
        yield layout.pack(values)


def _payment_record(section, values, collection, totals):
    amount = records.ore(collection.amount)
    totals.payments += 1
    totals.amount += amount
    return PAYMENT.pack(
        {
            **values,
            "transaction": SECTIONS[section],
            "mandate_number": NO_MANDATE if section == SLIPS else values["mandate_number"],
            "payment_date": collection.payment_date,
            "sign": _sign(amount),
            "amount": abs(amount),
            "reference": collection.reference,
            "payment_id": collection.payment_id,
        }
    )


def _sign(amount):
    if not amount:
        return "0"
    return COLLECTION if amount > 0 else DISBURSEMENT


# --- reading --------------------------------------------------------------------------------------------------------


def _signed_amount(text, line):
    amount = records.number(text[60:73], line, "amount")
    sign = text[59]
    if sign not in "012" or (sign == "0") != (amount == 0):
        raise DeliveryError(line, "sign", "sign", sign=sign, amount=records.kroner(amount))
    return -amount if sign == DISBURSEMENT else amount


def read(source):
    """The delivery with everything in it; what is wrong with it is in ``faults``."""
    reader = Reader(source)
    sections = []
    for event, value in reader.events():
        if event == "section":
            sections.append((value, []))
        else:
            sections[-1][1].append(value)
    walker = reader.walker
    return Delivery(
        head=walker.whole_head(),
        sections=tuple(_closed(section, collections) for section, collections in sections),
        payments=walker.total.payments,
        amount=records.kroner(walker.total.amount),
        records=walker.records,
        faults=walker.all_faults(),
    )


def _closed(section, collections):
    return Section(
        **section,
        collections=tuple(collections),
        payments=len(collections),
        amount=sum((collection.amount for collection in collections), Decimal(0)),
    )


class Reader:
    """Reads collection by collection from ``bytes`` or a binary file; holds no more than one of them."""

    def __init__(self, source):
        self.walker = Walker(source, DELIVERY_TYPE, SECTIONS, _signed_amount)
        self.section = None
        self._address = {}
        self._open = None
        self._reads = {
            "012": self._read_section,
            "022": self._read_address,
            "042": self._read_payment,
            "052": self._read_text,
            "062": self._read_text,
            "092": self._read_section_end,
        }

    def events(self):
        """Yield ``("section", dict)`` and ``("collection", Collection)`` in the order of the file."""
        for line, record_type, text in self.walker:
            try:
                if self._open is not None and record_type != "052" and record_type != "062":
                    yield "collection", self._close()
                self._reads[record_type](line, text)
                if record_type == "012":
                    yield "section", self.section
            except FormatError as error:
                self.walker.fault_in(record_type, error)
        if self._open is not None:
            yield "collection", self._close()

    def _read_section(self, line, text):
        self.section = SECTION_START.unpack(text, line)

    def _read_section_end(self, line, text):
        records.check_section(SECTION_END.unpack(text, line), self.section, line)

    def _read_address(self, line, text):
        place = records.number(text[17:22], line, "record_number")
        layout = {9: POSTCODE, 10: OPTIONAL}.get(place, ADDRESS)
        found = layout.unpack(text, line)
        records.check_section(found, self.section, line)
        address = self._address
        if address and found["customer_number"] != address["customer_number"]:
            self._address = {}
            raise DeliveryError(line, "customer_number", "address_stray", customer=found["customer_number"])
        lines = address.setdefault("lines", [])
        address["customer_number"] = found["customer_number"]
        if layout is ADDRESS:
            _check_sequence(place, lines, line)
            lines.append(found["text"])
        elif layout is POSTCODE:
            address.update(postcode=found["postcode"].strip(), country=found["country"])
        else:
            payer_id = f"{found['payer_id']:010d}" if found["payer_id"] else ""
            address.update(payer_id=payer_id, fast_post=found["fast_post"] == "1", on_paper=found["on_paper"] == "1")

    def _read_payment(self, line, text):
        found = PAYMENT.unpack(text, line)
        records.check_section(found, self.section, line)
        section = self.section["section"]
        if found["transaction"] != SECTIONS[section]:
            raise DeliveryError(
                line, "transaction", "transaction_section", transaction=found["transaction"], section=section
            )
        address, self._address = self._address, {}
        if address and address.pop("customer_number") != found["customer_number"]:
            raise DeliveryError(line, "customer_number", "address_order")
        self._open = {
            "customer_number": found["customer_number"],
            "payment_date": found["payment_date"],
            "amount": records.kroner(_signed_amount(text, line)),
            "reference": found["reference"],
            "mandate_number": found["mandate_number"],
            "payment_id": found["payment_id"],
            "address": tuple(address.pop("lines", ())),
            "texts": [],
            "slip_texts": [],
            "line": line,
            **address,
        }

    def _read_text(self, line, text):
        is_slip = text[2:5] == "062"
        found = (SLIP_TEXT if is_slip else TEXT).unpack(text, line)
        records.check_section(found, self.section, line)
        if self._open is None or found["customer_number"] != self._open["customer_number"]:
            raise DeliveryError(line, "customer_number", "text_stray")
        texts = self._open["slip_texts" if is_slip else "texts"]
        _check_sequence(found["record_number"], texts, line)
        texts.append(found["text"])

    def _close(self):
        values, self._open = self._open, None
        values["texts"], values["slip_texts"] = tuple(values["texts"]), tuple(values["slip_texts"])
        return Collection(**values)


def _check_sequence(place, before, line):
    if place != len(before) + 1:
        raise DeliveryError(line, "record_number", "sequence", found=place, before=len(before))


def inspect(source):
    """Summary for ``formats.inspect``. Streamed: only totals are kept."""
    reader, sections = Reader(source), 0
    for event, _value in reader.events():
        sections += event == "section"
    walker = reader.walker
    delivery = Delivery(head=walker.whole_head(), sections=(), records=walker.records, faults=walker.all_faults())
    return records.summary(
        "betalingsservice_0601",
        delivery,
        currency="DKK",
        count=walker.total.payments,
        total=str(records.kroner(walker.total.amount)),
        sections=sections,
    )
