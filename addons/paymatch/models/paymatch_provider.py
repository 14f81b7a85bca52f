from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.translate import LazyTranslate

from ..const import FORMATS, KINDS

_lt = LazyTranslate(__name__)

# field, name of a new account, type, reconcile, code to start from in the Danish chart
ACCOUNT_ROLES = [
    ("clearing_account_id", _lt("%s: clearing"), "asset_current", True, "6330"),
    ("in_transit_account_id", _lt("%s: in transit"), "asset_current", True, "6330"),
    ("reserve_account_id", _lt("%s: reserve held"), "asset_current", True, "6330"),
    ("dispute_account_id", _lt("%s: chargebacks in dispute"), "asset_current", True, "6330"),
    ("fee_account_id", _lt("%s: fees"), "expense", False, "2390"),
    ("fee_vat_account_id", _lt("%s: VAT on fees, bill to come"), "asset_current", True, "6330"),
]
ADVICE_ROLES = ("in_transit_account_id", "fee_account_id")


class PaymatchProvider(models.Model):
    """An acquirer, or a bank channel that tells who paid, of one company."""

    _name = "paymatch.provider"
    _description = "Payment Provider"
    _order = "sequence, name, id"
    _check_company_auto = True
    _inherit = ["mail.thread"]

    name = fields.Char(required=True, translate=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    kind = fields.Selection(
        KINDS,
        required=True,
        default="payout",
        help="Payout report: the lines of an acquirer add up to a payout.\nBank advice: the bank tells who paid.",
    )
    format = fields.Selection(FORMATS, required=True, help="The kind of file this provider sends.")
    profile_id = fields.Many2one(
        "paymatch.profile",
        check_company=True,
        domain="[('kind', '=', 'payout')]",
        help="Which column of the provider's file is what.",
    )
    account_number = fields.Char(
        string="Merchant or Agreement Number",
        help="Number of the sales unit, agreement or bankgiro in the file. With it a file finds its "
        "provider by itself.",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, tracking=True
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        check_company=True,
        domain="[('type', '=', 'general')]",
        default=lambda self: self._default_journal_id(),
        help="Where the entries of approved reports are posted. Never a bank journal: the bank line books the bank.",
    )
    bank_journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'bank')]",
        help="The bank account the money arrives on. Empty: any bank journal of the company.",
    )
    clearing_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        tracking=True,
        domain="[('reconcile', '=', True)]",
        help="What the provider owes us: captures booked and not yet paid out. Set it as the outstanding account of "
        "the online payment method, and captures land here.",
    )
    in_transit_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        tracking=True,
        domain="[('reconcile', '=', True)]",
        help="Payouts told of by the provider and not yet seen on the bank account.",
    )
    fee_account_id = fields.Many2one("account.account", check_company=True, tracking=True)
    fee_tax_id = fields.Many2one(
        "account.tax",
        string="VAT Treatment of Fees",
        check_company=True,
        domain="[('type_tax_use', '=', 'purchase')]",
        help="Fees for payments are exempt from VAT. A tax with an amount to be added is not allowed here: VAT is "
        "deducted only from the provider's own bill.",
    )
    fee_vat_account_id = fields.Many2one(
        "account.account",
        string="VAT on Fees, Bill to Come",
        check_company=True,
        help="VAT a file shows on fees waits here until the provider's bill arrives.",
    )
    reserve_account_id = fields.Many2one("account.account", check_company=True)
    dispute_account_id = fields.Many2one("account.account", string="Chargebacks in Dispute", check_company=True)
    park_undecided = fields.Boolean(
        string="Approve With Undecided Lines",
        help="Undecided lines are booked on the clearing account, where they stay open items until somebody decides. "
        "Without this, a report can be approved only when every line is decided.",
    )
    report_ids = fields.One2many("paymatch.report", "provider_id")
    report_count = fields.Integer(compute="_compute_report_count")

    _company_name_uniq = models.Constraint("UNIQUE (company_id, name)", "A provider of this name exists already.")

    @api.model
    def _default_journal_id(self):
        return self.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(self.env.company), ("type", "=", "general")], limit=1
        )

    @api.depends("report_ids")
    def _compute_report_count(self):
        counts = dict(
            self.env["paymatch.report"]._read_group([("provider_id", "in", self.ids)], ["provider_id"], ["__count"])
        )
        for provider in self:
            provider.report_count = counts.get(provider, 0)

    @api.constrains("fee_tax_id")
    def _check_fee_tax(self):
        for provider in self:
            tax = provider.fee_tax_id
            parts = tax.invoice_repartition_line_ids.filtered(lambda part: part.repartition_type == "tax")
            if tax and tax.amount and sum(parts.mapped("factor_percent")):
                raise ValidationError(
                    self.env._(
                        "%(tax)s adds VAT to the fees. Choose an exempt or reverse charge tax: VAT is deducted only "
                        "from the provider's own bill, until then it waits on the account for VAT on fees.",
                        tax=tax.name,
                    )
                )

    @api.constrains("journal_id", "in_transit_account_id", "clearing_account_id")
    def _check_accounts(self):
        for provider in self:
            if provider.journal_id.type != "general":
                raise ValidationError(self.env._("The journal of a provider must be of the type Miscellaneous."))
            for account in provider.in_transit_account_id | provider.clearing_account_id:
                if not account.reconcile:
                    raise ValidationError(
                        self.env._(
                            "Allow reconciliation on the account %s, so that its items can be closed.", account.name
                        )
                    )

    def write(self, vals):
        if {"company_id", "currency_id", "kind"} & set(vals) and self.report_ids:
            for provider in self.filtered("report_ids"):
                changed = [name for name in ("company_id", "currency_id", "kind") if name in vals]
                if any(
                    provider[name] != provider._fields[name].convert_to_record(vals[name], provider) for name in changed
                ):
                    raise UserError(
                        self.env._(
                            "%s has reports already. Create another provider for another company, currency or kind.",
                            provider.name,
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.with_context(active_test=False).report_ids:
            raise UserError(self.env._("A provider with reports cannot be deleted. Archive it instead."))

    def action_create_accounts(self):
        """Create the accounts that are missing, each named after the provider."""
        for provider in self:
            for role, name, account_type, reconcile, start in ACCOUNT_ROLES:
                if provider[role] or (provider.kind == "advice" and role not in ADVICE_ROLES):
                    continue
                accounts = self.env["account.account"].with_company(provider.company_id)
                provider[role] = accounts.create(
                    {
                        "name": self.env._(name).replace("%s", provider.name),
                        "code": accounts._search_new_account_code(start),
                        "account_type": account_type,
                        "reconcile": reconcile,
                        "company_ids": [(6, 0, provider.company_id.ids)],
                    }
                )
        return True

    def action_open_reports(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_report_action")
        return {**action, "domain": [("provider_id", "=", self.id)], "context": {"default_provider_id": self.id}}

    @api.model
    def action_open_control(self):
        """Open items of clearing, in transit, reserve and disputes; their total is the accounts' balance."""
        providers = self.search([("company_id", "in", self.env.companies.ids)])
        accounts = providers._control_accounts()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Clearing and in transit"),
            "res_model": "account.move.line",
            "view_mode": "list",
            "views": [(self.env.ref("paymatch.account_move_line_view_list_control").id, "list")],
            "search_view_id": [self.env.ref("paymatch.account_move_line_view_search_control").id],
            "domain": [
                ("account_id", "in", accounts.ids),
                ("company_id", "in", self.env.companies.ids),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ],
            "context": {"search_default_group_by_account": 1, "create": False, "edit": False},
            "help": self.env._(
                "<p class='o_view_nocontent_smiling_face'>Nothing is on its way</p>"
                "<p>Every payment received was paid out, and every payout has reached the bank.</p>"
            ),
        }

    def _control_accounts(self):
        return (
            self.clearing_account_id | self.in_transit_account_id | self.reserve_account_id | self.dispute_account_id
        ).filtered("reconcile")

    def _require_account(self, role):
        """The account of a role; tells the user which one is missing."""
        self.ensure_one()
        if not self[role]:
            raise UserError(
                self.env._(
                    "Choose the account “%(role)s” on the provider %(provider)s first.",
                    role=self._fields[role]._description_string(self.env),
                    provider=self.name,
                )
            )
        return self[role]
