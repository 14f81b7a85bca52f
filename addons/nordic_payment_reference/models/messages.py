"""What the format code refuses, in the user's language."""

from odoo.tools.translate import LazyTranslate

from ..formats import errors

_lt = LazyTranslate(__name__)

NAMES = {
    "number": _lt("The number"),
    "payment_id": _lt("Payment ID"),
    "fi_creditor": _lt("FI creditor number"),
    "giro": _lt("Giro account"),
    "kid": _lt("KID"),
    "ocr": _lt("OCR reference"),
    "viite": _lt("Reference number"),
    "rf": _lt("RF reference"),
    "fixed": _lt("Fixed digits"),
    "barcode": _lt("Bank bar code"),
}
MESSAGES = {
    "character": _lt('%(what)s "%(value)s": character %(place)s is "%(char)s", only digits are allowed.'),
    "character_rf": _lt('%(what)s "%(value)s": character %(place)s is "%(char)s", only A-Z and digits are allowed.'),
    "empty": _lt("%(what)s is empty."),
    "check_digit": _lt('%(what)s "%(value)s": the check digit is %(given)s but the other digits give %(expected)s.'),
    "check_digits_rf": _lt('%(what)s "%(value)s": the check digits are %(given)s but the rest gives %(expected)s.'),
    "length_digit": _lt('%(what)s "%(value)s": the length digit is %(given)s but the reference has %(count)s digits.'),
    "length": _lt('%(what)s "%(value)s" has %(count)s characters; allowed: %(wanted)s.'),
    "length_made": _lt('%(what)s made of "%(value)s" would have %(count)s characters; allowed: %(wanted)s.'),
    "room": _lt('The number "%(value)s" has %(count)s digits; card type %(card)s has room for %(room)s.'),
    "no_length": _lt('%(what)s "%(value)s": the agreement names no length.'),
    "unknown_card": _lt('Card type "%(value)s" is not one of %(wanted)s.'),
    "without_id": _lt("Card type %(card)s has no payment identification."),
    "not_a_line": _lt('"%(value)s" is not a payment slip line such as +71<000000000001230+88888888<.'),
    "fi_creditor": _lt('%(what)s "%(value)s": it must have 8 digits and begin with 8.'),
    "giro": _lt('%(what)s "%(value)s": it must have 7 or 8 digits.'),
    "unknown_method": _lt('KID method "%(value)s" is not one of %(wanted)s.'),
    "rf_start": _lt('%(what)s "%(value)s" must begin with RF and two digits.'),
    "barcode_iban": _lt('The account "%(value)s" is not a valid Finnish IBAN.'),
    "barcode_amount": _lt("The amount %(value)s does not fit the bank bar code: 0.00 to 999,999.99 with two decimals."),
    "barcode_version": _lt('%(what)s "%(value)s" must have 54 digits and begin with 4 or 5.'),
    "barcode_date": _lt('%(what)s "%(value)s": %(date)s is not a date.'),
    "barcode_rf": _lt(
        'RF reference "%(value)s": the bar code needs a Finnish reference number behind the check digits.'
    ),
}


def explain(env, error: errors.InvalidReference) -> str:
    """The message of a refused reference in the user's language; a message of our models stands as it is."""
    if error.key not in MESSAGES:
        return str(error)
    what = error.values.get("what")
    named = env._(NAMES[what]) if what in NAMES else what
    text = env._(MESSAGES[error.key])
    return text % {**error.values, "what": named}
