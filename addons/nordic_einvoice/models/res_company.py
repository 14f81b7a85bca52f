from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_has_tax_registration = fields.Boolean(
        string="State the Second Tax Registration",
        help="Norway: registered in Foretaksregisteret (AS, ASA and branches must state it). "
        "Sweden: approved for F-tax (Godkänd för F-skatt). Written on every e-invoice.",
    )
