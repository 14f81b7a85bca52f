from odoo import api, fields, models


class NordicEinvoiceMandate(models.Model):
    """Where the law leaves no choice of channel, with the days it is in force."""

    _name = "nordic.einvoice.mandate"
    _description = "Duty to Send E-Invoices"
    _order = "country_id, valid_from"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        "res.country", required=True, help="Of the seller and of the customer: the duties concern sales at home."
    )
    customer = fields.Selection(
        [("public", "Public authorities"), ("registered", "Businesses registered to receive")], required=True
    )
    valid_from = fields.Date(required=True)
    valid_to = fields.Date()
    source = fields.Char(required=True, help="Act or regulation.")

    _days_check = models.Constraint("CHECK (valid_to IS NULL OR valid_to >= valid_from)", "The last day is too early.")

    @api.model
    def _for_country(self, country, day):
        return self.sudo().search(
            [
                ("country_id", "=", country.id),
                ("valid_from", "<=", day),
                "|",
                ("valid_to", "=", False),
                ("valid_to", ">=", day),
            ]
        )
