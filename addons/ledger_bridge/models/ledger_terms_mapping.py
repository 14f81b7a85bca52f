from odoo import api, fields, models


class LedgerTermsMapping(models.Model):
    """What payment terms of ours are over there, and what cannot be said there."""

    _name = "ledger.terms.mapping"
    _description = "Mapping of Payment Terms to an Outside Ledger"
    _order = "connection_id, payment_term_id, id"
    _rec_name = "payment_term_id"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Payment Terms",
        ondelete="cascade",
        check_company=True,
        help="Empty: invoices without payment terms.",
    )
    remote_terms = fields.Char(
        string="Number There",
        help="Number of the payment terms over there, where they are a list of their own (e-conomic). Empty: those of "
        "the contact's rule or of the connection.",
    )
    is_checked = fields.Boolean(readonly=True, help="The number was found over there when the terms were last read.")
    remote_name = fields.Char(string="Name There", readonly=True)
    sent = fields.Char(string="What Is Sent", compute="_compute_sent")
    message = fields.Char(string="Cannot Be Said There", compute="_compute_sent")

    _term_uniq = models.UniqueIndex(
        "(connection_id, COALESCE(payment_term_id, 0))", "There is already a line for these payment terms."
    )

    @api.depends(
        "payment_term_id.early_discount",
        "payment_term_id.line_ids.nb_days",
        "payment_term_id.line_ids.delay_type",
        "remote_terms",
        "remote_name",
        "is_checked",
        "connection_id.kind",
    )
    def _compute_sent(self):
        for mapping in self:
            connection = mapping.connection_id
            mapping.sent = connection._ledger_terms_sent(mapping.payment_term_id, mapping)
            faults = connection._ledger_terms_faults(mapping.payment_term_id, mapping)
            mapping.message = " ".join(faults) or False

    @api.onchange("remote_terms")
    def _onchange_remote_terms(self):
        self.is_checked = self.remote_name = False
