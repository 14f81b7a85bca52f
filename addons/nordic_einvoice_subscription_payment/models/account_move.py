from dataclasses import replace

from odoo import models

from odoo.addons.nordic_einvoice.formats.records import PaymentMeans

#: UNCL 4461: 48 bank card, the only one for cards between Danish parties (DK-R-005, F-LIB100); 1 nothing said.
BANK_CARD, NOT_DEFINED = "48", "1"


class AccountMove(models.Model):
    _inherit = "account.move"

    def _einvoice_payment_means(self):
        # EXTENDS 'nordic_einvoice': the card that is charged, or was
        if not self._is_paid_by_saved_card():
            return super()._einvoice_payment_means()
        token_sudo = self._get_charged_card()
        digits = token_sudo._get_einvoice_digits()
        if not digits:
            return [PaymentMeans(code=NOT_DEFINED, due_date=self.invoice_date_due)]
        return [
            PaymentMeans(
                code=BANK_CARD,
                card_digits=digits,
                card_network=token_sudo._get_einvoice_network(),
                due_date=self.invoice_date_due,
            )
        ]

    def _is_paid_by_saved_card(self):
        """Whether a saved card is to be charged for this invoice, or was. One settled in another way names no card."""
        if not self._is_for_card() or self._is_drawn_elsewhere() or not self.amount_total:
            return False
        return bool(self.amount_residual) or self.sudo().subscription_charge_ids.state == "done"

    def _get_charged_card(self):
        """The card (sudo) that was charged; before that the one the invoice was made for."""
        charge_sudo = self.sudo().subscription_charge_ids
        charged_sudo = charge_sudo.filtered(lambda charge: charge.state == "done").transaction_id.token_id
        return charged_sudo or self.sudo().subscription_token_id

    def _prepare_einvoice_values(self):
        # EXTENDS 'nordic_einvoice': what the print says too
        values = super()._prepare_einvoice_values()
        if not self._is_paid_by_saved_card() or not self.amount_residual:
            return values
        text = self.with_context(lang=self.partner_id.lang or self.env.lang)._subscription_card_text()
        return replace(values, note=" ".join(filter(None, [values.note, text])))
