"""Work on a batch: all in one savepoint; what fails is divided until the bad one is alone, and the others are done."""

from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

#: Another process was faster. What it left over is still there in the next transaction.
CONCURRENCY_ERRORS = (SerializationFailure, LockNotAvailable, DeadlockDetected)
#: Batches in vain (others hold the records, or were faster) before the rest is left for the next time.
TRIES = 3
#: What fails is divided into so many: of n records with a bad one n + n/4 + n/16 ... are done in vain.
PARTS = 4


def halve(records, work, failed, unit_of=None):
    """Do ``work(records)``, or as much of it as goes.

    :param failed: called with what cannot be done, one record or those of one unit, and its exception
    :param unit_of: what records that are only done together have in common; without, each is done by itself
    """
    if not records:
        return
    try:
        with records.env.cr.savepoint():
            work(records)
            records.env.flush_all()
    except CONCURRENCY_ERRORS:
        return  # untouched: the next transaction sees what the other process did
    except Exception as error:
        units = list(records.grouped(unit_of or (lambda record: record.id)).values())
        if len(units) == 1:
            failed(records, error)
            return
        size = -(-len(units) // PARTS)
        for start in range(0, len(units), size):
            halve(records.browse().concat(*units[start : start + size]), work, failed, unit_of)
