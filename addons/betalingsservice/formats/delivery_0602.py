"""Delivery 0602: what became of the collections. Specification, section 1.6.

Section 0211 (drawn) and section 0215 (slips) place the same fields at different positions. The totals in 092 and
992 are the plain sum of the amounts whatever the outcome, so they prove the file and are never booked.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from odoo.addons.paymatch.formats.errors import FormatError
from odoo.addons.paymatch.formats.records import Line, Report, group_by_booking

from . import records
from .records import Head, Layout, Walker

code = "betalingsservice_0602"
name = "Betalingsservice 0602 (Denmark)"
kind = "advice"
DELIVERY_TYPE = "0602"
AUTOMATIC, SLIPS = "0211", "0215"
SECTIONS = (AUTOMATIC, SLIPS)

#: Transaction -> outcome, per section.
OUTCOMES = {
    AUTOMATIC: {"0236": "paid", "0237": "rejected", "0238": "cancelled", "0239": "charged_back"},
    SLIPS: {"0297": "paid", "0299": "charged_back"},
}

_PBS = ("pbs_number", 6, 13, "c")
SECTION_START = Layout(
    ("=BS012", 1, 5, "x"),
    _PBS,
    ("section", 14, 17, "c"),
    ("=000", 18, 20, "x"),
    ("debtor_group", 21, 25, "c"),
    ("supplier_reference", 26, 40, "x"),
    ("created", 50, 55, "d6"),
)
PAYMENT_0211 = Layout(
    ("=BS042", 1, 5, "x"),
    _PBS,
    ("transaction", 14, 17, "c"),
    ("=000", 18, 20, "x"),
    ("debtor_group", 21, 25, "c"),
    ("customer_number", 26, 40, "x"),
    ("mandate_number", 41, 49, "c"),
    ("collected_date", 50, 55, "d6"),
    ("sign", 56, 56, "c"),
    ("collected", 57, 69, "n"),
    ("reference", 70, 99, "x"),
    ("payment_date", 104, 109, "d6"),
    ("booking_date", 110, 115, "d6"),
    ("amount", 116, 128, "n"),
)
PAYMENT_0215 = Layout(
    ("=BS042", 1, 5, "x"),
    _PBS,
    ("transaction", 14, 17, "c"),
    ("=000", 18, 20, "x"),
    ("debtor_group", 21, 25, "c"),
    ("=0000", 26, 29, "x"),
    ("customer_number", 30, 44, "x"),
    ("card_type", 45, 46, "c"),
    ("fee_sign", 47, 47, "c"),
    ("fee", 48, 52, "n"),
    ("collected_date", 53, 58, "d6"),
    ("sign", 59, 59, "c"),
    ("collected", 60, 72, "n"),
    ("reference", 73, 81, "x"),
    ("archive_reference", 82, 103, "x"),
    ("payment_date", 104, 109, "d6"),
    ("booking_date", 110, 115, "d6"),
    ("amount", 116, 128, "n"),
)
LAYOUTS = {AUTOMATIC: PAYMENT_0211, SLIPS: PAYMENT_0215}
SECTION_END = Layout(
    ("=BS092", 1, 5, "x"),
    _PBS,
    ("section", 14, 17, "c"),
    ("=000", 18, 20, "x"),
    ("debtor_group", 21, 25, "c"),
    ("payments", 32, 42, "n"),
    ("amount", 43, 57, "n"),
    ("texts", 58, 68, "n"),
    ("zeros", 69, 83, "x"),
    ("addresses", 84, 94, "n"),
)


@dataclass(frozen=True)
class Payment:
    """One record 042: what became of one collection. Amounts are signed by the sign code, not by the outcome."""

    line: int
    section: str
    transaction: str
    outcome: str
    pbs_number: str
    debtor_group: str
    customer_number: str
    collected: Decimal
    amount: Decimal
    collected_date: date | None
    payment_date: date | None
    booking_date: date | None
    reference: str
    mandate_number: str = ""
    card_type: str = ""
    fee: Decimal = Decimal(0)
    archive_reference: str = ""


@dataclass(frozen=True)
class Delivery:
    """A whole 0602. ``faults`` is what the reader found wrong; ``skipped`` counts records of unknown layout."""

    head: Head
    payments: tuple[Payment, ...]
    amount: Decimal
    records: int
    skipped: int = 0
    faults: tuple[FormatError, ...] = field(default=())


def _plain_amount(text, line):
    return records.number(text[115:128], line, "amount")


def read(data):
    """The delivery; records 022 and 052 of section 0215 are counted and skipped (their layout is not known)."""
    walker = Walker(data, DELIVERY_TYPE, SECTIONS, _plain_amount)
    payments, section, skipped = [], None, 0
    for line, record, text in walker:
        try:
            if record == "012":
                section = SECTION_START.unpack(text, line)
            elif record == "042":
                payments.append(_payment(section, text, line))
            elif record != "092":
                skipped += 1
        except FormatError as error:
            walker.faults.append(error)
    return Delivery(
        head=walker.head or Head("", "", DELIVERY_TYPE, ""),
        payments=tuple(payments),
        amount=records.kroner(walker.total.amount),
        records=walker.records,
        skipped=skipped,
        faults=tuple(walker.faults),
    )


def _payment(section, text, line):
    found = LAYOUTS[section["section"]].unpack(text, line)
    for label in ("pbs_number", "debtor_group"):
        if found[label] != section[label]:
            message = f"'{found[label]}' stands in the section of '{section[label]}'"
            raise FormatError(line, label.replace("_", " "), message)
    outcome = OUTCOMES[section["section"]].get(found["transaction"])
    if not outcome:
        message = f"transaction {found['transaction']} is unknown in section {section['section']}"
        raise FormatError(line, "transaction", message)
    if outcome in ("paid", "charged_back") and not (found["payment_date"] or found["booking_date"]):
        raise FormatError(line, "payment date", f"transaction {found['transaction']} has no payment date")
    sign = -1 if found["sign"] == "2" else 1
    return Payment(
        line=line,
        section=section["section"],
        transaction=found["transaction"],
        outcome=outcome,
        pbs_number=found["pbs_number"],
        debtor_group=found["debtor_group"],
        customer_number=records.customer_key(found["customer_number"]),
        collected=sign * records.kroner(found["collected"]),
        amount=sign * records.kroner(found["amount"]) if outcome in ("paid", "charged_back") else Decimal(0),
        collected_date=found["collected_date"],
        payment_date=found["payment_date"],
        booking_date=found["booking_date"],
        reference=found["reference"],
        mandate_number=found.get("mandate_number", ""),
        card_type=found.get("card_type", ""),
        fee=records.kroner(found["fee"]) if found.get("fee_sign") == "1" else Decimal(0),
        archive_reference=found.get("archive_reference", ""),
    )


# --- bank advice of paymatch ----------------------------------------------------------------------------------------


def detect(data, filename=""):
    """Whether the file is a delivery 0602."""
    head = _first_record(data)
    return head is not None and head[16:20] == DELIVERY_TYPE


def _first_record(data):
    for raw in data[:8192].splitlines():
        if raw.startswith(b"BS"):
            return raw.decode(records.ENCODING) if raw.startswith(b"BS002") else None
    return None


def parse(data, filename=""):
    """The delivery as a bank advice: one group per PBS number, debtor group, booking date and direction."""
    delivery = read(data)
    if delivery.faults:
        raise records.first_fault(delivery.faults)
    by_account = {}
    for payment in delivery.payments:
        by_account.setdefault((payment.pbs_number, payment.debtor_group), []).append(_line(payment))
    lines, groups = [], []
    for (pbs_number, debtor_group), own in sorted(by_account.items()):
        prefix = f"{pbs_number}/{debtor_group}"
        own_lines, own_groups = group_by_booking(own, account=prefix, bank_reference=pbs_number)
        lines += [_keyed(line, prefix) for line in own_lines]
        groups += [_keyed_group(group, prefix) for group in own_groups]
    return Report(
        kind=kind,
        format=code,
        currency="DKK",
        lines=tuple(sorted(lines, key=lambda line: line.line_number)),
        groups=tuple(groups),
        reference=delivery.head.delivery_number,
        account=", ".join(sorted({pbs_number for pbs_number, _group in by_account})),
        created=delivery.head.created,
    )


def _keyed(line, prefix):
    return replace(line, group=f"{prefix}/{line.group}") if line.group else line


def _keyed_group(group, prefix):
    return replace(group, key=f"{prefix}/{group.key}", reference=f"{prefix}/{group.key}")


def _line(payment):
    """Signs of paymatch: what a payment adds to the bank account. A charge-back takes it away again.

    The line type of a charge-back is ``refund`` as in every advice of a bank: it takes back one payment of one
    invoice, and opens no dispute with an acquirer.
    """
    amount = -payment.amount if payment.outcome == "charged_back" else payment.amount
    is_out = amount < 0 or (not amount and payment.collected < 0)
    return Line(
        line_type="refund" if is_out else "sale",
        gross=amount,
        net=amount,
        currency="DKK",
        line_number=payment.line,
        raw_type=payment.transaction,
        event_date=payment.collected_date,
        payment_date=payment.payment_date,
        booking_date=payment.booking_date or payment.payment_date,
        provider_reference=payment.archive_reference,
        own_reference=payment.reference,
        payer_number=payment.customer_number,
        agreement_number=payment.mandate_number,
        creditor_number=payment.pbs_number,
        debtor_group=payment.debtor_group,
        fee_type=payment.card_type,
        outcome=payment.outcome,
        requested_amount=payment.collected,
        fee_invoiced=payment.fee,
    )


def inspect(data):
    """Summary for ``formats.inspect``."""
    delivery = read(data)
    outcomes = {}
    for payment in delivery.payments:
        outcomes[payment.outcome] = outcomes.get(payment.outcome, 0) + 1
    return {
        "format": code,
        "ok": not delivery.faults,
        "lines": delivery.records,
        "summary": {
            "currency": "DKK",
            "count": len(delivery.payments),
            "total": str(delivery.amount),
            "delivery": delivery.head.delivery_number,
            "subsystem": delivery.head.subsystem,
            "outcomes": outcomes,
        },
        "errors": [fault.as_dict() for fault in delivery.faults],
    }
