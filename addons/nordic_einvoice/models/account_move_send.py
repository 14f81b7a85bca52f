from odoo import api, models

from ..const import NETWORKS

#: formats of core that our own documents stand for
OUR_FORMATS = ("ubl_bis3", "oioubl_201", "oioubl_21")


class AccountMoveSend(models.AbstractModel):
    """One sender per company: our documents through our queue, whatever transport it has. Core's ways of sending
    would write core's own documents, and an invoice could leave twice."""

    _inherit = "account.move.send"

    def _is_applicable_to_company(self, method, company):
        # EXTENDS 'account'
        if method in NETWORKS and company._einvoice_is_ours():
            return False
        return super()._is_applicable_to_company(method, company)

    def _is_applicable_to_move(self, method, move, **move_data):
        # EXTENDS 'account'
        if method in NETWORKS and move.company_id._einvoice_is_ours():
            return False
        return super()._is_applicable_to_move(method, move, **move_data)

    @api.model
    def _get_default_invoice_edi_format(self, move, **kwargs):
        # EXTENDS 'account': a mail carries the PDF; core's file of the same invoice would say something else
        chosen = super()._get_default_invoice_edi_format(move, **kwargs)
        return False if chosen in OUR_FORMATS and move.company_id._einvoice_is_ours() else chosen

    def _get_alerts(self, moves, moves_data):
        # EXTENDS 'account': no advice to send a second time through Odoo's registration
        alerts = super()._get_alerts(moves, moves_data)
        if all(company._einvoice_is_ours() for company in moves.company_id):
            alerts = {name: alert for name, alert in alerts.items() if not name.startswith("account_peppol_")}
        return alerts
