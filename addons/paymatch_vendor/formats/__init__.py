"""What a bank answers about payments it was asked to make."""

from . import pain002

__all__ = ["pain002"]
