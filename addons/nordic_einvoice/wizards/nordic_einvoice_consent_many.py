from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.nordic_einvoice_consent import FORMS


class NordicEinvoiceConsentMany(models.TransientModel):
    _name = "nordic.einvoice.consent.many"
    _description = "Consents of Many Customers"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    partner_ids = fields.Many2many(
        "res.partner", string="Customers", required=True, default=lambda self: self._default_partner_ids()
    )
    form = fields.Selection(FORMS, string="Agreed To", required=True, default="any")
    consent_date = fields.Date(string="Agreed On", required=True, default=lambda self: fields.Date.context_today(self))
    given_by = fields.Char(
        string="Who Agreed", help="Empty: each customer himself, where it was agreed with all of them in the same way."
    )
    source = fields.Selection(
        lambda self: self.env["nordic.einvoice.consent"]._fields["source"].selection, string="How", required=True
    )
    evidence = fields.Text(string="What Shows It", required=True)

    @api.model
    def _default_partner_ids(self):
        """Those that are marked in the list."""
        is_list = self.env.context.get("active_model") == "res.partner"
        return self.env["res.partner"].browse(self.env.context.get("active_ids", []) if is_list else [])

    def action_register(self):
        """One entry per customer; who has agreed to the same already is passed over."""
        self.ensure_one()
        Consent = self.env["nordic.einvoice.consent"]
        Consent.check_access("create")
        customers = self.partner_ids.commercial_partner_id
        agreed = Consent._agreed(customers, self.company_id)
        missing = customers.filtered(lambda one: not {self.form, "any"} & agreed.get(one.id, set()))
        if not missing:
            raise UserError(self.env._("All of these customers have agreed to this already."))
        values = {
            "company_id": self.company_id.id,
            "form": self.form,
            "consent_date": self.consent_date,
            "source": self.source,
            "evidence": self.evidence,
        }
        made = Consent.create(
            [values | {"partner_id": one.id, "given_by": self.given_by or one.name} for one in missing]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("nordic_einvoice.nordic_einvoice_consent_action")
        return action | {"domain": [("id", "in", made.ids)]}
