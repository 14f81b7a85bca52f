"""Files that go with a document to an outside ledger: which may go, and under what name. Plain Python."""

import hashlib
import re
from dataclasses import dataclass

PDF, JPEG, PNG, GIF = "application/pdf", "image/jpeg", "image/png", "image/gif"
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png", GIF: "gif"}
MEGABYTE = 1024 * 1024
_BEGINNINGS = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
)
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa", "ä": "ae", "ö": "oe"})


@dataclass(frozen=True)
class Rules:
    """What the other side takes.

    :param max_bytes: of one file
    :param types: media types, of those in ``EXTENSIONS``
    """

    max_bytes: int
    types: tuple


def kind_of(content):
    """The media type by the first bytes, which a name may belie; ``None``: none of those any ledger takes."""
    # a PDF may begin after some bytes of other things
    if b"%PDF-" in content[:1024]:
        return PDF
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)


def fault(rules, content):
    """Why a file cannot go: ``empty``, ``type`` or ``size``; "": it can."""
    if not content:
        return "empty"
    if kind_of(content) not in rules.types:
        return "type"
    return "size" if len(content) > rules.max_bytes else ""


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def remote_name(name, reference, content):
    """The name over there: ours in plain letters, and eight characters that no other file of ours has, so that one
    whose answer was lost is found again.

    :param str reference: of the document it belongs to
    """
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name.translate(_LETTERS))
    stem = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[:60] or "file"
    mark = hashlib.sha256(f"{reference}:{checksum(content)}".encode()).hexdigest()[:8]
    return f"{stem}-{mark}.{EXTENSIONS.get(kind_of(content), 'bin')}"
