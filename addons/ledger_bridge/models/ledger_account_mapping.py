from odoo import api, fields, models


class LedgerAccountMapping(models.Model):
    """Where an account and a tax of ours go over there."""

    _name = "ledger.account.mapping"
    _description = "Account Mapping to an Outside Ledger"
    _order = "connection_id, account_id, tax_id, id"
    _rec_name = "remote_account"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    account_id = fields.Many2one(
        "account.account", check_company=True, help="Empty: for every account that has no line of its own."
    )
    tax_id = fields.Many2one(
        "account.tax",
        check_company=True,
        domain="[('type_tax_use', '=', 'sale')]",
        help="Empty: for lines without tax, and for entries that are no invoice lines.",
    )
    remote_account = fields.Char(
        string="Account There", required=True, help="Number of the account; in e-conomic the product number."
    )
    remote_name = fields.Char(string="Name There", readonly=True)
    remote_vat_code = fields.Char(string="VAT Code There", readonly=True)
    remote_vat_rate = fields.Float(string="VAT % There", digits=(6, 2), readonly=True)
    is_vat_known = fields.Boolean(
        readonly=True, help="The other side told the VAT rate; otherwise the amount gate alone watches over it."
    )
    is_checked = fields.Boolean(readonly=True, help="The account was found over there when it was last read.")
    message = fields.Char(compute="_compute_message", string="Check")

    _account_tax_uniq = models.UniqueIndex(
        "(connection_id, COALESCE(account_id, 0), COALESCE(tax_id, 0))",
        "There is already a line for this account and tax.",
    )

    @api.depends("is_checked", "is_vat_known", "remote_vat_rate", "tax_id.amount", "tax_id", "account_id.account_type")
    def _compute_message(self):
        for mapping in self:
            rate = mapping.tax_id.amount if mapping.tax_id else 0.0
            if not mapping.is_checked:
                mapping.message = self.env._("Not found over there yet: press Read accounts")
            elif mapping.is_vat_known and mapping._is_for_sales() and abs(rate - mapping.remote_vat_rate) > 0.005:
                mapping.message = self.env._(
                    "VAT differs: %(ours)s %% here, %(theirs)s %% there",
                    ours=f"{rate:g}",
                    theirs=f"{mapping.remote_vat_rate:g}",
                )
            else:
                mapping.message = False

    def _is_for_sales(self):
        self.ensure_one()
        return bool(self.tax_id) or not self.account_id or self.account_id.account_type in ("income", "income_other")

    def _find(self, connection, account, tax):
        """The line for an account and a tax: own line of the account first."""
        candidates = self.search([("connection_id", "=", connection.id), ("tax_id", "=", tax.id)])
        own = candidates.filtered(lambda mapping: mapping.account_id == account)
        return (own or candidates.filtered(lambda mapping: not mapping.account_id))[:1]
