from odoo import api, fields, models


class SubscriptionInvoiceImportLine(models.Model):
    """One invoice of a file: the preview, then the queue, in the end the history."""

    _name = "subscription.invoice.import.line"
    _description = "Invoice from a File"
    _inherit = ["subscription.proof.mixin"]
    _order = "import_id desc, position, id"

    import_id = fields.Many2one("subscription.invoice.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, precompute=True, index=True)
    position = fields.Integer(string="Line", help="Where the invoice begins in the file.")
    number = fields.Char(string="Number in the File")
    customer = fields.Char(string="Customer in the File")
    partner_id = fields.Many2one("res.partner", string="Customer", ondelete="restrict")
    line_count = fields.Integer(string="Lines")
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("fault", "Stopped"),
            ("made", "Made"),
            ("known", "Made before"),
            ("undone", "Undone"),
        ],
        required=True,
        index=True,
    )
    message = fields.Char(string="Note")
    currency_id = fields.Many2one("res.currency")
    amount_untaxed = fields.Monetary(string="Untaxed")
    amount_total = fields.Monetary(string="Total")
    move_id = fields.Many2one("account.move", string="Invoice", index="btree_not_null", ondelete="set null")

    # the number of the file is the claim: an invoice is made once, however often the file comes
    _number_uniq = models.UniqueIndex(
        "(company_id, number) WHERE state = 'made' AND number IS NOT NULL",
        "An invoice with this number was already made from a file.",
    )

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("number", "customer")
    def _compute_display_name(self):
        for line in self:
            line.display_name = " ".join(part for part in (line.number, line.customer) if part)
