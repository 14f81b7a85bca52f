from odoo import models

OTHER_METHODS = ("peppol", "nemhandel")


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    def _is_applicable_to_company(self, method, company):
        # EXTENDS 'account': one sender per company, so that no invoice leaves twice
        if method in OTHER_METHODS and company.sudo().einvoice_sender == "own":
            return False
        return super()._is_applicable_to_company(method, company)

    def _is_applicable_to_move(self, method, move, **move_data):
        # EXTENDS 'account'
        if method in OTHER_METHODS and move.company_id.sudo().einvoice_sender == "own":
            return False
        return super()._is_applicable_to_move(method, move, **move_data)
