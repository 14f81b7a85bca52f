from odoo import api, fields, models

#: Amounts that differ by less are the same; they are rounded to their currency when they are stored.
SAME = 1e-6


class SubscriptionBillingRunLine(models.Model):
    """One subscription and payer in a run: first the preview, then the queue, in the end the history."""

    _name = "subscription.billing.run.line"
    _description = "Line of a Billing Run"
    _inherit = ["subscription.proof.mixin"]
    _order = "run_id desc, id"

    run_id = fields.Many2one("subscription.billing.run", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True, precompute=True, index=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", ondelete="restrict")
    unit = fields.Integer(
        index=True, readonly=True, help="Lines of the same number come on the same invoices; empty: a line by itself."
    )
    joint_with = fields.Char(string="On One Invoice With", readonly=True)
    joint_missing = fields.Char(string="Not on That Invoice", readonly=True)
    is_selected = fields.Boolean(string="Bill", default=True)
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("fault", "Stopped"),
            ("billed", "Draft made"),
            ("posted", "Posted"),
            ("failed", "Failed"),
            ("nothing", "Nothing left"),
            ("undone", "Undone"),
        ],
        default="ready",
        required=True,
        readonly=True,
        index=True,
    )
    message = fields.Text(readonly=True)
    has_warning = fields.Boolean(string="Warning", readonly=True)
    details = fields.Text(string="Invoice Lines", readonly=True)
    date_start = fields.Date(string="From", readonly=True)
    date_end = fields.Date(string="To", readonly=True)
    payment_way = fields.Char(string="Way of Payment", readonly=True)
    planned_invoices = fields.Integer(string="Invoices", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_untaxed = fields.Monetary(string="Untaxed", readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    amount_untaxed_company = fields.Monetary(currency_field="company_currency_id", readonly=True)
    amount_total_company = fields.Monetary(
        string="Total in Company Currency", currency_field="company_currency_id", readonly=True
    )
    period_ids = fields.One2many("subscription.period", "run_line_id")
    move_ids = fields.Many2many("account.move", string="Made", compute="_compute_move_ids")

    @api.model
    def _get_proof_fields(self):
        # which customers are billed is all a user chooses
        return super()._get_proof_fields() | set(self._fields) - {"is_selected"}

    @api.depends("period_ids.move_line_id")
    def _compute_move_ids(self):
        for line in self:
            line.move_ids = line.sudo().period_ids.move_line_id.move_id.ids

    @api.depends("subscription_id", "partner_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.subscription_id.name} {line.partner_id.display_name or ''}".strip()

    def _update_preview(self, values):
        """Bring the preview up to date where something has changed since it was made.

        :param dict values: of `_prepare_run_line_values`; state and message are written by the run
        """
        self.ensure_one()
        changed = {}
        for name, value in values.items():
            if name not in ("state", "message") and self._is_other(name, value):
                changed[name] = value
        if changed:
            self.sudo().write(changed)

    def _is_other(self, name, value):
        field, known = self._fields[name], self[name]
        if field.relational:
            return known.id != (value or False)
        if isinstance(known, float):
            return abs(known - value) > SAME
        return (known or False) != (value or False)

    def action_open_invoices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        action.update(
            domain=[("id", "in", self.move_ids.ids)], context={"create": False, "default_move_type": "out_invoice"}
        )
        return action

    def action_retry(self):
        """Try this one again."""
        self.check_access("write")
        self.filtered(lambda line: line.state in ("fault", "failed")).sudo().write({"state": "ready", "message": False})
        for run in self.run_id.filtered(lambda run: run.state == "done"):
            run._launch()
