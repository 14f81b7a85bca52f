from odoo import fields, models
from odoo.exceptions import UserError


class LedgerMissing(models.Model):
    """One thing that is missing before the first push, as the latest check found it."""

    _name = "ledger.missing"
    _description = "What Is Missing for an Outside Ledger"
    _order = "connection_id, severity, area, id"
    _rec_name = "message"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    area = fields.Selection(
        [
            ("account", "Accounts and VAT"),
            ("deposit", "Deposits"),
            ("currency", "Currencies"),
            ("contact", "Contacts"),
            ("product", "Products"),
            ("terms", "Payment terms"),
            ("unit", "Units"),
        ],
        required=True,
        readonly=True,
    )
    severity = fields.Selection(
        [("1_stops", "Stops the push"), ("2_lost", "Is lost there")],
        string="Weight",
        required=True,
        readonly=True,
        help="Stops the push: an invoice it concerns cannot go. Is lost there: it goes, but something is not said.",
    )
    message = fields.Char(string="What Is Missing", required=True, readonly=True)
    res_model = fields.Char(string="Model of the Place", readonly=True)
    res_ids = fields.Json(string="Place", readonly=True, help="Records it is put right on; empty: the connection.")

    def action_open_place(self):
        """Open the place where it is put right: the records, or the connection."""
        self.ensure_one()
        model, ids = (self.res_model, self.res_ids or []) if self.res_model in self.env else ("", [])
        if not ids:
            model, ids = "transfer.connection", self.connection_id.ids
        if not self.env[model].has_access("read"):
            raise UserError(self.env._("You may not open this place; ask the accounting manager."))
        action = {"type": "ir.actions.act_window", "res_model": model, "name": self.message}
        if len(ids) == 1:
            return action | {"res_id": ids[0], "views": [(False, "form")]}
        return action | {"domain": [("id", "in", ids)], "views": [(False, "list"), (False, "form")]}
