"""From a received document to a draft vendor bill: amounts as written, or no bill."""

import re
from decimal import Decimal

from odoo import Command, api, models
from odoo.exceptions import UserError

from ..formats import records


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model
    def _einvoice_create_bill(self, document, invoice):
        """A draft bill whose net, VAT and total are those of the document. Raises ``UserError`` otherwise."""
        faults = records.sum_faults(invoice)
        if faults:
            raise UserError(faults[0].message)
        company = document.company_id
        partner = self._einvoice_find_supplier(invoice.supplier, company)
        if not partner:
            raise UserError(
                self.env._(
                    "The vendor %(name)s (%(number)s) is not known. Create the vendor with this number and "
                    "choose Make Bill.",
                    name=invoice.supplier.name,
                    number=invoice.supplier.vat
                    or (invoice.supplier.legal_id and invoice.supplier.legal_id.value)
                    or "",
                )
            )
        currency = self.env["res.currency"].search([("name", "=", invoice.currency)])
        if not currency:
            raise UserError(self.env._("The currency %(name)s is not active.", name=invoice.currency))
        bill = self.with_company(company).create(
            {
                "move_type": "in_refund" if invoice.is_credit_note else "in_invoice",
                "company_id": company.id,
                "partner_id": partner.id,
                "ref": invoice.number,
                "invoice_origin": invoice.order_reference or False,
                "invoice_date": invoice.issue_date,
                "invoice_date_due": invoice.due_date,
                "currency_id": currency.id,
                "payment_reference": invoice.payment_means[0].payment_id if invoice.payment_means else False,
                "invoice_line_ids": [Command.create(v) for v in self._einvoice_bill_lines(invoice, company)],
            }
        )
        if invoice.order_reference and not bill.invoice_origin:
            bill.invoice_origin = invoice.order_reference  # purchase empties it when no order matches
        bill._einvoice_check_bill(invoice)
        document._system_write({"move_id": bill.id, "partner_id": partner.id})
        document.attachment_id.sudo().write({"res_model": "account.move", "res_id": bill.id})
        return bill

    @api.model
    def _einvoice_find_supplier(self, party, company):
        """Electronic address, VAT number, register number; never by name."""
        Partner = self.env["res.partner"].with_company(company)
        own = [("company_id", "in", (False, company.id)), ("parent_id", "=", False)]
        if party.endpoint:
            found = Partner.search(
                [*own, ("peppol_eas", "=", party.endpoint.scheme), ("peppol_endpoint", "=", party.endpoint.value)],
                limit=2,
            )
            if len(found) == 1:
                return found
        numbers = {party.vat, re.sub(r"\D", "", party.vat)} | ({party.legal_id.value} if party.legal_id else set())
        numbers = [number for number in numbers if number]
        country = party.address.country
        numbers += [f"{country}{number}" for number in numbers if country and number.isdigit()]
        found = Partner.search([*own, "|", ("vat", "in", numbers), ("company_registry", "in", numbers)], limit=2)
        return found if len(found) == 1 else Partner

    def _einvoice_bill_lines(self, invoice, company):
        parts = [(line.name, line.description, line.quantity, line.amount, line.tax) for line in invoice.lines]
        for allowance in invoice.allowances:
            sign = 1 if allowance.is_charge else -1
            label = allowance.reason or (self.env._("Charge") if allowance.is_charge else self.env._("Discount"))
            parts.append((label, "", Decimal(1), sign * allowance.amount, allowance.tax))
        if invoice.totals.rounding:
            parts.append((self.env._("Rounding"), "", Decimal(1), invoice.totals.rounding, None))
        return [self._einvoice_bill_line(*part, company) for part in parts]

    def _einvoice_bill_line(self, name, description, quantity, amount, tax, company):
        label = "\n".join(text for text in (name, description) if text)
        price = (amount / quantity).quantize(Decimal("0.000001")) if quantity else amount
        if price * quantity != amount:
            if quantity != 1:
                label += "\n" + self.env._("Quantity: %s", quantity.normalize())
            quantity, price = Decimal(1), amount
        taxes = self._einvoice_purchase_tax(tax, company)
        return {
            "name": label,
            "quantity": float(quantity),
            "price_unit": float(price),
            "discount": 0,
            "product_id": False,
            "tax_ids": [Command.set(taxes.ids)],
        }

    def _einvoice_purchase_tax(self, tax, company):
        """The purchase tax for a category and rate; an unknown one stops the bill, VAT is never dropped."""
        Tax = self.env["account.tax"]
        if tax is None:
            return Tax
        candidates = Tax.search(
            [
                *Tax._check_company_domain(company),
                ("type_tax_use", "=", "purchase"),
                ("amount_type", "=", "percent"),
                ("amount", "=", float(tax.rate or 0)),
            ]
        ).filtered(lambda t: not t.price_include)
        if tax.code == "S":
            default = company.account_purchase_tax_id
            found = default if default in candidates else candidates[:1]
        elif tax.code in ("Z", "E", "O"):
            return Tax
        else:
            found = candidates.filtered(lambda t: t.ubl_cii_tax_category_code == tax.code)[:1]
        if not found:
            raise UserError(
                self.env._(
                    "No purchase tax fits the VAT of the document: category %(code)s, %(rate)s %%. Set up such a tax "
                    "(for other categories than S with the tax category on it) and choose Make Bill.",
                    code=tax.code,
                    rate=tax.rate if tax.rate is not None else 0,
                )
            )
        return found

    def _einvoice_check_bill(self, invoice):
        """The bill equals the document, or there is no bill."""
        self.ensure_one()
        total = invoice.totals.tax_inclusive + invoice.totals.rounding
        for what, stated, booked in (
            (self.env._("VAT"), invoice.totals.tax, self.amount_tax),
            (self.env._("total"), total, self.amount_total),
        ):
            if records.cents(stated) != Decimal(f"{booked:.2f}"):
                raise UserError(
                    self.env._(
                        "The bill would not agree with the document: %(what)s %(booked)s instead of %(stated)s.",
                        what=what,
                        booked=f"{booked:.2f}",
                        stated=f"{stated:.2f}",
                    )
                )
