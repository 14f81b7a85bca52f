from odoo import api, models

from .betalingsservice_part import Part


class AccountMove(models.Model):
    """An invoice paid in instalments is drawn in instalments: each receivable item is claimed once, on its own day."""

    _inherit = "account.move"

    def _betalingsservice_receivables(self):
        """What the document is owed by, in the order it is due; several items: instalments."""
        receivables = self.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        return receivables.sorted(lambda item: (item.date_maturity or item.date, item.id))

    def _betalingsservice_whole(self):
        """The document as one ``Part``."""
        self.ensure_one()
        return Part(self, self.env["account.move.line"])

    def _betalingsservice_parts(self):
        """What is drawn of the invoice: the whole, or its instalments."""
        self.ensure_one()
        receivables = self._betalingsservice_receivables()
        if len(receivables) < 2:
            return [self._betalingsservice_whole()]
        return [Part(self, item) for item in receivables]

    def _betalingsservice_unclaimed(self):
        """The open parts no collection has."""
        self.ensure_one()
        lines = self.betalingsservice_line_ids.filtered(lambda line: line._claims())
        if lines.filtered(lambda line: not line.instalment_id):
            return []  # claimed as a whole
        claimed = [line._part() for line in lines]
        return [
            part
            for part in self._betalingsservice_parts()
            if part not in claimed and not self.currency_id.is_zero(part.amount)
        ]

    @api.model
    def _betalingsservice_partly_claimed(self, company):
        """Invoices of which an instalment waits without a collection, while another has one."""
        lines = self.env["betalingsservice.collection.line"].search(
            [
                ("company_id", "=", company.id),
                ("instalment_id.amount_residual_currency", ">", 0),
                ("move_id.state", "=", "posted"),
                ("is_active", "=", False),
                "|",
                ("is_withdrawn", "=", True),
                ("collection_id.is_stopped", "=", True),
            ]
        )
        return lines.move_id
