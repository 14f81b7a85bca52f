import requests

from odoo import models
from odoo.exceptions import ValidationError

#: Context key of a list that is told when a request has no certain answer.
UNKNOWN = "subscription_charge_unknown"
#: HTTP answers that blame the request but leave open what became of it: timeout, the same request underway, closed.
NO_ANSWERS = (408, 409, 425, 499)


def is_refusal(error):
    """Whether core's error tells of an answer that says no (HTTP 4xx).

    Without any answer (no connection, timeout) or with a fault of the provider's server the money may have been taken.
    """
    while error:
        if isinstance(error, requests.exceptions.HTTPError):
            status = error.response.status_code if error.response is not None else 0
            return 400 <= status < 500 and status not in NO_ANSWERS
        error = error.__cause__ or error.__context__
    return False


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
            raise
