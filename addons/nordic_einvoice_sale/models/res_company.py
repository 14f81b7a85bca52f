from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_reference_check = fields.Selection(
        [
            ("order", "When the order is confirmed"),
            ("invoice", "When the invoice is made"),
            ("sending", "Only when the e-invoice is made"),
        ],
        string="Missing Reference of Public Customers",
        required=True,
        default="order",
        help="Danish public customers (GLN/EAN) refuse invoices without an order number or a reference. From when on "
        "is it refused to go on without?",
    )
