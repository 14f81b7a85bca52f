"""Delivery 0603: mandates registered, cancelled or listed. Specification, section 1.7.

Date 1 is the start and date 2 the end in all real records known; the newer guide describes date 1 as the date of
the event. So an end is date 2 when given, else date 1.
"""

from dataclasses import dataclass, field
from datetime import date

from odoo.addons.paymatch.formats.errors import FormatError

from . import records
from .records import Head, Layout, Walker

code = "betalingsservice_0603"
DELIVERY_TYPE = "0603"
LIST, EVENTS, SLIPS = "0210", "0212", "0219"
SECTIONS = (LIST, EVENTS, SLIPS)
#: Transaction -> (event, who ended it).
EVENTS_OF = {
    "0230": ("active", ""),
    "0231": ("registered", ""),
    "0232": ("ended", "bank"),
    "0233": ("ended", "creditor"),
    "0234": ("ended", "betalingsservice"),
}

SECTION_START = Layout(
    ("=BS012", 1, 5, "x"),
    ("pbs_number", 6, 13, "c"),
    ("section", 14, 17, "c"),
    ("debtor_group", 21, 25, "c"),
    ("created", 50, 55, "d6"),
)
MANDATE = Layout(
    ("=BS042", 1, 5, "x"),
    ("pbs_number", 6, 13, "c"),
    ("transaction", 14, 17, "c"),
    ("=000", 18, 20, "x"),
    ("debtor_group", 21, 25, "c"),
    ("customer_number", 26, 40, "x"),
    ("mandate_number", 41, 49, "c"),
    ("date_1", 50, 55, "d6"),
    ("date_2", 56, 61, "d6"),
)


@dataclass(frozen=True)
class Mandate:
    """One record 042. ``is_slip``: an agreement on electronic slips, which is no direct-debit mandate."""

    line: int
    section: str
    transaction: str
    event: str
    pbs_number: str
    debtor_group: str
    customer_number: str
    mandate_number: str
    start: date | None = None
    end: date | None = None
    ended_by: str = ""

    @property
    def is_slip(self):
        return self.section == SLIPS

    @property
    def customer_key(self):
        return records.customer_key(self.customer_number)


@dataclass(frozen=True)
class Delivery:
    """A whole 0603. ``is_full_list``: it holds the list of all active mandates (section 0210)."""

    head: Head
    mandates: tuple[Mandate, ...]
    records: int
    is_full_list: bool = False
    faults: tuple[FormatError, ...] = field(default=())


def _no_amount(_text, _line):
    return 0


def read(data):
    """The delivery; what is wrong with it is in ``faults``."""
    walker = Walker(data, DELIVERY_TYPE, SECTIONS, _no_amount)
    mandates, section, full = [], None, False
    for line, record, text in walker:
        try:
            if record == "012":
                section = SECTION_START.unpack(text, line)
                full = full or section["section"] == LIST
            elif record == "042":
                mandates.append(_mandate(section, text, line))
        except FormatError as error:
            walker.faults.append(error)
    return Delivery(
        head=walker.head or Head("", "", DELIVERY_TYPE, ""),
        mandates=tuple(mandates),
        records=walker.records,
        is_full_list=full,
        faults=tuple(walker.faults),
    )


def _mandate(section, text, line):
    found = MANDATE.unpack(text, line)
    for label in ("pbs_number", "debtor_group"):
        if found[label] != section[label]:
            message = f"'{found[label]}' stands in the section of '{section[label]}'"
            raise FormatError(line, label.replace("_", " "), message)
    if found["transaction"] not in EVENTS_OF:
        message = f"transaction {found['transaction']} is unknown in section {section['section']}"
        raise FormatError(line, "transaction", message)
    event, ended_by = EVENTS_OF[found["transaction"]]
    ended = event == "ended"
    return Mandate(
        line=line,
        section=section["section"],
        transaction=found["transaction"],
        event=event,
        pbs_number=found["pbs_number"],
        debtor_group=found["debtor_group"],
        customer_number=found["customer_number"].strip(),
        mandate_number=found["mandate_number"],
        start=found["date_1"] if not ended or found["date_2"] else None,
        end=(found["date_2"] or found["date_1"]) if ended else None,
        ended_by=ended_by,
    )


def inspect(data):
    """Summary for ``formats.inspect``."""
    delivery = read(data)
    events = {}
    for mandate in delivery.mandates:
        events[mandate.event] = events.get(mandate.event, 0) + 1
    return {
        "format": code,
        "ok": not delivery.faults,
        "lines": delivery.records,
        "summary": {
            "count": len(delivery.mandates),
            "delivery": delivery.head.delivery_number,
            "subsystem": delivery.head.subsystem,
            "full_list": delivery.is_full_list,
            "events": events,
        },
        "errors": [fault.as_dict() for fault in delivery.faults],
    }
