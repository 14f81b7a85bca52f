from odoo import api, models


class MrpWorkcenterProductivity(models.Model):
    _inherit = "mrp.workcenter.productivity"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'mrp': time on a work order is work on it
        lines = super().create(vals_list)
        lines.workorder_id.production_id._check_prepayment_hold()
        return lines

    def write(self, vals):
        # EXTENDS 'mrp'
        result = super().write(vals)
        if vals.get("workorder_id"):
            self.workorder_id.production_id._check_prepayment_hold()
        return result
