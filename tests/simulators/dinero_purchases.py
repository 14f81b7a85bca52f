"""Purchase vouchers of the simulated Dinero: vendor bills and their credit notes.

What the published interface leaves open is assumed: names in the answers are those of the other vouchers, a voucher is
similar when contact, date and total are the same.
"""

import uuid
from decimal import Decimal

from .server import CENT, ApiError, cents

CREDITORS = 61000
INPUT_VAT = 64000
KNOWN = (
    "PurchaseType",
    "VoucherDate",
    "PaymentDate",
    "ContactGuid",
    "CurrencyKey",
    "ExternalReference",
    "FileGuid",
    "Lines",
)
KNOWN_OF_LINE = ("Amount", "AccountNumber", "Description", "VatCode", "AccountTagName")


def _invalid(**fields):
    return ApiError(400, {"code": 42, "message": "Validation Error", "validationErrors": fields})


def _missing():
    return ApiError(404, {"code": 40, "message": "Not found"})


class DineroPurchases:
    """Mixin. ``tells_purchase_totals``: whether a voucher that is read tells its totals."""

    tells_purchase_totals = True

    def purchases(self, status="Booked"):
        return [one for one in self.organisation.purchases.values() if one["Status"] == status]

    def _purchase_totals(self, organisation, body):
        """Lines include VAT; VAT of each rate from the sum. (Rounding is not documented.)"""
        faults, sums = {}, {}
        for index, line in enumerate(body.get("Lines") or []):
            account, code = line.get("AccountNumber"), line.get("VatCode")
            if account not in organisation.accounts:
                faults[f"Lines[{index}].AccountNumber"] = f"Account {account} does not exist"
            elif code and code != "none" and code not in organisation.vat_types:
                faults[f"Lines[{index}].VatCode"] = f"VAT code {code} does not exist"
            else:
                code = code or organisation.accounts[account][1]
                rate = organisation.vat_types[code][1] if code in organisation.vat_types else Decimal(0)
                # an unknown key is dropped silently, and a line without an amount is one of 0.00
                sums[rate] = sums.get(rate, Decimal(0)) + Decimal(line.get("Amount") or 0)
        if not body.get("Lines"):
            faults["Lines"] = "At least one line is required"
        if faults:
            raise _invalid(**faults)
        total = cents(sum(sums.values()))
        vat = sum((cents(gross - gross / (1 + rate)) for rate, gross in sums.items()), Decimal(0))
        if self.take_fault("rounding"):
            vat, total = vat - CENT, total - CENT
        return {"TotalExclVat": total - vat, "TotalVat": vat, "TotalInclVat": total}

    def _purchase(self, organisation, guid):
        if guid not in organisation.purchases:
            raise _missing()
        return organisation.purchases[guid]

    def _shown_purchase(self, voucher):
        hidden = {"payments", "is_credit_note"}
        if not self.tells_purchase_totals:
            hidden |= {"TotalExclVat", "TotalVat", "TotalInclVat"}
        return {name: value for name, value in voucher.items() if name not in hidden}

    def _kept_purchase(self, body):
        kept = {name: body.get(name) for name in KNOWN}
        lines = [{name: line.get(name) for name in KNOWN_OF_LINE} for line in body.get("Lines") or []]
        if self.take_fault("drop_field"):
            lines = lines[:-1]
        return kept | {"Lines": lines, "CurrencyKey": kept["CurrencyKey"] or "DKK"}

    def _check_purchase(self, organisation, body):
        faults = {}
        if body.get("PurchaseType") not in ("cash", "credit"):
            faults["PurchaseType"] = "PurchaseType is required"
        if body.get("PurchaseType") == "cash" and body.get("PaymentDate"):
            faults["PaymentDate"] = "A cash voucher has no payment date"
        if body.get("PurchaseType") == "cash" and body.get("CurrencyKey") not in (None, "DKK"):
            faults["CurrencyKey"] = "Foreign currency only as credit"
        if body.get("ContactGuid") and body["ContactGuid"] not in organisation.contacts:
            faults["ContactGuid"] = "The contact does not exist"
        if faults:
            raise _invalid(**faults)

    def fetch_purchase(self, organisation, _query, body):
        return 200, self._purchase_totals(organisation, body)

    def similar_purchase(self, organisation, _query, body):
        total = sum((Decimal(line.get("Amount") or 0) for line in body.get("Lines") or []), Decimal(0))
        for guid, one in organisation.purchases.items():
            other = sum((Decimal(line["Amount"] or 0) for line in one["Lines"]), Decimal(0))
            if (one["ContactGuid"], one["VoucherDate"], other) == (body.get("ContactGuid"), body["VoucherDate"], total):
                return 200, {"SimilarFound": True, "SimilarGuid": guid, "VoucherNumber": one["VoucherNumber"]}
        return 200, {"SimilarFound": False, "SimilarGuid": None, "VoucherNumber": None}

    def create_purchase(self, organisation, _query, body, is_credit_note=False):
        self._check_purchase(organisation, body)
        kept = self._kept_purchase(body)
        guid = str(uuid.uuid4())
        voucher = kept | self._purchase_totals(organisation, kept) | {"Guid": guid, "Status": "Draft"}
        organisation.purchases[guid] = voucher | {
            "VoucherNumber": 0,
            "payments": [],
            "is_credit_note": is_credit_note,
        }
        self._touch(organisation.purchases[guid], created=True)
        return 201, self._shown_purchase(organisation.purchases[guid])

    def create_purchase_credit_note(self, organisation, query, body):
        return self.create_purchase(organisation, query, body, is_credit_note=True)

    def read_purchase(self, organisation, _query, _body, guid):
        return 200, self._shown_purchase(self._purchase(organisation, guid))

    def update_purchase(self, organisation, _query, body, guid):
        voucher = self._purchase(organisation, guid)
        self._check_stamp(voucher, body)
        if voucher["Status"] != "Draft":
            raise _invalid(Guid="A booked voucher cannot be changed")
        self._check_purchase(organisation, body)
        kept = self._kept_purchase(body)
        voucher.update(kept | self._purchase_totals(organisation, kept))
        self._touch(voucher)
        return 200, self._shown_purchase(voucher)

    def delete_purchase(self, organisation, _query, body, guid):
        voucher = self._purchase(organisation, guid)
        self._check_stamp(voucher, body)
        if voucher["Status"] != "Draft":
            raise _invalid(Guid="A booked voucher cannot be deleted")
        del organisation.purchases[guid]
        return 200, None

    def book_purchase(self, organisation, _query, body, guid):
        voucher = self._purchase(organisation, guid)
        self._check_stamp(voucher, body)
        if voucher["Status"] != "Draft":
            raise _invalid(Guid="The voucher is already booked")
        if not voucher["PaymentDate"] or voucher["ContactGuid"] not in organisation.contacts:
            raise _invalid(PaymentDate="PaymentDate and ContactGuid are required for booking")
        voucher.update(Status="Booked", VoucherNumber=organisation.next_number["vouchers"])
        organisation.next_number["vouchers"] += 1
        self._touch(voucher)
        return 200, self._shown_purchase(voucher)

    def book_purchase_credit_note(self, organisation, query, body, guid):
        if not self._purchase(organisation, guid)["is_credit_note"]:
            raise _missing()
        return self.book_purchase(organisation, query, body, guid)

    def read_purchase_payments(self, organisation, _query, _body, guid):
        return 200, self._purchase(organisation, guid)["payments"]

    def create_purchase_payment(self, organisation, query, body, guid):
        return self.create_payment(organisation, query, body, "purchase-vouchers", guid)

    def delete_purchase_payment(self, organisation, query, _body, guid, payment_guid, stamp):
        return self.delete_payment(organisation, query, {"Timestamp": stamp}, "purchase-vouchers", guid, payment_guid)

    def purchase_entries(self, organisation, query):
        """The entries of booked purchase vouchers: costs, VAT and what is owed. (Only in kroner.)"""
        rows = []
        for guid, voucher in organisation.purchases.items():
            if voucher["Status"] != "Booked" or not query["fromDate"] <= voucher["VoucherDate"] <= query["toDate"]:
                continue
            sign = -1 if voucher["is_credit_note"] else 1
            common = {
                "Date": voucher["VoucherDate"],
                "VoucherNumber": voucher["VoucherNumber"],
                "VoucherGuid": guid,
                "VoucherType": "PurchaseCreditNote" if voucher["is_credit_note"] else "Purchase",
                "Type": "Normal",
                "ContactGuid": voucher["ContactGuid"],
            }
            net = voucher["TotalExclVat"]
            for index, line in enumerate(voucher["Lines"]):
                code = line["VatCode"] or organisation.accounts[line["AccountNumber"]][1]
                rate = organisation.vat_types[code][1] if code in organisation.vat_types else Decimal(0)
                amount = cents(Decimal(line["Amount"]) / (1 + rate))
                amount = net if index == len(voucher["Lines"]) - 1 else amount
                net -= amount
                text = {"Description": line["Description"], "AccountNumber": line["AccountNumber"]}
                rows.append(common | text | {"Amount": sign * amount})
            text = {"Description": voucher["Lines"][0]["Description"]}
            rows.append(common | text | {"AccountNumber": INPUT_VAT, "Amount": sign * voucher["TotalVat"]})
            rows.append(common | text | {"AccountNumber": CREDITORS, "Amount": -sign * voucher["TotalInclVat"]})
        return rows


_GUID = r"/([0-9a-fA-F-]{36})"
_PATH = r"/vouchers/purchase"
_PAID = r"/purchase-vouchers" + _GUID + r"/payments"
ROUTES = [
    (_PATH, "POST", ("v1.1", "v1.2"), DineroPurchases.create_purchase),
    (_PATH + "/fetch", "POST", ("v1",), DineroPurchases.fetch_purchase),
    (_PATH + "/similar", "POST", ("v1",), DineroPurchases.similar_purchase),
    (_PATH + "/creditnotes", "POST", ("v1",), DineroPurchases.create_purchase_credit_note),
    (_PATH + "/creditnotes" + _GUID + "/book", "POST", ("v1",), DineroPurchases.book_purchase_credit_note),
    (_PATH + _GUID, "GET", ("v1",), DineroPurchases.read_purchase),
    (_PATH + _GUID, "PUT", ("v1.1",), DineroPurchases.update_purchase),
    (_PATH + _GUID, "DELETE", ("v1",), DineroPurchases.delete_purchase),
    (_PATH + _GUID + "/book", "POST", ("v1",), DineroPurchases.book_purchase),
    (_PAID, "GET", ("v1",), DineroPurchases.read_purchase_payments),
    (_PAID, "POST", ("v1",), DineroPurchases.create_purchase_payment),
    (_PAID + _GUID + r"/([0-9A-F]+)", "DELETE", ("v1",), DineroPurchases.delete_purchase_payment),
]
