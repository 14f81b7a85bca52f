import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

SEARCHED_LENGTH = 60_000  # characters of each body that are found by search
KEPT_AT_ONCE = 5_000
RARE = 1000  # so few transfers are searched by their ids
SIGNS = "\"'`{}[]()<>,;:=+-_/\\|@.#%&*!?\t\r\n"
CAPITALS = "ÆØÅÄÖÉÜÐÞÁÍÓÚÝ"  # a database with the locale C does not know their small letters
BODIES = ("source_body", "request_body", "response_body")


class TransferLog(models.Model):
    """How bodies are kept, searched and emptied."""

    _inherit = "transfer.log"

    body_text = fields.Char(
        string="Bodies",
        compute="_compute_body_text",
        search="_search_body_text",
        help="Words, or beginnings of words, that stand in what was sent or received.",
    )

    def init(self):
        # EXTENDS 'base': what the ORM has no words for
        # bodies lie beside the rows, so that counting and sorting do not read them
        self.env.cr.execute("ALTER TABLE transfer_log SET (toast_tuple_target = 256)")
        texts = [SQL("left(coalesce(%s, ''), %s)", SQL.identifier(name), SEARCHED_LENGTH) for name in BODIES]
        # what stands between words becomes a blank, or the parser would make one word of "INV/2026/00017"
        self.env.cr.execute(
            SQL(
                """ALTER TABLE transfer_log ADD COLUMN IF NOT EXISTS body_vector tsvector GENERATED ALWAYS AS (
                    CASE WHEN request_body IS NULL AND response_body IS NULL AND source_body IS NULL THEN NULL
                    ELSE to_tsvector('simple', translate(%s, %s, %s)) END) STORED""",
                SQL(" || ' ' || ").join(texts),
                SIGNS + CAPITALS,
                " " * len(SIGNS) + CAPITALS.lower(),
            )
        )
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS transfer_log_body_vector_idx ON transfer_log USING gin (body_vector)"
        )

    def _compute_body_text(self):
        self.body_text = False

    def _search_body_text(self, operator, value):
        if operator not in ("ilike", "="):
            return NotImplemented
        words = re.findall(r"[^\W_]+", str(value or "").lower())
        if not words:
            return Domain.FALSE
        sought = " & ".join(f"'{word}':*" for word in words)
        ids = self._ids_of_words(sought)
        if len(ids) <= RARE:
            return Domain("id", "in", ids)
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "%s @@ to_tsquery('simple', %s)", SQL.identifier(alias, "body_vector"), sought
            )
        )

    def _ids_of_words(self, sought):
        """The first transfers of a ``tsquery``, one more than ``RARE`` at most.

        PostgreSQL cannot estimate the beginning of a word: for one that no body has it would read the list from its
        newest entry to its oldest. Looked up by itself, such a word takes the index.
        """
        self.flush_model(list(BODIES))
        query = SQL(
            """WITH found AS MATERIALIZED (
                   SELECT id FROM transfer_log WHERE body_vector @@ to_tsquery('simple', %s))
               SELECT id FROM found LIMIT %s""",
            sought,
            RARE + 1,
        )
        return [row[0] for row in self.env.execute_query(query)]

    @api.autovacuum
    def _gc_bodies(self):
        """Empty the bodies of completed transfers after the connection's retention time.

        :return: how many, and whether there are more
        """
        count = 0
        connections = self.env["transfer.connection"].with_context(active_test=False)
        for connection in connections.search([("retention_days", ">", 0)]):
            oldest = fields.Datetime.now() - timedelta(days=connection.retention_days)
            rows = self.env.execute_query(
                SQL(
                    """UPDATE transfer_log SET source_body = NULL, request_body = NULL, response_body = NULL
                        WHERE id IN (
                            SELECT id FROM transfer_log
                             WHERE connection_id = %s AND state IN ('done', 'ignored') AND create_date < %s
                               AND (request_body IS NOT NULL OR response_body IS NOT NULL OR source_body IS NOT NULL)
                             LIMIT %s FOR UPDATE SKIP LOCKED)
                    RETURNING id""",
                    connection.id,
                    oldest,
                    KEPT_AT_ONCE,
                )
            )
            count += len(rows)
        self.invalidate_model(list(BODIES))
        return count, int(count >= KEPT_AT_ONCE)
