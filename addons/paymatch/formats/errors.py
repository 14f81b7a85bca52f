"""Errors of the format code: what is wrong, and where in the file."""


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
        return f"{', '.join(where)}: {self.message}" if where else self.message

    def as_dict(self) -> dict:
        return {"line": self.line, "field": self.field, "message": self.message}


class UnknownFormatError(FormatError):
    """No format recognises the file."""
