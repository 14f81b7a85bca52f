from odoo import api, fields, models


class LedgerPush(models.Model):
    """One click on many invoices, and what became of each."""

    _name = "ledger.push"
    _description = "Push to an Outside Ledger"
    _order = "id desc"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    user_id = fields.Many2one("res.users", string="By", required=True)
    is_trial = fields.Boolean(string="Trial")
    line_ids = fields.One2many("ledger.push.line", "push_id", string="Invoices")
    invoice_count = fields.Integer(string="Number of Invoices", compute="_compute_counts")
    done_count = fields.Integer(string="Gone Over", compute="_compute_counts")
    there_count = fields.Integer(
        string="There Before",
        compute="_compute_counts",
        help="Was there or on its way already when it was pushed: nothing was sent again.",
    )
    waiting_count = fields.Integer(string="On Their Way", compute="_compute_counts")
    stopped_count = fields.Integer(string="Stopped", compute="_compute_counts")

    @api.depends("connection_id", "create_date", "is_trial")
    def _compute_display_name(self):
        for push in self:
            moment = fields.Datetime.context_timestamp(push, push.create_date) if push.create_date else False
            parts = [push.connection_id.name or "", moment.strftime("%Y-%m-%d %H:%M") if moment else ""]
            if push.is_trial:
                parts.append(self.env._("trial"))
            push.display_name = " ".join(filter(None, parts))

    @api.depends("line_ids.state", "line_ids.was_there")
    def _compute_counts(self):
        for push in self:
            fresh = push.line_ids.filtered(lambda line: not line.was_there)
            states = fresh.mapped("state")
            push.invoice_count = len(push.line_ids)
            push.there_count = len(push.line_ids - fresh)
            push.done_count = states.count("done")
            push.waiting_count = states.count("waiting")
            push.stopped_count = states.count("stopped")

    def action_view_lines(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ledger_bridge.ledger_push_line_action")
        action["domain"] = [("push_id", "in", self.ids)]
        action["context"] = {}
        return action


class LedgerPushLine(models.Model):
    _name = "ledger.push.line"
    _description = "Invoice of a Push"
    _order = "push_id desc, id"
    _rec_name = "move_id"
    _check_company_auto = True

    push_id = fields.Many2one("ledger.push", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="push_id.company_id", store=True)
    is_trial = fields.Boolean(related="push_id.is_trial")
    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    invoice_date = fields.Date(related="move_id.invoice_date")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_total = fields.Monetary(related="move_id.amount_total_in_currency_signed", string="Total")
    log_id = fields.Many2one("transfer.log", string="Transfer", ondelete="cascade")
    log_state = fields.Selection(related="log_id.state", string="State of the Transfer")
    was_there = fields.Boolean(string="Was There Already")
    warning = fields.Text(string="Cannot Be Said There", readonly=True)
    state = fields.Selection(
        [("waiting", "On its way"), ("done", "In order"), ("there", "There before"), ("stopped", "Stopped")],
        compute="_compute_state",
        string="Result",
    )
    remote_number = fields.Char(related="move_id.ledger_number", string="Number There")
    message = fields.Text(compute="_compute_state", string="Reason")

    @api.depends("log_state", "log_id.error_message", "log_id.advice", "was_there", "is_trial", "warning")
    def _compute_state(self):
        states = {"done": "done", "failed": "stopped", "ignored": "stopped"}
        for line in self:
            log = line.log_id.sudo()
            # linked without a transfer of its own: adopted
            line.state = states.get(log.state, "waiting") if log else "done"
            if line.was_there and line.state == "done":
                line.state = "there"
            if log.error_message:
                line.message = "\n".join(filter(None, (log.error_message, log.advice)))
            elif line.was_there:
                line.message = self.env._("Was there or on its way already: nothing was sent again.")
            elif line.is_trial and line.state == "done":
                line.message = self.env._("Trial: the amounts agree, nothing was made.")
            else:
                line.message = line.warning

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()

    def action_view_transfer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "transfer.log",
            "res_id": self.log_id.id,
            "view_mode": "form",
        }
