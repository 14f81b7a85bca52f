from odoo import api, models
from odoo.exceptions import UserError


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "voucher_create": self.env._("Voucher for money received"),
        }

    def _ledger_takes_payment(self, item):
        # EXTENDS 'ledger_bridge': an entry that went over as it was has settled the customer there already, but for
        # what was registered as a payment there and may be so again
        if self._transfer_get(self._ledger_reference(item.move_id)):
            domain = [("connection_id", "=", self.id), ("line_id", "=", item.id)]
            if not self.env["ledger.payment"].sudo().search_count(domain, limit=1):
                return False
        return super()._ledger_takes_payment(item)

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if log.operation != "voucher_create" or not self.is_ledger:
            return super()._transfer_execute(log)
        move = self.env[log.res_model].browse(log.res_id).exists()
        if not move:
            raise UserError(self.env._("The document no longer exists."))
        return self._ledger_push_voucher(move._ledger_prepare_voucher(self))

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge'
        if log.operation != "voucher_create" or not self.is_ledger:
            return super()._transfer_lookup(log)
        move = self.env[log.res_model].browse(log.res_id)
        return self._ledger_find_voucher(move._ledger_prepare_voucher(self))

    def _transfer_done(self, log, result):
        # EXTENDS 'ledger_bridge'
        res = super()._transfer_done(log, result)
        if log.operation == "voucher_create" and self.is_ledger:
            move = self.env[log.res_model].browse(log.res_id)
            self._ledger_store_link(move, "voucher", result["remote_id"], result.get("number"), log)
        return res
