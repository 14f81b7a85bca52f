"""Why a reference is refused. One tree, so that a caller may catch all of it or one kind."""


class InvalidReference(ValueError):
    """A payment reference that cannot be used; the message is meant for the person who typed it."""


class InvalidLength(InvalidReference):
    """Too short or too long for its kind."""


class InvalidCharacter(InvalidReference):
    """A character that the kind of reference does not allow."""


class InvalidCheckDigit(InvalidReference):
    """All in order but the check digit: a digit was mistyped or two were swapped."""


class InvalidCreditor(InvalidReference):
    """The number of the one to be paid is not of the right shape."""


def require_digits(value, what):
    """The digits of ``value`` without blanks; refuses anything else by name and place.

    >>> require_digits("12 34", "Payment ID")
    '1234'
    >>> require_digits("12O4", "Payment ID")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCharacter: \
Payment ID "12O4": character 3 is "O", only digits are allowed.
    """
    compact = "".join(str(value).split())
    for place, char in enumerate(compact, 1):
        if char not in "0123456789":
            raise InvalidCharacter(f'{what} "{compact}": character {place} is "{char}", only digits are allowed.')
    if not compact:
        raise InvalidLength(f"{what} is empty.")
    return compact


def require_check_digit(value, expected, what):
    """Refuse ``value`` when its last character is not ``expected``."""
    if value[-1] != expected:
        raise InvalidCheckDigit(
            f'{what} "{value}": the check digit is {value[-1]} but the other digits give {expected}.'
        )
    return value
