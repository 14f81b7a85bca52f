from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

HOLD_STATES = [
    ("none", "No deposit"),
    ("held", "Waiting for deposit"),
    ("released", "Deposit received"),
    ("overridden", "Released by hand"),
]
NOT_STARTED = ("draft", "confirmed")
STARTED = ("progress", "to_close", "done")
CANCELLING_KEY = "invoice_prepayment_mrp.cancelling"


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    prepayment_hold_state = fields.Selection(
        HOLD_STATES,
        string="Deposit hold",
        compute="_compute_prepayment_hold",
        store=True,
        index="btree_not_null",
        copy=False,
        help="A production order waits until the deposit of its sale order is received. Draft and confirmed orders may "
        "be changed, but not planned, started or finished.",
    )
    prepayment_currency_id = fields.Many2one(related="company_id.currency_id", string="Company currency")
    prepayment_missing_amount = fields.Monetary(
        string="Deposit missing",
        compute="_compute_prepayment_hold",
        store=True,
        currency_field="prepayment_currency_id",
        aggregator=None,
        copy=False,
    )
    prepayment_missing_once = fields.Monetary(
        string="Deposit missing, counted once",
        compute="_compute_prepayment_hold",
        store=True,
        currency_field="prepayment_currency_id",
        copy=False,
        help="Of several production orders of one sale order only the first carries the amount, so that sums are true.",
    )
    prepayment_override_ids = fields.One2many("prepayment.override", "production_id", string="Releases by hand")

    @api.depends(
        "state",
        "prepayment_override_ids",
        "sale_line_id.order_id.prepayment_missing_amount",
        "sale_line_id.order_id.prepayment_required_amount",
        "reference_ids.sale_ids.prepayment_missing_amount",
        "reference_ids.sale_ids.prepayment_required_amount",
    )
    def _compute_prepayment_hold(self):
        for production in self:
            orders = production._get_prepayment_sale_orders()
            missing = production._get_prepayment_missing_amount(orders)
            production.prepayment_hold_state = production._get_prepayment_hold_state(orders, missing)
            held = production.prepayment_hold_state == "held"
            production.prepayment_missing_amount = missing if held else 0.0
            first = not orders or production._origin.id == min(orders._get_prepayment_productions().ids, default=0)
            production.prepayment_missing_once = missing if held and first else 0.0

    def _get_prepayment_sale_orders(self):
        """Sale orders whose deposit this production waits for."""
        self.ensure_one()
        return self._get_prepayment_candidate_orders().filtered(
            lambda order: (
                order.state != "cancel" and order.currency_id.compare_amounts(order.prepayment_required_amount, 0) > 0
            )
        )

    def _get_prepayment_candidate_orders(self):
        """Sale orders this production is made for; child orders share the reference of their parent."""
        production = self.sudo()
        return production.reference_ids.sale_ids | production.sale_line_id.order_id

    def _get_prepayment_missing_amount(self, orders):
        """Missing on the orders, in the currency of the company."""
        today = fields.Date.context_today(self)
        company = self.company_id or self.env.company
        return sum(
            order.currency_id._convert(order.prepayment_missing_amount, company.currency_id, company, today)
            for order in orders
        )

    def _get_prepayment_hold_state(self, orders, missing):
        self.ensure_one()
        if not orders:
            return "none"
        if self.prepayment_override_ids:
            return "overridden"
        if missing and self.state in NOT_STARTED:
            return "held"
        return "released"

    def _is_prepayment_held(self):
        """Whether the deposit is missing and nobody has released the order, whatever its state just now."""
        self.ensure_one()
        return not self.sudo().prepayment_override_ids and any(
            not order.currency_id.is_zero(order.prepayment_missing_amount)
            for order in self._get_prepayment_sale_orders()
        )

    def _check_prepayment_hold(self):
        """Refuse to start production orders whose deposit is missing; those already running go on."""
        held = self.filtered(lambda production: production.state in NOT_STARTED and production._is_prepayment_held())
        if held:
            held._raise_prepayment_hold()

    def _raise_prepayment_hold(self):
        lines = [
            self.env._(
                "%(production)s: %(missing)s",
                production=production.name,
                missing=production._get_prepayment_sale_orders()._get_prepayment_missing_text(),
            )
            for production in self
        ]
        raise UserError(
            self.env._(
                "Production waits for the deposit.\n%s\nIt is released as soon as the money is received; a user with "
                "the right to do so can release it by hand.",
                "\n".join(lines),
            )
        )

    # Routes into progress

    def _compute_state(self):
        # EXTENDS 'mrp'
        # The net below every other guard: picked components, finished work orders, quantities set by any route.
        before = {production: production.state for production in self}
        result = super()._compute_state()
        # On its way to "cancelled" an order whose work orders are cancelled first is "to close" for a moment.
        cancelling = self.env.cr.precommit.data.get(CANCELLING_KEY, set())
        started = self.filtered(
            lambda production: (
                production.id
                and production.id not in cancelling
                and before[production] in NOT_STARTED
                and production.state in STARTED
                and production._is_prepayment_held()
            )
        )
        if started:
            started._raise_prepayment_hold()
        return result

    def _action_cancel(self):
        # EXTENDS 'mrp'
        cancelling = self.env.cr.precommit.data.setdefault(CANCELLING_KEY, set())
        cancelling.update(self.ids)
        try:
            result = super()._action_cancel()
            self.mapped("state")
            return result
        finally:
            cancelling.difference_update(self.ids)

    def write(self, vals):
        # EXTENDS 'mrp'
        if not self.env.su and {"prepayment_hold_state", "prepayment_override_ids"} & vals.keys():
            raise AccessError(self.env._("The deposit hold follows the payments. Release it with the button."))
        if vals.get("state") in STARTED or vals.get("qty_producing"):
            self._check_prepayment_hold()
        return super().write(vals)

    def button_plan(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().button_plan()

    def action_start(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().action_start()

    def set_qty_producing(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().set_qty_producing()

    def action_generate_serial(self, workorder=False):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().action_generate_serial(workorder=workorder)

    def button_mark_done(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().button_mark_done()

    # Release by hand and warnings

    def action_override_prepayment_hold(self):
        """Open the wizard that asks for the reason."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release without deposit"),
            "res_model": "prepayment.override.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_production_ids": self.ids},
        }

    def _notify_prepayment_hold(self):
        """Tell the people of production that the money has come or gone. Called when an order's deposit changed."""
        for production in self.filtered(lambda production: production.state not in ("done", "cancel")):
            missing = production._get_prepayment_sale_orders()._get_prepayment_missing_text()
            if production.state in NOT_STARTED:
                if production.prepayment_hold_state == "held":
                    body = self.env._("Waiting for the deposit. %s", missing)
                else:
                    body = self.env._("The deposit is received: production may start.")
                production.message_post(body=body)
            elif missing and not production.prepayment_override_ids:
                production._warn_prepayment_running(missing)

    def _warn_prepayment_running(self, missing):
        self.ensure_one()
        summary = self.env._("Deposit missing on a running order")
        if summary in self.activity_ids.mapped("summary"):
            return
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=summary,
            note=missing,
            user_id=self.user_id.id or self.env.uid,
        )
