from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..const import CARD_TYPES

KINDS = [
    ("collective", "Collective: several invoices of one customer"),
    ("former", "Former: what the invoice carried before it was corrected"),
]


class PaymentReferenceAlias(models.Model):
    """A payment ID that names invoices beside their own: one for several of them, or one they carried before."""

    _name = "payment.reference.alias"
    _description = "Further Payment ID"
    _order = "id desc"
    _rec_name = "number"
    _check_company_auto = True

    kind = fields.Selection(KINDS, required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, index=True)
    agreement_id = fields.Many2one(
        "payment.reference.agreement", readonly=True, ondelete="restrict", check_company=True
    )
    card_type = fields.Selection(CARD_TYPES, string="Kind of Payment Reference", required=True, readonly=True)
    number = fields.Char(string="Payment ID", required=True, readonly=True)
    creditor_number = fields.Char(readonly=True)
    payer_text = fields.Char(string="What the Payer Types", required=True, readonly=True)
    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True, check_company=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="What was open on the invoices when the payment ID was made.")
    amount_open = fields.Monetary(string="Open Now", compute="_compute_amount_open")

    _number_uniq = models.UniqueIndex(
        "(company_id, COALESCE(creditor_number, ''), number)",
        "This payment ID is in use already for the same creditor number.",
    )

    @api.depends("move_ids.amount_residual")
    def _compute_amount_open(self):
        for alias in self:
            alias.amount_open = sum(alias.move_ids.mapped("amount_residual"))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_by_program()
        return super().create(vals_list)

    def write(self, vals):
        self._check_by_program()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_by_program(self):
        self._check_by_program()

    @api.model
    def _check_by_program(self):
        """A payment ID handed to a payer is proof: it is made by the program and kept."""
        if not self.env.su:
            raise AccessError(
                self.env._("Payment IDs that were handed out are made and kept by the program; they are not changed.")
            )

    @api.model
    def _create_collective(self, moves):
        """One payment ID for several open invoices of a customer; the one that is there already for just these.

        :return: ``payment.reference.alias``
        """
        moves.check_access("write")
        agreement = moves._check_collective()
        known = self.search([("kind", "=", "collective"), ("move_ids", "in", moves.ids)])
        known = known.filtered(lambda alias: alias.move_ids == moves)
        if known:
            return known[:1]
        partner = moves.commercial_partner_id
        agreement_sudo = agreement.sudo()
        payment_id = agreement_sudo._next_payment_id(partner)
        alias_sudo = self.sudo().create(
            {
                "kind": "collective",
                "company_id": moves.company_id.id,
                "partner_id": partner.id,
                "agreement_id": agreement.id,
                "card_type": agreement_sudo.card_type,
                "number": payment_id,
                "creditor_number": agreement_sudo.creditor_number or False,
                "payer_text": agreement_sudo._payer_text(payment_id),
                "move_ids": [(6, 0, moves.ids)],
                "currency_id": moves.currency_id.id,
                "amount": sum(moves.mapped("amount_residual")),
            }
        )
        for move in moves:
            move.message_post(
                body=self.env._(
                    "Collective payment reference %(reference)s for %(invoices)s.",
                    reference=alias_sudo.payer_text,
                    invoices=", ".join(moves.mapped("name")),
                )
            )
        return alias_sudo.sudo(False)

    @api.model
    def _create_former(self, move):
        """Keep the payment ID of an invoice that is given another: the payer may still use it."""
        if not move.payment_id_number:
            return self.browse()
        return self.sudo().create(
            {
                "kind": "former",
                "company_id": move.company_id.id,
                "partner_id": move.commercial_partner_id.id,
                "agreement_id": move.payment_reference_agreement_id.id,
                "card_type": move.payment_card_type,
                "number": move.payment_id_number,
                "creditor_number": move.payment_creditor_number or False,
                "payer_text": move.payment_reference or move.payment_id_number,
                "move_ids": [(6, 0, move.ids)],
                "currency_id": move.currency_id.id,
                "amount": move.amount_residual,
            }
        )

    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collective Payment Reference"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_collective_payment_reference(self):
        """One payment ID for the chosen invoices of a customer."""
        return self.env["payment.reference.alias"]._create_collective(self).action_open()

    def _check_collective(self):
        """The agreement for a collective reference of these invoices, or what stands against one."""
        if len(self) < 2:
            raise UserError(self.env._("Choose two or more invoices: one invoice has its own payment reference."))
        if len(self.commercial_partner_id) > 1 or len(self.company_id) > 1 or len(self.currency_id) > 1:
            raise UserError(
                self.env._("A collective payment reference is for invoices of one customer in one currency.")
            )
        wrong = self.filtered(
            lambda move: (
                move.move_type != "out_invoice"
                or move.state != "posted"
                or move.currency_id.is_zero(move.amount_residual)
                or move._payment_reference_is_drawn()
            )
        )
        if wrong:
            raise UserError(
                self.env._(
                    "%(invoices)s: only posted invoices with an open amount that are not drawn by direct debit can be "
                    "paid together.",
                    invoices=", ".join(wrong.mapped("display_name")),
                )
            )
        agreements = self.browse().concat(*self)._payment_reference_agreements()
        agreement = agreements.get(self[0].id)
        if not agreement or agreement.sudo().card_type == "73":
            raise UserError(
                self.env._(
                    "There is no payment reference agreement with a payment ID for these invoices. The accounting "
                    "manager makes one under Configuration > Payment Reference Agreements."
                )
            )
        return agreement
