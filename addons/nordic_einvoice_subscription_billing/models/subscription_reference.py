from stdnum import ean
from stdnum.exceptions import ValidationError as NumberError

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.nordic_einvoice.models.res_partner import GLN

#: What an address with a GLN of its own takes over from its company.
ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id", "lang")


class SubscriptionReference(models.Model):
    _inherit = "subscription.reference"

    accounting_cost = fields.Char(string="Buyer's Account", help="The customer's account string (konteringsstreng).")
    gln = fields.Char(
        string="GLN / EAN",
        compute="_compute_gln",
        inverse="_inverse_gln",
        help="The electronic address of the invoice contact. A number typed here finds that address of the customer, "
        "or makes one.",
    )

    @api.model
    def _get_reference_names(self):
        # EXTENDS 'subscription_billing'
        return [*super()._get_reference_names(), "accounting_cost"]

    @api.depends("contact_id.peppol_eas", "contact_id.peppol_endpoint")
    def _compute_gln(self):
        for reference in self:
            contact = reference.contact_id
            reference.gln = contact.peppol_endpoint if contact.peppol_eas == GLN else False

    def _inverse_gln(self):
        for reference in self.filtered("gln"):
            reference.contact_id = reference._find_gln_contact()

    def _find_gln_contact(self):
        """The customer's address with this GLN; made when he has none."""
        try:
            number = ean.validate(self.gln)
        except NumberError as error:
            raise ValidationError(
                self.env._("%s is no GLN/EAN number: 13 digits with a check digit.", self.gln)
            ) from error
        payer = self.payer_id
        if len(number) != 13 or not payer:
            raise ValidationError(self.env._("%s is no GLN/EAN number: 13 digits with a check digit.", self.gln))
        own = [("peppol_eas", "=", GLN), ("peppol_endpoint", "=", number), ("id", "child_of", payer.id)]
        known = self.env["res.partner"].search(own, order="parent_id desc, id", limit=1)
        return known or known.create(
            {
                **{name: payer[name].id if hasattr(payer[name], "id") else payer[name] for name in ADDRESS},
                "parent_id": payer.id,
                # not "invoice": that would make it the usual address of all other invoices
                "type": "other",
                "name": f"GLN {number}",
                "company_id": payer.company_id.id,
                "peppol_eas": GLN,
                "peppol_endpoint": number,
            }
        )


class SubscriptionSubscription(models.Model):
    _inherit = "subscription.subscription"

    def _prepare_reference_values(self, found):
        # EXTENDS 'subscription_billing': a buyer reference has a field of its own
        order = found.get("order_reference", self.customer_reference)
        values = {"ref": order or False}
        if found.get("buyer_reference"):
            values["buyer_reference"] = found["buyer_reference"]
        if found.get("accounting_cost"):
            values["einvoice_accounting_cost"] = found["accounting_cost"]
        return values
