from odoo import Command, api, fields, models
from odoo.exceptions import LockError, UserError


class PaymatchOffset(models.TransientModel):
    """What is owed to a customer pays his open invoices, the oldest first."""

    _name = "paymatch.offset"
    _description = "Offset Against Invoices"

    credit_ids = fields.Many2many("account.move.line", string="Owed", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", compute="_compute_credit")
    company_id = fields.Many2one("res.company", compute="_compute_credit")
    currency_id = fields.Many2one("res.currency", compute="_compute_credit")
    credit_amount = fields.Monetary(string="Owed to the Customer", compute="_compute_credit")
    row_ids = fields.One2many(
        "paymatch.offset.row", "offset_id", compute="_compute_row_ids", store=True, readonly=False
    )
    used_amount = fields.Monetary(string="Will Be Offset", compute="_compute_amounts")
    left_amount = fields.Monetary(string="Still Owed", compute="_compute_amounts")

    @api.depends("credit_ids.amount_residual_currency")
    def _compute_credit(self):
        for offset in self:
            owed = offset.credit_ids
            offset.partner_id = owed[:1].partner_id.commercial_partner_id
            offset.company_id = owed[:1].company_id
            offset.currency_id = owed[:1].currency_id
            offset.credit_amount = -sum(owed.mapped("amount_residual_currency"))

    @api.depends("credit_ids")
    def _compute_row_ids(self):
        for offset in self:
            left, rows = offset.credit_amount, []
            for item in offset._open_items():
                rows.append(Command.create({"item_id": item.id, "is_chosen": left > 0}))
                left -= item.amount_residual_currency
            offset.row_ids = [Command.clear(), *rows]

    def _open_items(self):
        """The customer's open receivables on the account and in the currency of what is owed, by due date."""
        self.ensure_one()
        owed = self.credit_ids
        return self.env["account.move.line"].search(
            [
                ("company_id", "=", owed.company_id.id),
                ("partner_id.commercial_partner_id", "=", owed.partner_id.commercial_partner_id.id),
                ("account_id", "=", owed.account_id.id),
                ("currency_id", "=", owed.currency_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
            ],
            order="date_maturity, date, id",
        )

    @api.depends("credit_amount", "row_ids.is_chosen")
    def _compute_amounts(self):
        for offset in self:
            chosen = sum(offset.row_ids.filtered("is_chosen").mapped("amount"))
            offset.used_amount = min(chosen, offset.credit_amount)
            offset.left_amount = offset.credit_amount - offset.used_amount

    def action_offset(self):
        """Reconcile the chosen invoices with what is owed.

        :raises UserError: nothing chosen, somebody else is at it, or the items were closed meanwhile
        """
        self.ensure_one()
        items = self.row_ids.filtered("is_chosen").item_id
        if not items:
            raise UserError(self.env._("Choose at least one invoice."))
        self.env["paymatch.report"].check_access("write")
        try:
            (self.credit_ids | items).sudo().lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(self.env._("Somebody else is working with these items. Try again in a moment.")) from error
        (self.credit_ids | items).check_access("read")
        self.credit_ids._paymatch_credits()
        if items - self._open_items():
            raise UserError(self.env._("An invoice was paid or changed meanwhile. Open the list again."))
        # one after the other: reconciled together, core has an order of its own
        for item in items:
            owed = self.credit_ids.filtered(lambda credit: not credit.reconciled)
            if owed:
                (owed | item).sudo().reconcile()
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class PaymatchOffsetRow(models.TransientModel):
    """An open invoice of the customer."""

    _name = "paymatch.offset.row"
    _description = "Open Invoice to Offset"

    offset_id = fields.Many2one("paymatch.offset", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="item_id.currency_id")
    item_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    move_id = fields.Many2one(related="item_id.move_id", string="Invoice")
    date = fields.Date(related="item_id.date")
    date_maturity = fields.Date(related="item_id.date_maturity", string="Due")
    amount = fields.Monetary(related="item_id.amount_residual_currency", string="Open")
    is_chosen = fields.Boolean(string="Pay")
