"""Zettle's Finance API: the transactions of the liquid account, cut into payouts. Plain Python.

No row names its payout: the rows between two payouts belong to the later one. A row names no currency either: it is
that of the provider here. Path, fields and scope are documented; the sign-in with an API key, the order of the rows and
whether the days asked for are included are not: rows are put in order and left out by their time here.
"""

from datetime import date, datetime, timedelta

from dateutil.parser import isoparse

from .base import MAX_PAGES, Client, FetchError, Listing, identifier, unreadable

PAGE_SIZE = 1000
LOOK_BACK = timedelta(days=31)  # in which the payout before the first one is looked for
TYPE, NUMBERS = "originatorTransactionType", ("originatingTransactionUuid", "originatorTransactionUuid")
KEPT = ("timestamp", "amount", TYPE, *NUMBERS)
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SIGN_IN = {"https://finance.izettle.com": "https://oauth.zettle.com"}


class Zettle(Client):
    code, name = "zettle", "Zettle"
    formats = ("zettle",)
    hosts = {"production": "https://finance.izettle.com", "test": None}
    domains = ("izettle.com", "zettle.com")

    def sign_in(self):
        data = {"grant_type": GRANT, "client_id": self.access.client_id, "assertion": self.access.client_secret}
        try:
            text = self.http.send("POST", f"{SIGN_IN.get(self.url, self.url)}/token", data=data)
        except FetchError as error:
            if error.status == 400:
                error.kind = "authorisation"  # invalid_grant
            raise
        return self.token_of(text)

    def payouts(self, since, until):
        rows = self._rows(since - LOOK_BACK, until)
        keys, start = [], ""
        for row in rows:
            if not _is_payout(row):
                continue
            if since <= date.fromisoformat(row["timestamp"][:10]) <= until:
                keys.append(f"{start}/{row['timestamp']}/{_number(row)}")
            start = row["timestamp"]
        return Listing(tuple(keys), until)

    def document(self, key):
        start, end, number = self._parts(key)
        first = _moment(start) if start else _moment(end) - LOOK_BACK
        rows = self._rows(first.date(), _moment(end).date())
        inside = [row for row in rows if (not start or _moment(row["timestamp"]) > first) and _is_until(row, end)]
        if not any(_is_payout(row) and _number(row) == number for row in inside):
            raise FetchError("not_found", f"the payout {number} is not among the transactions of its day")
        head = {"currency": self.access.currency, "organization": self.access.account}
        return {**head, "transactions": [{name: row[name] for name in KEPT if name in row} for row in inside]}

    def _parts(self, key):
        parts = key.split("/")
        if len(parts) != 3 or not parts[1] or not parts[2]:
            raise FetchError("validation", f"{key} names no payout")
        return parts

    def _rows(self, first, last):
        """The rows of the days, both included, in the order of their time; a payout after what it pays."""
        query = {"start": f"{first}T00:00:00", "end": f"{last + timedelta(days=1)}T00:00:00", "limit": PAGE_SIZE}
        rows = []
        for _page in range(MAX_PAGES):
            answer = self._read(
                self.http.send_json,
                "/v2/accounts/liquid/transactions",
                query | {"offset": len(rows)},
                "application/json",
            )
            part = answer.get("data") if isinstance(answer, dict) else answer
            if not isinstance(part, list) or not all(isinstance(row, dict) for row in part):
                raise unreadable("The transactions")
            rows += part
            if not part:
                for row in rows:
                    _moment(row.get("timestamp"))
                inside = [row for row in rows if first <= date.fromisoformat(row["timestamp"][:10]) <= last]
                return sorted(inside, key=lambda row: (_moment(row["timestamp"]), _is_payout(row)))
        raise FetchError("no_answer", "the list does not end")


def _is_payout(row):
    amount = row.get("amount")
    return row.get(TYPE) == "PAYOUT" and isinstance(amount, int) and amount < 0


def _is_until(row, end):
    """Whether a row stands before the payout at ``end``, or is it."""
    return _moment(row["timestamp"]) <= _moment(end)


def _number(row):
    return identifier(next((row[name] for name in NUMBERS if row.get(name)), None), "The number of a payout")


def _moment(value) -> datetime:
    """The time without its zone: all rows have the same."""
    try:
        return isoparse(value).replace(tzinfo=None)
    except (AttributeError, TypeError, ValueError) as error:
        raise unreadable("The time of a transaction") from error
