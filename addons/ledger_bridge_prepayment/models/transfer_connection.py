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

    def _ledger_find_missing(self):
        # EXTENDS 'ledger_bridge': lines of deposits never go by the line for every account, which is sales
        found = super()._ledger_find_missing()
        accounts = self.company_id._get_prepayment_accounts()
        if self.ledger_deposit_way != "liability" or not accounts:
            return found
        missing = accounts - self.ledger_mapping_ids.account_id
        return found + [
            self._ledger_missing_values(
                "deposit",
                "1_stops",
                self.env._(
                    "The deposit account %(account)s has no line in the account mapping.", account=one.display_name
                ),
            )
            for one in missing
        ]

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
