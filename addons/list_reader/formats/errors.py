"""Errors of the code that reads files: what is wrong, and where in the file.

Two kinds for two kinds of callers: ``FormatError`` has an English text that carries template and values, so that it
can be told in another language; ``FileFault`` has a code, and the words are the caller's.
"""


class Text(str):
    """An English text that remembers what it was made of.

    ``template`` with ``values`` filled in, or ``parts`` put together with ``separator``; ``addon``: whose catalogue has
    the template.
    """

    template: str
    values: dict
    parts: tuple
    separator: str
    addon: str

    def __new__(cls, text, template="", values=None, parts=(), separator="", addon=""):
        found = super().__new__(cls, text)
        found.template, found.values = template, values or {}
        found.parts, found.separator = tuple(parts), separator
        found.addon = addon
        return found

    def __reduce__(self):
        return Text, (str(self), self.template, self.values, self.parts, self.separator, self.addon)


def texts_of(addon: str):
    """The function an addon makes its texts with; called ``_lt``, the name by which texts are collected."""

    def make(template: str, /, **values) -> Text:
        return Text(template % values if values else template, template, values, addon=addon)

    return make


_lt = texts_of("list_reader")


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


class TooBigError(FormatError):
    """The size of the file is the reason."""


class CodedError(ValueError):
    """``code`` says what is wrong, ``values`` with what. The words are the caller's: he knows the user's language."""

    def __init__(self, code: str, **values):
        self.code = code
        self.values = values
        super().__init__(self._text())

    def _text(self) -> str:
        return f"{self.code}: {self.values}" if self.values else self.code


class FileFault(CodedError):
    """What is wrong with a file, and on which ``line`` (1 = first, 0 = the whole file)."""

    def __init__(self, code: str, line: int = 0, **values):
        self.line = line
        super().__init__(code, **values)

    def _text(self) -> str:
        return f"line {self.line}: {super()._text()}" if self.line else super()._text()
