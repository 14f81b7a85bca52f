from psycopg2.errors import UniqueViolation
from werkzeug.exceptions import NotFound

from odoo import fields, http
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

PER_PAGE = 20


class SubscriptionPortal(CustomerPortal):
    """A customer's own pages.

    Customers have no rights to the records themselves: each page looks up what belongs to the customer's company, so
    nothing else can be named, read or written.
    """

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "subscription_count" in counters:
            values["subscription_count"] = self._find_subscriptions().search_count(self._get_domain())
        return values

    def _find_subscriptions(self):
        return request.env["subscription.subscription"].sudo()

    def _get_domain(self):
        return self._find_subscriptions()._get_portal_domain(request.env.user.partner_id)

    def _get_subscription(self, subscription_id):
        """One of the customer's own (sudo); the same answer for what is not his and for what does not exist."""
        found = self._find_subscriptions().search(self._get_domain() & Domain("id", "=", subscription_id))
        if not found:
            raise NotFound()
        # the pages and invoices of another company of the group are computed in its own books
        return found.with_company(found.company_id)

    @http.route(["/my/subscriptions", "/my/subscriptions/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_subscriptions(self, page=1, **_kwargs):
        subscriptions, domain = self._find_subscriptions(), self._get_domain()
        pager = portal_pager(
            url="/my/subscriptions", total=subscriptions.search_count(domain), page=page, step=PER_PAGE
        )
        found = subscriptions.search(domain, limit=PER_PAGE, offset=pager["offset"], order="state, name desc")
        partner = request.env.user.partner_id
        rows = [
            (each, next(iter(each.with_company(each.company_id)._get_portal_plans(partner, 1)), None)) for each in found
        ]
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "subscription",
            "default_url": "/my/subscriptions",
            "rows": rows,
            "pager": pager,
        }
        return request.render("subscription_billing.portal_my_subscriptions", values)

    @http.route("/my/subscriptions/<int:subscription_id>", type="http", auth="user", website=True)
    def portal_my_subscription(self, subscription_id, sent=None, **_kwargs):
        subscription_sudo = self._get_subscription(subscription_id)
        values = self._prepare_subscription_values(subscription_sudo, bool(sent))
        return request.render("subscription_billing.portal_my_subscription", values)

    def _prepare_subscription_values(self, subscription_sudo, is_sent=False, error=""):
        partner = request.env.user.partner_id
        may_ask = subscription_sudo.partner_id and subscription_sudo.state in ("active", "paused")
        asked = subscription_sudo.request_ids.filtered(lambda each: each.state == "new").mapped("kind")
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "subscription",
            "subscription": subscription_sudo,
            "plans": subscription_sudo._get_portal_plans(partner),
            "invoices": subscription_sudo._get_portal_invoices(partner),
            "requests": subscription_sudo.request_ids if may_ask else subscription_sudo.request_ids.browse(),
            "may_pause": may_ask and "pause" not in asked and subscription_sudo.state == "active",
            "may_end": may_ask
            and "end" not in asked
            and not subscription_sudo.date_end
            and subscription_sudo.earliest_end,
            "today": subscription_sudo.company_id._subscription_today(),
            "is_sent": is_sent,
            "error": error,
        }

    @http.route(
        "/my/subscriptions/<int:subscription_id>/request", type="http", auth="user", website=True, methods=["POST"]
    )
    def portal_subscription_request(self, subscription_id, kind="", note="", **kwargs):
        subscription_sudo = self._get_subscription(subscription_id)
        if not subscription_sudo.partner_id:
            raise NotFound()
        note = note.replace("\0", "")  # no database holds it
        try:
            with request.env.cr.savepoint():
                self._ask(subscription_sudo, kind, note, kwargs)
        except (UserError, ValidationError) as error:
            return self._show_error(subscription_sudo, str(error))
        except UniqueViolation:
            text = request.env._("You have asked for this already. Wait for the answer.")
            return self._show_error(subscription_sudo, text)
        return request.redirect(f"/my/subscriptions/{subscription_id}?sent=1")

    def _show_error(self, subscription_sudo, text):
        values = self._prepare_subscription_values(subscription_sudo, error=text)
        return request.render("subscription_billing.portal_my_subscription", values)

    def _ask(self, subscription_sudo, kind, note, values):
        requests, partner = request.env["subscription.request"], request.env.user.partner_id
        if kind == "pause":
            days = [self._read_day(values.get(name)) for name in ("date_from", "date_to")]
            requests._ask_pause(subscription_sudo, partner, *days, note=note)
        elif kind == "end":
            requests._ask_end(subscription_sudo, partner, self._read_day(values.get("date_end")), note=note)
        else:
            raise NotFound()

    def _read_day(self, text):
        """A day as browsers send it, or None."""
        if not text:
            return None
        try:
            return fields.Date.to_date(text)
        except ValueError as error:
            raise UserError(request.env._("%s is no date.", text[:20])) from error

    @http.route(
        "/my/subscriptions/<int:subscription_id>/requests/<int:request_id>/withdraw",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_subscription_withdraw(self, subscription_id, request_id, **_kwargs):
        subscription_sudo = self._get_subscription(subscription_id)
        mine = subscription_sudo.request_ids.filtered(lambda each: each.id == request_id)
        if not mine or not subscription_sudo.partner_id:
            raise NotFound()
        mine._withdraw()
        return request.redirect(f"/my/subscriptions/{subscription_id}")
