"""Work on a batch: all in one savepoint; what fails is halved until the bad one is alone, and the others are done."""

from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

#: Another process was faster. What it left over is still there in the next transaction.
CONCURRENCY_ERRORS = (SerializationFailure, LockNotAvailable, DeadlockDetected)
#: Batches in vain (others hold the records, or were faster) before the rest is left for the next time.
TRIES = 3


def halve(records, work, failed):
    """Do ``work(records)``, or as much of it as goes.

    :param failed: called with the one record that cannot be done, and its exception
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
        if len(records) > 1:
            middle = len(records) // 2
            halve(records[:middle], work, failed)
            halve(records[middle:], work, failed)
            return
        failed(records, error)
