import json
import time

from odoo import api, fields, models
from odoo.tools import SQL

from ..locking import lock_row
from ..rate import reserve


class TransferRate(models.Model):
    """Calls made to an outside party, shared by all workers: a limit per minute is theirs together."""

    _name = "transfer.rate"
    _description = "Calls to an Outside Party"
    _rec_name = "key"

    key = fields.Char(required=True)
    taken = fields.Json()
    blocked_until = fields.Float(digits=False, help="Seconds since 1970.")

    _key_uniq = models.Constraint("UNIQUE (key)", "The calls of a party are counted once.")

    @api.model
    def _take(self, key, limit, period=60, longest=None):
        """Reserve one call, in a transaction of its own.

        :param str key: the party, and whatever else the limit counts by
        :param int limit: calls per ``period`` (seconds)
        :param float longest: seconds; nothing is reserved when the wait would be longer
        :return: seconds to wait before the call, or ``None`` when that is longer than ``longest``
        """
        with self.env.registry.cursor() as cr:
            taken, blocked, now = self._lock(cr, key)
            at, taken = reserve(taken, max(now, blocked), limit, period)
            if longest is not None and at - now > longest:
                return None
            cr.execute(SQL("UPDATE transfer_rate SET taken = %s::jsonb WHERE key = %s", json.dumps(taken), key))
        return max(at - now, 0.0)

    @api.model
    def _block(self, key, seconds):
        """The other side says the limit is used up: no worker calls before then."""
        with self.env.registry.cursor() as cr:
            _taken, blocked, now = self._lock(cr, key)
            until = max(blocked, now + seconds)
            cr.execute(SQL("UPDATE transfer_rate SET blocked_until = %s WHERE key = %s", until, key))

    def _lock(self, cr, key):
        """The row, locked; made when it is missing. Other workers are waited for.

        :return: ``(times taken, blocked until, now)``
        """
        row = lock_row(cr, "transfer_rate", "key", key)
        if not row:
            cr.execute(SQL("INSERT INTO transfer_rate (key) VALUES (%s) ON CONFLICT (key) DO NOTHING", key))
            cr.commit()
            row = lock_row(cr, "transfer_rate", "key", key)
        cr.execute(SQL("SELECT taken, blocked_until FROM transfer_rate WHERE id = %s", row))
        taken, blocked = cr.fetchone()
        return taken or [], blocked or 0.0, self._now(cr)

    def _now(self, cr):
        """The time of the database server, the same for every worker."""
        cr.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return cr.fetchone()[0]

    @api.model
    def _sleep(self, seconds):
        """Wait for the reserved call."""
        time.sleep(seconds)
