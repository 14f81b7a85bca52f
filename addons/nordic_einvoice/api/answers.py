"""What access points answer: errors, and values at a path. Plain Python."""

from decimal import Decimal

from odoo.addons.transfer_log.http import ApiError


class AccessPointError(ApiError):
    """Kind of its own: ``definition`` (the administrator's entry is wrong)."""


def pick(answer, path):
    """The plain value at ``path`` (names and numbers apart by dots) of an answer; "" when there is none."""
    value = answer
    for step in filter(None, path.split(".")):
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            value = None
    return str(value)[:200] if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else ""
