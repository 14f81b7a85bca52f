from odoo import fields, models


class DineroOrganisation(models.Model):
    """An organisation the signed-in user can open in Dinero. One of them is chosen."""

    _name = "dinero.organisation"
    _description = "Dinero Organisation"
    _order = "name"

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True)
    name = fields.Char(required=True)
    number = fields.Char(string="Company ID", required=True)
    is_pro = fields.Boolean(string="Dinero Pro")

    _number_uniq = models.Constraint("UNIQUE (connection_id, number)", "This organisation is listed already.")
