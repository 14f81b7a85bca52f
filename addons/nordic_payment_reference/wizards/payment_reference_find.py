from odoo import api, fields, models


class PaymentReferenceFind(models.TransientModel):
    """Which invoice is meant by what a payer or a bank wrote."""

    _name = "payment.reference.find"
    _description = "Find Invoice by Reference"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    text = fields.Char(
        string="Payment Line or Bank Text",
        help="As typed, scanned or pasted: a payment line, ID, KID, OCR or reference number, or the whole bank text.",
    )
    move_ids = fields.Many2many("account.move", string="Invoices", compute="_compute_move_ids")
    explanation = fields.Char(compute="_compute_move_ids")

    @api.depends("text", "company_id")
    def _compute_move_ids(self):
        Move = self.env["account.move"]
        for find in self:
            find.move_ids, find.explanation = Move, False
            if (find.text or "").strip():
                find.move_ids, find.explanation = Move._look_up_payment_reference(find.text, find.company_id)

    def action_find(self):
        """Look again; with just one invoice, open it."""
        self.ensure_one()
        if len(self.move_ids) == 1:
            return {
                "type": "ir.actions.act_window",
                "res_model": "account.move",
                "res_id": self.move_ids.id,
                "view_mode": "form",
                "views": [(self.env.ref("account.view_move_form").id, "form")],
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Find Invoice by Reference"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
