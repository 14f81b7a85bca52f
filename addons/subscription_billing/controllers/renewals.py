import json
import logging
import re

from werkzeug.exceptions import RequestEntityTooLarge

from odoo import http
from odoo.exceptions import AccessDenied, LockError
from odoo.http import request
from odoo.tools import file_open

from ..formats.renewal import RenewalError
from ..models.subscription_renewal import RenewalRefused

_logger = logging.getLogger(__name__)

MAX_BYTES = 256 * 1024
PATH = "/subscription_billing/renewals/1"
_BEARER = re.compile(r"bearer\s+([0-9a-f]{40})", re.IGNORECASE)
UNAUTHORISED = (401, "unauthorised", "The address or the key is wrong.")


class RenewalController(http.Controller):
    """Renewals from outside subscription systems. docs/guide/renewals-api.md tells how it is used."""

    @http.route(
        f"{PATH}/<int:source_id>", type="http", auth="public", methods=["POST"], csrf=False, save_session=False,
        max_content_length=MAX_BYTES,
    )  # fmt: skip
    def receive(self, source_id):
        source_sudo = self._authenticate(source_id)
        if not source_sudo:
            return self._refuse(*UNAUTHORISED)
        try:
            body = request.httprequest.get_data(cache=False)
            key = request.httprequest.headers.get("Idempotency-Key", "").strip()
            env = self._env_of(source_sudo)
            renewal_sudo, is_new = env["subscription.renewal"]._receive(source_sudo.with_env(env), body, key)
            env.flush_all()
        except RequestEntityTooLarge:
            return self._refuse(413, "too_large", f"A message has at most {MAX_BYTES} bytes.")
        except RenewalError as error:
            return self._refuse(400, "invalid", "Fields are missing or wrong.", errors=error.errors)
        except LockError:
            return self._refuse(503, "busy", "The renewal is being invoiced at this moment. Send it again.")
        except RenewalRefused as error:
            return self._refuse(error.status, error.code, error.message)
        return request.make_json_response(renewal_sudo._describe(), status=202 if is_new else 200)

    @http.route(f"{PATH}/<int:source_id>/state", type="http", auth="public", methods=["GET"], save_session=False)
    def state(self, source_id, renewal=""):
        """What became of a renewal, by its number."""
        source_sudo = self._authenticate(source_id)
        if not source_sudo:
            return self._refuse(*UNAUTHORISED)
        renewals_sudo = self._env_of(source_sudo)["subscription.renewal"].sudo()
        number = renewal.replace("\0", "")  # no database holds it
        renewal_sudo = renewals_sudo.search([("source_id", "=", source_sudo.id), ("name", "=", number)])
        if not renewal_sudo:
            return self._refuse(404, "unknown", "This renewal was not received.")
        return request.make_json_response(renewal_sudo._describe())

    @http.route(f"{PATH}/openapi.json", type="http", auth="public", methods=["GET"], save_session=False)
    def openapi(self):
        with file_open("subscription_billing/static/openapi/renewals.json") as stream:
            return request.make_json_response(json.load(stream))

    def _authenticate(self, source_id):
        """The source (sudo) the key opens. Core counts failures by address and makes who guesses wait."""
        match = _BEARER.fullmatch(request.httprequest.headers.get("Authorization", "").strip())
        try:
            with request.env["res.users"]._assert_can_auth(user="subscription renewals"):
                source_sudo = match and request.env["subscription.renewal.source"]._authenticate(source_id, match[1])
                if not source_sudo:
                    raise AccessDenied()
        except AccessDenied:
            return None
        return source_sudo

    def _env_of(self, source_sudo):
        company = source_sudo.company_id
        env = request.env(user=http.request.env.ref("base.user_root").id)
        return env["res.company"].browse(company.id).with_company(company).with_context(
            allowed_company_ids=company.ids
        ).env  # fmt: skip

    def _refuse(self, status, code, message, **details):
        request.env.cr.rollback()
        headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}, 503: {"Retry-After": "1"}}
        body = {"error": code, "message": message, **details}
        return request.make_json_response(body, status=status, headers=headers.get(status))
