"""Invoices to Dinero's simulator: requests, speed, SQL and memory of a push; the limit per minute; the comparison.

``--only push``, ``limit`` or ``compare`` measures one part alone.
"""

import resource
import uuid
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from unittest.mock import patch

from tests.bench import danish_company, rate
from tests.factories.odoo import InvoiceFactory, PartnerFactory
from tests.month import ledger
from tests.simulators.dinero import DineroSimulator

DESCRIPTION = "invoices of one customer to the simulator of Dinero, which answers in the same process"
SIZE = 1000
ADDONS = ["dinero_connector"]
PARTS = ("push", "limit", "compare")

AMOUNT, TOTAL = 255.0, 318.75
FLOOR = "requests: as many calls, nothing else"
PER_MINUTE = 100
LIMITED = 150  # invoices of the part that keeps to the limit
COMPARED = 50_000
OPEN = 500  # of them not paid, each of which is asked for


def run(bench):
    with danish_company(bench) as company, DineroSimulator() as simulator:
        setting = Setting(bench, company, simulator)
        for name, part in (("push", push_all), ("limit", keep_to_limit), ("compare", compare_all)):
            if bench.only in (None, name):
                yield from part(setting)


class Setting:
    def __init__(self, bench, company, simulator):
        self.bench, self.env, self.simulator = bench, company.env, simulator
        month = SimpleNamespace(env=company.env, company=company, records={})
        ledger.prepare(month, simulator)
        self.connection = month.records["connection"]
        self.partner = PartnerFactory.create(env=company.env, vat="DK12345674")
        self.pushed = self.env["account.move"]
        self.push(self.invoices(1))  # makes the contact, and warms up

    def invoices(self, count):
        moves = [
            InvoiceFactory.create(env=self.env, partner_id=self.partner.id, invoice_date=date.today(), amount=AMOUNT)
            for _number in range(count)
        ]
        moves = self.env["account.move"].union(*moves)
        moves._post()
        self.env.flush_all()
        return moves

    def push(self, moves):
        moves.action_ledger_push()
        self.env["transfer.log"]._process_queue(self.connection)
        self.env.flush_all()
        self.pushed |= moves
        self.pushed.invalidate_recordset(["ledger_state", "ledger_message"])
        failed = self.pushed.filtered(lambda move: move.ledger_state != "pushed")
        assert not failed, failed.mapped("ledger_message")

    def check(self, more=0):
        booked = self.simulator.booked()
        assert len(booked) == len(self.pushed) + more
        assert all(float(voucher["TotalInclVat"]) == TOTAL for voucher in booked)
        assert len(self.simulator.organisation.contacts) == 1


def push_all(setting):
    bench, simulator = setting.bench, setting.simulator
    figure = bench.Figure
    size = bench.size
    moves = setting.invoices(size)
    half = size // 2
    simulator.requests.clear()
    with counted(setting.env.cr) as statements:
        _none, first = bench.seconds(setting.push, moves[:half])
        memory = peak()
        _none, second = bench.seconds(setting.push, moves[half:])
    grown = peak() - memory
    count = len(simulator.requests)
    setting.check()
    setting.push(moves)
    assert len(simulator.requests) == count, "pushed again, something was asked"
    _none, floor = bench.seconds(raw, simulator, size, count)
    setting.check(more=size)
    ours, theirs = rate(size, first + second), rate(size, floor)
    yield figure("invoices pushed", ours, "invoices/s", FLOOR, theirs)
    yield figure("requests", count / size, "per booked invoice", most=4)
    yield figure("SQL statements", statements[0] / size, "per invoice")
    yield figure("second half", rate(size - half, second), "invoices/s", "first half", rate(half, first), least=0.9)
    yield figure("memory grown by the second half", grown, "MiB", most=32)


def keep_to_limit(setting):
    """With 100 requests a minute, on a clock that only sleeping and answering move."""
    simulator, env = setting.simulator, setting.env
    env["ir.config_parameter"].set_param("dinero_connector.calls_per_minute", str(PER_MINUTE))
    moves = setting.invoices(LIMITED)
    simulator.requests.clear()
    with simulated_clock(env) as clock:
        stamps = clock.stamps(simulator)
        setting.push(moves)
    env["ir.config_parameter"].set_param("dinero_connector.calls_per_minute", "0")
    used = len(simulator.requests)
    busiest = max(sum(1 for other in stamps if 0 <= other - stamp < 60) for stamp in stamps)
    assert busiest <= PER_MINUTE, f"{busiest} requests within one minute"
    # the first minute's worth may go at once: what the limit allows in the time that was taken
    allowed = PER_MINUTE * (1 + clock.slept // 60)
    assert used <= allowed
    least = max(0, -(-used // PER_MINUTE) - 1) * 60
    yield setting.bench.Figure("invoices with 100 requests a minute", LIMITED, "", "", None)
    yield setting.bench.Figure("simulated time", clock.slept, "s", "least the limit allows", least or 1, most=1.05)
    yield setting.bench.Figure("most requests within any minute", busiest, "", most=PER_MINUTE)


def compare_all(setting):
    """50,000 invoices on both sides; one was changed there by 0.01, one deleted, one paid in part."""
    bench, env, simulator, connection = setting.bench, setting.env, setting.simulator, setting.connection
    pattern = setting.pushed[0]
    seed(setting, pattern, COMPARED)
    vouchers = [row for row in simulator.organisation.invoices.values() if row["Guid"].startswith("5eed")]
    vouchers[7]["TotalInclVat"] += Decimal("0.01")
    del simulator.organisation.invoices[vouchers[8]["Guid"]]
    simulator.requests.clear()
    with counted(env.cr) as statements:
        _none, seconds = bench.seconds(connection._ledger_compare)
    kinds = sorted(connection.ledger_difference_ids.mapped("kind"))
    assert kinds.count("amount") == 1 and kinds.count("missing_there") == 1, kinds
    found = connection.ledger_difference_ids.filtered(lambda one: one.kind == "amount")
    assert round(found.difference, 2) == 0.01 and found.move_id
    yield bench.Figure(f"difference check of {COMPARED:,} invoices", seconds, "s", most=60)
    yield bench.Figure("requests of the check", len(simulator.requests), f"with {OPEN} open invoices")
    yield bench.Figure("SQL statements of the check", statements[0], "")
    _none, again = bench.seconds(connection._ledger_compare)
    yield bench.Figure("check of the next day", again, "s")


def seed(setting, pattern, count):
    """Copies of a pushed invoice on both sides, written past the ORM: their making is not what is measured."""
    env, simulator = setting.env, setting.simulator
    env.flush_all()
    env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM account_move")
    start = env.cr.fetchone()[0]
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'account_move'")
    special = {"id": f"{start} + n", "name": "'SEED/' || n", "sequence_number": "n", "amount_residual": None}
    names = [name for (name,) in env.cr.fetchall()]
    special["amount_residual"] = f"CASE WHEN n <= {OPEN} THEN move.amount_total ELSE 0 END"
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(special.get(name) or f'move."{name}"' for name in names)
    env.cr.execute(
        f"INSERT INTO account_move ({columns}) SELECT {values} FROM account_move move, generate_series(1, {count}) n"
        " WHERE move.id = %s",
        (pattern.id,),
    )
    env.cr.execute("SELECT setval('account_move_id_seq', %s)", (start + count,))
    env.cr.execute(
        "INSERT INTO ledger_link (connection_id, company_id, remote_type, res_model, res_id, remote_id, remote_number)"
        " SELECT link.connection_id, link.company_id, 'invoice', 'account.move', %s + n,"
        " '5eed0000-0000-4000-8000-' || lpad(n::text, 12, '0'), (100000 + n)::text"
        " FROM ledger_link link, generate_series(1, %s) n WHERE link.res_id = %s AND link.res_model = 'account.move'",
        (start, count, pattern.id),
    )
    env.invalidate_all()
    model = simulator.booked()[0]
    for number in range(1, count + 1):
        guid = f"5eed0000-0000-4000-8000-{number:012d}"
        paid = [] if number <= OPEN else [{"Guid": str(uuid.uuid4()), "Amount": model["TotalInclVat"]}]
        simulator.organisation.invoices[guid] = model | {
            "Guid": guid,
            "Number": 100000 + number,
            "payments": paid,
            "ExternalReference": f"seed:{number}",
        }


@contextmanager
def counted(cr):
    """How many statements were executed."""
    found = [0]
    execute = type(cr).execute

    def count(self, *arguments, **values):
        found[0] += 1
        return execute(self, *arguments, **values)

    with patch.object(type(cr), "execute", count):
        yield found


def peak():
    """Largest resident memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Clock:
    def __init__(self):
        self.slept = 0.0

    def sleep(self, seconds):
        self.slept += seconds

    def stamps(self, simulator):
        """When each request came, by this clock."""
        found = []
        serve = simulator.serve

        def noted(method, url, raw, headers):
            if not url.path.startswith("/connect"):
                found.append(self.slept)
            return serve(method, url, raw, headers)

        simulator.serve = noted
        return found


@contextmanager
def simulated_clock(env):
    """Sleeping takes no time, and the clock of the limit goes by what was slept."""
    clock = Clock()
    rates = env.registry["transfer.rate"]
    with (
        patch.object(rates, "_now", lambda _rates, _cr: clock.slept),
        patch.object(rates, "_sleep", lambda _rates, seconds: clock.sleep(seconds)),
    ):
        yield clock


def raw(simulator, pushes, count):
    """Create and book each invoice; the other calls of a push are reads of it."""
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {simulator.issue_tokens()['access_token']}"
    address = f"{simulator.base_url}/v1/{simulator.organisation_id}/invoices"
    contact = next(iter(simulator.organisation.contacts))
    line = {"LineType": "Product", "Description": "Salg", "BaseAmountValue": AMOUNT, "Quantity": 1}
    line |= {"AccountNumber": int(ledger.SALES_ACCOUNT), "Unit": "parts", "Discount": 0}
    for number in range(pushes):
        body = {"Guid": str(uuid.uuid4()), "ContactGuid": contact, "Date": date.today().isoformat()}
        made = call(session.post, address, json={**body, "ProductLines": [line]})
        for _read in range(count * (number + 1) // pushes - count * number // pushes - 2):
            call(session.get, f"{address}/{made['Guid']}")
        call(session.post, f"{address}/{made['Guid']}/book", json={"Timestamp": made["TimeStamp"]})


def call(method, *arguments, **values):
    answer = method(*arguments, timeout=10, **values)
    answer.raise_for_status()
    return answer.json()
