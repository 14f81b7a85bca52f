"""OIOUBL 2.1 (NemHandel): invoice and credit note. Rule ids are those of the schematron package 1.17."""

import re
from dataclasses import replace
from decimal import Decimal

from . import codes
from .records import Contact, EInvoiceError, cents
from .ubl import UblDocument
from .xml import number

AGENCY = codes.OIOUBL_AGENCY
CHANNEL_LIST = "urn:oioubl:codelist:paymentchannelcode-1.1"
_BUILDING = re.compile(r"^(?P<street>.*\D)\s+(?P<number>\d+\s?[A-Za-zÆØÅæøå]?)(?:\s*,?\s+(?P<rest>\S.*))?$")


def write(invoice):
    """A ``records.Invoice`` as an OIOUBL 2.1 document."""
    return OioublDocument(invoice).write()


def identifier(value, scheme):
    """(value, schemeID) in OIOUBL's own terms: CVR and SE numbers carry the prefix DK (F-LIB180, F-LIB196)."""
    name = codes.OIOUBL_SCHEMES.get(scheme)
    if not name:
        raise EInvoiceError(f"OIOUBL knows no electronic address of the type {scheme}.", "EndpointID")
    if name in ("DK:CVR", "DK:SE") and not value.upper().startswith("DK"):
        value = f"DK{value}"
    return value, name


def split_street(street):
    """Street and building number of a Danish address line: "Vestergade 12 B, 2. tv" -> ("Vestergade", "12 B")."""
    match = _BUILDING.match(street)
    if not match:
        return street, ""
    return match["street"].rstrip(" ,"), match["number"]


class OioublDocument(UblDocument):
    mimetypes = codes.MIME_OIOUBL
    gtin_attributes = {"schemeAgencyID": "9", "schemeID": "GTIN"}

    def check(self):
        super().check()
        for means in self.invoice.payment_means:
            if means.code not in codes.OIOUBL_PAYMENT_CODES:
                raise EInvoiceError(f"OIOUBL knows no way of payment {means.code} (F-LIB100).", "PaymentMeansCode")
        if any(line.quantity == 0 for line in self.invoice.lines):
            raise EInvoiceError("OIOUBL forbids lines with the quantity 0 (F-INV147).", "InvoicedQuantity")

    def head(self, doc):
        invoice = self.invoice
        doc.cbc("UBLVersionID", "2.1")
        doc.cbc("CustomizationID", codes.OIOUBL_CUSTOMIZATION)
        doc.cbc("ProfileID", codes.OIOUBL_PROFILE, schemeAgencyID=AGENCY, schemeID=codes.OIOUBL_PROFILE_SCHEME)
        doc.cbc("ID", invoice.number)
        doc.cbc("CopyIndicator", "false")
        doc.cbc("UUID", invoice.uuid)
        doc.cbc("IssueDate", invoice.issue_date)
        if not invoice.is_credit_note:
            doc.cbc(
                "InvoiceTypeCode",
                invoice.type_code or "380",
                listAgencyID=AGENCY,
                listID="urn:oioubl:codelist:invoicetypecode-1.1",
            )
        doc.cbc("Note", invoice.note)
        doc.cbc("DocumentCurrencyCode", invoice.currency)
        if self.states_tax_currency:
            doc.cbc("TaxCurrencyCode", invoice.tax_currency)
        doc.cbc("AccountingCost", invoice.accounting_cost)

    @property
    def states_tax_currency(self):
        """F-INV016, F-INV018, F-LIB373: VAT in DKK or EUR beside the currency, in a StandardRated subtotal only."""
        invoice = self.invoice
        return (
            invoice.tax_currency in ("DKK", "EUR")
            and invoice.tax_currency_amount is not None
            and sum(subtotal.tax.code == "S" for subtotal in invoice.tax_subtotals) == 1
        )

    def attachment_type(self, node, attachment):
        """F-LIB092: a reference names its type."""
        node.cbc("DocumentType", "Bilag")
        super().attachment_type(node, attachment)

    # --- parties -----------------------------------------------------------------------------------------------
    def party(self, node, party, is_supplier):
        if party.endpoint:
            value, scheme = identifier(party.endpoint.value, party.endpoint.scheme)
            node.cbc("EndpointID", value, schemeAgencyID="9" if scheme == "GLN" else "", schemeID=scheme)
        for each in party.identifications:
            value, scheme = identifier(each.value, each.scheme)
            node.cac("PartyIdentification").cbc("ID", value, schemeID=scheme)
        node.cac("PartyName").cbc("Name", party.name)
        self.address(node.cac("PostalAddress"), party.address)
        if party.vat:
            scheme = node.cac("PartyTaxScheme")
            scheme.cbc("CompanyID", party.vat, schemeID="DK:SE" if party.vat.startswith("DK") else "ZZZ")
            self.tax_scheme(scheme)
        self.legal_entity(node, party)
        contact = party.contact
        if not is_supplier and not (contact and contact.id):
            # F-INV046, F-INV051: the buyer's contact and its number are mandatory ("personreference")
            contact = replace(contact or Contact(), id=self.invoice.buyer_reference or "NA")
        self.contact(node, contact)

    def legal_entity(self, node, party):
        if not party.legal_id:
            return
        legal = node.cac("PartyLegalEntity")
        legal.cbc("RegistrationName", party.registration_name or party.name)
        if party.legal_id.scheme == "0184":
            value, scheme = identifier(party.legal_id.value, "0184")
        else:
            value, scheme = party.legal_id.value, "ZZZ"
        legal.cbc("CompanyID", value, schemeID=scheme)

    def contact_id(self, node, contact):
        node.cbc("ID", contact.id)

    def address(self, node, address):
        street, building = address.street, address.building_number
        if not building:
            street, building = split_street(street)
        structured = address.country == "DK" and street and building and address.zip
        if not structured:
            street, building = address.street, address.building_number
        node.cbc(
            "AddressFormatCode",
            "StructuredDK" if structured else "StructuredLax",
            listAgencyID=AGENCY,
            listID="urn:oioubl:codelist:addressformatcode-1.1",
        )
        node.cbc("StreetName", street)
        extra = address.street2
        if structured and not address.building_number:
            rest = _BUILDING.match(address.street)["rest"] or ""
            extra = ", ".join(part for part in (rest, extra) if part)
        node.cbc("AdditionalStreetName", extra)
        node.cbc("BuildingNumber", building)
        node.cbc("CityName", address.city)
        node.cbc("PostalZone", address.zip)
        node.cbc("CountrySubentity", address.region)
        if address.country:
            node.cac("Country").cbc("IdentificationCode", address.country)

    # --- payment (section 5 of the rules: never checked in a credit note) -----------------------------------------
    def payment(self, doc):
        if self.invoice.is_credit_note:
            return
        for means in self.invoice.payment_means:
            self.payment_means(doc.cac("PaymentMeans"), means)
        terms = doc.cac("PaymentTerms")
        terms.cbc("ID", "1")
        terms.cbc("PaymentMeansID", "1" if self.invoice.payment_means else "")
        terms.cbc("Note", self.invoice.payment_terms)
        terms.amount("Amount", self.invoice.totals.payable, self.currency)
        if self.invoice.totals.prepaid:
            doc.cac("PrepaidPayment").amount("PaidAmount", self.invoice.totals.prepaid, self.currency)

    def payment_means(self, node, means):
        node.cbc("ID", "1")
        node.cbc("PaymentMeansCode", means.code)
        node.cbc("PaymentDueDate", means.due_date or self.invoice.due_date)
        channel = {"31": "IBAN", "42": "DK:BANK", "50": "DK:GIRO", "58": "IBAN", "93": "DK:FIK", "97": "DK:NEMKONTO"}
        node.cbc("PaymentChannelCode", channel.get(means.code), listAgencyID=AGENCY, listID=CHANNEL_LIST)
        if means.code in ("50", "93"):
            node.cbc("InstructionID", means.payment_id)
            node.cbc("PaymentID", means.card_type)
        self.card_account(node, means)
        if means.code == "93":
            # F-LIB305: the creditor number stands in CreditAccount, not in an account of the payee
            node.cac("CreditAccount").cbc("AccountID", means.account)
        elif means.code in ("31", "42", "50", "58") and means.account:
            self.payee_account(node.cac("PayeeFinancialAccount"), means)

    def payee_account(self, node, means):
        node.cbc("ID", means.account)
        node.cbc("Name", means.account_name)
        if means.code in ("31", "42", "58"):
            node.cbc("PaymentNote", means.payment_id[:20])
        if means.code == "42":
            node.cac("FinancialInstitutionBranch").cbc("ID", means.branch)
        elif means.code in ("31", "58") and means.bic:
            node.cac("FinancialInstitutionBranch").cac("FinancialInstitution").cbc("ID", means.bic)

    # --- tax ---------------------------------------------------------------------------------------------------
    def tax_scheme(self, node):
        scheme = node.cac("TaxScheme")
        scheme.cbc("ID", "63", schemeAgencyID=AGENCY, schemeID="urn:oioubl:id:taxschemeid-1.5")
        scheme.cbc("Name", "Moms")

    def tax_category(self, node, category, name):
        child = node.cac(name)
        child.cbc(
            "ID",
            codes.OIOUBL_CATEGORIES.get(category.code, category.code),
            schemeAgencyID=AGENCY,
            schemeID="urn:oioubl:id:taxcategoryid-1.4",
        )
        child.cbc("Percent", number(category.rate or 0))
        if name == "TaxCategory" and node.element.tag.endswith("}TaxSubtotal"):
            child.cbc("TaxExemptionReason", category.reason)
        self.tax_scheme(child)

    def tax_subtotal(self, node, taxable, amount, category, in_tax_currency=None):
        child = node.cac("TaxSubtotal")
        child.amount("TaxableAmount", taxable, self.currency)
        child.amount("TaxAmount", amount, self.currency)
        if in_tax_currency is not None:
            child.amount("TransactionCurrencyTaxAmount", in_tax_currency, self.invoice.tax_currency)
        self.tax_category(child, category, "TaxCategory")

    def tax_total(self, doc):
        totals = self.invoice.totals
        total = doc.cac("TaxTotal")
        total.amount("TaxAmount", totals.tax, self.currency)
        if totals.rounding:
            total.amount("RoundingAmount", totals.rounding, self.currency)
        for subtotal in self.merged_subtotals():
            stated = self.states_tax_currency and subtotal.tax.code == "S"
            in_currency = self.invoice.tax_currency_amount if stated else None
            self.tax_subtotal(total, subtotal.taxable, subtotal.amount, subtotal.tax, in_currency)

    def merged_subtotals(self):
        """F-LIB315: one subtotal per OIOUBL category; several 0 % categories become one."""
        merged = {}
        for subtotal in self.invoice.tax_subtotals:
            name = codes.OIOUBL_CATEGORIES.get(subtotal.tax.code, subtotal.tax.code)
            known = merged.get(name)
            if not known:
                merged[name] = subtotal
                continue
            if (known.tax.rate or 0) != (subtotal.tax.rate or 0):
                raise EInvoiceError("OIOUBL allows one VAT rate above 0 % in a document (F-LIB315).", "TaxSubtotal")
            reasons = dict.fromkeys(reason for reason in (known.tax.reason, subtotal.tax.reason) if reason)
            merged[name] = type(known)(
                tax=type(known.tax)(known.tax.code, known.tax.rate, "; ".join(reasons)),
                taxable=known.taxable + subtotal.taxable,
                amount=known.amount + subtotal.amount,
            )
        return list(merged.values())

    def exchange_rate(self, doc):
        rate = self.invoice.exchange_rate
        if not (self.states_tax_currency and rate and rate >= Decimal("0.0001")):
            return
        node = doc.cac("TaxExchangeRate")
        node.cbc("SourceCurrencyCode", self.currency)
        node.cbc("TargetCurrencyCode", self.invoice.tax_currency)
        node.cbc("CalculationRate", f"{rate:.4f}")
        node.cbc("MathematicOperatorCode", "multiply")

    def taxed_totals(self):
        # F-INV127: the total of the tax alone; F-INV128: with the rounding
        totals = self.invoice.totals
        return totals.tax, totals.tax_inclusive + totals.rounding

    # --- lines -------------------------------------------------------------------------------------------------
    def line_money(self, node, line):
        total = node.cac("TaxTotal")
        total.amount("TaxAmount", line.tax_amount, self.currency)
        self.tax_subtotal(total, line.amount, line.tax_amount, line.tax)

    def line_note(self, line):
        """The discount in words: F-INV348 wants quantity x price to be the line total, so the price is net."""
        texts = [line.note]
        for allowance in line.allowances:
            sign = "+" if allowance.is_charge else "-"
            percent = f" ({number(allowance.percent)} %)" if allowance.percent is not None else ""
            texts.append(f"{allowance.reason or 'Discount'}{percent}: {sign}{allowance.amount:.2f} {self.currency}")
        return ". ".join(text for text in texts if text)

    def factor(self, percent):
        return number(percent / 100)  # F-LIB228: a fraction, not a percentage

    def price(self, node, line):
        """Net price after the line's discount with enough decimals for F-INV348, else per the whole quantity."""
        if not line.allowances and line.base_quantity in (None, 1):
            price, base = line.price, None
        else:
            price, base = (line.amount / line.quantity).quantize(Decimal("0.000001")), None
        if cents(price * line.quantity) != cents(line.amount):
            price, base = abs(line.amount), abs(line.quantity)
        node.cbc("PriceAmount", number(price) if price % Decimal("0.01") else f"{price:.2f}", currencyID=self.currency)
        if base is not None:
            node.cbc("BaseQuantity", number(base), unitCode=line.unit)
