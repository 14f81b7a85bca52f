import logging

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

_logger = logging.getLogger(__name__)


class DineroController(http.Controller):
    @http.route(
        "/dinero_connector/callback",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
    )
    def callback(self, state=None, code=None, **_ignored):
        """Answer of Visma Connect, by GET or by a POST from another site (which comes without our session)."""
        try:
            connection = request.env["dinero.authorisation"].sudo()._complete(state, code)
        except UserError as error:
            return request.make_response(
                str(error), headers=[("Content-Type", "text/plain; charset=utf-8")], status=400
            )
        return request.redirect(f"/odoo/connections/{connection.id}", code=303)
