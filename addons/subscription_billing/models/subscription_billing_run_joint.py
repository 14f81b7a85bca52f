from psycopg2.errors import UniqueViolation

from odoo import models

from ..billing import Fault
from ..halving import CONCURRENCY_ERRORS, halve
from ..joint import alone, joint_key, together

#: The unique indexes of the ledger, by which one of two processes claims a period.
CLAIMS = frozenset(f"subscription_period_{name}" for name in ("claim_uniq", "one_off_claim_uniq", "credit_claim_uniq"))


def get_unit(line):
    """What lines that come on the same invoices have in common; any other is a unit by itself."""
    return line.unit or -line.id


def is_lost_race(error):
    """Whether another process claimed the same period first: the line stays, and finds nothing left the next time.
    Any other violation would come again and again, and the run never end."""
    return isinstance(error, UniqueViolation) and error.diag.constraint_name in CLAIMS


# one subject per file: several subscriptions on one invoice
class SubscriptionBillingRun(models.Model):
    """Which lines of a run come on one invoice: planned, locked and billed together, and apart when one fails."""

    _inherit = "subscription.billing.run"  # pylint: disable=consider-merging-classes-inherited

    # ------------------------------------------------------------------
    # Planned
    # ------------------------------------------------------------------

    def _join(self, planned, billing):
        """Give each plan that can be billed the invoice it comes on, and the invoices their own faults.

        A plan with a fault is left out; those that come on the invoice without it say so.

        :param planned: lists of plans, or the reason (text) why a subscription could not be planned
        """
        planned = [plans for plans in planned if not isinstance(plans, str)]
        while True:
            bad = {id(plan) for plans in planned if any(plan.errors for plan in plans) for plan in plans}
            invoices = self._make_joint_invoices([plan for plans in planned for plan in plans], bad, billing)
            faults = [(invoice, list(self._get_sign_faults(invoice))) for invoice in invoices]
            for invoice, found in faults:
                for plan in invoice.plans:
                    plan.faults += [fault for fault in found if fault not in plan.faults]
            if not any(fault.is_error for _invoice, found in faults for fault in found):
                return

    def _make_joint_invoices(self, plans, bad, billing):
        """Set the invoice of each plan but the bad ones; a bad one that would have come on an invoice is named."""
        invoices, groups = [], {}
        for plan in plans:
            plan.invoice = None
            if plan.subscription._is_joint(plan.customer, billing.company):
                computed = billing.taxes_of.compute(plan.values)
                plan.amount_untaxed, plan.amount_tax, plan.amount_total = computed.untaxed, computed.tax, computed.total
                groups.setdefault(self._get_joint_key(plan, billing), []).append(plan)
            elif id(plan) not in bad:
                invoices.append(alone(plan))
        for mates in groups.values():
            good = [plan for plan in mates if id(plan) not in bad]
            stopped = sorted({plan.subscription.name for plan in mates if id(plan) in bad})
            if good:
                invoices.append(together(good, billing.taxes_of.compute))
                invoices[-1].missing = stopped
                self._tell_missing(good, ", ".join(stopped))
        for invoice in invoices:
            for plan in invoice.plans:
                plan.invoice = invoice
        return invoices

    def _get_joint_key(self, plan, billing):
        """What plans on one invoice have in common. To be extended."""
        return joint_key(plan, billing.payment_way(plan.subscription, plan.customer))

    def _tell_missing(self, plans, names):
        """Say on those that are billed whose subscription should have come on the same invoice and is stopped."""
        fault = Fault("warning", self.env._("%s is stopped and does not come on this invoice.", names))
        for plan in plans if names else ():
            plan.faults += [fault] if fault not in plan.faults else []

    def _note_units(self, lines, planned):
        """Which lines come on one invoice: they are billed in one transaction."""
        by_plan = {}
        for line, plans in zip(lines, planned.values(), strict=True):
            for plan in plans if not isinstance(plans, str) else ():
                if plan.invoice and len(plan.invoice.plans) > 1:
                    by_plan[id(plan)] = (line, plan)
                if plan.invoice and plan.invoice.missing:
                    line.joint_missing = ", ".join(plan.invoice.missing)
        units = {}
        for _line, plan in by_plan.values():
            mates = [by_plan[id(each)][0] for each in plan.invoice.plans if id(each) in by_plan]
            numbers = [units.get(mate.id, mate.id) for mate in mates]
            for number in set(numbers):
                for known in [known for known, unit in units.items() if unit == number]:
                    units[known] = min(numbers)
            units.update(dict.fromkeys((mate.id for mate in mates), min(numbers)))
        names = {line.id: set() for line, _plan in by_plan.values()}
        for line, plan in by_plan.values():
            names[line.id] |= {each.subscription.name for each in plan.invoice.plans} - {plan.subscription.name}
        for line in lines.filtered(lambda each: each.id in units):
            line.write({"unit": units[line.id], "joint_with": ", ".join(sorted(names[line.id])) or False})

    # ------------------------------------------------------------------
    # Billed
    # ------------------------------------------------------------------

    def _lock_units(self, lines):
        """These lines and those that come on the same invoices, locked; units another process holds are left out."""
        units = {line.unit for line in lines if line.unit}
        if units:
            lines |= self._get_work(among=lines.search([("run_id", "=", self.id), ("unit", "in", list(units))]))
        locked = lines.try_lock_for_update(allow_referencing=True)
        held = {line.unit for line in lines - locked if line.unit}
        locked.invalidate_recordset(["state"])
        return locked.filtered(lambda line: line.unit not in held)

    def _leave_bad_out(self, lines, error, work):
        """One invoice of several subscriptions failed: each is tried by itself, and the others are billed without
        those that fail. When each fails, or none does by itself, all keep the reason."""
        bad = lines.browse()
        for line in lines:
            reason = self._get_reason(line, work)
            if isinstance(reason, CONCURRENCY_ERRORS):
                return
            if reason:
                bad += line
                if not is_lost_race(reason):
                    self._set_failed(line, reason)
        if bad and bad != lines:
            halve(lines - bad, work, lambda some, reason: self._stop(some, reason, work), get_unit)
        elif not bad:
            for line in lines:
                self._set_failed(line, error)

    def _get_reason(self, line, work):
        """Why `work` fails on this line alone, or None. Nothing of it stays."""
        savepoint = self.env.cr.savepoint()
        try:
            work(line)
            self.env.flush_all()
        except Exception as reason:
            return reason
        finally:
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all(flush=False)
        return None
