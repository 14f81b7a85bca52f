from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount

from ..const import FORFEIT_VAT, OUTCOMES
from ..models.prepayment_milestone import decimal


class PrepaymentSettlementWizard(models.TransientModel):
    _name = "prepayment.settlement.wizard"
    _description = "Settle Deposits"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id")
    currency_id = fields.Many2one(related="order_id.currency_id")
    partner_id = fields.Many2one(related="order_id.partner_id.commercial_partner_id")
    open_amount = fields.Monetary(string="Invoiced deposits", compute="_compute_open_amounts")
    paid_amount = fields.Monetary(string="Of it paid", compute="_compute_open_amounts")
    outcome = fields.Selection(OUTCOMES, required=True, default="refund")
    amount = fields.Monetary(
        string="Amount incl. VAT", compute="_compute_amount", store=True, readonly=False, precompute=True
    )
    target_order_id = fields.Many2one(
        "sale.order",
        string="To order",
        domain="[('partner_id', 'child_of', partner_id), ('state', '=', 'sale'), ('id', '!=', order_id), "
        "('company_id', '=', company_id), ('currency_id', '=', currency_id)]",
    )
    forfeit_vat = fields.Selection(FORFEIT_VAT, string="VAT", default="compensation")
    forfeit_advice = fields.Text(compute="_compute_forfeit_advice")
    date = fields.Date(required=True, default=fields.Date.context_today)
    reason = fields.Char(required=True)
    cancel_order = fields.Boolean(string="Cancel the order", help="What remains of the deposits is credited.")

    @api.depends("order_id")
    def _compute_open_amounts(self):
        for wizard in self:
            wizard.order_id.check_access("read")
            wizard.open_amount = float(wizard.order_id._get_open_deposit_total()) if wizard.order_id else 0.0
            wizard.paid_amount = float(wizard.order_id._get_prepaid_open_amount()) if wizard.order_id else 0.0

    @api.depends("order_id", "outcome", "cancel_order")
    def _compute_amount(self):
        for wizard in self:
            if wizard.outcome != "refund":
                wizard.amount = wizard.paid_amount
            elif wizard.cancel_order:
                wizard.amount = wizard.open_amount
            else:
                excess = -float(wizard.order_id._get_depositable_amount()) if wizard.order_id else 0.0
                wizard.amount = excess if excess > 0 else wizard.open_amount

    @api.depends("outcome", "forfeit_vat")
    def _compute_forfeit_advice(self):
        for wizard in self:
            if wizard.outcome != "forfeit":
                wizard.forfeit_advice = False
            elif wizard.forfeit_vat == "supply":
                wizard.forfeit_advice = self.env._(
                    "The customer could have used what was paid for, and did not (no-show, a reserved production that "
                    "was made ready): VAT stays. See the EU Court of Justice, C-250/14 and C-289/14, Air France-KLM. "
                    "Ask your accountant."
                )
            else:
                wizard.forfeit_advice = self.env._(
                    "The customer cancels in time and loses the deposit as compensation: no VAT, so the VAT of the "
                    "deposit is credited. See the EU Court of Justice, C-277/05, Société thermale d'Eugénie-les-Bains. "
                    "Ask your accountant."
                )

    def action_settle(self):
        """Credit the deposit, and make the counter document of a transfer or a forfeit."""
        self.ensure_one()
        # The documents are made with all rights: whoever may make invoices may settle a deposit.
        self.env["account.move"].check_access("create")
        order = self.order_id
        (order | self.target_order_id).check_access("write")
        order._lock_prepayment()
        amount = self._check_amount()
        moves = order._credit_deposits(amount, self.date, self.reason, paid_first=self.outcome != "refund")
        credits = moves
        if self.outcome == "transfer":
            moves |= self._transfer(amount, credits)
        elif self.outcome == "forfeit":
            moves |= self._forfeit(credits)
        if self.cancel_order:
            rest = order._get_open_deposit_total()
            if rest > 0:
                moves |= order._credit_deposits(rest, self.date, self.reason)
            order._action_cancel()
        self._leave_trail(moves)
        (order | self.target_order_id)._refresh_prepayment()
        return order.action_view_invoice(invoices=moves.with_env(self.env))

    def _check_amount(self):
        order = self.order_id
        amount = decimal(self.amount or 0.0, order.currency_id)
        limit = order._get_open_deposit_total() if self.outcome == "refund" else order._get_prepaid_open_amount()
        if not 0 < amount <= limit:
            raise UserError(
                self.env._(
                    "Order %(order)s: choose an amount above 0 and at most %(limit)s, which is what is open of its "
                    "deposits%(paid)s.",
                    order=order.name,
                    limit=format_amount(self.env, float(limit), order.currency_id),
                    paid="" if self.outcome == "refund" else self.env._(" and paid"),
                )
            )
        return amount

    def _transfer(self, amount, credits):
        target = self.target_order_id
        order = self.order_id
        if not target or target == order or target.state != "sale":
            raise UserError(self.env._("Choose the confirmed order that takes over the deposit."))
        if (target.company_id, target.currency_id, target.partner_id.commercial_partner_id) != (
            order.company_id,
            order.currency_id,
            order.partner_id.commercial_partner_id,
        ):
            raise UserError(
                self.env._(
                    "A deposit goes to an order of the same customer, company and currency: not to %s.", target.name
                )
            )
        target._lock_prepayment()
        if amount > target._get_depositable_amount():
            raise UserError(
                self.env._(
                    "Order %(order)s can take a deposit of at most %(amount)s.",
                    order=target.name,
                    amount=format_amount(self.env, float(target._get_depositable_amount()), target.currency_id),
                )
            )
        move = target.sudo().with_company(target.company_id)._create_deposit_of_money(amount, self.date)
        return move | move._settle_with_credits(credits)

    def _forfeit(self, credits):
        """The income document that takes the place of the credited deposit."""
        order = self.order_id.sudo()
        if self.forfeit_vat == "supply" and any(credits.mapped("prepayment_is_request")):
            raise UserError(
                self.env._(
                    "The deposit of order %s was requested without VAT, so there is no VAT to keep. If VAT is due on "
                    "what is forfeited, refund the deposit and make an invoice of it with VAT.",
                    order.name,
                )
            )
        lines = []
        for credit in credits:
            for sale_line, cell, _quantity in credit._get_sale_line_cells():
                if self.forfeit_vat == "supply":
                    values = {
                        **sale_line._prepare_exact_values(cell, 1.0),
                        "tax_ids": [Command.set(sale_line.tax_ids.ids)],
                    }
                else:
                    values = {"quantity": 1.0, "price_unit": float(cell.total), "tax_ids": [Command.clear()]}
                lines.append(
                    Command.create({**values, "name": self._get_forfeit_text(), **self._get_forfeit_account()})
                )
        values = order.with_company(order.company_id)._prepare_invoice()
        move = credits.create({**values, "invoice_date": self.date, "ref": self.reason, "invoice_line_ids": lines})
        move.action_post()
        return move | move._settle_with_credits(credits)

    def _get_forfeit_text(self):
        lang = self.order_id._get_lang()
        return self.with_context(lang=lang).env._("Forfeited deposit of order %s", self.order_id.name)

    def _get_forfeit_account(self):
        account = self.company_id.sudo().prepayment_forfeit_account_id
        return {"account_id": account.id} if account else {}

    def _leave_trail(self, moves):
        self.ensure_one()
        order = self.order_id
        transfer = self.outcome == "transfer"
        self.env["prepayment.settlement"].sudo().create(
            {
                "order_id": order.id,
                "date": self.date,
                "user_id": self.env.uid,
                "outcome": self.outcome,
                "forfeit_vat": self.forfeit_vat if self.outcome == "forfeit" else False,
                "amount": self.amount,
                "target_order_id": self.target_order_id.id if transfer else False,
                "reason": self.reason,
                "move_ids": [Command.set(moves.ids)],
            }
        )
        text = self.env._(
            "%(outcome)s: %(amount)s of the deposits of order %(order)s%(target)s. %(reason)s (%(documents)s)",
            outcome=dict(self._fields["outcome"]._description_selection(self.env))[self.outcome],
            amount=format_amount(self.env, self.amount, self.currency_id),
            order=order.name,
            target=f" → {self.target_order_id.name}" if transfer else "",
            reason=self.reason,
            documents=", ".join(moves.mapped("name")),
        )
        for record in order | (self.target_order_id if transfer else order.browse()):
            record.message_post(body=text)
