from odoo import models

STARTED = ("progress", "done")


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    def write(self, vals):
        # EXTENDS 'mrp'
        if vals.get("state") in STARTED or vals.get("qty_produced") or vals.get("qty_producing"):
            self.production_id._check_prepayment_hold()
        return super().write(vals)

    def button_start(self, raise_on_invalid_state=False):
        # EXTENDS 'mrp'
        self.production_id._check_prepayment_hold()
        return super().button_start(raise_on_invalid_state=raise_on_invalid_state)

    def button_finish(self):
        # EXTENDS 'mrp'
        self.production_id._check_prepayment_hold()
        return super().button_finish()

    def action_mark_as_done(self):
        # EXTENDS 'mrp'
        self.production_id._check_prepayment_hold()
        return super().action_mark_as_done()

    def set_state(self, state):
        # EXTENDS 'mrp'
        if state in STARTED:
            self.production_id._check_prepayment_hold()
        return super().set_state(state)
