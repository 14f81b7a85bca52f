from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    payment_reference_agreement_ids = fields.Many2many(
        "payment.reference.agreement",
        string="Payment Reference Agreements in Use",
        compute="_compute_payment_reference_agreement_ids",
        help="Invoices in the currency of an agreement get their reference from it; the communication standard above "
        "serves the others.",
    )
    payment_reference_advice_id = fields.Many2one(
        "payment.reference.advice", compute="_compute_payment_reference_advice_id"
    )
    payment_reference_advice_text = fields.Char(compute="_compute_payment_reference_advice_id")

    def _compute_payment_reference_agreement_ids(self):
        agreements = self.env["payment.reference.agreement"].search([("company_id", "in", self.company_id.ids)])
        for journal in self:
            own = agreements.filtered(lambda agreement, journal=journal: agreement.journal_id == journal)
            shared = agreements.filtered(
                lambda agreement, journal=journal, own=own: (
                    not agreement.journal_id
                    and agreement.company_id == journal.company_id
                    and agreement.currency_name not in own.mapped("currency_name")
                )
            )
            journal.payment_reference_agreement_ids = (own | shared) if journal.type == "sale" else False

    def _compute_payment_reference_advice_id(self):
        advices = self.env["payment.reference.advice"].search(
            [("journal_id", "in", self.ids), ("state", "=", "open")], order="month desc"
        )
        # an agreement made by hand answers the advice as well
        with_slips = advices._journals_with_slips(advices.journal_id)
        for journal in self:
            own = advices.filtered(lambda item, journal=journal: item.journal_id == journal)
            advice = own[:1] if journal not in with_slips else own.browse()
            journal.payment_reference_advice_id = advice
            journal.payment_reference_advice_text = advice.reason

    def action_open_payment_reference_advice(self):
        self.ensure_one()
        return self.payment_reference_advice_id.action_open()
