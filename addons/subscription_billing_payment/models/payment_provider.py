import requests

from odoo import models
from odoo.exceptions import ValidationError

#: Context key of a list that is told when a request has no certain answer.
UNKNOWN = "subscription_charge_unknown"
#: Context key of a list that is told when the provider refuses us, not the card.
REFUSED_US = "subscription_charge_refused_us"
#: HTTP answers that blame the request but leave open what became of it: timeout, the same request underway, closed.
NO_ANSWERS = (408, 409, 425, 499)
#: HTTP answers that refuse us, not the card: wrong key, no right, too many requests.
REFUSE_US = (401, 403, 429)


def find_status(error):
    """HTTP status behind core's error; None without any, 0 without an answer."""
    while error:
        if isinstance(error, requests.exceptions.HTTPError):
            return error.response.status_code if error.response is not None else 0
        error = error.__cause__ or error.__context__
    return None


def is_refusal(error):
    """Whether core's error tells of an answer that says no (HTTP 4xx).

    Without any answer (no connection, timeout) or with a fault of the provider's server the money may have been taken.
    """
    status = find_status(error) or 0
    return 400 <= status < 500 and status not in NO_ANSWERS


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    def _send_api_request(self, method, endpoint, **options):
        # EXTENDS 'payment': providers turn a timeout into a transaction in error, which looks like a refusal
        try:
            return super()._send_api_request(method, endpoint, **options)
        except ValidationError as error:
            told = self.env.context.get(UNKNOWN)
            if isinstance(told, list) and not is_refusal(error):
                told.append(str(error))
            refused_us = self.env.context.get(REFUSED_US)
            if isinstance(refused_us, list) and find_status(error) in REFUSE_US:
                refused_us.append(str(error))
            raise
