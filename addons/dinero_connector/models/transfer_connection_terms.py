from odoo import models


class TransferConnectionTerms(models.Model):
    """Payment terms in Dinero: there is no free due date, it follows from the date and the days (A6.3)."""

    _inherit = "transfer.connection"

    def _ledger_terms_sent(self, term, mapping):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_terms_sent(term, mapping)
        return self.env._("Net, with the days from the invoice's date to its due date")

    def _ledger_terms_faults(self, term, mapping):
        # EXTENDS 'ledger_bridge': the date is right, what is printed is not what was agreed
        faults = super()._ledger_terms_faults(term, mapping)
        if self.kind == "dinero" and any(line.delay_type != "days_after" for line in term.line_ids):
            faults.append(
                self.env._("End-of-month terms are printed there as net days. The due date is the same on both sides.")
            )
        return faults

    def _ledger_currency_text(self, currency):
        # EXTENDS 'ledger_bridge': a rate cannot be sent (A6.3)
        if self.kind != "dinero":
            return super()._ledger_currency_text(currency)
        return self.env._(
            "Dinero books invoices in %(currency)s at its own rate of the day: the amounts in DKK differ.",
            currency=currency.name,
        )

    def _ledger_unit_fallback_text(self, names):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_unit_fallback_text(names)
        return self.env._(
            "Unit %(names)s is not mapped to one of Dinero: lines say pieces, with the unit printed under them.",
            names=names,
        )
