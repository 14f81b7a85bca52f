"""Files nobody vouches for, as plain Python: tables row by row (`tables`), small lists at once (`lists`)."""

from .errors import CodedError, FileFault, FormatError

__all__ = ["CodedError", "FileFault", "FormatError"]
