"""What can go wrong on the way. ``code`` names it for the one who words it; ``details`` are what it says."""


class ExchangeError(Exception):
    """Base of all of them."""

    def __init__(self, code, **details):
        self.code = code
        self.details = details
        super().__init__(f"{code} {details}" if details else code)


class UnreachableError(ExchangeError):
    """Nothing was handed over; the same may succeed later."""


class RefusedError(ExchangeError):
    """We are not let in, or must not go in: wrong host key, wrong key of ours. A person has to act."""


class UnknownOutcomeError(ExchangeError):
    """The file may have been handed over or not."""
