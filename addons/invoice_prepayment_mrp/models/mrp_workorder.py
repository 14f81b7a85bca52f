from odoo import api, fields, models

from ..const import WORKORDER_STARTED

PLANNED = ("date_start", "date_finished", "leave_id")
QUANTITIES = ("qty_produced", "qty_producing", "qty_reported_from_previous_wo")


def starts(vals):
    """Whether these values of a work order start its production order, or take time of a work center for it."""
    return vals.get("state") in WORKORDER_STARTED or any(vals.get(name) for name in (*QUANTITIES, *PLANNED))


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    prepayment_hold_state = fields.Selection(related="production_id.prepayment_hold_state", string="Deposit hold")
    prepayment_hold_text = fields.Char(related="production_id.prepayment_hold_text", string="What is missing")

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'mrp'
        workorders = super().create(vals_list)
        for workorder, vals in zip(workorders, vals_list, strict=True):
            if starts(vals):
                workorder.production_id._check_prepayment_hold()
        return workorders

    def write(self, vals):
        # EXTENDS 'mrp'
        if starts(vals):
            self.production_id._check_prepayment_hold()
        return super().write(vals)

    def set_state(self, state):
        # EXTENDS 'mrp'
        if state in WORKORDER_STARTED:
            self.production_id._check_prepayment_hold()
        return super().set_state(state)

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

    def action_replan(self):
        # EXTENDS 'mrp'
        self.production_id._check_prepayment_hold()
        return super().action_replan()
