from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_ledger_push(self):
        """Queue these contacts for the outside ledger of the company."""
        connection = self.env["transfer.connection"]._ledger_of_company(self.env.company)
        for partner in self.commercial_partner_id:
            log = connection._transfer_enqueue("contact_create", partner, connection._ledger_reference(partner))
            if log.state in ("failed", "ignored"):
                log._decide("retry")
        return connection._ledger_notification(
            self.env._("%(count)s contacts are on their way.", count=len(self.commercial_partner_id))
        )
