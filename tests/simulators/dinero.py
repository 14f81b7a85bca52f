"""A small Dinero: HTTP server with the parts of its API that the connector uses.

Plain Python without Odoo or pytest, for tests and for trying the connector by hand:

    with DineroSimulator() as simulator:
        print(simulator.base_url, simulator.organisation_id)

The API and the sign-in of Visma Connect answer at the same address. Field names, status codes and error
bodies follow Dinero's published API; what is not documented (rounding) is marked below.
"""

import re
import time
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import parse_qs

from . import dinero_files, dinero_purchases
from .dinero_files import DineroFiles
from .dinero_purchases import DineroPurchases
from .pages import DineroPage
from .server import CENT, COMMON_FAULTS, ApiError, Simulator, cents, form_or_json, run_by_hand
from .visma import VismaSignIn

UNITS = [
    "hours",
    "parts",
    "km",
    "day",
    "week",
    "month",
    "kilogram",
    "cubicMetre",
    "set",
    "litre",
    "box",
    "case",
    "carton",
    "metre",
    "package",
    "shipment",
    "squareMetre",
    "session",
    "tonne",
]
FAULTS = {
    **COMMON_FAULTS,
    "401": "the access token is not accepted once",
    "expired": "the access token has expired",
    "revoked": "the user has withdrawn the consent",
    "403": "no Dinero Pro",
    "429": "limit of calls per minute",
    "480": "the endpoint is about to be removed (brownout)",
    "500": "server error, nothing stored",
    "html": "an error page instead of JSON",
    "stale": "somebody else changes the document just before",
    "rounding": "totals 0.01 lower than the lines say",
    "drop_field": "a line is dropped silently",
    "duplicate_ids": "a list tells every row twice",
}


def validation_error(**fields):
    return ApiError(
        400,
        {
            "code": 42,
            "message": "Validation Error",
            "validationErrors": fields,
            "languageSpecificMessages": [{"property": name, "message": text} for name, text in fields.items()],
        },
    )


def not_found():
    return ApiError(404, {"code": 40, "message": "Not found"})


def stale():
    return ApiError(400, {"code": 58, "message": "The resource has been changed since it was read"})


class Organisation:
    """The books of one organisation."""

    def __init__(self, number, name, is_pro=True):
        self.id, self.name, self.is_pro = number, name, is_pro
        self.products = {}
        self.contacts, self.invoices, self.creditnotes, self.manuals = {}, {}, {}, {}
        self.files, self.purchases = {}, {}
        self.next_number = {"invoices": 1001, "creditnotes": 1, "vouchers": 1}
        self.accounts = {
            1000: ("Salg af varer/ydelser m/moms", "U25"),
            1010: ("Abonnementer m/moms", "U25"),
            1050: ("Salg af varer/ydelser u/moms", None),
            2100: ("Varekøb m/moms", "I25"),
            2750: ("Forsikring u/moms", None),
            5040: ("Øreafrunding", None),
            7220: ("Gebyrer, indløser", None),
            11000: ("Debitorer", None),
            55000: ("Bank", None),
            55900: ("Udbetalinger undervejs", None),
            63000: ("Indløser, mellemregning", None),
            66100: ("Modtagne forudbetalinger", "U25"),
        }
        self.vat_types = {"U25": ("Salgsmoms", Decimal("0.25")), "I25": ("Købsmoms", Decimal("0.25"))}

    def rate(self, account_number):
        code = self.accounts[account_number][1]
        return self.vat_types[code][1] if code else Decimal(0)

    def vouchers(self, kind):
        return getattr(self, kind)


class DineroSimulator(DineroPurchases, DineroFiles, DineroPage, VismaSignIn, Simulator):
    FAULTS = FAULTS

    def __init__(self, *, token_lifetime=3600, refresh_rotates=True):
        super().__init__()
        self.organisation_id = 100001
        self.organisations = {
            100001: Organisation(100001, "Prøvefirma ApS"),
            100002: Organisation(100002, "Prøvefirma uden Pro ApS", is_pro=False),
        }
        self.start_sign_in(token_lifetime, refresh_rotates)
        self.clock_skew = timedelta(0)  # how much the clock over there is wrong
        self._stamp = 0x7EE1C390

    # ------------------------------------------------------------------ use

    @property
    def organisation(self):
        return self.organisations[self.organisation_id]

    def booked(self, kind="invoices"):
        return [voucher for voucher in self.organisation.vouchers(kind).values() if voucher["Status"] == "Booked"]

    def unpay(self, guid, number=-1):
        """The bookkeeper takes a payment back in Dinero."""
        with self.lock:
            invoice = self._paid(guid)
            invoice["payments"].pop(number)
            self._touch(invoice)

    def _paid(self, guid):
        organisation = self.organisation
        return organisation.invoices.get(guid) or organisation.purchases.get(guid) or organisation.creditnotes[guid]

    def pay(self, guid, amount, day=None):
        """The bookkeeper registers a payment in Dinero."""
        with self.lock:
            invoice = self._paid(guid)
            invoice["payments"].append(
                {
                    "Guid": str(uuid.uuid4()),
                    "DepositAccountNumber": 55000,
                    "Currency": invoice.get("Currency") or invoice["CurrencyKey"],
                    "ExchangeRate": 100.0,
                    "PaymentClass": "Payment",
                    "RelatedVoucherId": None,
                    "ExternalReference": None,
                    "PaymentDate": (day or date.today()).isoformat(),
                    "Description": "Indbetaling",
                    "Amount": cents(amount),
                }
            )
            self._touch(invoice)

    # --------------------------------------------------------------- the API

    def handle(self, method, path, query, body, bearer):
        """-> (status, answer). One request of the API."""
        if self.access_tokens.get(bearer, 0) < time.monotonic():
            raise ApiError(401, {"code": 41, "message": "Unauthorized"})
        if re.fullmatch(r"/v1(\.1)?/organizations", path):
            return 200, [{"Name": one.name, "Id": one.id, "IsPro": one.is_pro} for one in self.organisations.values()]
        match = re.fullmatch(r"/v[\d.]+/(\d+)(/.*)", path)
        organisation = match and self.organisations.get(int(match.group(1)))
        if not organisation:
            raise not_found()
        if not organisation.is_pro:
            raise ApiError(403, {"code": 90, "message": "The organization does not have a Dinero Pro subscription"})
        version, rest = path.split("/")[1], match.group(2)
        for pattern, verb, versions, function in (*_ROUTES, *dinero_files.ROUTES, *dinero_purchases.ROUTES):
            found = re.fullmatch(pattern, rest)
            if found and verb == method and version in versions:
                return function(self, organisation, query, body, *found.groups())
        raise not_found()

    # contacts

    def list_contacts(self, organisation, query, _body):
        rows = list(organisation.contacts.values())
        if query.get("deletedOnly") == "true":
            rows = [row for row in rows if row.get("DeletedAt")]
        return 200, self._page(rows, query, ("Name", "ContactGuid"))

    def delete_contact(self, organisation, _query, _body, guid):
        """Softly: it can be restored."""
        if guid not in organisation.contacts:
            raise not_found()
        self._touch(organisation.contacts[guid])
        organisation.contacts[guid]["DeletedAt"] = organisation.contacts[guid]["UpdatedAt"]
        return 200, None

    def restore_contact(self, organisation, _query, _body, guid):
        if guid not in organisation.contacts:
            raise not_found()
        organisation.contacts[guid]["DeletedAt"] = None
        return 200, None

    def read_contact(self, organisation, _query, _body, guid):
        if guid not in organisation.contacts:
            raise not_found()
        return 200, organisation.contacts[guid]

    def create_contact(self, organisation, _query, body):
        self._check_contact(body)
        guid = body.get("ContactGuid") or str(uuid.uuid4())
        if guid in organisation.contacts:
            raise validation_error(ContactGuid="A contact with this guid already exists")
        organisation.contacts[guid] = _CONTACT_DEFAULTS | _known(body, _CONTACT_DEFAULTS) | {"ContactGuid": guid}
        self._touch(organisation.contacts[guid], created=True)
        return 201, {"ContactGuid": guid}

    def update_contact(self, organisation, _query, body, guid):
        if guid not in organisation.contacts:
            raise not_found()
        self._check_contact(body)
        if self.take_fault("drop_field"):
            body = body | {"City": None}
        # replaces every field
        organisation.contacts[guid] = _CONTACT_DEFAULTS | _known(body, _CONTACT_DEFAULTS) | {"ContactGuid": guid}
        self._touch(organisation.contacts[guid])
        return 200, None

    def _check_contact(self, body):
        faults = {name: f"{name} is required" for name in ("Name", "CountryKey") if not body.get(name)}
        if body.get("IsPerson") is None:
            faults["IsPerson"] = "IsPerson is required"
        if body.get("IsPerson") and any(body.get(name) for name in ("VatNumber", "EanNumber")):
            faults["VatNumber"] = "A person has no VAT or EAN number"
        if body.get("VatNumber") and body.get("CountryKey") == "DK" and not re.fullmatch(r"\d{8}", body["VatNumber"]):
            faults["VatNumber"] = "VatNumber is not valid"
        if len(body.get("ExternalReference") or "") > 128:
            faults["ExternalReference"] = "At most 128 characters"
        if faults:
            raise validation_error(**faults)

    # products

    def list_products(self, organisation, query, _body):
        return 200, self._page(list(organisation.products.values()), query, ("Name", "ProductGuid"))

    def read_product(self, organisation, _query, _body, guid):
        if guid not in organisation.products:
            raise not_found()
        return 200, organisation.products[guid]

    def create_product(self, organisation, _query, body):
        self._check_product(organisation, body)
        guid = str(uuid.uuid4())  # a guid of the caller is not taken
        organisation.products[guid] = _PRODUCT_DEFAULTS | _known(body, _PRODUCT_DEFAULTS) | {"ProductGuid": guid}
        return 201, {"ProductGuid": guid}

    def update_product(self, organisation, _query, body, guid):
        if guid not in organisation.products:
            raise not_found()
        self._check_product(organisation, body)
        if self.take_fault("drop_field"):
            body = body | {"Name": None}
        # replaces every field
        organisation.products[guid] = _PRODUCT_DEFAULTS | _known(body, _PRODUCT_DEFAULTS) | {"ProductGuid": guid}
        return 200, None

    def _check_product(self, organisation, body):
        faults = {
            name: f"{name} is required"
            for name in ("AccountNumber", "BaseAmountValue", "Quantity", "Unit")
            if body.get(name) is None
        }
        if body.get("Unit") and body["Unit"] not in UNITS:
            faults["Unit"] = "Unit is not valid"
        if body.get("AccountNumber") is not None and body["AccountNumber"] not in organisation.accounts:
            faults["AccountNumber"] = f"Account {body['AccountNumber']} does not exist"
        if len(body.get("Comment") or "") > 128:
            faults["Comment"] = "At most 128 characters"
        if faults:
            raise validation_error(**faults)

    # invoices and credit notes

    def calculate(self, organisation, body):
        """Totals of the lines: each line rounded, VAT per rate of the sum. (Rounding is not documented.)"""
        lines, per_rate = [], {}
        for index, line in enumerate(body.get("ProductLines") or []):
            faults = {}
            if line.get("LineType") == "Text":
                lines.append(line | {"TotalAmount": Decimal(0), "TotalAmountInclVat": Decimal(0)})
                continue
            for name in ("BaseAmountValue", "Quantity", "AccountNumber", "Discount"):
                if line.get(name) is None:
                    faults[f"ProductLines[{index}].{name}"] = f"{name} is required"
            if line.get("Unit") not in UNITS:
                faults[f"ProductLines[{index}].Unit"] = "Unit is not valid"
            if not faults and line["AccountNumber"] not in organisation.accounts:
                faults[f"ProductLines[{index}].AccountNumber"] = f"Account {line['AccountNumber']} does not exist"
            product = organisation.products.get(line.get("ProductGuid"))
            if line.get("ProductGuid") and not product:
                faults[f"ProductLines[{index}].ProductGuid"] = "The product does not exist"
            if product and line.get("Description"):
                faults[f"ProductLines[{index}].Description"] = "Must be empty with a product"
            if faults:
                raise validation_error(**faults)
            line = line | ({"Description": product["Name"]} if product else {})
            rate = organisation.rate(line["AccountNumber"])
            base = Decimal(line["BaseAmountValue"]) * Decimal(line["Quantity"])
            base *= 1 - Decimal(line["Discount"]) / 100
            is_incl = bool(body.get("ShowLinesInclVat"))
            net = cents(base / (1 + rate) if is_incl else base)
            gross = cents(base if is_incl else base * (1 + rate))
            sums = per_rate.setdefault(rate, [Decimal(0), Decimal(0)])
            sums[0] += net
            sums[1] += gross
            name = organisation.accounts[line["AccountNumber"]][0]
            lines.append(line | {"TotalAmount": net, "TotalAmountInclVat": gross, "AccountName": name})
        if not lines:
            raise validation_error(ProductLines="At least one line is required")
        if body.get("ShowLinesInclVat"):
            vat = {rate: cents(gross - gross / (1 + rate)) for rate, (_net, gross) in per_rate.items()}
            total = sum((gross for _net, gross in per_rate.values()), Decimal(0))
            net_total = total - sum(vat.values())
        else:
            vat = {rate: cents(net * rate) for rate, (net, _gross) in per_rate.items()}
            net_total = sum((net for net, _gross in per_rate.values()), Decimal(0))
            total = net_total + sum(vat.values())
        if self.take_fault("rounding"):
            top = max(vat, key=vat.get)
            vat[top] -= CENT
            total -= CENT
        vatable = sum((net for rate, (net, _gross) in per_rate.items() if rate), Decimal(0))
        shown = [("SubTotal", net_total, "Subtotal")]
        shown += [
            ("Vat", amount, f"Moms ({rate * 100:.2f}%)".replace(".", ","))
            for rate, amount in sorted(vat.items())
            if rate
        ]
        shown.append(("Total", total, f"Total {body.get('Currency') or 'DKK'}"))
        return {
            "ProductLines": lines,
            "TotalExclVat": net_total,
            "TotalVat": total - net_total,
            "TotalInclVat": total,
            "TotalVatableAmount": vatable,
            "TotalNonVatableAmount": net_total - vatable,
            "TotalLines": [
                {"Type": kind, "TotalAmount": amount, "Position": index, "Label": label}
                for index, (kind, amount, label) in enumerate(shown)
            ],
        }

    def fetch(self, organisation, _query, body, _kind):
        return 200, self.calculate(organisation, body)

    def list_vouchers(self, organisation, query, _body, kind):
        kind = _KINDS[kind]
        vouchers = list(organisation.vouchers(kind).values())
        if query.get("startDate"):
            vouchers = [one for one in vouchers if query["startDate"] <= one["Date"] <= query["endDate"]]
        wanted = {one.lower() for one in (query.get("statusFilter") or "").split(",") if one}
        if not (wanted or query.get("queryFilter") or query.get("changesSince")):
            # tens of thousands: only the page asked for is worked out
            size, page = min(int(query.get("pageSize") or 100), 1000), int(query.get("page") or 0)
            shown = [self._shown(one) for one in vouchers[page * size : (page + 1) * size]]
            blank = [{}] * page * size
            rows = blank + [row | {"Status": row["PaymentStatus"]} for row in shown]
            rows += [{}] * max(0, len(vouchers) - len(rows))
            return 200, self._page(rows, query, ("Number", "Guid", "ContactName", "Date", "Status"))
        rows = [self._shown(voucher) for voucher in vouchers]
        rows = [row | {"Status": row["PaymentStatus"]} for row in rows]
        if wanted:
            rows = [row for row in rows if row["Status"].lower() in wanted]
        return 200, self._page(rows, query, ("Number", "Guid", "ContactName", "Date", "Status"))

    def read_voucher(self, organisation, _query, _body, kind, guid):
        return 200, self._shown(self._voucher(organisation, _KINDS[kind], guid))

    def create_voucher(self, organisation, _query, body, kind):
        kind = _KINDS[kind]
        totals = self.calculate(organisation, body)
        if self.take_fault("drop_field"):
            totals = self.calculate(organisation, body | {"ProductLines": body["ProductLines"][:-1]})
        self._check_voucher(organisation, body)
        guid = body.get("Guid") or str(uuid.uuid4())
        if guid in organisation.vouchers(kind):
            raise validation_error(Guid="A voucher with this guid already exists")
        voucher = _VOUCHER_DEFAULTS | {"Date": date.today().isoformat(), "payments": []}
        voucher |= _known(body, _VOUCHER_DEFAULTS) | totals | {"Guid": guid, "Status": "Draft", "Number": 0}
        organisation.vouchers(kind)[guid] = voucher
        self._touch(voucher, created=True)
        return 201, {"Guid": guid, "TimeStamp": voucher["TimeStamp"]}

    def update_voucher(self, organisation, _query, body, kind, guid):
        voucher = self._voucher(organisation, _KINDS[kind], guid)
        self._check_stamp(voucher, body)
        if voucher["Status"] != "Draft":
            raise validation_error(Guid="A booked voucher cannot be changed")
        totals = self.calculate(organisation, body)
        self._check_voucher(organisation, body)
        voucher.update(_known(body, _VOUCHER_DEFAULTS) | totals)
        self._touch(voucher)
        return 200, {"Guid": guid, "TimeStamp": voucher["TimeStamp"]}

    def delete_voucher(self, organisation, _query, body, kind, guid):
        voucher = self._voucher(organisation, _KINDS[kind], guid)
        self._check_stamp(voucher, body)
        if voucher["Status"] != "Draft":
            raise validation_error(Guid="A booked voucher cannot be deleted")
        del organisation.vouchers(_KINDS[kind])[guid]
        return 200, None

    def book_voucher(self, organisation, _query, body, kind, guid):
        kind = _KINDS[kind]
        voucher = self._voucher(organisation, kind, guid)
        self._check_stamp(voucher, body)
        if voucher["Status"] == "Booked":
            raise validation_error(Guid="The voucher is already booked")
        if voucher["ContactGuid"] not in organisation.contacts:
            raise validation_error(ContactGuid="ContactGuid is required for booking")
        number = body.get("Number") or organisation.next_number[kind]
        if any(
            other["Number"] == number for other in organisation.vouchers(kind).values() if other["Status"] == "Booked"
        ):
            raise validation_error(Number=f"Number {number} is taken")
        organisation.next_number[kind] = max(organisation.next_number[kind], number + 1)
        voucher.update(Status="Booked", Number=number)
        self._touch(voucher)
        return 200, self._shown(voucher)

    def read_payments(self, organisation, _query, _body, kind, guid):
        voucher = self._voucher(organisation, _KINDS[kind], guid)
        paid = sum((payment["Amount"] for payment in voucher["payments"]), Decimal(0))
        return 200, {
            "Payments": voucher["payments"],
            "PaidAmount": paid,
            "RemainingAmount": voucher["TotalInclVat"] - paid,
            "InvoiceTotalIncludingReminderExpenses": voucher["TotalInclVat"],
            "RemainderAsFeeAvailable": False,
        }

    def create_payment(self, organisation, _query, body, kind, guid):
        voucher = self._voucher(organisation, _KINDS[kind], guid)
        self._check_stamp(voucher, body)
        faults = {
            name: f"{name} is required"
            for name in ("DepositAccountNumber", "RemainderIsFee", "Amount", "Description")
            if body.get(name) is None
        }
        if voucher["Status"] != "Booked":
            faults["Guid"] = "Only a booked voucher can be paid"
        if not faults and not 55000 <= body["DepositAccountNumber"] <= 55999:
            faults["DepositAccountNumber"] = "The account is no deposit account"
        if not faults and body["DepositAccountNumber"] not in organisation.accounts:
            faults["DepositAccountNumber"] = "The account does not exist"
        currency = voucher.get("Currency") or voucher["CurrencyKey"]
        if currency != "DKK" and body.get("AmountInForeignCurrency") is None:
            faults["AmountInForeignCurrency"] = "AmountInForeignCurrency is required"
        if not body.get("Amount"):
            faults["Amount"] = "Amount must not be 0"
        if faults:
            raise validation_error(**faults)
        is_foreign = currency != "DKK"
        payment = {
            "Guid": str(uuid.uuid4()),
            "DepositAccountNumber": body["DepositAccountNumber"],
            "Currency": currency,
            "ExchangeRate": body["Amount"] / body["AmountInForeignCurrency"] * 100 if is_foreign else Decimal(100),
            "PaymentClass": "Payment",
            "RelatedVoucherId": None,
            "ExternalReference": body.get("ExternalReference"),
            "PaymentDate": body.get("PaymentDate") or date.today().isoformat(),
            "Description": body["Description"],
            "Amount": cents(body["AmountInForeignCurrency"] if is_foreign else body["Amount"]),
            "InDkk": cents(body["Amount"]),
        }
        voucher["payments"].append(payment)
        self._touch(voucher)
        return 201, {"Guid": payment["Guid"], "TimeStamp": voucher["TimeStamp"], "RelatedVoucherGuid": None}

    def delete_payment(self, organisation, _query, body, kind, guid, payment_guid):
        voucher = self._voucher(organisation, _KINDS[kind], guid)
        self._check_stamp(voucher, body)
        kept = [payment for payment in voucher["payments"] if payment["Guid"] != payment_guid]
        if len(kept) == len(voucher["payments"]):
            raise not_found()
        voucher["payments"] = kept
        self._touch(voucher)
        return 200, None

    def balances(self, organisation=None):
        """``{account number: balance in DKK, debit positive}`` of all that is booked: invoices and credit notes with
        their VAT (63080), payments and manual vouchers. 11000 is what customers owe."""
        organisation = organisation or self.organisation
        found = {}

        def add(account, amount):
            found[account] = found.get(account, Decimal(0)) + Decimal(amount)

        for kind, sign in (("invoices", 1), ("creditnotes", -1)):
            for voucher in self.booked(kind):
                add(11000, sign * voucher["TotalInclVat"])
                add(63080, -sign * voucher["TotalVat"])
                net = sign * voucher["TotalExclVat"]
                lines = [line for line in voucher["ProductLines"] if line.get("LineType") != "Text"]
                for line in lines:
                    add(line["AccountNumber"], -sign * line["TotalAmount"])
                    net -= sign * line["TotalAmount"]
                if net:  # rounding of prices that include VAT
                    add(lines[0]["AccountNumber"], -net)
                for payment in voucher["payments"]:
                    in_dkk = payment.get("InDkk", payment["Amount"])
                    add(payment["DepositAccountNumber"], sign * in_dkk)
                    add(11000, -sign * in_dkk)
        for row in self.purchase_entries(organisation, {"fromDate": "", "toDate": "9999"}):
            add(row["AccountNumber"], row["Amount"])
        for voucher in organisation.purchases.values():
            sign = -1 if voucher["is_credit_note"] else 1
            for payment in voucher["payments"]:
                in_dkk = payment.get("InDkk", payment["Amount"])
                add(payment["DepositAccountNumber"], -sign * in_dkk)
                add(dinero_purchases.CREDITORS, sign * in_dkk)
        for voucher in organisation.manuals.values():
            for line in voucher["Lines"] if voucher["Status"] == "Booked" else ():
                add(line["AccountNumber"], line["Amount"])
                if line.get("BalancingAccountNumber"):
                    add(line["BalancingAccountNumber"], -line["Amount"])
        return {account: amount for account, amount in found.items() if amount}

    def _check_voucher(self, organisation, body):
        faults = {}
        if body.get("ContactGuid") and body["ContactGuid"] not in organisation.contacts:
            faults["ContactGuid"] = "The contact does not exist"
        if body.get("PaymentConditionType") in ("NettoCash", "Paid") and body.get("PaymentConditionNumberOfDays"):
            faults["PaymentConditionNumberOfDays"] = "Must be empty with this payment condition"
        if body.get("Language") not in (None, "da-DK", "en-GB"):
            faults["Language"] = "Language is not valid"
        if len(body.get("ExternalReference") or "") > 128:
            faults["ExternalReference"] = "At most 128 characters"
        if faults:
            raise validation_error(**faults)

    def _voucher(self, organisation, kind, guid):
        if guid not in organisation.vouchers(kind):
            raise not_found()
        return organisation.vouchers(kind)[guid]

    def _shown(self, voucher):
        paid = sum((payment["Amount"] for payment in voucher["payments"]), Decimal(0))
        due = date.fromisoformat(voucher["Date"]) + timedelta(days=voucher["PaymentConditionNumberOfDays"] or 0)
        status = voucher["Status"]
        if status == "Booked":
            remaining = voucher["TotalInclVat"] - paid
            status = "Paid" if remaining == 0 else "OverPaid" if remaining < 0 else status
            if remaining > 0 and due < date.today():
                status = "Overdue"
        contact = self.organisation.contacts.get(voucher["ContactGuid"]) or {}
        shown = {name: value for name, value in voucher.items() if name != "payments"}
        return shown | {
            "PaymentStatus": status,
            "PaymentDate": due.isoformat(),
            "ContactName": contact.get("Name"),
            "TotalExclVatInDkk": voucher["TotalExclVat"],
            "TotalInclVatInDkk": voucher["TotalInclVat"],
        }

    # manual vouchers

    def create_manual(self, organisation, _query, body):
        faults = {}
        for index, line in enumerate(body.get("Lines") or []):
            for name in ("AccountNumber", "BalancingAccountNumber"):
                if line.get(name) is not None and line[name] not in organisation.accounts:
                    faults[f"Lines[{index}].{name}"] = f"Account {line[name]} does not exist"
            if line.get("AccountNumber") is None or line.get("Amount") is None:
                faults[f"Lines[{index}]"] = "AccountNumber and Amount are required"
        if not body.get("VoucherDate") or not body.get("Lines"):
            faults["VoucherDate"] = "VoucherDate and Lines are required"
        if faults:
            raise validation_error(**faults)
        voucher = _MANUAL_DEFAULTS | _known(body, _MANUAL_DEFAULTS)
        voucher |= {"VoucherGuid": str(uuid.uuid4()), "Status": "Draft", "VoucherNumber": 0}
        organisation.manuals[voucher["VoucherGuid"]] = voucher
        self._touch(voucher, created=True)
        return 201, voucher

    def read_manual(self, organisation, _query, _body, guid):
        if guid not in organisation.manuals:
            raise not_found()
        return 200, organisation.manuals[guid]

    def book_manual(self, organisation, _query, body, guid):
        if guid not in organisation.manuals:
            raise not_found()
        voucher = organisation.manuals[guid]
        self._check_stamp(voucher, body)
        if voucher["Status"] == "Booked":
            raise validation_error(VoucherGuid="The voucher is already booked")
        voucher.update(Status="Booked", VoucherNumber=organisation.next_number["vouchers"])
        organisation.next_number["vouchers"] += 1
        self._touch(voucher)
        return 200, voucher

    def list_entries(self, organisation, query, _body):
        rows = []
        for voucher in organisation.manuals.values():
            in_period = query["fromDate"] <= voucher["VoucherDate"] <= query["toDate"]
            if voucher["Status"] != "Booked" or not in_period:
                continue
            for line in voucher["Lines"]:
                common = {
                    "Date": voucher["VoucherDate"],
                    "VoucherNumber": voucher["VoucherNumber"],
                    "VoucherGuid": voucher["VoucherGuid"],
                    "Description": line.get("Description"),
                    "Type": "Normal",
                }
                rows.append(common | {"AccountNumber": line["AccountNumber"], "Amount": line["Amount"]})
                if line.get("BalancingAccountNumber"):
                    opposite = {"AccountNumber": line["BalancingAccountNumber"], "Amount": -line["Amount"]}
                    rows.append(common | opposite)
        return 200, [*rows, *self.purchase_entries(organisation, query)]

    # accounts

    def list_accounts(self, organisation, query, _body):
        wanted = (query.get("fields") or "AccountNumber,Name").split(",")
        rows = [
            {"AccountNumber": number, "Name": name, "VatCode": code, "Category": "", "IsHidden": False}
            for number, (name, code) in organisation.accounts.items()
            if not 55000 <= number <= 55999
        ]
        return 200, [{name: row[name] for name in wanted if name in row} for row in rows]

    def list_deposit_accounts(self, organisation, _query, _body):
        return 200, [
            {"AccountNumber": number, "Name": name, "IsDefault": number == 55000}
            for number, (name, _code) in organisation.accounts.items()
            if 55000 <= number <= 55999
        ]

    def list_vat_types(self, organisation, _query, _body):
        return 200, [
            {"VatCode": code, "Name": name, "VatRate": rate} for code, (name, rate) in organisation.vat_types.items()
        ]

    # -------------------------------------------------------------- helpers

    def _check_stamp(self, voucher, body):
        if not (body or {}).get("Timestamp"):
            raise validation_error(Timestamp="Timestamp is required")
        if self.take_fault("stale"):
            self._touch(voucher)
        if body["Timestamp"] != voucher["TimeStamp"]:
            raise stale()

    def _touch(self, record, created=False):
        self._stamp += 4
        now = (datetime.now(timezone.utc) + self.clock_skew).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4].rstrip("0")
        record.update(TimeStamp=f"{self._stamp:016X}", UpdatedAt=now)
        if created:
            record.update(CreatedAt=now, DeletedAt=None)

    def _page(self, rows, query, default_fields):
        rows = [row for row in rows if _matches(row, query.get("queryFilter"))]
        since = query.get("changesSince")
        if since:
            rows = [row for row in rows if row["UpdatedAt"] >= since.rstrip("Z")]
        size = min(int(query.get("pageSize") or 100), 1000)
        page = int(query.get("page") or 0)
        wanted = [name for name in (query.get("fields") or ",".join(default_fields)).split(",") if name]
        shown = rows[page * size : (page + 1) * size]
        if self.take_fault("duplicate_ids"):
            shown = [row for row in shown for _time in "12"][:size]
        lower = [{name.lower(): value for name, value in row.items()} for row in shown]
        return {
            # a property comes back spelled as it was asked for
            "Collection": [{name: row.get(name.lower()) for name in wanted} for row in lower],
            "Pagination": {
                "MaxPageSizeAllowed": 1000,
                "PageSize": size,
                "Result": len(shown),
                "ResultWithoutFilter": len(rows) + 7,
                "Page": page,
            },
        }

    def answer(self, method, path, query, raw, headers):
        if path == "/connect/authorize":
            return self.authorize(query)
        if not path.startswith(("/v", "/connect", "/dineroapi")):
            return self.by_hand(method, path, raw)
        fault = self.take_fault("401", "403", "429", "480", "500", "html", "expired", "revoked")
        if fault and fault.kind in ("expired", "revoked"):
            self.expire_access_tokens() if fault.kind == "expired" else self.revoke()
        elif fault:
            return {
                "401": (401, {"code": 41, "message": "Unauthorized"}, {}),
                "403": (403, {"code": 90, "message": "No Dinero Pro"}, {}),
                "429": (429, "API calls quota exceeded!", {}),
                "480": (480, "This endpoint is deprecated", {}),
                "500": (500, {"message": "Internal error"}, {}),
                "html": (502, "<html><body>Bad gateway</body></html>", {}),
            }[fault.kind]
        if path in ("/connect/token", "/dineroapi/oauth/token"):
            form = {name: values[-1] for name, values in parse_qs(raw.decode()).items()}
            if path == "/connect/token":
                return 200, self.token(form), {}
            return 200, self.personal_token(form, headers.get("Authorization")), {}
        bearer = (headers.get("Authorization") or "").removeprefix("Bearer ")
        status, answer = self.handle(method, path, query, form_or_json(raw, headers), bearer)
        return status, answer, {}


_CONTACT_DEFAULTS = dict.fromkeys(
    [
        "ContactGuid",
        "ExternalReference",
        "Name",
        "Street",
        "ZipCode",
        "City",
        "CountryKey",
        "Phone",
        "Email",
        "Webpage",
        "AttPerson",
        "VatNumber",
        "EanNumber",
        "SENumber",
        "PNumber",
        "IsPerson",
        "IsMember",
        "UseCvr",
        "PaymentConditionType",
        "PaymentConditionNumberOfDays",
        "CompanyTypeKey",
        "InvoiceMailOutOptionKey",
        "PreferredInvoiceLanguageKey",
        "PreferredInvoiceCurrencyKey",
        "MemberNumber",
    ]
)
_PRODUCT_DEFAULTS = dict.fromkeys(
    [
        "ProductGuid",
        "ProductNumber",
        "Name",
        "BaseAmountValue",
        "Quantity",
        "AccountNumber",
        "Unit",
        "ExternalReference",
        "Comment",
    ]
)
_VOUCHER_DEFAULTS = dict.fromkeys(
    [
        "Guid",
        "ContactGuid",
        "Date",
        "Currency",
        "Language",
        "ShowLinesInclVat",
        "ExternalReference",
        "Description",
        "Comment",
        "Address",
        "InvoiceTemplateId",
        "PaymentConditionType",
        "PaymentConditionNumberOfDays",
        "ReminderFee",
        "ReminderInterestRate",
        "CreditNoteFor",
        "ProductLines",
    ]
) | {"Currency": "DKK", "Language": "da-DK", "ShowLinesInclVat": False, "Description": "Faktura"}
_MANUAL_DEFAULTS = dict.fromkeys(["VoucherDate", "Lines", "FileGuid", "ExternalReference"])
_KINDS = {"invoices": "invoices", "sales/creditnotes": "creditnotes", "purchase-vouchers": "purchases"}


def _known(body, defaults):
    """Unknown keys are dropped silently, as Dinero does; keys are read without regard to case."""
    lower = {name.lower(): name for name in defaults}
    return {lower[name.lower()]: value for name, value in body.items() if name.lower() in lower and value is not None}


def _matches(row, query_filter):
    for part in (query_filter or "").split(";"):
        if not part:
            continue
        match = re.fullmatch(r"\s*(\w+)\s+(eq|contains)\s+'([^']*)'\s*", part)
        if not match:
            raise ApiError(400, {"code": 42, "message": "The query filter is not valid"})
        value = str({name.lower(): one for name, one in row.items()}.get(match.group(1).lower()) or "").lower()
        sought = match.group(3).lower()
        if (match.group(2) == "eq" and value != sought) or sought not in value:
            return False
    return True


_VOUCHER = r"/(invoices|sales/creditnotes)"
_GUID = r"/([0-9a-fA-F-]{36})"
_ROUTES = [
    (r"/contacts", "GET", ("v1", "v2"), DineroSimulator.list_contacts),
    (r"/contacts", "POST", ("v1",), DineroSimulator.create_contact),
    (r"/contacts" + _GUID, "GET", ("v1",), DineroSimulator.read_contact),
    (r"/contacts" + _GUID, "PUT", ("v2",), DineroSimulator.update_contact),
    (r"/contacts" + _GUID, "DELETE", ("v1",), DineroSimulator.delete_contact),
    (r"/contacts" + _GUID + "/restore", "POST", ("v1",), DineroSimulator.restore_contact),
    (r"/products", "GET", ("v1",), DineroSimulator.list_products),
    (r"/products", "POST", ("v1",), DineroSimulator.create_product),
    (r"/products" + _GUID, "GET", ("v1",), DineroSimulator.read_product),
    (r"/products" + _GUID, "PUT", ("v1",), DineroSimulator.update_product),
    (_VOUCHER, "GET", ("v1",), DineroSimulator.list_vouchers),
    (_VOUCHER, "POST", ("v1",), DineroSimulator.create_voucher),
    (_VOUCHER + "/fetch", "POST", ("v1",), DineroSimulator.fetch),
    (_VOUCHER + _GUID, "GET", ("v1",), DineroSimulator.read_voucher),
    (_VOUCHER + _GUID, "PUT", ("v1.2",), DineroSimulator.update_voucher),
    (_VOUCHER + _GUID, "DELETE", ("v1",), DineroSimulator.delete_voucher),
    (_VOUCHER + _GUID + "/book", "POST", ("v1",), DineroSimulator.book_voucher),
    (r"/(invoices)" + _GUID + "/payments", "GET", ("v2",), DineroSimulator.read_payments),
    (r"/(sales/creditnotes)" + _GUID + "/payments", "GET", ("v1",), DineroSimulator.read_payments),
    (r"/(invoices|sales/creditnotes)" + _GUID + "/payments", "POST", ("v1",), DineroSimulator.create_payment),
    (r"/(invoices|sales/creditnotes)" + _GUID + "/payments" + _GUID, "DELETE", ("v1",), DineroSimulator.delete_payment),
    (r"/vouchers/manuel", "POST", ("v1",), DineroSimulator.create_manual),
    (r"/vouchers/manuel" + _GUID, "GET", ("v1",), DineroSimulator.read_manual),
    (r"/vouchers/manuel" + _GUID + "/book", "POST", ("v1",), DineroSimulator.book_manual),
    (r"/entries", "GET", ("v1",), DineroSimulator.list_entries),
    (r"/accounts/entry", "GET", ("v1",), DineroSimulator.list_accounts),
    (r"/accounts/deposit", "GET", ("v1",), DineroSimulator.list_deposit_accounts),
    (r"/vatTypes", "GET", ("v1",), DineroSimulator.list_vat_types),
]


def main():
    """Run by hand: ``script/simulator dinero 8090``."""
    simulator = DineroSimulator()
    simulator.asks_consent = True
    run_by_hand(
        simulator,
        8090,
        "Dinero simulator at {0.base_url}, organisation {0.organisation_id}",
        "client id {0.client_id}, client secret {0.client_secret}, personal API key {0.api_key}",
        "In Odoo, under Settings > Technical > System Parameters:",
        "  dinero_connector.api_url, .connect_url and .authz_url = {0.base_url}",
        "  dinero_connector.test_server = 1",
    )


if __name__ == "__main__":
    main()
