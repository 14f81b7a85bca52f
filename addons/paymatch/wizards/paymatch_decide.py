from odoo import api, fields, models
from odoo.exceptions import UserError


class PaymatchDecide(models.TransientModel):
    """What to do with a line that could not be matched."""

    _name = "paymatch.decide"
    _description = "Decide a Payment Report Line"

    line_ids = fields.Many2many("paymatch.report.line", required=True, readonly=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    decision = fields.Selection(
        [("invoice", "It pays an invoice or credit note"), ("account", "Book it on an account")],
        required=True,
        default="invoice",
    )
    candidate_ids = fields.Many2many("account.move", string="Considered", readonly=True)
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        domain="[('move_type', 'in', ('out_invoice', 'out_receipt', 'out_refund')), ('state', '=', 'posted'),"
        " ('company_id', '=', company_id), ('payment_state', 'in', ('not_paid', 'partial'))]",
    )
    account_id = fields.Many2one("account.account", domain="[('company_ids', 'in', company_id)]")
    reason = fields.Char(help="Kept on the line and in the entry.")

    @api.depends("line_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.line_ids.company_id[:1] or self.env.company

    def action_confirm(self):
        self.ensure_one()
        if self.decision == "account":
            if not self.account_id:
                raise UserError(self.env._("Choose the account."))
            self.line_ids._route(self.account_id, self.reason)
            return True
        if not self.move_id:
            raise UserError(self.env._("Choose the invoice."))
        for line in self.line_ids:
            if (line.gross_amount < 0) != (self.move_id.move_type == "out_refund"):
                raise UserError(
                    self.env._(
                        "Money in pays an invoice, money out pays a credit note: %s does not fit.", self.move_id.name
                    )
                )
            if self.move_id.currency_id != line.currency_id:
                raise UserError(self.env._("%s is in another currency.", self.move_id.name))
        reason = self.reason or self.env._("chosen by %s", self.env.user.name)
        self.line_ids._decide_move(self.move_id, reason)
        return True
