"""UBL 2.1 invoices and credit notes (Peppol BIS Billing 3, other EN 16931 dialects, OIOUBL 2.x) -> records.

The reader keeps what the document says: amounts are not recomputed. ``records.sum_faults`` tells where a document
contradicts itself. Whatever cannot be read as an invoice raises ``EInvoiceError`` with the element and the line.
"""

import base64
import binascii
import re
from datetime import date
from decimal import Decimal, InvalidOperation

from . import codes
from . import records as r
from .xml import local_name, namespace, parse

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(Z|[+-]\d{2}:\d{2})?")
_VAT_SCHEMES = ("63", "VAT", "")
MAX_NUMBER_LENGTH = 40
MAX_NUMBER = Decimal(10) ** 15  # beyond it sums lose their cents


def identify(root):
    """(document type, dialect) of a parsed document: ("Invoice", "bis3"). ("", "") when it is no UBL document."""
    name = local_name(root)
    if not namespace(root).startswith(codes.NS_UBL) or name not in codes.DOCUMENT_TYPES:
        return "", ""
    customization = "".join(root.findtext(f"{{{codes.NS_CBC}}}CustomizationID") or "").strip()
    if customization in codes.OIOUBL_CUSTOMIZATIONS:
        return name, codes.OIOUBL
    if customization.startswith(codes.BIS3_CUSTOMIZATION):
        return name, codes.BIS3
    return name, "ubl"


def read(data):
    """The document as ``records.Invoice``."""
    return read_root(parse(data))


def read_root(root):
    return _reader(root).invoice()


def read_amounts(root):
    """Totals and VAT of a document as ``records.Amounts``, without its lines."""
    return _reader(root).amounts()


def _reader(root):
    name, dialect = identify(root)
    if name not in ("Invoice", "CreditNote"):
        what = f"a document of the type {name}" if name else f"no e-invoice (root element {local_name(root) or '?'})"
        raise r.EInvoiceError(
            f"The file is {what}; only invoices and credit notes can be read here.",
            line=root.sourceline,
            code="other_type",
            name=name or local_name(root) or "?",
        )
    expected = codes.NS_INVOICE if name == "Invoice" else codes.NS_CREDIT_NOTE
    if namespace(root) != expected:
        raise r.EInvoiceError(
            f"The namespace {namespace(root)} does not belong to {name}.",
            name,
            root.sourceline,
            code="namespace",
            namespace=namespace(root),
            name=name,
        )
    return _Reader(root, name, dialect)


class _Node:
    """An element with short paths: "Party/PartyName/Name" whatever the prefix."""

    def __init__(self, element):
        self.element = element

    def all(self, path):
        found = [self.element]
        for step in path.split("/"):
            found = [child for each in found for child in each if local_name(child) == step]
        return [_Node(each) for each in found]

    def first(self, path):
        found = self.all(path)
        return found[0] if found else None

    def text(self, path=""):
        node = self.first(path) if path else self
        return " ".join((node.element.text or "").split()) if node else ""

    def attribute(self, name):
        return (self.element.get(name) or "").strip()

    def fault(self, message, code="", **values):
        return r.EInvoiceError(message, local_name(self.element), self.element.sourceline, code=code, **values)

    def decimal(self, path, default=None):
        node = self.first(path)
        if node is None:
            return default
        text = node.text()
        if len(text) > MAX_NUMBER_LENGTH or not _NUMBER.fullmatch(text):
            raise node.fault(
                f"{local_name(node.element)} is not a number: {text[:40]!r}.",
                "no_number",
                name=local_name(node.element),
                text=text[:40],
            )
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise node.fault(
                f"{local_name(node.element)} is not a number: {text[:40]!r}.",
                "no_number",
                name=local_name(node.element),
                text=text[:40],
            ) from None
        if abs(value) >= MAX_NUMBER:
            raise node.fault(
                f"{local_name(node.element)} is too large: {text[:40]!r}.",
                "no_number",
                name=local_name(node.element),
                text=text[:40],
            )
        return value

    def date(self, path):
        node = self.first(path)
        if node is None:
            return None
        match = _DATE.fullmatch(node.text())
        try:
            return date(*(int(part) for part in match.groups()[:3]))
        except (AttributeError, ValueError):
            raise node.fault(
                f"{local_name(node.element)} is not a date: {node.text()[:40]!r}.",
                "no_date",
                name=local_name(node.element),
                text=node.text()[:40],
            ) from None


class _Reader:
    def __init__(self, root, name, dialect):
        self.root = _Node(root)
        self.name = name
        self.dialect = dialect
        self.is_oioubl = dialect == codes.OIOUBL

    def missing(self, path):
        line = self.root.element.sourceline
        return r.EInvoiceError(f"The element {path} is missing.", path, line, code="missing", name=path)

    def invoice(self):
        root = self.root
        number = root.text("ID")
        issue_date = root.date("IssueDate")
        currency = root.text("DocumentCurrencyCode")
        for label, value in (("ID", number), ("IssueDate", issue_date), ("DocumentCurrencyCode", currency)):
            if not value:
                raise r.EInvoiceError(
                    f"The element {label} is missing or empty.",
                    label,
                    root.element.sourceline,
                    code="missing",
                    name=label,
                )
        lines = tuple(self.line(node) for node in root.all(f"{self.name}Line"))
        if not lines:
            raise r.EInvoiceError(
                "The document has no lines.", f"{self.name}Line", root.element.sourceline, code="no_lines"
            )
        tax_currency = root.text("TaxCurrencyCode")
        return r.Invoice(
            kind=r.CREDIT_NOTE if self.name == "CreditNote" else r.INVOICE,
            dialect=self.dialect,
            number=number,
            uuid=root.text("UUID"),
            issue_date=issue_date,
            due_date=root.date("DueDate") or root.date("PaymentMeans/PaymentDueDate"),
            type_code=root.text(f"{self.name}TypeCode"),
            note="\n".join(node.text() for node in root.all("Note") if node.text()),
            currency=currency,
            tax_currency=tax_currency,
            tax_currency_amount=self.tax_currency_amount(tax_currency, currency),
            exchange_rate=root.decimal("TaxExchangeRate/CalculationRate"),
            buyer_reference=self.buyer_reference(),
            order_reference=self.order_reference(),
            sales_order=root.text("OrderReference/SalesOrderID"),
            accounting_cost=root.text("AccountingCost"),
            billing_references=tuple(
                r.DocumentReference(node.text("ID"), node.date("IssueDate"))
                for node in root.all("BillingReference/InvoiceDocumentReference")
            ),
            period=self.period(root),
            delivery=self.delivery(),
            supplier=self.party("AccountingSupplierParty/Party"),
            customer=self.party("AccountingCustomerParty/Party"),
            payment_means=tuple(self.payment_means(node) for node in root.all("PaymentMeans")),
            payment_terms=root.text("PaymentTerms/Note"),
            allowances=tuple(self.allowance(node) for node in root.all("AllowanceCharge")),
            tax_subtotals=self.subtotals(),
            totals=self.totals(),
            lines=lines,
            attachments=tuple(self.attachment(node) for node in root.all("AdditionalDocumentReference")),
            duties=tuple(self.duty(part) for total in self.duties() for part in total.all("TaxSubtotal")),
        )

    def amounts(self):
        kind = r.CREDIT_NOTE if self.name == "CreditNote" else r.INVOICE
        return r.Amounts(kind, self.subtotals(), self.totals())

    def subtotals(self):
        totals = (self.vat_total(), *self.duties())
        return tuple(self.subtotal(node) for total in totals for node in total.all("TaxSubtotal"))

    # --- head --------------------------------------------------------------------------------------------------
    def buyer_reference(self):
        reference = self.root.text("BuyerReference")
        if not reference and self.is_oioubl:
            reference = self.root.text("AccountingCustomerParty/Party/Contact/ID")
        return "" if reference == "NA" else reference

    def order_reference(self):
        reference = self.root.text("OrderReference/ID")
        return "" if reference == "NA" else reference

    def period(self, node):
        period = node.first("InvoicePeriod")
        return r.Period(period.date("StartDate"), period.date("EndDate")) if period else None

    def delivery(self):
        node = self.root.first("Delivery")
        if not node:
            return None
        address = node.first("DeliveryLocation/Address")
        return r.Delivery(node.date("ActualDeliveryDate"), self.address(address) if address else None)

    # --- parties -----------------------------------------------------------------------------------------------
    def identifier(self, node):
        if node is None or not node.text():
            return None
        value, scheme = node.text(), node.attribute("schemeID")
        if self.is_oioubl:
            scheme = codes.EAS_OF_OIOUBL.get(scheme, scheme)
            if scheme == "0184":
                value = value.removeprefix("DK")
        return r.Identifier(value, scheme)

    def party(self, path):
        node = self.root.first(path)
        if node is None:
            raise self.missing(path)
        legal = node.text("PartyLegalEntity/RegistrationName")
        vat, other = "", ""
        for scheme in node.all("PartyTaxScheme"):
            if scheme.text("TaxScheme/ID") in ("VAT", "63", ""):
                vat = vat or scheme.text("CompanyID")
            else:
                other = other or scheme.text("CompanyID")
        contact = node.first("Contact")
        identifications = (self.identifier(each) for each in node.all("PartyIdentification/ID"))
        address = node.first("PostalAddress")
        return r.Party(
            name=node.text("PartyName/Name") or legal,
            registration_name=legal,
            endpoint=self.identifier(node.first("EndpointID")),
            identifications=tuple(each for each in identifications if each),
            vat=vat,
            tax_registration=other,
            legal_id=self.identifier(node.first("PartyLegalEntity/CompanyID")),
            address=self.address(address) if address else r.Address(),
            contact=r.Contact(
                contact.text("ID"), contact.text("Name"), contact.text("Telephone"), contact.text("ElectronicMail")
            )
            if contact
            else None,
        )

    def address(self, node):
        lines = [each.text("Line") for each in node.all("AddressLine")]
        return r.Address(
            street=node.text("StreetName") or (lines[0] if lines else ""),
            street2=node.text("AdditionalStreetName") or ", ".join(lines[1:]),
            building_number=node.text("BuildingNumber"),
            city=node.text("CityName"),
            zip=node.text("PostalZone"),
            region=node.text("CountrySubentity"),
            country=node.text("Country/IdentificationCode"),
        )

    # --- payment -----------------------------------------------------------------------------------------------
    def payment_means(self, node):
        card_type, payment_id = "", node.text("PaymentID")
        if self.is_oioubl and payment_id in codes.FIK_CARD_TYPES + codes.GIRO_CARD_TYPES:
            card_type, payment_id = payment_id, node.text("InstructionID")
        elif "#" in payment_id and payment_id[:2] in codes.FIK_CARD_TYPES + codes.GIRO_CARD_TYPES:
            card_type, _, payment_id = payment_id.partition("#")
        branch = node.text("PayeeFinancialAccount/FinancialInstitutionBranch/ID")
        bic = node.text("PayeeFinancialAccount/FinancialInstitutionBranch/FinancialInstitution/ID")
        if re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", branch):
            bic, branch = branch, ""
        code = node.first("PaymentMeansCode")
        return r.PaymentMeans(
            code=code.text() if code else "",
            name=code.attribute("name") if code else "",
            card_type=card_type,
            payment_id=payment_id or node.text("PayeeFinancialAccount/PaymentNote"),
            account=node.text("PayeeFinancialAccount/ID") or node.text("CreditAccount/AccountID"),
            account_name=node.text("PayeeFinancialAccount/Name"),
            branch=branch,
            bic=bic,
            card_digits=node.text("CardAccount/PrimaryAccountNumberID"),
            card_network=node.text("CardAccount/NetworkID"),
            due_date=node.date("PaymentDueDate"),
        )

    # --- money -------------------------------------------------------------------------------------------------
    def tax(self, node):
        if node is None:
            return None
        code = node.text("ID")
        if self.is_oioubl:
            code = codes.CATEGORY_OF_OIOUBL.get(code, code)
        return r.TaxCategory(
            code, node.decimal("Percent"), node.text("TaxExemptionReason"), node.text("TaxExemptionReasonCode")
        )

    def vat_total(self):
        """The TaxTotal with subtotals; EN 16931 allows a second one that only states the accounting currency."""
        totals = self.root.all("TaxTotal")
        with_parts = [node for node in totals if node.all("TaxSubtotal")]
        if not totals:
            raise self.missing("TaxTotal")
        if len(with_parts) < 2:
            return (with_parts or totals)[0]
        # OIOUBL: duties are TaxTotals of their own; the VAT is the one with the scheme 63 or VAT (F-LIB306)
        vat = [n for n in with_parts if n.text("TaxSubtotal/TaxCategory/TaxScheme/ID") in ("63", "VAT")]
        return (vat or with_parts)[0]

    def duties(self):
        """OIOUBL: TaxTotals beside the VAT are duties, they are part of the amount to pay (category: their number)."""
        if not self.is_oioubl:
            return []
        vat = self.vat_total().element
        return [node for node in self.root.all("TaxTotal") if node.element is not vat and node.all("TaxSubtotal")]

    def duty(self, node):
        scheme = node.first("TaxCategory/TaxScheme")
        name = (scheme and (scheme.text("Name") or scheme.text("ID"))) or node.text("TaxCategory/ID")
        kind = codes.CATEGORY_OF_OIOUBL.get(scheme.text("TaxTypeCode") if scheme else "", "Z")
        rates = [self.tax(each.first("TaxCategory")) for each in self.vat_total().all("TaxSubtotal")]
        rate = next((tax.rate for tax in rates if tax and tax.code == kind), None)
        return r.Duty(name, node.decimal("TaxAmount", r.ZERO), r.TaxCategory(kind, rate or r.ZERO))

    def line_tax(self, node):
        """VAT category of a line; OIOUBL states it with the line's tax, duties (other schemes) beside it."""
        classified = node.first("Item/ClassifiedTaxCategory")
        if classified:
            return self.tax(classified)
        parts = [
            part for part in node.all("TaxTotal/TaxSubtotal") if part.text("TaxCategory/TaxScheme/ID") in _VAT_SCHEMES
        ]
        amount = node.decimal("LineExtensionAmount", r.ZERO)
        own = [part for part in parts if part.decimal("TaxableAmount") == amount]
        found = (own or parts)[:1]
        return self.tax(found[0].first("TaxCategory")) if found else None

    def line_tax_amount(self, node):
        totals = node.all("TaxTotal")
        vat = [each for each in totals if each.text("TaxSubtotal/TaxCategory/TaxScheme/ID") in _VAT_SCHEMES]
        return (vat or totals)[0].decimal("TaxAmount", r.ZERO) if totals else r.ZERO

    def tax_currency_amount(self, tax_currency, currency):
        if not tax_currency or tax_currency == currency:
            return None
        if self.is_oioubl:
            return self.vat_total().decimal("TaxSubtotal/TransactionCurrencyTaxAmount")
        for node in self.root.all("TaxTotal/TaxAmount"):
            if node.attribute("currencyID") == tax_currency:
                return _Node(node.element.getparent()).decimal("TaxAmount")
        return None

    def subtotal(self, node):
        taxable, amount = node.decimal("TaxableAmount", r.ZERO), node.decimal("TaxAmount", r.ZERO)
        return r.TaxSubtotal(self.tax(node.first("TaxCategory")) or r.TaxCategory(""), taxable, amount)

    def allowance(self, node):
        indicator = node.text("ChargeIndicator")
        if indicator not in ("true", "false", "1", "0"):
            raise node.fault(f"ChargeIndicator is neither true nor false: {indicator[:20]!r}.")
        percent = node.decimal("MultiplierFactorNumeric")
        if percent is not None and self.is_oioubl:
            percent *= 100
        return r.AllowanceCharge(
            amount=node.decimal("Amount", r.ZERO),
            is_charge=indicator in ("true", "1"),
            base_amount=node.decimal("BaseAmount"),
            percent=percent,
            reason=node.text("AllowanceChargeReason"),
            reason_code=node.text("AllowanceChargeReasonCode"),
            tax=self.tax(node.first("TaxCategory")),
        )

    def totals(self):
        node = self.root.first("LegalMonetaryTotal")
        if node is None:
            raise self.missing("LegalMonetaryTotal")
        payable = node.decimal("PayableAmount")
        if payable is None:
            raise node.fault("The element PayableAmount is missing.", "missing", name="PayableAmount")
        lines = node.decimal("LineExtensionAmount", r.ZERO)
        down = node.decimal("AllowanceTotalAmount", r.ZERO)
        up = node.decimal("ChargeTotalAmount", r.ZERO)
        rounding = node.decimal("PayableRoundingAmount", r.ZERO)
        prepaid = node.decimal("PrepaidAmount", r.ZERO)
        net = lines - down + up
        if self.is_oioubl:
            duties = sum((duty.decimal("TaxAmount", r.ZERO) for duty in self.duties()), r.ZERO)
            tax = self.vat_total().decimal("TaxAmount", r.ZERO) + duties
            inclusive = net + tax
        else:
            tax = self.vat_total().decimal("TaxAmount", r.ZERO)
            net = node.decimal("TaxExclusiveAmount", net)
            inclusive = node.decimal("TaxInclusiveAmount", net + tax)
        return r.Totals(
            lines=lines,
            allowances=down,
            charges=up,
            tax_exclusive=net,
            tax=tax,
            tax_inclusive=inclusive,
            prepaid=prepaid,
            rounding=rounding,
            payable=payable,
        )

    # --- lines and attachments ---------------------------------------------------------------------------------
    def line(self, node):
        quantity_name = "InvoicedQuantity" if self.name == "Invoice" else "CreditedQuantity"
        quantity = node.first(quantity_name)
        name = node.text("Item/Name")
        return r.Line(
            id=node.text("ID"),
            quantity=node.decimal(quantity_name, Decimal(1)),
            unit=(quantity.attribute("unitCode") if quantity else "") or "C62",
            amount=node.decimal("LineExtensionAmount", r.ZERO),
            price=node.decimal("Price/PriceAmount", r.ZERO),
            base_quantity=node.decimal("Price/BaseQuantity"),
            name=name,
            description="\n".join(each.text() for each in node.all("Item/Description") if each.text()),
            note="\n".join(each.text() for each in node.all("Note") if each.text()),
            seller_item=node.text("Item/SellersItemIdentification/ID"),
            buyer_item=node.text("Item/BuyersItemIdentification/ID"),
            standard_item=node.text("Item/StandardItemIdentification/ID"),
            order_line=node.text("OrderLineReference/LineID"),
            accounting_cost=node.text("AccountingCost"),
            period=self.period(node),
            tax=self.line_tax(node),
            tax_amount=self.line_tax_amount(node),
            allowances=tuple(self.allowance(each) for each in node.all("AllowanceCharge")),
        )

    def attachment(self, node):
        binary = node.first("Attachment/EmbeddedDocumentBinaryObject")
        content = b""
        if binary:
            text = "".join((binary.element.text or "").split())
            try:
                content = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                raise binary.fault(
                    f"The attachment {node.text('ID')} is damaged: its base64 text is broken.",
                    "base64",
                    name=node.text("ID"),
                ) from None
        return r.Attachment(
            id=node.text("ID"),
            filename=re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", binary.attribute("filename")) if binary else "",
            mimetype=binary.attribute("mimeCode") if binary else "",
            content=content,
            description=node.text("DocumentDescription"),
            uri=node.text("Attachment/ExternalReference/URI"),
        )
