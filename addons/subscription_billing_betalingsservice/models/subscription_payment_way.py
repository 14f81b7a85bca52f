from odoo import fields, models

METHOD = "betalingsservice"


class SubscriptionPaymentWay(models.Model):
    _inherit = "subscription.payment.way"

    method = fields.Selection(selection_add=[(METHOD, "Betalingsservice")], ondelete={METHOD: "set default"})
    is_drawn_when_agreed = fields.Boolean(
        string="Drawn When Agreed",
        default=True,
        help="An invoice is drawn by Betalingsservice when the customer has an active agreement, whatever the way of "
        "payment. Off: it never is.",
    )

    def _has_slip(self):
        """Whether the customer may be sent a payment slip: not where the money comes by itself."""
        return not self or (self.kind == "terms" and not self._is_taken())

    def _is_drawn(self):
        """Whether an active agreement draws what is invoiced this way; no row at all means yes."""
        if not self:
            return True
        if self.method == METHOD:
            return True
        return self.kind == "terms" and not self._is_taken() and self.is_drawn_when_agreed
