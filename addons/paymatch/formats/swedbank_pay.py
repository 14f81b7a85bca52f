"""Swedbank Pay (PayEx) transaction list, XML versions 1 and 2.

The rows hold no fees: where the provider settles net, fee and VAT on it stand in the balance report (PDF)
only. So the file declares no amount paid; a bookkeeper adds the fee lines from the balance report.
"""

from decimal import Decimal

from . import tools
from .errors import FormatError, _lt
from .records import ZERO, Control, Group, Line, Report

code = "swedbank_pay"
name = "Swedbank Pay transaction list (XML)"
kind = "payout"

# version -> names of the elements and attributes
LAYOUTS = {
    "SalesAccountedTransactions": {
        "row": "Transaction",
        "currency": "Currency",
        "currency_code": "Currency",
        "order": "OrderIdentity",
        "number": "PayexTransactionNo",
        "service": "ServiceName",
        "summary": ("Summary", "Currency", "ServiceType", "Service"),
        "debit": "NoOfDebit",
        "credit": "NoOfCredit",
    },
    "SALES": {
        "row": "TRAN",
        "currency": "CURRENCY",
        "currency_code": "Name",
        "order": "OrderId",
        "number": "TransactionNo",
        "service": "Type",
        "summary": ("SUMMARY", "CURRENCY", "SERVICETYPE", "SERVICE"),
        "debit": "NoOfDebet",
        "credit": "NoOfCredit",
    },
}


def detect(data: bytes, filename: str = "") -> bool:
    namespace, root = tools.xml_root_name(data)
    return root in LAYOUTS and "SalesAccountedTransactions" in namespace


def parse(data: bytes, filename: str = "") -> Report:
    root = tools.xml_root(data)
    layout = LAYOUTS[tools.local(root)]
    number = _attribute(root, "AccountingNo")
    lines, groups, controls = [], [], []
    for block in tools.children(root, layout["currency"]):
        currency = tools.currency(_attribute(block, layout["currency_code"]), block.sourceline)
        key = f"{number}/{currency}"
        rows = [_row(row, layout, key, currency) for row in tools.children(block, layout["row"])]
        lines.extend(rows)
        total = sum((row.gross for row in rows), ZERO)
        controls.append(Control("Sum", tools.amount(_attribute(block, "Sum"), block.sourceline, "Sum"), total, key))
        groups.append(
            Group(
                key=key,
                date=_accounting_date(root, rows),
                currency=currency,
                amount=None,
                reference=number,
                bank_reference=number,
                period_from=min((row.event_date for row in rows), default=None),
                period_to=max((row.event_date for row in rows), default=None),
            )
        )
    if not lines:
        raise FormatError(0, layout["row"], _lt("the list holds no transaction"))
    controls.extend(_counts(root, layout, lines))
    return Report(
        kind=kind,
        format=code,
        currency=groups[0].currency,
        lines=tuple(lines),
        groups=tuple(groups),
        reference=number,
        account=root.get("ContractingParty", ""),
        created=groups[0].date,
        controls=tuple(controls),
    )


def _attribute(element, attribute):
    value = (element.get(attribute) or "").strip()
    if not value:
        raise FormatError(element.sourceline or 0, attribute, _lt("%(field)s is missing", field=attribute))
    return value


def _accounting_date(root, rows):
    if root.get("AccountingDate"):
        return tools.day(root.get("AccountingDate"), root.sourceline, "AccountingDate")
    return max(row.booking_date for row in rows)


def _counts(root, layout, lines):
    if root.get("TotalNoOfTransactions"):
        declared = Decimal(tools.number(root.get("TotalNoOfTransactions"), root.sourceline, "TotalNoOfTransactions"))
        yield Control("TotalNoOfTransactions", declared, Decimal(len(lines)))
    *path, last = layout["summary"]
    services = [root]
    for element in path:
        services = [found for service in services for found in tools.children(service, element)]
    declared = sum(
        tools.number(service.get(layout[side], "0"), service.sourceline, layout[side])
        for parent in services
        for service in tools.children(parent, last)
        for side in ("debit", "credit")
    )
    yield Control(_lt("number of transactions in the summary"), Decimal(declared), Decimal(len(lines)))


def _row(row, layout, key, currency):
    at = row.sourceline
    gross = tools.amount(_attribute(row, "Amount"), at, "Amount")
    if row.get("Currency", currency) != currency:
        raise FormatError(
            at, "Currency", _lt("%(found)s among rows in %(expected)s", found=row.get("Currency"), expected=currency)
        )
    return Line(
        line_type="refund" if gross < 0 else "sale",
        raw_type="credit" if gross < 0 else "debit",
        gross=gross,
        net=gross,
        currency=currency,
        line_number=at,
        group=key,
        event_date=tools.day(_attribute(row, "DateCreated"), at, "DateCreated"),
        booking_date=tools.day(_attribute(row, "DateModified"), at, "DateModified"),
        order_reference=row.get(layout["order"], "").strip(),
        provider_reference=_attribute(row, layout["number"]),
        related_reference=row.get("ReferencedTransaction", "").strip(),
        fee_type=row.get(layout["service"], "").strip(),
        text=row.get("Description", "").strip(),
    )
