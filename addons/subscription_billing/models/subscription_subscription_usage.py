from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.tools import SQL, format_amount, format_date
from odoo.tools.misc import formatLang

from ..billing import Used
from ..exact import exact
from ..usage import assign, part_of


# one subject per file: what was used, on the invoice
class SubscriptionSubscription(models.Model):
    """What was recorded as used and not charged yet, by the periods that are due."""

    _inherit = "subscription.subscription"

    def _collect_used(self, charges):
        """What each usage charge is for, by `Charge.key`. One query for all."""
        if not charges:
            return {}
        self.env["subscription.usage"].flush_model(["line_id", "partner_id", "date", "quantity", "period_id"])
        self.env["subscription.period"].flush_model(["state"])
        self.flush_model(["trial_end"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT use.line_id, use.partner_id, use.date, sum(use.quantity), array_agg(use.id)
                FROM subscription_usage use
                JOIN subscription_subscription sub ON sub.id = use.subscription_id
                LEFT JOIN subscription_period period ON period.id = use.period_id
                WHERE use.line_id IN %s AND use.date <= %s AND (period.id IS NULL OR period.state = 'released')
                    AND (sub.trial_end IS NULL OR use.date > sub.trial_end)
                GROUP BY use.line_id, use.partner_id, use.date
                """,
                tuple({charge.line.id for charge in charges}),
                max(charge.period.end for charge in charges),
            )
        )
        uses = defaultdict(list)
        for line_id, partner_id, day, quantity, ids in rows:
            uses[line_id, partner_id].append((day, (exact(quantity), ids)))
        by_customer = defaultdict(list)
        for charge in charges:
            by_customer[charge.line.id, charge.partner.id].append(charge)
        found = {}
        for key, items in by_customer.items():
            taken = assign(uses[key], [charge.period for charge in items])
            for charge in items:
                mine = taken[charge.period]
                total = sum((quantity for quantity, _ids in mine), Decimal(0))
                found[charge.key] = Used(total, tuple(use_id for _quantity, ids in mine for use_id in ids))
        return found

    def _get_usage_after(self, day):
        """Recorded uses after a last day, which no invoice would charge."""
        return self.usage_line_ids.usage_ids.filtered(lambda use: day and use.date > day and not use.is_billed)

    def _note_usage_after_end(self):
        """An end typed inside recorded usage: say what is left without an invoice."""
        for subscription in self.filtered("date_end"):
            for line, uses in subscription._get_usage_after(subscription.date_end).grouped("line_id").items():
                subscription.message_post(
                    body=self.env._(
                        "%(line)s: %(quantity)s recorded after the last day, %(day)s, is not invoiced. Charge it as a "
                        "one-off, or end later.",
                        line=line.display_name,
                        quantity=formatLang(self.env, sum(uses.mapped("quantity"))),
                        day=format_date(self.env, subscription.date_end),
                    )
                )

    def _prepare_usage_values(self, charge, billing, lang, price, factor):
        """Quantity, price and text of an invoice line for usage.

        One price and a quantity the invoice can show stand as quantity and price; everything else as one amount, with
        the calculation in the text.
        """
        self.ensure_one()
        line = charge.line
        included = part_of(exact(line.usage_included), factor)
        used = billing.used.get(charge.key, Used()).quantity
        if used < 0:
            priced = line._price_correction(used, price, charge.partner)
        else:
            priced = line._price_usage(used, price, included)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        parts = priced.parts
        if not parts:
            values = {"quantity": 0.0, "price_unit": price}
        elif len(parts) == 1 and parts[0].quantity == round(parts[0].quantity, digits):
            values = {"quantity": float(parts[0].quantity), "price_unit": float(parts[0].price)}
        else:
            values = {"quantity": 1.0, "price_unit": self.currency_id.round(float(priced.amount))}
        text = self._get_charge_text(charge, lang, price, 1)
        return {**values, "name": "\n".join((text, self._get_usage_text(charge, priced, lang)))}

    def _get_usage_text(self, charge, priced, lang):
        """What was used, what of it is included, and how the rest is priced."""
        env = self.with_context(lang=lang).env
        unit = charge.line.product_id.uom_id.with_context(lang=lang).name or ""

        def shown(quantity):
            digits = max(0, -quantity.normalize().as_tuple().exponent)
            return formatLang(env, float(quantity), digits=min(digits, 6))

        text = env._("Used: %(quantity)s %(unit)s", quantity=shown(priced.used), unit=unit).strip()
        if priced.included:
            text = env._("%(used)s, of which %(included)s included", used=text, included=shown(priced.included))
        steps = [
            f"{shown(part.quantity)} x {format_amount(env, float(part.price), self.currency_id, lang_code=lang)}"
            for part in priced.parts
        ]
        return f"{text}: {' + '.join(steps)}" if steps else text
