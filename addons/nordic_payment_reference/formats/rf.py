"""Creditor references of ISO 11649 (RF), in Finland around a reference number. Specification, section 5."""

from stdnum.iso7064 import mod_97_10

from . import viite
from .errors import InvalidCharacter, InvalidCheckDigit, require_length

LONGEST = 25
SHORTEST = 5


def _compact(value):
    """Upper case without blanks; refuses anything but letters A-Z and digits."""
    compact = "".join(str(value).split()).upper()
    for place, char in enumerate(compact, 1):
        if not (char.isascii() and char.isalnum()):
            raise InvalidCharacter("character_rf", what="rf", value=compact[:60], place=place, char=char)
    return compact


def make(body):
    """``RF``, two check digits and the body.

    >>> make("539007547034"), make("2348236"), make("1234561"), make("11112")
    ('RF18539007547034', 'RF332348236', 'RF341234561', 'RF9811112')
    """
    compact = _compact(body)
    require_length(compact, "rf", 1, LONGEST - 4, made_of=compact)
    return f"RF{mod_97_10.calc_check_digits(compact + 'RF')}{compact}"


def make_finnish(base):
    """An RF reference whose body is a Finnish reference number with its own check digit.

    >>> make_finnish("1111")
    'RF9811112'
    """
    return make(viite.make(base))


def validate(number):
    """The reference without blanks, in upper case.

    >>> validate("rf18 5390 0754 7034")
    'RF18539007547034'
    >>> validate("RF19539007547034")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCheckDigit: \
RF reference "RF19539007547034": the check digits are 19 but the rest gives 18.
    """
    compact = _compact(number)
    if compact[:2] != "RF" or not compact[2:4].isdigit():
        raise InvalidCharacter("rf_start", what="rf", value=compact[:60])
    require_length(compact, "rf", SHORTEST, LONGEST)
    expected = mod_97_10.calc_check_digits(compact[4:] + "RF")
    if compact[2:4] != expected:
        raise InvalidCheckDigit("check_digits_rf", what="rf", value=compact, given=compact[2:4], expected=expected)
    return compact


def pretty(number):
    """In groups of four from the left, as printed.

    >>> pretty("RF18539007547034")
    'RF18 5390 0754 7034'
    """
    compact = validate(number)
    return " ".join(compact[place : place + 4] for place in range(0, len(compact), 4))
