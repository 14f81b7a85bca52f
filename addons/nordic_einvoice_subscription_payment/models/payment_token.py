import re

from odoo import models

#: What stands for the network of a card where the provider does not tell it: UBL demands one.
UNKNOWN_NETWORK = "NA"


class PaymentToken(models.Model):
    _inherit = "payment.token"

    def _get_einvoice_digits(self):
        """The last four digits of a payment card, or "": a wallet or a bank account is no card."""
        method = self.payment_method_id.primary_payment_method_id or self.payment_method_id
        found = re.search(r"(\d{4})\D*$", self.payment_details or "")
        return found[1] if found and method.code == "card" else ""

    def _get_einvoice_network(self):
        """The brand of a card, or "NA"."""
        method = self.payment_method_id
        return method.name if method.primary_payment_method_id else UNKNOWN_NETWORK
