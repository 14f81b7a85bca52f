from odoo import models


class PaymatchReportMovement(models.Model):
    _inherit = "paymatch.report.movement"

    def _compute_banked(self):
        # EXTENDS 'paymatch': with suspense accounts kept, an entry stands between the bank line and what it closes
        result = super()._compute_banked()
        for movement in self.filtered(lambda found: found.is_banked and not found.statement_line_id):
            item = movement.in_transit_line_id
            between = (item.matched_debit_ids.debit_move_id | item.matched_credit_ids.credit_move_id).move_id
            items = between.line_ids
            others = items.matched_debit_ids.debit_move_id | items.matched_credit_ids.credit_move_id
            movement.statement_line_id = others.move_id.statement_line_id[:1]
        return result
