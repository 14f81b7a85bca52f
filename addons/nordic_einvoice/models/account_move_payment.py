"""How the customer pays, in the terms of the code list UNCL 4461 and of the countries' own slips."""

import re

from odoo import models
from odoo.tools import html2plaintext

from ..formats import codes, records


class AccountMove(models.Model):
    _inherit = "account.move"

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
            return records.PaymentMeans(code=self._einvoice_transfer_code(values["bic"]), account=number, **values)
        if country == "DK" and is_domestic:
            return self._einvoice_danish_account(bank, number, values)
        if country == "SE" and len(number) in (7, 8):
            # bankgiro and plusgiro have 7 or 8 digits; what the bank is called tells them apart
            giro = "SE:PLUSGIRO" if "plusgiro" in (bank.bank_name or "").lower() else "SE:BANKGIRO"
            values["bic"] = ""
            return records.PaymentMeans(code="30", account=number, branch=giro, **values)
        return records.PaymentMeans(code="30", account=number, **values)

    def _einvoice_transfer_code(self, bic):
        """UNCL 4461 of a transfer to an IBAN: 58 SEPA, 31 abroad in OIOUBL, which has no 30 (F-LIB100, F-LIB113)."""
        country = self.company_id.account_fiscal_country_id.code
        is_domestic = self.partner_id._einvoice_country() == country
        if (country == "DK" and is_domestic) or self.currency_id.name == "EUR":
            return "58"
        if self._einvoice_format() == codes.OIOUBL:
            return "31" if bic else "58"
        return "30"

    def _einvoice_danish_account(self, bank, number, values):
        branch = re.sub(r"\D", "", bank.clearing_number or "")
        if not branch and len(number) > 4:
            branch, number = number[:4], number[4:]
        if len(branch) != 4 or not 1 <= len(number) <= 10:
            return records.PaymentMeans(code="1", due_date=self.invoice_date_due)
        return records.PaymentMeans(code="42", account=number.zfill(10), branch=branch, **(values | {"bic": ""}))

    def _einvoice_payment_terms(self):
        """What the payment term says, with the amounts of its instalments and of a discount for early payment."""
        if self.move_type != "out_invoice" or not self.invoice_payment_term_id:
            return ""
        term = self.invoice_payment_term_id.with_context(lang=self.partner_id.lang)
        note = " ".join(html2plaintext(term.note or "").split()) or term.name or ""
        return ". ".join(
            filter(None, [note.rstrip(". "), self._einvoice_early_text(term), self._einvoice_instalments()])
        )

    def _einvoice_instalments(self):
        """ "375.00 DKK 2026-11-02; 875.00 DKK 2026-12-02", or "" when all is due at once."""
        due = self.line_ids.filtered(lambda line: line.display_type == "payment_term").sorted("date_maturity")
        if len(due) < 2:
            return ""
        currency = self.currency_id.name
        return "; ".join(f"{abs(line.amount_currency):.2f} {currency} {line.date_maturity}" for line in due)

    def _einvoice_early_text(self, term):
        if not term.early_discount:
            return ""
        return term.env._(
            "%(percent)s %% discount if paid by %(date)s",
            percent=f"{term.discount_percentage:g}",
            date=term._get_last_discount_date(self.invoice_date),
        )
