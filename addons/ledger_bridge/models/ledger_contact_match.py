from odoo import fields, models


class LedgerContactMatch(models.Model):
    """A contact over there that may be one of ours."""

    _name = "ledger.contact.match"
    _inherit = ["ledger.match.mixin"]
    _description = "Match of Contacts with an Outside Ledger"
    _order = "state, partner_id, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    _record_field = "partner_id"
    _remote_type = "contact"

    partner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade", readonly=True)
    remote_name = fields.Char(string="Contact There", readonly=True)
    key = fields.Selection(
        [
            ("vat", "CVR/VAT number"),
            ("email", "E-mail"),
            ("phone", "Phone"),
            ("gln", "EAN/GLN"),
            ("number", "External number"),
        ],
        string="Recognised By",
        readonly=True,
    )

    _match_uniq = models.Constraint(
        "UNIQUE (connection_id, partner_id, remote_id)", "These two are already in the list."
    )
