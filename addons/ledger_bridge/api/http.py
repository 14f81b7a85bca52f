"""Calls of the adapters; the code is shared with other addons that talk to somebody (``transfer_log/http.py``)."""

from odoo.addons.transfer_log.http import PASSING, READ_PAUSES, TIMEOUT, ApiError, Http

__all__ = ["PASSING", "READ_PAUSES", "TIMEOUT", "ApiError", "Http"]
