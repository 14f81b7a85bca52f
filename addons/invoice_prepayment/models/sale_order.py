from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from .. import allocation
from ..const import PREPAYMENT_STATES
from ..guard import check_proof_fields
from .base_lines import base_line_cell, base_lines_cells, tax_key
from .prepayment_milestone import decimal, unit
from .sale_order_part import LINE_VALUES_KEY

CHANGES_KEY = "invoice_prepayment.changed_orders"
OPEN_STATES = ("draft", "sent")
PROOF_FIELDS = (
    "prepayment_required_amount",
    "prepayment_received_amount",
    "prepayment_missing_amount",
    "prepayment_state",
    "prepayment_reason",
)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    prepayment_policy_id = fields.Many2one(
        "prepayment.policy",
        string="Deposit rule",
        compute="_compute_prepayment_policy_id",
        store=True,
        readonly=False,
        check_company=True,
        tracking=True,
        copy=False,
    )
    prepayment_policy_is_manual = fields.Boolean(copy=False)
    prepayment_reason = fields.Char(
        string="Why this deposit", compute="_compute_prepayment_policy_id", store=True, copy=False
    )
    prepayment_milestone_ids = fields.One2many("prepayment.milestone", "order_id", string="Deposit plan", copy=False)
    prepayment_required_amount = fields.Monetary(
        string="Deposit required",
        compute="_compute_prepayment_amounts",
        store=True,
        help="What must be received before production may start.",
    )
    prepayment_received_amount = fields.Monetary(
        string="Deposit received", compute="_compute_prepayment_amounts", store=True
    )
    prepayment_missing_amount = fields.Monetary(
        string="Deposit missing", compute="_compute_prepayment_amounts", store=True
    )
    prepayment_state = fields.Selection(
        PREPAYMENT_STATES,
        string="Deposit status",
        compute="_compute_prepayment_amounts",
        store=True,
        index="btree_not_null",
        copy=False,
        tracking=True,
    )
    prepayment_has_open_milestone = fields.Boolean(compute="_compute_prepayment_has_open_milestone")
    prepayment_has_dated_milestone = fields.Boolean(compute="_compute_prepayment_has_dated_milestone")

    # Policy and plan

    @api.depends("company_id", "partner_id", "order_line.product_id", "prepayment_policy_is_manual")
    def _compute_prepayment_policy_id(self):
        for order in self:
            if order.state not in OPEN_STATES or order.prepayment_policy_is_manual:
                order.prepayment_policy_id = order.prepayment_policy_id
                order.prepayment_reason = order.prepayment_reason
                continue
            policy, reason = self.env["prepayment.policy"]._find_for_order(order)
            order.prepayment_policy_id = policy
            order.prepayment_reason = reason

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_proof_fields(self, vals, PROOF_FIELDS)
            self._mark_manual_policy(vals)
        orders = super().create(vals_list)
        orders._sync_prepayment_milestones()
        return orders

    def write(self, vals):
        check_proof_fields(self, vals, PROOF_FIELDS)
        if "state" in vals:
            self._check_prepayment_state_change(vals["state"])
        if "prepayment_policy_id" in vals:
            vals = dict(vals)
            self._mark_manual_policy(vals)
        result = super().write(vals)
        if {"prepayment_policy_id", "partner_id", "order_line"} & vals.keys():
            self._sync_prepayment_milestones()
        return result

    def _check_prepayment_state_change(self, state):
        """Whatever way the state is written: deposits are settled first, and no plan is reopened behind its hold."""
        if state == "cancel":
            self._check_prepayment_settled_first()
        elif state in OPEN_STATES and not self.env.su:
            confirmed = self.filtered(lambda order: order.state == "sale" and order.sudo().prepayment_milestone_ids)
            if confirmed:
                raise UserError(
                    self.env._(
                        "%s has a deposit plan and is confirmed: cancel it before you make it a quotation again.",
                        ", ".join(confirmed.mapped("name")),
                    )
                )

    def _mark_manual_policy(self, vals):
        if "prepayment_policy_id" in vals and "prepayment_policy_is_manual" not in vals:
            vals["prepayment_policy_is_manual"] = True
            vals["prepayment_reason"] = self.env._("Chosen by %s.", self.env.user.name)

    def action_reset_prepayment_policy(self):
        """Let the rules decide again."""
        self.filtered(lambda order: order.state in OPEN_STATES).prepayment_policy_is_manual = False
        self._sync_prepayment_milestones()

    def _sync_prepayment_milestones(self):
        """Give quotations the plan of their rule. A plan with an invoice, or made by hand, stays."""
        for order in self.filtered(lambda order: order.state in OPEN_STATES):
            policy = order.sudo().prepayment_policy_id
            milestones = order.sudo().prepayment_milestone_ids
            if milestones.move_id or milestones.policy_id == policy and bool(milestones) == bool(policy):
                continue
            if milestones and not milestones.policy_id:
                continue
            milestones.unlink()
            if policy:
                common = {
                    "order_id": order.id,
                    "policy_id": policy.id,
                    "basis": policy.basis,
                    "rounding": policy.rounding,
                    "minimum_amount": 0.0 if policy.line_ids else policy.minimum_amount,
                }
                self.env["prepayment.milestone"].sudo().create(
                    [{**common, **values} for values in policy._prepare_milestones_values(order)]
                )
                order._set_portal_percent()

    def _get_prepayment_wholes(self):
        """What deposits are a part of, with VAT and without (``total``, ``net``). Hook: joints leave lines out."""
        self.ensure_one()
        currency = self.currency_id
        return {"total": decimal(self.amount_total, currency), "net": decimal(self.amount_untaxed, currency)}

    def _set_portal_percent(self):
        """Core's portal asks for the part of the order that is due at confirmation."""
        for order in self:
            percent = order._get_confirmation_amount() / order.amount_total if order.amount_total else 0.0
            if 0 < percent <= 1:
                order.sudo().prepayment_percent = percent

    def _get_confirmation_amount(self):
        """What the plan asks for at confirmation, with taxes."""
        self.ensure_one()
        due = self.sudo().prepayment_milestone_ids.filtered(lambda milestone: milestone.event == "confirmation")
        return self.currency_id.round(sum(due.mapped("amount")))

    def _get_prepayment_required_amount(self):
        # EXTENDS 'sale': the portal asks for exactly the planned deposit
        amount = super()._get_prepayment_required_amount()
        if not self.require_payment or not self.sudo().prepayment_milestone_ids:
            return amount
        return self._get_confirmation_amount() or amount

    @contextmanager
    def _watch_prepayment_plan(self):
        """Around a user's change of deposit plans: what lowers the missing deposit of a confirmed order is noted."""
        if self.env.su:
            yield
            return
        before = {order: order.prepayment_missing_amount for order in self.sudo() if order.state == "sale"}
        yield
        for order, missing in before.items():
            if order.currency_id.compare_amounts(order.prepayment_missing_amount, missing) < 0:
                order._on_prepayment_plan_lowered(missing)

    def _on_prepayment_plan_lowered(self, missing):
        """Hook: by a change of its plan this confirmed order misses less than ``missing``. Extend with ``super()``."""
        self.ensure_one()
        self.message_post(
            body=self.env._(
                "The deposit plan was changed: %(before)s of the deposit was missing, now %(after)s.",
                before=format_amount(self.env, missing, self.currency_id),
                after=format_amount(self.env, self.prepayment_missing_amount, self.currency_id),
            )
        )

    # Amounts and state

    def _get_prepayment_invoices(self):
        """Deposit invoices and their credit notes that count, i.e. are not cancelled."""
        return (
            self.sudo()
            .order_line.filtered("is_downpayment")
            .invoice_lines.move_id.filtered(
                lambda move: move.prepayment_invoice_type == "prepayment" and move.state != "cancel"
            )
        )

    def _get_unplanned_deposits(self):
        """Deposit invoices that belong to no planned deposit: made in core's wizard, by a payment, by a transfer."""
        return self._get_prepayment_invoices().filtered(
            lambda move: (
                not move.prepayment_milestone_id and move.move_type == "out_invoice" and not move._is_deposit_credited()
            )
        )

    @api.depends("prepayment_milestone_ids.move_id", "prepayment_state")
    def _compute_prepayment_has_open_milestone(self):
        for order in self:
            order.prepayment_has_open_milestone = any(
                not milestone._is_invoiced() for milestone in order.prepayment_milestone_ids
            )

    @api.depends("prepayment_milestone_ids.event")
    def _compute_prepayment_has_dated_milestone(self):
        for order in self:
            order.prepayment_has_dated_milestone = "date" in order.prepayment_milestone_ids.mapped("event")

    def _is_invoiced_without_rest(self):
        """Whether invoices of the goods, drafts too, have taken the whole order: there is no room for a deposit."""
        self.ensure_one()
        return self.invoice_status in ("invoiced", "upselling")

    @api.depends(
        "state",
        "prepayment_milestone_ids.amount",
        "prepayment_milestone_ids.planned_amount",
        "prepayment_milestone_ids.agreed_amount",
        "prepayment_milestone_ids.holds_production",
        "order_line.invoice_lines.move_id.state",
        "order_line.invoice_lines.move_id.payment_state",
        "order_line.invoice_lines.move_id.amount_residual",
        "order_line.invoice_lines.move_id.prepayment_invoice_type",
        "company_id.prepayment_received_rule",
        "company_id.prepayment_received_percent",
        "invoice_status",
        "amount_total",
    )
    def _compute_prepayment_amounts(self):
        for order in self:
            invoices = order._get_prepayment_invoices()
            posted = invoices.filtered(lambda move: move.state == "posted")
            held = order.prepayment_milestone_ids.filtered("holds_production")
            required = sum(milestone._get_required_amount() for milestone in held)
            received = order._get_prepayment_received(posted, required)
            order.prepayment_required_amount = required
            order.prepayment_received_amount = received
            order.prepayment_missing_amount = order._get_prepayment_missing(required, received)
            order.prepayment_state = order._get_prepayment_state(invoices, required, received)

    def _get_prepayment_received(self, deposits, required):
        """What has come for the required deposit: on deposit invoices, and else on the other invoices of the order.

        :param deposits: posted deposit invoices and their credit notes
        """
        self.ensure_one()
        received = deposits._get_prepayment_received(self.company_id)
        short = self.currency_id.round(required - received)
        if short > 0:
            others = self._get_invoiced_documents().filtered(
                lambda move: move.state == "posted" and move.prepayment_invoice_type != "prepayment"
            )
            received += min(short, others._get_ordinary_received(self))
        return received

    def _get_prepayment_missing(self, required, received):
        company = self.company_id
        if self.state == "cancel":
            return 0.0
        if self._is_prepayment_settled():
            # A deposit is deducted, paid or not. What was given back because the order became smaller is not missing.
            held = self.prepayment_milestone_ids.filtered("holds_production")
            required = min(required, sum(held.mapped("planned_amount")))
        if company.prepayment_received_rule == "percent":
            required = self.currency_id.round(required * company.prepayment_received_percent / 100)
        return max(self.currency_id.round(required - received), 0.0)

    def _get_prepayment_state(self, invoices, required, received):
        self.ensure_one()
        posted = invoices.filtered(lambda move: move.state == "posted")
        deposits = posted.filtered(lambda move: move.move_type != "out_refund")
        if not posted:
            return self._get_prepayment_state_before(invoices, required, received)
        if self._is_prepayment_settled():
            return "settled"
        deposited = sum(move._get_deposit_amount() for move in deposits)
        credited = sum(move._get_deposit_amount() for move in posted - deposits)
        if credited and self.currency_id.compare_amounts(credited, deposited) >= 0:
            again = (invoices - posted).filtered(lambda move: move.move_type != "out_refund")
            return "to_invoice" if again else "refunded"
        target = required or deposited
        if not self.currency_id.is_zero(target) and not self._get_prepayment_missing(target, received):
            return "received"
        return "partial" if self.currency_id.compare_amounts(received, 0) > 0 else "invoiced"

    def _get_prepayment_state_before(self, drafts, required, received):
        """The state of an order without a posted deposit invoice."""
        if required and received and not self._get_prepayment_missing(required, received):
            return "received"  # paid on the other invoices of the order
        if drafts:
            return "to_invoice"
        if self.state != "sale" or not self.prepayment_milestone_ids:
            return "none"
        if self.currency_id.compare_amounts(self.amount_total, 0) <= 0:
            return "none"  # nothing to take a deposit from
        if not self._is_invoiced_without_rest():
            return "to_invoice"
        if not required:
            return "none"
        return "partial" if self.currency_id.compare_amounts(received, 0) > 0 else "invoiced"

    def _is_prepayment_settled(self):
        """A posted final invoice has deducted every deposit, paid or not."""
        lines = (
            self.sudo()
            .order_line.filtered("is_downpayment")
            .invoice_lines.filtered(lambda line: line.parent_state == "posted" and line.display_type == "product")
        )
        return "final" in lines.move_id.mapped("prepayment_invoice_type") and self.currency_id.is_zero(
            sum(lines.mapped("amount_currency"))
        )

    def _compute_field_value(self, field):
        # EXTENDS 'mail'
        if field.compute != "_compute_prepayment_amounts" or field.model_name != "sale.order":
            return super()._compute_field_value(field)
        orders = self.filtered("id")
        before = {order.id: order._get_prepayment_snapshot() for order in orders}
        result = super()._compute_field_value(field)
        self._note_prepayment_changes(
            {order.id: before[order.id] for order in orders if before[order.id] != order._get_prepayment_snapshot()}
        )
        return result

    def _get_prepayment_snapshot(self):
        """What others are told of when it changes; a new order has no deposit."""
        return self.prepayment_state or "none", self.prepayment_missing_amount

    def _note_prepayment_changes(self, before):
        """Remember what orders were before a change. A savepoint empties the memory, so it makes the call first."""
        if not before:
            return
        precommit = self.env.cr.precommit
        if CHANGES_KEY not in precommit.data:
            precommit.data[CHANGES_KEY] = {}
            precommit.add(self.browse().sudo()._flush_noted_prepayment_changes)
        for order_id, values in before.items():
            precommit.data[CHANGES_KEY].setdefault(order_id, values)

    @api.model
    def _flush_noted_prepayment_changes(self):
        """At the end of the transaction or before a savepoint: what no event has told yet."""
        before = self.env.cr.precommit.data.pop(CHANGES_KEY, {})
        self.browse(before).exists()._tell_prepayment_changes(before)

    def _refresh_prepayment(self):
        """Recompute and tell the others; called at every event that may change a deposit."""
        if self:
            self.env.add_to_compute(self._fields["prepayment_state"], self)
            self._flush_prepayment_changes()

    def _flush_prepayment_changes(self):
        """Call the hook for orders whose deposit state or missing amount has changed."""
        self.mapped("prepayment_state")
        changed = self.env.cr.precommit.data.get(CHANGES_KEY, {})
        orders = self.filtered(lambda order: order.id in changed)
        orders._tell_prepayment_changes({order.id: changed.pop(order.id) for order in orders})

    def _tell_prepayment_changes(self, before):
        orders = self.filtered(lambda order: before[order.id] != order._get_prepayment_snapshot())
        if orders:
            orders._on_prepayment_state_changed()

    def _on_prepayment_state_changed(self):
        """Hook: deposit state or missing amount of these orders has changed. To be extended with ``super()``."""

    def _get_prepayment_missing_text(self):
        """What is missing and on which invoice, for refusals: the amounts of the orders in words."""
        texts = []
        for order in self.sudo():
            if order.currency_id.is_zero(order.prepayment_missing_amount):
                continue
            invoices = order._get_prepayment_invoices().filtered(
                lambda move: move.move_type != "out_refund" and move.payment_state not in ("paid", "reversed")
            )
            numbers = [
                move.name if move.state == "posted" else self.env._("draft deposit invoice") for move in invoices
            ]
            texts.append(
                self.env._(
                    "order %(order)s, %(invoices)s: missing %(amount)s",
                    order=order.name,
                    invoices=", ".join(numbers) or self.env._("deposit not invoiced yet"),
                    amount=format_amount(self.env, order.prepayment_missing_amount, order.currency_id),
                )
            )
        return "; ".join(texts)

    # Invoicing

    def _check_prepayment_invoiceable(self):
        for order in self:
            if order.state == "cancel":
                raise UserError(self.env._("Order %s is cancelled: it takes no deposit.", order.name))
            if order.currency_id.compare_amounts(order.amount_total, 0) <= 0:
                raise UserError(
                    self.env._("Order %s has nothing to pay, so there is no deposit to invoice.", order.name)
                )
            if order.currency_id.compare_amounts(float(allocation.total(order._get_missing_cells())), 0) <= 0:
                raise UserError(
                    self.env._("Order %s is invoiced in full already: there is no rest for a deposit.", order.name)
                )

    def action_create_prepayment_invoice(self):
        """Invoice the next planned deposit of each order."""
        self.check_access("write")
        moves = self.env["account.move"]
        for order in self:
            open_milestones = order.prepayment_milestone_ids.filtered(lambda milestone: not milestone._is_invoiced())
            if not order.prepayment_milestone_ids:
                raise UserError(
                    self.env._("Order %s has no deposit plan. Choose a deposit rule on the order first.", order.name)
                )
            if not open_milestones:
                raise UserError(self.env._("Every planned deposit of order %s is invoiced already.", order.name))
            moves |= open_milestones.sorted("sequence")[0]._create_invoice()
        return self.action_view_invoice(invoices=moves)

    def action_confirm(self):
        # EXTENDS 'sale'
        self._sync_prepayment_milestones()
        result = super().action_confirm()
        for order in self.filtered(lambda order: order.state == "sale"):
            order._invoice_due_milestones("confirmation")
        self._refresh_prepayment()
        return result

    def action_cancel(self):
        # EXTENDS 'sale': what becomes of the deposits is decided first
        if len(self) == 1 and self.state != "cancel":
            if self._filter_prepayment_unsettled():
                if not self.env["account.move"].has_access("create"):
                    raise UserError(
                        self.env._(
                            "Deposits of order %s are invoiced. Somebody who makes invoices must settle them: refund, "
                            "transfer or forfeit. Then the order is cancelled.",
                            self.name,
                        )
                    )
                return self.action_settle_prepayment(cancel_order=True)
        return super().action_cancel()

    def action_settle_prepayment(self, cancel_order=False):
        """Open the wizard that refunds, transfers or forfeits deposits."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle deposits"),
            "res_model": "prepayment.settlement.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id, "default_cancel_order": cancel_order},
        }

    def action_match_prepayment_money(self):
        """Open the wizard that matches money already received with this order."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Money received"),
            "res_model": "prepayment.money.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def _filter_prepayment_unsettled(self):
        """Orders with a plan whose deposits are invoiced and neither deducted nor credited."""
        return self.filtered(lambda order: order.sudo().prepayment_milestone_ids and order._get_open_deposit_total())

    def _check_prepayment_settled_first(self):
        unsettled = self._filter_prepayment_unsettled()
        if unsettled:
            raise UserError(
                self.env._(
                    "Deposits of %s are invoiced. Cancel these orders one by one and choose what becomes of the money: "
                    "refund, transfer or forfeit. Nothing is cancelled.",
                    ", ".join(unsettled.mapped("name")),
                )
            )

    def _action_cancel(self):
        # EXTENDS 'sale': also core's cancelling of many orders, which asks nothing
        self._check_prepayment_settled_first()
        result = super()._action_cancel()
        self._refresh_prepayment()
        return result

    def _generate_downpayment_invoices(self):
        # EXTENDS 'sale'
        # Core makes a deposit invoice for a payment in the portal. An order that has one already must not get two.
        moves = self.env["account.move"]
        others = self.browse()
        for order in self:
            waiting = order.sudo().prepayment_milestone_ids.move_id.filtered(
                lambda move: move.state == "draft" or move.payment_state == "not_paid"
            )
            moves |= waiting[:1]
            others |= order if not waiting else self.browse()
        return moves | super(SaleOrder, others)._generate_downpayment_invoices()

    def _create_invoices(self, grouped=False, final=False, date=None):
        # EXTENDS 'sale'
        planned = self.filtered(lambda order: order.sudo().prepayment_milestone_ids)
        if not planned:
            return super()._create_invoices(grouped=grouped, final=final, date=date)
        planned._lock_prepayment()
        planned.filtered(
            lambda order: final or order.company_id.prepayment_deduction == "pro_rata"
        )._check_final_invoiceable()
        line_values = {}
        for order in planned:
            line_values.update(order._plan_invoice(final))
        orders = self.with_context(**{LINE_VALUES_KEY: line_values})
        moves = super(SaleOrder, orders)._create_invoices(grouped=grouped, final=final, date=date)
        return moves.with_env(self.env)

    def action_create_final_invoice(self):
        """Invoice what is delivered; the last invoice of an order deducts all its deposits.

        Several orders of one customer come on one invoice; those of which nothing is delivered since are left out.
        """
        # Before anything: drafts may be posted on the way, and core answers who may not invoice with nothing at all.
        self.check_access("write")
        last = self.filtered(lambda order: order._is_last_invoice())
        parts = self - last
        ready = last.filtered(lambda order: any(line.qty_to_invoice for line in order._get_ordinary_lines()))
        ready |= parts.filtered(lambda order: any(line.qty_to_invoice > 0 for line in order._get_ordinary_lines()))
        if ready:  # else core says what is missing
            last, parts = last & ready, parts & ready
        moves = self.env["account.move"]
        if parts:
            moves |= parts._create_invoices(final=False)
        if last:
            last._check_final_invoiceable()
            moves |= last._create_invoices(final=True)
        return self.action_view_invoice(invoices=moves)

    def _is_last_invoice(self):
        """Whether an invoice made now takes all that is left of the order."""
        self.ensure_one()
        return all(
            line._compare_with_ordered(line.qty_invoiced + line.qty_to_invoice) >= 0
            for line in self._get_ordinary_lines()
        )

    def _is_fully_invoiced_by_quantity(self):
        self.ensure_one()
        return all(
            line.product_uom_id.compare(line.qty_invoiced, line.product_uom_qty) == 0
            for line in self._get_ordinary_lines()
        )

    def _get_ordinary_lines(self):
        return self.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)

    def _get_draft_credit_text(self, credits):
        return self.env._(
            "Order %(order)s has a draft credit note of a deposit over %(amount)s. Post or delete it first.",
            order=self.name,
            amount=format_amount(self.env, sum(credits.mapped("amount_total")), self.currency_id),
        )

    def _check_final_invoiceable(self):
        """Deposits must be posted, and the order large enough to deduct them."""
        for order in self:
            drafts = order._get_prepayment_invoices().filtered(lambda move: move.state == "draft")
            if credits := drafts.filtered(lambda move: move.move_type == "out_refund"):
                raise UserError(order._get_draft_credit_text(credits))
            if drafts and order.company_id.prepayment_draft_rule == "take":
                drafts.action_post()
            elif drafts:
                raise UserError(
                    self.env._(
                        "The final invoice of order %(order)s waits for its deposit: %(count)d deposit invoice(s) of "
                        "%(amount)s in all are still drafts. Post or delete them first.",
                        order=order.name,
                        count=len(drafts),
                        amount=format_amount(self.env, sum(drafts.mapped("amount_total")), order.currency_id),
                    )
                )
            rest = float(allocation.total(order._get_missing_cells(brought=True)))
            if order.currency_id.compare_amounts(rest, 0) < 0:
                raise UserError(
                    self.env._(
                        "Order %(order)s is now %(amount)s smaller than what is invoiced for it. "
                        "Make a credit note of a deposit first.",
                        order=order.name,
                        amount=format_amount(self.env, -rest, order.currency_id),
                    )
                )

    # Exact amounts

    def _get_order_cells(self, brought=False):
        """Net and taxes of the orders themselves, each rounded as the order is, by combination of taxes.

        :param brought: where more is delivered than ordered, what is delivered
        """
        cells = {}
        for order in self:
            quantities = {line: line.product_uom_qty for line in order._get_ordinary_lines()}
            if brought:
                for line, ordered in quantities.items():
                    quantities[line] = max(ordered, line.qty_invoiced + line.qty_to_invoice, key=abs)
            cells = allocation.add(cells, base_lines_cells(order._get_goods_base_lines(quantities)))
        return cells

    def _get_goods_base_lines(self, quantities):
        """Ordinary lines of one order in core's tax engine, ``{sale line: quantity}``, rounded as the order is."""
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        base_lines = [
            line._prepare_base_line_for_taxes_computation(quantity=quantity) for line, quantity in quantities.items()
        ]
        AccountTax._add_tax_details_in_base_lines(base_lines, self.company_id)
        AccountTax._round_base_lines_tax_details(base_lines, self.company_id)
        return base_lines

    def _get_invoiced_documents(self):
        """Invoices and credit notes of these orders, drafts too, that are not cancelled."""
        return self.sudo().order_line.invoice_lines.move_id.filtered(lambda move: move.state != "cancel")

    def _get_missing_cells(self, brought=False):
        """What is not yet on an invoice, draft or posted, of these orders."""
        invoiced = self._get_invoiced_documents()._get_prepayment_cells(self)
        return allocation.subtract(self._get_order_cells(brought), invoiced)

    def _scale_down_payment_lines(self, base_lines, wanted):
        """Scale core's down payment lines for the whole order to a part of what remains of it.

        :param base_lines: core's lines for 100 % of the order, one per combination of taxes
        :param wanted: a ``WantedDeposit``
        """
        self.ensure_one()
        invoiced = self._get_invoiced_documents()._get_prepayment_cells(self)
        remaining = allocation.subtract(base_lines_cells(base_lines), invoiced)
        taken = self._take_from_remaining(remaining, wanted.target)
        if wanted.treatment == "request":
            return self._untaxed_base_lines(base_lines, allocation.total(taken))
        return self._spread_over_base_lines(base_lines, taken)

    def _take_from_remaining(self, remaining, target):
        rest = allocation.total(remaining)
        currency_unit = unit(self.currency_id)
        if rest <= 0:
            raise UserError(self.env._("Order %s: there is nothing left to take a deposit from.", self.name))
        # taxes that only another deposit or a request knows count in the total, but take no part of this deposit
        remaining = {key: cell for key, cell in remaining.items() if cell.total > 0}
        amount, basis = target or (rest, "total")
        whole = min(rest, allocation.total(remaining)) if basis == "total" else allocation.net(remaining)
        try:
            taken = allocation.allocate(remaining, min(amount, whole), currency_unit, basis)
            if allocation.total(taken) > rest:
                taken = allocation.allocate(remaining, rest, currency_unit)
            return taken
        except allocation.AllocationError as error:
            raise UserError(self.env._("Order %s: there is nothing left to take a deposit from.", self.name)) from error

    def _untaxed_base_lines(self, base_lines, amount):
        """One line without taxes, for a payment request."""
        base_line = self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            {},
            currency_id=self.currency_id,
            rate=base_lines[0]["rate"],
            quantity=1.0,
            price_unit=float(amount),
            account_id=base_lines[0]["account_id"],
            analytic_distribution=base_lines[0]["analytic_distribution"],
        )
        return [base_line]

    def _spread_over_base_lines(self, base_lines, taken):
        """Give core's lines the amounts ``taken``; lines of the same taxes share by their net amount."""
        result = []
        for key, cell in taken.items():
            group = [base_line for base_line in base_lines if tax_key(base_line) == key]
            nets = [base_line_cell(base_line).net for base_line in group]
            for base_line, part in zip(group, allocation.split(cell, nets, unit(self.currency_id)), strict=True):
                if part.net or any(part.taxes.values()):
                    self._set_base_line_amounts(base_line, part)
                    result.append(base_line)
        return result

    def _set_base_line_amounts(self, base_line, cell):
        """Give a down payment line of core's tax engine exactly these amounts."""
        company_currency = self.company_id.currency_id
        rate = base_line["rate"] or 1.0
        net = float(cell.net)
        included = sum(
            float(amount)
            for tax_id, amount in cell.taxes.items()
            if self.env["account.tax"].browse(tax_id).price_include
        )
        base_line["price_unit"] = net + included
        if not base_line["manual_tax_amounts"]:
            return
        base_line["manual_total_excluded_currency"] = net
        base_line["manual_total_excluded"] = company_currency.round(net / rate)
        for tax_id, amount in cell.taxes.items():
            amounts = base_line["manual_tax_amounts"].get(str(tax_id))
            if amounts is not None:
                amounts["base_amount_currency"] = net
                amounts["base_amount"] = company_currency.round(net / rate)
                amounts["tax_amount_currency"] = float(amount)
                amounts["tax_amount"] = company_currency.round(float(amount) / rate)
