from odoo import api, fields, models
from odoo.exceptions import UserError


class SubscriptionReminderSend(models.TransientModel):
    """The reminders to be: who gets them and for what, and which are not sent and why."""

    _name = "subscription.reminder.send"
    _description = "Remind of Invoices"

    line_ids = fields.One2many("subscription.reminder.send.line", "wizard_id", string="Invoices")
    currency_id = fields.Many2one("res.currency", default=lambda self: self.env.company.currency_id)
    count = fields.Integer(string="Reminders", compute="_compute_amounts")
    amount_open = fields.Monetary(string="Open", compute="_compute_amounts")

    @api.depends("line_ids.is_selected", "line_ids.obstacle")
    def _compute_amounts(self):
        for wizard in self:
            moves = wizard.line_ids.filtered(lambda line: line.is_selected and not line.obstacle).move_id
            wizard.count = len(moves)
            wizard.amount_open = sum(moves.mapped("amount_residual_signed"))

    @api.model
    def _make(self, moves):
        """The window for these invoices; what must not be reminded of says why."""
        if len(moves.company_id) > 1:
            raise UserError(self.env._("These are invoices of several companies. Choose those of one company."))
        return self.create(
            {
                "currency_id": moves.company_id.currency_id.id,
                "line_ids": [(0, 0, {"move_id": move.id}) for move in moves],
            }
        )

    def action_send(self):
        """Send what is chosen and may be sent. What has changed since the window was opened is looked at again."""
        self.ensure_one()
        moves = self.line_ids.filtered("is_selected").move_id
        moves.check_access("write")
        # whoever is paid, drawn or reminded meanwhile is left out; two users at once wait for each other
        moves = moves.try_lock_for_update(allow_referencing=True)
        ready = moves.filtered(lambda move: not move._get_reminder_obstacle())
        if not ready:
            raise UserError(self.env._("There is no reminder to send."))
        ready._send_subscription_reminder()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Reminders sent: %s", len(ready)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class SubscriptionReminderSendLine(models.TransientModel):
    _name = "subscription.reminder.send.line"
    _description = "Invoice to Be Reminded Of"

    wizard_id = fields.Many2one("subscription.reminder.send", required=True, ondelete="cascade")
    is_selected = fields.Boolean(string="Send", default=True)
    move_id = fields.Many2one("account.move", string="Invoice", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    email = fields.Char(string="To", compute="_compute_reminder")
    date_due = fields.Date(related="move_id.invoice_date_due", string="Due")
    days = fields.Integer(string="Days Overdue", compute="_compute_reminder")
    number = fields.Integer(string="Reminder No.", compute="_compute_reminder")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_open = fields.Monetary(related="move_id.amount_residual", string="Open")
    obstacle = fields.Char(string="Not Sent Because", compute="_compute_reminder")

    @api.depends("move_id")
    def _compute_reminder(self):
        for line in self:
            move = line.move_id
            line.email = move._get_reminder_partner().email
            line.days = move._get_reminder_days()
            line.number = len(move.subscription_reminder_ids) + 1
            line.obstacle = move._get_reminder_obstacle()
