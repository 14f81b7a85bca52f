from odoo import api, fields, models
from odoo.exceptions import UserError

from ..formats import codes, responses
from ..models.nordic_einvoice_response import CODES, REASONS


class NordicEinvoiceAnswer(models.TransientModel):
    _name = "nordic.einvoice.answer"
    _description = "Answer the Vendor of an E-Document"

    document_id = fields.Many2one("nordic.einvoice.document", required=True, ondelete="cascade")
    is_oioubl = fields.Boolean(compute="_compute_is_oioubl")
    code = fields.Selection(CODES, string="Answer", required=True, default="AP")
    reason = fields.Selection(REASONS)
    text = fields.Text(string="Explanation")

    @api.depends("document_id")
    def _compute_is_oioubl(self):
        for wizard in self:
            wizard.is_oioubl = wizard.document_id.format == codes.OIOUBL

    def action_answer(self):
        self.ensure_one()
        if not responses.can_say(self.document_id.format, self.code):
            raise UserError(self.env._("OIOUBL knows only accepted and rejected."))
        self.document_id._answer(self.code, self.reason or "", self.text or "")
        return {"type": "ir.actions.act_window_close"}
