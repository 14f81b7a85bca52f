"""Clearhaus' merchant API: settlements with their transactions (JSON-HAL). Plain Python.

Links are followed. Which name the filter by merchant has is told differently by two sources, so none is sent:
settlements of another merchant are left out by their descriptor.
"""

from datetime import timedelta

from .base import MAX_PAGES, Client, FetchError, Listing, day_of, identifier, rows_of, unreadable

PER_PAGE = 50
SETTLEMENTS, TRANSACTIONS = "ch:settlements", "ch:transactions"


class Clearhaus(Client):
    code, name = "clearhaus", "Clearhaus"
    formats = ("clearhaus",)
    hosts = {"production": "https://merchant.clearhaus.com", "test": "https://merchant.test.clearhaus.com"}
    domains = ("clearhaus.com",)

    def sign_in(self):
        return self.client_credentials("/oauth/token", audience=self.url)

    def payouts(self, since, until):
        query = {"query": f"payout.date:{since}..{until}", "page": 1, "per_page": PER_PAGE}
        found = []
        for row in self._collection("/settlements", query, SETTLEMENTS):
            payout = row.get("payout")
            if not isinstance(payout, dict) or not self._is_ours(payout):
                continue
            day = day_of(payout.get("date"), "The date of a settlement")
            if not row.get("settled"):
                until = min(until, day - timedelta(days=1))
            elif day >= since:
                found.append((day, identifier(row.get("id"), "The list of settlements")))
        return Listing(tuple(dict.fromkeys(key for _day, key in sorted(found))), until)

    def document(self, key):
        settlement = self.get(f"/settlements/{key}")
        if not settlement.get("settled"):
            raise FetchError("not_ready", "the settlement is not finished")
        link = self._link(settlement, TRANSACTIONS)
        if not link:
            raise unreadable("The settlement")
        rows = self._collection(link, {"page": 1, "per_page": PER_PAGE}, TRANSACTIONS)
        return self._plain({**settlement, "_embedded": {TRANSACTIONS: rows}})

    def _is_ours(self, payout):
        """By ``CH<merchant> <date>``, the text on the bank account."""
        words = str(payout.get("descriptor") or "").split()
        return not self.access.account or not words or words[0].removeprefix("CH") == self.access.account

    def _collection(self, path, query, name):
        """All rows of a list, whose own count must be what came."""
        rows = []
        for _page in range(MAX_PAGES):
            answer = self.get(path, query)
            embedded = answer.get("_embedded")
            part = rows_of((embedded or {}).get(name, []) if isinstance(embedded or {}, dict) else None, "The list")
            rows += part
            path, query = self._link(answer, "next"), None
            if not path:
                if isinstance(answer.get("count"), int) and answer["count"] != len(rows):
                    # something was added between two pages: the list is read again by the next attempt
                    raise FetchError("not_ready", f"{len(rows)} of {answer['count']} rows came")
                return rows
            if not part:
                break
        raise FetchError("no_answer", "the list does not end")

    def _link(self, answer, name):
        links = answer.get("_links")
        found = links.get(name) if isinstance(links, dict) else None
        href = found.get("href") if isinstance(found, dict) else None
        return str(href).split("{")[0] if href else ""

    def _plain(self, settlement):
        """Without links: they are no part of the settlement."""
        rows = [{name: value for name, value in row.items() if name != "_links"} for row in
                settlement["_embedded"][TRANSACTIONS]]  # fmt: skip
        kept = {name: value for name, value in settlement.items() if name not in ("_links", "_embedded")}
        return {**kept, "_embedded": {TRANSACTIONS: rows}}
