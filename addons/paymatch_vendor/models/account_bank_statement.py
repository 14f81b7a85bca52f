from odoo import Command, api, models


class AccountBankStatement(models.Model):
    _inherit = "account.bank.statement"

    @api.model
    def _paymatch_prepare_line_values(self, journal, line, key):
        # EXTENDS 'paymatch': the payments a bank line collects are kept with it
        values = super()._paymatch_prepare_line_values(journal, line, key)
        details = line.details or ((line,) if line.net < 0 else ())
        values["paymatch_vendor_payment_ids"] = [
            Command.create(self._paymatch_prepare_payment_values(detail, at)) for at, detail in enumerate(details, 1)
        ]
        return values

    @api.model
    def _paymatch_prepare_payment_values(self, detail, sequence):
        """Values of a payment for a line of the file (``records.Line``)."""
        return {
            "sequence": sequence,
            "amount": float(detail.net),
            "charge_amount": float(detail.charge),
            "is_charge": detail.line_type == "fee",
            "return_reason": detail.return_reason or False,
            "end_to_end": detail.own_reference or False,
            "payment_number": detail.payment_id or False,
            "partner_name": detail.payer_name or False,
            "account_number": detail.payer_account or False,
            "text": detail.text or False,
        }
