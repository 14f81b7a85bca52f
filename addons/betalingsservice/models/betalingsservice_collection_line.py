from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import CLOSED_STATES


class BetalingsserviceCollectionLine(models.Model):
    """One invoice or credit note inside a collection: what of the amount drawn is its."""

    _name = "betalingsservice.collection.line"
    _description = "Betalingsservice Collection Line"
    _inherit = ["system.fields.mixin"]
    _order = "collection_id, id"
    _check_company_auto = True
    _rec_name = "move_id"

    collection_id = fields.Many2one(
        "betalingsservice.collection",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="collection_id.currency_id")
    amount = fields.Monetary(readonly=True, help="Negative: a credit note that is deducted or paid out.")
    is_withdrawn = fields.Boolean(string="Withdrawn", readonly=True)
    withdrawn_reason = fields.Char(string="Why Withdrawn", readonly=True)
    is_active = fields.Boolean(compute="_compute_is_active", store=True, help="Claims the invoice for the collection.")
    item_id = fields.Many2one(
        "account.move.line",
        string="Payment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The journal item posted for it when the collection was paid.",
    )
    invoice_date = fields.Date(related="move_id.invoice_date")
    due_date = fields.Date(related="move_id.invoice_date_due", string="Due")
    collection_state = fields.Selection(related="collection_id.state", string="State")
    collection_delivery_id = fields.Many2one(related="collection_id.delivery_id")

    _move_uniq = models.UniqueIndex(
        "(move_id) WHERE is_active", "The invoice is already being collected by Betalingsservice."
    )

    @api.depends("collection_id.state", "is_withdrawn")
    def _compute_is_active(self):
        for line in self:
            line.is_active = not line.is_withdrawn and line.collection_id.state not in CLOSED_STATES

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        if self:
            raise UserError(self.env._("Collections are kept. Put one on hold, or credit the invoice, to stop it."))

    def _open_amount(self):
        """What is open on the document: an invoice adds to the collection, a credit note lowers it."""
        self.ensure_one()
        open_amount = self.move_id.amount_residual if self.move_id.state == "posted" else 0.0
        return -open_amount if self.move_id.move_type == "out_refund" else open_amount

    def _withdraw(self, reason):
        """Take documents out of a collection that has not been put into a delivery."""
        self._system_write({"is_withdrawn": True, "withdrawn_reason": reason})

    def action_hold(self):
        """Hold one invoice of a collection: it gets a collection of its own, which waits."""
        for line in self:
            collection = line.collection_id
            collection._check_undelivered()
            if len(collection._lines()) == 1:
                collection.action_hold()
                continue
            line._withdraw(self.env._("Put on hold"))
            held = collection._create_for(collection.agreement_id, line.move_id, None, "", is_held=True)
            collection._refresh_lines()
            held.message_post(body=self.env._("Taken out of %(collection)s and held.", collection=collection.reference))
        return True
