import logging
from collections import defaultdict

from psycopg2 import Error as DatabaseError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure, UniqueViolation

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

from ..billing import BATCH_SIZE, Billing, Fault
from ..periods import PeriodError

_logger = logging.getLogger(__name__)

#: Another process was faster. What it left over is still there in the next transaction.
CONCURRENCY_ERRORS = (SerializationFailure, LockNotAvailable, DeadlockDetected)
#: Batches in vain (others hold the subscriptions) before a run is left for the next time.
TRIES = 3
#: Subscriptions read at a time for a preview.
PREVIEW_CHUNK = 500


class SubscriptionBillingRun(models.Model):
    """How a run works: lines are the queue, batches are savepoints, a bad one is found by halving."""

    _inherit = "subscription.billing.run"

    def _billing(self):
        self.ensure_one()
        return Billing(
            self.with_company(self.company_id).env, self.company_id, self.date_until, self.invoice_date, self
        )

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def _make_lines(self):
        """One line per subscription and payer, with the amounts and faults of its invoices to be."""
        self.ensure_one()
        old = self.line_ids.filtered(lambda line: line.state in ("ready", "fault", "nothing"))
        taken_out = {(line.subscription_id, line.partner_id) for line in old if not line.is_selected}
        old.sudo().unlink()
        billing = self._billing()
        subscriptions = self.env["subscription.subscription"].search(self._get_subscription_domain(), order="id")
        subscriptions = subscriptions.with_env(billing.env)
        for start in range(0, len(subscriptions), PREVIEW_CHUNK):
            chunk = subscriptions[start : start + PREVIEW_CHUNK]
            self.env["subscription.billing.run.line"].sudo().create(
                [
                    {
                        **self._prepare_run_line_values(subscription, customer, plans, billing),
                        "is_selected": (subscription, customer) not in taken_out,
                    }
                    for (subscription, customer), plans in self._plan(chunk, billing).items()
                ]
            )
            if len(subscriptions) > PREVIEW_CHUNK:  # the memory of one chunk, whatever their number
                self.env.flush_all()
                self.env.invalidate_all(flush=False)

    def _plan(self, subscriptions, billing):
        """Checked plans by subscription and payer. One that cannot be planned at all gets its reason as fault."""
        plans = {}
        try:
            found = subscriptions._plan_invoices(billing)
        except (UserError, ValidationError, PeriodError) as error:
            if len(subscriptions) > 1:
                for subscription in subscriptions:
                    plans.update(self._plan(subscription, billing))
                return plans
            return {(subscriptions, subscriptions.partner_id or subscriptions.group_id.payer_id): str(error)}
        for plan in found:
            plan.faults = self._billing_faults(plan, billing)
            plans.setdefault((plan.subscription, plan.customer), []).append(plan)
        return plans

    def _prepare_run_line_values(self, subscription, customer, plans, billing):
        values = {
            "run_id": self.id,
            "subscription_id": subscription.id,
            "partner_id": customer.id,
            "currency_id": subscription.currency_id.id,
            "payment_way": billing.payment_way(subscription, customer),
        }
        if isinstance(plans, str):
            return {**values, "state": "fault", "message": plans}
        faults = [fault for plan in plans for fault in plan.faults]
        charges = [charge for plan in plans for charge in plan.charges]
        untaxed, total = sum(p.amount_untaxed for p in plans), sum(p.amount_total for p in plans)
        return {
            **values,
            "state": "fault" if any(fault.is_error for fault in faults) else "ready",
            "has_warning": any(not fault.is_error for fault in faults),
            "message": "\n".join(dict.fromkeys(fault.message for fault in faults)),
            "date_start": min(charge.period.start for charge in charges),
            "date_end": max(charge.period.end for charge in charges),
            "planned_invoices": len(plans),
            "amount_untaxed": untaxed,
            "amount_total": total,
            "amount_untaxed_company": sum(self._to_company(p, p.amount_untaxed) for p in plans),
            "amount_total_company": sum(self._to_company(p, p.amount_total) for p in plans),
            "details": "\n\n".join(self._get_plan_text(plan) for plan in plans),
        }

    def _to_company(self, plan, amount):
        company = self.company_id
        return plan.subscription.currency_id._convert(amount, company.currency_id, company, plan.invoice_date)

    def _get_plan_text(self, plan):
        """The lines of the invoice to be, to read in the preview."""
        currency = plan.subscription.currency_id
        rows = [format_date(self.env, plan.invoice_date)]
        for _command, _id, values in plan.values["invoice_line_ids"]:
            text = (values["name"] or "").replace("\n", ", ")
            price = format_amount(self.env, values["price_unit"], currency)
            discount = f" - {values['discount']:g} %" if values["discount"] else ""
            rows.append(f"{text}: {values['quantity']:g} x {price}{discount}")
        rows.append(format_amount(self.env, plan.amount_total, currency))
        return "\n".join(rows)

    def _billing_faults(self, plan, billing):
        """Everything that stops this invoice or should be looked at, found before anything is booked.

        Hook: extend with super() and add `Fault`s.
        """
        return [
            *self._get_customer_faults(plan, billing),
            *self._get_line_faults(plan, billing),
            *self._get_amount_faults(plan, billing),
        ]

    def _get_customer_faults(self, plan, billing):
        partner = billing.invoice_partner(plan.customer)
        if not plan.customer.active or not partner.active:
            yield Fault("error", self.env._("The customer %s is archived.", plan.customer.display_name))
        for record in (partner, plan.customer):
            if record.company_id and record.company_id != self.company_id:
                yield Fault("error", self.env._("The customer %s belongs to another company.", record.display_name))
                break
        missing = [
            label
            for label, value in (
                (self.env._("street"), partner.street),
                (self.env._("city"), partner.city),
                (self.env._("country"), partner.country_id),
            )
            if not value
        ]
        if missing:
            yield Fault(
                "warning",
                self.env._(
                    "The address of %(name)s lacks: %(what)s.", name=partner.display_name, what=", ".join(missing)
                ),
            )

    def _get_line_faults(self, plan, billing):
        accounts, taxes = self.env["account.account"], self.env["account.tax"]
        for charge, (_command, _id, values) in zip(plan.charges, plan.values["invoice_line_ids"], strict=True):
            product = charge.line.product_id
            name = charge.line.display_name
            if product and not product.active:
                yield Fault("error", self.env._("The product %s is archived.", name))
            if product.company_id and product.company_id != self.company_id:
                yield Fault("error", self.env._("The product %s belongs to another company.", name))
            account = accounts.browse(values["account_id"])
            if not account:
                yield Fault(
                    "error",
                    self.env._("No income account for %s: neither product, category nor journal has one.", name),
                )
            elif not account.active:
                yield Fault(
                    "error",
                    self.env._("The account %(account)s of %(line)s is archived.", account=account.code, line=name),
                )
            line_taxes = taxes.browse(values["tax_ids"][0][2])
            chosen = charge.line.with_context(active_test=False)
            chosen = (chosen.tax_ids or chosen.product_id.product_tmpl_id.taxes_id)._filter_taxes_by_company(
                self.company_id
            )
            if (chosen | line_taxes).filtered(lambda tax: not tax.active):
                yield Fault("error", self.env._("A tax of %s is archived.", name))
            elif not line_taxes:
                yield Fault("warning", self.env._("%s has no tax.", name))

    def _get_amount_faults(self, plan, billing):
        subscription, currency = plan.subscription, plan.subscription.currency_id
        journal = billing.journal(subscription)
        if not journal:
            yield Fault("error", self.env._("There is no sales journal."))
        elif not journal.active:
            yield Fault("error", self.env._("The journal %s is archived.", journal.name))
        has_tax = any(values["tax_ids"][0][2] for _command, _id, values in plan.values["invoice_line_ids"])
        if journal and billing.lock_dates(plan.invoice_date, has_tax, journal):
            day = format_date(self.env, plan.invoice_date)
            yield Fault("error", self.env._("The invoice date %s lies in a locked period.", day))
        if currency != self.company_id.currency_id:
            rates = currency.rate_ids.filtered(
                lambda r: (
                    r.name <= plan.invoice_date and r.company_id in (self.company_id.root_id, r.company_id.browse())
                )
            )
            if not currency.active or not rates:
                day = format_date(self.env, plan.invoice_date)
                yield Fault(
                    "error",
                    self.env._("No exchange rate for %(currency)s on %(day)s.", currency=currency.name, day=day),
                )
        if currency.compare_amounts(plan.amount_total, 0) < 0:
            yield Fault("error", self.env._("The invoice would be negative."))
        elif currency.is_zero(plan.amount_total):
            yield Fault("warning", self.env._("The invoice would be 0.00."))

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _get_work_domain(self):
        self.ensure_one()
        states = ["ready", "billed"] if self.posting == "post" else ["ready"]
        return Domain("run_id", "=", self.id) & Domain("state", "in", states) & Domain("is_selected", "=", True)

    def _get_work(self, among=None, limit=None):
        """The lines still to be billed, or to be posted.

        A run may have a hundred thousand of them: who asks for each batch says ``among`` which lines, or how many.
        """
        domain = self._get_work_domain()
        if among is not None:
            domain &= Domain("id", "in", among.ids)
        return self.env["subscription.billing.run.line"].search(domain, order="id", limit=limit)

    def _take_work(self, limit):
        """The next lines to bill that no other process holds, locked until the end of the transaction."""
        lines = self.env["subscription.billing.run.line"]
        lines.flush_model(["run_id", "state", "is_selected"])
        query = lines._search(self._get_work_domain(), order="id", limit=limit)
        rows = self.env.execute_query(SQL("%s FOR NO KEY UPDATE SKIP LOCKED", query.select()))
        return lines.browse(line_id for (line_id,) in rows)

    def _process_batch(self, lines, billing=None):
        """Bill (and post) some lines of this run in the running transaction. Lines and subscriptions that another
        process holds are left for later. Safe to call twice, and again after a crash.

        :param billing: of the batches before, when the caller has several
        """
        self.ensure_one()
        run = self.with_company(self.company_id).with_context(
            allowed_company_ids=self.company_id.ids, mail_create_nolog=True, mail_create_nosubscribe=True
        )
        lines = lines.with_env(run.env).exists().try_lock_for_update(allow_referencing=True)
        lines.invalidate_recordset(["state"])
        billing = billing or run._billing()
        billing.next_batch()
        ready = lines.filtered(lambda line: line.state == "ready")
        run._halve(ready, lambda some: run._bill(some, billing))
        if run.posting == "post":
            run._halve(lines.filtered(lambda line: line.state == "billed"), run._post_lines)

    def _halve(self, lines, work):
        """Do `work` on all lines in one savepoint. If it fails, halve them until the bad one is alone;
        it keeps its reason, the others are done."""
        if not lines:
            return
        try:
            with self.env.cr.savepoint():
                work(lines)
        except CONCURRENCY_ERRORS:
            return  # untouched: the next transaction sees what the other process did
        except Exception as error:
            if len(lines) > 1:
                middle = len(lines) // 2
                self._halve(lines[:middle], work)
                self._halve(lines[middle:], work)
            elif not isinstance(error, UniqueViolation):
                self._set_failed(lines, error)

    def _set_failed(self, line, error):
        if isinstance(error, (UserError, ValidationError, PeriodError)):
            message = str(error)
        else:
            _logger.exception("Billing run line %s failed", line.id)
            kind = "database" if isinstance(error, DatabaseError) else type(error).__name__
            message = self.env._("Unexpected fault (%s). The log of the server has the details.", kind)
        line.sudo().write({"state": "failed", "message": message})
        line.subscription_id.sudo().last_fault = message

    def _bill(self, lines, billing):
        """Claim, create, compare, and post when so chosen: all lines in one go, or none."""
        subscriptions = lines.subscription_id.try_lock_for_update(allow_referencing=True)
        lines = lines.filtered(lambda line: line.subscription_id in subscriptions)
        subscriptions.group_id._sync_members()
        planned = self._plan(subscriptions.with_env(billing.env), billing)
        by_key = {(s.id, customer.id): plans for (s, customer), plans in planned.items()}
        plans, outcomes = [], defaultdict(list)
        for line in lines:
            mine = by_key.get((line.subscription_id.id, line.partner_id.id))
            if not mine:
                outcomes["nothing", self.env._("Nothing is left to bill.")].append(line.id)
                continue
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
            moves = self._create_invoices(plans, billing)
            done = lines.browse(dict.fromkeys(line.id for line, _plan in plans))
            done.subscription_id.filtered("last_fault").sudo().last_fault = False
            if self.posting == "post":
                self._post_invoices(moves)
                done.sudo().write({"state": "posted"})

    def _create_invoices(self, plans, billing):
        """The invoices, and the claims of their periods, whose unique index makes each period billed exactly once:
        when another process was faster, the invoices go with this savepoint."""
        taxes = billing.taxes_of
        partners = self.env["res.partner"].browse([plan.values["partner_id"] for _line, plan in plans])
        commercial_ids = {partner.id: partner.commercial_partner_id.id for partner in partners}
        values_list = [taxes.complete(plan.values, commercial_ids[plan.values["partner_id"]]) for _line, plan in plans]
        moves = self.env["account.move"].create(values_list)
        claims, used = [], []
        for move, (line, plan) in zip(moves, plans, strict=True):
            self._check_amounts(move, plan)
            move_lines = move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
            for charge, move_line in zip(plan.charges, move_lines, strict=True):
                claims.append(self._prepare_period_values(line, charge, move_line))
                used.append(billing.used[charge.key].ids if charge.is_usage else ())
        periods = self.env["subscription.period"].sudo().create(claims)
        periods.flush_recordset()
        uses = self.env["subscription.usage"].sudo()
        for period, ids in zip(periods, used, strict=True):
            if ids:
                uses.browse(ids).period_id = period
        return moves

    def _prepare_period_values(self, line, charge, move_line):
        return {
            "move_line_id": move_line.id,
            "amount": move_line.price_subtotal,
            "state": "invoiced",
            "subscription_id": charge.subscription.id,
            "company_id": self.company_id.id,
            "line_id": charge.line.id,
            "partner_id": charge.partner.id,
            "member_id": charge.member.id,
            "is_one_off": charge.is_one_off,
            "date_start": charge.period.start,
            "date_end": charge.period.end,
            "run_id": self.id,
            "run_line_id": line.id,
            "currency_id": charge.subscription.currency_id.id,
        }

    def _check_amounts(self, move, plan):
        """The invoice must be what was previewed, or nothing is booked."""
        currency = move.currency_id
        for planned, name in (
            (plan.amount_untaxed, "amount_untaxed"),
            (plan.amount_tax, "amount_tax"),
            (plan.amount_total, "amount_total"),
        ):
            if currency.compare_amounts(planned, move[name]):
                raise UserError(
                    self.env._(
                        "The invoice differs from its preview: %(what)s %(ours)s, on the invoice %(theirs)s.",
                        what=move._fields[name]._description_string(self.env),
                        ours=format_amount(self.env, planned, currency),
                        theirs=format_amount(self.env, move[name], currency),
                    )
                )

    def _post_lines(self, lines):
        """Post the drafts of these lines; numbers are taken here, in the transaction that commits them."""
        self._post_invoices(lines.move_ids.filtered(lambda move: move.state == "draft"))
        lines.sudo().write({"state": "posted"})

    def _post_invoices(self, drafts):
        # a customer's first invoice raises its rank in core, customer by customer: what that reads, read together
        (drafts.partner_id | drafts.commercial_partner_id).sudo().mapped("user_ids")
        drafts.with_context(subscription_billing_batch=True)._post(soft=False)

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_process_runs(self, batch_size=BATCH_SIZE):
        """Go on with queued and interrupted runs, one batch per transaction, until the time is up.

        Several processes may do this at once: each takes lines that no other holds.
        """
        runs = self.search([("state", "in", ("queued", "running"))], order="id")
        lines = self.env["subscription.billing.run.line"]
        remaining = sum(lines.search_count(run._get_work_domain()) for run in runs)
        cron = self.env["ir.cron"]
        for run in runs:
            billing, in_vain = run._billing(), 0
            while in_vain < TRIES:
                done = 0
                try:
                    if run.state == "queued":
                        run.sudo().state = "running"
                        self.env.flush_all()
                    work = run._take_work(batch_size)
                    if work:
                        run._process_batch(work, billing)
                        self.env.flush_all()
                        done = len(work) - len(run._get_work(among=work))
                    in_vain = 0 if done else in_vain + 1 if work else TRIES
                except CONCURRENCY_ERRORS:
                    self.env.cr.rollback()  # another process was faster: look again in a new transaction
                    in_vain += 1
                remaining = max(remaining - done, 0)
                time_left = cron._commit_progress(done, remaining=remaining)
                self.env.invalidate_all()
                if not time_left:
                    return
            run._finish_alone()
            cron._commit_progress(remaining=remaining)

    def _finish_alone(self):
        """Close the run unless another process is at its last lines or closes it at this moment."""
        try:
            run = self.try_lock_for_update(allow_referencing=True)
            run.invalidate_recordset(["state"])
            if run.state in ("queued", "running"):
                run._finish()
                self.env.flush_all()
        except CONCURRENCY_ERRORS:
            self.env.cr.rollback()
