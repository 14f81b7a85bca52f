from odoo import fields, models
from odoo.exceptions import UserError


class BetalingsserviceDiscard(models.TransientModel):
    """What a person says before a written delivery is thrown away."""

    _name = "betalingsservice.discard"
    _description = "Discard a Delivery"

    delivery_id = fields.Many2one("betalingsservice.delivery", required=True, readonly=True, ondelete="cascade")
    payment_count = fields.Integer(related="delivery_id.payment_count", string="Collections")
    amount_total = fields.Monetary(related="delivery_id.amount_total")
    currency_id = fields.Many2one(related="delivery_id.currency_id")
    download_date = fields.Datetime(related="delivery_id.download_date")
    download_user_id = fields.Many2one(related="delivery_id.download_user_id")
    reason = fields.Char(required=True)
    is_not_handed_over = fields.Boolean(string="The operator has not got the file and will not get it")

    def action_confirm(self):
        self.ensure_one()
        if not self.is_not_handed_over:
            raise UserError(
                self.env._(
                    "Confirm that the operator has not got %(name)s. If it was handed over, press “Mark as Sent” on it "
                    "instead.",
                    name=self.delivery_id.name,
                )
            )
        self.delivery_id._discard(self.reason)
        return {"type": "ir.actions.act_window_close"}
