"""What can go wrong in an exchange with an outside party, seen from the queue.

Plain Python: API clients raise these without knowing Odoo. The class decides what the queue does
next, the message is shown to the user and says what happened in the user's words.
"""


class TransferError(Exception):
    """Base of all of them.

    ``request`` and ``response`` are the bodies of the failed call, kept (masked) on the log record.
    ``advice`` says what the user can do about it.
    """

    def __init__(self, message, *, advice="", request=None, response=None):
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.request = request
        self.response = response


class AuthorisationError(TransferError):
    """We are not let in: nothing happened over there. Stops the whole queue of the connection and
    tells somebody, because every further try would fail the same way."""


class TemporaryError(TransferError):
    """Nothing happened over there, and the same call may succeed later. Repeated with back-off.

    ``retry_after`` (seconds): as the other side asked. ``whole_connection``: the limit is on the
    connection, so nothing else is sent to it before then.
    """

    def __init__(self, message, *, retry_after=None, whole_connection=False, **kwargs):
        super().__init__(message, **kwargs)
        self.retry_after = retry_after
        self.whole_connection = whole_connection


class RejectedError(TransferError):
    """The other side refused this document; sending the same again is useless."""


class UncertainError(TransferError):
    """The call left us, but the answer did not come: it may have been carried out. The next run
    asks the other side by key before doing anything."""
