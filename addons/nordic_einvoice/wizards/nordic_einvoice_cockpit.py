from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..const import CHANNELS

MAX_INVOICES = 1000


class NordicEinvoiceCockpit(models.TransientModel):
    """Many invoices, one button: each with its channel and the reason."""

    _name = "nordic.einvoice.cockpit"
    _description = "Send Invoices"

    line_ids = fields.One2many("nordic.einvoice.cockpit.line", "cockpit_id", string="Invoices")
    send_date = fields.Date(
        string="Send On",
        required=True,
        default=lambda self: fields.Date.context_today(self),
        help="Later than today: they wait in the list and can be recalled until then.",
    )
    summary = fields.Char(compute="_compute_summary")
    is_cut = fields.Boolean(readonly=True)
    has_problem = fields.Boolean(compute="_compute_summary")
    has_warning = fields.Boolean(compute="_compute_summary")

    @api.depends_context("lang")
    def _compute_display_name(self):
        for cockpit in self:
            cockpit.display_name = self.env._("Send Invoices")

    @api.depends("line_ids.channel", "line_ids.problem", "line_ids.warning")
    def _compute_summary(self):
        labels = dict(self.env["nordic.einvoice.cockpit.line"]._fields["channel"]._description_selection(self.env))
        for cockpit in self:
            ready = cockpit.line_ids.filtered(lambda line: not line.problem)
            counts = [
                f"{labels[code]}: {len(ready.filtered(lambda line, code=code: line.channel == code))}"
                for code, _label in CHANNELS
                if code in ready.mapped("channel")
            ]
            stopped = len(cockpit.line_ids) - len(ready)
            if stopped:
                counts.append(self.env._("Stopped: %s", stopped))
            cockpit.summary = " · ".join(counts)
            cockpit.has_problem = bool(stopped)
            cockpit.has_warning = any(cockpit.line_ids.mapped("warning"))

    @api.model
    def action_open_all(self):
        """Everything of the company that is posted and not sent."""
        moves = self.env["account.move"].search(
            self.env["account.move"]._einvoice_to_send_domain(self.env.company),
            order="invoice_date, id",
            limit=MAX_INVOICES + 1,
        )
        return self._open(moves)

    @api.model
    def _open(self, moves):
        moves = moves.filtered(
            lambda move: move.state == "posted" and move.move_type in ("out_invoice", "out_refund")
        ).filtered(lambda move: not any(one.is_living for one in move.einvoice_dispatch_ids))
        if not moves:
            raise UserError(self.env._("There is nothing to send: no posted invoice that is not sent yet."))
        cut = len(moves) > MAX_INVOICES
        moves = moves[:MAX_INVOICES]
        ways = moves._einvoice_ways(is_asking=True)
        cockpit = self.create(
            {
                "is_cut": cut,
                "line_ids": [
                    Command.create({"move_id": move.id, "channel": way.channel}) for move, way in ways.items()
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Invoices"),
            "res_model": self._name,
            "res_id": cockpit.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_send(self):
        """Plan them all; what has a problem is listed with it. Nothing leaves in this transaction."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("There is no invoice in the list."))
        if self.send_date < fields.Date.context_today(self):
            raise UserError(self.env._("The day of sending is over. Choose today or later."))
        moves = self.line_ids.move_id
        moves.lock_for_update()
        ways = moves._einvoice_ways({line.move_id: line.channel for line in self.line_ids})
        dispatches = self.env["nordic.einvoice.dispatch"]._plan(ways, self.send_date)
        action = self.env["ir.actions.act_window"]._for_xml_id("nordic_einvoice.nordic_einvoice_dispatch_action")
        return action | {"domain": [("id", "in", dispatches.ids)], "context": {}}


class NordicEinvoiceCockpitLine(models.TransientModel):
    _name = "nordic.einvoice.cockpit.line"
    _description = "Invoice to Send"

    cockpit_id = fields.Many2one("nordic.einvoice.cockpit", required=True, ondelete="cascade", index=True)
    move_id = fields.Many2one("account.move", string="Invoice", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.partner_id")
    invoice_date = fields.Date(related="move_id.invoice_date")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_total = fields.Monetary(related="move_id.amount_total")
    channel = fields.Selection(CHANNELS, required=True)
    reason = fields.Text(string="Why", compute="_compute_way")
    problem = fields.Text(string="What Stops It", compute="_compute_way")
    warning = fields.Text(string="Note", compute="_compute_way")

    @api.depends("move_id", "channel")
    @api.depends_context("lang")
    def _compute_way(self):
        ways = self.move_id._einvoice_ways({line.move_id: line.channel for line in self})
        for line in self:
            way = ways.get(line.move_id)
            line.reason, line.problem, line.warning = (way.reason, way.problem, way.warning) if way else ("", "", "")
