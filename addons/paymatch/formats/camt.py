"""What camt.053 and camt.054 share. Elements are found by local name: banks send versions 02 to 13.

The structured reference (``RmtInf/Strd/CdtrRefInf/Ref``) is taken first, then ``Ustrd`` and ``AddtlTxInf``.
"""

from decimal import Decimal

from . import tools
from .errors import FormatError, _lt
from .records import ZERO, Group, Line

SIGN = {"CRDT": 1, "DBIT": -1}
# Sub-families of bank transaction codes (ISO 20022 external code set) that are a price of the bank, no payment.
CHARGES = ("CHRG", "FEES", "COMM", "COME", "COMI", "COMT")
# ... and those of a payment that comes back.
RETURNS = ("RRTN", "RPCR")


def signed_amount(element, indicator: str, at: int) -> Decimal:
    found = tools.child(element, "Amt")
    if found is None:
        raise FormatError(at, "Amt", _lt("Amt is missing"))
    if indicator not in SIGN:
        raise FormatError(at, "CdtDbtInd", _lt("'%(text)s' is neither CRDT nor DBIT", text=indicator[:20]))
    return SIGN[indicator] * tools.amount(found.text, found.sourceline, "Amt")


def amount_currency(element) -> str:
    found = tools.child(element, "Amt")
    return tools.currency(found.get("Ccy"), element.sourceline, "Ccy") if found is not None else ""


def entry_date(entry, name: str):
    text = tools.text_of(entry, name, "Dt") or tools.text_of(entry, name, "DtTm")
    return tools.day(text, entry.sourceline, name) if text else None


def account_number(statement) -> str:
    account = tools.child(statement, "Acct", "Id")
    if account is None:
        return ""
    return tools.text_of(account, "IBAN") or tools.text_of(account, "Othr", "Id")


def is_booked(entry) -> bool:
    status = tools.child(entry, "Sts")
    if status is None:
        return True
    value = (status.text or "").strip() or tools.text_of(status, "Cd")
    return value in ("BOOK", "")


def transactions(entry):
    return [tx for details in tools.children(entry, "NtryDtls") for tx in tools.children(details, "TxDtls")]


def group_of(entry, key: str, account: str) -> Group:
    at = entry.sourceline
    amount = signed_amount(entry, tools.text_of(entry, "CdtDbtInd"), at)
    booked = entry_date(entry, "BookgDt") or entry_date(entry, "ValDt")
    if booked is None:
        raise FormatError(at, "BookgDt", _lt("the entry has no booking date"))
    reference = tools.text_of(entry, "AcctSvcrRef") or tools.text_of(entry, "NtryRef")
    return Group(
        key=key,
        date=booked,
        currency=amount_currency(entry),
        amount=amount,
        direction="in" if amount >= 0 else "out",
        reference=reference or key,
        bank_reference=reference,
        account=account,
    )


def lines_of(entry, group: Group) -> list[Line]:
    """One line per transaction of the entry; one for the entry when it has no details."""
    details = transactions(entry)
    if len(details) <= 1:
        return [entry_line(entry, group)]
    lines = []
    for tx in details:
        indicator = tools.text_of(tx, "CdtDbtInd") or tools.text_of(entry, "CdtDbtInd")
        lines.append(_line(entry, tx, group, _transaction_amount(tx, indicator)))
    return lines


def entry_line(entry, group: Group) -> Line:
    """The entry as one line, as on the bank's own statement, however many transactions it collects."""
    details = transactions(entry)
    return _line(entry, details[0] if len(details) == 1 else entry, group, group.amount)


def details_of(entry, group: Group) -> tuple[Line, ...]:
    """The payments out of the account that a booked entry collects, and those that came back.

    Together they make its amount; none where the bank does not tell them, or tells them in another currency.
    """
    if group.amount >= 0 and not is_returned(entry):
        return ()
    try:
        lines = lines_of(entry, group)
    except FormatError:  # an amount is missing in the details: the entry itself is whole
        return ()
    return tuple(lines) if total(lines) == group.amount else ()


def is_returned(entry) -> bool:
    return _is_returned(entry, entry) or any(_is_returned(entry, tx) for tx in transactions(entry))


def _is_returned(entry, tx) -> bool:
    return (
        tools.text_of(entry, "RvslInd") in ("true", "1")
        or tools.child(tx, "RtrInf") is not None
        or (_transaction_code(tx) or _transaction_code(entry)) in RETURNS
    )


def _charge(entry, tx, group, amount) -> Decimal:
    """What the bank has added to the payment or taken out of it, in the account's currency, positive.

    Version 02 has the charges beside each other and does not say whether the amount contains them: it does, where
    instructed amount and charge make the amount. Later versions say it (``ChrgInclInd``).
    """
    owners = (tx, entry) if len(transactions(entry)) == 1 else (tx,)
    for owner in owners:
        found = sum((_charge_of(record, tx, group, amount) for record in _charge_records(owner)), ZERO)
        if found:
            return found
    return ZERO


def _charge_records(owner):
    for charges in tools.children(owner, "Chrgs"):
        yield from tools.children(charges, "Rcrd") or [charges]


def _charge_of(record, tx, group, amount):
    element = tools.child(record, "Amt")
    if element is None or element.get("Ccy") != group.currency:
        return ZERO
    value = tools.amount(element.text, element.sourceline, "Amt")
    inside = tools.text_of(record, "ChrgInclInd")
    if inside:
        return value if inside in ("true", "1") else ZERO
    return value if _instructed(tx, group.currency) == abs(amount) - value else ZERO


def _instructed(tx, currency):
    for name in ("InstdAmt", "TxAmt"):
        element = tools.child(tx, "AmtDtls", name, "Amt")
        if element is not None and element.get("Ccy") == currency:
            return tools.amount(element.text, element.sourceline, "Amt")
    return None


def _transaction_amount(tx, indicator):
    if tools.child(tx, "Amt") is not None:
        return signed_amount(tx, indicator, tx.sourceline)
    for path in (("AmtDtls", "TxAmt"), ("AmtDtls", "InstdAmt")):
        found = tools.child(tx, *path)
        if found is not None:
            return signed_amount(found, indicator, tx.sourceline)
    raise FormatError(tx.sourceline, "Amt", _lt("the transaction of a collected entry has no amount"))


def _line(entry, tx, group, amount):
    structured, unstructured = _remittance(tx)
    party = "Dbtr" if amount >= 0 else "Cdtr"
    text = " ".join(filter(None, [unstructured, tools.text_of(tx, "AddtlTxInf"), tools.text_of(entry, "AddtlNtryInf")]))
    is_return = _is_returned(entry, tx)
    code = _transaction_code(tx) or _transaction_code(entry)
    return Line(
        line_type=_line_type(amount, code),
        raw_type=code,
        gross=amount,
        net=amount,
        currency=group.currency,
        line_number=tx.sourceline or 0,
        group=group.key,
        booking_date=group.date,
        payment_date=entry_date(entry, "ValDt") or group.date,
        payment_id=structured,
        provider_reference=_reference(tx) or tools.text_of(entry, "AcctSvcrRef"),
        own_reference=_not_provided(tools.text_of(tx, "Refs", "EndToEndId")),
        payer_name=_party_name(tx, party),
        payer_account=tools.text_of(tx, "RltdPties", f"{party}Acct", "Id", "IBAN")
        or tools.text_of(tx, "RltdPties", f"{party}Acct", "Id", "Othr", "Id"),
        text=text,
        outcome="charged_back" if is_return and amount < 0 else "paid",
        charge=_charge(entry, tx, group, amount),
        return_reason=_return_reason(tx) if is_return else "",
    )


def _transaction_code(element):
    return tools.text_of(element, "BkTxCd", "Domn", "Fmly", "SubFmlyCd")


def _line_type(amount, code):
    if amount < 0 and code in CHARGES:
        return "fee"
    return "sale" if amount >= 0 else "refund"


def _return_reason(tx):
    """The code of the reason, or what the bank writes; ``RVSL`` where it tells none."""
    for path in (("Rsn", "Cd"), ("Rsn", "Prtry"), ("AddtlInf",)):
        if tools.text_of(tx, "RtrInf", *path):
            return tools.text_of(tx, "RtrInf", *path)
    return "RVSL"


def _remittance(tx):
    info = tools.child(tx, "RmtInf")
    if info is None:
        return "", ""
    references = [
        tools.text_of(structured, "CdtrRefInf", "Ref")
        for structured in tools.children(info, "Strd")
        if tools.text_of(structured, "CdtrRefInf", "Ref")
    ]
    texts = [(item.text or "").strip() for item in tools.children(info, "Ustrd")]
    if len(references) > 1:  # one payment for several invoices: none of them alone is the key
        return "", " ".join([*references, *texts])
    return (references[0] if references else ""), " ".join(texts)


def _party_name(tx, party):
    return tools.text_of(tx, "RltdPties", party, "Nm") or tools.text_of(tx, "RltdPties", party, "Pty", "Nm")


def _reference(tx):
    for name in ("AcctSvcrRef", "TxId", "InstrId"):
        if tools.text_of(tx, "Refs", name):
            return tools.text_of(tx, "Refs", name)
    return ""


def _not_provided(text):
    return "" if text.upper() == "NOTPROVIDED" else text


def root_of(data: bytes, message: str):
    root = tools.xml_root(data)
    found = tools.child(root, message)
    if found is None:
        raise FormatError(0, message, _lt("%(field)s is missing", field=message))
    return found


def total(lines) -> Decimal:
    return sum((line.net for line in lines), ZERO)
