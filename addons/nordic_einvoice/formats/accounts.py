"""Accounts of payees, so that one written in two ways is seen to be the same."""

import re

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")
# Domestic number inside an IBAN: Denmark 4 + 10 digits, Norway 11
_DOMESTIC = {"DK": 14, "NO": 11}
_GIRO_BRANCHES = {"SE:BANKGIRO": "BG", "SE:PLUSGIRO": "PG"}
_FIK, _GIRO = "93", "50"


def payee_key(means, country=""):
    """The account of a ``records.PaymentMeans`` as one text; "" when it names none.

    >>> from . import records as r
    >>> payee_key(r.PaymentMeans("42", account="0012345678", branch="1551"), "DK")
    'DK15510012345678'
    """
    account = _plain(means.account)
    if not account:
        return ""
    if means.code == _FIK:
        return f"FIK{account}"
    if means.code == _GIRO and country == "DK":
        return f"GIRO{account}"
    if means.branch in _GIRO_BRANCHES:
        return _GIRO_BRANCHES[means.branch] + account
    branch = _plain(means.branch)
    if country == "DK" and re.fullmatch(r"\d{4}", branch) and account.isdigit():
        number = account[4:] if len(account) > 10 and account.startswith(branch) else account
        return f"DK{branch}{number.zfill(10)}"
    return number_key(account, country)


def number_key(number, country=""):
    """The key of an account number alone, as it stands on a bank account of a partner."""
    account = _plain(number)
    if _IBAN.fullmatch(account):
        code = account[:2]
        length = _DOMESTIC.get(code)
        return code + account[4:] if length and len(account) == 4 + length else account
    if country == "DK" and account.isdigit() and 5 <= len(account) <= 14:
        return f"DK{account[:4]}{account[4:].zfill(10)}"
    if country == "NO" and re.fullmatch(r"\d{11}", account):
        return f"NO{account}"
    return account


def is_same(key, number, country=""):
    """Whether a partner's account ``number`` is the one of ``key``; a bankgiro is kept without its kind."""
    plain = _plain(number)
    if key[:2] in _GIRO_BRANCHES.values() and key[2:].isdigit():
        return plain.removeprefix(key[:2]) == key[2:]
    return number_key(number, country) == key


def is_bank_account(key):
    """False for creditor numbers of payment slips, which no bank account can hold."""
    return bool(key) and not key.startswith(("FIK", "GIRO"))


def _plain(number):
    return re.sub(r"[\s.\-/]", "", number or "").upper()
