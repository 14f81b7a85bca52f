from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request


class DineroController(http.Controller):
    @http.route(
        "/dinero_connector/callback",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
    )
    def callback(self, state=None, code=None, error=None, **_ignored):
        """Answer of Visma Connect, by GET or by a POST from another site (which comes without our session)."""
        try:
            ticket = request.env["dinero.authorisation"].sudo()._receive(state, code, error)
        except UserError as refused:
            # what was used up stays so
            return _refused(refused)
        return request.redirect(f"/dinero_connector/finish?ticket={ticket}", code=303)

    @http.route("/dinero_connector/finish", type="http", auth="user", methods=["GET"])
    def finish(self, ticket=None, **_ignored):
        """The user's own browser, with his session: he is asked for it where it is missing."""
        try:
            connection = request.env["dinero.authorisation"]._finish(ticket)
        except (UserError, AccessError) as refused:
            return _refused(refused)
        return request.redirect(f"/odoo/connections/{connection.id}", code=303)


def _refused(error):
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
    return request.make_response(str(error), headers=headers, status=400)
