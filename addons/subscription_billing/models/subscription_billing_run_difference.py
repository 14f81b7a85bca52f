from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .. import difference

CAUSES = [
    (difference.NEW, "New"),
    (difference.STOPPED, "Stopped"),
    (difference.PRICE, "Price"),
    (difference.QUANTITY, "Quantity"),
    (difference.ONE_OFF, "One-off charges"),
    (difference.USAGE, "Usage"),
    (difference.PERIODS, "More or fewer periods"),
    (difference.PART, "Parts of a period"),
    (difference.NOT_DUE, "Not due this month"),
    (difference.DUE_AGAIN, "Due again"),
    (difference.PAUSE, "Paused"),
    (difference.RESUMED, "Resumed"),
    (difference.MISSING, "Missing: stopped or taken out in the run"),
    (difference.RATE, "Exchange rate"),
    (difference.ROUNDING, "Rounding"),
]


class SubscriptionBillingRunDifference(models.Model):
    """Why a month's invoices differ from those of the month before: a row for each line, customer and cause."""

    _name = "subscription.billing.run.difference"
    _description = "Difference to Last Month"
    _inherit = ["subscription.proof.mixin"]
    _order = "run_id desc, cause, amount, id"

    run_id = fields.Many2one("subscription.billing.run", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    cause = fields.Selection(CAUSES, required=True)
    subscription_id = fields.Many2one("subscription.subscription", required=True, ondelete="cascade")
    line_id = fields.Many2one("subscription.line", ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", ondelete="cascade")
    amount_before = fields.Monetary(string="Last Month")
    amount_now = fields.Monetary(string="This Month")
    amount = fields.Monetary(string="Difference")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("subscription_id", "cause")
    def _compute_display_name(self):
        names = dict(self._fields["cause"]._description_selection(self.env))
        for row in self:
            row.display_name = f"{row.subscription_id.name}: {names.get(row.cause, '')}"

    def action_open_subscription(self):
        self.ensure_one()
        return self.subscription_id.get_formview_action()


# one subject per file: the comparison with the month before
class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"  # pylint: disable=consider-merging-classes-inherited

    difference_ids = fields.One2many("subscription.billing.run.difference", "run_id", string="Differences")
    compared_on = fields.Datetime(readonly=True, copy=False)
    compared_before = fields.Monetary(
        string="Invoiced Last Month", currency_field="company_currency_id", readonly=True, copy=False
    )
    compared_now = fields.Monetary(
        string="This Month",
        currency_field="company_currency_id",
        readonly=True,
        copy=False,
        help="Untaxed: this run and what other runs have invoiced this month.",
    )
    compared_difference = fields.Monetary(
        string="Difference", compute="_compute_compared_difference", currency_field="company_currency_id"
    )

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"compared_on", "compared_before", "compared_now"}

    @api.depends("compared_before", "compared_now")
    def _compute_compared_difference(self):
        for run in self:
            run.compared_difference = run.compared_now - run.compared_before

    def action_compare(self):
        """Compare the month of this run with the month before, and open the differences by cause."""
        self.ensure_one()
        self.check_access("read")
        if self.has_access("write"):
            self._compare()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_billing_run_difference_action"
        )
        action.update(domain=[("run_id", "=", self.id)])
        return action

    def _compare(self):
        first = self.invoice_date.replace(day=1)
        scope = self._get_scope()
        before = self._read_billed(first - relativedelta(months=1), first - timedelta(days=1), scope)
        now = self._read_billed(first, first + relativedelta(months=1, days=-1), scope)
        for key, billed in self._plan_billed().items():
            now[key] += billed
        chains = self.env["subscription.line"].browse({key[1] for key in {**before, **now}})._get_chains()
        before, now = _by_chain(before, chains), _by_chain(now, chains)
        reasons = self._prepare_reasons(first, before, now, chains)
        values_list = []
        for key in {**before, **now}:
            subscription, line, partner = key
            rows = difference.explain(
                before.get(key, []),
                now.get(key, []),
                lambda key=key: reasons.gone(key),
                lambda key=key: reasons.come(key),
            )
            values_list += [
                {
                    "run_id": self.id,
                    "subscription_id": subscription,
                    "line_id": line,
                    "partner_id": partner,
                    "cause": row.cause,
                    "amount_before": float(row.before),
                    "amount_now": float(row.now),
                    "amount": float(row.amount),
                }
                for row in rows
            ]
        self.difference_ids.sudo().unlink()
        self.env["subscription.billing.run.difference"].sudo().create(values_list)
        self.sudo().write(
            {
                "compared_on": fields.Datetime.now(),
                "compared_before": float(sum(each.amount for billed in before.values() for each in billed)),
                "compared_now": float(sum(each.amount for billed in now.values() for each in billed)),
            }
        )

    def _get_scope(self):
        """Subscriptions this run was limited to, or None: all of the company."""
        if not (self.subscription_ids or self.partner_ids or self.group_ids):
            return None
        domain = [("company_id", "=", self.company_id.id)]
        if self.subscription_ids:
            domain.append(("id", "in", self.subscription_ids.ids))
        if self.partner_ids:
            domain.append(("partner_id", "child_of", self.partner_ids.ids))
        if self.group_ids:
            domain.append(("group_id", "in", self.group_ids.ids))
        return self.env["subscription.subscription"].search(domain).ids

    def _read_billed(self, start, end, scope):
        """{(subscription, line, customer): [Billed]} of invoices of these days, drafts included."""
        self.env.flush_all()
        limit = SQL("AND period.subscription_id = ANY(%s)", scope) if scope is not None else SQL()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT period.subscription_id, period.line_id, period.partner_id, -item.balance,
                       COALESCE(NULLIF(period.quantity, 0), item.quantity),
                       CASE WHEN period.share != 0 THEN period.price_whole ELSE item.price_unit END,
                       COALESCE(NULLIF(period.share, 0), 1), COALESCE(NULLIF(period.times, 0), 1), item.discount,
                       1 / COALESCE(NULLIF(move.invoice_currency_rate, 0), 1), line.is_one_off, line.is_usage
                  FROM subscription_period period
                  JOIN subscription_line line ON line.id = period.line_id
                  JOIN account_move_line item ON item.id = period.move_line_id
                  JOIN account_move move ON move.id = item.move_id
                 WHERE period.company_id = %s AND period.state = 'invoiced'
                   AND move.invoice_date BETWEEN %s AND %s %s
                 ORDER BY period.date_start, period.id
                """,
                self.company_id.id,
                start,
                end,
                limit,
            )
        )
        billed = defaultdict(list)
        for *key, amount, quantity, price, share, times, discount, rate, is_one_off, is_usage in rows:
            net = price * (1 - (discount or 0) / 100)
            billed[tuple(key)].append(_billed(amount, quantity, net, share, times, rate, is_one_off, is_usage))
        return billed

    def _plan_billed(self):
        """The same of what this run would still bill."""
        lines = self.line_ids.filtered(lambda line: line.is_selected and line.state == "ready")
        billed = defaultdict(list)
        billing = self._billing()
        keys = {(line.subscription_id.id, line.partner_id.id) for line in lines}
        for (subscription, customer), plans in self._plan(lines.subscription_id.with_env(billing.env), billing).items():
            if (subscription.id, customer.id) not in keys or isinstance(plans, str):
                continue
            for plan in (plan for plan in plans if not plan.errors):
                self._add_billed(billed, plan, billing)
        return billed

    def _add_billed(self, billed, plan, billing):
        company, currency = self.company_id, plan.subscription.currency_id
        rate = currency._get_conversion_rate(currency, company.currency_id, company, plan.invoice_date)
        items = billing.taxes_of.compute(plan.values).base_values
        for charge, (_c, _id, values), item in zip(plan.charges, plan.values["invoice_line_ids"], items, strict=True):
            price, factor = billing.prices[charge.key]
            amount = currency._convert(-item["amount_currency"], company.currency_id, company, plan.invoice_date)
            key = (plan.subscription.id, charge.line.id, charge.partner.id)
            net = float(price) * (1 - values["discount"] / 100)
            billed[key].append(
                _billed(
                    amount,
                    charge.line.quantity,
                    net,
                    float(factor),
                    charge.times,
                    rate,
                    charge.is_one_off,
                    charge.is_usage,
                )  # fmt: skip
            )

    def _prepare_reasons(self, first, before, now, chains):
        last_of = {last: [line for line, found in chains.items() if found == last] for last in set(chains.values())}
        come = [line for key in now if key not in before for line in last_of[key[1]]]
        known = (
            self.env["subscription.period"]
            .sudo()
            ._read_group(
                [
                    ("line_id", "in", come),
                    ("state", "!=", "released"),
                    # what this month's own runs have made of days before is not earlier
                    ("move_line_id.move_id.invoice_date", "<", first),
                ],
                ["line_id", "partner_id"],
                ["date_end:max"],
            )
        )
        earlier = {}
        for line, partner, last in known:
            key = chains[line.id], partner.id
            earlier[key] = max(last, earlier.get(key, last))
        stopped = self.line_ids.filtered(lambda line: line.state in ("fault", "failed") or not line.is_selected)
        return _Reasons(self, first, earlier, {(each.subscription_id.id, each.partner_id.id) for each in stopped})


def _by_chain(billed, chains):
    """The same by the last line of each chain of changes: its lines, one after the other."""
    sizes, found = Counter(chains.values()), {}
    for (subscription, line, partner), rows in sorted(billed.items()):
        last = chains[line]
        rows = [replace(row, is_seam=True) for row in rows] if sizes[last] > 1 else rows
        found.setdefault((subscription, last, partner), []).extend(rows)
    return found


def _billed(amount, quantity, price, share, times, rate, is_one_off, is_usage):
    """:param times: how many of the subscription's intervals its whole period is: so many periods at one price each"""
    price, share = float(price or 0) / float(times), float(share or 0) * float(times)
    kind = difference.ONE_OFF if is_one_off else difference.USAGE if is_usage else ""
    amount, quantity, price, share, times, rate = (
        Decimal(str(round(float(value or 0), 8))) for value in (amount, quantity, price, share, times, rate)
    )
    return difference.Billed(amount, quantity, price, share, rate, kind, times=times)


class _Reasons:
    """Why a line is billed in the one month only."""

    def __init__(self, run, first, earlier, stopped):
        self.env = run.env
        self.first = first
        self.last = first + relativedelta(months=1, days=-1)
        self.earlier = earlier
        self.stopped = stopped

    def _records(self, key):
        subscription, line, partner = key
        return (
            self.env["subscription.subscription"].browse(subscription),
            self.env["subscription.line"].browse(line),
            self.env["res.partner"].browse(partner),
        )

    def gone(self, key):
        subscription, line, partner = self._records(key)
        payer = subscription.group_id.payer_id if subscription.group_id.invoice_mode == "payer" else partner
        if (subscription.id, payer.id) in self.stopped:
            return difference.MISSING
        ends = [subscription.date_end, line.date_end]
        if subscription.group_id:
            members = subscription.group_id.member_ids.filtered(lambda member: member.partner_id == partner)
            ends.append(
                max((member.date_to or self.last for member in members), default=self.first - timedelta(days=1))
            )
        ended = any(end and end < self.last for end in ends)
        if subscription.state == "closed" or not line.active or ended:
            return difference.STOPPED
        if any(
            pause.date_from <= self.last and (not pause.date_to or pause.date_to >= self.first)
            for pause in subscription.pause_ids
        ):
            return difference.PAUSE
        return difference.NOT_DUE

    def come(self, key):
        subscription, line, partner = self._records(key)
        last = self.earlier.get((line.id, partner.id))
        if not last:
            return difference.NEW
        if any(pause.date_to and pause.date_to >= last for pause in subscription.pause_ids):
            return difference.RESUMED
        return difference.DUE_AGAIN
