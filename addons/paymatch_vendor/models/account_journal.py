import re

from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    paymatch_charge_account_id = fields.Many2one(
        "account.account",
        string="Bank Charges",
        check_company=True,
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable', 'asset_cash'))]",
        help="Charges in bank statements are booked here by themselves. Empty: they wait for somebody.",
    )
    paymatch_charge_words = fields.Char(
        string="Words of a Bank Charge",
        translate=False,
        help="Where a bank's list tells no codes: a line out of the account whose text begins with one of these words "
        "is a charge, for example gebyr; avgift. Empty: only the bank's codes count.",
    )

    def _paymatch_is_charge_text(self, text):
        """Whether a text of the bank begins with one of the words of a charge."""
        self.ensure_one()
        words = [word.strip().casefold() for word in re.split(r"[;,]", self.paymatch_charge_words or "")]
        text = (text or "").strip().casefold()
        return any(re.match(re.escape(word) + r"(?!\w)", text) for word in words if word)
