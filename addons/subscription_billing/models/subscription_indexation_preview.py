from odoo import models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

from .. import indexation
from ..exact import exact


class SubscriptionIndexation(models.Model):
    """Old and new prices before anything is changed."""

    _inherit = "subscription.indexation"

    def _get_subscription_domain(self):
        self.ensure_one()
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "in", ("active", "paused"))
            & Domain("index_rule_id", "!=", False)
            & Domain("index_next_date", "<=", self.date_until)
        )
        if self.rule_ids:
            domain &= Domain("index_rule_id", "in", self.rule_ids.ids)
        if self.subscription_ids:
            domain &= Domain("id", "in", self.subscription_ids.ids)
        return domain

    def _make_lines(self):
        self.ensure_one()
        old = self.line_ids.filtered(lambda change: change.state not in ("applied", "undone"))
        taken_out = {(change.line_id, change.date_due) for change in old if not change.is_selected}
        old.sudo().unlink()
        env = self.with_company(self.company_id).env
        subscriptions = env["subscription.subscription"].search(self._get_subscription_domain(), order="id")
        series = {index: index._get_series() for index in subscriptions.index_rule_id.index_id}
        values_list = []
        for subscription in subscriptions:
            for line in subscription._get_regulated_lines():
                for values in self._prepare_line_values(line, subscription.index_rule_id, series):
                    values["is_selected"] = (line, values["date_due"]) not in taken_out
                    values_list.append(values)
        self.env["subscription.indexation.line"].sudo().create(values_list)

    def _prepare_line_values(self, line, rule, series):
        """The regulations of one price, one after the other: each goes out from the price before."""
        price = exact(line.price_unit)
        today = self.company_id._subscription_today()
        for due in rule._get_due_dates(line, self.date_until):
            effect = indexation.effect_date(due, today, rule._get_notice_days())
            values = {
                "indexation_id": self.id,
                "subscription_id": line.subscription_id.id,
                "line_id": line.id,
                "rule_id": rule.id,
                "date_due": due,
                "date_effect": effect,
                "old_price": float(price),
                "new_price": float(price),
            }
            if line._is_over(today, effect):
                return
            reason = line._get_exception(rule, effect)
            if reason:
                yield {**values, "state": "excluded", "message": reason}
                continue
            try:
                factor = None
                if rule.method == "index":
                    factor = indexation.index_factor(series[rule.index_id], due, rule.index_lag, rule.interval_months)
                new = rule._get_price_rule().new_price(price, factor and factor.factor)
            except indexation.IndexationError as error:
                state = "excluded" if error.code == "reduction" else "fault"
                yield {**values, "state": state, "message": rule._get_fault_text(error)}
                return  # the next regulation would go out from a price nobody knows
            yield {
                **values,
                **self._prepare_effect_values(line, price, new.price, effect),
                "explanation": self._get_explanation(rule, factor, new),
                "message": self._get_note(line, rule, due, effect),
            }
            price = new.price

    def _prepare_effect_values(self, line, old, new, day):
        subscription, currency = line.subscription_id, line.subscription_id.currency_id
        effect = currency.round(float(new - old) * line._get_year_factor() * line._get_share_of_year(day))
        return {
            "new_price": float(new),
            "percent": float(indexation.percent_change(old, new)),
            "year_effect": effect,
            "year_effect_company": currency._convert(
                effect, self.company_id.currency_id, self.company_id, self.company_id._subscription_today()
            ),
            "subscription_id": subscription.id,
        }

    def _get_explanation(self, rule, factor, new):
        """How the price came about, to read in the list."""
        limit = {
            "cap": self.env._("at most %s %%", formatLang(self.env, rule.cap)),
            "floor": self.env._("at least %s %%", formatLang(self.env, rule.floor)),
        }.get(new.limited)
        if factor:
            text = self.env._(
                "%(index)s: %(value_from)s (%(from)s) to %(value_to)s (%(to)s)",
                index=rule.index_id.name,
                value_from=self._get_shown(factor.value_from),
                value_to=self._get_shown(factor.value_to),
                **{
                    "from": format_date(self.env, factor.month_from, date_format="MM.yyyy"),
                    "to": format_date(self.env, factor.month_to, date_format="MM.yyyy"),
                },
            )
        elif rule.method == "percent":
            text = self.env._("%s %%", formatLang(self.env, rule.percent))
        else:
            text = self.env._(
                "%(amount)s %(currency)s", amount=formatLang(self.env, rule.amount), currency=rule.currency_id.name
            )
        return ", ".join(part for part in (text, limit) if part)

    def _get_shown(self, number):
        """An index value with the decimals it has."""
        return formatLang(self.env, float(number), digits=max(0, -number.normalize().as_tuple().exponent))

    def _get_note(self, line, rule, due, effect):
        """What should be looked at, though nothing is wrong."""
        notes = []
        if effect != due:
            notes.append(self.env._("Later than agreed: %s days' notice.", rule.notice_days))
        billed = max(
            (p.date_end for p in line.sudo().period_ids if p.state != "released" and p.date_start >= effect),
            default=None,
        )
        if billed:
            notes.append(
                self.env._("Invoiced at the old price until %s; those invoices stay.", format_date(self.env, billed))
            )
        group = line.subscription_id.group_id
        own = group.member_ids.price_ids.filtered(lambda price: price.product_id == line.product_id)
        if own:
            notes.append(self.env._("%s members have prices of their own, which stay.", len(own)))
        for other in line.continued_ids.filtered(lambda other: not other.is_price_continued):
            notes.append(
                self.env._(
                    "From %(day)s a change has agreed %(price)s, which stays.",
                    day=format_date(self.env, other.date_start),
                    price=format_amount(self.env, other.price_unit, other.currency_id),
                )
            )
        return " ".join(notes) or False
