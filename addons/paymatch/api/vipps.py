"""Vipps MobilePay's Report API v2: the ledger, day by day. Plain Python.

A payout is a whole number of ledger dates and the last entry of its date; so it is found by reading days, and its
document is the entries of the days after the payout before it. Data that were given do not change.
"""

from datetime import date, timedelta

from .base import MAX_PAGES, Client, FetchError, Listing, identifier, rows_of

# Sources disagree on the word; both are taken.
PAYOUT_TYPES = ("payout-scheduled", "scheduled-for-payout")
LOOK_BACK = 31  # days in which the payout before the first one is looked for
DAY = timedelta(days=1)


class Vipps(Client):
    code, name = "vipps", "Vipps MobilePay"
    formats = ("vipps_xml", "vipps_table", "vipps_api")
    hosts = {"production": "https://api.vipps.no", "test": "https://apitest.vipps.no"}
    domains = ("vipps.no", "vippsmobilepay.com")
    overlap, lag = 0, 1
    token_path = "/miami/v1/token"  # noqa: S105 - an address
    takes_subscription_key = True

    def sign_in(self):
        return self.client_credentials(self.token_path)

    def headers(self, token):
        return {**super().headers(token), **self.extra_headers()}

    def extra_headers(self):
        key = self.access.subscription_key
        return {"Ocp-Apim-Subscription-Key": key} if key else {}

    def payouts(self, since, until):
        ledger = self._ledger()["ledgerId"]
        keys, start, day = [], None, since
        while day <= until:
            items = self._day(ledger, day)
            if items is None:  # not ready
                break
            number = self._payout_number(items)
            if number:
                start = start or self._start_before(ledger, since)
                keys.append(f"{ledger}/{start}/{day}/{number}")
                start = day + DAY
            day += DAY
        return Listing(tuple(keys), day - DAY)

    def document(self, key):
        ledger_id, first, last, number = self._parts(key)
        ledger, items, day = self._ledger(), [], first
        if str(ledger["ledgerId"]) != ledger_id:
            raise FetchError("validation", f"the ledger {ledger_id} is not open to these credentials")
        while day <= last:
            part = self._day(ledger_id, day)
            if part is None:
                raise FetchError("not_ready", f"the report of {day} is not ready")
            items += part
            day += DAY
        head = {name: ledger.get(name) for name in ("ledgerId", "currency", "payoutBankAccount")}
        head["recipientHandles"] = ledger.get("settlesForRecipientHandles")
        return {"vippsReport": {"payout": number, "from": str(first), "to": str(last)}, "ledger": head, "items": items}

    def _parts(self, key):
        parts = key.split("/")
        try:
            ledger, first, last, number = parts
            return ledger, date.fromisoformat(first), date.fromisoformat(last), number
        except ValueError as error:
            raise FetchError("validation", f"{key} names no payout") from error

    def _ledger(self):
        """The ledger of the sales unit; the only one where no number was given."""
        rows, cursor = [], ""
        for _page in range(MAX_PAGES):
            answer = self.get("/settlement/v1/ledgers", {"cursor": cursor} if cursor else None)
            rows += rows_of(answer.get("items", answer.get("ledgers")), "The list of ledgers")
            cursor = answer.get("cursor") or ""
            if not cursor:
                break
        account = self.access.account
        found = [row for row in rows if not account or account in self._units(row)]
        if len(found) != 1:
            told = f"sales unit {account}" if account else "these credentials"
            raise FetchError("validation", f"{len(found)} ledgers for {told}")
        return {**found[0], "ledgerId": identifier(found[0].get("ledgerId"), "The list of ledgers")}

    def _units(self, ledger):
        """Numbers of the sales units: ``DK:123456`` without the country."""
        handles = ledger.get("settlesForRecipientHandles")
        handles = handles if isinstance(handles, list) else []
        return {str(handle).rpartition(":")[2] for handle in handles} | {str(ledger.get("ledgerId"))}

    def _start_before(self, ledger, since):
        """The day after the payout before ``since``; what is older is told by the balance of the first entry."""
        first = since
        for back in range(1, LOOK_BACK + 1):
            day = since - back * DAY
            try:
                items = self._day(ledger, day)
            except FetchError as error:
                if error.kind != "not_found":
                    raise
                return first
            if items and self._payout_number(items):
                return day + DAY
            if items:
                first = day
        return first

    def _day(self, ledger, day):
        """All entries of a ledger date in their order, or ``None`` when the day is not ready."""
        path, items, cursor = f"/report/v2/ledgers/{ledger}/funds/dates/{day}", [], ""
        for _page in range(MAX_PAGES):
            answer = self.get(path, {"cursor": cursor} if cursor else None)
            if answer.get("tryLater"):
                return None
            items += rows_of(answer.get("items"), "The entries of a day")
            cursor = answer.get("cursor") or ""
            if not cursor:
                return items
        raise FetchError("no_answer", "the day does not end")

    def _payout_number(self, items):
        """The number of the payout that ends the day, or ``""``."""
        at = [place for place, item in enumerate(items) if item.get("entryType") in PAYOUT_TYPES]
        if not at:
            return ""
        if at != [len(items) - 1]:
            raise FetchError("validation", "a payout is not the last entry of its day")
        return identifier(items[-1].get("pspReference"), "The number of a payout")
