"""Errors of the format code: what is wrong, and where in the file.

Texts are English and carry their template and values, so that a caller can tell them in another language.
"""

from odoo.addons.list_reader.formats.errors import FormatError, Text, joined, texts_of

__all__ = ["FormatError", "Text", "UnknownFormatError", "joined"]

#: A text for users; the name is the one by which texts are collected for translation.
_lt = texts_of("paymatch")


class UnknownFormatError(FormatError):
    """No format recognises the file."""
