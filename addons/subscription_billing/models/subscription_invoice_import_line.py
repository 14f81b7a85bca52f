from odoo import api, fields, models


class SubscriptionInvoiceImportLine(models.Model):
    """One invoice of a file: the preview, then the queue, in the end the history."""

    _name = "subscription.invoice.import.line"
    _description = "Invoice from a File"
    _inherit = ["subscription.list.queue.line.mixin"]
    _order = "import_id desc, position, id"

    import_id = fields.Many2one("subscription.invoice.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, precompute=True, index=True)
    number = fields.Char(string="Number in the File")
    amount_untaxed = fields.Monetary(string="Untaxed")
    amount_total = fields.Monetary(string="Total")
    move_id = fields.Many2one("account.move", string="Invoice", index="btree_not_null", ondelete="set null")

    # the number of the file is the claim: an invoice is made once, however often the file comes
    _number_uniq = models.UniqueIndex(
        "(company_id, number) WHERE state = 'made' AND number IS NOT NULL",
        "An invoice with this number was already made from a file.",
    )

    @api.depends("number", "customer")
    def _compute_display_name(self):
        for line in self:
            line.display_name = " ".join(part for part in (line.number, line.customer) if part)
