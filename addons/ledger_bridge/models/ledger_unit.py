from odoo import fields, models


class LedgerUnit(models.Model):
    """A unit of measure as the outside ledger knows it."""

    _name = "ledger.unit"
    _description = "Unit of an Outside Ledger"
    _order = "connection_id, name, id"

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    code = fields.Char(string="Code There", required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)

    _code_uniq = models.Constraint("UNIQUE (connection_id, code)", "This unit of the ledger is in the list already.")


class LedgerUnitMapping(models.Model):
    """What a unit of measure of ours is over there."""

    _name = "ledger.unit.mapping"
    _description = "Unit Mapping to an Outside Ledger"
    _order = "connection_id, uom_id, id"
    _rec_name = "uom_id"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", required=True, ondelete="cascade")
    unit_id = fields.Many2one(
        "ledger.unit",
        string="Unit There",
        required=True,
        ondelete="cascade",
        check_company=True,
        domain="[('connection_id', '=', connection_id)]",
    )

    _uom_uniq = models.Constraint("UNIQUE (connection_id, uom_id)", "This unit of measure is mapped already.")
