from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class PrepaymentMoneyWizard(models.TransientModel):
    _name = "prepayment.money.wizard"
    _description = "Match Money with an Order"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id")
    partner_id = fields.Many2one(related="order_id.partner_invoice_id.commercial_partner_id")
    line_ids = fields.Many2many(
        "account.move.line",
        string="Money received",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        domain="[('partner_id', 'child_of', partner_id), ('company_id', '=', company_id), "
        "('account_type', '=', 'asset_receivable'), ('parent_state', '=', 'posted'), ('reconciled', '=', False), "
        "('amount_residual', '<', 0)]",
    )

    @api.depends("order_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = self.env["account.move.line"].search(wizard._get_money_domain())

    def _get_money_domain(self):
        """Money of the order's customer that nothing is matched with yet."""
        self.ensure_one()
        return Domain(
            [
                ("partner_id", "child_of", self.order_id.partner_invoice_id.commercial_partner_id.id),
                ("company_id", "=", self.order_id.company_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual", "<", 0),
                ("move_type", "!=", "out_refund"),
            ]
        )

    def action_match(self):
        """Deposit invoices dated the days the money came, matched with it."""
        self.ensure_one()
        self.env["account.move"].check_access("create")
        self.order_id.check_access("write")
        if not self.line_ids:
            raise UserError(self.env._("The customer has paid nothing that is still open. Register the payment first."))
        if self.order_id.state != "sale":
            raise UserError(self.env._("Order %s is not confirmed.", self.order_id.name))
        if self.line_ids != self.line_ids.filtered_domain(self._get_money_domain()):
            raise UserError(self.env._("Choose open payments of the customer of order %s only.", self.order_id.name))
        moves = self.order_id._prepayment_receive(self.line_ids)
        return self.order_id.action_view_invoice(invoices=moves.with_env(self.env))
