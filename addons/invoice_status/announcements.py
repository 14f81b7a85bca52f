"""Causes announced for the next change of an invoice's state, in step with the database's savepoints.

What is announced within a savepoint that is rolled back must not explain a later change, and what was announced
before a savepoint must survive it. Python's own places for a transaction's data know no savepoints, PostgreSQL does:
a setting of the transaction holds the number of the latest announcement and falls back with every rollback. The
texts stay in memory, each with the number of the one before it.
"""

import itertools
from weakref import WeakKeyDictionary

from odoo.tools import SQL

SETTING = "invoice_status.announcement"

_numbers = itertools.count(1)
_memory = WeakKeyDictionary()  # cursor -> {number: (number before, {move id: (cause, source) or None once used})}


def _entries(cr):
    entries = _memory.get(cr)
    if entries is None:
        entries = _memory[cr] = {}
    if not entries:
        cr.postcommit.add(entries.clear)
        cr.postrollback.add(entries.clear)
    return entries


def _latest(cr):
    cr.execute(SQL("SELECT current_setting(%s, TRUE)", SETTING))
    return int(cr.fetchone()[0] or 0)


def announce(cr, causes):
    """Note causes for invoices.

    :param causes: ``{move id: (cause, source)}``; ``None`` instead of the pair takes an announcement back
    """
    if not causes:
        return
    entries = _entries(cr)
    number = next(_numbers)
    cr.execute(
        SQL(
            """
            WITH before AS MATERIALIZED (SELECT current_setting(%(name)s, TRUE) AS number)
            SELECT number, set_config(%(name)s, %(number)s, TRUE) FROM before
            """,
            name=SETTING,
            number=str(number),
        )
    )
    entries[number] = (int(cr.fetchone()[0] or 0), causes)


def announced(cr, move_ids):
    """``{move id: (cause, source)}`` of those invoices for which something is announced and not yet used."""
    entries = _memory.get(cr)
    if not entries:
        return {}
    found = {}
    wanted = set(move_ids)
    number = _latest(cr)
    while wanted and number in entries:
        number, causes = entries[number]
        for move_id in wanted & causes.keys():
            found[move_id] = causes[move_id]
        wanted -= found.keys()
    return {move_id: cause for move_id, cause in found.items() if cause}


def use(cr, move_ids):
    """Like ``announced``, and takes the announcements back: each explains one change."""
    found = announced(cr, move_ids)
    announce(cr, dict.fromkeys(found))
    return found
