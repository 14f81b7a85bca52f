import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api.errors import DineroError
from ..api.sign_in import pkce_pair

LIFETIME = timedelta(minutes=10)


class DineroAuthorisation(models.Model):
    """A sign-in under way. The answer of Visma Connect comes without a session; the one-time state, of which only
    the hash is stored, says which connection and user it belongs to."""

    _name = "dinero.authorisation"
    _description = "Dinero Sign-in Under Way"

    connection_id = fields.Many2one("transfer.connection", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    state_hash = fields.Char(index=True, groups="base.group_system")
    ticket_hash = fields.Char(index=True, groups="base.group_system")
    code = fields.Char(groups="base.group_system")
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
        return connection._dinero_provider().authorize_url(redirect_uri=redirect_uri, state=state, challenge=challenge)

    @api.model
    def _receive(self, state, code, error=None):
        """Take the answer of Visma Connect, which comes without a session: nothing is given to anybody yet.

        :return: a ticket for ``_finish``. UserError when the state is unknown, used before or too old.
        """
        started = self._take("state_hash", state)
        if error or not code:
            started.unlink()
            text = str(error or "")[:200]
            if text == "access_denied":
                raise UserError(self.env._("You did not give access. Press Connect once more if that was not meant."))
            raise UserError(
                self.env._("Visma Connect did not give access. Press Connect once more. %(text)s", text=text).strip()
            )
        ticket = secrets.token_urlsafe(32)
        # the state is used up; the code waits for the user who began
        started.write({"state_hash": False, "ticket_hash": self._hash(ticket), "code": code})
        return ticket

    @api.model
    def _finish(self, ticket):
        """Exchange the code, when the user who is logged in is the one who began: a sign-in that another person was
        led to is not taken.

        :return: the connection
        """
        started = self._take("ticket_hash", ticket)
        if started.user_id != self.env.user:
            started.unlink()
            raise UserError(self.env._("This sign-in was begun by another user. Press Connect once more."))
        connection = started.connection_id.with_user(self.env.user)
        connection.check_access("write")
        code, verifier, redirect_uri = started.code, started.code_verifier, started.redirect_uri
        started.unlink()
        try:
            answer = connection._dinero_provider().exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)
        except DineroError as error:
            raise UserError(
                self.env._("Visma Connect did not give access: %(text)s", text=error.details or error.kind)
            ) from error
        connection._dinero_store_tokens(answer)
        return connection

    @api.model
    def _take(self, name, value):
        """The sign-in under way that a state or a ticket stands for, locked; each is good for one use."""
        expired = UserError(self.env._("This sign-in has expired or was used before. Press Connect once more."))
        if not value or not isinstance(value, str):
            raise expired
        started = self.sudo().search([(name, "=", self._hash(value))], limit=1)
        if not started or not started.try_lock_for_update():
            raise expired
        if started.expires_at < fields.Datetime.now():
            started.unlink()
            raise expired
        return started

    def _hash(self, state):
        return hashlib.sha256(state.encode()).hexdigest()

    @api.autovacuum
    def _gc_expired(self):
        self.sudo().search([("expires_at", "<", fields.Datetime.now())]).unlink()
