from odoo import fields, models


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    ledger_log_count = fields.Integer(string="Ledger Vouchers", compute="_compute_ledger_log_count")
    ledger_failed_count = fields.Integer(compute="_compute_ledger_log_count")
    ledger_has_connection = fields.Boolean(compute="_compute_ledger_has_connection")

    def _ledger_logs(self):
        return (
            self.env["transfer.log"]
            .sudo()
            .search(
                [
                    ("operation", "=", "voucher_create"),
                    ("res_model", "=", "account.move"),
                    ("res_id", "in", self.move_ids.ids),
                ]
            )
        )

    def _compute_ledger_log_count(self):
        for report in self:
            logs = report._ledger_logs()
            report.ledger_log_count = len(logs)
            report.ledger_failed_count = len(logs.filtered(lambda log: log.state in ("failed", "uncertain")))

    def _compute_ledger_has_connection(self):
        for report in self:
            report.ledger_has_connection = bool(report._ledger_voucher_connection())

    def action_ledger_push(self):
        """Queue the entries of these reports for the outside ledger; what failed is tried again."""
        for report in self.filtered("is_approved"):
            self.env["transfer.connection"]._ledger_of_company(report.company_id)  # tells what is missing
            report._ledger_push_entries(retries=True)
        return True

    def action_ledger_view_transfers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("transfer_log.transfer_log_action")
        action["domain"] = [("id", "in", self._ledger_logs().ids)]
        return action

    def _after_approve(self):
        # EXTENDS 'paymatch'
        res = super()._after_approve()
        self._ledger_push_entries()
        return res

    def _after_undo(self):
        # EXTENDS 'paymatch': the reversing entry follows the entry it takes back
        res = super()._after_undo()
        self._ledger_push_entries()
        return res

    def _ledger_voucher_connection(self):
        """The company's outside ledger, if it has exactly one and that takes vouchers."""
        self.ensure_one()
        connections = (
            self.env["transfer.connection"]
            .sudo()
            .search([("company_id", "=", self.company_id.id), ("is_ledger", "=", True)])
        )
        if len(connections) != 1 or "vouchers" not in connections._ledger_capabilities():
            return self.env["transfer.connection"]
        return connections

    def _ledger_push_entries(self, retries=False):
        """Queue every posted entry of this report, each once."""
        self.ensure_one()
        connection = self._ledger_voucher_connection()
        if not connection:
            return
        for move in self.move_ids.filtered(lambda move: move.state == "posted").sorted("id"):
            move._ledger_paid_there(connection)
            log = connection._transfer_enqueue("voucher_create", move, connection._ledger_reference(move))
            if retries and log.state in ("failed", "ignored"):
                log._decide("retry")
