"""ePay's SOAP service against a simulator: transactions by number and date, faults, and where the password goes."""

from datetime import date

import pytest

from odoo.addons.paymatch.api import FetchError
from odoo.addons.paymatch_epay.api import Epay

from tests.simulators.epay import EpaySimulator


@pytest.fixture
def simulator():
    with EpaySimulator() as found:
        found.pay(40001, "S1001", 125000)
        found.pay(40002, "S1002", 62450, day="2026-03-12", card="")
        yield found


def client(simulator, **values):
    access = {"merchant": simulator.merchant, "password": simulator.password, **values}
    return Epay(**access, url=simulator.base_url, sleep=lambda _seconds: None)


def test_one_transaction(simulator):
    found = client(simulator).transaction(40001)
    assert (found.order, found.captured, found.currency) == ("S1001", 125000, 208)
    assert (found.day, found.card_digits) == (date(2026, 3, 10), "4242")


def test_a_list_of_days(simulator):
    epay = client(simulator)
    assert [one.order for one in epay.transactions(date(2026, 3, 1), date(2026, 3, 31))] == ["S1001", "S1002"]
    assert [one.order for one in epay.transactions(date(2026, 3, 12), date(2026, 3, 12))] == ["S1002"]
    assert epay.transactions(date(2026, 4, 1), date(2026, 4, 2)) == []


def kind_of(call):
    with pytest.raises(FetchError) as caught:
        call()
    return caught.value.kind


def test_what_epay_refuses(simulator):
    assert kind_of(lambda: client(simulator).transaction(99)) == "not_found"
    assert kind_of(lambda: client(simulator).transaction(-5)) == "not_found"
    assert kind_of(lambda: client(simulator, password="forkert").transaction(40001)) == "authorisation"  # noqa: S106


@pytest.mark.parametrize(
    "fault", ["500", "timeout_before", "timeout_after", "half_closed", "malformed", "slow", "html"]
)
def test_a_passing_fault_is_asked_again(simulator, fault):
    for method in ("GET", "POST"):  # the description, then the question
        simulator.fault(fault, method)
        assert client(simulator).transaction(40001).order == "S1001"


def test_a_lasting_fault_is_told(simulator):
    epay = client(simulator)
    epay.transaction(40001)
    simulator.fault("500", "POST", times=9)
    assert kind_of(lambda: epay.transaction(40001)) == "unavailable"
    simulator.faults.clear()
    simulator.fault("entities", "POST", times=9)
    assert kind_of(lambda: epay.transaction(40001)) == "no_answer"


def test_the_password_goes_to_our_host_only(simulator):
    with EpaySimulator() as other:
        simulator.address = f"{other.base_url}/remote/payment.asmx"  # what the description says
        assert client(simulator).transaction(40001).order == "S1001"
        assert other.asked == []


def test_a_service_without_the_list(simulator):
    simulator.operations = ("gettransaction",)
    assert kind_of(lambda: client(simulator).transactions(date(2026, 3, 1), date(2026, 3, 2))) == "validation"
    assert client(simulator).transaction(40001).order == "S1001"


def test_nonsense_in_a_transaction(simulator):
    simulator.transactions[40001]["currency"] = "kroner"
    assert kind_of(lambda: client(simulator).transaction(40001)) == "no_answer"
