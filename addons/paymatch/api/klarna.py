"""Klarna's Settlements API: payouts of a period, and the report of each as the CSV of its portal. Plain Python.

The names of the report's fields are documented; the paths and the sign-in are general knowledge, on none of the pages
we hold (docs/go-live.md).
"""

from base64 import b64encode

from .base import MAX_PAGES, Client, FetchError, Listing, day_of, identifier, rows_of

PAGE_SIZE = 500


class Klarna(Client):
    code, name = "klarna", "Klarna"
    formats = ("klarna",)
    hosts = {"production": "https://api.klarna.com", "test": "https://api.playground.klarna.com"}
    domains = ("klarna.com",)
    extension = "csv"

    def sign_in(self):
        """No token: the user of the interface and its password go with every call."""
        return b64encode(f"{self.access.client_id}:{self.access.client_secret}".encode()).decode()

    def headers(self, token):
        return {"Authorization": f"Basic {token}"}

    def payouts(self, since, until):
        found = []
        for row in self._rows({"start_date": f"{since}T00:00:00Z", "end_date": f"{until}T23:59:59Z"}):
            day = day_of(row.get("payout_date"), "The date of a payout")
            if self._is_ours(row) and since <= day <= until:
                found.append((day, identifier(row.get("payment_reference"), "The list of payouts")))
        return Listing(tuple(dict.fromkeys(key for _day, key in sorted(found))), until)

    def content(self, key):
        report = self.get_text(
            "/settlements/v1/reports/payout-with-transactions", {"payment_reference": key}, accept="text/csv"
        )
        if not report.strip():
            raise FetchError("not_ready", f"the report of {key} is empty")
        return report.encode()

    def _is_ours(self, row):
        return not self.access.account or str(row.get("merchant_id") or self.access.account) == self.access.account

    def _rows(self, query):
        rows = []
        for _page in range(MAX_PAGES):
            answer = self.get("/settlements/v1/payouts", {**query, "size": PAGE_SIZE, "offset": len(rows)})
            part = rows_of(answer.get("payouts"), "The list of payouts")
            rows += part
            pages = answer.get("pagination")
            total = pages.get("total") if isinstance(pages, dict) else None
            if isinstance(total, int) and len(rows) >= total or not part:
                if isinstance(total, int) and len(rows) < total:
                    raise FetchError("not_ready", f"{len(rows)} of {total} rows came")
                return rows
        raise FetchError("no_answer", "the list does not end")
