"""Invoices to Dinero: pushed through the queue, against as many requests with nothing around them."""

import uuid
from datetime import date

from tests.bench import danish_company, rate
from tests.factories.odoo import InvoiceFactory, PartnerFactory
from tests.month import ledger
from tests.simulators.dinero import DineroSimulator

DESCRIPTION = "invoices of one customer to the simulator of Dinero, which answers in the same process"
SIZE = 60
ADDONS = ["dinero_connector"]

AMOUNT, TOTAL = 255.0, 318.75
FLOOR = "requests: as many calls, nothing else"


def run(bench):
    with danish_company(bench) as company, DineroSimulator() as simulator:
        connection = connect(company, simulator)
        partner = PartnerFactory.create(env=company.env, vat="DK12345674")
        moves = [
            InvoiceFactory.create(env=company.env, partner_id=partner.id, invoice_date=date.today(), amount=AMOUNT)
            for _number in range(bench.size + 1)
        ]
        moves = company.env["account.move"].union(*moves)
        moves._post()
        push(connection, moves[0])  # makes the contact, and warms up
        simulator.requests.clear()
        _result, ours = bench.seconds(push, connection, moves[1:])
        count = len(simulator.requests)
        check(simulator, moves)
        push(connection, moves)
        assert len(simulator.requests) == count, "pushed again, something was asked"
        _result, floor = bench.seconds(raw, simulator, bench.size, count)
        check(simulator, moves, more=bench.size)
        assert len(simulator.requests) == count * 2
    yield bench.Figure("invoices pushed", rate(bench.size, ours), "invoices/s", FLOOR, rate(bench.size, floor))
    yield bench.Figure("requests", count / bench.size, "per invoice", "create and book alone", 2)


def connect(company, simulator):
    """The demo's connection: taxes mapped, accounts read, tokens there."""
    from types import SimpleNamespace

    month = SimpleNamespace(env=company.env, company=company, records={})
    ledger.prepare(month, simulator)
    return month.records["connection"]


def push(connection, moves):
    moves.action_ledger_push()
    connection.env["transfer.log"]._process_queue(connection)
    moves.env.flush_all()


def check(simulator, moves, more=0):
    failed = moves.filtered(lambda move: move.ledger_state != "pushed")
    assert not failed, failed.mapped("ledger_message")
    booked = simulator.booked()
    assert len(booked) == len(moves) + more
    assert all(float(voucher["TotalInclVat"]) == TOTAL for voucher in booked)
    assert len(simulator.organisation.contacts) == 1


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
