from odoo import fields, models

from ..const import AGREEMENT_STATES, ENDED_BY, LOG_EVENTS

#: Says that the caller writes the history itself. No value that comes over RPC is this object.
OWN_LOG = object()


class BetalingsserviceAgreementLog(models.Model):
    """What happened to an agreement, when, and what told us. Written by the program, never changed."""

    _name = "betalingsservice.agreement.log"
    _description = "Betalingsservice Agreement History"
    _order = "id desc"
    _check_company_auto = True

    agreement_id = fields.Many2one(
        "betalingsservice.agreement", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="agreement_id.company_id", store=True, index=True)
    date = fields.Date(readonly=True, help="The day it took effect, as Betalingsservice or the user said.")
    event = fields.Selection(LOG_EVENTS, required=True, readonly=True)
    state_from = fields.Selection(AGREEMENT_STATES, string="From", readonly=True)
    state_to = fields.Selection(AGREEMENT_STATES, string="To", readonly=True)
    ended_by = fields.Selection(ENDED_BY, readonly=True)
    mandate_number = fields.Char(string="Mandate", readonly=True)
    text = fields.Char(string="What Changed", readonly=True)
    delivery_id = fields.Many2one(
        "betalingsservice.delivery", string="File", readonly=True, ondelete="restrict", check_company=True
    )
    line_number = fields.Integer(string="Line in the File", readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, default=lambda self: self.env.uid)
