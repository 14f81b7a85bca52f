import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api.client import pkce_pair
from ..api.errors import DineroError

LIFETIME = timedelta(minutes=10)


class DineroAuthorisation(models.Model):
    """A sign-in under way. The answer of Visma Connect comes without a session; the one-time state, of which only
    the hash is stored, says which connection and user it belongs to."""

    _name = "dinero.authorisation"
    _description = "Dinero Sign-in Under Way"

    connection_id = fields.Many2one("transfer.connection", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    state_hash = fields.Char(required=True, index=True, groups="base.group_system")
    code_verifier = fields.Char(required=True, groups="base.group_system")
    redirect_uri = fields.Char(required=True)
    expires_at = fields.Datetime(required=True)

    @api.model
    def _start(self, connection):
        """-> the address the user signs in at."""
        state = secrets.token_urlsafe(32)
        verifier, challenge = pkce_pair()
        redirect_uri = connection._dinero_redirect_uri()
        self.sudo().search([("connection_id", "=", connection.id)]).unlink()
        self.sudo().create(
            {
                "connection_id": connection.id,
                "user_id": self.env.uid,
                "state_hash": self._hash(state),
                "code_verifier": verifier,
                "redirect_uri": redirect_uri,
                "expires_at": fields.Datetime.now() + LIFETIME,
            }
        )
        return connection._dinero_connect().authorize_url(redirect_uri=redirect_uri, state=state, challenge=challenge)

    @api.model
    def _complete(self, state, code):
        """Take the answer of Visma Connect: exchange the code and keep the tokens.

        :return: the connection. UserError when the state is unknown, used before or too old.
        """
        started = self.sudo().search([("state_hash", "=", self._hash(state or ""))], limit=1)
        if not started or not started.try_lock_for_update() or started.expires_at < fields.Datetime.now():
            started.unlink()
            raise UserError(self.env._("This sign-in has expired or was used before. Press Connect once more."))
        connection = started.connection_id.with_user(started.user_id).sudo()
        verifier, redirect_uri = started.code_verifier, started.redirect_uri
        started.unlink()  # first of all: a state is good for one use
        if not code:
            raise UserError(self.env._("Visma Connect did not give access. Press Connect once more."))
        try:
            answer = connection._dinero_connect().exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)
        except DineroError as error:
            raise UserError(
                self.env._("Visma Connect did not give access: %(text)s", text=error.details or error.kind)
            ) from error
        connection._dinero_store_tokens(answer)
        return connection

    def _hash(self, state):
        return hashlib.sha256(state.encode()).hexdigest()

    @api.autovacuum
    def _gc_expired(self):
        self.sudo().search([("expires_at", "<", fields.Datetime.now())]).unlink()
