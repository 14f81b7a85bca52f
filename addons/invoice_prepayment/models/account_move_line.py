from odoo import api, fields, models

from ..guard import check_proof_fields

PROOF_FIELDS = ("prepayment_order_id",)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    prepayment_order_id = fields.Many2one(
        "sale.order",
        string="Deposit of order",
        compute="_compute_prepayment_order_id",
        store=True,
        index="btree_not_null",
        copy=False,
        help="The order whose deposit this line invoices or deducts.",
    )

    @api.depends("sale_line_ids.is_downpayment", "sale_line_ids.order_id", "display_type")
    def _compute_prepayment_order_id(self):
        for line in self:
            deposits = line.sale_line_ids.filtered("is_downpayment") if line.display_type == "product" else None
            # an entry that closes deposits names its order itself
            line.prepayment_order_id = deposits.order_id[:1] if deposits else line.prepayment_order_id

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_proof_fields(self, vals, PROOF_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        check_proof_fields(self, vals, PROOF_FIELDS)
        return super().write(vals)

    @api.model
    def _get_prepayment_ledger_domain(self):
        """Every posted line on the deposit accounts: so the total is the accounts' balance, on any date."""
        accounts = self.env.companies._get_prepayment_accounts()
        return [("account_id", "in", accounts.ids), ("parent_state", "=", "posted")]

    @api.model
    def _action_open_prepayment_ledger(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deposits ledger"),
            "res_model": "account.move.line",
            "view_mode": "list",
            "views": [(self.env.ref("invoice_prepayment.account_move_line_view_list_prepayment").id, "list")],
            "search_view_id": [self.env.ref("invoice_prepayment.account_move_line_view_search_prepayment").id],
            "domain": self._get_prepayment_ledger_domain(),
            "context": {"search_default_group_by_order": 1},
            "help": self.env._(
                "No deposit is booked yet. Deposit invoices appear here until a final invoice deducts them."
            ),
        }
