"""Writes a Vipps MobilePay settlement report (XML, schema 3.0), as the acquirer would send it.

payout = {"settlement_id": 2000101, "date": date(2026, 3, 12), "currency": "DKK", "serial": "123456"}
lines = [{"order": "S00012", "amount": "1250.00", "fee": "12.50"}, {"order": "S00012", "amount": "-250.00"}]
content = vipps_settlement_xml(payout, lines)
"""

from datetime import date, datetime, time
from decimal import Decimal
from xml.sax.saxutils import escape

NAMESPACE = "http://vipps.no/xmlschema/SettlementReport-3.0.xsd"
ZERO = Decimal("0.00")


def vipps_settlement_xml(payout, lines) -> bytes:
    """One report.

    ``payout``: dict with ``settlement_id``, ``date`` and optionally ``currency`` (DKK), ``serial`` (sales unit),
    ``type`` (Net or Gross), ``name``, ``period_from``, ``period_to``, ``account``; or a list of such dicts, each
    with its own ``lines``, for several payouts in one file.
    ``lines``: dicts with ``order``, ``amount`` (negative for a refund) and optionally ``fee`` (not negative),
    ``transaction_id``, ``date``.
    """
    payouts = payout if isinstance(payout, list) else [{**payout, "lines": lines}]
    first = payouts[0]
    day = first["date"]
    serial = str(first.get("serial", "123456"))
    settlements = [_settlement(one, one["lines"]) for one in payouts]
    details = [
        _tag("SaleUnitName", first.get("name", "Webshop")),
        _tag("SerialNumber", serial),
        _tag("OrganizationName", first.get("name", "Webshop")),
        _tag("OrganizationNumber", "12345674"),
        _tag("MainAddress", "Havnegade 1"),
        _tag("MainAddressZipCode", "8000"),
        _tag("MainAddressCity", "Aarhus"),
        _tag("MainAddressCountryCode", "DNK"),
        "<PaymentsInfo>",
        _tag("ReportDateFrom", first.get("period_from", day).isoformat()),
        _tag("ReportDateTo", first.get("period_to", day).isoformat()),
        _tag("SettlementCurrencyCode", first.get("currency", "DKK")),
        _tag("ReportReferenceNum", first["settlement_id"]),
        _tag("SettlementAccountNum", first.get("account", "00001234567890")),
        *settlements,
        _tag("NumOfSettlements", len(settlements)),
        "</PaymentsInfo>",
    ]
    sender = [
        _tag("Name", "Vipps MobilePay AS"),
        _tag("WebSite", "https://example.com"),
        _tag("VisitingAddress", "Gate 1"),
        _tag("PostBox", "1"),
        _tag("PostAddress", "0001 Oslo"),
        _tag("Country", "Norge"),
    ]
    body = f"<SettlementDetailsInfo>{''.join(details)}</SettlementDetailsInfo><VippsInfo>{''.join(sender)}</VippsInfo>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<SettlementReport xmlns="{NAMESPACE}">{body}</SettlementReport>\n'
    return text.encode()


def _settlement(payout, lines):
    currency = payout.get("currency", "DKK")
    kind = payout.get("type", "Net")
    rows, captured, refunded, fees = [], ZERO, ZERO, ZERO
    for position, line in enumerate(lines, 1):
        amount = Decimal(str(line["amount"])).quantize(ZERO)
        fee = Decimal(str(line.get("fee", "0"))).quantize(ZERO)
        captured += max(amount, ZERO)
        refunded += min(amount, ZERO)
        fees += fee
        number = line.get("transaction_id") or int(payout["settlement_id"]) * 10000 + position
        rows.append(_transaction(line, amount, fee, number, line.get("date", payout["date"]), currency))
    gross = captured + refunded
    net = gross - fees
    return "".join(
        [
            "<SettlementInfo>",
            _tag("SettlementDate", payout["date"].isoformat()),
            _tag("SettlementID", payout["settlement_id"]),
            _tag("SettlementCurrencyCode", currency),
            _tag("SettlementType", kind),
            *rows,
            _tag("NumOfTransactions", len(rows)),
            _tag("CaptureSettlementAmount", captured),
            _tag("RefundSettlementAmount", refunded),
            _tag("GrossSettlementAmount", gross),
            _tag("NetSettlementAmount", net),
            _tag("FeeSettlementAmount", fees),
            _tag("SettledAmount", net if kind == "Net" else gross),
            "</SettlementInfo>",
        ]
    )


def _transaction(line, amount, fee, number, day: date, currency):
    when = datetime.combine(day, time(12, 0)).isoformat()
    return "".join(
        [
            "<TransactionInfo>",
            _tag("TransactionTime", f"{when}+01:00"),
            _tag("TransactionCaptureAmount", max(amount, ZERO)),
            _tag("TransactionRefundAmount", min(amount, ZERO)),
            _tag("TransactionGrossAmount", amount),
            _tag("TransactionNetAmount", amount - fee),
            _tag("TransactionFeeAmount", fee),
            _tag("SettlementCurrencyCode", currency),
            _tag("TransactionID", number),
            _tag("OrderID", line.get("order", "")),
            "</TransactionInfo>",
        ]
    )


def _tag(name, value):
    return f"<{name}>{escape(str(value))}</{name}>"
