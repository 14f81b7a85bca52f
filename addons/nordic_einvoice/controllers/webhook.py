"""The address that an access point calls."""

from odoo import http
from odoo.http import request

from ..api import webhooks


class EinvoiceWebhook(http.Controller):
    @http.route(
        "/nordic_einvoice/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def receive(self, token):
        """Take a hint. Answers nothing but a status: 200 taken, 400 not readable, 401 not signed, 404 no such
        address, 413 too large."""
        if (request.httprequest.content_length or 0) > webhooks.MAX_BODY:
            return request.make_response("", status=413)
        connection = request.env["transfer.connection"].sudo()._einvoice_of_webhook(token)
        if not connection:
            return request.make_response("", status=404)
        body = request.httprequest.get_data()
        return request.make_response("", status=connection._einvoice_called(request.httprequest.headers, body))
