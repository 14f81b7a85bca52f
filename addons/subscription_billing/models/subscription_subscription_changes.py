from odoo import Command, api, fields, models
from odoo.tools import SQL, format_amount, format_date

from ..billing import Charge
from ..changes import Part, part_of, unused
from ..periods import ONE_DAY, Period, Schedule, check_count, open_periods

#: Days the daily job may have stood still and yet finds the lines that begin or end.
LOOK_BACK = 31


# one subject per file: what changes of a line do to what is due and to the invoice
class SubscriptionSubscription(models.Model):
    """Lines that were changed on a day: parts at the seam, and what is taken back of a charged period."""

    _inherit = "subscription.subscription"

    change_ids = fields.One2many("subscription.change", "subscription_id", string="Changes")
    change_count = fields.Integer(compute="_compute_change_count")

    @api.depends("change_ids")
    def _compute_change_count(self):
        for subscription in self:
            subscription.change_count = len(subscription.change_ids)

    def action_open_changes(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_change_action")
        action.update(domain=[("subscription_id", "=", self.id)], context={"default_subscription_id": self.id})
        return action

    def action_new_change(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change %s", self.display_name),
            "res_model": "subscription.change",
            "view_mode": "form",
            "context": {"default_subscription_id": self.id},
        }

    # ------------------------------------------------------------------
    # What is due
    # ------------------------------------------------------------------

    def _read_ledger(self):
        """Also what is to be taken back: charged rows of changed lines that no credit row answers yet."""
        ledger = super()._read_ledger()
        ledger["credits"] = []
        lines = self.all_line_ids.filtered("credit_from")
        ids = tuple(lines._origin.ids)
        if ids:
            self.env["subscription.line"].flush_model(["credit_from"])
            self.env["subscription.period"].flush_model()
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT period.id
                    FROM subscription_period period
                    JOIN subscription_line line ON line.id = period.line_id
                    WHERE period.line_id IN %s AND period.state IN ('claimed', 'invoiced')
                        AND period.is_credit IS NOT TRUE AND period.is_one_off IS NOT TRUE
                        AND period.date_end >= line.credit_from
                        AND NOT EXISTS (
                            SELECT FROM subscription_period credit
                            WHERE credit.credited_period_id = period.id AND credit.state != 'released'
                        )
                    ORDER BY period.id
                    """,
                    ids,
                )
            )
            ledger["credits"] = self.env["subscription.period"].browse(row[0] for row in rows)
        return ledger

    def _get_credit_charges(self, ledger):
        """What is to be taken back, each with the day it is due."""
        self.ensure_one()
        charges = []
        for row in ledger["credits"]:
            if row.subscription_id != self._origin:
                continue
            line = row.line_id
            rest, _part = unused(row.date_start, row.date_end, line.credit_from, line.end_part_rule or "days")
            due, times = self._get_credit_date(line, row), row._get_times()
            charges.append(Charge(self, line, row.partner_id, row.member_id, rest, due, credit_of=row, times=times))
        return charges

    def _get_settle_date(self, change, day, schedule, charged_until, end):
        """When the difference of days charged before is invoiced."""
        following = charged_until + ONE_DAY
        if change.settlement == "now" or (end and following > end):
            return day
        period = schedule.period(schedule.index_of(following))
        return max(day, period.due_date(self.timing, self.lead_days))

    def _get_credit_date(self, line, row):
        """The day it is due that the rest of a charged row is taken back."""
        return line.credit_date or line.credit_from

    def _get_charges(self, until, ledger):
        charges = super()._get_charges(until, ledger)
        return charges + [charge for charge in self._get_credit_charges(ledger) if charge.due_date <= until]

    def _get_next_due(self, ledger):
        due, period = super()._get_next_due(ledger)
        for charge in self._get_credit_charges(ledger):
            if not due or charge.due_date < due:
                due, period = charge.due_date, charge.period
        return due, period

    def _get_next_due_dates(self, count):
        found = super()._get_next_due_dates(count)
        credits = {charge.due_date for charge in self._get_credit_charges(self._read_ledger())}
        return sorted({*found, *credits})[:count] if credits else found

    def _get_due_periods(self, line, schedule, within, taken, until):
        if line.is_usage or not line._is_changed():
            return super()._get_due_periods(line, schedule, within, taken, until)
        found = []
        for period in open_periods(schedule, within, taken):
            whole = Period(period.full_start, period.full_end, period.full_start, period.full_end)
            if whole.due_date(self.timing, self.lead_days) > until:
                break
            due = self._get_due_date(line, schedule, within, period)
            if due <= until:
                found.append((period, due))
            check_count(found, within)
        return found

    def _get_due_date(self, line, schedule, within, period):
        if line.is_usage or not line._is_changed():
            return super()._get_due_date(line, schedule, within, period)
        return line._get_seam_due_date(period, self.timing, self.lead_days)

    def _get_schedule(self, line):
        """A line with an interval of its own goes on with the periods of the line it replaced."""
        schedule = super()._get_schedule(line)
        if line.interval_unit and line.period_anchor:
            return Schedule(
                line.period_anchor, schedule.interval, schedule.anchor, schedule.anchor_day, schedule.anchor_month
            )
        return schedule

    # ------------------------------------------------------------------
    # What the invoice says
    # ------------------------------------------------------------------

    def _get_charge_price(self, charge):
        price, factor = super()._get_charge_price(charge)
        rule = charge.line._get_seam_rule(charge.period)
        return (price, part_of(charge.period, rule).share) if rule and not charge.is_one_off else (price, factor)

    def _get_charge_text(self, charge, lang, price, factor):
        rule = charge.line._get_seam_rule(charge.period)
        if factor == 1 or not rule:
            return super()._get_charge_text(charge, lang, price, factor)
        text = super()._get_charge_text(charge, lang, price, 1)
        line = charge.line
        kind = line.change_kind if line.change_id and charge.period.start == line.date_start else None
        return f"{text}\n{self._get_part_text(kind, charge.period, part_of(charge.period, rule), rule, price, lang)}"

    def _get_part_text(self, kind, period, part: Part, rule, price, lang):
        """The calculation, e.g. "Upgrade 15.03.2027 - 31.03.2027: 17/31 days of 200.00"."""
        env = self.with_context(lang=lang).env
        values = {
            "start": format_date(env, period.start, lang_code=lang),
            "end": format_date(env, period.end, lang_code=lang),
            "days": part.days,
            "all": part.all_days,
            "price": format_amount(env, price, self.currency_id, lang_code=lang),
        }
        what = dict(env["subscription.line"]._fields["change_kind"]._description_selection(env)).get(kind)
        head = f"{what} {values['start']} - {values['end']}" if what else f"{values['start']} - {values['end']}"
        if rule == "30_360":
            return env._("%(what)s: %(days)s/%(all)s days at %(price)s (months of 30 days)", what=head, **values)
        return env._("%(what)s: %(days)s/%(all)s days at %(price)s", what=head, **values)

    def _prepare_invoice_line_values(self, charge, billing, sequence=1):
        if not charge.credit_of:
            return super()._prepare_invoice_line_values(charge, billing, sequence)
        return self._prepare_credit_line_values(charge, billing, sequence)

    def _prepare_credit_line_values(self, charge, billing, sequence):
        """The unused rest of a charged period: product, account, taxes and price of the line that charged it. Of what
        credit notes have taken off that price nothing is taken back again."""
        line = charge.line
        charged = charge.credit_of.move_line_id
        rule = line.end_part_rule or "days"
        _rest, part = unused(charge.credit_of.date_start, charge.credit_of.date_end, line.credit_from, rule)
        left = charged.move_id._get_left_of_lines().get(charged, charged.price_subtotal)
        credited, price = charged.price_subtotal - left, charged.price_unit
        if self.currency_id.compare_amounts(credited, 0) > 0:
            price *= left / charged.price_subtotal
        billing.prices[charge.key] = price, -part.share
        partner = billing.addressees[charge.key]
        lang = partner.lang or self.env.lang
        env = self.with_context(lang=lang).env
        text = [line.name or line.product_id.with_context(lang=lang).display_name]
        if charge.partner != self._get_payer(charge):
            text.insert(0, charge.partner.display_name)
        text.append(env._("Taken back, charged on %s", charged.move_id.name or charged.move_id.ref or "/"))
        if price != charged.price_unit:
            text.append(env._("Already credited: %s", format_amount(env, credited, self.currency_id, lang_code=lang)))
        text.append(self._get_part_text(None, charge.period, part, rule, price, lang))
        return {
            "display_type": "product",
            "sequence": sequence,
            "product_id": charged.product_id.id,
            "name": "\n".join(text),
            "quantity": -charged.quantity,
            "product_uom_id": charged.product_uom_id.id,
            "price_unit": self._get_part_price(price, part.share, charged.quantity),
            "discount": charged.discount,
            "tax_ids": [Command.set(charged.tax_ids.ids)],
            "account_id": charged.account_id.id,
            "start_date": charge.period.start,
            "end_date": charge.period.end,
        }

    # ------------------------------------------------------------------
    # Monthly value
    # ------------------------------------------------------------------

    def _get_value_day(self):
        """The day whose lines the monthly value counts: today, or its first or last day."""
        self.ensure_one()
        today = (self.company_id or self.env.company)._subscription_today()
        day = max(today, self.date_start or today)
        return min(day, self.date_end) if self.date_end else day

    @api.model
    def _refresh_new_prices(self):
        """The monthly value follows lines and members of groups on the day they begin or end."""
        result = super()._refresh_new_prices()
        today = max(company._subscription_today() for company in self.env["res.company"].search([]))
        since = fields.Date.subtract(today, days=LOOK_BACK)
        lines = self.env["subscription.line"].search(
            [
                "|",
                "&",
                ("date_start", ">=", since),
                ("date_start", "<=", today),
                "&",
                ("date_end", ">=", fields.Date.subtract(since, days=1)),
                ("date_end", "<", today),
            ]
        )
        members = self.env["subscription.group.member"].search(
            [
                "|",
                "&",
                ("date_from", ">=", since),
                ("date_from", "<=", today),
                "&",
                ("date_to", ">=", fields.Date.subtract(since, days=1)),
                ("date_to", "<", today),
            ]
        )
        changed = lines.subscription_id | members.group_id.subscription_ids
        self.env.add_to_compute(self._fields["monthly_amount"], changed)
        return result
