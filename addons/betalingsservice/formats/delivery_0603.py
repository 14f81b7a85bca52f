"""Delivery 0603: mandates registered, cancelled or listed. Specification, section 1.7.

Date 1 is the start and date 2 the end in all real records known; the newer guide describes date 1 as the date of
the event. So an end is date 2 when given, else date 1.
"""

from dataclasses import dataclass, field
from datetime import date

from odoo.addons.paymatch.formats.errors import FormatError

from . import records
from .delivery_0602 import SECTION_END
from .errors import DeliveryError
from .records import Head, Walker, record

code = "betalingsservice_0603"
DELIVERY_TYPE = "0603"
LIST, EVENTS, SLIPS = "0210", "0212", "0219"
SECTIONS = (LIST, EVENTS, SLIPS)
#: Sections of older files about due dates and slips (one source each): no agreement is in them, they are passed over.
ABOUT_SLIPS = ("0214", "0215", "0217")
#: Transaction -> (event, who ended it).
EVENTS_OF = {
    "0230": ("active", ""),
    "0231": ("registered", ""),
    "0232": ("ended", "bank"),
    "0233": ("ended", "creditor"),
    "0234": ("ended", "betalingsservice"),
}

SECTION_START = records.answer_section_start()
MANDATE = record(
    "042",
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
    """A whole 0603. ``listed_groups``: PBS number and debtor group of each list of all active mandates in it (0210).

    ``passed_over``: how many records of :data:`ABOUT_SLIPS` were not read.
    """

    head: Head
    mandates: tuple[Mandate, ...]
    records: int
    listed_groups: frozenset[tuple[str, str]] = frozenset()
    passed_over: int = 0
    faults: tuple[FormatError, ...] = field(default=())

    @property
    def is_full_list(self):
        return bool(self.listed_groups)


def _no_amount(_text, _line):
    return 0


def read(source):
    """The delivery; what is wrong with it is in ``faults``."""
    walker = Walker(source, DELIVERY_TYPE, SECTIONS, _no_amount, records.UNCOUNTED, ABOUT_SLIPS)
    mandates, section, listed = [], {}, set()

    def take(line, record_type, text):
        if record_type == "042":
            mandates.append(_mandate(section, text, line))
        elif record_type == "012":
            section.update(SECTION_START.unpack(text, line))
            if section["section"] == LIST:
                listed.add((section["pbs_number"], section["debtor_group"]))
        elif record_type == "092":
            records.check_section(SECTION_END.unpack(text, line), section, line)

    walker.each(take)
    return Delivery(
        head=walker.whole_head(),
        mandates=tuple(mandates),
        records=walker.records,
        listed_groups=frozenset(listed),
        passed_over=walker.records_passed_over,
        faults=walker.all_faults(),
    )


def _mandate(section, text, line):
    found = MANDATE.unpack(text, line)
    records.check_section(found, section, line)
    if found["transaction"] not in EVENTS_OF:
        raise DeliveryError(
            line,
            "transaction",
            "transaction_unknown",
            transaction=found["transaction"],
            section=section["section"],
        )
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
    return records.summary(
        code,
        delivery,
        count=len(delivery.mandates),
        full_list=delivery.is_full_list,
        events=events,
        passed_over=delivery.passed_over,
    )
