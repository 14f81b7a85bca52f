"""QuickPay payments (JSON): a bridge from a gateway's payments to order numbers; it tells of no money paid out.

How an acquirer is given QuickPay's number or the shop's is not documented: both are keys to the order.
"""

from dataclasses import dataclass, replace

from . import documents
from .records import Report

code = "quickpay"


@dataclass(frozen=True)
class Bridge:
    """One payment at the gateway."""

    order_reference: str
    payment_id: str
    acquirer: str = ""
    statement_text: str = ""


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "order_id", "operations", "acquirer", "text_on_statement")


def read(data: bytes) -> tuple[Bridge, ...]:
    """The payments of a list, or of one."""
    found = documents.load(data)
    rows = documents.listing(found if isinstance(found, list) else [found], "payments")
    return tuple(
        Bridge(
            order_reference=documents.needed(row, "order_id", at),
            payment_id=documents.needed(row, "id", at),
            acquirer=documents.text(row, "acquirer"),
            statement_text=documents.text(row, "text_on_statement"),
        )
        for at, row in enumerate(rows, 1)
    )


def bridged(report: Report, bridges) -> Report:
    """The report with the shop's order number where the acquirer has only the gateway's number.

    A number two payments share names no order.
    """
    orders: dict[str, str] = {}
    for bridge in bridges:
        known = orders.get(bridge.payment_id)
        orders[bridge.payment_id] = bridge.order_reference if known in (None, bridge.order_reference) else ""
    lines = []
    for line in report.lines:
        order = orders.get(line.order_reference) or (
            "" if line.order_reference else orders.get(line.provider_reference)
        )
        lines.append(replace(line, order_reference=order) if order else line)
    return replace(report, lines=tuple(lines))
