"""Shopify Payments: payouts with their balance transactions, by the Admin interface (GraphQL). Plain Python.

Names of queries and fields, the sign-in, limits and errors are documented; the name of a payout's date is general
knowledge. All pages of payouts are read, whatever their order. The shop is part of the address: no key leaves for
another.
A payout that is on its way or to come is not finished and comes another time.
"""

import re
from datetime import timedelta

from .base import MAX_PAGES, Client, FetchError, Listing, day_of, identifier, rows_of, unreadable

#: One constant, to be raised each year: a version is served about a year.
VERSION = "2026-01"
PAGE_SIZE = 250
PAUSE = 10  # seconds, where the answer does not tell how long to wait
READY, GONE = ("PAID",), ("CANCELED", "FAILED")
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_MONEY = "{ amount currencyCode }"

PAYOUTS = """query Payouts($after: String) {
  shopifyPaymentsAccount { payouts(first: %(size)s, after: $after) {
    nodes { id legacyResourceId issuedAt status transactionType net %(money)s }
    pageInfo { hasNextPage endCursor } } } }"""
PAYOUT = """query Payout($id: ID!) {
  node(id: $id) { ... on ShopifyPaymentsPayout {
    id legacyResourceId issuedAt status transactionType externalTraceId net %(money)s } } }"""
LINES = """query Lines($after: String, $query: String) {
  shopifyPaymentsAccount { balanceTransactions(first: %(size)s, after: $after, query: $query) {
    nodes { id type sourceType transactionDate amount %(money)s fee %(money)s net %(money)s
      associatedOrder { id name } sourceOrderTransactionId associatedPayout { id status } }
    pageInfo { hasNextPage endCursor } } } }"""


class Shopify(Client):
    code, name = "shopify", "Shopify Payments"
    formats = ("shopify",)
    hosts = {"production": "https://{shop}.myshopify.com", "test": "https://{shop}.myshopify.com"}
    domains = ("myshopify.com",)
    needs_client_id = False
    needs_shop = True

    @classmethod
    def address(cls, environment, shop):
        name = (shop or "").strip().lower().removeprefix("https://").strip("/").removesuffix(".myshopify.com")
        if not _SHOP.fullmatch(name):
            return None
        return cls.hosts[environment].format(shop=name)

    def sign_in(self):
        """A token for the identity and secret of an app; a permanent token is one itself, and has no identity."""
        if not self.access.client_id:
            return self.access.client_secret
        form = {"client_id": self.access.client_id, "client_secret": self.access.client_secret}
        try:
            text = self.http.send(
                "POST",
                self._absolute("/admin/oauth/access_token"),
                data={"grant_type": "client_credentials", **form},
                headers={"Accept": "application/json"},
            )
        except FetchError as error:
            if error.status == 400:
                error.kind = "authorisation"
            raise
        return self.token_of(text)

    def headers(self, token):
        return {"X-Shopify-Access-Token": token}

    def payouts(self, since, until):
        found, first_open = [], None
        for row in self._nodes(PAYOUTS, "payouts", {}):
            day = _issued(row)
            if not since <= day <= until:
                continue
            if row.get("status") in READY:
                found.append((day, _number(row)))
            elif row.get("status") not in GONE:
                first_open = min(day, first_open or day)
        known_until = min(until, first_open - timedelta(days=1)) if first_open else until
        return Listing(tuple(dict.fromkeys(key for _day, key in sorted(found))), known_until)

    def document(self, key):
        number = identifier(key, "The number of a payout")
        answer = self._ask(PAYOUT, {"id": f"gid://shopify/ShopifyPaymentsPayout/{number}"})
        payout = answer.get("node")
        if not isinstance(payout, dict) or _number(payout) != number:
            raise FetchError("not_found", f"there is no payout {number}")
        if payout.get("status") not in READY:
            raise FetchError("not_ready", f"the payout {number} is not paid yet")
        lines = self._nodes(LINES, "balanceTransactions", {"query": f"payments_transfer_id:{number}"})
        return {"shopifyPayout": payout, "balanceTransactions": list(lines)}

    def _nodes(self, query, name, variables):
        """The rows of all pages."""
        after = None
        for _page in range(MAX_PAGES):
            account = self._ask(query, {**variables, "after": after}).get("shopifyPaymentsAccount")
            if account is None:
                raise FetchError("authorisation", "the shop has no Shopify Payments, or the app may not read payouts")
            page = account.get(name) if isinstance(account, dict) else None
            if not isinstance(page, dict) or not isinstance(page.get("pageInfo"), dict):
                raise unreadable("The list")
            rows = rows_of(page.get("nodes"), "The list")
            yield from rows
            if not page["pageInfo"].get("hasNextPage"):
                return
            if not rows or page["pageInfo"].get("endCursor") in (None, after):
                break
            after = page["pageInfo"]["endCursor"]
        raise FetchError("no_answer", "the list does not end")

    def _ask(self, query, variables):
        """The ``data`` of an answer: faults come with HTTP 200 as well."""
        body = {"query": query % {"size": PAGE_SIZE, "money": _MONEY}, "variables": variables}
        answer = self._read(self.http.send_json, f"/admin/api/{VERSION}/graphql.json", body, "application/json")
        if not isinstance(answer, dict):
            raise unreadable("The answer")
        if answer.get("errors"):
            raise _fault(answer)
        if not isinstance(answer.get("data"), dict):
            raise unreadable("The answer")
        return answer["data"]

    def _get_with(self, send, token, url, query, accept):
        # a query of GraphQL only reads, though it is sent by POST
        return send("POST", url, headers={"Accept": accept, "Content-Type": accept, **self.headers(token)}, body=query)


def _fault(answer):
    errors = answer["errors"]
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    text = str(first.get("message") or errors)[:500]
    extensions = first.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else ""
    kinds = {"THROTTLED": "limit", "ACCESS_DENIED": "authorisation", "INTERNAL_SERVER_ERROR": "unavailable"}
    error = FetchError(kinds.get(code, "validation"), text, response=str(answer)[:2000])
    if error.kind == "limit":
        error.retry_after = _pause(answer)
    return error


def _pause(answer):
    """Seconds until the query can be paid for: (needed - available) / restored a second."""
    try:
        cost = answer["extensions"]["cost"]
        status = cost["throttleStatus"]
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(1, min(3600, int(missing / float(status["restoreRate"])) + 1))
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return PAUSE


def _issued(row):
    return day_of(row.get("issuedAt"), "The date of a payout")


def _number(row):
    """The number as the shop's own pages and lists have it."""
    text = row.get("legacyResourceId") or str(row.get("id") or "").rpartition("/")[2]
    return identifier(text, "The number of a payout")
