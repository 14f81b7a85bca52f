from odoo import api, fields, models


class SubscriptionTermination(models.Model):
    """Proof of an end that was given: when, for which day, what the terms allowed, and who let it be earlier."""

    _name = "subscription.termination"
    _description = "End Given"
    _inherit = ["subscription.proof.mixin"]
    _order = "id desc"

    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, precompute=True, index=True)
    date = fields.Date(string="Given On", required=True)
    date_end = fields.Date(string="Last Day", required=True)
    date_earliest = fields.Date(string="Earliest by the Terms", required=True)
    explanation = fields.Char(string="Because")
    is_override = fields.Boolean(string="Before the Notice")
    override_reason = fields.Char(string="Reason to End Earlier")
    user_id = fields.Many2one("res.users", string="By", required=True)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("subscription_id", "date_end")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.subscription_id.display_name} {record.date_end}"
