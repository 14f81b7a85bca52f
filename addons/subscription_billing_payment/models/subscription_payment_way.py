from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

METHOD = "card"
#: Later than that nobody expects a declined card to be tried again.
MOST_DAYS = 90


class SubscriptionPaymentWay(models.Model):
    _inherit = "subscription.payment.way"

    method = fields.Selection(selection_add=[(METHOD, "Saved card")], ondelete={METHOD: "set default"})
    card_retry_days = fields.Char(
        string="Declined: Try Again After",
        default="3, 7",
        help="Days after the first try, for example 3, 7. Empty: a declined card is not tried again.",
    )
    card_is_told = fields.Boolean(
        string="Declined: Tell the Customer",
        default=True,
        help="The customer gets a mail when his card was declined and is tried again, so that he can save a new one.",
    )
    card_fallback_way_id = fields.Many2one(
        "subscription.payment.way",
        string="Then Paid By",
        check_company=True,
        domain="[('source_id', '=', False), ('method', '!=', 'card'), ('kind', '=', 'terms')]",
        help="What an invoice gets whose card was declined for the last time. Empty: no way of payment.",
    )

    @api.constrains("method", "kind", "source_id", "card_retry_days", "card_fallback_way_id")
    def _check_card(self):
        for way in self.filtered(lambda way: way.method == METHOD):
            if way.kind == "paid" or way.source_id:
                raise ValidationError(
                    self.env._(
                        "%s charges the card after the invoice is posted: choose To be paid by terms, and no source.",
                        way.name,
                    )
                )
            if way.card_fallback_way_id.method == METHOD or way.card_fallback_way_id.kind == "paid":
                raise ValidationError(self.env._("%s needs another way when the card is declined.", way.name))
            way._get_card_retry_days()

    def write(self, vals):
        if "method" in vals:
            self._check_card_unused(vals["method"])
        return super().write(vals)

    def _check_card_unused(self, method):
        """Invoices that were posted to be paid in another way are never charged on a card because a row was changed."""
        changed = self.filtered(lambda way: METHOD in (way.method, method) and way.method != method)
        used = self.env["account.move"].sudo().search([("subscription_way_id", "in", changed.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "Invoices have the way of payment %s, so it cannot become or stop being Saved card. Make a new row "
                    "and archive this one.",
                    used.subscription_way_id.name,
                )
            )

    def _get_card_retry_days(self):
        """Days after the first try, rising.

        :raises ValidationError: something else than rising numbers is written
        """
        parts = [part.strip() for part in (self.card_retry_days or "").split(",") if part.strip()]
        is_number = all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts)
        days = [int(part) for part in parts] if is_number else []
        if not is_number or days != sorted(set(days)) or not all(1 <= day <= MOST_DAYS for day in days):
            raise ValidationError(
                self.env._("Write the days of %s as rising numbers up to 90, for example 3, 7.", self.name)
            )
        return days

    def _is_taken(self):
        # EXTENDS 'subscription_billing'
        return super()._is_taken() or self.method == METHOD

    def _prepare_invoice_values(self, term, day, has_terms):
        # EXTENDS 'subscription_billing': a card is charged on the invoice's date, not by the terms of who pays himself
        if self.method == METHOD and not (term or self.payment_term_id):
            return {"invoice_payment_term_id": False, "invoice_date_due": day}
        return super()._prepare_invoice_values(term, day, has_terms)
