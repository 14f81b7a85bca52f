"""Nexi Checkout's Reporting API: payouts with their payment actions. Plain Python.

Only the address of the test gateway is documented, and the name of the list in the answer is not.
"""

from .base import MAX_PAGES, Client, FetchError, Listing, day_of, identifier, rows_of, unreadable

PAGE_SIZE = 100


class NexiCheckout(Client):
    code, name = "nexi_checkout", "Nexi Checkout"
    formats = ("nexi_checkout",)
    hosts = {"production": None, "test": "https://gateway.pp.easyportal.nets.eu"}
    domains = ("nets.eu", "dibspayment.eu", "nexigroup.com")
    needs_client_id = False

    def headers(self, token):
        return {"Authorization": token}

    def payouts(self, since, until):
        query = {"fromDate": since.isoformat(), "toDate": until.isoformat(), **self._merchant()}
        rows = self._pages("/report/v1/payouts", query, "payouts", "numberOfPayouts")[1]
        found = []
        for row in rows:
            day = day_of(row.get("date"), "The date of a payout")
            found.append((day, identifier(row.get("id"), "The list of payouts")))
        return Listing(tuple(dict.fromkeys(key for _day, key in sorted(found))), until)

    def document(self, key):
        head, rows = self._pages(
            f"/report/v1/payouts/{key}", self._merchant(), "paymentActions", "numberOfPaymentActions"
        )
        payout = head["payout"] if isinstance(head.get("payout"), dict) else head
        payout = {name: value for name, value in payout.items() if name not in ("paymentActions", "pageNumber")}
        if isinstance(head.get("numberOfPaymentActions"), int):
            payout["numberOfPaymentActions"] = head["numberOfPaymentActions"]
        return {"payout": payout, "paymentActions": rows}

    def _merchant(self):
        """Partners name the merchant; with a merchant's own key the number is that of the key."""
        return {"merchantNumber": self.access.account} if self.access.account else {}

    def _pages(self, path, query, name, total):
        """(first answer, all rows); pages are counted from zero."""
        head, rows = None, []
        for page in range(MAX_PAGES):
            answer = self.get(path, {**query, "pageNumber": page, "pageSize": PAGE_SIZE})
            inner = answer["payout"] if isinstance(answer.get("payout"), dict) else answer
            part = rows_of(answer.get(name, inner.get(name)), "The list")
            head = head or answer
            rows += part
            declared = answer.get(total, inner.get(total))
            if not isinstance(declared, int) or isinstance(declared, bool):
                raise unreadable("The number of rows")
            if len(rows) >= declared:
                return head, rows
            if not part:
                raise FetchError("not_ready", f"{len(rows)} of {declared} rows came")
        raise FetchError("no_answer", "the list does not end")
