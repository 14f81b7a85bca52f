"""Calls from access points: what they tell is a hint, and what it names is fetched or asked for with our own key."""

import secrets
import time

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..api import webhooks
from ..api.answers import AccessPointError
from .transfer_connection_api import SEND
from .transfer_connection_api_inbox import FETCH

TOKEN_BYTES = 32


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    einvoice_webhook_token = fields.Char(groups="base.group_system", copy=False, index="btree_not_null")
    einvoice_webhook_secret = fields.Char(
        string="Secret of the Signature",
        groups="base.group_system",
        copy=False,
        help="With which the access point signs its calls, where it does.",
    )
    einvoice_webhook_url = fields.Char(
        string="Address for Calls",
        compute="_compute_einvoice_webhook_url",
        groups="base.group_system",
        help="Enter it at the access point, so that it calls when a document arrives or something became of yours. Who "
        "knows the address can pretend to be the access point: keep it secret.",
    )
    einvoice_has_webhook = fields.Boolean(compute="_compute_einvoice_has_webhook", compute_sudo=True)

    @api.depends("kind", "einvoice_definition")
    def _compute_einvoice_has_webhook(self):
        for connection in self:
            try:
                is_known = connection.kind == "einvoice_api" and connection._einvoice_read_definition().webhook
            except ValidationError:
                is_known = False
            connection.einvoice_has_webhook = bool(is_known)

    @api.depends("einvoice_webhook_token")
    def _compute_einvoice_webhook_url(self):
        for connection in self:
            token = connection.einvoice_webhook_token
            base = connection.get_base_url()
            connection.einvoice_webhook_url = f"{base}/nordic_einvoice/webhook/{token}" if token else False

    def action_einvoice_webhook(self):
        """A new address; the old one is dead at once."""
        for connection in self:
            connection.check_access("write")
            if not self.env.user.has_group("base.group_system"):
                raise UserError(self.env._("Only an administrator makes the address that an access point calls."))
            if connection.kind != "einvoice_api" or not connection._einvoice_read_definition().webhook:
                raise UserError(self.env._("Nothing is known of calls by this access point: see the tab Interface."))
            connection.einvoice_webhook_token = secrets.token_urlsafe(TOKEN_BYTES)
        return True

    @api.model
    def _einvoice_of_webhook(self, token):
        """The connection whose address this is, in the name of whoever answers for it; empty for a token that nobody
        has."""
        if len(token) < TOKEN_BYTES:
            return self.browse()
        found = self.search([("einvoice_webhook_token", "=", token), ("kind", "=", "einvoice_api")], limit=1)
        owner = found.responsible_id
        return found.with_user(owner).with_context(lang=owner.lang).sudo() if owner.active else found

    def _einvoice_called(self, headers, body):
        """Take one call.

        :param headers: mapping of the request's headers
        :param bytes body: as it came
        :return: status of the answer
        """
        self.ensure_one()
        try:
            definition = self._einvoice_read_definition()
        except ValidationError:
            return 404
        webhook = definition.webhook
        if not webhook:
            return 404
        try:
            header = headers.get(webhook.header, "") if webhook.header else ""
            webhooks.verify(webhook, self.einvoice_webhook_secret, header, body, time.time())
            event = webhooks.read(webhook, body)
        except AccessPointError as error:
            return 401 if error.kind == "authorisation" else 400
        if event.kind == webhooks.RECEIVED:
            return self._einvoice_told_received(event)
        if event.kind == webhooks.CHANGED:
            self._einvoice_told_changed(definition, event)
        return 200

    def _einvoice_told_received(self, event):
        """Queue its fetching; a paused connection's queue waits. Where nothing is fetched they may call again."""
        if not self.einvoice_is_fetching:
            return 503
        self._einvoice_enqueue_inbox(FETCH, self, f"fetch:{self._einvoice_inbox_name(event.remote_id)}")
        return 200

    def _einvoice_told_changed(self, definition, event):
        """Ask what became of it; where nobody can be asked, what the call says."""
        log = self.env["transfer.log"].search(
            [("connection_id", "=", self.id), ("operation", "=", SEND), ("remote_id", "=", event.remote_id)], limit=1
        )
        document = self.env["nordic.einvoice.document"].browse(log.res_id).exists()
        if not document or document.transfer_log_id != log:
            return
        if definition.status:
            document._system_write({"asked_date": False, "is_answer_final": False})
            self.env.ref("nordic_einvoice.ir_cron_einvoice_ask")._trigger()
            return
        state = definition.words.get(event.state)
        if state:
            document._einvoice_answered(state, event.reason)
