from odoo import api, fields, models


class LedgerAccountMapping(models.Model):
    """Purchases: an account of cost, and the VAT code a bill's line carries over there."""

    _inherit = "ledger.account.mapping"

    tax_id = fields.Many2one(domain="[('type_tax_use', 'in', ('sale', 'purchase'))]")
    bill_vat_code = fields.Char(
        string="VAT Code on Bills", help="Sent with the lines of vendor bills. Empty: that of the account there."
    )
    bill_code_rate = fields.Float(string="VAT % of the Code", digits=(6, 2), readonly=True)
    is_bill_code_known = fields.Boolean(readonly=True, help="The other side told the rate of this VAT code.")
    is_bill_code_missing = fields.Boolean(readonly=True, help="The other side has no such VAT code.")

    @api.depends("bill_vat_code", "bill_code_rate", "is_bill_code_known", "is_bill_code_missing", "tax_id.type_tax_use")
    def _compute_message(self):
        # EXTENDS 'ledger_bridge'
        bills = self.filtered(lambda one: one.tax_id.type_tax_use == "purchase")
        res = super(LedgerAccountMapping, self - bills)._compute_message()
        for mapping in bills:
            ours, theirs = mapping.tax_id._ledger_deducted_rate(), mapping._bill_vat_rate()
            mapping.message = False
            if not mapping.is_checked:
                mapping.message = self.env._("Not found over there yet: press Read accounts")
            elif mapping.is_bill_code_missing:
                mapping.message = self.env._("There is no VAT code %s over there", mapping._bill_vat_code())
            elif ours is not None and theirs is not None and abs(ours - theirs) > 0.005:
                mapping.message = self.env._(
                    "VAT differs: %(ours)s %% here, %(theirs)s %% there", ours=f"{ours:g}", theirs=f"{theirs:g}"
                )
        return res

    def _bill_vat_code(self):
        """The VAT code a line of a bill carries; "": that of the account."""
        self.ensure_one()
        return (self.bill_vat_code or "").strip()

    def _bill_vat_rate(self):
        """Per cent over there on a bill's line; ``None``: not told."""
        self.ensure_one()
        if self._bill_vat_code():
            return self.bill_code_rate if self.is_bill_code_known else None
        return self.remote_vat_rate if self.is_vat_known else None
