"""Stripe: payouts with their balance transactions. Plain Python.

Only payouts Stripe makes by itself can be told apart by transaction; one made by hand is refused with that reason.
"""

from datetime import datetime, time, timedelta, timezone

from .base import MAX_PAGES, Client, FetchError, Listing, identifier, rows_of, unreadable

LIMIT = 100
# What of a charge or refund is kept: the document needs no customer's name, address or card.
KEPT = ("id", "object", "metadata", "payment_intent", "charge")
GONE = ("failed", "canceled")


class Stripe(Client):
    code, name = "stripe", "Stripe"
    formats = ("stripe",)
    hosts = {"production": "https://api.stripe.com", "test": "https://api.stripe.com"}
    domains = ("stripe.com",)
    needs_client_id = False

    def fits(self, environment):
        """Both environments have one address: the key tells which it opens."""
        return ("_test_" in self.access.client_secret) == (environment == "test")

    def payouts(self, since, until):
        query = {"arrival_date[gte]": _seconds(since), "arrival_date[lt]": _seconds(until + timedelta(days=1))}
        found = []
        for row in self._pages("/v1/payouts", query):
            key, status = identifier(row.get("id"), "The list of payouts"), row.get("status")
            day = _day(row.get("arrival_date"))
            if status == "paid":
                found.append((day, key))
            elif status not in GONE:
                until = min(until, day - timedelta(days=1))
        return Listing(tuple(dict.fromkeys(key for _day, key in sorted(found))), until)

    def document(self, key):
        payout = self.get(f"/v1/payouts/{key}")
        if payout.get("automatic") is False:
            raise FetchError("validation", f"{key} was made by hand: Stripe does not tell its transactions")
        if payout.get("status") != "paid":
            raise FetchError("not_ready", f"{key} is not paid")
        rows = self._pages("/v1/balance_transactions", {"payout": key, "expand[]": "data.source"})
        return {"stripePayout": payout, "balance_transactions": [self._reduced(row) for row in rows]}

    def _reduced(self, row):
        source = row.get("source")
        if not isinstance(source, dict):
            return row
        return {**row, "source": {name: source[name] for name in KEPT if name in source}}

    def _pages(self, path, query):
        rows = []
        for _page in range(MAX_PAGES):
            after = {"starting_after": rows[-1]["id"]} if rows else {}
            answer = self.get(path, {**query, "limit": LIMIT, **after})
            part = rows_of(answer.get("data"), "The list")
            for row in part:
                identifier(row.get("id"), "The list")
            rows += part
            if not answer.get("has_more"):
                return rows
            if not part:
                break
        raise FetchError("no_answer", "the list does not end")


def _seconds(day):
    return int(datetime.combine(day, time(), timezone.utc).timestamp())


def _day(value):
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**33:
        raise unreadable("The date of a payout")
    return datetime.fromtimestamp(value, timezone.utc).date()
