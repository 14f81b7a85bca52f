from odoo import api, fields, models
from odoo.exceptions import UserError

FORMS = [("any", "E-mail and e-invoice"), ("mail", "E-mail only"), ("einvoice", "E-invoice only")]


class NordicEinvoiceConsent(models.Model):
    """Who agreed to electronic invoices, when, and what shows it. Never deleted: withdrawn."""

    _name = "nordic.einvoice.consent"
    _inherit = ["system.fields.mixin", "mail.thread"]
    _description = "Consent to Electronic Invoices"
    _order = "consent_date desc, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, readonly=True, ondelete="restrict"
    )
    form = fields.Selection(FORMS, string="Agreed To", required=True, default="any", readonly=True)
    consent_date = fields.Date(
        string="Agreed On", required=True, default=lambda self: fields.Date.context_today(self), readonly=True
    )
    given_by = fields.Char(string="Who Agreed", required=True, readonly=True, help="The person at the customer.")
    source = fields.Selection(
        [
            ("contract", "Contract or terms"),
            ("email", "E-mail"),
            ("form", "Form or web page"),
            ("phone", "Telephone"),
            ("meeting", "Meeting"),
        ],
        string="How",
        required=True,
        readonly=True,
    )
    evidence = fields.Text(string="What Shows It", required=True, readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Files", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Entered By", default=lambda self: self.env.user, readonly=True, required=True
    )
    withdrawn_date = fields.Date(string="Withdrawn On", readonly=True)
    withdrawn_user_id = fields.Many2one("res.users", string="Withdrawal Entered By", readonly=True)

    @api.model
    def _can_create_by_hand(self):
        return True

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # who entered it, and that it stands, is not for the client to say
            vals_list = [
                {name: value for name, value in vals.items() if not name.startswith("withdrawn")}
                | {"user_id": self.env.uid}
                for vals in vals_list
            ]
        return super().create(vals_list)

    @api.constrains("consent_date")
    def _check_consent_date(self):
        for consent in self:
            if consent.consent_date > fields.Date.context_today(consent):
                raise UserError(self.env._("A consent cannot be dated in the future."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(self.env._("Consents are kept as proof. Withdraw one that no longer holds."))

    def action_withdraw(self):
        for consent in self.filtered(lambda one: not one.withdrawn_date):
            consent._system_write(
                {"withdrawn_date": fields.Date.context_today(consent), "withdrawn_user_id": self.env.uid}
            )
        return True

    @api.model
    def _agreed(self, partners, company):
        """``{commercial partner id: {forms agreed to}}``"""
        groups = self.sudo()._read_group(
            [
                ("partner_id", "in", partners.commercial_partner_id.ids + partners.ids),
                ("company_id", "=", company.id),
                ("withdrawn_date", "=", False),
            ],
            ["partner_id"],
            ["form:array_agg"],
        )
        agreed = {}
        for partner, forms in groups:
            agreed.setdefault(partner.commercial_partner_id.id, set()).update(forms)
        return agreed
