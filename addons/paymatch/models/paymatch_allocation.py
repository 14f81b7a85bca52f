from odoo import fields, models


class PaymatchAllocation(models.Model):
    """One of several documents a line pays, or the one document it pays with a small difference."""

    _name = "paymatch.allocation"
    _description = "Document Paid by a Payment Line"
    _inherit = ["system.fields.mixin"]
    _order = "line_id, id"
    _check_company_auto = True
    _rec_name = "move_id"

    line_id = fields.Many2one(
        "paymatch.report.line", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, check_company=True, index=True
    )
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount = fields.Monetary(
        readonly=True, help="What the payment takes of the document; negative for one that lowers it."
    )
