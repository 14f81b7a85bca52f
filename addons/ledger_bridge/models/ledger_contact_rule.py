from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LedgerContactRule(models.Model):
    """How one type of contact is handled over there."""

    _name = "ledger.contact.rule"
    _inherit = ["ledger.rule.mixin"]
    _description = "Rule for Contacts in an Outside Ledger"
    _order = "connection_id, is_subscription desc, customer_type, id"
    _rec_name = "customer_type"

    customer_type = fields.Selection(
        [("person", "Private persons"), ("company", "Companies"), ("public", "Public (GLN)"), ("supplier", "Vendors")],
        required=True,
        default="company",
        help="Vendors: contacts that are not customers too. Public: contacts with a GLN (EAN) number.",
    )
    on_missing = fields.Selection(
        help="What happens to a contact that is not over there. Never create: its invoices wait with this reason.",
    )
    key = fields.Selection(
        [
            ("vat", "CVR/VAT number"),
            ("email", "E-mail"),
            ("phone", "Phone"),
            ("gln", "EAN/GLN"),
            ("number", "External number"),
            ("none", "Nothing"),
        ],
        string="Recognised By",
        required=True,
        default="vat",
        help="A contact that was there before is recognised by this. Two with the same: nothing is guessed. "
        "External number is the reference of the contact here.",
    )
    remote_group = fields.Char(string="Group There", help="Empty: the group of the connection. e-conomic only.")
    remote_terms = fields.Char(
        string="Terms There",
        help="Payment terms of new contacts: the number of e-conomic's, which its invoices get too where their own are "
        "not mapped, or the days net of Dinero. Empty: the terms of the connection.",
    )
    payment_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of Payments",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Payments of these customers that are fetched from there are posted on it. Empty: the journal of the "
        "connection.",
    )
    collecting_partner_id = fields.Many2one(
        "res.partner",
        string="Collecting Customer",
        check_company=True,
        help="All of this type are one customer over there; the real name stands on each invoice.",
    )

    _type_uniq = models.Constraint(
        "UNIQUE (connection_id, customer_type, is_subscription)", "There is already a rule for this type of contact."
    )

    @api.constrains("collecting_partner_id", "customer_type")
    def _check_collecting_partner(self):
        for rule in self.filtered("collecting_partner_id"):
            partner = rule.collecting_partner_id
            is_usable = partner == partner.commercial_partner_id and partner._ledger_customer_type() != "person"
            if rule.customer_type != "person" or not is_usable:
                raise ValidationError(
                    self.env._("Only private persons have a collecting customer, and it must be a company.")
                )


class LedgerContactField(models.Model):
    """Which way one field of a contact goes."""

    _name = "ledger.contact.field"
    _inherit = ["ledger.direction.mixin"]
    _description = "Field of a Contact in an Outside Ledger"
    _rec_name = "field"

    field = fields.Selection(
        [
            ("name", "Name"),
            ("street", "Street"),
            ("zip", "Zip code"),
            ("city", "City"),
            ("country", "Country"),
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("vat", "CVR/VAT number"),
            ("gln", "EAN/GLN"),
            ("website", "Website"),
        ],
        required=True,
    )

    _field_uniq = models.Constraint("UNIQUE (connection_id, field)", "This field already has a direction.")

    @api.constrains("field", "direction")
    def _check_needed(self):
        for line in self:
            if line.direction == "from" and line.field in ("vat", "gln"):
                raise ValidationError(
                    self.env._("Numbers of a company are kept here: they go to the ledger, or nowhere.")
                )
