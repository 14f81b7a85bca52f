"""The client of access points against simulators of their interfaces: nothing twice, nothing lost, bad entries told."""

import hashlib

import pytest

from odoo.addons.nordic_einvoice.api import presets
from odoo.addons.nordic_einvoice.api.access_point import (
    Access,
    AccessPointError,
    Message,
    is_secure,
    pick,
    read_definition,
)
from odoo.addons.nordic_einvoice.api.receiving import ReceivingAccessPoint
from odoo.addons.transfer_log import http

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
    "inbox": {
        "list": {"path": "/received", "rows": "page.rows", "id": "number"},
        "fetch": {"path": "/received/{remote_id}"},
        "acknowledge": {"method": "DELETE", "path": "/received/{remote_id}"},
    },
    "respond": {"method": "POST", "path": "/received/{remote_id}/answers", "body": "xml", "id": "id"},
    "repeat": "find",
    "states": presets.STATES,
}  # fmt: skip
LATIN = "<?xml version='1.0' encoding='ISO-8859-1'?><Invoice>æøå</Invoice>".encode("latin-1")
STYLES = ("maventa", "storecove", "qvalia", "unit4", "peppyrus")


def client(simulator, definition=None, access=ACCESS):
    if definition is None:
        definition = presets.PRESETS[simulator.style].definition
    if simulator.style == "storecove" and access is ACCESS:
        access = Access(secret=ACCESS.secret, account="100")
    definition = read_definition(definition)
    return ReceivingAccessPoint(definition, access, url=simulator.base_url, sleep=lambda _pause: None)


def receiving(style):
    definition = GENERIC if style == "generic" else presets.PRESETS[style].definition
    if style == "maventa":  # what is on no public page is entered
        inbox = definition["inbox"]
        fetch = inbox["fetch"] | {"query": {"return_format": "as-it-came"}}
        definition = definition | {"inbox": inbox | {"fetch": fetch}}
    return definition


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
    "https://evil.net\\.ap.example.com", "https://evil.net\\@ap.example.com", "https://ap.example.com/\\x",
    "https://ap.example.com /x", "https://ap.example.com\n.evil.net",
])  # fmt: skip
def test_keys_go_nowhere_else(address):
    assert not is_secure(address)


@pytest.mark.parametrize("style", ["peppyrus", "maventa", "generic"])
def test_received_documents_come_byte_for_byte(style):
    with AccessPointSimulator(style) as simulator:
        opened = client(simulator, receiving(style))
        assert opened.waiting("2026-11-01").ids == ()
        numbers = [simulator.deliver(XML), simulator.deliver(LATIN)]
        listing = opened.waiting("2026-11-01")
        assert listing.ids == tuple(numbers) and not listing.may_go_on
        assert [opened.document(number) for number in numbers] == [XML, LATIN]
        if style == "maventa":
            assert opened.waiting("2026-11-23").ids == ()
            return
        opened.acknowledge(numbers[0])
        assert opened.waiting().ids == (numbers[1],)
        assert simulator.counts() == [(1, 1), (1, 0)]
        assert opened.acknowledge("D99") is not None, "what is no longer there was acknowledged before"


def test_a_slow_or_lost_answer_of_a_read_is_asked_again(monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", 0.3)
    with AccessPointSimulator("peppyrus") as simulator:
        number = simulator.deliver(XML)
        opened = client(simulator)
        for fault in ("slow", "timeout_after", "500", "timeout_before"):
            simulator.fault(fault, "GET", "/list")
            simulator.fault(fault, "GET", f"/{number}$")
            assert opened.waiting().ids == (number,), fault
            assert opened.document(number) == XML, fault
        simulator.fault("slow", "PATCH")
        with pytest.raises(AccessPointError) as caught:
            opened.acknowledge(number)
        assert caught.value.kind == "no_answer"
        opened.acknowledge(number)
        assert opened.waiting().ids == ()


@pytest.mark.parametrize(("answer", "kind"), [
    ("<html>", "no_answer"), ('{"a": 1}', "definition"), ('{"a": [], "b": []}', "definition"),
    ('{"items": [{"number": 1}]}', "definition"), ('[["D1"]]', "definition"), ("[" * 100000, "no_answer"),
])  # fmt: skip
def test_a_list_that_cannot_be_read_is_never_an_empty_one(answer, kind):
    with AccessPointSimulator("peppyrus") as simulator:
        simulator._peppyrus = lambda *_request: (200, answer)
        with pytest.raises(AccessPointError) as caught:
            client(simulator).waiting()
        assert caught.value.kind == kind


@pytest.mark.parametrize(("answer", "kind"), [
    ({"fileContent": "no base64!"}, "no_answer"), ({"content": "PHg+"}, "definition"), ("<html>", "no_answer"),
    ({"fileContent": " "}, "definition"),
])  # fmt: skip
def test_a_document_that_cannot_be_unpacked_is_told(answer, kind):
    with AccessPointSimulator("peppyrus") as simulator:
        simulator._peppyrus = lambda *_request: (200, answer)
        with pytest.raises(AccessPointError) as caught:
            client(simulator).document("D1")
        assert caught.value.kind == kind


def test_a_long_list_is_known_to_go_on():
    with AccessPointSimulator("peppyrus") as simulator:
        for _number in range(120):
            simulator.deliver(XML)
        listing = client(simulator).waiting()
        assert len(listing.ids) == 100 and listing.may_go_on


def test_pages_are_walked_to_the_end():
    with AccessPointSimulator("peppyrus") as simulator:
        for _number in range(7):
            simulator.deliver(XML)
        pages = [simulator.inbox[:3], simulator.inbox[3:6], simulator.inbox[6:], []]
        simulator._peppyrus = lambda _method, _path, query, *_rest: (
            200, [{"id": entry["id"]} for entry in pages[int(query["page"]) - 1]],
        )  # fmt: skip
        definition = presets.PRESETS["peppyrus"].definition
        walking = definition["inbox"]["list"] | {"query": {"page": "{page}"}}
        opened = client(simulator, definition | {"inbox": definition["inbox"] | {"list": walking}})
        listing = opened.waiting()
        assert listing.ids == tuple(entry["id"] for entry in simulator.inbox) and not listing.may_go_on
        assert len(simulator.requests) == 4


#: What the public pages give: all of it, something still to be entered, or nothing.
FETCHING = {
    "peppyrus": "", "maventa": "inbox.fetch.query.return_format", "unit4": "inbox.fetch.path",
    "sproom": "webhook.id", "generic": "inbox.list.path", "storecove": "inbox.fetch.path", "qvalia": "inbox.fetch.path",
    "recommand": "inbox",
}  # fmt: skip


@pytest.mark.parametrize("code", presets.PRESETS)
def test_what_is_not_public_is_asked_for(code):
    assert read_definition(presets.text(presets.PRESETS[code])).fetching_missing() == FETCHING[code]
    if FETCHING[code] != "":
        with AccessPointSimulator("generic") as simulator, pytest.raises(AccessPointError) as caught:
            client(simulator, presets.PRESETS[code].definition).waiting("2026-11-22")
        assert caught.value.kind == "definition" and not simulator.requests


@pytest.mark.parametrize("inbox", [
    {"list": {"path": "/a", "id": "id"}}, {"list": {"path": "/a"}, "fetch": {"path": "/"}, "acknowledge": {"path": ""}},
    {"list": {"path": "/a", "id": "id"}, "fetch": {"path": "/b"}}, [],
    {"list": {"path": "/a", "id": "id"}, "fetch": {"path": "/b", "method": "DELETE"}, "acknowledge": {"path": "/c"}},
])  # fmt: skip
def test_an_inbox_that_cannot_work_is_told(inbox):
    with pytest.raises(AccessPointError) as caught:
        read_definition(presets.PRESETS["generic"].definition | {"inbox": inbox or "no"})
    assert caught.value.kind == "definition"


def test_answers_leave_as_documents_or_by_a_call_of_their_own():
    for style in ("unit4", "peppyrus"):
        with AccessPointSimulator(style) as simulator:
            client(simulator).respond(MESSAGE, "D1", "RE", "Forkert pris")
            assert simulator.hashes() == [hashlib.sha256(XML).hexdigest()]
            assert simulator.taken[0]["key"] == MESSAGE.document_type
    with AccessPointSimulator("generic") as simulator:
        receipt = client(simulator, GENERIC).respond(MESSAGE, "D7", "RE", "Forkert pris")
        assert (receipt.remote_id, simulator.answers) == ("S1", [("D7", XML)])
    with AccessPointSimulator("sproom") as simulator:
        definition = presets.PRESETS["sproom"].definition
        with pytest.raises(AccessPointError) as caught:
            client(simulator, definition).respond(MESSAGE, "D7", "RE", "Forkert pris")
        assert caught.value.kind == "definition" and "words.AP" in caught.value.text
        respond = definition["respond"] | {"words": {"AP": "yes", "RE": "no"}}
        client(simulator, definition | {"respond": respond}).respond(MESSAGE, "D7", "RE", "Forkert pris")
        assert simulator.answers == [("D7", ("no", "Forkert pris"))]
    with AccessPointSimulator("qvalia") as simulator, pytest.raises(AccessPointError) as caught:
        client(simulator).respond(MESSAGE, "D7", "AP", "")
    assert caught.value.kind == "definition"


def test_values_of_an_answer():
    answer = {"a": [{"b": 7}], "c": {"d": None}, "e": True}
    assert pick(answer, "a.0.b") == "7"
    assert [pick(answer, path) for path in ("a.1.b", "c.d", "e", "c", "a.x", "")] == ["", "", "", "", "", ""]
