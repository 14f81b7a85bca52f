from odoo import fields, models

from ..const import CAUSES, LOG_STATES


class InvoiceStatusLog(models.Model):
    _name = "invoice.status.log"
    _description = "Invoice Status Log"
    _order = "date desc, id desc"
    _check_company_auto = True

    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    state_from = fields.Selection(LOG_STATES, string="From", readonly=True)
    state_to = fields.Selection(LOG_STATES, string="To", readonly=True)
    date = fields.Datetime(string="When", required=True, readonly=True, default=fields.Datetime.now)
    cause = fields.Selection(CAUSES, required=True, readonly=True)
    source = fields.Char(string="Caused by", readonly=True, help="The payment, bank line, person, file or channel.")
    user_id = fields.Many2one("res.users", readonly=True)

    def _compute_display_name(self):
        for log in self:
            log.display_name = f"{log.move_id.display_name}: {log.state_to or ''}"
