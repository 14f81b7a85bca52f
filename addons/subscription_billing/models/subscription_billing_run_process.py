import logging
from collections import defaultdict

from psycopg2 import Error as DatabaseError

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

from .. import statistics
from ..batch import BATCH, CONTEXT, OWN
from ..billing import BATCH_SIZE, Billing, Fault
from ..halving import CONCURRENCY_ERRORS, TRIES, halve
from ..periods import PeriodError
from .subscription_billing_run_joint import get_unit, is_lost_race

_logger = logging.getLogger(__name__)

#: Subscriptions read at a time for a preview.
PREVIEW_CHUNK = 500


class SubscriptionBillingRun(models.Model):
    """How a run works: lines are the queue, a batch is a transaction, a bad one is found by dividing it."""

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
        billing.hold(self.env)
        subscriptions = self.env["subscription.subscription"].search(self._get_subscription_domain(), order="id")
        subscriptions = subscriptions.with_env(billing.env)
        for chunk in self._get_chunks(subscriptions):
            planned = self._plan(chunk, billing)
            self._join([plans for key, plans in planned.items() if key not in taken_out], billing)
            lines = self.env["subscription.billing.run.line"]
            lines = lines.sudo().create(
                [
                    {
                        **self._prepare_run_line_values(subscription, customer, plans, billing),
                        "is_selected": (subscription, customer) not in taken_out,
                    }
                    for (subscription, customer), plans in planned.items()
                ]
            )
            self._note_units(lines, planned)
            billing.next_batch()
            if len(subscriptions) > PREVIEW_CHUNK:  # the memory of one chunk, whatever their number
                self.env.flush_all()
                self.env.invalidate_all(flush=False)

    def _get_chunks(self, subscriptions):
        """So many subscriptions at a time; those of one payer, who may get them on one invoice, never apart."""
        if len(subscriptions) <= PREVIEW_CHUNK:
            return [subscriptions] if subscriptions else []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT subscription.id, COALESCE(payer.commercial_partner_id, 0)
                  FROM subscription_subscription subscription
                  LEFT JOIN subscription_group grp ON grp.id = subscription.group_id
                  LEFT JOIN res_partner payer ON payer.id = COALESCE(subscription.partner_id, grp.payer_id)
                 WHERE subscription.id IN %s
                 ORDER BY 2, 1
                """,
                tuple(subscriptions.ids),
            )
        )
        chunks, chunk, last = [], [], None
        for subscription_id, payer_id in rows:
            if len(chunk) >= PREVIEW_CHUNK and (payer_id != last or not payer_id):
                chunks.append(chunk)
                chunk = []
            chunk.append(subscription_id)
            last = payer_id
        return [subscriptions.browse(ids) for ids in [*chunks, chunk]]

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
            # an invoice of several is counted with its first
            "planned_invoices": sum(1 for p in plans if not p.invoice or p.invoice.plans[0] is p),
            "amount_untaxed": untaxed,
            "amount_total": total,
            "amount_untaxed_company": sum(
                billing.to_company(p.amount_untaxed, p.subscription.currency_id, p.invoice_date) for p in plans
            ),
            "amount_total_company": sum(
                billing.to_company(p.amount_total, p.subscription.currency_id, p.invoice_date) for p in plans
            ),
            "details": "\n\n".join(self._get_plan_text(plan, billing) for plan in plans),
        }

    def _get_plan_text(self, plan, billing):
        """The lines of the invoice to be, to read in the preview."""
        currency = plan.subscription.currency_id
        rows = [billing.shown_day(plan.invoice_date)]
        for _command, _id, values in plan.values["invoice_line_ids"]:
            text = (values["name"] or "").replace("\n", ", ")
            price = billing.shown_amount(values["price_unit"], currency)
            discount = f" - {values['discount']:g} %" if values["discount"] else ""
            rows.append(f"{text}: {values['quantity']:g} x {price}{discount}")
        rows.append(billing.shown_amount(plan.amount_total, currency))
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
        partner = billing.env["res.partner"].browse(plan.values["partner_id"])
        if not plan.customer.active or not partner.active:
            yield Fault("error", self.env._("The customer %s is archived.", plan.customer.display_name))
        for record in (partner, plan.customer):
            if record.company_id and record.company_id != self.company_id:
                yield Fault("error", self.env._("The customer %s belongs to another company.", record.display_name))
                break
        if not (partner.street and partner.city and partner.country_id):
            missing = [
                label
                for label, value in (
                    (self.env._("street"), partner.street),
                    (self.env._("city"), partner.city),
                    (self.env._("country"), partner.country_id),
                )
                if not value
            ]
            yield Fault(
                "warning",
                self.env._(
                    "The address of %(name)s lacks: %(what)s.", name=partner.display_name, what=", ".join(missing)
                ),
            )

    def _get_line_faults(self, plan, billing):
        """Lines that agree in product, account and taxes are looked at once when nothing is wrong with them."""
        for charge, (_command, _id, values) in zip(plan.charges, plan.values["invoice_line_ids"], strict=True):
            line = charge.line.with_env(billing.env_of_all)
            taxes = tuple(values["tax_ids"][0][2])
            key = ("line faults", line.product_id.id, line.id if line.tax_ids else 0, values["account_id"], taxes)
            if billing._once_now(key, lambda: any(self._get_faults_of_line(line, values))):  # noqa: B023
                yield from self._get_faults_of_line(line, values)

    def _get_faults_of_line(self, line, values):
        """Of the product, the account and the taxes of a line.

        :param line: with archived taxes too
        :param values: of its invoice line
        """
        product, name = line.product_id, line.display_name
        if product and not product.active:
            yield Fault("error", self.env._("The product %s is archived.", name))
        if product.company_id and product.company_id != self.company_id:
            yield Fault("error", self.env._("The product %s belongs to another company.", name))
        account = self.env["account.account"].browse(values["account_id"])
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
        line_taxes = self.env["account.tax"].browse(values["tax_ids"][0][2])
        chosen = (line.tax_ids or product.product_tmpl_id.taxes_id)._filter_taxes_by_company(self.company_id)
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
        if reason := currency._get_subscription_rate_fault(self.company_id, plan.invoice_date):
            yield Fault("error", reason)

    def _get_sign_faults(self, invoice):
        """Of the whole invoice: one of several subscriptions may well be a deduction. What a change takes back may
        leave less than nothing: that is a credit note."""
        currency = invoice.plans[0].subscription.currency_id
        if currency.compare_amounts(invoice.amount_total, 0) < 0 and not invoice.is_credit_note:
            yield Fault("error", self.env._("The invoice would be negative."))
        elif currency.is_zero(invoice.amount_total):
            yield Fault("warning", self.env._("The invoice would be 0.00."))

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _get_work_domain(self):
        self.ensure_one()
        return Domain("run_id", "=", self.id) & self._get_open_domain() & Domain("is_selected", "=", True)

    def _get_open_domain(self):
        """Lines of which something is left to be done: to be billed, or to be posted."""
        return Domain("state", "in", ["ready", "billed"] if self.posting == "post" else ["ready"])

    def _get_lines_to_post(self, lines):
        """Those of these lines whose drafts the run posts."""
        return lines.filtered(lambda line: line.state == "billed") if self.posting == "post" else lines.browse()

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

    def _in_batch(self):
        """This run as it works: for its own company, and without what core does once per invoice and need not."""
        return self.with_company(self.company_id).with_context(**CONTEXT, allowed_company_ids=self.company_id.ids)

    def _process_batch(self, lines, billing=None):
        """Bill (and post) some lines of this run in the running transaction. Lines and subscriptions that another
        process holds are left for later. Safe to call twice, and again after a crash.

        :param billing: of the batches before, when the caller has several
        """
        self.ensure_one()
        run = self._in_batch()
        billing = billing or run._billing()
        billing.next_batch()
        billing.hold(run.env)
        lines = run._lock_units(lines.with_env(run.env).exists())
        ready = lines.filtered(lambda line: line.state == "ready")

        def bill(some):
            run._bill(some, billing)

        halve(ready, bill, lambda some, error: run._stop(some, error, bill), get_unit)
        halve(
            run._get_lines_to_post(lines),
            lambda some: run._post_lines(some, ready),
            lambda some, error: run._stop_posting(some, error, ready, billing),
            get_unit,
        )

    def _stop(self, lines, error, work):
        """Lines of one invoice that cannot be made: the others of the invoice are billed without the bad one."""
        if len(lines) > 1:
            self._leave_bad_out(lines, error, work)
        elif not is_lost_race(error):
            self._set_failed(lines, error)

    def _stop_posting(self, lines, error, ready, billing):
        """An invoice that cannot be posted. A draft this batch has made goes again, as if it had not been made.

        :param ready: lines whose drafts this batch has made
        """
        if lines <= ready and self._drop_drafts(lines):

            def bill_and_post(some):
                self._bill(some, billing)
                self._post_lines(some.filtered(lambda line: line.state == "billed"), some)

            if len(lines) > 1:
                self._leave_bad_out(lines, error, bill_and_post)
                return
        for line in lines:
            self._set_failed(line, error)

    def _drop_drafts(self, lines):
        """Take back what was made of these lines in this transaction. Where that is refused the drafts stay: False."""
        try:
            with self.env.cr.savepoint():
                periods_sudo = lines.sudo().period_ids.filtered("move_line_id")
                drafts = lines.move_ids.filtered(lambda move: move.state == "draft")
                periods_sudo.usage_ids.period_id = False
                drafts.with_context(force_delete=True).unlink()
                periods_sudo.unlink()
                lines.sudo().state = "ready"
        except Exception:
            _logger.exception("Drafts of billing run lines %s stay", lines.ids)
            return False
        return True

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
        if runs and not cron._commit_progress(remaining=remaining):
            return
        for run in runs:
            billing, in_vain, batches, made = run._in_batch()._billing(), 0, 0, 0
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
                if done:
                    batches, made = batches + 1, made + done
                    statistics.keep(self.env, batches, made)
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
