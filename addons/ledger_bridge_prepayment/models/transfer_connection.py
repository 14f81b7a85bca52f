from odoo import api, fields, models


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    ledger_deposit_way = fields.Selection(
        [
            ("liability", "Prepayments on a liability account"),
            ("sales", "Sales with VAT, deducted again on the final invoice"),
        ],
        string="Deposits There",
        default="liability",
        required=True,
        tracking=True,
        help="Prepayments: the deposit account has its own lines in the account mapping, to an account there that has "
        "VAT. Sales: deposits and their deductions are booked there as what is sold.",
    )

    @api.model
    def _has_ledger(self, company):
        """Whether the invoices of ``company`` go to an outside ledger."""
        return bool(self.sudo().search_count([("company_id", "=", company.id), ("is_ledger", "=", True)], limit=1))

    def _ledger_gate_text(self, move, differences):
        # EXTENDS 'ledger_bridge'
        text = super()._ledger_gate_text(move, differences)
        if move.prepayment_invoice_type not in ("prepayment", "final"):
            return text
        advice = self.env._(
            "The ledger works VAT out of the net amount again, and with a deposit to the øre it may come to another "
            "one. This one: enter it there by hand and choose Ignore. Henceforth: round the deposits of the rule to 1 "
            "(whole kroner), then both agree."
        )
        return f"{text}\n{advice}"
