from odoo import Command, api, fields, models


class SubscriptionEnd(models.TransientModel):
    """Asked when a subscription is ended: proposes the earliest day and says why."""

    _name = "subscription.end"
    _description = "End a Subscription"

    subscription_id = fields.Many2one("subscription.subscription", required=True)
    date_earliest = fields.Date(string="Earliest Day", related="subscription_id.earliest_end")
    explanation = fields.Char(string="Because", related="subscription_id.earliest_end_reason")
    date_end = fields.Date(
        string="Last Day", compute="_compute_date_end", store=True, readonly=False, precompute=True, required=True
    )
    is_too_early = fields.Boolean(compute="_compute_is_too_early")
    may_override = fields.Boolean(compute="_compute_is_too_early")
    override_reason = fields.Char(string="Reason to End Earlier")
    has_charged_after = fields.Boolean(compute="_compute_has_charged_after")
    usage_after = fields.Integer(compute="_compute_usage_after", help="Recorded uses after the last day.")
    is_taken_back = fields.Boolean(
        string="Take Back What Is Charged After", help="A credit note, or less on the last invoice, by days."
    )

    @api.depends("subscription_id")
    def _compute_date_end(self):
        for wizard in self:
            today = (wizard.subscription_id.company_id or self.env.company)._subscription_today()
            wizard.date_end = wizard.subscription_id.earliest_end or today

    @api.depends("date_end", "date_earliest")
    def _compute_is_too_early(self):
        may_override = self.env["subscription.subscription"]._may_override_end()
        for wizard in self:
            wizard.is_too_early = bool(
                wizard.date_end and wizard.date_earliest and wizard.date_end < wizard.date_earliest
            )
            wizard.may_override = may_override

    @api.depends("date_end", "subscription_id")
    def _compute_usage_after(self):
        for wizard in self:
            wizard.usage_after = len(wizard.subscription_id._get_usage_after(wizard.date_end))

    @api.depends("date_end", "subscription_id")
    def _compute_has_charged_after(self):
        for wizard in self:
            wizard.has_charged_after = bool(wizard._get_lines_charged_after())

    def _get_lines_charged_after(self):
        """Standing lines that were charged for days after the last one."""
        day = self.date_end
        rows = self.subscription_id.sudo().period_ids.filtered(
            lambda row: day and row.state == "invoiced" and not (row.is_credit or row.is_one_off) and row.date_end > day
        )
        return self.subscription_id.line_ids & rows.line_id.filtered(lambda line: not line.ended_change_id)

    def action_confirm(self):
        for wizard in self:
            lines = wizard._get_lines_charged_after() if wizard.is_taken_back else None
            if lines:
                # the end is checked first: nothing is taken back when it is refused
                wizard.subscription_id._check_end(wizard.date_end, wizard.override_reason)
                rule = wizard.subscription_id.proration
                self.env["subscription.change"].create(
                    {
                        "subscription_id": wizard.subscription_id.id,
                        "date": fields.Date.add(wizard.date_end, days=1),
                        "proration": "30_360" if rule == "30_360" else "days",
                        "settlement": "now",
                        "line_ids": [Command.create({"action": "end", "line_id": line.id}) for line in lines],
                    }
                )._confirm(wizard.override_reason)
            wizard.subscription_id.action_close(wizard.date_end, wizard.override_reason)
