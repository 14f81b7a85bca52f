"""Interfaces of acquirers: Clearhaus, Vipps MobilePay's Report API, Nexi Checkout, Stripe, Mollie, Klarna, Zettle,
Shopify.

Plain Python without Odoo or pytest. Tokens expire, lists come in pages, days may be half finished.
"""

import json
import re
from base64 import b64encode
from datetime import datetime
from urllib.parse import parse_qs

from .server import ApiError, Simulator

FAULTS = ("401", "429", "500", "html", "timeout_before", "timeout_after")
TODAY = "2026-03-20"


class AcquirerSimulator(Simulator):
    """Sign-in by client credentials and the faults all of them share."""

    FAULTS = FAULTS
    TOKEN_PATH = "/oauth/token"

    def __init__(self, per_page=2):
        super().__init__()
        self.client_id, self.client_secret = "shop", "hemmelig-proeve"
        self.per_page = per_page
        self.tokens, self.signed_in = set(), 0

    def expire(self):
        self.tokens.clear()

    def answer(self, method, path, query, raw, headers):
        fault = self.take_fault("401", "429", "500", "html")
        if fault:
            return self._fault(fault.kind)
        if method == "POST" and path == self.TOKEN_PATH:
            return 200, self._issue(raw, headers), {}
        if method != "GET":
            raise ApiError(405, {"message": "Method not allowed"})
        self.check_access(headers)
        return 200, self.read(path, query), {}

    def _fault(self, kind):
        if kind == "429":
            return 429, {"message": "Too many requests"}, {"Retry-After": "17"}
        if kind == "html":
            return 200, "<html>maintenance</html>", {}
        return int(kind), {"message": "fault"}, {}

    def _issue(self, raw, headers):
        pair = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        form = {name: values[-1] for name, values in parse_qs(raw.decode()).items()}
        if headers.get("Authorization") != f"Basic {pair}" or form.get("grant_type") != "client_credentials":
            raise ApiError(401, {"error": "invalid_client"})
        self.check_form(form)
        return self.token()

    def token(self):
        self.signed_in += 1
        token = f"token-{self.signed_in}"
        self.tokens.add(token)
        return {"access_token": token, "token_type": "Bearer", "expires_in": 3600}

    def issue_by_form(self, raw, grant, secret):
        """Sign-in where identity and secret stand in the form: ``secret`` is the field's name."""
        form = {name: values[-1] for name, values in parse_qs(raw.decode()).items()}
        if form.get("grant_type") != grant:
            raise ApiError(400, {"error": "unsupported_grant_type"})
        if (form.get("client_id"), form.get(secret)) != (self.client_id, self.client_secret):
            raise ApiError(400, {"error": "invalid_client"})
        return self.token()

    def check_form(self, form):
        """What else the sign-in must name."""

    def check_access(self, headers):
        if (headers.get("Authorization") or "").removeprefix("Bearer ") not in self.tokens:
            raise ApiError(401, {"message": "The access token expired"})

    def read(self, path, query):
        raise NotImplementedError


class ClearhausSimulator(AcquirerSimulator):
    def __init__(self, per_page=2):
        super().__init__(per_page)
        self.settlements = {}

    def settle(self, number, day, sales, *, fee=100, is_settled=True, merchant="2000001", paid=None):
        """A settlement of sales ``{order: øre}``."""
        rows = [
            {
                "id": f"{number}-{at}", "processed_at": f"{day}T10:00:00+00:00", "amount": amount, "currency": "DKK",
                "reference": order, "type": "capture" if amount > 0 else "refund", "card": {"scheme": "visa"},
                "settlement": {"date": day, "amount_gross": amount, "amount_net": amount - fee, "fees": -fee,
                               "currency": "DKK"},
                "_links": {"self": {"href": f"/transactions/{number}-{at}"}},
            }
            for at, (order, amount) in enumerate(sales.items())
        ]  # fmt: skip
        gross = sum(amount for amount in sales.values() if amount > 0)
        back = sum(amount for amount in sales.values() if amount < 0)
        net = gross + back - fee * len(sales)
        self.settlements[number] = {
            "id": number, "settled": is_settled, "currency": "DKK", "period": {"start_date": day, "end_date": day},
            "payout": {"amount": net if paid is None else paid, "date": day, "cancelled_date": None,
                       "reference_number": f"R{number}", "descriptor": f"CH{merchant} {day}"},
            "summary": {"sales": gross, "credits": 0, "refunds": back, "chargebacks": 0, "fees": -fee * len(sales),
                        "other_postings": 0, "net": net},
            "reserve": {"amount": 0, "date": None, "descriptor": None}, "other_postings": [],
            "rows": rows,
        }  # fmt: skip
        return number

    def check_form(self, form):
        if form.get("audience") != self.base_url:
            raise ApiError(400, {"error": "invalid_request", "error_description": "audience"})

    def read(self, path, query):
        if path == "/settlements":
            first, last = re.search(r"payout\.date:(\S+)\.\.(\S+)", query["query"]).groups()
            rows = [self._head(one) for one in self.settlements.values() if first <= one["payout"]["date"] <= last]
            return self._page(path, query, rows, "ch:settlements")
        number, _slash, rest = path.removeprefix("/settlements/").partition("/")
        if number not in self.settlements or rest not in ("", "transactions"):
            raise ApiError(404, {"message": "Not found"})
        settlement = self.settlements[number]
        return self._page(path, query, settlement["rows"], "ch:transactions") if rest else self._head(settlement)

    def _head(self, settlement):
        links = {
            "self": {"href": f"/settlements/{settlement['id']}"},
            "ch:transactions": {
                "href": f"{self.base_url}/settlements/{settlement['id']}/transactions{{?query,page,per_page}}",
                "templated": True,
            },
        }
        return {**{name: value for name, value in settlement.items() if name != "rows"}, "_links": links}

    def _page(self, path, query, rows, name):
        page, size = int(query.get("page", 1)), self.per_page
        links = {"first": {"href": f"{path}?page=1"}}
        if page * size < len(rows):
            wanted = f"&query={query['query']}" if "query" in query else ""
            links["next"] = {"href": f"{path}?page={page + 1}&per_page={size}{wanted}"}
        part = rows[(page - 1) * size : page * size]
        return {"count": len(rows), "page": page, "per_page": size, "_links": links, "_embedded": {name: part}}


class VippsSimulator(AcquirerSimulator):
    TOKEN_PATH = "/miami/v1/token"

    def __init__(self, per_page=2, unit="123456"):
        super().__init__(per_page)
        self.subscription_key = "abonnement-proeve"
        self.unit, self.balance = unit, 0
        self.ledgers = [self._ledger("302321", unit)]
        self.days, self.unready = {}, {TODAY}

    def _ledger(self, number, unit):
        return {
            "ledgerId": number, "currency": "DKK", "payoutBankAccount": {"scheme": "BBAN:DK", "id": "30003000123456"},
            "firstPayout": "2000100", "lastPayout": "2000200", "settlesForRecipientHandles": [f"DK:{unit}"],
        }  # fmt: skip

    def enter(self, day, entry_type, amount, psp, reference=""):
        """An entry of the funds ledger, in øre."""
        self.days.setdefault(day, []).append(
            {
                "pspReference": psp, "time": f"{day}T10:{len(self.days[day]) if day in self.days else 0:02d}:00Z",
                "ledgerDate": day, "entryType": entry_type, "reference": reference, "currency": "DKK", "amount": amount,
                "recipientHandle": f"DK:{self.unit}", "balanceBefore": self.balance,
                "balanceAfter": self.balance + amount,
            }
        )  # fmt: skip
        self.balance += amount

    def pay(self, day, number, keep=0, word="payout-scheduled"):
        self.enter(day, word, -(self.balance - keep), str(number), f"Utbet. {number} Vippsnr {self.unit}")

    def check_access(self, headers):
        super().check_access(headers)
        if headers.get("Ocp-Apim-Subscription-Key") != self.subscription_key:
            raise ApiError(401, {"title": "Subscription key"})

    def read(self, path, query):
        if path == "/settlement/v1/ledgers":
            return self._page(self.ledgers, query)
        found = re.fullmatch(r"/report/v2/ledgers/(\w+)/funds/dates/([\d-]+)", path)
        if not found or found[1] not in {ledger["ledgerId"] for ledger in self.ledgers}:
            raise ApiError(404, {"title": "Not Found"})
        answer = self._page(self.days.get(found[2], []), query)
        if found[2] in self.unready:
            # half finished: some entries are there, more will come
            return {**answer, "items": answer["items"][:1], "cursor": "", "tryLater": True}
        return answer

    def _page(self, rows, query):
        start = int(query.get("cursor") or 0)
        end = start + self.per_page
        return {"items": rows[start:end], "cursor": str(end) if end < len(rows) else "", "tryLater": False}


class NexiSimulator(AcquirerSimulator):
    def __init__(self, per_page=2):
        super().__init__(per_page)
        self.tokens = {self.client_secret}
        self.payouts = {}

    def pay(self, number, day, actions, fee=100):
        """Actions ``{order: øre}``; a negative amount is a refund."""
        rows = [
            {
                "id": f"{number}{at}", "paymentId": f"p{number}{at}",
                "paymentAction": "Charged" if amount > 0 else "Refunded",
                "paymentMethod": "Visa", "timestamp": f"{day}T10:00:00Z", "reference": order, "amount": abs(amount),
                "currency": "DKK", "fee": fee,
            }
            for at, (order, amount) in enumerate(actions.items())
        ]  # fmt: skip
        charged = sum(amount for amount in actions.values() if amount > 0)
        refunded = -sum(amount for amount in actions.values() if amount < 0)
        self.payouts[number] = {
            "id": number, "reference": f"NETS {number}", "date": day, "bankAccountIban": "DK5000400440116243",
            "currency": "DKK", "amount": charged - refunded - fee * len(rows), "chargedAmount": charged,
            "refundedAmount": refunded, "depositedAmount": 0, "fees": fee * len(rows), "feeTaxAmount": 0,
            "rows": rows,
        }  # fmt: skip

    def check_access(self, headers):
        if headers.get("Authorization") not in self.tokens:
            raise ApiError(401, {"message": "Unauthorized"})

    def read(self, path, query):
        page, size = int(query.get("pageNumber", 0)), min(int(query.get("pageSize", 100)), self.per_page)
        if path == "/report/v1/payouts":
            rows = [one for one in self.payouts.values() if query["fromDate"] <= one["date"] <= query["toDate"]]
            shown = rows[page * size :][:size]
            part = [{name: value for name, value in one.items() if name != "rows"} for one in shown]
            return {"numberOfPayouts": len(rows), "payouts": part}
        payout = self.payouts.get(path.removeprefix("/report/v1/payouts/"))
        if not payout:
            raise ApiError(404, {"message": "Not found"})
        head = {name: value for name, value in payout.items() if name != "rows"}
        rows = payout["rows"]
        return {**head, "numberOfPaymentActions": len(rows), "paymentActions": rows[page * size :][:size]}


class StripeSimulator(AcquirerSimulator):
    def __init__(self, per_page=2):
        super().__init__(per_page)
        self.client_secret = "sk_test_proeve"
        self.tokens = {self.client_secret}
        self.payouts, self.transactions = {}, {}

    def pay(self, number, day, sales, *, fee=100, status="paid", automatic=True):
        """A payout of sales ``{order: øre}``, newest transaction first, the payout's own on top."""
        created = int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
        rows = [
            {
                "id": f"txn_{number}{at}", "object": "balance_transaction", "amount": amount, "fee": fee,
                "net": amount - fee, "currency": "dkk", "created": created - 1000 + at,
                "reporting_category": "charge" if amount > 0 else "refund",
                "source": {"id": f"ch_{number}{at}", "object": "charge", "metadata": {"order_id": order},
                           "payment_intent": f"pi_{at}", "billing_details": {"name": "Karen Kunde"}},
            }
            for at, (order, amount) in enumerate(sales.items())
        ]  # fmt: skip
        amount = sum(row["net"] for row in rows)
        own = {"id": f"txn_{number}po", "object": "balance_transaction", "amount": -amount, "fee": 0, "net": -amount,
               "currency": "dkk", "created": created, "reporting_category": "payout",
               "source": {"id": number}}  # fmt: skip
        self.payouts[number] = {
            "id": number, "object": "payout", "amount": amount, "currency": "dkk", "arrival_date": created,
            "status": status,
            "automatic": automatic, "statement_descriptor": "STRIPE",
        }  # fmt: skip
        self.transactions[number] = [own, *reversed(rows)]

    def read(self, path, query):
        if path == "/v1/payouts":
            first, last = int(query["arrival_date[gte]"]), int(query["arrival_date[lt]"])
            rows = [one for one in self.payouts.values() if first <= one["arrival_date"] < last]
            return self._page(rows[::-1], query)
        if path == "/v1/balance_transactions":
            return self._page(self.transactions.get(query["payout"], []), query)
        payout = self.payouts.get(path.removeprefix("/v1/payouts/"))
        if not payout:
            raise ApiError(404, {"error": {"message": "No such payout"}})
        return payout

    def _page(self, rows, query):
        ids = [row["id"] for row in rows]
        start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        size = min(int(query.get("limit", 10)), self.per_page)
        return {"object": "list", "data": rows[start : start + size], "has_more": start + size < len(rows)}


class MollieSimulator(AcquirerSimulator):
    """Settlements in pages with links, newest first; the one still open stands in the list as well."""

    def __init__(self, per_page=2):
        super().__init__(per_page)
        self.client_secret = "access_proeve"
        self.tokens = {self.client_secret}
        self.settlements, self.parts = {}, {}

    def pay(self, number, day, sales, *, fee=100, is_settled=True):
        """A settlement of sales ``{order: øre}`` with a cost per transaction."""
        parts = {"payments": [], "captures": [], "refunds": [], "chargebacks": []}
        for at, (order, amount) in enumerate(sales.items()):
            money = {"currency": "DKK", "value": f"{abs(amount) / 100:.2f}"}
            row = {"resource": "payment", "id": f"tr_{number}{at}", "amount": money, "settlementAmount": money,
                   "createdAt": f"{day}T08:00:00+00:00", "description": f"Order {order}", "method": "creditcard",
                   "metadata": {"order_id": order}, "details": {"cardHolder": "Karen Kunde"}}  # fmt: skip
            parts["payments" if amount > 0 else "refunds"].append(row)
        costs = fee * len(sales)
        cost = {"currency": "DKK", "value": f"{costs / 100:.2f}"}
        year, month, _day = day.split("-")
        paid = sum(sales.values()) - costs
        self.settlements[number] = {
            "resource": "settlement", "id": number, "reference": f"1234567.{number}",
            "createdAt": f"{day}T06:00:00+00:00", "settledAt": f"{day}T09:41:44+00:00" if is_settled else None,
            "amount": {"currency": "DKK", "value": f"{paid / 100:.2f}"},
            "periods": {year: {month: {"revenue": [], "costs": [
                {"description": "Creditcard", "method": "creditcard", "count": len(sales), "amountNet": cost,
                 "amountVat": None, "amountGross": cost}]}}},
        }  # fmt: skip
        self.parts[number] = parts

    def read(self, path, query):
        names = path.strip("/").split("/")[2:]
        if not names:
            return self._page(path, query, [*self.settlements.values()][::-1], "settlements")
        if names[0] not in self.settlements:
            raise ApiError(404, {"status": 404, "title": "Not Found", "detail": "No settlement exists with this id"})
        if len(names) == 2:
            return self._page(path, query, self.parts[names[0]][names[1]], names[1])
        return {**self.settlements[names[0]], "_links": {"self": {"href": self.base_url + path}}}

    def _page(self, path, query, rows, name):
        start, size = int(query.get("from", 0)), min(int(query.get("limit", 50)), self.per_page)
        more = start + size < len(rows)
        link = {"href": f"{self.base_url}{path}?from={start + size}&limit={size}"} if more else None
        part = rows[start : start + size]
        return {"count": len(part), "_embedded": {name: part}, "_links": {"next": link, "previous": None}}


class KlarnaSimulator(AcquirerSimulator):
    """Payouts in pages, and the settlement report of each as CSV; user and password with every call."""

    FIELDS = ("type", "capture_date", "order_id", "merchant_reference1", "amount", "posting_currency", "capture_id")

    def __init__(self, per_page=2):
        super().__init__(per_page)
        self.payouts = {}

    def pay(self, number, day, sales, *, fee=100, merchant="K100"):
        """A payout of sales ``{order: øre}`` with a fee per transaction; a negative amount is a return."""
        rows = [
            (
                "SALE" if amount > 0 else "RETURN", f"{day}T10:00:00Z", f"{number}o{at}", order,
                f"{abs(amount) / 100:.2f}", "DKK", f"{number}c{at}",
            )
            for at, (order, amount) in enumerate(sales.items())
        ]  # fmt: skip
        rows += [("FEE", row[1], row[2], row[3], f"{fee / 100:.2f}", "DKK", row[6]) for row in rows]
        sold = sum(amount for amount in sales.values() if amount > 0)
        back = -sum(amount for amount in sales.values() if amount < 0)
        fees = fee * len(sales)
        totals = {"total_sale_amount": sold, "total_fee_amount": fees, "total_return_amount": back,
                  "total_settlement_amount": sold - back - fees}  # fmt: skip
        self.payouts[number] = {
            "payment_reference": number, "payout_date": f"{day}T00:00:00Z", "currency_code": "DKK",
            "merchant_id": merchant, "merchant_settlement_type": "NET", "totals": totals, "rows": rows,
        }  # fmt: skip

    def check_access(self, headers):
        pair = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if headers.get("Authorization") != f"Basic {pair}":
            raise ApiError(401, {"error_code": "UNAUTHORIZED", "error_message": "Unauthorized"})

    def read(self, path, query):
        if path == "/settlements/v1/payouts":
            first, last = query["start_date"][:10], query["end_date"][:10]
            found = [one for one in self.payouts.values() if first <= one["payout_date"][:10] <= last]
            start = int(query.get("offset", 0))
            part = found[start : start + min(int(query["size"]), self.per_page)]
            shown = [{name: value for name, value in one.items() if name != "rows"} for one in part]
            return {"payouts": shown, "pagination": {"count": len(part), "total": len(found)}}
        payout = self.payouts.get(query.get("payment_reference"))
        if path != "/settlements/v1/reports/payout-with-transactions" or not payout:
            raise ApiError(404, {"error_code": "NOT_FOUND", "error_message": "Not found"})
        return self._report(payout)

    def _report(self, payout):
        totals = {name: f"{amount / 100:.2f}" for name, amount in payout["totals"].items()} | {
            "payment_reference": payout["payment_reference"], "settlement_currency": payout["currency_code"],
            "payout_date": payout["payout_date"], "merchant_id": payout["merchant_id"],
        }  # fmt: skip
        lines = [",".join(totals), ",".join(totals.values()), "", ",".join(self.FIELDS)]
        return "\n".join([*lines, *map(",".join, payout["rows"])])


class ZettleSimulator(AcquirerSimulator):
    """Transactions of the liquid account, newest first; an API key is exchanged for a token."""

    TOKEN_PATH = "/token"

    def __init__(self, per_page=2):
        super().__init__(per_page)
        self.rows = []

    def enter(self, timestamp, kind, amount, number):
        """A transaction, in øre."""
        self.rows.append(
            {
                "timestamp": f"{timestamp}.000+0000", "amount": amount, "originatorTransactionType": kind,
                "originatingTransactionUuid": number,
            }
        )  # fmt: skip

    def _issue(self, raw, headers):
        return self.issue_by_form(raw, "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion")

    def read(self, path, query):
        if path != "/v2/accounts/liquid/transactions":
            raise ApiError(404, {"message": "Not found"})
        found = [row for row in self.rows if query["start"] <= row["timestamp"] < query["end"]]
        start = int(query["offset"])
        return {"data": found[::-1][start : start + min(int(query["limit"]), self.per_page)]}


class ShopifySimulator(AcquirerSimulator):
    """The Admin interface: one address, queries told apart by what they ask for; faults come with HTTP 200."""

    TOKEN_PATH = "/admin/oauth/access_token"
    QUERY_PATH = "/admin/api/2026-01/graphql.json"

    def __init__(self, per_page=2):
        super().__init__(per_page)
        self.payouts, self.has_payments, self.throttled = {}, True, 0

    def pay(self, number, day, sales, *, fee=100, status="PAID", currency="DKK", paid=None, transfer=False):
        """A payout of sales ``{order: øre}``."""
        rows = []
        for at, (order, amount) in enumerate(sales.items(), 1):
            kind = "CHARGE" if amount > 0 else "REFUND"
            rows.append(self._row(f"{number}{at:03}", kind, day, amount, fee, currency, order))
        net = sum(sales.values()) - fee * len(sales) if paid is None else paid
        if transfer:
            rows.append(self._row(f"{number}999", "TRANSFER", day, -net, 0, currency, None))
        self.payouts[str(number)] = {
            "id": f"gid://shopify/ShopifyPaymentsPayout/{number}", "legacyResourceId": str(number),
            "issuedAt": f"{day}T00:00:00Z", "status": status, "transactionType": "DEPOSIT", "externalTraceId": "",
            "net": self._money(net, currency), "rows": rows,
        }  # fmt: skip

    @staticmethod
    def _money(value, currency):
        sign = "-" if value < 0 else ""
        return {"amount": f"{sign}{abs(value) // 100}.{abs(value) % 100:02}", "currencyCode": currency}

    def _row(self, number, kind, day, amount, fee, currency, order):
        order = {"id": "gid://shopify/Order/1", "name": order} if order else None
        return {
            "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}", "type": kind, "sourceType": kind,
            "transactionDate": f"{day}T10:00:00Z", "amount": self._money(amount, currency),
            "fee": self._money(fee, currency), "net": self._money(amount - fee, currency), "associatedOrder": order,
            "sourceOrderTransactionId": f"9{number}", "associatedPayout": None,
        }  # fmt: skip

    def answer(self, method, path, query, raw, headers):
        fault = self.take_fault("401", "429", "500", "html")
        if fault:
            return self._fault(fault.kind)
        if method == "POST" and path == self.TOKEN_PATH:
            return 200, self._issue(raw, headers), {}
        if method != "POST" or path != self.QUERY_PATH:
            raise ApiError(404, {"errors": "Not Found"})
        if headers.get("X-Shopify-Access-Token") not in self.tokens:
            raise ApiError(401, {"errors": "[API] Invalid API key or access token"})
        if self.throttled:
            self.throttled -= 1
            status = {"maximumAvailable": 2000, "currentlyAvailable": 100, "restoreRate": 100}
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            cost = {"requestedQueryCost": 512, "throttleStatus": status}
            return 200, {"errors": [error], "extensions": {"cost": cost}}, {}
        return 200, {"data": self._data(json.loads(raw))}, {}

    def _issue(self, raw, headers):
        return self.issue_by_form(raw, "client_credentials", "client_secret")

    def _data(self, body):
        text, variables = body["query"], body["variables"]
        if "node(id:" in text:
            payout = self.payouts.get(variables["id"].rpartition("/")[2])
            return {"node": payout and {name: value for name, value in payout.items() if name != "rows"}}
        if not self.has_payments:
            return {"shopifyPaymentsAccount": None}
        if "payouts(" in text:
            rows = sorted(self.payouts.values(), key=lambda payout: payout["issuedAt"], reverse=True)
            rows = [{name: value for name, value in row.items() if name != "rows"} for row in rows]
            return {"shopifyPaymentsAccount": {"payouts": self._page_of(rows, variables)}}
        number = variables["query"].removeprefix("payments_transfer_id:")
        return {
            "shopifyPaymentsAccount": {"balanceTransactions": self._page_of(self.payouts[number]["rows"], variables)}
        }

    def _page_of(self, rows, variables):
        first = int(variables.get("after") or 0)
        end = first + self.per_page
        return {"nodes": rows[first:end], "pageInfo": {"hasNextPage": end < len(rows), "endCursor": str(end)}}
