from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from odoo.addons.subscription_billing.controllers.portal import SubscriptionPortal


class SubscriptionCardPortal(SubscriptionPortal):
    """The card of a subscription on the customer's page."""

    def _prepare_subscription_values(self, subscription_sudo, is_sent=False, error=""):
        values = super()._prepare_subscription_values(subscription_sudo, is_sent, error)
        values["is_by_card"] = subscription_sudo.is_paid_by_card
        values["card_chosen"] = subscription_sudo.is_paid_by_card and subscription_sudo._get_portal_card()
        values["cards"] = subscription_sudo._get_portal_cards(request.env.user.partner_id)
        return values

    @http.route(
        "/my/subscriptions/<int:subscription_id>/card", type="http", auth="user", website=True, methods=["POST"]
    )
    def portal_subscription_card(self, subscription_id, token_id="", **_kwargs):
        subscription_sudo = self._get_subscription(subscription_id)
        if not subscription_sudo.is_paid_by_card:
            raise NotFound()
        number = int(token_id) if token_id.isascii() and token_id.isdigit() and len(token_id) < 10 else 0
        try:
            with request.env.cr.savepoint():
                subscription_sudo._choose_portal_card(request.env.user.partner_id, number)
        except (UserError, ValidationError) as error:
            return self._show_error(subscription_sudo, str(error))
        return request.redirect(f"/my/subscriptions/{subscription_id}")
