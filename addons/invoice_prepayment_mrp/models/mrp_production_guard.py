"""The guard: no way leads a production that waits for its deposit into progress, to close or done.

Every route ends at one of these: a write or create of the order, its work orders, their time lines or its stock moves,
or the computed state, which is the net below all of them. The routes are listed in docs/production-hold-routes.md.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from .. import askers
from ..const import NOT_STARTED, STARTED

# Ids of the orders whose cancelling is at work further up the call stack, whatever environment computes their state.
CANCELLING = ContextVar("invoice_prepayment_mrp.cancelling", default=frozenset())
PROOF_FIELDS = {
    "prepayment_hold_state",
    "prepayment_missing_amount",
    "prepayment_missing_once",
    "prepayment_override_ids",
    "prepayment_started_at",
    "prepayment_started_by",
    "prepayment_finished_by",
    "prepayment_promised_date",
}
LINK_FIELDS = {"production_group_id", "reference_ids", "sale_line_id"}


def starts(vals):
    """Whether these values of a production order start it."""
    return vals.get("state") in STARTED or bool(vals.get("qty_producing"))


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    def _check_prepayment_hold(self):
        """Refuse to start production orders whose deposit is missing; those already running go on."""
        productions = self.sudo()
        held = productions.filtered(lambda production: production.prepayment_hold_state == "held")
        cancelled = productions.filtered(lambda production: production.state == "cancel")
        held |= cancelled.filtered(lambda production: production._is_prepayment_waiting())
        if held:
            held._raise_prepayment_hold()
        askers.remember(self.env.cr, self.ids, self.env.uid)

    def _raise_prepayment_hold(self):
        if self.env.user._is_portal():
            # A subcontractor learns neither the customer's order nor what he owes.
            raise UserError(
                self.env._("%s is not released for production yet. Ask your contact.", ", ".join(self.mapped("name")))
            )
        lines = [
            self.env._(
                "%(production)s: %(missing)s", production=production.name, missing=production._get_prepayment_text()
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

    # The net

    def _compute_state(self):
        # EXTENDS 'mrp'
        before = {production: production.state for production in self}
        result = super()._compute_state()
        # On its way to "cancelled" an order whose work orders are cancelled first is "to close" for a moment.
        cancelling = CANCELLING.get()
        started = self.filtered(
            lambda production: (
                production.id
                and production.id not in cancelling
                and before[production] in NOT_STARTED
                and production.state in STARTED
                and production._is_prepayment_waiting()
            )
        )
        if started:
            started._raise_prepayment_hold()
        return result

    def _action_cancel(self):
        # EXTENDS 'mrp'
        token = CANCELLING.set(CANCELLING.get() | set(self.ids))
        try:
            result = super()._action_cancel()
            self.mapped("state")
            return result
        finally:
            CANCELLING.reset(token)

    # Writes

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'mrp'
        for vals in vals_list:
            self._check_prepayment_proof(vals)
        productions = super().create(vals_list)
        for production, vals in zip(productions, vals_list, strict=True):
            if starts(vals) and production._is_prepayment_waiting():
                production._raise_prepayment_hold()
        return productions

    def write(self, vals):
        # EXTENDS 'mrp'
        self._check_prepayment_proof(vals)
        if starts(vals):
            self._check_prepayment_hold()
        if LINK_FIELDS & vals.keys():
            with self._keep_prepayment_links():
                return super().write(vals)
        return super().write(vals)

    def _check_prepayment_proof(self, vals):
        if not self.env.su and PROOF_FIELDS & vals.keys():
            raise AccessError(self.env._("The deposit hold follows the payments. Release it with the button."))

    @contextmanager
    def _keep_prepayment_links(self):
        """Around a change of links: a production that waits keeps the sale orders it waits for."""
        if self.env.su:
            yield
            return
        waiting = {
            production: (production._get_prepayment_sale_orders(), production.production_group_id)
            for production in self.sudo()
            if production.prepayment_hold_state == "held"
        }
        yield
        for production, (orders, group) in waiting.items():
            others = production.production_group_id - group
            if (
                orders - production._get_prepayment_sale_orders()
                or others.production_ids.prepayment_override_ids
                or not production._is_prepayment_waiting()
            ):
                raise UserError(
                    self.env._(
                        "%(production)s waits for the deposit of %(orders)s and stays linked to it. Who has the right "
                        "to do so can release it without deposit, or the order can be cancelled.",
                        production=production.name,
                        orders=", ".join(orders.mapped("name")),
                    )
                )

    # Buttons that would only fail later, or plan

    def button_plan(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().button_plan()

    def action_plan_with_components_availability(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().action_plan_with_components_availability()

    def set_qty_producing(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().set_qty_producing()

    def action_generate_serial(self, workorder=False):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().action_generate_serial(workorder=workorder)

    def pre_button_mark_done(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().pre_button_mark_done()

    def button_mark_done(self):
        # EXTENDS 'mrp'
        self._check_prepayment_hold()
        return super().button_mark_done()
