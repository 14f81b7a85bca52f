from dataclasses import asdict

from odoo import api, models

from .transfer_connection import INVOICE_OPERATIONS

CONTACT_FIELDS = ("name", "vat", "street", "street2", "zip", "city", "email", "phone", "is_company")


class TransferConnection(models.Model):
    """What the log shows of an outside ledger: our form beside theirs, and when it runs."""

    _inherit = "transfer.connection"

    def _transfer_source(self, log):
        # EXTENDS 'transfer_log'
        if self.kind not in self._ledger_kinds():
            return super()._transfer_source(log)
        record = self.env[log.res_model].browse(log.res_id).exists() if log.res_model in self.env else None
        if record and log.operation in INVOICE_OPERATIONS:
            return asdict(record._ledger_prepare_invoice(self))
        if record and log.operation == "contact_create":
            values = {name: record[name] or None for name in CONTACT_FIELDS}
            return values | {"country": record.country_id.code or None}
        return super()._transfer_source(log)

    def _transfer_can_resend(self, log):
        # EXTENDS 'transfer_log': only where our own ids are taken, so that what is sent again keeps its link
        if self.kind not in self._ledger_kinds():
            return super()._transfer_can_resend(log)
        return log.operation in INVOICE_OPERATIONS and "caller_ids" in self._ledger_capabilities()

    @api.model
    def _transfer_crons(self):
        # EXTENDS 'transfer_log'
        crons = super()._transfer_crons()
        ours = ("ledger_bridge.ir_cron_ledger_compare", "ledger_bridge.ir_cron_ledger_payments")
        return crons | {kind: [*crons.get(kind, ()), *ours] for kind in self._ledger_kinds()}
