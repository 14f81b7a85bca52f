"""The client of access points against simulators of their interfaces: nothing twice, nothing lost, bad entries told."""

import hashlib

import pytest

from odoo.addons.nordic_einvoice.api import presets
from odoo.addons.nordic_einvoice.api.access_point import (
    Access,
    AccessPoint,
    AccessPointError,
    Message,
    is_secure,
    pick,
    read_definition,
)

from tests.simulators.access_point import AccessPointSimulator

XML = "<Invoice>æøå</Invoice>".encode()
MESSAGE = Message(
    "5f1b2a4e-0000-5000-8000-000000000001", XML, "INV_1.xml", ("0184", "12345674"), ("0192", "310999938"),
    "urn:x::Invoice##y::2.1", "urn:process", "invoice", "DK",
)  # fmt: skip
ACCESS = Access("bruger", "hemmelig-proeve", "leverandoer", "A1", "P1")
GENERIC = {
    "hosts": {"test": "http://127.0.0.1"},
    "auth": {"kind": "bearer"},
    "send": {"method": "POST", "path": "/messages", "body": "xml", "id": "message.id",
             "headers": {"X-Reference": "{message_id}"}},
    "find": {"path": "/messages", "query": {"reference": "{message_id}"}, "id": "messages.0.id"},
    "status": {"path": "/messages/{remote_id}", "state": "message.state", "reason": "message.text"},
    "repeat": "find",
    "states": presets.STATES,
}  # fmt: skip
STYLES = ("maventa", "storecove", "qvalia", "unit4", "peppyrus")


def client(simulator, definition=None, access=ACCESS):
    if definition is None:
        definition = presets.PRESETS[simulator.style].definition
    if simulator.style == "storecove" and access is ACCESS:
        access = Access(secret=ACCESS.secret, account="100")
    return AccessPoint(read_definition(definition), access, url=simulator.base_url, sleep=lambda _pause: None)


@pytest.mark.parametrize("style", STYLES)
def test_each_takes_the_document_as_it_is(style):
    with AccessPointSimulator(style) as simulator:
        receipt = client(simulator).send(MESSAGE)
        assert simulator.hashes() == [hashlib.sha256(XML).hexdigest()]
        assert receipt.remote_id == ("R1" if style != "unit4" else MESSAGE.message_id)
        assert "hemmelig" not in receipt.request and "æøå" not in receipt.request


def test_receivers_are_named_as_each_wants_them():
    with AccessPointSimulator("storecove") as simulator:
        client(simulator).send(MESSAGE)
        assert simulator.taken[0]["receiver"] == "NO:ORG:310999938"
    with AccessPointSimulator("unit4") as simulator:
        client(simulator).send(MESSAGE)
        assert simulator.taken[0]["receiver"] == "0192:310999938"


@pytest.mark.parametrize("style", ["storecove", "qvalia"])
@pytest.mark.parametrize("fault", ["timeout_after", "500_after", "nonsense"])
def test_repeated_after_a_lost_answer_it_is_still_one(style, fault):
    with AccessPointSimulator(style) as simulator:
        opened = client(simulator)
        simulator.fault(fault, "POST")
        with pytest.raises(AccessPointError) as caught:
            opened.send(MESSAGE)
        assert caught.value.kind in ("no_answer", "unavailable")
        receipt = opened.send(MESSAGE)
        assert receipt.is_known
        assert len(simulator.taken) == 1


def test_asked_by_our_own_number():
    with AccessPointSimulator("generic") as simulator:
        opened = client(simulator, GENERIC)
        assert opened.find(MESSAGE) is None
        simulator.fault("timeout_after", "POST")
        with pytest.raises(AccessPointError):
            opened.send(MESSAGE)
        assert opened.find(MESSAGE).remote_id == "R1"
        simulator.fault("nonsense", "GET", times=9)
        with pytest.raises(AccessPointError) as caught:
            opened.find(MESSAGE)
        assert caught.value.kind == "no_answer", "nonsense never means that it is not there"


@pytest.mark.parametrize(("style", "word", "state"), [
    ("maventa", "delivered", "delivered"), ("qvalia", "failed", "failed"), ("qvalia", "underway", ""),
    ("peppyrus", "sent", "delivered"),
])  # fmt: skip
def test_what_became_of_it(style, word, state):
    with AccessPointSimulator(style) as simulator:
        opened = client(simulator)
        receipt = opened.send(MESSAGE)
        simulator.set_state(receipt.remote_id, word)
        assert opened.state(receipt.remote_id).state == state


def test_a_token_that_ran_out_is_renewed_once():
    with AccessPointSimulator("maventa") as simulator:
        opened = client(simulator)
        opened.send(MESSAGE)
        simulator.tokens.clear()
        opened.send(MESSAGE)
        assert len(simulator.taken) == 2
        assert sum(path == "/oauth2/token" for _method, path in simulator.requests) == 2


@pytest.mark.parametrize(("fault", "kind"), [("401", "authorisation"), ("429", "limit"), ("refuse", "validation"),
                                             ("500", "unavailable")])  # fmt: skip
def test_faults_are_told_apart(fault, kind):
    with AccessPointSimulator("qvalia") as simulator:
        simulator.fault(fault)
        with pytest.raises(AccessPointError) as caught:
            client(simulator).send(MESSAGE)
        assert caught.value.kind == kind
        assert not simulator.taken
        if fault == "429":
            assert caught.value.retry_after == 17


def test_a_sign_in_that_fails_has_sent_nothing():
    with AccessPointSimulator("maventa") as simulator:
        for fault, kind in (("500", "not_sent"), ("timeout_after", "not_sent"), ("nonsense", "not_sent")):
            simulator.fault(fault, "POST", "/oauth2/token")
            with pytest.raises(AccessPointError) as caught:
                client(simulator).send(MESSAGE)
            assert caught.value.kind == kind, fault
        with pytest.raises(AccessPointError) as caught:
            client(simulator, access=Access("bruger", "forkert", "leverandoer")).send(MESSAGE)
        assert caught.value.kind == "authorisation"


def test_a_conflict_without_the_word_is_a_refusal():
    with AccessPointSimulator("storecove") as simulator, pytest.raises(AccessPointError) as caught:
        client(simulator, access=Access(secret=ACCESS.secret, account="ikke et tal")).send(MESSAGE)
    assert caught.value.kind == "validation" and "number" in caught.value.text


@pytest.mark.parametrize("text", [
    "", "[]", "{", '{"send": {}}', '{"send": {"path": "outbox"}}', '{"send": {"path": "/a", "method": "DELETE"}}',
    '{"send": {"path": "/a"}, "repeat": "always"}', '{"send": {"path": "/a"}, "repeat": "find"}',
    '{"send": {"path": "/a"}, "auth": {"kind": "oauth2"}}', '{"send": {"path": "/a"}, "states": {"gone": []}}',
    '{"send": {"path": "/a", "body": "csv"}}', "[" * 100000,
])  # fmt: skip
def test_an_entry_that_cannot_work_is_told(text):
    with pytest.raises(AccessPointError) as caught:
        read_definition(text)
    assert caught.value.kind == "definition"


@pytest.mark.parametrize("code", presets.PRESETS)
def test_every_preset_is_a_definition_that_sends_over_https(code):
    preset = presets.PRESETS[code]
    definition = read_definition(presets.text(preset))
    assert definition == read_definition(preset.definition)
    for address in filter(None, definition.hosts.values()):
        assert is_secure(address, preset.domains)


@pytest.mark.parametrize("address", [
    "http://ap.example.com", "https://127.0.0.1", "https://[::1]/", "https://localhost", "https://10.0.0.1/x",
    "https://ap.example.com@evil.net", "https://server.internal", "ftp://ap.example.com", "", "https://2130706433",
])  # fmt: skip
def test_keys_go_nowhere_else(address):
    assert not is_secure(address)


def test_values_of_an_answer():
    answer = {"a": [{"b": 7}], "c": {"d": None}, "e": True}
    assert pick(answer, "a.0.b") == "7"
    assert [pick(answer, path) for path in ("a.1.b", "c.d", "e", "c", "a.x", "")] == ["", "", "", "", "", ""]
