from odoo import models
from odoo.exceptions import UserError


class TransferConnectionTerms(models.Model):
    """Payment terms of e-conomic are a list there: an invoice names one, and its due date follows from it."""

    _inherit = "transfer.connection"

    def _ledger_read_terms(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_read_terms()
        return [
            {"number": str(row.get("paymentTermsNumber")), "name": str(row.get("name") or "-")}
            for row in self._economic_call("payment_terms")
        ]

    def _ledger_terms_sent(self, term, mapping):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_terms_sent(term, mapping)
        number = (mapping.remote_terms or "").strip()
        if not number:
            return self.env._("The terms of the contact's rule or of the connection")
        return self.env._("Terms %(number)s %(name)s", number=number, name=mapping.remote_name or "").strip()

    def _ledger_terms_faults(self, term, mapping):
        # EXTENDS 'ledger_bridge'
        faults = super()._ledger_terms_faults(term, mapping)
        if self.kind != "economic":
            return faults
        number = (mapping.remote_terms or "").strip()
        if number and not mapping.is_checked:
            faults.append(self.env._("Terms %(number)s were not found there (press Read terms).", number=number))
        elif term and not number:
            faults.append(
                self.env._(
                    "%(terms)s is not mapped: the due date is that of the terms that are sent instead. Give the number "
                    "of e-conomic's terms.",
                    terms=term.display_name,
                )
            )
        return faults

    def _economic_terms(self, move):
        """Number of the terms an invoice is sent with: as its own are mapped, of the customer's rule, the
        connection's."""
        text = (self._ledger_terms_of(move.invoice_payment_term_id).remote_terms or "").strip()
        if text and not (text.isascii() and text.isdigit()):
            raise UserError(self.env._("“%(text)s” in the mapping of terms is no number of e-conomic.", text=text))
        rule = move._ledger_contact_connection(self)._ledger_contact_rule(move.commercial_partner_id)
        return int(text) if text else self._economic_number(rule.remote_terms, self.economic_payment_terms)
