from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.transfer_log.exceptions import AuthorisationError

from ..api.errors import DineroError


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

    _connection_uniq = models.Constraint("UNIQUE (connection_id)", "A connection has one pair of tokens.")

    def _store(self, connection, answer):
        """Keep a new pair. A refresh may leave the old refresh token in use (setting of the application)."""
        # renew at 80 % of the lifetime
        lifetime = timedelta(seconds=answer["expires_in"] * 0.8)
        values = {"access_token": answer["access_token"], "expires_at": fields.Datetime.now() + lifetime}
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
            cr.execute(SQL("SELECT id FROM dinero_token WHERE connection_id = %s FOR UPDATE", connection.id))
            row = cr.fetchone()
            if not row:
                raise AuthorisationError(self.env._("Dinero is not connected. Press Connect on the connection."))
            locked = env["dinero.token"].browse(row[0])
            if not locked._is_good(refused):
                locked._refresh()
            access_token = locked.access_token
        token.invalidate_recordset()
        return access_token

    def _is_good(self, refused):
        self.ensure_one()
        if not self.access_token or self.access_token == refused:
            return False
        return bool(self.expires_at and self.expires_at > fields.Datetime.now())

    def _refresh(self):
        self.ensure_one()
        connection = self.connection_id
        if not self.refresh_token:
            raise AuthorisationError(self.env._("Dinero is not connected. Press Connect on the connection."))
        try:
            self._store(connection, connection._dinero_connect().refresh(self.refresh_token))
        except DineroError as error:
            # no answer: the old token is tried once more at the next attempt (grace period over there);
            # refused then, it is a matter of signing in again
            raise connection._dinero_transfer_error(error, is_write=False) from error
