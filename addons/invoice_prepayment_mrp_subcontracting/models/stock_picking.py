from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def button_validate(self):
        # EXTENDS 'mrp_subcontracting'
        self._get_subcontract_production().sudo()._check_prepayment_hold()
        return super().button_validate()

    def _action_done(self):
        # EXTENDS 'mrp_subcontracting'
        # Receiving finishes the subcontractor's order: refuse before anything is moved.
        self._get_subcontract_production().sudo()._check_prepayment_hold()
        return super()._action_done()
