from odoo import api, fields, models
from odoo.exceptions import UserError

from .transfer_connection import LOOK_UP

#: Transactions asked for at once; more come with the list of days.
MOST = 200


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    epay_can_ask = fields.Boolean(compute="_compute_epay_can_ask")

    @api.depends("state", "company_id")
    def _compute_epay_can_ask(self):
        connections = self.env["transfer.connection"].sudo()
        companies = connections.search([("kind", "=", "epay"), ("is_paused", "=", False)]).company_id
        for report in self:
            report.epay_can_ask = report.state == "matched" and report.company_id in companies

    def action_epay_ask(self):
        """Button: ask ePay which orders the undecided transactions belong to; the answers come in the background."""
        self.ensure_one()
        self.check_access("write")
        connection = self.env["transfer.connection"].search(
            [("kind", "=", "epay"), ("is_paused", "=", False), ("company_id", "=", self.company_id.id)], limit=1
        )
        numbers = self._epay_numbers()
        if not connection or not numbers:
            raise UserError(self.env._("No undecided line of %s has a number ePay could know.", self.name))
        day = fields.Date.context_today(self)
        for number in numbers[:MOST]:
            connection._epay_enqueue(LOOK_UP, f"transaction:{number}:{day}", self)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "ePay is asked for %s transactions. What it knows is matched by itself.", len(numbers[:MOST])
                ),
            },
        }

    def _epay_numbers(self):
        """Numbers of undecided lines which may be transactions of ePay, none that is known already."""
        numbers = {
            number
            for line in self._undecided_lines()
            for number in self._gateway_numbers(line)
            if number.isascii() and number.isdigit() and 4 < len(number) <= 18
        }
        known = self.env["paymatch.gateway.payment"].search(
            [("company_id", "=", self.company_id.id), ("provider_reference", "in", list(numbers))]
        )
        return sorted(numbers - set(known.mapped("provider_reference")))
