from odoo import api, fields, models


class TransferConnectionTerms(models.Model):
    """Payment terms: what is sent of them, and what cannot be said over there."""

    _inherit = "transfer.connection"

    ledger_terms_mapping_ids = fields.One2many("ledger.terms.mapping", "connection_id", string="Mapping of Terms")

    ledger_has_terms = fields.Boolean(compute="_compute_ledger_has_terms")

    @api.depends("kind")
    def _compute_ledger_has_terms(self):
        """Whether the other side has payment terms of its own, which ours are mapped to."""
        for connection in self:
            connection.ledger_has_terms = "terms" in connection._ledger_capabilities()

    def action_ledger_read_terms(self):
        """List the payment terms in use with what is sent of each, and read the terms of the other side where it has
        a list of its own."""
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            rows = self._ledger_read_terms()
        self._ledger_add_terms()
        for mapping in self.ledger_terms_mapping_ids if rows is not None else ():
            name = {row["number"]: row["name"] for row in rows}.get((mapping.remote_terms or "").strip())
            mapping.write({"is_checked": name is not None, "remote_name": name or False})
        found = [mapping for mapping in self.ledger_terms_mapping_ids if mapping.message]
        if found:
            text = self.env._("%(count)s payment terms cannot be said there in full; see the list.", count=len(found))
            return self._ledger_notification(text, "warning")
        return self._ledger_notification(self.env._("All payment terms can be said there."), "success")

    # --------------------------------------------------------------- business

    def _ledger_add_terms(self):
        """A line for each of the payment terms of the company, and one for invoices without."""
        self.ensure_one()
        terms = self.env["account.payment.term"].search([("company_id", "in", (False, self.company_id.id))])
        known = self.ledger_terms_mapping_ids.payment_term_id
        has_empty = any(not mapping.payment_term_id for mapping in self.ledger_terms_mapping_ids)
        values = [{"connection_id": self.id, "payment_term_id": term.id} for term in terms - known]
        if not has_empty:
            values.append({"connection_id": self.id})
        self.env["ledger.terms.mapping"].sudo().create(values)

    def _ledger_terms_in_use(self):
        """Payment terms of the invoices posted in the last year."""
        self.ensure_one()
        since = fields.Date.subtract(self._company_today(), years=1)
        domain = [("company_id", "=", self.company_id.id), ("move_type", "=", "out_invoice"), ("state", "=", "posted")]
        domain += [("invoice_date", ">=", since), ("invoice_payment_term_id", "!=", False)]
        groups = self.env["account.move"].sudo()._read_group(domain, ["invoice_payment_term_id"])
        return self.env["account.payment.term"].union(*(term for (term,) in groups))

    def _ledger_terms_of(self, term):
        """The line of the mapping for payment terms, or an empty record."""
        self.ensure_one()
        return self.sudo().ledger_terms_mapping_ids.filtered(lambda mapping: mapping.payment_term_id == term)[:1]

    def _ledger_terms_faults(self, term, mapping):
        """What of payment terms is lost over there, and the advice, in a bookkeeper's words.

        :param mapping: the ``ledger.terms.mapping`` of these terms, or an empty record
        """
        self.ensure_one()
        faults = []
        if len(term.line_ids) > 1:
            faults.append(self._ledger_instalments_text())
        if term.early_discount:
            faults.append(
                self.env._(
                    "The cash discount is not told there: write it in the note of the invoice, settle it there by hand."
                )
            )
        return faults

    def _ledger_instalments_text(self):
        return self.env._(
            "Instalments cannot be said there: the whole amount is due on the last date. Make one invoice per "
            "instalment where reminders are sent from there."
        )

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_read_terms(self):
        """``[{"number", "name"}]``: the payment terms of the other side; ``None`` where it has no list of its own."""
        return None

    def _ledger_terms_sent(self, term, mapping):
        """What is sent for invoices with these payment terms, in words."""
        return False
