from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    subscription_token_id = fields.Many2one(
        "payment.token",
        string="Saved Card for Subscriptions",
        company_dependent=True,
        copy=False,
        domain="['|', ('partner_id', 'child_of', id), ('partner_id', 'parent_of', id)]",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="Charged for this customer's subscriptions, also as member of a group, unless a subscription says"
        " otherwise. Empty: the only card the customer has saved.",
    )

    def _commercial_fields(self):
        # EXTENDS 'base': the choice is that of the company, not of each contact
        return [*super()._commercial_fields(), "subscription_token_id"]

    @api.constrains("subscription_token_id")
    def _check_subscription_token(self):
        for partner in self:
            token_sudo = partner.sudo().subscription_token_id
            if not token_sudo:
                continue
            if token_sudo.partner_id.commercial_partner_id != partner.commercial_partner_id:
                raise ValidationError(self.env._("The card chosen on %s is another customer's.", partner.display_name))
            if token_sudo.company_id != self.env.company:
                raise ValidationError(
                    self.env._("The card chosen on %s was saved with another company.", partner.display_name)
                )
