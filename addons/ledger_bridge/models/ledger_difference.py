from odoo import fields, models


class LedgerDifference(models.Model):
    """One thing that is not the same in Odoo and in the outside ledger, found by the daily check."""

    _name = "ledger.difference"
    _description = "Difference to an Outside Ledger"
    _order = "connection_id, kind, id"
    _rec_name = "message"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    check_date = fields.Datetime(required=True, readonly=True)
    kind = fields.Selection(
        [
            ("missing_there", "Not in the outside ledger"),
            ("missing_here", "Not in Odoo"),
            ("not_booked", "Still a draft there"),
            ("amount", "Amounts differ"),
            ("open_amount", "Open amounts differ"),
            ("changed", "Changed there"),
            ("debtors", "Debtor totals differ"),
            ("opening", "Opening differs"),
        ],
        required=True,
    )
    move_id = fields.Many2one("account.move", string="Invoice", check_company=True, ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.partner_id")
    remote_id = fields.Char(string="Remote ID")
    remote_number = fields.Char(string="Number There")
    currency_id = fields.Many2one("res.currency", required=True)
    amount_here = fields.Monetary(string="In Odoo")
    amount_there = fields.Monetary(string="There")
    difference = fields.Monetary(aggregator="sum")
    message = fields.Char(required=True)

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()
