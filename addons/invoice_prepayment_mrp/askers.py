"""Who asked for a production to be started, until the end of the transaction.

States are computed later, perhaps by another user's environment, and Odoo's own memory of a transaction is emptied by
savepoints. What a rollback leaves here is harmless: nobody starts a production without asking again.
"""

from weakref import WeakKeyDictionary

_askers = WeakKeyDictionary()  # cursor -> {production id: user id}


def remember(cr, production_ids, uid):
    """Note that user ``uid`` was allowed to start these productions."""
    askers = _askers.setdefault(cr, {})
    if not askers:
        cr.postcommit.add(askers.clear)
        cr.postrollback.add(askers.clear)
    askers.update(dict.fromkeys(production_ids, uid))


def remembered(cr):
    """``{production id: user id}``"""
    return _askers.get(cr, {})
