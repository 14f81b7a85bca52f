from odoo import fields, models


class LedgerRuleMixin(models.AbstractModel):
    """What rules for contacts and for products have in common: whose they are, and what is made or changed there."""

    _name = "ledger.rule.mixin"
    _description = "Rule of an Outside Ledger"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    is_subscription = fields.Boolean(
        string="Of Subscriptions", help="Holds for invoices of subscriptions, before the rule without this mark."
    )
    on_missing = fields.Selection(
        [("create", "Create"), ("never", "Never create")], string="Not There", required=True, default="create"
    )
    on_existing = fields.Selection(
        [("update", "Update"), ("never", "Never update")], string="Is There", required=True, default="update"
    )


class LedgerDirectionMixin(models.AbstractModel):
    """Which way one field goes; ``field`` is the model's own."""

    _name = "ledger.direction.mixin"
    _description = "Direction of a Field in an Outside Ledger"
    _order = "connection_id, sequence, id"

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    direction = fields.Selection(
        [("to", "To the ledger"), ("from", "From the ledger"), ("never", "Never")], required=True, default="to"
    )
