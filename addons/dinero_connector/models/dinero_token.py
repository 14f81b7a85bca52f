import time
from contextlib import contextmanager
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
        was_unknown = False
        with self._locked(connection) as locked:
            if locked._is_good(refused):
                return locked.access_token
            if connection.sudo().dinero_sign_in == "connect" and not locked.refresh_token:
                raise self._not_connected()
            was_unknown = bool(locked.renewal_sent_at)
            # committed before the call: a worker that dies leaves a token that may be used up, and the next one knows
            locked.renewal_sent_at = fields.Datetime.now()
        with self._locked(connection) as locked:
            error = None if locked._is_good(refused) else locked._renew()
            access_token = locked.access_token
        token.invalidate_recordset()
        if error and error.kind == "authorisation" and was_unknown:
            raise AuthorisationError(
                self.env._(
                    "The answer to a renewal of the sign-in was lost, and Visma Connect does not take the old one "
                    "any more. Press Connect on the connection and sign in."
                )
            )
        if error:
            raise connection._dinero_transfer_error(error, is_write=False)
        return access_token

    @contextmanager
    def _locked(self, connection):
        """The row of a connection, locked in a cursor of its own that commits at the end. Another worker is waited
        for, and what he wrote is seen."""
        with self.env.registry.cursor() as cr:
            row = lock_row(cr, "dinero_token", "connection_id", connection.id)
            if not row:
                raise self._not_connected()
            yield self.env(cr=cr, su=True)["dinero.token"].browse(row)

    def _not_connected(self):
        return AuthorisationError(self.env._("Dinero is not connected. Press Connect on the connection."))

    def _is_good(self, refused):
        self.ensure_one()
        if not self.access_token or self.access_token == refused:
            return False
        return bool(self.expires_at and self.expires_at > fields.Datetime.now())

    def _renew(self):
        """Fetch a new pair while the row is held. :return: the DineroError that stood in the way, if any"""
        self.ensure_one()
        try:
            self._store(self.connection_id, self._new_pair())
        except DineroError as error:
            if error.kind not in UNKNOWN:
                self.renewal_sent_at = False
            return error
        return None

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
