"""Texts compared: names of payers, and texts that differ from month to month by their numbers only."""

import re
import unicodedata

_NUMBER = re.compile(r"\d+")
_NOT_WORD = re.compile(r"[^\w]+")
# Legal forms and titles say nothing about who it is.
_NOISE = frozenset(("aps", "as", "a", "s", "ivs", "is", "ab", "hb", "kb", "ltd", "gmbh", "inc", "og", "v"))
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def normal(text: str) -> str:
    """One writing of a text: case and blanks do not count, and neither do numbers (dates, running numbers)."""
    return _NUMBER.sub("#", " ".join((text or "").casefold().split()))


def name_words(name: str) -> frozenset:
    """The words of a name without case, accents and legal form."""
    name = (name or "").casefold().translate(_LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return frozenset(word for word in _NOT_WORD.split(plain) if word and word not in _NOISE)


def likeness(one: str, other: str) -> float:
    """How much two names share, 0 to 1: order and further words (a middle name, a town) count little."""
    first, second = name_words(one), name_words(other)
    if not first or not second:
        return 0.0
    common = first & second
    if not any(len(word) > 1 for word in common):
        return 0.0
    return (len(common) / min(len(first), len(second)) + len(common) / max(len(first), len(second))) / 2
