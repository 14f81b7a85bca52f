"""The order of a UBL 2.1 invoice and credit note, common to both dialects.

``UblDocument`` walks the document in the sequence of the schema; ``bis3`` and ``oioubl`` fill the places where the
dialects differ. A new profile (Nemhandel BIS 4 is announced) is one more subclass.
"""

import base64

from .records import EInvoiceError
from .xml import Writer, number


class UblDocument:
    customization = ""
    profile = ""

    def __init__(self, invoice):
        self.invoice = invoice
        self.currency = invoice.currency
        self.root_name = "CreditNote" if invoice.is_credit_note else "Invoice"

    def write(self):
        """The document as UTF-8 bytes. ``EInvoiceError`` when the records cannot be said in this dialect."""
        self.check()
        doc = Writer.document(self.root_name)
        self.head(doc)
        self.references(doc)
        self.party(doc.cac("AccountingSupplierParty").cac("Party"), self.invoice.supplier, is_supplier=True)
        self.party(doc.cac("AccountingCustomerParty").cac("Party"), self.invoice.customer, is_supplier=False)
        self.delivery(doc)
        self.payment(doc)
        if self.invoice.is_credit_note:
            self.exchange_rate(doc)
            self.document_allowances(doc)
        else:
            self.document_allowances(doc)
            self.exchange_rate(doc)
        self.tax_total(doc)
        self.monetary_total(doc)
        for line in self.invoice.lines:
            self.line(doc.cac(f"{self.root_name}Line"), line)
        return doc.tobytes()

    # --- to be filled by the dialect ---------------------------------------------------------------------------
    def check(self):
        invoice = self.invoice
        for name, value in (
            ("invoice number", invoice.number),
            ("invoice date", invoice.issue_date),
            ("currency", invoice.currency),
            ("seller's name", invoice.supplier.name),
            ("buyer's name", invoice.customer.name),
            ("lines", invoice.lines),
        ):
            if not value:
                raise EInvoiceError(f"The {name} is missing.", name)

    def head(self, doc):
        raise NotImplementedError

    def party(self, node, party, is_supplier):
        raise NotImplementedError

    def address(self, node, address):
        raise NotImplementedError

    def tax_category(self, node, category, name):
        raise NotImplementedError

    def payment(self, doc):
        raise NotImplementedError

    def card_account(self, node, means):
        if means.card_digits:
            card = node.cac("CardAccount")
            card.cbc("PrimaryAccountNumberID", means.card_digits)
            card.cbc("NetworkID", means.card_network)

    def tax_total(self, doc):
        raise NotImplementedError

    def taxed_totals(self):
        """(TaxExclusiveAmount, TaxInclusiveAmount): the formats mean different things by them."""
        raise NotImplementedError

    def monetary_total(self, doc):
        totals, currency = self.invoice.totals, self.currency
        exclusive, inclusive = self.taxed_totals()
        node = doc.cac("LegalMonetaryTotal")
        node.amount("LineExtensionAmount", totals.lines, currency)
        node.amount("TaxExclusiveAmount", exclusive, currency)
        node.amount("TaxInclusiveAmount", inclusive, currency)
        if any(not allowance.is_charge for allowance in self.invoice.allowances):
            node.amount("AllowanceTotalAmount", totals.allowances, currency)
        if any(allowance.is_charge for allowance in self.invoice.allowances):
            node.amount("ChargeTotalAmount", totals.charges, currency)
        if totals.prepaid:
            node.amount("PrepaidAmount", totals.prepaid, currency)
        if totals.rounding:
            node.amount("PayableRoundingAmount", totals.rounding, currency)
        node.amount("PayableAmount", totals.payable, currency)

    def line_money(self, node, line):
        raise NotImplementedError

    def price(self, node, line):
        raise NotImplementedError

    def exchange_rate(self, doc):
        """Only OIOUBL states the rate."""

    # --- shared ------------------------------------------------------------------------------------------------
    def period(self, node, period):
        if not period or not (period.start or period.end):
            return
        child = node.cac("InvoicePeriod")
        child.cbc("StartDate", period.start)
        child.cbc("EndDate", period.end)

    def references(self, doc):
        invoice = self.invoice
        self.period(doc, invoice.period)
        if invoice.order_reference or invoice.sales_order:
            order = doc.cac("OrderReference")
            order.cbc("ID", invoice.order_reference or "NA")
            order.cbc("SalesOrderID", invoice.sales_order)
        for reference in invoice.billing_references:
            document = doc.cac("BillingReference").cac("InvoiceDocumentReference")
            document.cbc("ID", reference.id)
            document.cbc("IssueDate", reference.issue_date)
        for attachment in invoice.attachments:
            self.attachment(doc.cac("AdditionalDocumentReference"), attachment)

    def attachment(self, node, attachment):
        if attachment.content and attachment.mimetype not in self.mimetypes:
            raise EInvoiceError(
                f"The attachment {attachment.filename or attachment.id} ({attachment.mimetype}) is not of a type "
                "an e-invoice may carry; save it as PDF first.",
                "attachment",
            )
        node.cbc("ID", attachment.id)
        self.attachment_type(node, attachment)
        if attachment.content:
            node.cac("Attachment").cbc(
                "EmbeddedDocumentBinaryObject",
                base64.b64encode(attachment.content).decode(),
                mimeCode=attachment.mimetype,
                filename=attachment.filename or attachment.id,
            )

    def attachment_type(self, node, attachment):
        node.cbc("DocumentDescription", attachment.description)

    def contact(self, node, contact):
        if not contact:
            return
        child = node.cac("Contact")
        self.contact_id(child, contact)
        child.cbc("Name", contact.name)
        child.cbc("Telephone", contact.phone)
        child.cbc("ElectronicMail", contact.email)
        child.drop_if_empty(node)

    def contact_id(self, node, contact):
        """The dialect decides whether the contact has a number."""

    def delivery(self, doc):
        delivery = self.invoice.delivery
        if not delivery or not (delivery.actual_date or delivery.address):
            return
        node = doc.cac("Delivery")
        node.cbc("ActualDeliveryDate", delivery.actual_date)
        if delivery.address and delivery.address.country:
            self.address(node.cac("DeliveryLocation").cac("Address"), delivery.address)
        node.drop_if_empty(doc)

    def document_allowances(self, doc):
        for allowance in self.invoice.allowances:
            self.allowance(doc.cac("AllowanceCharge"), allowance)

    def allowance(self, node, allowance):
        node.cbc("ChargeIndicator", "true" if allowance.is_charge else "false")
        node.cbc("AllowanceChargeReasonCode", allowance.reason_code)
        node.cbc("AllowanceChargeReason", allowance.reason)
        if allowance.percent is not None and allowance.base_amount is not None:
            node.cbc("MultiplierFactorNumeric", self.factor(allowance.percent))
        node.amount("Amount", allowance.amount, self.currency)
        if allowance.percent is not None and allowance.base_amount is not None:
            node.amount("BaseAmount", allowance.base_amount, self.currency)
        if allowance.tax:
            self.tax_category(node, allowance.tax, "TaxCategory")

    def factor(self, percent):
        raise NotImplementedError

    def line(self, node, line):
        node.cbc("ID", line.id)
        node.cbc("Note", self.line_note(line))
        name = "CreditedQuantity" if self.invoice.is_credit_note else "InvoicedQuantity"
        node.cbc(name, number(line.quantity), unitCode=line.unit)
        node.amount("LineExtensionAmount", line.amount, self.currency)
        node.cbc("AccountingCost", line.accounting_cost)
        self.period(node, line.period)
        if line.order_line:
            node.cac("OrderLineReference").cbc("LineID", line.order_line)
        self.line_money(node, line)
        self.item(node.cac("Item"), line)
        self.price(node.cac("Price"), line)

    def line_note(self, line):
        return line.note

    def item(self, node, line):
        node.cbc("Description", line.description)
        node.cbc("Name", line.name)
        if line.buyer_item:
            node.cac("BuyersItemIdentification").cbc("ID", line.buyer_item)
        if line.seller_item:
            node.cac("SellersItemIdentification").cbc("ID", line.seller_item)
        if line.standard_item:
            node.cac("StandardItemIdentification").cbc("ID", line.standard_item, **self.gtin_attributes)
        self.tax_category(node, line.tax, "ClassifiedTaxCategory")

    gtin_attributes = {"schemeID": "0160"}
    mimetypes = frozenset()
