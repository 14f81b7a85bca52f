"""Files people bring to subscriptions, as plain Python: bytes in, records out. Nothing here knows Odoo."""

from .errors import FileFault

__all__ = ["FileFault"]
