from odoo import api, models


class PaymatchBankMatch(models.TransientModel):
    """What was found of the payments in a bank line stands first, and is chosen already."""

    _inherit = "paymatch.bank.match"

    def _found_items(self):
        # EXTENDS 'paymatch'
        found = super()._found_items()
        if self.search:
            return found
        return found | self._vendor_items()

    def _vendor_items(self):
        return self.bank_line_id.paymatch_vendor_payment_ids.item_ids.filtered(lambda item: not item.reconciled)

    @api.depends("bank_line_id", "search")
    def _compute_candidate_ids(self):
        # EXTENDS 'paymatch'
        result = super()._compute_candidate_ids()
        for match in self.filtered(lambda match: not match.search):
            found = match._vendor_items()
            match.candidate_ids.filtered(lambda row, found=found: row.item_id in found).is_chosen = True
        return result
