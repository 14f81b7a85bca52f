from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    betalingsservice_agreement_ids = fields.One2many("betalingsservice.agreement", "partner_id")
    betalingsservice_agreement_count = fields.Integer(
        compute="_compute_betalingsservice_agreement_count",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    @api.depends("betalingsservice_agreement_ids")
    def _compute_betalingsservice_agreement_count(self):
        for partner in self:
            partner.betalingsservice_agreement_count = len(partner.commercial_partner_id.betalingsservice_agreement_ids)

    def action_open_betalingsservice_agreements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_agreement_action")
        return {
            **action,
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }
