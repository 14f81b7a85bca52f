from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class BetalingsserviceDiscard(models.TransientModel):
    """What a person says before a written delivery is thrown away."""

    _name = "betalingsservice.discard"
    _description = "Discard a Delivery"

    delivery_id = fields.Many2one("betalingsservice.delivery", required=True, readonly=True, ondelete="cascade")
    payment_count = fields.Integer(related="delivery_id.payment_count", string="Collections")
    amount_total = fields.Monetary(related="delivery_id.amount_total")
    currency_id = fields.Many2one(related="delivery_id.currency_id")
    download_text = fields.Text(string="Downloaded", compute="_compute_download_text")
    reason = fields.Char(required=True)
    is_not_handed_over = fields.Boolean(string="The operator has not got the file and will not get it")

    @api.depends("delivery_id")
    def _compute_download_text(self):
        for wizard in self:
            delivery = wizard.delivery_id
            wizard.download_text = delivery.download_date and self.env._(
                "The file was downloaded on %(date)s by %(user)s. If it was handed to the operator, every payer in it "
                "would be drawn twice. Ask first.",
                date=format_datetime(self.env, delivery.download_date),
                user=delivery.download_user_id.name,
            )

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
