from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, date_utils, format_date

from ..const import DANISH

STATES = [
    ("open", "Open"),
    ("accepted", "Switched On"),
    ("postponed", "Not Now"),
    ("dismissed", "Never for This Journal"),
]


class PaymentReferenceAdvice(models.Model):
    """A month in which a Danish sales journal had many payments without a payment ID: slip 71 is advised."""

    _name = "payment.reference.advice"
    _description = "Advice on Payment Slip 71"
    _order = "month desc, journal_id"
    _rec_name = "journal_id"
    _check_company_auto = True

    journal_id = fields.Many2one(
        "account.journal", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    month = fields.Date(required=True, readonly=True, help="First day of the month that was looked at.")
    payment_count = fields.Integer(string="Payments without Payment ID", readonly=True)
    invoice_count = fields.Integer(string="Invoices without Payment ID", readonly=True)
    state = fields.Selection(STATES, required=True, default="open", readonly=True)
    agreement_id = fields.Many2one("payment.reference.agreement", readonly=True, check_company=True)
    creditor_number = fields.Char(
        string="FI Creditor Number",
        compute="_compute_creditor_number",
        store=True,
        readonly=False,
        help="8 digits, the first is 8. Your bank gives it to you with the agreement on payment slips.",
    )
    reason = fields.Char(compute="_compute_reason")

    _journal_month_uniq = models.Constraint(
        "UNIQUE (journal_id, month)", "This journal has its advice for the month already."
    )

    @api.depends("company_id")
    def _compute_creditor_number(self):
        """The number the company has from an agreement before, also an archived one."""
        agreements = self.env["payment.reference.agreement"].with_context(active_test=False)
        for advice in self.filtered(lambda item: not item.creditor_number):
            known = agreements.search(
                [("company_id", "=", advice.company_id.id), ("card_type", "in", ("71", "73", "75"))], limit=1
            )
            advice.creditor_number = known.creditor_number

    @api.depends("payment_count", "invoice_count", "month")
    def _compute_reason(self):
        for advice in self:
            advice.reason = self.env._(
                "%(month)s: %(payments)s payments and %(invoices)s invoices without a payment ID. Use payment slip 71.",
                month=format_date(self.env, advice.month, date_format="MMMM y"),
                payments=advice.payment_count,
                invoices=advice.invoice_count,
            )

    # --- finding out -----------------------------------------------------------------------------------------------
    @api.model
    def _cron_advise(self):
        """Look once at each month that has ended, company by company."""
        companies = self.env["res.company"].search([("account_fiscal_country_id.code", "=", "DK")])
        for company in companies:
            self.with_company(company)._advise(company)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _advise(self, company):
        """The advices of last month for a company's sales journals; none when it was looked at before."""
        month = date_utils.start_of(
            date_utils.subtract(fields.Date.context_today(self.with_context(tz=company.partner_id.tz)), months=1),
            "month",
        )
        if company.payment_reference_advise_from <= 0 or company.payment_reference_advised_month == month:
            return self.browse()
        company.sudo().payment_reference_advised_month = month
        journals = self.env["account.journal"].search([("company_id", "=", company.id), ("type", "=", "sale")])
        dismissed = self.search([("journal_id", "in", journals.ids), ("state", "=", "dismissed")])
        journals -= dismissed.journal_id
        journals -= self._journals_with_slips(journals)
        counts = self._count_without_id(journals, month)
        self.search([("journal_id", "in", journals.ids), ("state", "=", "open")]).state = "postponed"
        return self.create(
            [
                {
                    "journal_id": journal.id,
                    "company_id": company.id,
                    "month": month,
                    "payment_count": payments,
                    "invoice_count": invoices,
                }
                for journal, (payments, invoices) in counts.items()
                if max(payments, invoices) >= company.payment_reference_advise_from
            ]
        )

    @api.model
    def _journals_with_slips(self, journals):
        """Journals whose invoices get a payment slip already, by an agreement of their own or of the company."""
        agreements = self.env["payment.reference.agreement"].search(
            [("company_id", "in", journals.company_id.ids), ("card_type", "in", DANISH), ("card_type", "!=", "73")]
        )
        shared = agreements.filtered(lambda agreement: not agreement.journal_id)
        return journals.filtered(
            lambda journal: journal in agreements.journal_id or journal.company_id in shared.company_id
        )

    @api.model
    def _count_without_id(self, journals, month):
        """``{journal: (payments, invoices)}`` of a month; drawn invoices need no payment ID and do not count."""
        last_day = date_utils.end_of(month, "month")
        counts = {}
        for journal in journals:
            wanted = [
                ("journal_id", "=", journal.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_id_number", "=", False),
                ("currency_id.name", "=", "DKK"),
                ("amount_total", ">", 0),
            ]
            Move = self.env["account.move"]
            issued = Move.search([*wanted, ("invoice_date", ">=", month), ("invoice_date", "<=", last_day)])
            paid = Move.browse(self._paid_in(journal, month, last_day)).filtered_domain(wanted)
            payments = paid._payments_without_id(month, last_day)
            counts[journal] = (payments, len(issued.filtered(lambda move: not move._payment_reference_is_drawn())))
        return counts

    @api.model
    def _paid_in(self, journal, first_day, last_day):
        """Ids of the journal's invoices that were reconciled with something else than a credit note in a period."""
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT debit.move_id
                     FROM account_partial_reconcile partial
                     JOIN account_move_line debit ON debit.id = partial.debit_move_id
                     JOIN account_move_line credit ON credit.id = partial.credit_move_id
                     JOIN account_move payment ON payment.id = credit.move_id
                    WHERE debit.journal_id = %s
                      AND payment.move_type = 'entry'
                      AND partial.max_date BETWEEN %s AND %s""",
                journal.id,
                first_day,
                last_day,
            )
        )
        return [move_id for (move_id,) in rows]

    # --- what the user does ----------------------------------------------------------------------------------------
    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Advice: Payment Slip 71"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_switch_on(self):
        """Make the agreement: from now on every invoice of the journal gets a payment slip 71."""
        for advice in self:
            advice._check_open()
            if not advice.creditor_number:
                raise UserError(
                    self.env._(
                        "Enter the FI creditor number first: 8 digits, the first is 8. Your bank gives it to you."
                    )
                )
            agreement = self.env["payment.reference.agreement"].create(
                {
                    "company_id": advice.company_id.id,
                    "journal_id": advice.journal_id.id,
                    "card_type": "71",
                    "creditor_number": advice.creditor_number.strip(),
                }
            )
            advice.sudo().write({"state": "accepted", "agreement_id": agreement.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": "payment.reference.agreement",
            "res_id": self[-1:].agreement_id.id,
            "view_mode": "form",
        }

    def action_postpone(self):
        self._close("postponed")

    def action_dismiss(self):
        self._close("dismissed")

    def _close(self, state):
        self.check_access("write")
        for advice in self:
            advice._check_open()
        self.sudo().state = state
        return {"type": "ir.actions.act_window_close"}

    def _check_open(self):
        self.ensure_one()
        if self.state != "open":
            raise UserError(self.env._("This advice is closed already."))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _payments_without_id(self, first_day, last_day):
        """Number of payments of these invoices in a period, without those that direct debit drew."""
        moves = self.filtered(lambda move: not move._payment_reference_is_drawn())
        partials = moves.line_ids.matched_credit_ids.filtered(
            lambda partial: (
                first_day <= partial.max_date <= last_day and partial.credit_move_id.move_id.move_type == "entry"
            )
        )
        return len(partials.credit_move_id)
