"""What is wrong with a file, and where. The words are the caller's: he knows the language of the user."""


class FileFault(ValueError):
    """``code`` says what is wrong, ``line`` where (1 = first, 0 = the whole file), ``values`` with what."""

    def __init__(self, code: str, line: int = 0, **values):
        self.code = code
        self.line = line
        self.values = values
        where = f"line {line}: " if line else ""
        super().__init__(f"{where}{code} {values or ''}".strip())
