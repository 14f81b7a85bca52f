from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .betalingsservice_agreement_log import OWN_LOG

#: Written by ``_move_to`` only.
MOVED_FIELDS = {"is_moved", "successor_id", "former_ids"}


class BetalingsserviceAgreement(models.Model):
    """A customer number that was given to the wrong customer, put right after it was drawn by.

    The agreement stays as the history of what was collected with whom, and answers to its collections find them. Number
    and mandate go on in a new agreement, that of the right customer.
    """

    _inherit = "betalingsservice.agreement"

    is_moved = fields.Boolean(string="Moved to Another Customer", readonly=True, copy=False)
    successor_id = fields.Many2one(
        "betalingsservice.agreement",
        string="Moved To",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    former_ids = fields.One2many("betalingsservice.agreement", "successor_id", string="Was the Number Of")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(MOVED_FIELDS & vals.keys() for vals in vals_list):
            self._refuse_moved_by_hand()
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if MOVED_FIELDS & vals.keys():
                self._refuse_moved_by_hand()
            if {"state", "partner_id", "group_id", "customer_number", "mandate_number"} & vals.keys():
                self._check_not_moved()
        return super().write(vals)

    def _refuse_moved_by_hand(self):
        raise AccessError(
            self.env._("To whom a customer number was moved is kept as proof. Use “Move to the Right Customer”.")
        )

    def _check_not_moved(self):
        for agreement in self.filtered("is_moved"):
            raise UserError(
                self.env._(
                    "%(name)s is history: the customer number is that of %(customer)s now.",
                    name=agreement.display_name,
                    customer=agreement.successor_id.partner_id.display_name,
                )
            )

    def _check_unused(self):
        # what was drawn by the number while it was another customer's counts too
        result = super()._check_unused()
        for agreement in self.filtered("former_ids"):
            self._refuse_number_change(agreement)
        return result

    def action_move(self):
        """Ask for the right customer and the reason."""
        self.ensure_one()
        self._check_may_move()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Move to the Right Customer"),
            "res_model": "betalingsservice.agreement.move",
            "view_mode": "form",
            "target": "new",
            "context": {"default_agreement_id": self.id},
        }

    def _check_may_move(self):
        if not self.env.su and not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(
                self.env._("Only the accounting manager moves a customer number that was drawn by to another customer.")
            )
        self.check_access("write")
        self._check_not_moved()

    def _move_to(self, partner, reason):
        """Give the customer number to the right customer, from now on.

        :param partner: ``res.partner``
        :param str reason: why, for the history of both
        :return: the agreement of the right customer
        """
        self.ensure_one()
        self._check_may_move()
        self.lock_for_update()
        if not (reason or "").strip():
            raise UserError(self.env._("Say how the mistake was found: the reason is kept in the history."))
        partner = partner.commercial_partner_id
        self._check_new_payer(partner)
        unsent = self.sudo().collection_ids.delivery_id.filtered(lambda delivery: delivery.state == "ready")
        if unsent:
            raise UserError(
                self.env._(
                    "%(delivery)s holds a collection of %(name)s and has not been sent. Send it or discard it first.",
                    delivery=unsent[0].name,
                    name=self.display_name,
                )
            )
        values = self._prepare_moved_values(partner)
        wrong = self.partner_id
        self._waiting_collections()._stop(
            self.env._("The customer number is that of another customer: the invoice is not drawn. Reason: %s", reason)
        )
        own_log = self.sudo().with_context(betalingsservice_log=OWN_LOG)
        own_log.write(
            {
                "is_moved": True,
                "state": "ended",
                "end_date": fields.Date.context_today(self),
                "ended_by": "creditor",
            }
        )
        own_log.flush_recordset()  # the number is free for the other before the database looks
        right = self.with_context(betalingsservice_log=OWN_LOG).create(values).with_env(self.env)
        own_log.successor_id = right
        texts = {
            self: self.env._("Moved to %(customer)s: %(reason)s", customer=partner.display_name, reason=reason),
            right: self.env._("Moved from %(customer)s: %(reason)s", customer=wrong.display_name, reason=reason),
        }
        for agreement, text in texts.items():
            agreement._log(lambda own, text=text: {"event": "moved", "state_to": own.state, "text": text})
            agreement.message_post(body=text)
        return right

    def _check_new_payer(self, partner):
        self.ensure_one()
        if partner == self.partner_id:
            raise UserError(self.env._("%(name)s is this customer's already.", name=self.display_name))
        if partner.company_id and partner.company_id != self.company_id:
            raise UserError(
                self.env._(
                    "%(customer)s is a customer of %(company)s only.",
                    customer=partner.display_name,
                    company=partner.company_id.name,
                )
            )

    def _prepare_moved_values(self, partner):
        """What Betalingsservice knows of the number goes on unchanged."""
        self.ensure_one()
        return {
            "partner_id": partner.id,
            "group_id": self.group_id.id,
            "customer_number": self.customer_number,
            "is_number_kept": True,
            "mandate_number": self.mandate_number,
            "state": self.state,
            "start_date": self.start_date,
            "end_date": self.end_date,
            "ended_by": self.ended_by,
        }

    def _waiting_collections(self):
        """What is in no delivery yet, slips too: it carries the number."""
        return self.env["betalingsservice.collection"].search(
            [("agreement_id", "in", self.ids), ("state", "=", "to_send"), ("delivery_id", "=", False)]
        )

    def _owners(self):
        """``{agreement id: id of the one among these that has its number now}``, former ones included."""
        owners = {agreement.id: agreement.id for agreement in self}
        layer = self
        while layer := layer.former_ids:
            owners.update({former.id: owners[former.successor_id.id] for former in layer})
        return owners
