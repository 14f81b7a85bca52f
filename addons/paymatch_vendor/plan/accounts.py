"""Whether two bank account numbers are the same account, one of them perhaps an IBAN."""

import re

#: Fewer digits than this do not tell an account from another.
LEAST = 7
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")


def same(first: str, second: str) -> bool:
    """Equal, or one the national number within the other's IBAN (zeros in front of it left out)."""
    first, second = _plain(first), _plain(second)
    if first == second:
        return bool(first)
    if bool(_IBAN.fullmatch(first)) == bool(_IBAN.fullmatch(second)):
        return False
    iban, national = (first, second) if _IBAN.fullmatch(first) else (second, first)
    national = national.lstrip("0")
    return len(national) >= LEAST and iban[4:].lstrip("0") == national


def _plain(number):
    return "".join(char for char in (number or "").upper() if char.isalnum())
