from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import DEDUCTIONS, DRAFT_RULES, FINAL_MODES, MONEY_RULES, POSTING_MODES, RECEIVED_RULES

# Liability account for deposits by chart of accounts. Source: the charts of l10n_dk, l10n_no and l10n_se; the Danish
# one is "Modtagne forudbetalinger fra kunder", the Norwegian "Forskudd fra kunder", the Swedish "Förskott från kunder".
DEPOSIT_ACCOUNTS = {"dk": "dk_coa_7410", "no": "chart2900", "se": "a2420", "se_K2": "a2420", "se_K3": "a2420"}
REQUEST_JOURNAL_CODE = "PREQ"


class ResCompany(models.Model):
    _inherit = "res.company"

    prepayment_received_rule = fields.Selection(
        RECEIVED_RULES, string="A deposit counts as received when", default="in_payment", required=True
    )
    prepayment_received_percent = fields.Float(string="Per cent received", default=100.0)
    prepayment_automation = fields.Selection(
        POSTING_MODES,
        string="When a deposit falls due",
        default="draft",
        required=True,
        help="Deposits fall due at confirmation, on a date, at production start or at delivery, as the plan says.",
    )
    prepayment_final_mode = fields.Selection(
        FINAL_MODES, string="After the last delivery", default="activity", required=True
    )
    prepayment_deduction = fields.Selection(DEDUCTIONS, string="Deposits are deducted", default="last", required=True)
    prepayment_draft_rule = fields.Selection(
        DRAFT_RULES, string="When a deposit is still a draft", default="refuse", required=True
    )
    prepayment_money_rule = fields.Selection(
        MONEY_RULES,
        string="Money before the invoice",
        default="create",
        required=True,
        help="When a customer pays for an order before there is a deposit invoice.",
    )
    prepayment_request_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of payment requests",
        domain=[("type", "=", "sale")],
        check_company=True,
        help="Payment requests without VAT have numbers of their own, so that the numbers of invoices have no gaps.",
    )
    prepayment_forfeit_account_id = fields.Many2one(
        "account.account",
        string="Forfeited deposits",
        domain=[("account_type", "in", ("income", "income_other"))],
        check_company=True,
        help="Income account of deposits that a customer loses. Empty: the income account of the sales journal.",
    )

    @api.constrains("prepayment_received_percent")
    def _check_prepayment_received_percent(self):
        for company in self:
            if not 0 < company.prepayment_received_percent <= 100:
                raise ValidationError(
                    self.env._("The per cent that counts as received lies above 0 and at most at 100.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        for branch in companies.filtered("parent_id"):
            branch._set_default_prepayment_account()
        return companies

    def _set_default_prepayment_account(self):
        """Give a company without a down payment account its parent's, else the one of its chart of accounts."""
        self.ensure_one()
        if self.parent_id and not self.downpayment_account_id:
            self.downpayment_account_id = self.sudo().parent_id.downpayment_account_id
        xmlid = DEPOSIT_ACCOUNTS.get(self.chart_template)
        if xmlid and not self.downpayment_account_id:
            account = self.env["account.chart.template"].with_company(self).ref(xmlid, raise_if_not_found=False)
            if account:
                self.downpayment_account_id = account

    def _get_prepayment_accounts(self):
        """The deposit accounts of these companies: the one chosen now, and those deposits were booked on before."""
        lines = self.env["account.move.line"].sudo()
        used = lines._read_group(
            [
                ("company_id", "in", self.ids),
                ("prepayment_order_id", "!=", False),
                ("account_id.account_type", "in", ("liability_current", "liability_non_current", "liability_payable")),
            ],
            ["account_id"],
        )
        return self.sudo().downpayment_account_id.union(*(account for (account,) in used))

    def _check_prepayment_account(self):
        """A company whose country has a deposit account must book deposits there, never as revenue."""
        for company in self.sudo():
            country = company.account_fiscal_country_id
            if company.downpayment_account_id.active or not company._has_prepayment_vat_rule():
                continue
            raise UserError(
                self.env._(
                    "%(company)s has no account for deposits from customers (%(country)s). Choose the liability "
                    "account in the settings of Invoicing, under Down payments, and try again.",
                    company=company.name,
                    country=country.name,
                )
            )

    def _has_prepayment_vat_rule(self):
        self.ensure_one()
        return bool(self.env["prepayment.vat.rule"]._find(self, fields.Date.context_today(self)))

    def _get_prepayment_request_journal(self):
        """The journal of payment requests, made when the first one is needed."""
        self.ensure_one()
        company = self.sudo().with_company(self)
        if not company.prepayment_request_journal_id:
            lang = company.partner_id.lang or self.env.lang
            company.prepayment_request_journal_id = (
                company.env["account.journal"]
                .with_context(lang=lang)
                .create(
                    {
                        "name": company.with_context(lang=lang).env._("Payment requests"),
                        "code": REQUEST_JOURNAL_CODE,
                        "type": "sale",
                        "company_id": company.id,
                        "default_account_id": company.downpayment_account_id.id,
                    }
                )
            )
        return company.prepayment_request_journal_id
