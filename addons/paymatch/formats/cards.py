"""What travels with a card payment from the shop to the payout: authorisation code, ARN, the last digits of the card.

None of them names a payment alone: a code has six characters and comes again, an ARN is often spoilt by a spreadsheet.
"""

import re

_CODE = re.compile(r"[A-Z0-9]{4,8}")
_ARN = re.compile(r"\d{11,24}")
# what follows may be a word, never more of the masked number
_LAST_FOUR = re.compile(r"(?:(?<!\d)|(?<=\d{5}))(\d{4})[^\dXx*#•.]*$")


def authorisation_code(text) -> str:
    """The issuer's approval code in capitals; empty for what is none."""
    found = str(text or "").strip().upper()
    return found if _CODE.fullmatch(found) else ""


def acquirer_reference(text) -> str:
    """The acquirer's reference number (ARN), digits only; empty where a spreadsheet has made a rounded number of it."""
    found = str(text or "").strip().strip("'\"")
    return found if _ARN.fullmatch(found) else ""


def last_four(text) -> str:
    """The last four digits of a card number, masked or not; empty where they are hidden."""
    found = _LAST_FOUR.search(str(text or "").strip())
    return found.group(1) if found else ""


def keys(code="", arn="", number="") -> dict:
    """Those that are there, as values of a line."""
    values = {
        "authorisation_code": authorisation_code(code),
        "acquirer_reference": acquirer_reference(arn),
        "card_digits": last_four(number),
    }
    return {name: value for name, value in values.items() if value}
