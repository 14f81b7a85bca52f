from odoo import fields, models


class NordicEinvoiceFinding(models.Model):
    _name = "nordic.einvoice.finding"
    _description = "Finding on an E-Document"
    _order = "document_id, severity, id"
    _rec_name = "rule"
    _check_company_auto = True

    document_id = fields.Many2one(
        "nordic.einvoice.document", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="document_id.company_id", store=True, index=True)
    layer = fields.Selection(
        [
            ("file", "File"),
            ("xsd", "UBL schema"),
            ("en16931", "EN 16931"),
            ("peppol", "Peppol"),
            ("national", "National rules"),
            ("oioubl", "OIOUBL"),
        ],
        required=True,
    )
    rule = fields.Char(required=True)
    severity = fields.Selection([("fatal", "Stops it"), ("warning", "Warning")], required=True)
    location = fields.Char()
    message = fields.Text(required=True)
    hint = fields.Text(string="What to Do")
