from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .subscription_card_charge import ASKED, OPEN
from .subscription_payment_way import METHOD

TEMPLATE = "subscription_billing_payment.mail_template_card_declined"
LAYOUT = "mail.mail_notification_layout_with_responsible_signature"
#: Context key: whether anybody else than the card draws the invoice.
ELSEWHERE = "subscription_drawn_elsewhere"


class AccountMove(models.Model):
    _inherit = "account.move"

    subscription_token_id = fields.Many2one(
        "payment.token", string="Saved Card", copy=False, readonly=True, index="btree_not_null", ondelete="restrict"
    )
    subscription_charge_ids = fields.One2many("subscription.card.charge", "move_id", readonly=True)

    @api.model
    def _get_proof_fields(self):
        # EXTENDS 'subscription_billing': nobody has a card charged by typing it on an invoice
        return super()._get_proof_fields() | {"subscription_token_id"}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_charged(self):
        tries_sudo = self.sudo().subscription_charge_ids.transaction_ids
        if any(each.subscription_is_unknown or each.state not in ("cancel", "error") for each in tries_sudo):
            raise UserError(self.env._("A card was charged for this invoice. Credit it instead."))

    def _is_for_card(self):
        """Whether a saved card is to be charged, so that the customer has nothing to do."""
        self.ensure_one()
        return self.move_type == "out_invoice" and self.sudo().subscription_way_id.method == METHOD

    def _payment_reference_is_drawn(self):
        # EXTENDS 'nordic_payment_reference': no payment line while the card is to be charged
        is_drawn = super()._payment_reference_is_drawn()
        return is_drawn or (self._is_for_card() and not self.env.context.get(ELSEWHERE))

    def _is_drawn_elsewhere(self):
        """Whether somebody else takes the money from the customer's account, for example Betalingsservice."""
        return self.with_context(**{ELSEWHERE: True})._payment_reference_is_drawn()

    def _get_reminder_obstacle(self):
        # EXTENDS 'subscription_billing': nobody is reminded of what is still to be taken, or may have been
        obstacle = super()._get_reminder_obstacle()
        charge_sudo = self.sudo().subscription_charge_ids
        if obstacle or charge_sudo.state not in OPEN:
            return obstacle
        if charge_sudo.state == "uncertain":
            return self.env._("It is uncertain whether the card was charged: see Card Charges.")
        if charge_sudo.date_next:
            day = format_date(self.env, charge_sudo.date_next)
            return self.env._("The saved card is charged again on %s.", day)
        return self.env._("The saved card is being charged.")

    # ------------------------------------------------------------------
    # What the customer sees
    # ------------------------------------------------------------------

    def _subscription_card_text(self):
        """The sentence on an invoice that is charged on a card, or an empty string; also where another draws it."""
        self.ensure_one()
        is_charged = self._is_for_card() and self.state == "posted" and not self._is_drawn_elsewhere()
        if not is_charged or not self.amount_total:
            return ""
        card, day = self.sudo().subscription_token_id.display_name, self.invoice_date_due or self.invoice_date
        if not card:
            return self.env._("Charged on your saved card. You need not do anything.")
        return self.env._(
            "Charged on your saved card %(card)s on %(date)s. You need not do anything.",
            card=card,
            date=format_date(self.env, day),
        )

    def _tell_card_was_declined(self):
        """Mail the customer that his card was declined and is tried again; core sends after the commit."""
        self.ensure_one()
        partner = self._get_reminder_partner()
        if not partner:
            return
        template_sudo = self.env.ref(TEMPLATE).sudo().with_company(self.company_id)
        texts = {
            name: template_sudo._render_field(name, self.ids, compute_lang=True)[self.id]
            for name in ("subject", "body_html", "email_from")
        }
        self.with_context(lang=partner.lang or self.env.lang).message_post(
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=partner.ids,
            subject=texts["subject"],
            body=texts["body_html"],
            email_from=texts["email_from"],
            email_layout_xmlid=LAYOUT,
            email_add_signature=False,
        )

    def _is_being_charged(self):
        return self.sudo().subscription_charge_ids.state in ASKED

    def _has_to_be_paid(self):
        # EXTENDS 'account_payment': no second payment beside one whose result is not known
        return super()._has_to_be_paid() and not self._is_being_charged()

    def _get_online_payment_error(self):
        # EXTENDS 'account_payment'
        text = super()._get_online_payment_error()
        if not self._is_being_charged():
            return text
        own = self.env._("Your saved card is being charged for this invoice. Wait until the result is known.")
        return "\n".join(filter(None, (text, own)))
