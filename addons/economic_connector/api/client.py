"""e-conomic's REST API over HTTP. Plain Python: no Odoo model, no database.

Writes carry an idempotency key: the answer to a repeated one is played back (accounting-apis B1). What is repeated
and what is not: ``ledger_bridge/api/http.py``.
"""

import json
import re

from odoo.addons.ledger_bridge.api.http import ApiError, Http
from odoo.addons.transfer_log import addresses

API_URL = "https://restapi.e-conomic.com"
PAGE_SIZE = 1000
MAX_PAGES = 1000


class EconomicError(ApiError):
    """What e-conomic answered, or that it did not."""


def _messages(errors, found):
    """Texts of the nested error items; both documented spellings."""
    if isinstance(errors, dict):
        text = errors.get("errorMessage") or (errors.get("message") if "errorCode" in errors else None)
        if text:
            found.append(f"{errors.get('propertyName') or ''}: {text} ({errors.get('errorCode') or '-'})".lstrip(": "))
        for value in errors.values():
            _messages(value, found)
    elif isinstance(errors, list):
        for value in errors:
            _messages(value, found)
    return found


def _from_response(status, text, request):
    kind = {401: "authorisation", 403: "authorisation", 404: "not_found", 429: "limit"}.get(status)
    kind = kind or ("unavailable" if status >= 500 else "validation")
    message = ""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        parts = [str(body.get("message") or "")] + _messages(body.get("errors"), [])[:20]
        if body.get("logId"):
            parts.append(f"log {body['logId']}")
        message = " · ".join(filter(None, parts))
    return EconomicError(kind, message, status=status, request=request, response=text)


class EconomicClient:
    """The endpoints the connector uses, for one agreement."""

    def __init__(self, app_secret, grant_token, *, url=API_URL, session=None, sleep=None):
        self.headers = {
            "X-AppSecretToken": app_secret or "",
            "X-AgreementGrantToken": grant_token or "",
            "Content-Type": "application/json",
        }
        self.url = url.rstrip("/")
        self.http = Http(EconomicError, _from_response, session=session, sleep=sleep)

    def agreement(self):
        return self._request("GET", "/self")

    def products(self, name=None, value=None):
        """All products, or those with this value of a field."""
        return self._pages("/products", f"{name}$eq:{escape(value)}" if name else None)

    def create_product(self, body, key):
        return self._request("POST", "/products", body=body, key=key)

    def update_product(self, number, link, body, key):
        """:param link: ``self`` of the answer that was read; a path is not built of a number with special signs (B1)"""
        path = f"/products/{number}"
        if not re.fullmatch(r"[0-9A-Za-z-]+", number):
            if not str(link or "").startswith(self.url + "/products/"):
                raise EconomicError("validation", f"e-conomic tells no address of product {number}", request=body)
            path = link.removeprefix(self.url)
        return self._request("PUT", path, body=body, key=key)

    def payment_terms(self):
        return self._pages("/payment-terms")

    def units(self):
        return self._pages("/units")

    def customer(self, number):
        return self._read(f"/customers/{int(number)}")

    def list_customers(self):
        return self._pages("/customers")

    def update_customer(self, number, body, key):
        return self._request("PUT", f"/customers/{int(number)}", body=body, key=key)

    def find_customers(self, name, value):
        return self._pages("/customers", f"{name}$eq:{escape(value)}")

    def create_customer(self, body, key):
        return self._request("POST", "/customers", body=body, key=key)

    def drafts(self):
        return self._pages("/invoices/drafts")

    def draft(self, number):
        return self._read(f"/invoices/drafts/{int(number)}")

    def create_draft(self, body, key):
        return self._request("POST", "/invoices/drafts", body=body, key=key)

    def update_draft(self, number, body, key):
        return self._request("PUT", f"/invoices/drafts/{int(number)}", body=body, key=key)

    def delete_draft(self, number):
        return self._request("DELETE", f"/invoices/drafts/{int(number)}")

    def book(self, number, key, own_number=None):
        """``own_number``: the number it is to have; left out, e-conomic gives the next of its own."""
        body = {"draftInvoice": {"draftInvoiceNumber": int(number)}, "sendBy": "none"}
        if own_number:
            body["bookWithNumber"] = own_number
        return self._request("POST", "/invoices/booked", body=body, key=key)

    def booked(self, number):
        return self._read(f"/invoices/booked/{int(number)}")

    def list_booked(self, date_from, date_to):
        return self._pages("/invoices/booked", f"date$gte:{date_from}$and:date$lte:{date_to}")

    # ------------------------------------------------- vendors and vendor bills

    def accounts(self):
        return self._pages("/accounts")

    def vat_accounts(self):
        return self._pages("/vat-accounts")

    def accounting_years(self):
        return self._pages("/accounting-years")

    def find_suppliers(self, name, value):
        return self._pages("/suppliers", f"{name}$eq:{escape(value)}")

    def create_supplier(self, body, key):
        return self._request("POST", "/suppliers", body=body, key=key)

    def vouchers(self, journal):
        """What is in a journal and not booked yet."""
        return self._pages(f"/journals/{int(journal)}/vouchers")

    def create_voucher(self, journal, body, key):
        return self._request("POST", f"/journals/{int(journal)}/vouchers", body=body, key=key)

    def attach_file(self, voucher, name, content, media_type, key, is_first=True):
        """Put a file to a voucher; one that has a file already gets it as further pages.

        :param dict voucher: as it was read; its own link is followed, because how a year is written in a path is
            e-conomic's affair
        """
        link = str(voucher.get("self") or "")
        if not link.startswith(self.url + "/"):
            raise EconomicError("no_answer", "The link of e-conomic's voucher leads elsewhere", response=voucher)
        headers = self.headers | {"Idempotency-Key": key}
        del headers["Content-Type"]  # that of the form is set by sending it
        url = f"{link.split('?')[0]}/attachment/file"
        method = "POST" if is_first else "PATCH"
        return self.http.send_file(method, url, name, content, media_type, headers=headers)

    # ------------------------------------------------------------------ helpers

    def _read(self, path):
        try:
            return self._request("GET", path)
        except EconomicError as error:
            if error.kind == "not_found":
                return None
            raise

    def _pages(self, path, filter_text=None):
        rows = []
        for page in range(MAX_PAGES):
            query = {"skippages": page, "pagesize": PAGE_SIZE}
            if filter_text:
                query["filter"] = filter_text
            answer = self._request("GET", path, query)
            part = answer.get("collection")
            if not isinstance(part, list) or not all(isinstance(row, dict) for row in part):
                raise EconomicError("no_answer", "e-conomic's list cannot be read")
            rows += part
            if not (answer.get("pagination") or {}).get("nextPage"):
                return rows
        raise EconomicError("no_answer", "e-conomic's list does not end")

    def _request(self, method, path, query=None, *, body=None, key=None):
        return self.http.repeated(lambda: self._send(method, path, query, body, key), method == "GET")

    def _send(self, method, path, query, body, key):
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        answer = self.http.send_json(method, self.url + path, body=body, headers=headers, params=query)
        if isinstance(answer, list) and method == "POST":
            return {"collection": answer}
        if not isinstance(answer, dict):
            raise EconomicError("no_answer", "The answer is not what was expected", request=body)
        return answer


def escape(value):
    """A value inside a filter (B2)."""
    return re.sub(r"([$()*,\[\]])", r"$\1", str(value))


def is_allowed(address, allows_test_server=False):
    """Only e-conomic's own hosts; a server on this machine when that is allowed."""
    return addresses.is_allowed(address, ("e-conomic.com",), allows_test_server=allows_test_server)
