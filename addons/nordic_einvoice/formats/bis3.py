"""Peppol BIS Billing 3.0 (EHF Billing 3.0 in Norway): invoice and credit note."""

from . import codes
from .ubl import UblDocument
from .xml import number


def write(invoice):
    """A ``records.Invoice`` as a Peppol BIS Billing 3.0 document."""
    return Bis3Document(invoice).write()


class Bis3Document(UblDocument):
    mimetypes = codes.MIME_BIS3

    def __init__(self, invoice):
        super().__init__(invoice)
        # BR-O-02 to BR-O-04: a document outside the scope of VAT names no VAT number of either party
        self.outside_vat = any(subtotal.tax.code == "O" for subtotal in invoice.tax_subtotals)

    def head(self, doc):
        invoice = self.invoice
        doc.cbc("CustomizationID", codes.BIS3_CUSTOMIZATION)
        doc.cbc("ProfileID", codes.BIS3_PROFILE)
        doc.cbc("ID", invoice.number)
        doc.cbc("IssueDate", invoice.issue_date)
        if invoice.is_credit_note:
            doc.cbc("CreditNoteTypeCode", invoice.type_code or "381")
        else:
            doc.cbc("DueDate", invoice.due_date)
            doc.cbc("InvoiceTypeCode", invoice.type_code or "380")
        doc.cbc("Note", invoice.note)
        doc.cbc("DocumentCurrencyCode", invoice.currency)
        doc.cbc("TaxCurrencyCode", invoice.tax_currency)
        doc.cbc("AccountingCost", invoice.accounting_cost)
        doc.cbc("BuyerReference", invoice.buyer_reference)

    def party(self, node, party, is_supplier):
        if party.endpoint:
            node.cbc("EndpointID", party.endpoint.value, schemeID=party.endpoint.scheme)
        for identifier in party.identifications:
            node.cac("PartyIdentification").cbc("ID", identifier.value, schemeID=identifier.scheme)
        node.cac("PartyName").cbc("Name", party.name)
        self.address(node.cac("PostalAddress"), party.address)
        if party.vat and not self.outside_vat:
            self.tax_registration(node, party.vat, "VAT")
        if party.tax_registration and is_supplier:
            self.tax_registration(node, party.tax_registration, "TAX")
        legal = node.cac("PartyLegalEntity")
        legal.cbc("RegistrationName", party.registration_name or party.name)
        if party.legal_id:
            legal.cbc("CompanyID", party.legal_id.value, schemeID=party.legal_id.scheme)
        self.contact(node, party.contact)

    def tax_registration(self, node, value, scheme):
        child = node.cac("PartyTaxScheme")
        child.cbc("CompanyID", value)
        child.cac("TaxScheme").cbc("ID", scheme)

    def address(self, node, address):
        street = " ".join(part for part in (address.street, address.building_number) if part)
        node.cbc("StreetName", street)
        node.cbc("AdditionalStreetName", address.street2)
        node.cbc("CityName", address.city)
        node.cbc("PostalZone", address.zip)
        node.cbc("CountrySubentity", address.region)
        node.cac("Country").cbc("IdentificationCode", address.country)

    def payment(self, doc):
        for means in self.invoice.payment_means:
            node = doc.cac("PaymentMeans")
            node.cbc("PaymentMeansCode", means.code, name=means.name)
            payment_id = f"{means.card_type}#{means.payment_id}" if means.card_type else means.payment_id
            node.cbc("PaymentID", payment_id)
            self.card_account(node, means)
            if means.account:
                account = node.cac("PayeeFinancialAccount")
                account.cbc("ID", means.account)
                account.cbc("Name", means.account_name)
                if means.branch or means.bic:
                    account.cac("FinancialInstitutionBranch").cbc("ID", means.branch or means.bic)
        if self.invoice.payment_terms:
            doc.cac("PaymentTerms").cbc("Note", self.invoice.payment_terms)

    def factor(self, percent):
        return number(percent)

    def tax_category(self, node, category, name):
        child = node.cac(name)
        child.cbc("ID", category.code)
        if category.code != "O":
            child.cbc("Percent", number(category.rate or 0))
        if name == "TaxCategory" and node.element.tag.endswith("}TaxSubtotal"):
            child.cbc("TaxExemptionReasonCode", category.reason_code)
            child.cbc("TaxExemptionReason", category.reason)
        child.cac("TaxScheme").cbc("ID", "VAT")

    def tax_total(self, doc):
        invoice = self.invoice
        total = doc.cac("TaxTotal")
        total.amount("TaxAmount", invoice.totals.tax, self.currency)
        for subtotal in invoice.tax_subtotals:
            node = total.cac("TaxSubtotal")
            node.amount("TaxableAmount", subtotal.taxable, self.currency)
            node.amount("TaxAmount", subtotal.amount, self.currency)
            self.tax_category(node, subtotal.tax, "TaxCategory")
        if invoice.tax_currency:
            doc.cac("TaxTotal").amount("TaxAmount", invoice.tax_currency_amount, invoice.tax_currency)

    def taxed_totals(self):
        return self.invoice.totals.tax_exclusive, self.invoice.totals.tax_inclusive

    def line_money(self, node, line):
        for allowance in line.allowances:
            self.allowance(node.cac("AllowanceCharge"), allowance)

    def price(self, node, line):
        node.cbc("PriceAmount", number(line.price), currencyID=self.currency)
        if line.base_quantity is not None and line.base_quantity != 1:
            node.cbc("BaseQuantity", number(line.base_quantity), unitCode=line.unit)
