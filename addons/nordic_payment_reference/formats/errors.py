"""Why a reference is refused. One tree, so that a caller may catch all of it or one kind.

An error carries the key of its message and the values in it, so that a model can say it in the user's language;
``str(error)`` is the English text.
"""

#: What the messages call a number.
NAMES = {
    "number": "The number",
    "payment_id": "Payment ID",
    "fi_creditor": "FI creditor number",
    "giro": "Giro account",
    "kid": "KID",
    "ocr": "OCR reference",
    "viite": "Reference number",
    "rf": "RF reference",
    "fixed": "Fixed digits",
    "barcode": "Bank bar code",
}
MESSAGES = {
    "character": '%(what)s "%(value)s": character %(place)s is "%(char)s", only digits are allowed.',
    "character_rf": '%(what)s "%(value)s": character %(place)s is "%(char)s", only A-Z and digits are allowed.',
    "empty": "%(what)s is empty.",
    "check_digit": '%(what)s "%(value)s": the check digit is %(given)s but the other digits give %(expected)s.',
    "check_digits_rf": '%(what)s "%(value)s": the check digits are %(given)s but the rest gives %(expected)s.',
    "length_digit": '%(what)s "%(value)s": the length digit is %(given)s but the reference has %(count)s digits.',
    "length": '%(what)s "%(value)s" has %(count)s characters; allowed: %(wanted)s.',
    "length_made": '%(what)s made of "%(value)s" would have %(count)s characters; allowed: %(wanted)s.',
    "room": 'The number "%(value)s" has %(count)s digits; card type %(card)s has room for %(room)s.',
    "no_length": '%(what)s "%(value)s": the agreement names no length.',
    "unknown_card": 'Card type "%(value)s" is not one of %(wanted)s.',
    "without_id": "Card type %(card)s has no payment identification.",
    "not_a_line": '"%(value)s" is not a payment slip line such as +71<000000000001230+88888888<.',
    "fi_creditor": '%(what)s "%(value)s": it must have 8 digits and begin with 8.',
    "giro": '%(what)s "%(value)s": it must have 7 or 8 digits.',
    "unknown_method": 'KID method "%(value)s" is not one of %(wanted)s.',
    "rf_start": '%(what)s "%(value)s" must begin with RF and two digits.',
    "barcode_iban": 'The account "%(value)s" is not a valid Finnish IBAN.',
    "barcode_amount": "The amount %(value)s does not fit the bank bar code: 0.00 to 999,999.99 with two decimals.",
    "barcode_version": '%(what)s "%(value)s" must have 54 digits and begin with 4 or 5.',
    "barcode_date": '%(what)s "%(value)s": %(date)s is not a date.',
    "barcode_rf": 'RF reference "%(value)s": the bar code needs a Finnish reference number behind the check digits.',
}


class InvalidReference(ValueError):
    """A payment reference that cannot be used; the message is meant for the person who typed it.

    :param key: a key of ``MESSAGES``, or the finished text
    :param values: what the message names; ``what`` may be a key of ``NAMES``
    """

    def __init__(self, key, **values):
        self.key = key
        self.values = values
        named = {**values, "what": NAMES.get(values.get("what"), values.get("what"))}
        super().__init__(MESSAGES[key] % named if key in MESSAGES else key)


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

    >>> require_digits("12 34", "payment_id")
    '1234'
    >>> require_digits("12O4", "payment_id")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCharacter: \
Payment ID "12O4": character 3 is "O", only digits are allowed.
    """
    compact = "".join(str(value).split())
    for place, char in enumerate(compact, 1):
        if char not in "0123456789":
            raise InvalidCharacter("character", what=what, value=compact[:60], place=place, char=char)
    if not compact:
        raise InvalidLength("empty", what=what)
    return compact


def require_check_digit(value, expected, what):
    """Refuse ``value`` when its last character is not ``expected``."""
    if value[-1] != expected:
        raise InvalidCheckDigit("check_digit", what=what, value=value, given=value[-1], expected=expected)
    return value


def require_length(value, what, shortest, longest, made_of=None):
    """Refuse ``value`` outside the allowed number of characters.

    >>> require_length("12", "kid", 4, 20)
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidLength: \
KID "12" has 2 characters; allowed: 4-20.
    """
    if not shortest <= len(value) <= longest:
        wanted = longest if shortest == longest else f"{shortest}-{longest}"
        key = "length" if made_of is None else "length_made"
        shown = value if made_of is None else made_of
        raise InvalidLength(key, what=what, value=shown[:60], count=len(value), wanted=wanted)
    return value
