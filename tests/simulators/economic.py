"""A small e-conomic: HTTP server with the parts of its REST API that the connector uses.

Plain Python without Odoo or pytest. Bodies and errors follow e-conomic's published REST documentation.

    with EconomicSimulator() as simulator:
        print(simulator.base_url, simulator.app_secret, simulator.grant_token)
"""

import re
from datetime import date, timedelta
from decimal import Decimal

from . import economic_journal
from .economic_journal import EconomicJournal
from .pages import EconomicPage
from .server import CENT, COMMON_FAULTS, ApiError, Simulator, cents, form_or_json, run_by_hand

FAULTS = {
    **COMMON_FAULTS,
    "401": "the tokens are not accepted",
    "403": "the agreement lacks the module or the right",
    "429": "too many calls",
    "500": "server error, nothing stored",
    "html": "an error page instead of JSON",
    "rounding": "VAT 0.01 lower than the lines say",
    "drop_field": "a line is dropped silently",
    "duplicate_ids": "a list tells every row twice",
}


# a sign at place n is written _n_ in a path; the places between those that are documented are made up
SPECIAL_SIGNS = "<>*%:&/\\_ ?.#+"


def _in_path(number):
    return "".join(f"_{SPECIAL_SIGNS.index(sign)}_" if sign in SPECIAL_SIGNS else sign for sign in number)


def validation_error(name, text, value=None, code="E04300"):
    item = {"propertyName": name, "errorMessage": text, "errorCode": code, "inputValue": value}
    return ApiError(
        400,
        {
            "message": "Validation failed. 1 error found.",
            "errorCode": "E04300",
            "developerHint": "Inspect validation errors and correct your request.",
            "logId": "0000000000000000-CPH",
            "httpStatusCode": 400,
            "errors": {name: {"errors": [item]}},
            "errorCount": 1,
        },
    )


def not_found():
    return ApiError(404, {"message": "Not found", "errorCode": "E06000", "httpStatusCode": 404, "logId": "0-CPH"})


class EconomicSimulator(EconomicJournal, EconomicPage, Simulator):
    FAULTS = FAULTS

    def __init__(self):
        super().__init__()
        self.app_secret, self.grant_token = "app-hemmelig-proeve", "grant-hemmelig-proeve"
        self.customers, self.drafts, self.booked_invoices = {}, {}, {}
        self.product_groups = {1: Decimal(25), 2: Decimal(0)}  # number -> VAT of its account in the domestic zone
        self.products = {}
        for number, name, group in (("VARE25", "Salg med moms", 1), ("VARE0", "Salg uden moms", 2)):
            self.products[number] = {
                "productNumber": number,
                "name": name,
                "productGroup": {"productGroupNumber": group},
            }
        self.units = {1: "stk.", 2: "Timer"}
        self.payment_terms = {1: ("Netto 14 dage", 14), 2: ("Netto 30 dage", 30)}  # number -> name, days
        self.played_back = {}  # Idempotency-Key -> (status, answer)
        self.next_number = {"customer": 1, "draft": 1, "booked": 1601}
        self.start_journal()

    def pay(self, number, amount):
        """The bookkeeper registers a payment."""
        invoice = self.booked_invoices[int(number)]
        invoice["remainder"] -= cents(amount)

    # --------------------------------------------------------------- the API

    def handle(self, method, path, query, body, key):
        if key and method != "GET":
            if key in self.played_back:
                return self.played_back[key]
            answer = self._handle(method, path, query, body)
            self.played_back[key] = answer
            return answer
        return self._handle(method, path, query, body)

    def _handle(self, method, path, query, body):
        for pattern, verb, function in (*_ROUTES, *economic_journal.ROUTES):
            found = re.fullmatch(pattern, path)
            if found and verb == method:
                return function(self, query, body, *found.groups())
        raise not_found()

    def read_self(self, _query, _body):
        return 200, {"agreementNumber": 123456, "company": {"name": "Prøvefirma ApS"}}

    def list_products(self, query, _body):
        rows = [
            row | {"self": f"{self.base_url}/products/{_in_path(row['productNumber'])}"}
            for row in self.products.values()
        ]
        return 200, self._page(rows, query)

    def create_product(self, _query, body):
        self._check_product(body)
        if body["productNumber"] in self.products:
            raise validation_error("productNumber", "The number is taken", body["productNumber"])
        self.products[body["productNumber"]] = body
        return 201, body

    def update_product(self, _query, body, number):
        """Replaces the whole product."""
        number = re.sub(r"_(\d+)_", lambda found: SPECIAL_SIGNS[int(found.group(1))], number)
        if number not in self.products:
            raise not_found()
        self._check_product(body)
        self.products[number] = {name: value for name, value in body.items() if name != "self"}
        return 200, self.products[number]

    def _check_product(self, body):
        self._check_no_nulls(body)
        for name in ("productNumber", "name", "productGroup"):
            if not body.get(name):
                raise validation_error(name, f"{name} is required", code="E04500")
        if len(body["productNumber"]) > 25 or len(body["name"]) > 300:
            raise validation_error("productNumber", "Too long")
        if body["productGroup"].get("productGroupNumber") not in self.product_groups:
            raise validation_error("productGroup", "Product group not found", code="E06000")
        if Decimal(body.get("salesPrice") or 0) != cents(body.get("salesPrice") or 0):
            raise validation_error("salesPrice", "Too many decimals", body["salesPrice"], "E04740")
        if body.get("unit") and body["unit"].get("unitNumber") not in self.units:
            raise validation_error("unit", "Unit not found", code="E06000")

    def list_units(self, query, _body):
        return 200, self._page([{"unitNumber": one, "name": name} for one, name in self.units.items()], query)

    def list_terms(self, query, _body):
        rows = [{"paymentTermsNumber": one, "name": name} for one, (name, _days) in self.payment_terms.items()]
        return 200, self._page(rows, query)

    def list_customers(self, query, _body):
        return 200, self._page(list(self.customers.values()), query)

    def read_customer(self, _query, _body, number):
        if int(number) not in self.customers:
            raise not_found()
        return 200, self.customers[int(number)]

    def create_customer(self, _query, body):
        for name in ("name", "currency", "customerGroup", "paymentTerms", "vatZone"):
            if not body.get(name):
                raise validation_error(name, f"{name} is required", code="E04500")
        self._check_no_nulls(body)
        number = self.next_number["customer"]
        self.next_number["customer"] += 1
        self.customers[number] = body | {"customerNumber": number}
        return 201, self.customers[number]

    def update_customer(self, _query, body, number):
        """Replaces the whole customer."""
        if int(number) not in self.customers:
            raise not_found()
        for name in ("name", "currency", "customerGroup", "paymentTerms", "vatZone"):
            if not body.get(name):
                raise validation_error(name, f"{name} is required", code="E04500")
        self._check_no_nulls(body)
        self.customers[int(number)] = body | {"customerNumber": int(number)}
        return 200, self.customers[int(number)]

    def create_draft(self, _query, body):
        self._check_no_nulls(body)
        for name in ("date", "currency", "customer", "paymentTerms", "layout", "recipient"):
            if not body.get(name):
                raise validation_error(name, f"{name} is required", code="E04500")
        number = self.next_number["draft"]
        self.next_number["draft"] += 1
        self.drafts[number] = self._calculated(body) | {"draftInvoiceNumber": number}
        return 201, self.drafts[number]

    def update_draft(self, _query, body, number):
        if int(number) not in self.drafts:
            raise not_found()
        self._check_no_nulls(body)
        self.drafts[int(number)] = self._calculated(body) | {"draftInvoiceNumber": int(number)}
        return 200, self.drafts[int(number)]

    def _calculated(self, body):
        customer = self.customers.get(body["customer"].get("customerNumber"))
        if not customer:
            raise validation_error("customer", "Customer not found", code="E06000")
        terms = self.payment_terms.get(body["paymentTerms"].get("paymentTermsNumber"))
        if not terms:
            raise validation_error("paymentTerms", "Payment terms not found", code="E07080")
        lines, sums = list(body.get("lines") or []), {}
        if self.take_fault("drop_field"):
            lines = lines[:-1]
        shown = []
        for index, line in enumerate(lines):
            if "product" not in line:
                shown.append(line)
                continue
            product = self.products.get(line["product"].get("productNumber"))
            if not product:
                raise validation_error("product", f"Line {index}: product not found", code="E06000")
            price = Decimal(line["unitNetPrice"])
            if price != cents(price):
                raise validation_error("unitNetPrice", "Too many decimals", line["unitNetPrice"], "E04740")
            discount = Decimal(line.get("discountPercentage") or 0)
            total = cents(price * Decimal(line["quantity"]) * (1 - discount / 100))
            rate = self.product_groups[product["productGroup"]["productGroupNumber"]]
            sums[rate] = sums.get(rate, Decimal(0)) + total
            shown.append(line | {"totalNetAmount": total})
        net = sum(sums.values(), Decimal(0))
        vat = sum((cents(amount * rate / 100) for rate, amount in sums.items()), Decimal(0))
        if self.take_fault("rounding"):
            vat -= CENT
        return body | {
            "lines": shown,
            "netAmount": net,
            "vatAmount": vat,
            "grossAmount": net + vat,
            "roundingAmount": Decimal(0),
            "dueDate": (date.fromisoformat(body["date"]) + timedelta(days=terms[1])).isoformat(),
        }

    def list_drafts(self, query, _body):
        return 200, self._page(list(self.drafts.values()), query)

    def read_draft(self, _query, _body, number):
        if int(number) not in self.drafts:
            raise not_found()
        return 200, self.drafts[int(number)]

    def delete_draft(self, _query, _body, number):
        if not self.drafts.pop(int(number), None):
            raise not_found()
        return 204, None

    def book(self, _query, body):
        draft = self.drafts.pop(body["draftInvoice"]["draftInvoiceNumber"], None)
        if not draft:
            raise validation_error("draftInvoice", "Draft not found", code="E06000")
        number = int(body.get("bookWithNumber") or self.next_number["booked"])
        if number in self.booked_invoices:
            raise validation_error("bookWithNumber", f"Number {number} is taken")
        self.next_number["booked"] = max(self.next_number["booked"], number + 1)
        booked = {name: value for name, value in draft.items() if name != "draftInvoiceNumber"}
        self.booked_invoices[number] = booked | {"bookedInvoiceNumber": number, "remainder": draft["grossAmount"]}
        return 201, self.booked_invoices[number]

    def list_booked(self, query, _body):
        return 200, self._page(list(self.booked_invoices.values()), query)

    def read_booked(self, _query, _body, number):
        if int(number) not in self.booked_invoices:
            raise not_found()
        return 200, self.booked_invoices[int(number)]

    # -------------------------------------------------------------- helpers

    def _check_no_nulls(self, body):
        if isinstance(body, dict):
            for name, value in body.items():
                if value is None:
                    raise validation_error(name, "null is not accepted")
                self._check_no_nulls(value)
        elif isinstance(body, list):
            for value in body:
                self._check_no_nulls(value)

    def _page(self, rows, query):
        for part in (query.get("filter") or "").split("$and:"):
            if not part:
                continue
            match = re.fullmatch(r"([\w.]+)\$(eq|gte|lte):(.*)", part)
            if not match:
                raise validation_error("filter", "Filter is not valid", part)
            name, operator, sought = match.groups()
            sought = re.sub(r"\$(.)", r"\1", sought)
            rows = [row for row in rows if _holds(_value(row, name), operator, sought)]
        size = min(int(query.get("pagesize") or 20), 1000)
        skip = int(query.get("skippages") or 0)
        shown = rows[skip * size : (skip + 1) * size]
        if self.take_fault("duplicate_ids"):
            shown = [row for row in shown for _time in "12"]
        pagination = {"skipPages": skip, "pageSize": size, "results": len(rows), "maxPageSizeAllowed": 1000}
        if (skip + 1) * size < len(rows):
            pagination["nextPage"] = f"{self.base_url}{self._current[1]}?skippages={skip + 1}&pagesize={size}"
        return {"collection": shown, "pagination": pagination}

    def answer(self, method, path, query, raw, headers):
        if path in ("/", "/fault", "/pay"):
            return self.by_hand(method, path, raw)
        fault = self.take_fault("401", "403", "429", "500", "html")
        if fault:
            return {
                "401": (401, {"message": "Unauthorized", "httpStatusCode": 401, "errorCode": "E00500"}, {}),
                "403": (403, {"message": "Access denied", "httpStatusCode": 403, "errorCode": "E00600"}, {}),
                "429": (429, {"message": "Too many requests", "httpStatusCode": 429}, {}),
                "500": (500, {"message": "Internal error", "httpStatusCode": 500}, {}),
                "html": (502, "<html><body>Bad gateway</body></html>", {}),
            }[fault.kind]
        expected = (self.app_secret, self.grant_token)
        if (headers.get("X-AppSecretToken"), headers.get("X-AgreementGrantToken")) != expected:
            raise ApiError(401, {"message": "Unauthorized", "httpStatusCode": 401, "errorCode": "E00500"})
        status, answer = self.handle(method, path, query, form_or_json(raw, headers), headers.get("Idempotency-Key"))
        return status, answer, {}


def _value(row, name):
    for part in name.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return "" if row is None else str(row)


def _holds(value, operator, sought):
    if operator == "eq":
        return value.lower() == sought.lower()
    return value >= sought if operator == "gte" else value <= sought


_ROUTES = [
    (r"/self", "GET", EconomicSimulator.read_self),
    (r"/products", "GET", EconomicSimulator.list_products),
    (r"/products", "POST", EconomicSimulator.create_product),
    (r"/products/([^/]+)", "PUT", EconomicSimulator.update_product),
    (r"/payment-terms", "GET", EconomicSimulator.list_terms),
    (r"/units", "GET", EconomicSimulator.list_units),
    (r"/customers", "GET", EconomicSimulator.list_customers),
    (r"/customers", "POST", EconomicSimulator.create_customer),
    (r"/customers/(\d+)", "GET", EconomicSimulator.read_customer),
    (r"/customers/(\d+)", "PUT", EconomicSimulator.update_customer),
    (r"/invoices/drafts", "GET", EconomicSimulator.list_drafts),
    (r"/invoices/drafts", "POST", EconomicSimulator.create_draft),
    (r"/invoices/drafts/(\d+)", "GET", EconomicSimulator.read_draft),
    (r"/invoices/drafts/(\d+)", "PUT", EconomicSimulator.update_draft),
    (r"/invoices/drafts/(\d+)", "DELETE", EconomicSimulator.delete_draft),
    (r"/invoices/booked", "GET", EconomicSimulator.list_booked),
    (r"/invoices/booked", "POST", EconomicSimulator.book),
    (r"/invoices/booked/(\d+)", "GET", EconomicSimulator.read_booked),
]


def main():
    """Run by hand: ``script/simulator economic 8091``."""
    run_by_hand(
        EconomicSimulator(),
        8091,
        "e-conomic simulator at {0.base_url}",
        "app secret {0.app_secret}, grant token {0.grant_token}",
        "In Odoo, under Settings > Technical > System Parameters:",
        "  economic_connector.api_url = {0.base_url}, economic_connector.test_server = 1",
    )


if __name__ == "__main__":
    main()
