import base64
import re
from decimal import Decimal

from odoo import api, models

from ..const import CURRENCIES, DANISH, DANISH_REALM, NORWEGIAN
from ..formats import barcode, fi, rf, viite
from ..formats.errors import InvalidReference

#: Size of the printed bar code in millimetres: 54 digits in set C are about 340 modules.
BARCODE_SIZE = (105, 12)


class AccountMove(models.Model):
    """What an invoice tells the payer."""

    _inherit = "account.move"

    def _payment_reference_is_drawn(self):
        """Whether the amount is drawn from the payer's account; extended by direct debit.

        Such an invoice carries no payment line: there is nothing to be typed.
        """
        self.ensure_one()
        return False

    def _shows_payment_line(self):
        """Not on credit notes, invoices of 0.00, drafts and drawn invoices."""
        self.ensure_one()
        return bool(
            self.move_type == "out_invoice"
            and self.state == "posted"
            and self.payment_card_type
            and not self.currency_id.is_zero(self.amount_total)
            and not self._payment_reference_is_drawn()
        )

    def _payment_line_text(self):
        """The line to be printed and read by a scanner or typed by the payer, or an empty string."""
        self.ensure_one()
        if not self._shows_payment_line():
            return ""
        if self.payment_card_type in fi.CARD_TYPES:
            return fi.line(self.payment_card_type, self.payment_id_number or "", self.payment_creditor_number)
        if self.payment_card_type == "viite":
            return viite.pretty(self.payment_id_number)
        if self.payment_card_type == "rf":
            return rf.pretty(self.payment_id_number)
        return self.payment_id_number or ""

    def _payment_line_sentence(self):
        """What the payer is to do, in his language, or an empty string."""
        self.ensure_one()
        text = self._payment_line_text()
        if not text:
            return ""
        number = self.payment_id_number if self.payment_card_type in DANISH else text
        account = self.partner_bank_id.display_name if self.partner_bank_id else ""
        sentence = self._payment_sentence(
            self.payment_card_type, number, self.payment_creditor_number or "", self.name, account
        )
        return " ".join(filter(None, (sentence, self._payment_abroad_sentence())))

    def _payment_abroad_sentence(self):
        """How a payer abroad pays, whose bank does not know the slips of the company's country, or an empty string."""
        self.ensure_one()
        home = self.company_id.account_fiscal_country_id.code or ""
        country = self.commercial_partner_id.country_id.code or home
        bank_account = self.partner_bank_id
        is_home = country == home or (home in DANISH_REALM and country in DANISH_REALM)
        if is_home or self.payment_card_type not in CURRENCIES or bank_account.acc_type != "iban":
            return ""
        return self.env._(
            "From abroad: pay to IBAN %(iban)s%(bic)s and write invoice number %(invoice)s as the message.",
            iban=bank_account.acc_number,
            bic=f" (BIC {bank_account.bank_bic})" if bank_account.bank_bic else "",
            invoice=self.name,
        )

    @api.model
    def _payment_sentence(self, card_type, number, creditor, invoice, account):
        """The sentence of a kind of reference; used on invoices and to show an agreement's result."""
        values = {"type": card_type, "id": number, "creditor": creditor, "invoice": invoice, "account": account}
        if card_type == "73":
            return self.env._(
                "Pay in your online bank with payment slip type 73 and creditor number %(creditor)s. Write your name "
                "and invoice number %(invoice)s as the message.",
                **values,
            )
        if card_type == "04":
            return self.env._(
                "Pay in your online bank with payment slip type 04, payment ID %(id)s and giro account %(creditor)s. "
                "Type the whole payment ID: it tells us which invoice you paid.",
                **values,
            )
        if card_type in DANISH:
            return self.env._(
                "Pay in your online bank with payment slip type %(type)s, payment ID %(id)s and creditor number "
                "%(creditor)s. Type the whole payment ID: it tells us which invoice you paid.",
                **values,
            )
        if card_type in NORWEGIAN:
            if account:
                return self.env._("Pay to account %(account)s with KID number %(id)s.", **values)
            return self.env._("Pay with KID number %(id)s.", **values)
        if account:
            return self.env._("Pay to account %(account)s with reference %(id)s.", **values)
        return self.env._("Pay with reference %(id)s.", **values)

    # --- Finnish bank bar code -------------------------------------------------------------------------------------
    def _payment_bank_barcode(self):
        """The 54 digits of the Finnish bank bar code, or an empty string where there is none.

        For reference numbers and RF in EUR to a Finnish account. An amount of a million or more has no room in it,
        and instalments have no single due date: that is left open.
        """
        self.ensure_one()
        account = (self.partner_bank_id.sanitized_acc_number or "").upper()
        if (
            self.payment_card_type not in ("viite", "rf")
            or self.currency_id.name != "EUR"
            or not account.startswith("FI")
            or not self._shows_payment_line()
            or self.currency_id.compare_amounts(self.amount_residual, 0) <= 0
        ):
            return ""
        amount = Decimal(f"{self.amount_residual:.2f}")
        terms = self.line_ids.filtered(lambda line: line.display_type == "payment_term")
        due_date = self.invoice_date_due if len(terms) < 2 else None
        try:
            return barcode.make(account, amount, self.payment_id_number, due_date)
        except InvalidReference:
            return ""

    def _payment_bank_barcode_text(self):
        """The digits in groups, to be typed; an empty string where there is none."""
        return barcode.pretty(self._payment_bank_barcode())

    def _payment_bank_barcode_image(self):
        """The bar code (Code 128) as an address of data, so that printing needs no second call to the server."""
        image = barcode.svg(self._payment_bank_barcode(), *BARCODE_SIZE)
        return f"data:image/svg+xml;base64,{base64.b64encode(image.encode()).decode()}"

    # --- signing up to Betalingsservice ----------------------------------------------------------------------------
    def _may_show_payment_signup(self):
        """Only an invoice with a Danish payment slip tells how to join."""
        self.ensure_one()
        return self.payment_card_type in DANISH and self._shows_payment_line()

    def _payment_signup(self):
        """What a payer needs to join Betalingsservice: ``pbs_number``, ``debtor_group``, ``customer_number``, ``link``.

        Empty where nothing is to be printed. Extended by betalingsservice, which knows groups, customers' numbers and
        who has joined already.
        """
        self.ensure_one()
        agreement_sudo = self.payment_reference_agreement_id.sudo()
        if not agreement_sudo.pbs_number or not self._may_show_payment_signup():
            return {}
        number = self._payment_signup_customer_number()
        if not number:
            return {}
        return self._payment_signup_values(
            agreement_sudo, agreement_sudo.pbs_number, agreement_sudo.debtor_group or "", number
        )

    def _payment_signup_customer_number(self):
        """The customer's number in Betalingsservice: his own reference, or an empty string.

        The number of his record is none: it may be another customer's reference, whose agreement it would become.
        """
        return re.sub(r"[^0-9A-ZÆØÅ]", "", (self.commercial_partner_id.ref or "").upper())[:15]

    @api.model
    def _payment_signup_values(self, agreement_sudo, pbs_number, debtor_group, customer_number):
        """The numbers, and the link with the numbers in it."""
        link = agreement_sudo.signup_link or ""
        for name, number in (("pbs", pbs_number), ("group", debtor_group), ("customer", customer_number)):
            link = link.replace(f"{{{name}}}", number)
        return {
            "pbs_number": pbs_number,
            "debtor_group": debtor_group,
            "customer_number": customer_number,
            "link": link,
        }

    def _payment_signup_sentence(self):
        """How to join Betalingsservice, in the payer's language, or an empty string."""
        values = self._payment_signup()
        if not values:
            return ""
        if values["debtor_group"]:
            return self.env._(
                "Let Betalingsservice pay for you: sign up in your online bank with PBS no. %(pbs)s, debtor group "
                "%(group)s and customer no. %(customer)s.",
                pbs=values["pbs_number"],
                group=values["debtor_group"],
                customer=values["customer_number"],
            )
        return self.env._(
            "Let Betalingsservice pay for you: sign up in your online bank with PBS no. %(pbs)s and customer no. "
            "%(customer)s.",
            pbs=values["pbs_number"],
            customer=values["customer_number"],
        )
