from odoo import api, fields, models


class BetalingsserviceAgreementMove(models.TransientModel):
    """Who the right customer of a number is, and why."""

    _name = "betalingsservice.agreement.move"
    _description = "Move a Customer Number to the Right Customer"

    agreement_id = fields.Many2one("betalingsservice.agreement", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="agreement_id.company_id")
    wrong_partner_id = fields.Many2one(related="agreement_id.partner_id", string="Wrong Customer")
    customer_number = fields.Char(related="agreement_id.customer_number")
    partner_id = fields.Many2one(
        "res.partner",
        string="Right Customer",
        required=True,
        domain="[('company_id', 'in', (False, company_id)), ('id', '!=', wrong_partner_id)]",
    )
    reason = fields.Char(required=True)
    kept_count = fields.Integer(string="Stay in the History", compute="_compute_counts")
    unanswered_count = fields.Integer(string="Delivered, No Answer Yet", compute="_compute_counts")
    waiting_count = fields.Integer(string="Not Drawn Any More", compute="_compute_counts")

    @api.depends("agreement_id")
    def _compute_counts(self):
        for wizard in self:
            collections = wizard.agreement_id.collection_ids
            wizard.kept_count = len(collections.filtered("delivery_id"))
            wizard.unanswered_count = len(collections.filtered(lambda c: c.state == "delivered"))
            wizard.waiting_count = len(wizard.agreement_id._waiting_collections())

    def action_confirm(self):
        self.ensure_one()
        right = self.agreement_id._move_to(self.partner_id, self.reason)
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_agreement_action")
        return {**action, "view_mode": "form", "views": [(False, "form")], "res_id": right.id}
