from odoo import models


class PaymatchGatewayPayment(models.Model):
    _inherit = "paymatch.gateway.payment"

    def _epay_match_again(self):
        """Match the reports again that wait with a line of one of these numbers."""
        numbers = self.mapped("provider_reference")
        if not numbers:
            return
        lines = self.env["paymatch.report.line"].search(
            [
                ("company_id", "in", self.company_id.ids),
                ("report_id.state", "=", "matched"),
                "|",
                "|",
                ("provider_reference", "in", numbers),
                ("related_reference", "in", numbers),
                ("order_reference", "in", numbers),
            ]
        )
        lines.report_id.action_match()
