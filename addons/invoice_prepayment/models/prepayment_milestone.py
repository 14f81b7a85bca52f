from datetime import timezone as timezones
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount, format_date

from .. import allocation
from ..const import BASES, EVENTS, VAT_TREATMENTS
from ..guard import check_proof_fields
from ..wanted import KEY, WantedDeposit

PROOF_FIELDS = (
    "amount",
    "planned_amount",
    "agreed_amount",
    "move_id",
    "invoice_ids",
    "policy_id",
    "company_id",
    "currency_id",
)
PLAN_FIELDS = (
    "order_id",
    "percent",
    "fixed_amount",
    "basis",
    "rounding",
    "minimum_amount",
    "event",
    "days",
    "due_date",
)


def decimal(value, currency):
    """A stored amount as the exact number of units it stands for."""
    return Decimal(f"{value:.{currency.decimal_places}f}")


def unit(currency):
    return Decimal(1).scaleb(-currency.decimal_places)


class PrepaymentMilestone(models.Model):
    _name = "prepayment.milestone"
    _description = "Planned Deposit"
    _order = "order_id desc, sequence, id"
    _check_company_auto = True

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade", index=True, check_company=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="order_id.currency_id", store=True)
    partner_id = fields.Many2one(related="order_id.partner_id", store=True)
    policy_id = fields.Many2one("prepayment.policy", string="Rule", readonly=True, ondelete="restrict")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    percent = fields.Float(string="Per cent")
    fixed_amount = fields.Monetary(string="Fixed amount")
    basis = fields.Selection(BASES, string="Calculated", default="total", required=True)
    rounding = fields.Float(string="Round to")
    minimum_amount = fields.Monetary(string="Minimum")
    event = fields.Selection(EVENTS, string="Due at", required=True, default="confirmation")
    days = fields.Integer(string="Days after confirmation")
    due_date = fields.Date(string="Due date", compute="_compute_due_date", store=True, readonly=False)
    due_date_is_fixed = fields.Boolean(
        copy=False, help="Somebody has entered the due date: it does not move with the order's date."
    )
    holds_production = fields.Boolean(string="Before production")
    amount = fields.Monetary(
        string="Amount incl. VAT",
        compute="_compute_amount",
        store=True,
        help="As planned; once invoiced, the invoice's.",
    )
    planned_amount = fields.Monetary(
        string="Planned incl. VAT", compute="_compute_amount", store=True, help="What the plan says, invoiced or not."
    )
    agreed_amount = fields.Monetary(
        string="Planned when invoiced",
        readonly=True,
        copy=False,
        help="What the plan said when the invoice was made. Production waits for it, even if the invoice says less.",
    )
    vat_treatment = fields.Selection(VAT_TREATMENTS, string="VAT", compute="_compute_vat_treatment")
    invoice_ids = fields.One2many("account.move", "prepayment_milestone_id", string="Invoices")
    move_id = fields.Many2one("account.move", string="Deposit invoice", compute="_compute_move_id", store=True)
    is_invoiced = fields.Boolean(compute="_compute_is_invoiced")
    can_be_invoiced = fields.Boolean(compute="_compute_is_invoiced")
    invoice_status_state = fields.Selection(related="move_id.invoice_status_state", string="Invoice status")

    _percent_or_amount = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100 AND fixed_amount >= 0)",
        "A planned deposit is between 0 and 100 % of the order and never negative.",
    )

    @api.depends("order_id.date_order", "days", "event")
    def _compute_due_date(self):
        for milestone in self:
            date = milestone.order_id.date_order
            fixed = milestone.due_date_is_fixed and milestone.due_date
            if milestone.event == "date" and date and not fixed:
                timezone = milestone.company_id._invoice_status_timezone()
                day = date.replace(tzinfo=timezones.utc).astimezone(timezone).date()
                milestone.due_date = fields.Date.add(day, days=milestone.days)
            else:
                milestone.due_date = milestone.due_date

    @api.depends("invoice_ids.state")
    def _compute_move_id(self):
        for milestone in self:
            milestone.move_id = milestone.invoice_ids.filtered(lambda move: move.state != "cancel")[:1]

    @api.depends(
        "percent",
        "fixed_amount",
        "basis",
        "rounding",
        "minimum_amount",
        "move_id.amount_total",
        "order_id.amount_total",
        "order_id.amount_untaxed",
        "order_id.prepayment_milestone_ids.percent",
        "order_id.prepayment_milestone_ids.sequence",
    )
    def _compute_amount(self):
        for order in self.order_id:
            planned = order.prepayment_milestone_ids._plan_amounts()
            for milestone in self & order.prepayment_milestone_ids:
                milestone.planned_amount = float(milestone._to_total(planned.get(milestone, Decimal(0))))
                move = milestone.move_id
                milestone.amount = move.sudo()._get_deposit_amount() if move else milestone.planned_amount
        for milestone in self.filtered(lambda milestone: not milestone.order_id):
            milestone.amount = milestone.planned_amount = 0.0

    @api.depends("move_id", "move_id.payment_state", "order_id.prepayment_state", "order_id.invoice_status")
    def _compute_is_invoiced(self):
        for milestone in self:
            order = milestone.order_id
            milestone.is_invoiced = milestone._is_invoiced()
            milestone.can_be_invoiced = (
                not milestone.is_invoiced and order.state == "sale" and not order._is_invoiced_without_rest()
            )

    @api.depends("policy_id", "order_id.company_id")
    def _compute_vat_treatment(self):
        for milestone in self:
            milestone.vat_treatment = milestone.order_id._get_prepayment_treatment(milestone.policy_id)

    @api.constrains("percent", "order_id")
    def _check_plan(self):
        for order in self.order_id:
            milestones = order.prepayment_milestone_ids
            if len(milestones) > allocation.MAX_MILESTONES:
                raise ValidationError(
                    self.env._(
                        "Order %(order)s: a plan has at most %(count)d deposits.",
                        order=order.name,
                        count=allocation.MAX_MILESTONES,
                    )
                )
            if round(sum(milestones.mapped("percent")), 6) > 100:
                raise ValidationError(self.env._("Order %s: the planned deposits are more than 100 %%.", order.name))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_proof_fields(self, vals, PROOF_FIELDS)
            self._fix_due_date(vals)
        orders = self.env["sale.order"].browse(vals["order_id"] for vals in vals_list if vals.get("order_id"))
        orders.check_access("write")
        with orders._watch_prepayment_plan():
            return super().create(vals_list)

    def write(self, vals):
        check_proof_fields(self, vals, PROOF_FIELDS)
        vals = dict(vals)
        self._fix_due_date(vals)
        orders = self.env["sale.order"].browse(vals.get("order_id") or ())
        orders.check_access("write")
        if not self.env.su and vals.keys() & set(PLAN_FIELDS):
            for milestone in self.filtered(lambda milestone: milestone._is_invoiced()):
                changed = [name for name in PLAN_FIELDS if name in vals and milestone._differs(name, vals[name])]
                if changed:
                    raise UserError(
                        self.env._(
                            "The deposit %(name)s is already on invoice %(invoice)s and is not changed any more. "
                            "Cancel or credit the invoice first.",
                            name=milestone.name,
                            invoice=milestone.move_id.display_name,
                        )
                    )
        with (self.order_id | orders)._watch_prepayment_plan():
            return super().write(vals)

    @api.model
    def _fix_due_date(self, vals):
        """A due date that is entered stays when the order is confirmed on another day; new days count again."""
        if "due_date" in vals:
            vals["due_date_is_fixed"] = bool(vals["due_date"])
        elif "days" in vals:
            vals["due_date_is_fixed"] = False

    def unlink(self):
        with self.order_id._watch_prepayment_plan():
            return super().unlink()

    def _differs(self, name, value):
        field = self._fields[name]
        return field.convert_to_cache(value, self) != field.convert_to_cache(self[name], self)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        for milestone in self.filtered(lambda milestone: milestone._is_invoiced()):
            raise UserError(
                self.env._(
                    "The deposit %(name)s is already on invoice %(invoice)s. Cancel or credit the invoice first.",
                    name=milestone.name,
                    invoice=milestone.move_id.display_name,
                )
            )

    def _is_invoiced(self):
        """Whether it has its invoice. One that was credited in full can be invoiced, changed or deleted again."""
        self.ensure_one()
        move = self.sudo().move_id
        return bool(move) and not move._is_deposit_credited()

    def _get_required_amount(self):
        """What must be received for this deposit, with taxes.

        Lowering its invoice or the order does not lower it. What is credited of the invoice does, to no less than what
        the plan asks for today.
        """
        self.ensure_one()
        if not self.move_id:
            return self.amount
        agreed = max(self.amount, self.agreed_amount)
        credited = self.sudo().move_id._get_deposit_credited()
        return max(min(agreed, self.planned_amount), self.currency_id.round(agreed - credited))

    def _plan_amounts(self):
        """Planned amount of each milestone of one order, on its own basis (with or without VAT)."""
        if not self:
            return {}
        order = self.order_id
        currency = order.currency_id
        result = {}
        wholes = order._get_prepayment_wholes()
        milestones = self.sorted(lambda milestone: (milestone.sequence, milestone._origin.id or 0))
        taken = Fraction(0)  # of the order, whatever basis a deposit is counted on
        for milestone in milestones:
            whole = wholes[milestone.basis]
            before = Fraction(whole) * taken
            rest = whole - allocation.round_to(Decimal(before.numerator) / before.denominator, unit(currency))
            part = rest
            if not milestone._takes_the_rest():
                part = min(milestone._planned(whole, currency), max(rest, Decimal(0)))
            result[milestone] = part
            taken += Fraction(part) / Fraction(whole) if whole else 0
        return result

    def _planned(self, whole, currency):
        step = Decimal(str(self.rounding or 0))
        if self.percent:
            amount = allocation.share(whole, Decimal(str(self.percent)), unit(currency), step)
        else:
            amount = allocation.round_to(
                allocation.round_to(decimal(self.fixed_amount, currency), step), unit(currency)
            )
        return max(amount, decimal(self.minimum_amount, currency))

    def _takes_the_rest(self):
        """The last deposit of a plan of 100 % is the rest of the order."""
        self.ensure_one()
        plan = self.order_id.prepayment_milestone_ids.sorted(
            lambda milestone: (milestone.sequence, milestone._origin.id or 0)
        )
        return plan[-1:] == self and round(sum(plan.mapped("percent")), 6) == 100

    def _to_total(self, amount):
        """An amount of this milestone with VAT."""
        order = self.order_id
        currency = order.currency_id
        wholes = order._get_prepayment_wholes()
        if self.basis == "total" or not wholes["net"]:
            return amount
        return allocation.round_to(amount * wholes["total"] / wholes["net"], unit(currency))

    def _get_target(self):
        """What to invoice for this milestone: amount and basis; ``None`` for the whole rest."""
        self.ensure_one()
        order = self.order_id
        if self._takes_the_rest():
            return None
        if order._get_unplanned_deposits():
            return self._get_amount_due_so_far() - order._get_deposited_amount(), "total"
        return order.prepayment_milestone_ids._plan_amounts()[self], self.basis

    def _get_amount_due_so_far(self):
        """Planned with taxes up to and including this milestone."""
        self.ensure_one()
        plan = self.order_id.prepayment_milestone_ids.sorted(
            lambda milestone: (milestone.sequence, milestone._origin.id or 0)
        )
        before = plan[: plan.ids.index(self.id) + 1]
        return sum((decimal(milestone.planned_amount, self.currency_id) for milestone in before), Decimal(0))

    def _get_invoice_line_name(self):
        self.ensure_one()
        return self.env._("%(name)s of order %(order)s", name=self.name, order=self.order_id.name)

    def action_create_invoice(self):
        """Create the deposit invoice of each milestone; one that has its invoice already keeps it."""
        self.check_access("write")
        moves = self.env["account.move"]
        for milestone in self:
            moves |= milestone._create_invoice()
        return self.order_id.action_view_invoice(invoices=moves)

    def _create_invoice(self):
        """The deposit invoice of this milestone: the one there is, or a new one."""
        self.ensure_one()
        order = self.order_id
        order._lock_prepayment()
        self.invalidate_recordset(["invoice_ids", "move_id"])
        self._part_with_credited_invoices()
        self._adopt_open_deposits()
        if existing := self.sudo().invoice_ids.filtered(lambda move: move.state != "cancel"):
            return existing[:1].sudo(self.env.su)
        order._check_prepayment_invoiceable()
        target = self._get_target()
        if target and target[0] <= 0:
            raise UserError(
                self.env._("The deposit %(name)s of order %(order)s is 0.00.", name=self.name, order=order.name)
            )
        treatment = order._get_prepayment_treatment(self.policy_id)
        self.sudo().agreed_amount = self.planned_amount
        wanted = WantedDeposit(order.id, target, treatment, self.id)
        wizard = (
            self._get_deposit_wizards()
            .with_context(active_ids=order.ids, **{KEY: wanted})
            .create({"sale_order_ids": order.ids, "advance_payment_method": "fixed", "fixed_amount": self.amount})
        )
        move = wizard._create_invoices(order).sudo(self.env.su)
        if self.due_date and self.event == "date":
            move.sudo().invoice_date_due = self.due_date
        self._post_invoice(move, treatment)
        order.sudo()._flush_prepayment_changes()
        return move

    def _get_deposit_wizards(self):
        """Core's wizard, which is for salespeople; who makes invoices and may change the order makes deposits too."""
        wizards = self.env["sale.advance.payment.inv"]
        if wizards.has_access("create"):
            return wizards
        self.env["account.move"].check_access("create")
        self.order_id.check_access("write")
        return wizards.sudo()

    def _part_with_credited_invoices(self):
        """An invoice that was credited in full makes room for another one of the same planned deposit."""
        credited = self.sudo().invoice_ids.filtered(lambda move: move.state == "posted" and move._is_deposit_credited())
        if credited:
            with self.order_id._watch_prepayment_plan():
                credited.prepayment_milestone_id = False
                credited.flush_recordset(["prepayment_milestone_id"])  # there is one invoice per planned deposit

    def _post_invoice(self, move, treatment):
        """Post and send as the rule or the company says; where VAT falls due on receipt it stays a draft until then."""
        mode = self.policy_id._get_invoice_mode(self.company_id)
        if mode == "draft" or treatment == "receipt":
            return
        move.sudo().action_post()
        if mode == "send":
            # An invoice that cannot be sent (no address) is posted all the same, and somebody is told.
            self.order_id._prepayment_attempt(move.sudo()._send_prepayment)

    def _describe(self):
        """One line of the plan for quotation and messages."""
        self.ensure_one()
        due = dict(self._fields["event"]._description_selection(self.env))[self.event]
        if self.event == "date" and self.due_date:
            due = format_date(self.env, self.due_date)
        return self.env._(
            "%(name)s: %(amount)s, due at %(due)s",
            name=self.name,
            amount=format_amount(self.env, self.amount, self.currency_id),
            due=due,
        )

    def _adopt_open_deposits(self):
        """Link deposit invoices made elsewhere to the planned deposits they cover, in the order of the plan."""
        for order in self.order_id:
            waiting = (self & order.prepayment_milestone_ids).filtered(lambda milestone: not milestone.move_id)
            for milestone in waiting.sorted(lambda milestone: (milestone.sequence, milestone.id)):
                strangers = order._get_unplanned_deposits().sorted("id")
                if not strangers or milestone._get_amount_due_so_far() > order._get_deposited_amount():
                    break
                milestone.sudo().agreed_amount = milestone.planned_amount
                strangers[0].sudo().prepayment_milestone_id = milestone
