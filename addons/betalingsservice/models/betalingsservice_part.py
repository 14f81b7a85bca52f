from typing import NamedTuple

from odoo import models


class Part(NamedTuple):
    """What is claimed once: a document, or one instalment of an invoice that is paid in several."""

    move: models.BaseModel
    #: the receivable ``account.move.line``, or none: the whole document
    instalment: models.BaseModel

    @property
    def due(self):
        return self.instalment.date_maturity or self.move.invoice_date_due or self.move.invoice_date

    @property
    def amount(self):
        """What is open: an invoice adds to its collection, a credit note lowers it."""
        if self.instalment:
            return self.instalment.amount_residual_currency
        return -self.move.amount_residual if self.move.move_type == "out_refund" else self.move.amount_residual
