"""Vipps MobilePay settlement report, XML, schemas 2.0 and 3.0.

Each ``SettlementInfo`` is one payout. ``TransactionFeeAmount`` is written without a sign in 3.0; 2.0 does
not tell, so the fee is taken as net less gross and its size compared. A ``Gross`` settlement pays the full
amounts out and invoices the fees, which are therefore kept apart in ``fee_invoiced``.
"""

from decimal import Decimal

from . import tools
from .errors import FormatError, _lt, joined
from .records import ZERO, Control, Group, Line, Report

code = "vipps_xml"
name = "Vipps MobilePay settlement report (XML)"
kind = "payout"

NAMESPACES = (
    "http://vipps.no/xmlschema/SettlementReport-3.0.xsd",
    "http://vipps.no/xmlschema/SettlementReport-2.0.xsd",
    "http://vipps.dnb.no/XMLSchema/SettlementReport.xsd",
)
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d")


def detect(data: bytes, filename: str = "") -> bool:
    namespace, root = tools.xml_root_name(data)
    return root == "SettlementReport" and (namespace in NAMESPACES or "vipps" in namespace.lower())


def parse(data: bytes, filename: str = "") -> Report:
    root = tools.xml_root(data)
    lines, groups, controls, accounts, notes = [], [], [], [], []
    currency = ""
    for details in tools.children(root, "SettlementDetailsInfo"):
        serial = tools.required(details, "SerialNumber")
        accounts.append(serial)
        payments = tools.child(details, "PaymentsInfo")
        if payments is None:
            raise FormatError(details.sourceline, "PaymentsInfo", _lt("PaymentsInfo is missing"))
        settlements = tools.children(payments, "SettlementInfo")
        controls.append(
            Control(
                "NumOfSettlements",
                Decimal(tools.number(tools.required(payments, "NumOfSettlements"), payments.sourceline)),
                Decimal(len(settlements)),
            )
        )
        for settlement in settlements:
            group, its_lines, its_controls = _settlement(settlement, payments, serial)
            if any(other.key == group.key for other in groups):
                raise FormatError(
                    settlement.sourceline, "SettlementID", _lt("settlement %(number)s is there twice", number=group.key)
                )
            groups.append(group)
            lines.extend(its_lines)
            controls.extend(its_controls)
            currency = currency or group.currency
        fees = tools.child(payments, "FeeDetailsInfo")
        for fee in tools.children(fees, "FeeInfo") if fees is not None else ():
            notes.append(joined(" ", (tools.text_of(fee, name) for name in ("FeeType", "FeeAmount", "FeeDate"))))
    if not groups:
        raise FormatError(0, "SettlementInfo", _lt("the report holds no settlement"))
    return Report(
        kind=kind,
        format=code,
        currency=currency,
        lines=tuple(lines),
        groups=tuple(groups),
        reference=tools.text_of(root, "SettlementDetailsInfo", "PaymentsInfo", "ReportReferenceNum"),
        account=accounts[0] if accounts else "",
        controls=tuple(controls),
        notes=tuple(notes),
    )


def _settlement(settlement, payments, serial):
    at = settlement.sourceline
    number = tools.required(settlement, "SettlementID")
    currency = tools.currency(tools.required(settlement, "SettlementCurrencyCode"), at)
    date_field = "SettlementDate" if tools.child(settlement, "SettlementDate") is not None else "SettlementBatchDate"
    settlement_type = tools.text_of(settlement, "SettlementType", default="Net")
    if settlement_type not in ("Net", "Gross"):
        raise FormatError(at, "SettlementType", _lt("'%(text)s' is neither Net nor Gross", text=settlement_type))
    is_gross = settlement_type == "Gross"
    key = f"{serial}/{number}"
    lines = [_transaction(item, key, currency, is_gross) for item in tools.children(settlement, "TransactionInfo")]
    declared = tools.text_of(settlement, "SettledAmount") or tools.required(
        settlement, "GrossSettlementAmount" if is_gross else "NetSettlementAmount"
    )
    amount = tools.amount(declared, at, "SettledAmount")
    group = Group(
        key=key,
        date=tools.day(tools.required(settlement, date_field), at, date_field, DATES),
        currency=currency,
        amount=amount,
        direction="in" if amount >= 0 else "out",
        reference=number,
        bank_reference=f"Utbet. {number} Vippsnr {serial}",
        account=tools.text_of(payments, "SettlementAccountNum"),
        period_from=tools.day(tools.required(payments, "ReportDateFrom"), at, "ReportDateFrom", DATES),
        period_to=tools.day(tools.required(payments, "ReportDateTo"), at, "ReportDateTo", DATES),
    )
    return group, lines, _controls(settlement, key, lines)


def _controls(settlement, key, lines):
    at = settlement.sourceline
    fees = sum((line.fee_invoiced - line.fee for line in lines), ZERO)
    gross = sum((line.gross for line in lines), ZERO)
    computed = {
        "NumOfTransactions": Decimal(len(lines)),
        "CaptureSettlementAmount": sum((line.gross for line in lines if line.gross > 0), ZERO),
        "RefundSettlementAmount": sum((line.gross for line in lines if line.gross < 0), ZERO),
        "GrossSettlementAmount": gross,
        "FeeSettlementAmount": fees,
        "NetSettlementAmount": gross - fees,
    }
    controls = []
    for field, value in computed.items():
        declared = tools.text_of(settlement, field)
        if declared:
            total = tools.amount(declared, at, field)
            if field == "FeeSettlementAmount":
                total, value = abs(total), abs(value)
            controls.append(Control(f"{field} {key}", total, value, key))
    return controls


def _transaction(item, key, currency, is_gross):
    at = item.sourceline
    gross = tools.amount(tools.required(item, "TransactionGrossAmount"), at, "TransactionGrossAmount")
    net = tools.amount(tools.required(item, "TransactionNetAmount"), at, "TransactionNetAmount")
    fee = abs(tools.amount(tools.required(item, "TransactionFeeAmount"), at, "TransactionFeeAmount"))
    own = tools.text_of(item, "SettlementCurrencyCode")
    if own and own != currency:
        raise FormatError(
            at, "SettlementCurrencyCode", _lt("%(found)s in a settlement in %(expected)s", found=own, expected=currency)
        )
    # A fee returned on a refund raises the net: the sign follows gross and net, the size is checked.
    fee_effect = fee if net - gross == fee else -fee
    when = tools.text_of(item, "TransactionTime") or tools.required(item, "TransactionDate")
    event = tools.day(when[:10], at, "TransactionTime", DATES)
    return Line(
        line_type="refund" if gross < 0 else "sale",
        raw_type="refund" if gross < 0 else "capture",
        gross=gross,
        fee=ZERO if is_gross else fee_effect,
        # net as written, so that a wrong line is seen; a Gross settlement pays the gross
        net=gross + (net - gross + fee if net - gross not in (fee, -fee) else ZERO) if is_gross else net,
        fee_invoiced=-fee_effect if is_gross else ZERO,
        currency=currency,
        line_number=at,
        group=key,
        event_date=event,
        provider_reference=tools.required(item, "TransactionID"),
        order_reference=tools.text_of(item, "OrderID"),
        fee_type="Vipps MobilePay",
    )
