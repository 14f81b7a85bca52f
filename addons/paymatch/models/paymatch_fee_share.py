from odoo import fields, models


class PaymatchFeeShare(models.Model):
    """What of a provider's bill was paid already with a payout: the fee it kept back, and the VAT that waited."""

    _name = "paymatch.fee.share"
    _description = "Share of a Fee Bill"
    _inherit = ["system.fields.mixin"]
    _order = "bill_id, id"
    _check_company_auto = True

    bill_id = fields.Many2one(
        "account.move", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    entry_id = fields.Many2one(
        "account.move",
        string="Settled by",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    movement_id = fields.Many2one(
        "paymatch.report.movement",
        string="Payout",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    report_id = fields.Many2one(related="movement_id.report_id", store=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="movement_id.currency_id")
    fee_amount = fields.Monetary(string="Fee", readonly=True)
    vat_amount = fields.Monetary(string="VAT", readonly=True)

    _bill_movement_uniq = models.Constraint(
        "UNIQUE (bill_id, movement_id)", "The bill is settled with this payout already."
    )
