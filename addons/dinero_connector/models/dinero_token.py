import time
from datetime import timedelta

from odoo import fields, models

from odoo.addons.transfer_log.exceptions import AuthorisationError
from odoo.addons.transfer_log.locking import lock_row

from ..api.errors import DineroError

AGAIN_AFTER = 2  # seconds; within the grace period in which a used refresh token is taken again (5 to 60 s)
UNKNOWN = ("no_answer", "unavailable")  # the token may have been used up over there


class DineroToken(models.Model):
    """The tokens of one connection, in a table of their own: readable by the system group only, and locked
    while a new pair is fetched, without locking the connection."""

    _name = "dinero.token"
    _description = "Dinero Token"
    _rec_name = "connection_id"

    connection_id = fields.Many2one("transfer.connection", required=True, ondelete="cascade")
    access_token = fields.Char(groups="base.group_system", copy=False)
    refresh_token = fields.Char(groups="base.group_system", copy=False)
    expires_at = fields.Datetime()
    renewal_sent_at = fields.Datetime(
        help="When a renewal was sent whose answer is not known: the old token may be used up over there."
    )

    _connection_uniq = models.Constraint("UNIQUE (connection_id)", "A connection has one pair of tokens.")

    def _store(self, connection, answer):
        """Keep a new pair. A refresh may leave the old refresh token in use (setting of the application)."""
        # renew at 80 % of the lifetime
        lifetime = timedelta(seconds=answer["expires_in"] * 0.8)
        values = {
            "access_token": answer["access_token"],
            "expires_at": fields.Datetime.now() + lifetime,
            "renewal_sent_at": False,
        }
        if answer.get("refresh_token"):
            values["refresh_token"] = answer["refresh_token"]
        token = self.sudo().search([("connection_id", "=", connection.id)])
        if token:
            token.write(values)
        else:
            token = self.sudo().create(values | {"connection_id": connection.id})
        return token

    def _access_token(self, connection, refused=None):
        """A token that is still good. ``refused``: the one Dinero has just refused.

        Refresh tokens may be good for one use only: the row is locked in a cursor of its own, and the new pair
        is committed before anybody uses it, so that neither a second worker nor a rollback loses it.
        """
        token = self.sudo().search([("connection_id", "=", connection.id)])
        if token and token._is_good(refused):
            return token.access_token
        with self.env.registry.cursor() as cr:
            env = self.env(cr=cr, su=True)
            row = lock_row(cr, "dinero_token", "connection_id", connection.id)
            if not row:
                raise AuthorisationError(self.env._("Dinero is not connected. Press Connect on the connection."))
            locked = env["dinero.token"].browse(row)
            if not locked._is_good(refused):
                locked._renew(refused)
            access_token = locked.access_token
        token.invalidate_recordset()
        return access_token

    def _lock(self):
        """Take the row; another worker is waited for. What he wrote is seen."""
        row = lock_row(self.env.cr, "dinero_token", "id", self.id)
        self.invalidate_recordset()
        return bool(row)

    def _is_good(self, refused):
        self.ensure_one()
        if not self.access_token or self.access_token == refused:
            return False
        return bool(self.expires_at and self.expires_at > fields.Datetime.now())

    def _renew(self, refused):
        """Fetch a new pair, in the cursor that holds the row.

        That it was sent is committed before: a worker that dies here leaves a token that may be used up, and whoever
        comes next knows.
        """
        self.ensure_one()
        connection = self.connection_id
        if connection.dinero_sign_in == "connect" and not self.refresh_token:
            raise AuthorisationError(self.env._("Dinero is not connected. Press Connect on the connection."))
        was_unknown = bool(self.renewal_sent_at)
        self.renewal_sent_at = fields.Datetime.now()
        self.env.flush_all()
        self.env.cr.commit()
        if not self._lock():
            raise AuthorisationError(self.env._("Dinero is not connected. Press Connect on the connection."))
        if self._is_good(refused):
            return  # another worker was faster between the two locks
        try:
            self._store(connection, self._new_pair())
        except DineroError as error:
            if error.kind not in UNKNOWN:
                self.renewal_sent_at = False
            self.env.flush_all()
            self.env.cr.commit()
            if error.kind == "authorisation" and was_unknown:
                raise AuthorisationError(
                    self.env._(
                        "The answer to a renewal of the sign-in was lost, and Visma Connect does not take the old one "
                        "any more. Press Connect on the connection and sign in."
                    )
                ) from error
            raise connection._dinero_transfer_error(error, is_write=False) from error

    def _new_pair(self):
        """Ask for a pair. Without an answer the same token is tried once more, at once: it may be within the grace
        period. After that the queue tries again later, until it is taken or refused."""
        provider = self.connection_id._dinero_provider()
        if self.connection_id.dinero_sign_in == "personal":
            return provider.token()
        try:
            return provider.refresh(self.refresh_token)
        except DineroError as error:
            if error.kind not in UNKNOWN:
                raise
        time.sleep(AGAIN_AFTER)
        return provider.refresh(self.refresh_token)
