from odoo import api, fields, models
from odoo.exceptions import UserError

# what may be linked anew: it is found again, and books nothing
UNLINKABLE = ("contact", "supplier", "product")


class LedgerLink(models.Model):
    """Which record over there is which record here. Unique both ways: the last wall against doubles."""

    _name = "ledger.link"
    _description = "Link to an Outside Ledger"
    _order = "id desc"
    _rec_name = "remote_number"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    remote_type = fields.Selection(
        [
            ("contact", "Contact"),
            ("supplier", "Vendor"),
            ("product", "Product"),
            ("invoice", "Invoice"),
            ("credit_note", "Credit note"),
            ("bill", "Vendor bill"),
            ("bill_credit_note", "Vendor credit note"),
            ("voucher", "Voucher"),
        ],
        required=True,
    )
    res_model = fields.Char(string="Document Model", required=True)
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model", required=True)
    document_name = fields.Char(string="Document", compute="_compute_document_name")
    remote_id = fields.Char(string="Remote ID", required=True)
    remote_number = fields.Char(string="Number There")
    remote_stamp = fields.Char(readonly=True, help="When the document was last changed there, as told there.")
    remote_open = fields.Char(readonly=True, help="What was open of it there then.")
    contact_snapshot = fields.Text(
        readonly=True, help="Fields of a contact or product when both sides were last in step."
    )
    log_id = fields.Many2one("transfer.log", string="Transfer", ondelete="restrict")

    _record_uniq = models.Constraint(
        "UNIQUE (connection_id, res_model, res_id, remote_type)",
        "This document is already linked to a record of the outside ledger.",
    )
    _remote_uniq = models.Constraint(
        "UNIQUE (connection_id, remote_type, remote_id)",
        "This record of the outside ledger is already linked to another document.",
    )

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        for link in self:
            record = link.res_model in self.env and self.env[link.res_model].browse(link.res_id).exists()
            link.document_name = record.sudo().display_name if record else f"{link.res_model},{link.res_id}"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        if any(link.remote_type not in UNLINKABLE for link in self):
            raise UserError(self.env._("The link of a booked document is kept: without it, it could be pushed again."))

    def action_open_document(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
