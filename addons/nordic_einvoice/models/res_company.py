from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_has_tax_registration = fields.Boolean(
        string="State the Second Tax Registration",
        help="Norway: registered in Foretaksregisteret (AS, ASA and branches must state it). "
        "Sweden: approved for F-tax (Godkänd för F-skatt). Written on every e-invoice.",
    )
    einvoice_pdf = fields.Selection(
        [
            ("made", "The PDF when there is one already"),
            ("always", "Always: make the PDF when there is none"),
            ("never", "No PDF"),
        ],
        string="PDF in E-Invoices",
        required=True,
        default="made",
    )
    einvoice_sender = fields.Selection(
        [("own", "Own access point or folder"), ("core", "Odoo's own registration (Peppol, NemHandel)")],
        string="Who Sends E-Invoices",
        required=True,
        default="own",
        help="One sender per company: the other's ways are refused, so that no invoice leaves twice.",
    )
