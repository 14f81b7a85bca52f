"""Delivery 0602: what became of the collections. Specification, section 1.6.

Section 0211 (drawn) and section 0215 (slips) place the same fields at different positions. The totals in 092 and
992 are the plain sum of the amounts whatever the outcome, so they prove the file and are never booked.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from odoo.addons.paymatch.formats.errors import FormatError
from odoo.addons.paymatch.formats.records import Line, Report, group_by_booking

from . import records
from .errors import DeliveryError
from .records import Head, Walker, record

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

_GROUP = ("debtor_group", 21, 25, "c")
#: What both sections place at the same positions: the bank's side of an 042.
_PAID = (("payment_date", 104, 109, "d6"), ("booking_date", 110, 115, "d6"), ("amount", 116, 128, "n"))
_TRANSACTION = (("transaction", 14, 17, "c"), ("=000", 18, 20, "x"), _GROUP)

SECTION_START = records.answer_section_start(("=000", 18, 20, "x"), ("supplier_reference", 26, 40, "x"))
PAYMENT_0211 = record(
    "042",
    *_TRANSACTION,
    ("customer_number", 26, 40, "x"),
    ("mandate_number", 41, 49, "c"),
    ("collected_date", 50, 55, "d6"),
    ("sign", 56, 56, "c"),
    ("collected", 57, 69, "n"),
    ("reference", 70, 99, "x"),
    *_PAID,
)
PAYMENT_0215 = record(
    "042",
    *_TRANSACTION,
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
    *_PAID,
)
_SECTION = re.compile(rb"(?:\A|[\r\n])BS012([^\r\n]{8})")
LAYOUTS = {AUTOMATIC: PAYMENT_0211, SLIPS: PAYMENT_0215}
SECTION_END = records.section_end(("=000", 18, 20, "x"), _GROUP)


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


def read(source):
    """The delivery; records 022 and 052 of section 0215 are counted and skipped (their layout is not known)."""
    walker = Walker(source, DELIVERY_TYPE, SECTIONS, _plain_amount, records.UNCOUNTED)
    payments, section, skipped = [], {}, 0

    def take(line, record_type, text):
        nonlocal skipped
        if record_type == "042":
            payments.append(_payment(section, text, line))
        elif record_type == "012":
            section.update(SECTION_START.unpack(text, line))
        elif record_type == "092":
            records.check_section(SECTION_END.unpack(text, line), section, line)
        else:
            skipped += 1

    walker.each(take)
    return Delivery(
        head=walker.whole_head(),
        payments=tuple(payments),
        amount=records.kroner(walker.total.amount),
        records=walker.records,
        skipped=skipped,
        faults=walker.all_faults(),
    )


def _payment(section, text, line):
    found = LAYOUTS[section["section"]].unpack(text, line)
    records.check_section(found, section, line)
    transaction = found["transaction"]
    outcome = OUTCOMES[section["section"]].get(transaction)
    if not outcome:
        raise DeliveryError(
            line, "transaction", "transaction_unknown", transaction=transaction, section=section["section"]
        )
    if outcome in ("paid", "charged_back") and not (found["payment_date"] or found["booking_date"]):
        raise DeliveryError(line, "payment_date", "no_date", transaction=transaction)
    _check_signs(found, outcome, line)
    sign = -1 if found["sign"] == "2" else 1
    return Payment(
        line=line,
        section=section["section"],
        transaction=transaction,
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


def _check_signs(found, outcome, line):
    """Sign codes turn the booking round: they are one of three, and fit their amounts.

    A collection of 0.00 (sign 0) may be answered as paid with 0.00; one of an amount may not.
    """
    collected, amount = found["collected"], found["amount"]
    if found["sign"] not in "012" or (found["sign"] == "0" and (collected or amount)):
        raise DeliveryError(line, "sign", "sign", sign=found["sign"], amount=records.kroner(collected or amount))
    fee_sign, fee = found.get("fee_sign", "0"), found.get("fee", 0)
    if fee_sign not in "012" or (fee_sign == "0" and fee):
        raise DeliveryError(line, "fee_sign", "sign", sign=fee_sign, amount=records.kroner(fee))
    if outcome in ("paid", "charged_back") and collected and not amount:
        raise DeliveryError(line, "amount", "no_amount", transaction=found["transaction"])


# --- bank advice of paymatch ----------------------------------------------------------------------------------------


def detect(data, filename=""):
    """Whether the file is a delivery 0602."""
    head = _first_record(data)
    return head is not None and head[16:20] == DELIVERY_TYPE


def addressees(data):
    """``(subsystem, PBS numbers)`` of a delivery, without reading what is in it; it may be no good otherwise.

    >>> addressees(b"BS00212345678KR90602\\r\\nBS012876543210211\\r\\nBS012876543220211")[0]
    'KR9'
    """
    head = _first_record(data) or ""
    return head[13:16], {number.decode(records.ENCODING) for number in _SECTION.findall(data)}


def _first_record(data):
    for raw in data[:8192].removeprefix(records.BYTE_ORDER_MARK).splitlines():
        if raw.startswith(b"BS"):
            return raw.decode(records.ENCODING) if raw.startswith(b"BS002") else None
    return None


def parse(data, filename=""):
    """The delivery as a bank advice: one group per PBS number, debtor group, booking date and direction."""
    delivery = read(data)
    if delivery.faults:
        raise records.Faults(delivery.faults)
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
    return records.summary(
        code,
        delivery,
        currency="DKK",
        count=len(delivery.payments),
        total=str(delivery.amount),
        outcomes=outcomes,
    )
