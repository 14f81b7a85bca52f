"""Files people bring to subscriptions, as plain Python: bytes in, records out. Nothing here knows Odoo."""

from odoo.addons.list_reader.formats import FileFault

__all__ = ["FileFault"]
