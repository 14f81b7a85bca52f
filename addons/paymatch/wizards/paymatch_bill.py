from odoo import api, fields, models
from odoo.exceptions import UserError

from ..plan import combine


class PaymatchBill(models.TransientModel):
    """Settle a provider's bill with the payouts its fees were kept back from."""

    _name = "paymatch.bill"
    _description = "Settle a Bill With Payouts"

    bill_id = fields.Many2one("account.move", required=True, readonly=True)
    company_id = fields.Many2one(related="bill_id.company_id")
    currency_id = fields.Many2one(related="bill_id.currency_id")
    provider_ids = fields.Many2many("paymatch.provider", compute="_compute_provider_ids")
    movement_ids = fields.Many2many(
        "paymatch.report.movement",
        string="Payouts",
        compute="_compute_movement_ids",
        store=True,
        readonly=False,
        domain="[('provider_id', 'in', provider_ids), ('move_id', '!=', False), ('fee_open_amount', '>', 0),"
        " ('company_id', '=', company_id)]",
        help="Those whose waiting VAT makes the VAT of the bill are chosen already.",
    )
    bill_untaxed_amount = fields.Monetary(string="Bill Without VAT", related="bill_id.amount_untaxed")
    bill_tax_amount = fields.Monetary(string="VAT of the Bill", related="bill_id.amount_tax")
    bill_open_amount = fields.Monetary(string="Open on the Bill", related="bill_id.amount_residual")
    vat_amount = fields.Monetary(string="VAT That Waits", compute="_compute_amounts")
    fee_amount = fields.Monetary(string="Fees Kept Back", compute="_compute_amounts")
    rest_amount = fields.Monetary(string="Left to Pay", compute="_compute_amounts")
    problem = fields.Char(compute="_compute_amounts")

    @api.depends("bill_id")
    def _compute_provider_ids(self):
        for wizard in self:
            wizard.provider_ids = self.env["paymatch.provider"].search(
                [
                    ("company_id", "=", wizard.bill_id.company_id.id),
                    ("currency_id", "=", wizard.bill_id.currency_id.id),
                    ("partner_id.commercial_partner_id", "=", wizard.bill_id.commercial_partner_id.id),
                ]
            )

    @api.depends("bill_id")
    def _compute_movement_ids(self):
        for wizard in self:
            waiting = self.env["paymatch.report.movement"].search(
                [
                    ("provider_id", "in", wizard.provider_ids.ids),
                    ("fee_vat_open_amount", ">", 0),
                    ("fee_open_amount", ">", 0),
                    ("move_id", "!=", False),
                    ("date", "<=", wizard.bill_id.invoice_date),
                ],
                order="date desc, id desc",
            )
            wizard.movement_ids = wizard._choose(waiting)

    def _choose(self, waiting):
        """All that wait where they make the bill's VAT, else the only choice that does, else nothing."""
        vat = self.bill_id._paymatch_cents(self.bill_id.amount_tax)
        cents = [self.bill_id._paymatch_cents(movement.fee_vat_open_amount) for movement in waiting]
        if vat and sum(cents) == vat:
            return waiting
        choice = combine.unique_subset(cents[: combine.MOST], vat)
        return waiting.browse([waiting[at].id for at in choice or ()])

    @api.depends("movement_ids")
    def _compute_amounts(self):
        for wizard in self:
            bill, movements = wizard.bill_id, wizard.movement_ids._origin
            wizard.vat_amount = sum(movements.mapped("fee_vat_open_amount"))
            wizard.fee_amount, wizard.problem = 0, False
            try:
                if movements:
                    shares = bill._paymatch_shares(
                        bill._paymatch_cents(bill.amount_untaxed), bill._paymatch_cents(bill.amount_tax), movements
                    )
                    wizard.fee_amount = bill._paymatch_amount(sum(shares))
                else:
                    wizard.problem = self.env._("Choose the payouts the bill is for.")
            except UserError as error:
                wizard.problem = str(error)
            wizard.rest_amount = wizard.bill_open_amount - wizard.fee_amount - wizard.vat_amount

    def action_settle(self):
        self.ensure_one()
        if not self.movement_ids:
            raise UserError(self.env._("Choose the payouts the bill is for."))
        self.bill_id._paymatch_settle(self.movement_ids)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
