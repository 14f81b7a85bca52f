"""Errors of the format code: what is wrong, and where in the file.

Texts are English and carry their template and values, so that a caller can tell them in another language.
"""


class Text(str):
    """An English text that remembers what it was made of.

    ``template`` with ``values`` filled in, or ``parts`` put together with ``separator``.
    """

    template: str
    values: dict
    parts: tuple
    separator: str

    def __new__(cls, text, template="", values=None, parts=(), separator=""):
        found = super().__new__(cls, text)
        found.template, found.values = template, values or {}
        found.parts, found.separator = tuple(parts), separator
        return found

    def __reduce__(self):
        return Text, (str(self), self.template, self.values, self.parts, self.separator)


def _lt(template: str, /, **values) -> Text:
    """A text for users; the name is the one by which texts are collected for translation."""
    return Text(template % values if values else template, template, values)


def joined(separator: str, texts) -> Text:
    """Several texts as one."""
    texts = tuple(texts)
    return Text(separator.join(texts), parts=texts, separator=separator)


class FormatError(ValueError):
    """A file cannot be read. Says the line (1 = first, 0 = the whole file) and the field."""

    def __init__(self, line: int, field: str, message: str):
        self.line = line
        self.field = field
        self.message = message
        super().__init__(self._text())

    def _text(self) -> str:
        where = []
        if self.line:
            where.append(f"line {self.line}")
        if self.field:
            where.append(f"field {self.field}")
        return f"{', '.join(where)}: {self.message}" if where else str(self.message)

    def as_dict(self) -> dict:
        return {"line": self.line, "field": self.field, "message": str(self.message)}


class UnknownFormatError(FormatError):
    """No format recognises the file."""
