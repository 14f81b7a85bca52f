from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..const import DANISH
from ..formats import complaint, fi, recognise
from ..formats.errors import InvalidReference
from ..models.messages import explain


class PaymentReferenceCorrect(models.TransientModel):
    """Give a posted invoice another payment reference: by the manager, with a reason, the former one kept."""

    _name = "payment.reference.correct"
    _description = "Correct Payment Reference"

    move_id = fields.Many2one("account.move", string="Invoice", required=True)
    former_reference = fields.Char(string="Present Reference", related="move_id.payment_reference")
    is_move_sent = fields.Boolean(related="move_id.is_move_sent")
    new_reference = fields.Char(
        help="The whole payment line or ID. Leave empty to give the next running number of the agreement."
    )
    reason = fields.Char(required=True)

    @api.model
    def _check_manager(self):
        if not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(self.env._("Only the accounting manager corrects what customers pay with."))

    def action_correct(self):
        self.ensure_one()
        self._check_manager()
        move = self.move_id
        move.check_access("write")
        if move.state != "posted" or not move.payment_card_type:
            raise UserError(
                self.env._("%(invoice)s has no payment reference that could be corrected.", invoice=move.display_name)
            )
        if not (self.reason or "").strip():
            raise UserError(self.env._("Give the reason: it is kept in the history of the invoice."))
        if move._payment_reference_is_drawn():
            raise UserError(
                self.env._(
                    "%(invoice)s is drawn by direct debit: nobody types its reference.", invoice=move.display_name
                )
            )
        card_type, payment_id, creditor, text = self._read_new_reference(move)
        if payment_id == move.payment_id_number and creditor == (move.payment_creditor_number or ""):
            raise UserError(self.env._("This is the payment reference the invoice has already."))
        holder = move._payment_id_holders(move.company_id, creditor, [payment_id], besides=move).get(payment_id)
        if holder:
            move._refuse_used_payment_id(payment_id, holder)
        former = move.payment_reference
        self.env["payment.reference.alias"]._create_former(move)
        move.sudo().write(
            {
                "payment_card_type": card_type,
                "payment_id_number": payment_id,
                "payment_creditor_number": creditor or False,
                "payment_reference": text,
            }
        )
        move.message_post(
            body=self.env._(
                "Payment reference corrected from %(former)s to %(new)s. Reason: %(reason)s. Payments with the former "
                "one still find this invoice.",
                former=former,
                new=text,
                reason=self.reason.strip(),
            )
        )
        return {"type": "ir.actions.act_window_close"}

    def _read_new_reference(self, move):
        """``(card type, payment id, creditor, what the payer types)``; refused with what is wrong."""
        agreement_sudo = move.payment_reference_agreement_id.sudo()
        typed = (self.new_reference or "").strip()
        creditor = agreement_sudo.creditor_number or ""
        try:
            if not typed:
                payment_id = agreement_sudo._next_payment_id(move.commercial_partner_id)
                return agreement_sudo.card_type, payment_id, creditor, agreement_sudo._payer_text(payment_id)
            payment_id = agreement_sudo._validate_own(typed)
        except InvalidReference as error:
            payment_id, fault = "", complaint(typed) or error
        else:
            fault = None
        if payment_id:
            return agreement_sudo.card_type, payment_id, creditor, agreement_sudo._payer_text(payment_id)
        others = [found for found in recognise(typed) if found.certain and found.number]
        if len(others) == 1 and others[0].creditor and others[0].card_type in DANISH:
            found = others[0]
            return (*found[:3], fi.line(*found[:3]))
        raise UserError(explain(self.env, fault) if fault else self.env._("No payment reference was recognised."))
