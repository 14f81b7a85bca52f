"""One real month at Nordlys Bryghus ApS, across all addons, with the controls at its end."""

from datetime import timedelta

from . import controls, direct_debit, einvoices, ledger, opening, orders, payments, payouts, subscriptions
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
    with month.at(subscriptions.billing_day(month)):
        tell("3. Betalingsservice, tilmelding", direct_debit.prepare(month))
        tell("1. Abonnementer", subscriptions.run(month))
        tell("3. Betalingsservice, opkrævning", direct_debit.deliver(month))
    with month.at(month.day(2)):
        tell("4. Ordre med forudbetaling", orders.confirm(month))
    with month.at(direct_debit.pay_day(month) + timedelta(days=1)):
        tell("3. Betalingsservice, svar", direct_debit.answer(month))
    with month.at(month.day(8)):
        due = month.records["invoices"].filtered(lambda move: not move._payment_reference_is_drawn())
        paying = due[: len(due) // 2] | month.records["deposit"]
        tell("2. Betalingsreferencer", payments.check_lines(month, month.records["invoices"]))
        tell("   FI-indbetalinger", payments.pay_by_fi(month, month.day(8), paying, 1001))
    with month.at(month.day(12)):
        tell("3. Betalingsservice, tilbageførsel", direct_debit.charge_back(month, month.day(12)))
    with month.at(month.day(16)):
        _statement, texts = payments.import_statement(month, 1, month.start, month.day(15), month.opening_balance)
        tell("   Bank", texts)
    with month.at(month.day(17)):
        tell("4. Produktion", orders.produce(month))
    with month.at(month.day(20)):
        tell("6. Webshop", payouts.sell(month, month.day(20)))
    with month.at(month.day(21)):
        tell("5. E-fakturaer", einvoices.run(month, month.day(21)))
    with month.at(month.day(24)):
        tell("6. Udbetaling", payouts.settle(month, month.day(24)))
    with month.at(month.after):
        _statement, texts = payments.import_statement(month, 2, month.day(16), month.end, month.closing_balance)
        tell("   Bank", texts)
        tell("   FI-indbetaling, undervejs", payments.pay_by_fi(month, month.after, month.records["final"], 1002))
        ledger.prepare(month, simulator)
    with month.at(month.after):
        tell("7. Dinero", ledger.run(month))
    month.refresh()
    results = [check(month) for check in controls.ALL]
    tell("Kontroller", [controls.line(result) for result in results])
    wrong = [result.name for result in results if not result.ok]
    assert not wrong, f"differences: {wrong}"
    return lines
