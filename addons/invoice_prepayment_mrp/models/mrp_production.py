from odoo import api, fields, models

from .. import askers
from ..const import HOLD_STATES, NOT_STARTED, RUNNING, STARTED

CHANGES_KEY = "invoice_prepayment_mrp.hold_changes"


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
        compute="_compute_prepayment_missing_once",
        store=True,
        currency_field="prepayment_currency_id",
        copy=False,
        help="Of several production orders of one sale order only the first that waits carries its amount, so that "
        "sums are true.",
    )
    prepayment_override_ids = fields.One2many("prepayment.override", "production_id", string="Releases by hand")
    prepayment_started_at = fields.Datetime(string="Production started", readonly=True, copy=False)
    prepayment_started_by = fields.Many2one("res.users", string="Started by", readonly=True, copy=False)
    prepayment_finished_by = fields.Many2one("res.users", string="Finished by", readonly=True, copy=False)

    @api.depends(
        "state",
        "production_group_id.production_ids.prepayment_override_ids",
        "sale_line_id.order_id.prepayment_missing_amount",
        "sale_line_id.order_id.prepayment_required_amount",
        "sale_line_id.order_id.prepayment_override_ids",
        "reference_ids.sale_ids.prepayment_missing_amount",
        "reference_ids.sale_ids.prepayment_required_amount",
        "reference_ids.sale_ids.prepayment_override_ids",
    )
    def _compute_prepayment_hold(self):
        missing_of = self._read_prepayment_orders()._get_prepayment_missing_by_order()
        for production in self:
            orders = production._get_prepayment_sale_orders()
            state = production._get_prepayment_hold_state(orders)
            missing = sum(missing_of[order.id] for order in orders) if state in ("held", "running") else 0.0
            production.prepayment_hold_state = state
            production.prepayment_missing_amount = missing

    @api.depends("prepayment_hold_state", "prepayment_missing_amount")
    def _compute_prepayment_missing_once(self):
        held = self.filtered(lambda production: production.prepayment_hold_state == "held")
        (self - held).prepayment_missing_once = 0.0
        if not held:
            return
        orders = held._read_prepayment_orders()
        missing_of = orders._get_prepayment_missing_by_order()
        siblings = (orders._get_prepayment_productions() | held._origin).filtered(
            lambda production: production.prepayment_hold_state == "held"
        )
        first_of = {}
        for sibling in siblings.sorted("id"):
            for order in sibling._get_prepayment_sale_orders():
                first_of.setdefault(order.id, sibling.id)
        for production in held:
            production.prepayment_missing_once = sum(
                missing_of[order.id]
                for order in production._get_prepayment_sale_orders()
                if first_of.get(order.id) == production._origin.id
            )

    def _get_prepayment_sale_orders(self):
        """Sale orders whose deposit this production is bound to; a cancelled order waits for nothing."""
        self.ensure_one()
        return self._get_prepayment_candidate_orders().filtered(
            lambda order: (
                order.state != "cancel" and order.currency_id.compare_amounts(order.prepayment_required_amount, 0) > 0
            )
        )

    def _get_prepayment_candidate_orders(self):
        """Sale orders these productions are made for; child orders share the reference of their parent."""
        productions = self.sudo()
        return productions.reference_ids.sale_ids | productions.sale_line_id.order_id

    def _read_prepayment_orders(self):
        """The candidate orders, read for all of these productions at once before each is looked at."""
        orders = self._get_prepayment_candidate_orders()
        orders.mapped("prepayment_override_ids.production_id")
        return orders

    def _is_prepayment_overridden(self):
        """Released by hand; parts and back orders of a released order are one group with it.

        A release is for the sale orders it names: one that is linked later has its own deposit.
        """
        self.ensure_one()
        production = self.sudo()
        overrides = (
            production.prepayment_override_ids or production.production_group_id.production_ids.prepayment_override_ids
        )
        waiting = self._get_prepayment_sale_orders()._filter_prepayment_missing()._filter_prepayment_not_overridden()
        return bool(overrides) and not waiting - overrides.order_ids

    def _get_prepayment_hold_state(self, orders):
        self.ensure_one()
        if not orders or self.state == "cancel":
            return "none"
        if self._is_prepayment_overridden():
            return "overridden"
        missing = orders._filter_prepayment_missing()
        if not missing:
            return "released"
        if not missing._filter_prepayment_not_overridden():
            return "overridden"
        if self.state in NOT_STARTED:
            return "held"
        return "running" if self.state in RUNNING else "released"

    def _is_prepayment_waiting(self):
        """Whether the deposit is missing and nobody has released the order, read afresh, whatever the state."""
        self.ensure_one()
        orders = self._get_prepayment_sale_orders()._filter_prepayment_missing()._filter_prepayment_not_overridden()
        return bool(orders) and not self._is_prepayment_overridden()

    # What follows a change of the hold: told once, at the end of the transaction or earlier

    def _compute_field_value(self, field):
        # EXTENDS 'mail'
        if field.compute != "_compute_prepayment_hold" or field.model_name != "mrp.production":
            return super()._compute_field_value(field)
        productions = self.filtered("id")
        before = {
            production.id: (production.prepayment_hold_state, production.prepayment_missing_amount)
            for production in productions
        }
        result = super()._compute_field_value(field)
        changed = productions.filtered(
            lambda production: (
                before[production.id] != (production.prepayment_hold_state, production.prepayment_missing_amount)
            )
        )
        started = productions.filtered(lambda production: production.state in STARTED)
        if changed:
            changed._refresh_prepayment_missing_once()
        if changed or started:
            self._note_prepayment_hold_changes({production.id: before[production.id][0] for production in changed})
            self._note_prepayment_hold_changes({production.id: None for production in started - changed})
        return result

    def _refresh_prepayment_missing_once(self):
        """Another order of the same sale may now be the one that carries the amount."""
        siblings = self._get_prepayment_candidate_orders()._get_prepayment_productions()
        self.env.add_to_compute(self._fields["prepayment_missing_once"], siblings | self)

    def _note_prepayment_hold_changes(self, old_states):
        """Remember states before the change; ``None``: the hold is as it was."""
        if not old_states:
            return
        changes = self.env.cr.precommit.data.get(CHANGES_KEY)
        if changes is None:
            changes = self.env.cr.precommit.data[CHANGES_KEY] = {}
            self.env.cr.precommit.add(self.browse().sudo()._flush_prepayment_hold_changes)
        for production_id, state in old_states.items():
            if changes.get(production_id) is None:
                changes[production_id] = state

    @api.model
    def _flush_prepayment_hold_changes(self):
        """Tell the people of production that money has come or gone, and the orders that production started."""
        changes = self.env.cr.precommit.data.pop(CHANGES_KEY, {})
        productions = self.sudo().browse(changes).exists()
        bodies = {}
        for production in productions:
            old, new = changes[production.id], production.prepayment_hold_state
            if old in ("held", "running") and new == "released" and production.state != "done":
                bodies[production.id] = production._get_prepayment_release_text(old)
            elif old in ("released", "overridden") and new == "held":
                bodies[production.id] = self.env._("Waiting for the deposit. %s", production._get_prepayment_text())
            elif old and new == "running":
                production._warn_prepayment_running()
        if bodies:
            productions.browse(bodies)._message_log_batch(bodies=bodies)
        productions._note_prepayment_start()

    def _get_prepayment_release_text(self, old_state):
        if old_state == "held":
            return self.env._("The deposit is received: production may start.")
        self.activity_feedback(["invoice_prepayment_mrp.mail_activity_type_deposit_missing"])
        return self.env._("The deposit is received.")

    def _note_prepayment_start(self):
        """When and by whom a production for a sale order was started; the order's deposits due then are invoiced."""
        users = askers.remembered(self.env.cr)
        for_orders = self.filtered(
            lambda production: production.state in STARTED and production._get_prepayment_candidate_orders()
        )
        for production in for_orders.filtered(
            lambda production: production.state == "done" and not production.prepayment_finished_by
        ):
            production.prepayment_finished_by = users.get(production.id, self.env.uid)
        started = for_orders.filtered(lambda production: not production.prepayment_started_at)
        for production in started:
            production.prepayment_started_at = fields.Datetime.now()
            production.prepayment_started_by = users.get(production.id, self.env.uid)
        if started:
            started._get_prepayment_candidate_orders()._on_prepayment_production_started()

    def _get_prepayment_text(self):
        """What is missing and on which invoice."""
        return self._get_prepayment_sale_orders()._get_prepayment_hold_text()

    def _warn_prepayment_running(self):
        """A running order is not stopped: who is responsible is warned, once."""
        self.ensure_one()
        xmlid = "invoice_prepayment_mrp.mail_activity_type_deposit_missing"
        if self.activity_search([xmlid]):
            return
        orders = self._get_prepayment_sale_orders()
        text = self._get_prepayment_text()
        self.activity_schedule(
            xmlid,
            summary=self.env._("Deposit missing on a running order"),
            note=text,
            user_id=(self.user_id or orders.user_id[:1] or self.env.user).id,
        )
        for order in orders._filter_prepayment_missing():
            order._message_log(
                body=self.env._(
                    "%(production)s is running although the deposit is missing: %(missing)s",
                    production=self.name,
                    missing=text,
                )
            )

    # Release by hand

    def action_override_prepayment_hold(self):
        """Open the wizard that asks for the reason, for these orders and the components made for them."""
        productions = self
        children = self.sudo().production_group_id.child_ids
        while children:
            productions |= children.production_ids.filtered(
                lambda production: production.prepayment_hold_state == "held"
            ).sudo(self.env.su)
            children = children.child_ids - productions.sudo().production_group_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release without deposit"),
            "res_model": "prepayment.override.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_production_ids": productions.ids},
        }
