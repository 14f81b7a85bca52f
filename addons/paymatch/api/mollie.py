"""Mollie: settlements with their payments, captures, refunds and chargebacks. Plain Python.

API keys do not open settlements: it takes an access token of the organisation. The list knows no period, so all its
pages are read; a settlement without the day it was settled is not finished and comes another time.
"""

from datetime import date

from .base import MAX_PAGES, Client, FetchError, Listing, day_of, identifier, rows_of, unreadable

LIMIT = 250
PARTS = ("payments", "captures", "refunds", "chargebacks")
SETTLED = ("settledAt", "settledDatetime")
# What of a transaction is kept: the document needs no payer's name, card or account.
KEPT = (
    "amount",
    "createdAt",
    "createdDatetime",
    "description",
    "id",
    "metadata",
    "method",
    "orderId",
    "paidAt",
    "paymentId",
    "resource",
    "settlementAmount",
)


class Mollie(Client):
    code, name = "mollie", "Mollie"
    formats = ("mollie",)
    hosts = {"production": "https://api.mollie.com", "test": None}
    domains = ("mollie.com",)
    needs_client_id = False

    def payouts(self, since, until):
        found = []
        for row in self._rows("/v2/settlements", "settlements"):
            key, day = identifier(row.get("id"), "The list of settlements"), _settled(row)
            if day and since <= day <= until:
                found.append((day, key))
        return Listing(tuple(dict.fromkeys(key for _day, key in sorted(found))), until)

    def document(self, key):
        settlement = self.get(f"/v2/settlements/{key}")
        if not _settled(settlement):
            raise FetchError("not_ready", "the settlement is not finished")
        parts = {part: self._rows(f"/v2/settlements/{key}/{part}", part) for part in PARTS}
        kept = {name: value for name, value in settlement.items() if name not in ("_links", "_embedded")}
        return {**kept, "_embedded": {part: [_reduced(row) for row in rows] for part, rows in parts.items() if rows}}

    def _rows(self, path, name):
        rows, query = [], {"limit": LIMIT}
        for _page in range(MAX_PAGES):
            answer = self.get(path, query)
            embedded = answer.get("_embedded")
            part = rows_of(embedded.get(name) if isinstance(embedded, dict) else None, "The list")
            rows += part
            path, query = _next(answer), None
            if not path:
                return rows
            if not part:
                break
        raise FetchError("no_answer", "the list does not end")


def _next(answer):
    links = answer.get("_links")
    link = links.get("next") if isinstance(links, dict) else None
    if link is None:
        return ""
    if not isinstance(link, dict) or not isinstance(link.get("href"), str) or not link["href"]:
        raise unreadable("The list")
    return link["href"]


def _settled(row) -> date | None:
    value = next((row[name] for name in SETTLED if row.get(name)), None)
    return day_of(value, "The date of a settlement") if value else None


def _reduced(row):
    return {name: row[name] for name in KEPT if name in row}
