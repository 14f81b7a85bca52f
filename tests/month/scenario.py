"""One real month at Nordlys Bryghus ApS, across all addons, with the controls at its end."""

from contextlib import contextmanager
from datetime import timedelta

from . import (
    agreements,
    controls,
    direct_debit,
    einvoices,
    ledger,
    opening,
    orders,
    payments,
    payouts,
    subscriptions,
    vendors,
)
from .month import Month


def walk(env, today, simulator, commit=None, say=print):
    """Walk the last closed month and the current one.

    :param env: environment of the superuser on a database with all addons installed
    :param date today: the real day
    :param commit: called after each day, so that a background process of Odoo's sees what a user would
    :param simulator: a running DineroSimulator (tests/simulators/dinero.py)
    :return: [str] the lines of the summary; AssertionError when a step does not do what it should
    """
    month = Month(env=env, today=today, commit=commit, say=say)
    lines = []

    @contextmanager
    def at(day):
        with month.at(day):
            yield lambda title, texts: tell(f"{day:%d.%m.} {title}", texts)

    def tell(title, texts):
        lines.extend([title, *(f"   {text}" for text in texts), ""])
        say("\n".join([title, *(f"   {text}" for text in texts)]))

    with month.at(subscriptions.billing_day(month)):
        month.set_up()
        payments.prepare(month)
        payouts.prepare(month)
        subscriptions.prepare(month)
        orders.prepare(month)
        einvoices.prepare(month)
    tell("Åbning", opening.run(month))
    with at(subscriptions.billing_day(month)) as tell_day:
        tell_day("Betalingsservice, tilmelding", direct_debit.prepare(month))
        tell_day("Abonnementer", subscriptions.run(month))
        tell_day("Betalingsservice, opkrævning", direct_debit.deliver(month))
    with at(month.day(2)) as tell_day:
        tell_day("Ordre med forudbetaling", orders.confirm(month))
        tell_day("Abonnementer, månedsværdi", subscriptions.count_values(month))
    with at(direct_debit.pay_day(month) + timedelta(days=1)) as tell_day:
        tell_day("Betalingsservice, svar", direct_debit.answer(month))
    with at(month.day(5)) as tell_day:
        tell_day("Udbetalinger", vendors.pay(month, month.day(5)))
    with at(month.day(8)) as tell_day:
        due = month.records["invoices"].filtered(lambda move: not move._payment_reference_is_drawn())
        paying = due[: len(due) // 2] | month.records["deposit"]
        tell_day("Betalingsreferencer", payments.check_lines(month, month.records["invoices"]))
        tell_day("FI-indbetalinger", payments.pay_by_fi(month, month.day(8), paying, 1001))
    with at(month.day(12)) as tell_day:
        tell_day("Betalingsservice, tilbageførsel", direct_debit.charge_back(month, month.day(12)))
    with at(month.day(16)) as tell_day:
        _statement, texts = payments.import_statement(month, 1, month.start, month.day(15), month.opening_balance)
        tell_day("Bank", texts + vendors.check_paid(month))
        vendors.come_back(month, month.day(18))
    with at(month.day(17)) as tell_day:
        tell_day("Produktion", orders.produce(month))
    with at(month.day(20)) as tell_day:
        tell_day("Webshop", payouts.sell(month, month.day(20)))
    with at(month.day(21)) as tell_day:
        tell_day("E-fakturaer", einvoices.run(month, month.day(21)))
    with at(month.day(24)) as tell_day:
        tell_day("Udbetaling", payouts.settle(month, month.day(24)))
        payments.transfer(month, month.day(24))
    with at(month.after) as tell_day:
        _statement, texts = payments.import_statement(month, 2, month.day(16), month.end, month.closing_balance)
        tell_day("Bank", texts + vendors.check_returned(month))
        tell_day("FI-indbetaling, undervejs", payments.pay_by_fi(month, month.after, month.records["final"], 1002))
        ledger.prepare(month, simulator)
    with at(month.after) as tell_day:
        tell_day("Dinero", ledger.run(month))
        tell_day("Abonnementer, ny måned", agreements.run(month))
        tell_day("Abonnementer, fremad", subscriptions.look_ahead(month))
    month.refresh()
    results = [check(month) for check in controls.ALL]
    tell("Kontroller", [controls.line(result) for result in results])
    wrong = [result.name for result in results if not result.ok]
    assert not wrong, f"differences: {wrong}"
    return lines
