from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import CLOSED_STATES
from .betalingsservice_part import Part


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
    instalment_id = fields.Many2one(
        "account.move.line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="The part of an invoice paid in several. Empty: the whole document.",
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
    due_date = fields.Date(compute="_compute_due_date", string="Due")
    collection_state = fields.Selection(related="collection_id.state", string="State")
    collection_delivery_id = fields.Many2one(related="collection_id.delivery_id")

    # an invoice is claimed as a whole or by its instalments, never both: what it is paid in is settled when posted
    _move_uniq = models.UniqueIndex(
        "(move_id, COALESCE(instalment_id, 0)) WHERE is_active",
        "The invoice is already being collected by Betalingsservice.",
    )

    @api.depends("move_id.invoice_date_due", "instalment_id.date_maturity")
    def _compute_due_date(self):
        for line in self:
            line.due_date = line.instalment_id.date_maturity or line.move_id.invoice_date_due

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
        return self._part().amount if self.move_id.state == "posted" else 0.0

    def _part(self):
        self.ensure_one()
        return Part(self.move_id, self.instalment_id)

    def _claims(self):
        """The document or instalment is being collected, or was, and somebody decides what comes next.

        What was stopped before it left is free again until its day: the payer may have changed his bank only.
        """
        self.ensure_one()
        collection = self.collection_id
        if self.is_withdrawn:
            return False
        if collection.state != "cancelled" or collection.delivery_id or not collection.is_stopped:
            return True
        today = self.env["betalingsservice.creditor"]._local_now().date()
        return collection.is_held or not collection.payment_date or collection.payment_date < today

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
            held = collection._create_for(collection.agreement_id, [line._part()], None, "", is_held=True)
            collection._refresh_lines()
            held.message_post(body=self.env._("Taken out of %(collection)s and held.", collection=collection.reference))
        return True
