"""QuickPay payments (JSON): a bridge from a gateway's payments to order numbers; it tells of no money paid out.

How an acquirer is given QuickPay's number or the shop's is not documented: both are keys to the order.
"""

from dataclasses import dataclass

from . import cards, documents

code = "quickpay"


@dataclass(frozen=True)
class Bridge:
    """One payment at the gateway."""

    order_reference: str
    payment_id: str
    acquirer: str = ""
    statement_text: str = ""
    card_digits: str = ""


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
            card_digits=cards.last_four(documents.text(row, "metadata", "last4")),
        )
        for at, row in enumerate(rows, 1)
    )
