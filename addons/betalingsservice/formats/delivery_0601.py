"""Delivery 0601: collections to Betalingsservice. Writer and reader. Specification, sections 1.5 and 1.9.

Section 0112: drawn where the payer has a mandate, else a slip (total solution). Section 0117: slips only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo.addons.paymatch.formats.errors import FormatError

from . import records
from .records import ENCODING, Head, Layout, Totals, Walker

code = "betalingsservice_0601"
DELIVERY_TYPE = "0601"
SECTIONS = {"0112": "0280", "0117": "0285"}
COLLECTION, DISBURSEMENT = "1", "2"
MAX_TEXT_LINES = 5000
MAX_ADDRESS_LINES = 5

_PBS = ("pbs_number", 6, 13, "c")
_GROUP = ("debtor_group", 23, 27, "c")
_CUSTOMER = ("customer_number", 28, 42, "x")
_MANDATE = ("mandate_number", 43, 51, "c")

SECTION_START = Layout(
    ("=BS012", 1, 5, "x"),
    _PBS,
    ("section", 14, 17, "c"),
    _GROUP,
    ("supplier_reference", 28, 42, "x"),
    ("created", 47, 54, "d8"),
    ("main_text", 69, 128, "x"),
)
ADDRESS = Layout(
    ("=BS022", 1, 5, "x"),
    _PBS,
    ("=0240", 14, 17, "x"),
    ("record_number", 18, 22, "n"),
    _GROUP,
    _CUSTOMER,
    _MANDATE,
    ("text", 52, 86, "x"),
)
POSTCODE = Layout(
    ("=BS022", 1, 5, "x"),
    _PBS,
    ("=024000009", 14, 22, "x"),
    _GROUP,
    _CUSTOMER,
    _MANDATE,
    ("postcode", 67, 70, "x"),
    ("country", 71, 73, "x"),
)
OPTIONAL = Layout(
    ("=BS022", 1, 5, "x"),
    _PBS,
    ("=024000010", 14, 22, "x"),
    _GROUP,
    _CUSTOMER,
    ("payer_id", 83, 92, "n"),
    ("fast_post", 93, 93, "x"),
    ("on_paper", 94, 94, "x"),
)
PAYMENT = Layout(
    ("=BS042", 1, 5, "x"),
    _PBS,
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
TEXT = Layout(
    ("=BS052", 1, 5, "x"),
    _PBS,
    ("=0241", 14, 17, "x"),
    ("record_number", 18, 22, "n"),
    _GROUP,
    _CUSTOMER,
    _MANDATE,
    ("text", 53, 112, "x"),
)
SLIP_TEXT = Layout(
    ("=BS062", 1, 5, "x"),
    _PBS,
    ("=0241", 14, 17, "x"),
    ("record_number", 18, 22, "n"),
    _GROUP,
    _CUSTOMER,
    ("text", 53, 112, "x"),
)
SECTION_END = Layout(
    ("=BS092", 1, 5, "x"),
    _PBS,
    ("section", 14, 17, "c"),
    ("=00000", 18, 22, "x"),
    _GROUP,
    ("payments", 32, 42, "n"),
    ("amount", 43, 57, "n"),
    ("texts", 58, 68, "n"),
    ("addresses", 84, 94, "n"),
)


@dataclass(frozen=True)
class Collection:
    """One amount drawn from (positive) or paid to (negative) one payer on one day."""

    customer_number: str
    payment_date: date
    amount: Decimal
    reference: str = ""
    mandate_number: str = "000000000"
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


def write(delivery):
    """The whole file. See :func:`write_lines` for files that should not be held in memory."""
    return b"".join(write_lines(delivery))


def write_lines(delivery):
    """The records one by one as bytes, trailing blanks removed, CR LF (section 1.2)."""
    for record in _records(delivery):
        yield record.encode(ENCODING) + b"\r\n"


def _records(delivery):
    head = delivery.head
    yield records.START.pack(
        data_supplier=head.data_supplier,
        subsystem=head.subsystem,
        delivery_type=DELIVERY_TYPE,
        delivery_number=head.delivery_number,
        created=head.created,
    )
    total, count = Totals(), 0
    for section in delivery.sections:
        count += 1
        totals = Totals()
        yield from _section_records(section, totals)
        total.add(totals)
    yield records.END.pack(
        data_supplier=head.data_supplier,
        subsystem=head.subsystem,
        delivery_type=DELIVERY_TYPE,
        sections=count,
        payments=total.payments,
        amount=total.amount,
        texts=total.texts,
        addresses=total.addresses,
    )


def _section_records(section, totals):
    if section.section not in SECTIONS:
        raise FormatError(0, "section", f"section {section.section} is not one of {', '.join(SECTIONS)}")
    same = {"pbs_number": section.pbs_number, "debtor_group": section.debtor_group}
    yield SECTION_START.pack(
        **same,
        section=section.section,
        supplier_reference=section.supplier_reference,
        created=section.created,
        main_text=section.main_text,
    )
    for collection in section.collections:
        yield from _collection_records(section, same, collection, totals)
    if totals.amount < 0:
        # Section 1.9: no source tells how a negative net is written, so none is.
        message = f"the disbursements exceed the collections by {-records.kroner(totals.amount)}: deliver them apart"
        raise FormatError(0, "amount", message)
    yield SECTION_END.pack(
        **same,
        section=section.section,
        payments=totals.payments,
        amount=totals.amount,
        texts=totals.texts,
        addresses=totals.addresses,
    )


def _collection_records(section, same, collection, totals):
    customer_number = records.check_customer_number(collection.customer_number)
    if len(collection.address) > MAX_ADDRESS_LINES:
        raise FormatError(0, "address", f"customer {customer_number}: more than {MAX_ADDRESS_LINES} lines")
    if len(collection.texts) > MAX_TEXT_LINES or len(collection.slip_texts) > MAX_TEXT_LINES:
        raise FormatError(0, "text", f"customer {customer_number}: more than {MAX_TEXT_LINES} lines")
    same = {**same, "customer_number": customer_number}
    mandate = collection.mandate_number
    for place, text in enumerate(collection.address, 1):
        totals.addresses += 1
        yield ADDRESS.pack(**same, record_number=place, text=text)
    if collection.address:
        totals.addresses += 1
        yield POSTCODE.pack(**same, postcode=collection.postcode, country=collection.country)
    if collection.payer_id or collection.fast_post or collection.on_paper:
        totals.addresses += 1
        yield OPTIONAL.pack(
            **same,
            payer_id=collection.payer_id,
            fast_post="1" if collection.fast_post else "",
            on_paper="1" if collection.on_paper else "",
        )
    amount = records.ore(collection.amount)
    totals.payments += 1
    totals.amount += amount
    yield PAYMENT.pack(
        **same,
        transaction=SECTIONS[section.section],
        mandate_number="0" if section.section == "0117" else mandate,
        payment_date=collection.payment_date,
        sign=_sign(amount),
        amount=abs(amount),
        reference=collection.reference,
        payment_id=collection.payment_id,
    )
    for place, text in enumerate(collection.texts, 1):
        totals.texts += 1
        yield TEXT.pack(**same, record_number=place, mandate_number=mandate, text=text)
    for place, text in enumerate(collection.slip_texts, 1):
        totals.texts += 1
        yield SLIP_TEXT.pack(**same, record_number=place, text=text)


def _sign(amount):
    if not amount:
        return "0"
    return COLLECTION if amount > 0 else DISBURSEMENT


# --- reading --------------------------------------------------------------------------------------------------------


def _signed_amount(text, line):
    amount = records.number(text[60:73], line, "amount")
    sign = text[59]
    if sign not in "012" or (sign == "0") != (amount == 0):
        raise FormatError(line, "sign", f"sign code '{sign}' does not fit the amount {records.kroner(amount)}")
    return -amount if sign == DISBURSEMENT else amount


def read(data):
    """The delivery with everything in it; what is wrong with it is in ``faults``."""
    reader = Reader(data)
    sections = []
    for event, value in reader.events():
        if event == "section":
            sections.append((value, []))
        elif event == "collection":
            sections[-1][1].append(value)
    found = tuple(_closed(section, collections) for section, collections in sections)
    head = reader.walker.head or Head("", "", DELIVERY_TYPE, "")
    return Delivery(
        head=head,
        sections=found,
        payments=reader.walker.total.payments,
        amount=records.kroner(reader.walker.total.amount),
        records=reader.walker.records,
        faults=tuple(reader.walker.faults),
    )


def _closed(section, collections):
    return Section(
        pbs_number=section["pbs_number"],
        debtor_group=section["debtor_group"],
        collections=tuple(collections),
        section=section["section"],
        main_text=section["main_text"],
        supplier_reference=section["supplier_reference"],
        created=section["created"],
        payments=len(collections),
        amount=sum((collection.amount for collection in collections), Decimal(0)),
    )


class Reader:
    """Reads collection by collection; holds no more than one of them."""

    def __init__(self, data):
        self.walker = Walker(data, DELIVERY_TYPE, SECTIONS, _signed_amount)
        self.section = None
        self._address = {}
        self._open = None

    def events(self):
        """Yield ``("section", dict)`` and ``("collection", Collection)`` in the order of the file."""
        for line, record, text in self.walker:
            try:
                yield from self._event(line, record, text)
            except FormatError as error:
                self.walker.faults.append(error)
        yield from self._close()

    def _event(self, line, record, text):
        if record == "012":
            self.section = SECTION_START.unpack(text, line)
            yield "section", self.section
        elif record == "022":
            yield from self._close()
            self._read_address(line, text)
        elif record == "042":
            yield from self._close()
            self._read_payment(line, text)
        elif record in ("052", "062"):
            self._read_text(line, record, text)
        elif record == "092":
            yield from self._close()
            self._same(SECTION_END.unpack(text, line), line, ("pbs_number", "debtor_group"), self.section)

    def _same(self, found, line, names, wanted):
        for name in names:
            if found[name] != wanted[name]:
                label = name.replace("_", " ")
                raise FormatError(line, label, f"'{found[name]}' stands among records of '{wanted[name]}'")

    def _read_address(self, line, text):
        place = records.number(text[17:22], line, "record number")
        layout = {9: POSTCODE, 10: OPTIONAL}.get(place, ADDRESS)
        found = layout.unpack(text, line)
        self._same(found, line, ("pbs_number", "debtor_group"), self.section)
        if self._address and found["customer_number"] != self._address["customer_number"]:
            self._address = {}
            message = f"the address before customer {found['customer_number']} belongs to no payment record"
            raise FormatError(line, "customer number", message)
        self._address.setdefault("lines", [])
        self._address["customer_number"] = found["customer_number"]
        if layout is ADDRESS:
            if place != len(self._address["lines"]) + 1:
                raise FormatError(line, "record number", f"{place} does not follow {len(self._address['lines'])}")
            self._address["lines"].append(found["text"])
        elif layout is POSTCODE:
            self._address.update(postcode=found["postcode"].strip(), country=found["country"])
        else:
            payer_id = f"{found['payer_id']:010d}" if found["payer_id"] else ""
            self._address.update(
                payer_id=payer_id, fast_post=found["fast_post"] == "1", on_paper=found["on_paper"] == "1"
            )

    def _read_payment(self, line, text):
        found = PAYMENT.unpack(text, line)
        self._same(found, line, ("pbs_number", "debtor_group"), self.section)
        if found["transaction"] != SECTIONS[self.section["section"]]:
            message = f"transaction {found['transaction']} does not belong in section {self.section['section']}"
            raise FormatError(line, "transaction", message)
        address, self._address = self._address, {}
        if address and address.pop("customer_number") != found["customer_number"]:
            raise FormatError(line, "customer number", "the address before this record is of another customer")
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

    def _read_text(self, line, record, text):
        found = (TEXT if record == "052" else SLIP_TEXT).unpack(text, line)
        self._same(found, line, ("pbs_number", "debtor_group"), self.section)
        if not self._open or found["customer_number"] != self._open["customer_number"]:
            raise FormatError(line, "customer number", "the text does not follow a payment record of its customer")
        texts = self._open["texts" if record == "052" else "slip_texts"]
        if found["record_number"] != len(texts) + 1:
            raise FormatError(line, "record number", f"{found['record_number']} does not follow {len(texts)}")
        texts.append(found["text"])

    def _close(self):
        if self._open:
            values, self._open = self._open, None
            values["texts"], values["slip_texts"] = tuple(values["texts"]), tuple(values["slip_texts"])
            yield "collection", Collection(**values)


def inspect(data):
    """Summary for ``formats.inspect``."""
    delivery = read(data)
    return {
        "format": code,
        "ok": not delivery.faults,
        "lines": delivery.records,
        "summary": {
            "currency": "DKK",
            "count": delivery.payments,
            "total": str(delivery.amount),
            "delivery": delivery.head.delivery_number,
            "subsystem": delivery.head.subsystem,
            "sections": len(delivery.sections),
        },
        "errors": [fault.as_dict() for fault in delivery.faults],
    }
