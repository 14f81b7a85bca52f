from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.sql import column_exists, create_column

from ..const import CURRENCY, DRAWN_STATES


class AccountMove(models.Model):
    _inherit = "account.move"

    betalingsservice_agreement_id = fields.Many2one(
        "betalingsservice.agreement",
        compute="_compute_betalingsservice_agreement_id",
        store=True,
        readonly=False,
        copy=False,
        check_company=True,
        index="btree_not_null",
        help="Filled in from the customer's active agreement. Empty it on the draft to send this invoice without "
        "drawing it.",
    )
    betalingsservice_collection_ids = fields.One2many(
        "betalingsservice.collection", "move_id", string="Betalingsservice Collections"
    )
    betalingsservice_collection_id = fields.Many2one(
        "betalingsservice.collection", string="Latest Collection", compute="_compute_betalingsservice_collection_id"
    )

    def _auto_init(self):
        # EXTENDS 'base'
        # A database with many entries is not computed through at installation: old documents have no agreement.
        if not column_exists(self.env.cr, "account_move", "betalingsservice_agreement_id"):
            create_column(self.env.cr, "account_move", "betalingsservice_agreement_id", "int4")
        return super()._auto_init()

    @api.depends("commercial_partner_id.betalingsservice_agreement_ids.state", "move_type", "currency_id", "company_id")
    def _compute_betalingsservice_agreement_id(self):
        for move in self:
            if move.state != "draft":
                move.betalingsservice_agreement_id = move.betalingsservice_agreement_id
            elif move.move_type != "out_invoice" or move.currency_id.name != CURRENCY:
                move.betalingsservice_agreement_id = False
            else:
                agreements = move.commercial_partner_id.sudo().betalingsservice_agreement_ids
                move.betalingsservice_agreement_id = agreements.filtered(
                    lambda a, company=move.company_id: a.state == "active" and a.company_id == company
                )[:1].id

    @api.depends("betalingsservice_collection_ids.state")
    def _compute_betalingsservice_collection_id(self):
        for move in self:
            move.betalingsservice_collection_id = move.betalingsservice_collection_ids.sorted("id")[-1:]

    # Posting

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft=soft)
        posted._create_betalingsservice_collections()
        return posted

    def _create_betalingsservice_collections(self):
        """Claim each invoice of a customer with an active agreement, once."""
        moves = self.filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.betalingsservice_agreement_id.sudo().state == "active"
                and not move.currency_id.is_zero(move.amount_residual)
                and not move.sudo().betalingsservice_collection_ids.filtered(lambda c: c.state != "cancelled")
            )
        )
        return self.env["betalingsservice.collection"].sudo()._claim(moves)

    @api.model
    def _sweep_betalingsservice(self, company):
        """Invoices that were posted with an agreement but have no collection, for instance after it was released."""
        moves = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("betalingsservice_agreement_id.state", "=", "active"),
                ("betalingsservice_collection_ids", "=", False),
                ("payment_state", "in", ("not_paid", "partial")),
            ]
        )
        return moves._create_betalingsservice_collections()

    def write(self, vals):
        # EXTENDS 'account'
        if vals.get("state") in ("draft", "cancel"):
            # whatever way it came: a button, an import, another program
            self._check_not_delivered()
        return super().write(vals)

    def button_draft(self):
        # EXTENDS 'account'
        self._check_not_delivered()
        self.sudo().betalingsservice_collection_ids._release(self.env._("The invoice was set to draft."))
        return super().button_draft()

    def button_cancel(self):
        # EXTENDS 'account'
        self._check_not_delivered()
        self.sudo().betalingsservice_collection_ids._release(self.env._("The invoice was cancelled."))
        return super().button_cancel()

    def _check_not_delivered(self):
        for move in self:
            collections_sudo = move.sudo().betalingsservice_collection_ids
            delivered = collections_sudo.filtered("delivery_id")[:1]
            if delivered:
                raise UserError(
                    self.env._(
                        "%(invoice)s is in the delivery %(delivery)s to Betalingsservice and cannot be set to draft or "
                        "cancelled. Make a credit note instead. A collection that was delivered is stopped by the "
                        "operator only, on its web page or by telephone.",
                        invoice=move.name,
                        delivery=delivered.delivery_id.name or "",
                    )
                )

    # What the payer sees

    def _payment_reference_is_drawn(self):
        # EXTENDS 'nordic_payment_reference'
        return super()._payment_reference_is_drawn() or bool(self._betalingsservice_drawn_collection())

    def _betalingsservice_drawn_collection(self):
        """The collection by which the invoice is or was drawn, or none."""
        self.ensure_one()
        return (
            self.sudo()
            .betalingsservice_collection_ids.filtered(lambda c: c.state in DRAWN_STATES and c.payment_date)[:1]
            .sudo(False)
        )

    def _betalingsservice_text(self):
        """The sentence on an invoice that is drawn, or an empty string."""
        self.ensure_one()
        collection = self._betalingsservice_drawn_collection().sudo()
        if not collection:
            return ""
        return self.env._(
            "Drawn by Betalingsservice on %(date)s (PBS no. %(pbs)s, debtor group %(group)s, "
            "customer no. %(customer)s). You need not do anything.",
            date=collection.payment_date.strftime("%d.%m.%Y"),
            pbs=collection.creditor_id.pbs_number,
            group=collection.agreement_id.group_id.number,
            customer=collection.agreement_id.customer_number,
        )

    # Payments by other ways

    def _on_payment_changed(self):
        # EXTENDS 'invoice_status'
        result = super()._on_payment_changed()
        collections_sudo = self.sudo().betalingsservice_collection_ids
        collections_sudo._on_invoice_paid()
        return result
