"""What a rule says and what to do about it, in English, Danish, Norwegian (bokmål) and Swedish.

The texts stand side by side, a rule at a time: a rule added in one language only is found by a test, and a correction
is made where its neighbours are read. They are plain Python because they belong to the format code, which knows no
database; ``message`` and ``advice`` take the language as Odoo writes it (``da_DK``).
"""

from . import concerns, kinds, national, official, oioubl, peppol

LANGUAGES = ("en", "da", "nb", "sv")
_SAME = {"no": "nb", "nn": "nb"}
TEXTS = kinds.TEXTS | oioubl.TEXTS | peppol.TEXTS | national.TEXTS | official.TEXTS
_SELLERS = ("Supplier", "SenderParty", "IssuerParty", "TaxRepresentative", "PayeeParty")


def language_of(code):
    """``da_DK`` -> ``da``; English for a language that is not here."""
    short = (code or "").partition("_")[0].lower()
    short = _SAME.get(short, short)
    return short if short in LANGUAGES else "en"


class _Values(dict):
    def __missing__(self, key):
        return ""


def message(key, values=None, language="en"):
    """The sentence of a text, or "" when there is none."""
    texts = TEXTS.get(key)
    if not texts:
        return ""
    text = texts[1 + LANGUAGES.index(language_of(language))]
    return " ".join(text.format_map(_Values(values or {})).split())


def concern(key, location=""):
    """What a finding concerns, "" when nothing is known: a key of ``concerns.CONCERNS``."""
    texts = TEXTS.get(key)
    if not texts:
        return ""
    name = texts[0]
    if name == "party" or name.startswith("party_"):
        side = "seller" if any(word in location for word in _SELLERS) else "buyer"
        name = name.replace("party", side, 1)
    return name


def advice(concern_name, language="en"):
    found = concerns.CONCERNS.get(concern_name)
    return found[2 + LANGUAGES.index(language_of(language))] if found else ""


def field(concern_name):
    """("company" | "customer" | "invoice", name of the field) or ("", "")."""
    found = concerns.CONCERNS.get(concern_name)
    return found[:2] if found else ("", "")
