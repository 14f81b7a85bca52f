"""From a posted invoice to ``formats.records``: the figures are those of the books, nothing is recomputed."""

import re
from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from odoo.addons.account_edi_ubl_cii.models.account_edi_common import UOM_TO_UNECE_CODE

from ..const import CHANNEL_FORMATS
from ..formats import records
from .res_partner import TAX_REGISTRATIONS

ZERO = Decimal(0)
LINE_TOLERANCE = Decimal("0.02")  # PEPPOL-EN16931-R120
SIX = Decimal("0.000001")


def exact(value):
    """A float of Odoo as the decimal a user sees."""
    return Decimal(str(value))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _prepare_einvoice_values(self):
        """What the e-invoice says, as ``formats.records.Invoice``. Call ``_einvoice_faults`` first."""
        self.ensure_one()
        lines = self._einvoice_lines()
        subtotals = self._einvoice_tax_subtotals(lines)
        rounding = self._einvoice_rounding()
        is_refund = self.move_type == "out_refund"
        company_currency = self.company_id.currency_id
        is_foreign = self.currency_id != company_currency
        return records.Invoice(
            kind=records.CREDIT_NOTE if is_refund else records.INVOICE,
            number=self.name,
            uuid=self._einvoice_uuid(),
            issue_date=self.invoice_date,
            due_date=None if is_refund else self.invoice_date_due,
            note=" ".join(html2plaintext(self.narration).split()) if self.narration else "",
            currency=self.currency_id.name,
            tax_currency=company_currency.name if is_foreign else "",
            tax_currency_amount=self._einvoice_tax_in_company_currency() if is_foreign else None,
            exchange_rate=self._einvoice_exchange_rate() if is_foreign else None,
            buyer_reference=self.buyer_reference or "",
            order_reference=self.einvoice_order_reference or "",
            accounting_cost=self.einvoice_accounting_cost or "",
            billing_references=tuple(self._einvoice_document_references()),
            delivery=self._einvoice_delivery(subtotals),
            supplier=self._einvoice_supplier(),
            customer=self._einvoice_customer(),
            payment_means=tuple(self._einvoice_payment_means()),
            payment_terms=self._einvoice_payment_terms(),
            lines=tuple(lines),
            tax_subtotals=tuple(subtotals),
            totals=records.make_totals(lines, subtotals, prepaid=self._einvoice_prepaid(), rounding=rounding),
            attachments=tuple(self._einvoice_attachments()),
        )

    # --- parties -----------------------------------------------------------------------------------------------
    def _einvoice_supplier(self):
        partner = self.company_id.partner_id
        user = self.invoice_user_id
        contact = records.Contact(
            id=str(user.id) if user else "",
            name=(user or self.company_id).name or "",
            phone=(user.phone if user else "") or self.company_id.phone or "",
            email=(user.email if user else "") or self.company_id.email or "",
        )
        registration = TAX_REGISTRATIONS.get(partner.country_id.code, "")
        return partner._einvoice_party(
            channel=self.einvoice_channel,
            contact=contact,
            tax_registration=registration if self.company_id.einvoice_has_tax_registration else "",
        )

    def _einvoice_customer(self):
        partner = self.partner_id
        contact = records.Contact(
            id=self.buyer_reference or self.einvoice_order_reference or self.commercial_partner_id.ref or "",
            name=partner.name if partner.parent_id and not partner.is_company else "",
            phone=partner.phone or "",
            email=partner.email or "",
        )
        return partner._einvoice_party(channel=self.einvoice_channel, contact=contact)

    def _einvoice_delivery(self, subtotals):
        """Date and place; a sale within the EU needs both (BR-IC-11, BR-IC-12)."""
        is_intra = any(subtotal.tax.code == "K" for subtotal in subtotals)
        shipping = self.partner_shipping_id
        place = shipping if shipping and (shipping != self.partner_id or is_intra) else shipping.browse()
        if is_intra and not place:
            place = self.partner_id
        date = self.delivery_date or (self.invoice_date if is_intra else None)
        address = place._einvoice_address() if place else None
        return records.Delivery(date or None, address) if date or address else None

    # --- lines -------------------------------------------------------------------------------------------------
    def _einvoice_product_lines(self):
        return (
            self.invoice_line_ids.filtered(
                lambda line: line.display_type == "product" and (line.quantity or line.amount_currency)
            )
            - self._einvoice_payment_lines()
        )

    def _einvoice_payment_lines(self):
        """Lines that take off what was paid before, without VAT, instead of selling: stated as prepaid. Extended by the
        joint with deposits."""
        return self.env["account.move.line"]

    def _einvoice_taken_off(self):
        """What ``_einvoice_payment_lines`` take off, as a positive amount."""
        return self._einvoice_amount(
            -self.direction_sign * sum(self._einvoice_payment_lines().mapped("amount_currency"))
        )

    def _einvoice_line_tax(self, line):
        """The one VAT tax of a line, or an empty recordset."""
        taxes = line.tax_ids.flatten_taxes_hierarchy()
        return taxes if len(taxes) == 1 else taxes.browse()

    def _einvoice_lines(self):
        lines = self._einvoice_product_lines()
        uom_names = lines.product_uom_id.get_external_id()
        units = {uom.id: UOM_TO_UNECE_CODE.get(uom_names.get(uom.id), "C62") for uom in lines.product_uom_id}
        return [self._einvoice_line(line, index, units) for index, line in enumerate(lines, 1)]

    def _einvoice_line(self, line, index, units):
        currency = self.currency_id
        category = self._einvoice_line_tax(line)._einvoice_category()
        # as booked: with VAT rounded on the whole invoice a line may differ from its subtotal by a øre
        quantity, amount = exact(line.quantity), self._einvoice_amount(self.direction_sign * line.amount_currency)
        price, base_quantity, allowances = self._einvoice_price(line, quantity, amount, category)
        if price < 0:
            # BR-27: a price is never negative, the quantity is
            quantity, price = -quantity, -price
        name, description = self._einvoice_line_texts(line)
        return records.Line(
            id=str(index),
            quantity=quantity,
            unit=units.get(line.product_uom_id.id, "C62"),
            amount=amount,
            price=price,
            base_quantity=base_quantity,
            name=name,
            description=description,
            tax=category,
            tax_amount=self._einvoice_amount(currency.round(line.price_total - line.price_subtotal)),
            seller_item=line.product_id.default_code or "",
            standard_item=line.product_id.barcode or "",
            period=self._einvoice_line_period(line),
            allowances=tuple(allowances),
        )

    def _einvoice_price(self, line, quantity, amount, category):
        """(price, base quantity, allowances) that give the booked line total within the tolerance."""
        price = exact(line.price_unit)
        discount = exact(line.discount)
        if self._einvoice_line_tax(line).price_include:
            factor = (1 - discount / 100) * quantity
            price = amount / factor if factor else price / (1 + category.rate / 100)
        price = price.quantize(SIX).normalize() if price else ZERO
        gross = records.cents(price * quantity)
        if abs(gross * (100 - discount) / 100 - amount) > LINE_TOLERANCE:
            # a price that needs more than six decimals: state it for the whole quantity
            return amount * (1 if quantity > 0 else -1), abs(quantity), []
        if gross == amount or not discount:
            return price, None, []
        allowance = records.AllowanceCharge(
            amount=gross - amount,
            base_amount=gross,
            percent=discount,
            reason=self.env._("Discount"),
            reason_code="95",
            tax=None,
        )
        return price, None, [allowance]

    def _einvoice_line_texts(self, line):
        """(item name, description): the product's name and the rest of the line's label."""
        rows = [" ".join(row.split()) for row in (line.name or "").splitlines() if row.strip()]
        product = line.product_id.with_context(lang=self.partner_id.lang)
        name = " ".join((product.name or "").split())
        if rows and name and re.sub(r"^\[[^\]]*\]\s*", "", rows[0]) == name:
            rows.pop(0)
        if not name:
            name = rows.pop(0) if rows else ""
        return name, " ".join(rows)

    def _einvoice_line_period(self, line):
        if "start_date" not in line._fields or not (line.start_date or line.end_date):
            return None
        return records.Period(line.start_date or None, line.end_date or None)

    # --- money -------------------------------------------------------------------------------------------------
    def _einvoice_amount(self, value):
        return Decimal(f"{value:.2f}")

    def _einvoice_tax_subtotals(self, lines):
        """Base per category from the lines, VAT per category as booked in the tax lines."""
        bases, categories, taxes = defaultdict(lambda: ZERO), {}, defaultdict(lambda: ZERO)
        for line in lines:
            categories.setdefault(line.tax.key, line.tax)
            bases[line.tax.key] += line.amount
        for line in self.line_ids.filtered("tax_line_id"):
            category = line.tax_line_id._einvoice_category()
            if category is None or category.key not in bases:
                raise UserError(
                    self.env._(
                        "%(invoice)s: the tax %(tax)s is booked, but no line of the invoice carries it.",
                        invoice=self.display_name,
                        tax=line.tax_line_id.name,
                    )
                )
            taxes[category.key] += self._einvoice_amount(self.direction_sign * line.amount_currency)
        return [
            records.TaxSubtotal(tax=category, taxable=bases[key], amount=taxes[key])
            for key, category in categories.items()
        ]

    def _einvoice_tax_in_company_currency(self):
        return self._einvoice_amount(self.direction_sign * sum(self.line_ids.filtered("tax_line_id").mapped("balance")))

    def _einvoice_exchange_rate(self):
        rate = exact(self.invoice_currency_rate) if self.invoice_currency_rate else ZERO
        return 1 / rate if rate else None

    def _einvoice_rounding(self):
        """Cash rounding booked on a line of its own."""
        lines = self.line_ids.filtered(lambda line: line.display_type == "rounding" and not line.tax_line_id)
        return self._einvoice_amount(self.direction_sign * sum(lines.mapped("amount_currency")))

    def _einvoice_prepaid(self):
        """What was paid before, without what credit notes took off."""
        taken_off = self._einvoice_taken_off()
        if self.move_type != "out_invoice":
            return taken_off
        partials = (self._get_all_reconciled_invoice_partials() or []) if self.payment_state != "not_paid" else []
        paid = sum(
            partial["amount"]
            for partial in partials
            if not partial["is_exchange"] and not partial["aml"].move_id.is_invoice(include_receipts=True)
        )
        return self._einvoice_amount(self.currency_id.round(paid)) + taken_off

    # --- payment and references ----------------------------------------------------------------------------------
    def _einvoice_payment_means(self):
        """How the customer pays, as ``records.PaymentMeans``. Extended by the joint with direct debit."""
        self.ensure_one()
        if self.move_type != "out_invoice" or self._payment_reference_is_drawn() or not self.amount_residual:
            return []
        card = self.payment_card_type
        if card in ("71", "73", "75"):
            return [self._einvoice_slip("93", card)]
        if card == "04":
            return [self._einvoice_slip("50", card)]
        means = self._einvoice_bank_means()
        return [means] if means else []

    def _einvoice_slip(self, code, card):
        return records.PaymentMeans(
            code=code,
            card_type=card,
            payment_id=self.payment_id_number or "",
            account=self.payment_creditor_number or "",
            due_date=self.invoice_date_due,
        )

    def _einvoice_bank_means(self):
        bank = self.partner_bank_id
        country = self.company_id.account_fiscal_country_id.code
        is_domestic = self.partner_id._einvoice_country() == country
        values = {
            "payment_id": self.payment_id_number or self.payment_reference or self.name,
            "account_name": bank.acc_holder_name or bank.partner_id.name or "",
            "bic": bank.bank_bic or "",
            "due_date": self.invoice_date_due,
        }
        if not bank:
            return records.PaymentMeans(code="1", due_date=self.invoice_date_due) if country == "DK" else None
        number = re.sub(r"[^0-9A-Z]", "", (bank.acc_number or "").upper())
        if number[:2].isalpha():
            code = "58" if country == "DK" and is_domestic or self.currency_id.name == "EUR" else "30"
            return records.PaymentMeans(code=code, account=number, **values)
        if country == "DK" and is_domestic:
            return self._einvoice_danish_account(bank, number, values)
        if country == "SE" and len(number) in (7, 8):
            # bankgiro and plusgiro have 7 or 8 digits; what the bank is called tells them apart
            giro = "SE:PLUSGIRO" if "plusgiro" in (bank.bank_name or "").lower() else "SE:BANKGIRO"
            values["bic"] = ""
            return records.PaymentMeans(code="30", account=number, branch=giro, **values)
        return records.PaymentMeans(code="30", account=number, **values)

    def _einvoice_danish_account(self, bank, number, values):
        branch = re.sub(r"\D", "", bank.clearing_number or "")
        if not branch and len(number) > 4:
            branch, number = number[:4], number[4:]
        if len(branch) != 4 or not 1 <= len(number) <= 10:
            return records.PaymentMeans(code="1", due_date=self.invoice_date_due)
        return records.PaymentMeans(code="42", account=number.zfill(10), branch=branch, **(values | {"bic": ""}))

    def _einvoice_payment_terms(self):
        if self.move_type != "out_invoice" or not self.invoice_payment_term_id:
            return ""
        note = self.invoice_payment_term_id.with_context(lang=self.partner_id.lang).note
        return " ".join(html2plaintext(note or "").split()) or self.invoice_payment_term_id.name or ""

    def _einvoice_document_references(self):
        """Invoices this document refers to, as ``records.DocumentReference``. Extended by the joints."""
        self.ensure_one()
        origin = self.reversed_entry_id
        return [records.DocumentReference(origin.name, origin.invoice_date or None)] if origin else []

    def _einvoice_attachments(self):
        """The invoice's PDF, when it was made already."""
        pdf = self.invoice_pdf_report_id
        if not pdf or not pdf.raw:
            return []
        return [records.Attachment(id=pdf.name, filename=pdf.name, mimetype="application/pdf", content=pdf.raw)]

    def _einvoice_format(self):
        return CHANNEL_FORMATS.get(self.einvoice_channel)
