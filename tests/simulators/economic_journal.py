"""Vendors and the journal of the simulated e-conomic: vouchers are drafts until a person books the journal.

Endpoints as published; names of fields as the vendor's description of the journal has them.
"""

from decimal import Decimal

from .server import CENT, ApiError


def _invalid(name, text, code="E04300"):
    item = {"propertyName": name, "errorMessage": text, "errorCode": code, "inputValue": None}
    errors = {name: {"errors": [item]}}
    return ApiError(400, {"message": "Validation failed.", "errorCode": "E04300", "logId": "0-CPH", "errors": errors})


def _missing():
    return ApiError(404, {"message": "Not found", "errorCode": "E06000", "httpStatusCode": 404, "logId": "0-CPH"})


class EconomicJournal:
    """Mixin. ``vouchers``: ``{(journal, number): voucher}`` not booked yet."""

    def start_journal(self):
        self.suppliers, self.vouchers, self.voucher_files = {}, {}, {}
        self.accounts = {2100: ("Varekøb", "I25"), 2750: ("Forsikring", None), 5040: ("Øreafrunding", None)}
        self.vat_codes = {"U25": Decimal(25), "I25": Decimal(25)}
        self.next_voucher = 1

    def list_accounts(self, query, _body):
        rows = [
            {"accountNumber": number, "name": name} | ({"vatAccount": {"vatCode": code}} if code else {})
            for number, (name, code) in self.accounts.items()
        ]
        return 200, self._page(rows, query)

    def list_vat_accounts(self, query, _body):
        rows = [{"vatCode": code, "name": code, "ratePercentage": rate} for code, rate in self.vat_codes.items()]
        return 200, self._page(rows, query)

    def list_years(self, query, _body):
        rows = [
            {"year": str(year), "fromDate": f"{year}-01-01", "toDate": f"{year}-12-31"} for year in range(2020, 2040)
        ]
        return 200, self._page(rows, query)

    def list_suppliers(self, query, _body):
        return 200, self._page(list(self.suppliers.values()), query)

    def create_supplier(self, _query, body):
        for name in ("name", "currency", "supplierGroup", "paymentTerms", "vatZone"):
            if not body.get(name):
                raise _invalid(name, f"{name} is required", "E04500")
        self._check_no_nulls(body)
        number = len(self.suppliers) + 1
        kept = {name: value for name, value in body.items() if name not in self.dropped_of_supplier}
        self.suppliers[number] = kept | {"supplierNumber": number}
        return 201, self.suppliers[number]

    dropped_of_supplier = ()

    def list_vouchers(self, query, _body, journal):
        rows = [voucher for (one, _number), voucher in self.vouchers.items() if one == int(journal)]
        return 200, self._page(rows, query)

    def create_voucher(self, _query, body, journal):
        self._check_no_nulls(body)
        entries, total = body.get("entries") or {}, Decimal(0)
        for row in entries.get("supplierInvoices") or []:
            if (row.get("supplier") or {}).get("supplierNumber") not in self.suppliers:
                raise _invalid("supplier", "Supplier not found", "E06000")
            total += Decimal(row["amount"])
        for row in entries.get("financeVouchers") or []:
            if (row.get("account") or {}).get("accountNumber") not in self.accounts:
                raise _invalid("account", "Account not found", "E06000")
            if row.get("vatAccount") and row["vatAccount"].get("vatCode") not in self.vat_codes:
                raise _invalid("vatAccount", "VAT account not found", "E06000")
            total += Decimal(row["amount"])
        if total:
            raise _invalid("entries", f"The voucher does not balance: {total}")
        entries = {kind: [dict(row) for row in rows] for kind, rows in entries.items()}
        if self.take_fault("rounding"):
            entries["supplierInvoices"][0]["amount"] += CENT
            entries["financeVouchers"][0]["amount"] -= CENT
        if self.take_fault("drop_field"):
            entries["financeVouchers"].pop()
        number, year = self.next_voucher, body["accountingYear"]["year"]
        self.next_voucher += 1
        voucher = {
            "accountingYear": {"year": year},
            "journal": {"journalNumber": int(journal)},
            "entries": entries,
            "voucherNumber": number,
            "self": f"{self.base_url}/journals/{journal}/vouchers/{year}-{number}",
        }
        self.vouchers[int(journal), number] = voucher
        return 201, [voucher]

    def attach_file(self, _query, body, journal, number, is_first=True):
        if (int(journal), int(number)) not in self.vouchers:
            raise _missing()
        pages = self.voucher_files.setdefault(int(number), [])
        if is_first and pages:
            raise _invalid("file", "The voucher has an attachment already")
        if len(body["content"]) > 9 * 1024 * 1024:
            raise ApiError(413, {"message": "Too large"})
        pages.append((body["name"], body["content"]))
        return 200, None

    def add_to_file(self, query, body, journal, number):
        return self.attach_file(query, body, journal, number, is_first=False)

    def book_journal(self, journal):
        """The bookkeeper books it: what was in it is there no longer."""
        booked = {key: one for key, one in self.vouchers.items() if key[0] == journal}
        for key in booked:
            del self.vouchers[key]
        return booked


_VOUCHERS = r"/journals/(\d+)/vouchers"
ROUTES = [
    (r"/accounts", "GET", EconomicJournal.list_accounts),
    (r"/vat-accounts", "GET", EconomicJournal.list_vat_accounts),
    (r"/accounting-years", "GET", EconomicJournal.list_years),
    (r"/suppliers", "GET", EconomicJournal.list_suppliers),
    (r"/suppliers", "POST", EconomicJournal.create_supplier),
    (_VOUCHERS, "GET", EconomicJournal.list_vouchers),
    (_VOUCHERS, "POST", EconomicJournal.create_voucher),
    (_VOUCHERS + r"/\w+-(\d+)/attachment/file", "POST", EconomicJournal.attach_file),
    (_VOUCHERS + r"/\w+-(\d+)/attachment/file", "PATCH", EconomicJournal.add_to_file),
]
