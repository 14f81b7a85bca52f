"""Core's modules ask the vendor's servers about each customer before the Send dialog opens. A company that sends
through its own access point looks its customers up by itself, see nordic_einvoice_participant.py."""

from odoo import models

KEY = "einvoice_without_core_lookup"


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_send_and_print(self):
        # EXTENDS 'account'
        is_own = any(move.company_id.sudo().einvoice_sender == "own" for move in self)
        return super(AccountMove, self.with_context(**{KEY: is_own})).action_send_and_print()


class ResPartner(models.Model):
    _inherit = "res.partner"

    def button_account_peppol_check_partner_endpoint(self, company=None):
        # EXTENDS 'account_peppol', where it is installed
        if self.env.context.get(KEY):
            return False
        return super().button_account_peppol_check_partner_endpoint(company=company)

    def button_nemhandel_check_partner_endpoint(self, company=None):
        # EXTENDS 'l10n_dk_nemhandel', where it is installed
        if self.env.context.get(KEY):
            return False
        return super().button_nemhandel_check_partner_endpoint(company=company)
