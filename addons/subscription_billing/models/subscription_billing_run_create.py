from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..batch import BATCH, OWN


class SubscriptionBillingRun(models.Model):
    """The invoices of a run, the claims of their periods, and their posting."""

    _inherit = "subscription.billing.run"

    def _bill(self, lines, billing):
        """Create, compare and claim: all lines in one go, or none."""
        subscriptions = lines.subscription_id.try_lock_for_update(allow_referencing=True)
        held = {line.unit for line in lines if line.unit and line.subscription_id not in subscriptions}
        lines = lines.filtered(lambda line: line.subscription_id in subscriptions and line.unit not in held)
        subscriptions.group_id._sync_members()
        planned = self._plan(subscriptions.with_env(billing.env), billing)
        by_key = {(s.id, customer.id): plans for (s, customer), plans in planned.items()}
        keys = {line: (line.subscription_id.id, line.partner_id.id) for line in lines}
        for mates in lines.grouped(lambda line: line.unit or -line.id).values():
            self._join([by_key[keys[line]] for line in mates if by_key.get(keys[line])], billing)
        plans, outcomes = [], defaultdict(list)
        for line in lines:
            mine = by_key.get((line.subscription_id.id, line.partner_id.id))
            if not mine:
                outcomes["nothing", self.env._("Nothing is left to bill.")].append(line.id)
                continue
            self._tell_missing(mine if not isinstance(mine, str) else (), line.joint_missing)
            values = self._prepare_run_line_values(line.subscription_id, line.partner_id, mine, billing)
            line._update_preview(values)
            if values["state"] == "fault":
                outcomes["fault", values["message"]].append(line.id)
                line.subscription_id.sudo().last_fault = values["message"]
            else:
                outcomes["billed", values["message"]].append(line.id)
                plans += [(line, plan) for plan in mine]
        for (state, message), line_ids in outcomes.items():
            lines.browse(line_ids).sudo().write({"state": state, "message": message})
        if plans:
            self._create_invoices(plans, billing)
            done = lines.browse(dict.fromkeys(line.id for line, _plan in plans))
            done.subscription_id.filtered("last_fault").sudo().last_fault = False

    def _create_invoices(self, plans, billing):
        """The invoices, and the claims of their periods, whose unique index makes each period billed exactly once:
        when another process was faster, the invoices go with this savepoint."""
        taxes = billing.taxes_of
        line_of = {id(plan): line for line, plan in plans}
        invoices = list({id(plan.invoice): plan.invoice for _line, plan in plans}.values())
        partners = self.env["res.partner"].browse([invoice.values["partner_id"] for invoice in invoices])
        commercial_ids = {partner.id: partner.commercial_partner_id.id for partner in partners}
        values_list = [taxes.complete(each.to_create, commercial_ids[each.values["partner_id"]]) for each in invoices]
        moves = self.env["account.move"].create([{**values, "is_manually_modified": False} for values in values_list])
        claims, used = [], []
        for move, invoice in zip(moves, invoices, strict=True):
            self._check_amounts(move, invoice)
            move_lines = move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
            parts = [(line_of[id(plan)], charge) for plan in invoice.plans for charge in plan.charges]
            for (line, charge), move_line in zip(parts, move_lines, strict=True):
                claims.append(self._prepare_period_values(line, charge, move_line, billing))
                used.append(billing.used[charge.key].ids if charge.is_usage else ())
        periods = self.env["subscription.period"].sudo().create(claims)
        periods.flush_recordset()
        uses = self.env["subscription.usage"].sudo()
        for period, ids in zip(periods, used, strict=True):
            if ids:
                uses.browse(ids).period_id = period
        return moves

    def _prepare_period_values(self, line, charge, move_line, billing):
        price, factor = billing.prices[charge.key]
        return {
            "quantity": charge.line.quantity,
            "price_whole": price,
            "share": float(factor),
            "times": float(charge.times),
            "move_line_id": move_line.id,
            "amount": -move_line.price_subtotal if move_line.move_type == "out_refund" else move_line.price_subtotal,
            "is_credit": bool(charge.credit_of),
            "credited_period_id": charge.credit_of.id if charge.credit_of else False,
            "state": "invoiced",
            "subscription_id": charge.subscription.id,
            "company_id": self.company_id.id,
            "line_id": charge.line.id,
            "partner_id": charge.partner.id,
            "member_id": charge.member.id,
            "is_one_off": charge.is_one_off,
            "date_start": charge.period.start,
            "date_end": charge.period.end,
            "paid_until": charge.subscription._get_paid_until(charge, factor),
            "run_id": self.id,
            "run_line_id": line.id,
            "currency_id": charge.subscription.currency_id.id,
        }

    def _check_amounts(self, move, plan):
        """The invoice must be what was previewed, or nothing is booked."""
        currency, sign = move.currency_id, -1 if move.move_type == "out_refund" else 1
        for planned, name in (
            (plan.amount_untaxed, "amount_untaxed"),
            (plan.amount_tax, "amount_tax"),
            (plan.amount_total, "amount_total"),
        ):
            if currency.compare_amounts(sign * planned, move[name]):
                raise UserError(
                    self.env._(
                        "The invoice differs from its preview: %(what)s %(ours)s, on the invoice %(theirs)s.",
                        what=move._fields[name]._description_string(self.env),
                        ours=format_amount(self.env, planned, currency),
                        theirs=format_amount(self.env, move[name], currency),
                    )
                )

    def _post_lines(self, lines, made=None):
        """Post the drafts of these lines; numbers are taken here, in the transaction that commits them.

        :param made: lines whose drafts this transaction has made: their history begins with the posted invoice
        """
        drafts = lines.move_ids.filtered(lambda move: move.state == "draft")
        if made:
            (made & lines).move_ids._track_discard()
        self._post_invoices(drafts)
        lines.sudo().write({"state": "posted"})

    def _post_invoices(self, drafts):
        # a customer's first invoice raises its rank in core, customer by customer: what that reads, read together
        (drafts.partner_id | drafts.commercial_partner_id).sudo().mapped("user_ids")
        drafts.with_context(**{BATCH: OWN})._post(soft=False)
