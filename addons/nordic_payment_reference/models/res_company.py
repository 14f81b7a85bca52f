from odoo import fields, models

#: From this many payments or invoices a month without a payment ID, payment slip 71 is advised.
ADVISE_FROM = 30


class ResCompany(models.Model):
    _inherit = "res.company"

    payment_reference_advise_from = fields.Integer(
        string="Advise Payment Slip 71 From",
        default=ADVISE_FROM,
        help="When a sales journal had this many payments or invoices without a payment ID in a month, payment slip 71 "
        "is advised on the dashboard. 0: never.",
    )
    payment_reference_advised_month = fields.Date(readonly=True, help="The last month that was looked at.")
