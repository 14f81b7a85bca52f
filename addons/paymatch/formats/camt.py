"""What camt.053 and camt.054 share. Elements are found by local name: banks send versions 02 to 13.

The structured reference (``RmtInf/Strd/CdtrRefInf/Ref``) is taken first, then ``Ustrd`` and ``AddtlTxInf``.
"""

from decimal import Decimal

from . import tools
from .errors import FormatError, _lt
from .records import ZERO, Group, Line

SIGN = {"CRDT": 1, "DBIT": -1}


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
    is_return = tools.text_of(entry, "RvslInd") == "true" or tools.child(tx, "RtrInf") is not None
    return Line(
        line_type="sale" if amount >= 0 else "refund",
        raw_type=tools.text_of(entry, "BkTxCd", "Domn", "Fmly", "SubFmlyCd"),
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
    )


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
