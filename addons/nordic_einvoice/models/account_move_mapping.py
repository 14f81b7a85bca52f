"""From a posted invoice to ``formats.records``: the figures are those of the books, nothing is recomputed."""

import re
from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..const import CHANNEL_FORMATS
from ..formats import records
from .res_partner import TAX_REGISTRATIONS

ZERO = Decimal(0)
LINE_TOLERANCE = Decimal("0.02")  # PEPPOL-EN16931-R120
SIX = Decimal("0.000001")


def exact(value):
    """A float of Odoo as the decimal a user sees."""
    return Decimal(str(value))


def chosen(lines, condition):
    """Lines that fulfil a condition, still read together with the lines of the other invoices."""
    return lines.filtered(condition).with_prefetch(lines._prefetch_ids)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _prepare_einvoice_values(self):
        """What the e-invoice says, as ``formats.records.Invoice``. Call ``_einvoice_faults`` first."""
        self.ensure_one()
        lines = self._einvoice_lines()
        allowances = self._einvoice_document_allowances()
        subtotals = self._einvoice_tax_subtotals(lines, allowances)
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
            period=self._einvoice_period(lines),
            billing_references=tuple(self._einvoice_document_references()),
            delivery=self._einvoice_delivery(subtotals),
            supplier=self._einvoice_supplier(),
            customer=self._einvoice_customer(),
            payment_means=tuple(self._einvoice_payment_means()),
            payment_terms=self._einvoice_payment_terms(),
            lines=tuple(lines),
            allowances=tuple(allowances),
            tax_subtotals=tuple(subtotals),
            totals=records.make_totals(lines, subtotals, allowances, self._einvoice_prepaid(), rounding),
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
    def _einvoice_amount_lines(self):
        lines, taken_off = self.invoice_line_ids, set(self._einvoice_payment_lines()._ids)
        return chosen(
            lines,
            lambda line: (
                line.display_type == "product" and (line.quantity or line.amount_currency) and line.id not in taken_off
            ),
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

    def _einvoice_charge_lines(self):
        """Lines that stand in the totals, as discount or charge of the whole document, instead of among the lines."""
        return self._einvoice_amount_lines().filtered("product_id.einvoice_is_document_charge")

    def _einvoice_product_lines(self):
        lines = self._einvoice_amount_lines()
        return chosen(lines, lambda line: not line.product_id.einvoice_is_document_charge)

    def _einvoice_line_tax(self, line):
        """The one VAT tax of a line, or an empty recordset."""
        taxes = line.tax_ids
        if len(taxes) != 1 or taxes.amount_type == "group":
            taxes = taxes.flatten_taxes_hierarchy()
        return taxes if len(taxes) == 1 else taxes.browse()

    def _einvoice_lines(self):
        lines = self._einvoice_product_lines()
        taxes = {tax: tax._einvoice_category() for tax in lines.tax_ids.flatten_taxes_hierarchy()}
        return [self._einvoice_line(line, str(number), taxes) for number, line in enumerate(lines, 1)]

    def _einvoice_line(self, line, number, taxes):
        tax = self._einvoice_line_tax(line)
        category = taxes[tax]
        # as booked: with VAT rounded on the whole invoice a line may differ from its subtotal by a øre
        quantity, amount = exact(line.quantity), self._einvoice_amount(self.direction_sign * line.amount_currency)
        price, base_quantity, allowances = self._einvoice_price(line, quantity, amount, tax)
        if price < 0:
            # BR-27: a price is never negative, the quantity is
            quantity, price = -quantity, -price
        name, description = self._einvoice_line_texts(line)
        return records.Line(
            id=number,
            quantity=quantity,
            unit=line.product_uom_id._einvoice_unit(),
            amount=amount,
            price=price,
            base_quantity=base_quantity,
            name=name,
            description=description,
            tax=category,
            tax_amount=self._einvoice_amount(line.price_total - line.price_subtotal),
            seller_item=line.product_id.default_code or "",
            standard_item=line.product_id.barcode or "",
            period=self._einvoice_line_period(line),
            allowances=tuple(allowances),
        )

    def _einvoice_price(self, line, quantity, amount, tax):
        """(price, base quantity, allowances) that give the booked line total within the tolerance."""
        price = exact(line.price_unit)
        discount = exact(line.discount)
        if tax.price_include:
            factor = (1 - discount / 100) * quantity
            price = amount / factor if factor else price / (1 + exact(tax.amount) / 100)
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
        product = line.product_id and line.product_id.with_context(lang=self.partner_id.lang)
        name = " ".join((product.name or "").split())
        if rows and name and re.sub(r"^\[[^\]]*\]\s*", "", rows[0]) == name:
            rows.pop(0)
        if not name:
            name = rows.pop(0) if rows else ""
        return name, " ".join(rows)

    def _einvoice_document_allowances(self):
        """Discounts and charges of the whole document, as ``records.AllowanceCharge``."""
        found = [
            self._einvoice_allowance(
                self.direction_sign * line.amount_currency,
                " ".join((line.name or line.product_id.name or "").split()),
                self._einvoice_line_tax(line)._einvoice_category(),
            )
            for line in self._einvoice_charge_lines()
        ]
        return [each for each in found + self._einvoice_early_payment() if each.amount]

    def _einvoice_early_payment(self):
        """VAT of the amount reduced by the discount for early payment, as core books it for terms that demand so: a
        discount that bears VAT, and a charge of the same amount without."""
        lines = self.line_ids.filtered(lambda line: line.display_type == "epd")
        if not lines:
            return []
        reason = self.with_context(lang=self.partner_id.lang).env._("Discount for early payment")
        free = records.TaxCategory("E", ZERO, reason)
        return [
            self._einvoice_allowance(
                self.direction_sign * line.amount_currency,
                reason,
                self._einvoice_line_tax(line)._einvoice_category() if line.tax_ids else free,
            )
            for line in lines
        ]

    def _einvoice_allowance(self, amount, reason, category):
        amount = self._einvoice_amount(amount)
        return records.AllowanceCharge(
            amount=abs(amount),
            is_charge=amount > 0,
            reason=reason,
            reason_code="" if amount > 0 else "95",
            tax=category,
        )

    def _einvoice_period(self, lines):
        """The period of the whole document, when every line has one (PEPPOL-EN16931-R110, R111)."""
        periods = [line.period for line in lines]
        if not all(period and period.start and period.end for period in periods):
            return None
        return records.Period(min(period.start for period in periods), max(period.end for period in periods))

    def _einvoice_line_period(self, line):
        if "start_date" not in line._fields or not (line.start_date or line.end_date):
            return None
        return records.Period(line.start_date or None, line.end_date or None)

    # --- money -------------------------------------------------------------------------------------------------
    def _einvoice_amount(self, value):
        return Decimal(f"{value:.2f}")

    def _einvoice_tax_subtotals(self, lines, allowances=()):
        """Base per category from the lines and allowances, VAT per category as booked in the tax lines."""
        bases, categories, taxes = defaultdict(lambda: ZERO), {}, defaultdict(lambda: ZERO)
        for line in lines:
            categories.setdefault(line.tax.key, line.tax)
            bases[line.tax.key] += line.amount
        for each in allowances:
            categories.setdefault(each.tax.key, each.tax)
            bases[each.tax.key] += each.amount if each.is_charge else -each.amount
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

    # --- references ----------------------------------------------------------------------------------------------
    def _einvoice_document_references(self):
        """Invoices this document refers to, as ``records.DocumentReference``. Extended by the joints."""
        self.ensure_one()
        origin = self.reversed_entry_id
        return [records.DocumentReference(origin.name, origin.invoice_date or None)] if origin else []

    def _einvoice_format(self):
        return CHANNEL_FORMATS.get(self.einvoice_channel)
