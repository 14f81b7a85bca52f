from dataclasses import replace

from odoo import models

from odoo.addons.nordic_einvoice.formats.records import PaymentMeans

#: UNCL 4461 code 1, "instrument not defined": code 49 (direct debit) demands the payer's account, which a creditor in
#: Betalingsservice never learns.
NOT_DEFINED = "1"


class AccountMove(models.Model):
    _inherit = "account.move"

    def _einvoice_payment_means(self):
        # EXTENDS 'nordic_einvoice'
        collection_sudo = self._betalingsservice_drawn_collection().sudo()
        if self.move_type != "out_invoice" or not collection_sudo:
            return super()._einvoice_payment_means()
        return [PaymentMeans(code=NOT_DEFINED, due_date=collection_sudo.payment_date)]

    def _prepare_einvoice_values(self):
        # EXTENDS 'nordic_einvoice'
        values = super()._prepare_einvoice_values()
        lang = self.partner_id.lang or self.env.lang
        text = self.with_context(lang=lang)._betalingsservice_text() if self.move_type == "out_invoice" else ""
        return replace(values, note=" ".join(filter(None, [values.note, text]))) if text else values
