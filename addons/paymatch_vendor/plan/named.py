"""Whether a number of ours stands in a text of the bank."""

import re

#: A shorter number is found as a word of its own only.
LEAST = 4


def squeezed(text: str) -> str:
    """Letters and digits only, so that spaces, hyphens and slashes make no difference."""
    return "".join(char for char in (text or "").casefold() if char.isalnum())


def stands_in(number: str, text: str) -> bool:
    """Whether ``number`` (a bill's or payment's, any spelling) stands in ``text`` and not within a longer number.

    Only what holds a digit is a number: a name or a word would stand in too many texts.
    """
    key = squeezed(number)
    if not any(char.isdigit() for char in key):
        return False
    if len(key) < LEAST:
        return key in {squeezed(word) for word in re.split(r"[\s,;:]+", text or "")}
    before = r"(?<!\d)" if key[0].isdigit() else ""
    after = r"(?!\d)" if key[-1].isdigit() else ""
    return re.search(before + re.escape(key) + after, squeezed(text)) is not None
