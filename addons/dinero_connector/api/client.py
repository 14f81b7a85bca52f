"""Dinero's API over HTTP. Plain Python: no Odoo model, no database.

Versions are part of each path and differ per endpoint (accounting-apis A5). What is repeated and what is not:
``ledger_bridge/api/http.py`` (A3).
"""

import logging
from functools import partial
from urllib.parse import quote

from odoo.addons.ledger_bridge.api.http import Http

from .errors import DineroError, from_response, lower_keys

_logger = logging.getLogger(__name__)

API_URL = "https://api.dinero.dk"
PAGE_SIZE = 1000
MAX_PAGES = 1000
PAID = {"vouchers/purchase": "purchase-vouchers"}  # payments stand under another path than the voucher
CONTACT_FIELDS = (
    "ContactGuid,Name,ExternalReference,Street,ZipCode,City,CountryKey,Phone,Email,Webpage,VatNumber,EanNumber,"
    "IsPerson,DeletedAt"
)
PRODUCT_FIELDS = "ProductGuid,ProductNumber,Name,BaseAmountValue,AccountNumber,Unit,ExternalReference,Comment"


class DineroClient:
    """The endpoints the connector uses, for one organisation.

    :param get_token: ``get_token(refused=None) -> access token``; called with the token that was refused after a
        401, once per request
    :param wait: called before every call to the books of the organisation; keeps to the limit per minute
    """

    def __init__(self, organisation, get_token, *, url=API_URL, session=None, sleep=None, wait=None):
        self.organisation, self.get_token, self.url = organisation, get_token, url.rstrip("/")
        self.wait = wait or (lambda: None)
        self.http = Http(DineroError, from_response, session=session, sleep=sleep)

    # ------------------------------------------------------------ organisations

    def organizations(self):
        return self._list(self._request("GET", "/v1.1/organizations", {"fields": "Name,Id,IsPro"}))

    # ----------------------------------------------------------------- contacts

    def find_contacts(self, **filters):
        """Contacts that have all these values, e.g. ``VatNumber="12345678"``."""
        return self._find("v1", "contacts", CONTACT_FIELDS, filters)

    def list_contacts(self):
        """All contacts; the list may hold deleted ones, which say so in ``deletedat``."""
        return self._pages("v1", "contacts", {"fields": CONTACT_FIELDS})

    def contact(self, guid):
        return self._read("v1", f"contacts/{guid}")

    def create_contact(self, body):
        return self._call("POST", "v1", "contacts", body)

    def update_contact(self, guid, body):
        """Replaces every field."""
        return self._call("PUT", "v2", f"contacts/{guid}", body)

    # ----------------------------------------------------------------- products

    def find_products(self, **filters):
        """Products that have all these values, e.g. ``ProductNumber="ABO-Q"``."""
        return self._find("v1", "products", PRODUCT_FIELDS, filters)

    def list_products(self):
        return self._pages("v1", "products", {"fields": PRODUCT_FIELDS})

    def product(self, guid):
        return self._read("v1", f"products/{guid}")

    def create_product(self, body):
        return self._call("POST", "v1", "products", body)

    def update_product(self, guid, body):
        return self._call("PUT", "v1", f"products/{guid}", body)

    # ------------------------------------------------ invoices and credit notes

    def fetch_totals(self, kind, body):
        """Dinero's own totals of a document that is not made. Stores nothing, so it is repeated like a read."""
        return self._request("POST", self._path("v1", f"{kind}/fetch"), body=body, is_read=True)

    def find_vouchers(self, kind, **filters):
        return self._find("v1", kind, "Guid,Number,ExternalReference,Status,DeletedAt", filters)

    def list_vouchers(self, kind, **query):
        fields = "Guid,Number,ExternalReference,Status,Currency,Date,TotalExclVat,TotalInclVat,ContactGuid,UpdatedAt"
        fields += ",DeletedAt"
        return self._pages("v1", kind, query | {"fields": fields})

    def voucher(self, kind, guid):
        """The whole document, or ``None``."""
        return self._read("v1", f"{kind}/{guid}")

    def create_voucher(self, kind, body):
        return self._call("POST", "v1", kind, body)

    def update_voucher(self, kind, guid, body):
        return self._call("PUT", "v1.2", f"{kind}/{guid}", body)

    def book_voucher(self, kind, guid, timestamp, number=None):
        """``number``: ours; left out, Dinero gives the next of its own."""
        body = {"Timestamp": timestamp} | ({"Number": number} if number else {})
        return self._call("POST", "v1", f"{kind}/{guid}/book", body)

    def payments(self, kind, guid):
        return self._read("v2" if kind == "invoices" else "v1", f"{PAID.get(kind, kind)}/{guid}/payments")

    def create_payment(self, kind, guid, body):
        return self._call("POST", "v1", f"{PAID.get(kind, kind)}/{guid}/payments", body)

    def delete_payment(self, kind, guid, payment_guid, timestamp):
        if kind in PAID:
            return self._call("DELETE", "v1", f"{PAID[kind]}/{guid}/payments/{payment_guid}/{timestamp}", None)
        return self._call("DELETE", "v1", f"{kind}/{guid}/payments/{payment_guid}", {"Timestamp": timestamp})

    # -------------------------------------------------------- purchase vouchers

    def fetch_purchase(self, body):
        """Dinero's own totals of a voucher that is not made."""
        return self._request("POST", self._path("v1", "vouchers/purchase/fetch"), body=body, is_read=True)

    def similar_purchase(self, body):
        """Whether Dinero holds a voucher like this one. Stores nothing."""
        return self._request("POST", self._path("v1", "vouchers/purchase/similar"), body=body, is_read=True)

    def purchase(self, guid):
        return self._read("v1", f"vouchers/purchase/{guid}")

    def create_purchase(self, body, is_credit_note=False):
        if is_credit_note:
            return self._call("POST", "v1", "vouchers/purchase/creditnotes", body)
        return self._call("POST", "v1.2", "vouchers/purchase", body)

    def update_purchase(self, guid, body):
        return self._call("PUT", "v1.1", f"vouchers/purchase/{guid}", body)

    def book_purchase(self, guid, timestamp, is_credit_note=False):
        kind = "vouchers/purchase/creditnotes" if is_credit_note else "vouchers/purchase"
        return self._call("POST", "v1", f"{kind}/{guid}/book", {"Timestamp": timestamp})

    # ---------------------------------------------------------- manual vouchers

    def create_manual(self, body):
        return self._call("POST", "v1", "vouchers/manuel", body)

    def manual(self, guid):
        return self._read("v1", f"vouchers/manuel/{guid}")

    def book_manual(self, guid, timestamp):
        return self._call("POST", "v1", f"vouchers/manuel/{guid}/book", {"Timestamp": timestamp})

    def entries(self, date_from, date_to):
        query = {"fromDate": date_from, "toDate": date_to, "includePrimo": "false"}
        return self._list(self._request("GET", self._path("v1", "entries"), query))

    # -------------------------------------------------------------------- files

    def upload_file(self, name, content, media_type):
        """Store a file; nobody sees it there until it is put to a document."""
        path = self._path("v1", "files")
        return self._request("POST", path, body={"file": name}, upload=(name, content, media_type))

    def list_files(self, status):
        """:param status: ``All``, ``Used`` or ``Unused``"""
        answer = self._request("GET", self._path("v1", "files"), {"fileStatus": status})
        return self._list(answer.get("collection") if isinstance(answer, dict) else answer)

    def download_file(self, guid, limit):
        """Its bytes; ``None``: it is gone, or has more than ``limit``."""
        self.wait()
        headers = {"Authorization": f"Bearer {self.get_token()}", "Accept": "application/octet-stream"}
        try:
            return self.http.fetch("GET", self.url + self._path("v1", f"files/{guid}"), headers=headers, limit=limit)
        except DineroError as error:
            if error.kind == "not_found" or "larger than" in error.text:
                return None
            raise

    def attach_file(self, document, guid, name):
        return self._call("POST", "v1", f"attachments/{document}/{guid}/{name}", None)

    # ----------------------------------------------------------------- accounts

    def accounts(self):
        query = {"fields": "AccountNumber,Name,VatCode"}
        entry = self._list(self._request("GET", self._path("v1", "accounts/entry"), query))
        return entry + self._list(self._request("GET", self._path("v1", "accounts/deposit")))

    def vat_types(self):
        return self._list(self._request("GET", self._path("v1", "vatTypes")))

    # ------------------------------------------------------------------ helpers

    def _path(self, version, rest):
        return f"/{version}/{int(self.organisation)}/{quote(rest)}"

    def _read(self, version, rest):
        try:
            return self._request("GET", self._path(version, rest))
        except DineroError as error:
            if error.kind == "not_found":
                return None
            raise

    def _call(self, method, version, rest, body):
        return self._request(method, self._path(version, rest), body=body)

    def _find(self, version, rest, fields, filters):
        # how a quote inside a value is written is not documented (A4): such a value is not searched for
        usable = {name: str(value) for name, value in filters.items() if value and "'" not in str(value)}
        if not usable:
            return []
        query = {"queryFilter": ";".join(f"{name} eq '{value}'" for name, value in usable.items()), "fields": fields}
        rows = self._pages(version, rest, query)
        # do not rely on the filter alone
        return [
            row
            for row in rows
            if all(str(row.get(name.lower()) or "").lower() == value.lower() for name, value in usable.items())
        ]

    def _pages(self, version, rest, query):
        rows = []
        for page in range(MAX_PAGES):
            answer = self._request("GET", self._path(version, rest), query | {"page": page, "pageSize": PAGE_SIZE})
            if not isinstance(answer, dict):
                raise DineroError("no_answer", "Dinero's list cannot be read")
            part = self._list(answer.get("collection"))
            rows += part
            # A4: the end is a page that is not full; ResultWithoutFilter is no stop test
            if len(part) < int((answer.get("pagination") or {}).get("pagesize") or PAGE_SIZE):
                return self._each_once(rows)
        raise DineroError("no_answer", "Dinero's list does not end")

    def _each_once(self, rows):
        """A row that is told twice (a list that changes between two pages) is one."""
        found = {}
        for number, row in enumerate(rows):
            found.setdefault(row.get("guid") or row.get("contactguid") or row.get("productguid") or number, row)
        return list(found.values())

    def _list(self, answer):
        if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
            raise DineroError("no_answer", "Dinero's list cannot be read")
        return answer

    def _request(self, method, path, query=None, *, body=None, is_read=None, upload=None):
        is_read = method == "GET" if is_read is None else is_read
        call = partial(self._send, method, path, query, body, upload)
        try:
            return self.http.repeated(call, is_read)
        except DineroError as error:
            if error.kind != "brownout":
                raise
            # A3: Dinero is about to remove this endpoint, and answers so at random
            _logger.error("Dinero answered 480: %s %s will be removed, the connector must be updated", method, path)
            if not is_read:
                raise
        return self.http.repeated(call, is_read)

    def _send(self, method, path, query, body, upload=None):
        """One call. A 401 leads to one new token and one repetition."""
        token = self.get_token()
        try:
            return self._send_with(token, method, path, query, body, upload)
        except DineroError as error:
            if error.kind != "authorisation":
                raise
        return self._send_with(self.get_token(refused=token), method, path, query, body, upload)

    def _send_with(self, token, method, path, query, body, upload=None):
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.wait()
        if upload:
            answer = self.http.send_file(method, self.url + path, *upload, headers=headers)
        else:
            if body is not None:
                headers["Content-Type"] = "application/json; charset=utf-8"
            answer = self.http.send_json(method, self.url + path, body=body, headers=headers, params=query)
        try:
            return lower_keys(answer)
        except ValueError as error:
            raise DineroError("no_answer", "Dinero's answer is nested too deep", request=body) from error
