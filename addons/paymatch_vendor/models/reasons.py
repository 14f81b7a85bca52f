"""Codes of the bank in words: why a payment was rejected or came back, and what a status means.

ISO 20022 external code sets (payment status and status reason); those that payers in the Nordic countries meet. A code
that is not here is shown as it stands, with what the bank writes beside it.
"""

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

REASONS = {
    "AC01": _lt("the account number is wrong"),
    "AC02": _lt("our own account number is wrong"),
    "AC03": _lt("the vendor's account number is wrong"),
    "AC04": _lt("the account is closed"),
    "AC06": _lt("the account is blocked"),
    "AC07": _lt("the vendor's account is closed"),
    "AG01": _lt("the account does not allow such a payment"),
    "AG02": _lt("the bank does not know this kind of payment"),
    "AM01": _lt("the amount is zero"),
    "AM02": _lt("the amount is above what is allowed"),
    "AM03": _lt("the currency is not possible"),
    "AM04": _lt("there is not enough money on the account"),
    "AM05": _lt("the payment was sent twice"),
    "AM09": _lt("the amount is wrong"),
    "AM14": _lt("the amount is above what was agreed with the bank"),
    "AM23": _lt("the amount is above the limit"),
    "BE01": _lt("name and account do not belong together"),
    "BE04": _lt("the vendor's address is missing or wrong"),
    "BE05": _lt("the bank does not know who sent the file"),
    "BE06": _lt("the vendor is not known"),
    "CNOR": _lt("the vendor's bank is not in the payment system"),
    "CURR": _lt("the currency is wrong"),
    "CUST": _lt("withdrawn by the payer"),
    "DS02": _lt("the payment was not released"),
    "DT01": _lt("the date is not possible"),
    "DU01": _lt("the file was sent twice"),
    "DU02": _lt("the batch was sent twice"),
    "DU03": _lt("the payment was sent twice"),
    "DUPL": _lt("the payment was sent twice"),
    "ED05": _lt("the bank could not settle the payment"),
    "FF01": _lt("the file is not as the bank expects it"),
    "FOCR": _lt("asked back by the payer's bank"),
    "MD07": _lt("the payee has died"),
    "MS02": _lt("refused by the payee, who gives no reason"),
    "MS03": _lt("the bank gives no reason"),
    "NARR": _lt("see the bank's own words"),
    "NOAS": _lt("the payee has not answered"),
    "RC01": _lt("the bank's code (BIC, registration or clearing number) is wrong"),
    "RF01": _lt("the reference was used before"),
    "RR01": _lt("the authorities want to know the payer's account"),
    "RR02": _lt("the authorities want to know the payer's name or address"),
    "RR03": _lt("the authorities want to know the payee's name or address"),
    "RR04": _lt("the authorities do not allow it"),
    "RVSL": _lt("the bank gives no reason"),
    "TM01": _lt("it came too late for the day"),
}

OUTCOMES = [
    ("settled", "Made"),
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
    ("unknown", "Unknown status"),
]


def reason_text(env, code):
    """The reason in the user's words with its code; the code alone where it is not known."""
    words = REASONS.get((code or "").upper())
    return f"{env._(words)} ({code})" if words else (code or "")
