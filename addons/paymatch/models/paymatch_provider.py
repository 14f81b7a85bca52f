from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.translate import LazyTranslate

from ..api import FORMAT_SERVICES
from ..const import FORMATS, KINDS
from ..plan import words

_lt = LazyTranslate(__name__)

# field, name of a new account, type, reconcile, code to start from in the Danish chart
ACCOUNT_ROLES = [
    ("clearing_account_id", _lt("%s: clearing"), "asset_current", True, "6330"),
    ("in_transit_account_id", _lt("%s: in transit"), "asset_current", True, "6330"),
    ("reserve_account_id", _lt("%s: reserve held"), "asset_current", True, "6330"),
    ("dispute_account_id", _lt("%s: chargebacks in dispute"), "asset_current", True, "6330"),
    ("suspense_account_id", _lt("%s: to be explained"), "asset_current", True, "6330"),
    ("fee_account_id", _lt("%s: fees"), "expense", False, "2390"),
    ("fee_vat_account_id", _lt("%s: VAT on fees, bill to come"), "asset_current", True, "6330"),
]
ADVICE_ROLES = ("in_transit_account_id", "fee_account_id")
# Their open items are what the control list shows: an account with open items is not exchanged for another one.
CONTROL_ROLES = (
    "clearing_account_id",
    "in_transit_account_id",
    "reserve_account_id",
    "dispute_account_id",
    "suspense_account_id",
    "fee_vat_account_id",
)


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
    fee_account_ids = fields.One2many("paymatch.fee.account", "provider_id", string="Fees on Accounts of Their Own")
    partner_id = fields.Many2one(
        "res.partner",
        string="Supplier of the Bills",
        check_company=True,
        help="Who sends bills for fees that were kept back from payouts. Such a bill is settled with the payouts.",
    )
    reserve_account_id = fields.Many2one("account.account", check_company=True)
    dispute_account_id = fields.Many2one("account.account", string="Chargebacks in Dispute", check_company=True)
    suspense_account_id = fields.Many2one(
        "account.account",
        string="To Be Explained",
        check_company=True,
        tracking=True,
        domain="[('reconcile', '=', True)]",
        help="Amounts somebody has put aside with a reason. They stay open items until they are explained.",
    )
    chargeback_rule = fields.Selection(
        [("dispute", "Wait on the dispute account"), ("reopen", "Open the invoice again")],
        string="Chargebacks",
        required=True,
        default="dispute",
        tracking=True,
        help="Wait: the amount stands on the dispute account until the case is won or lost.\n"
        "Open again: the earlier payment is taken off the invoice, which is to be paid again.",
    )
    payout_days = fields.Integer(
        string="Days From Capture to Payout",
        default=5,
        help="What was captured longer ago and is not paid out stands as late under “Captured, not paid out”.",
    )
    reserve_days = fields.Integer(
        string="Days a Reserve Is Held",
        help="After this a reserve that is not released stands as late. 0: not agreed.",
    )
    chargeback_days = fields.Integer(
        string="Days to Answer a Chargeback",
        help="From the day of the chargeback, as your agreement says. 0: no reminder.",
    )
    approval_by_manager = fields.Boolean(
        string="Approved by Managers Only",
        tracking=True,
        help="Whoever may invoice reads and matches the payouts; only accounting managers approve them or undo that.",
    )
    park_undecided = fields.Boolean(
        string="Approve With Undecided Lines",
        help="Undecided lines are booked on the clearing account, where they stay open items until somebody decides. "
        "Without this, a report can be approved only when every line is decided.",
    )
    report_ids = fields.One2many("paymatch.report", "provider_id")
    report_count = fields.Integer(compute="_compute_report_count")
    fetch_state = fields.Selection(
        [
            ("possible", "Can be fetched"),
            ("ok", "Fetched by itself"),
            ("paused", "Paused"),
            ("authorisation", "Not let in"),
            ("error", "Tried again"),
        ],
        string="Fetching",
        compute="_compute_fetch",
        help="Whether payouts come by themselves from the provider's interface.",
    )
    fetch_message = fields.Text(string="Latest Problem", compute="_compute_fetch")
    fetch_until = fields.Date(string="Fetched Until", compute="_compute_fetch")

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

    def _compute_fetch(self):
        connections = self._fetch_connections()
        for provider in self:
            connection = connections.filtered(lambda one, provider=provider: one.paymatch_provider_id == provider)[:1]
            provider.fetch_message = connection.state_message if connection.state != "ok" else False
            provider.fetch_until = connection.paymatch_until
            if connection:
                provider.fetch_state = "paused" if connection.is_paused else connection.state
            else:
                provider.fetch_state = "possible" if provider.format in FORMAT_SERVICES else False

    def _fetch_connections(self):
        return self.env["transfer.connection"].sudo().search([("paymatch_provider_id", "in", self.ids)])

    @api.constrains("fee_tax_id")
    def _check_fee_tax(self):
        for provider in self:
            provider._check_adds_no_vat(provider.fee_tax_id)

    @api.model
    def _check_adds_no_vat(self, tax):
        """VAT is never deducted by a payout: only the provider's bill does that."""
        parts = tax.invoice_repartition_line_ids.filtered(lambda part: part.repartition_type == "tax")
        if tax and tax.amount and sum(parts.mapped("factor_percent")):
            raise ValidationError(
                self.env._(
                    "%(tax)s adds VAT to the fees. Choose an exempt or reverse charge tax: VAT is deducted only "
                    "from the provider's own bill, until then it waits on the account for VAT on fees.",
                    tax=tax.name,
                )
            )

    @api.constrains(
        "journal_id", "in_transit_account_id", "clearing_account_id", "suspense_account_id", "fee_vat_account_id"
    )
    def _check_accounts(self):
        for provider in self:
            if provider.journal_id.type != "general":
                raise ValidationError(self.env._("The journal of a provider must be of the type Miscellaneous."))
            for account in (
                provider.in_transit_account_id
                | provider.clearing_account_id
                | provider.suspense_account_id
                | provider.fee_vat_account_id
            ):
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
        for role in CONTROL_ROLES:
            if role in vals:
                self._check_nothing_open(role, vals[role])
        return super().write(vals)

    def _check_nothing_open(self, role, account_id):
        """What lies open on an account would be lost from the control list if another account took its place."""
        for provider in self:
            old = provider[role]
            if not old or old.id == account_id:
                continue
            count = (
                self.env["account.move.line"]
                .sudo()
                .search_count(
                    [
                        ("account_id", "=", old.id),
                        ("company_id", "=", provider.company_id.id),
                        ("move_id.paymatch_report_id.provider_id", "=", provider.id),
                        ("parent_state", "=", "posted"),
                        ("reconciled", "=", False),
                    ]
                )
            )
            if count and old.reconcile:
                raise UserError(
                    self.env._(
                        "%(count)s items of %(provider)s are open on %(account)s. Close them before another account "
                        "takes its place, or create another provider.",
                        count=count,
                        provider=provider.name,
                        account=old.display_name,
                    )
                )

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

    def action_fetch_now(self):
        self.ensure_one()
        connection = self._fetch_connections().sudo(False)
        return connection.action_paymatch_fetch()

    def action_open_fetch(self):
        """The connection that fetches the payouts, or a new one."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.transfer_connection_action_paymatch")
        values = {"default_paymatch_provider_id": self.id, "default_name": self.name, "default_kind": "paymatch"}
        return {
            **action,
            "views": [(False, "form")],
            "res_id": self._fetch_connections().id,
            "context": {**values, "default_company_id": self.company_id.id},
        }

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

    @api.model
    def _open_role(self, role, name, empty):
        """The action of the items an account of ``role`` still has to get back, the late ones in red."""
        accounts = self.search([("company_id", "in", self.env.companies.ids)])[role]
        action = self.action_open_control()
        domain = [("account_id", "in", accounts.ids), *action["domain"][1:], ("amount_residual", ">", 0)]
        return {**action, "name": name, "domain": domain, "help": empty}

    @api.model
    def action_open_captured(self):
        """Captures the providers have not paid out."""
        empty = self.env._(
            "<p class='o_view_nocontent_smiling_face'>Everything captured was paid out</p>"
            "<p>Captures stay here until a payout with them is approved. “Later than agreed” shows those that have "
            "waited longer than the provider's days from capture to payout.</p>"
        )
        return self._open_role("clearing_account_id", self.env._("Captured, not paid out"), empty)

    @api.model
    def action_open_reserve(self):
        """Reserves the providers hold, with their age."""
        empty = self.env._(
            "<p class='o_view_nocontent_smiling_face'>No provider holds a reserve</p>"
            "<p>What a payout keeps back as a reserve stays here until it is released.</p>"
        )
        return self._open_role("reserve_account_id", self.env._("Reserve held back"), empty)

    @api.model
    def action_open_owed(self):
        """What customers have paid twice or too much, or credit notes not paid back yet: open, and theirs."""
        items = [
            ("account_id.account_type", "=", "asset_receivable"),
            ("company_id", "in", self.env.companies.ids),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("amount_residual", "<", 0),
        ]
        empty = self.env._(
            "<p class='o_view_nocontent_smiling_face'>Nothing is owed to customers</p>"
            "<p>Payments made twice and credit notes that are not paid back are listed here.</p>"
        )
        context = {"search_default_group_by_partner": 1, "create": False, "edit": False}
        name = self.env._("Owed to customers")
        views = [(self.env.ref("paymatch.account_move_line_view_list_owed").id, "list")]
        action = self.action_open_control()
        return {**action, "name": name, "views": views, "domain": items, "context": context, "help": empty}

    def _control_accounts(self):
        accounts = self.env["account.account"]
        for role in CONTROL_ROLES:
            accounts |= self[role]
        return accounts.filtered("reconcile")

    def _fee_accounts(self):
        """``{kind of fee: paymatch.fee.account}``, as files call them."""
        self.ensure_one()
        return {row.fee_key: row for row in self.fee_account_ids}

    @api.model
    def _fee_row(self, kind, fee_accounts):
        """The account of its own a kind of fee has; empty when it has none."""
        row = fee_accounts.get(words.normal(kind)) if kind and fee_accounts else None
        return row or self.env["paymatch.fee.account"]

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
