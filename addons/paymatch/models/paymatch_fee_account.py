from odoo import api, fields, models

from ..plan import words


class PaymatchFeeAccount(models.Model):
    """Fees of one kind of a provider, a card or a service, on an account of their own."""

    _name = "paymatch.fee.account"
    _description = "Fee Account of a Payment Provider"
    _order = "provider_id, fee_type, id"
    _check_company_auto = True
    _rec_name = "fee_type"

    provider_id = fields.Many2one(
        "paymatch.provider", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True, index=True)
    fee_type = fields.Char(
        required=True, help="The card or service as the file calls it. Upper and lower case and numbers do not count."
    )
    fee_key = fields.Char(compute="_compute_fee_key", store=True)
    account_id = fields.Many2one("account.account", required=True, check_company=True)
    tax_id = fields.Many2one(
        "account.tax",
        string="VAT Treatment",
        check_company=True,
        domain="[('type_tax_use', '=', 'purchase')]",
        help="Empty: that of the provider.",
    )

    _provider_fee_uniq = models.Constraint("UNIQUE (provider_id, fee_key)", "This kind of fee has an account already.")

    @api.depends("fee_type")
    def _compute_fee_key(self):
        for row in self:
            row.fee_key = words.normal(row.fee_type)

    @api.constrains("tax_id")
    def _check_tax(self):
        for row in self:
            row.provider_id._check_adds_no_vat(row.tax_id)
