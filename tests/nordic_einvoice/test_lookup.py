"""Receivers are looked up in the DNS and at the SMP; what is not known is never taken for a no."""

import pytest

from odoo.addons.nordic_einvoice.api import lookup

from tests.simulators.smp import DnsSimulator, SmpSimulator

VALUE = "0192:923609016"
BIS3 = (
    "urn:oasis:names:specification:ubl:schema:xsd:{0}-2::{0}##urn:cen.eu:en16931:2017#compliant"
    "#urn:fdc:peppol.eu:2017:poacc:billing:3.0::2.1"
)
OIOUBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##OIOUBL-2.1::2.1"


@pytest.fixture
def dns():
    with DnsSimulator() as simulator:
        simulator.zone(lookup.PEPPOL_ZONE)
        yield simulator


@pytest.fixture
def smp(dns):
    with SmpSimulator() as simulator:
        dns.naptr(lookup.naptr_name(VALUE), simulator.base_url)
        yield simulator


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(lookup, "TIMEOUT", 0.6)


def ask(dns, value=VALUE, *, allow_inner=True, **options):
    resolver = lookup.Resolver(["127.0.0.1"], dns.port)
    return lookup.look_up(value, resolver, lookup.Opener(allow_inner=allow_inner), **options)


def test_the_name_of_a_participant():
    # value of a public test of the register
    assert lookup.naptr_name(VALUE).startswith("XQK4T3FMTEZDUY5BOVJMTNAQ45N7E4TIBYHWFPGOT75BSP7UYG2A.iso6523-actorid")
    assert lookup.naptr_name("9915:TEST") == lookup.naptr_name("9915:test")
    assert lookup.cname_name("0010:5798000000001", "sml.example") == (
        "B-e49b223851f6e97cbfce4f72c3402aac.iso6523-actorid-upis.sml.example"
    )


def test_who_can_receive_what(dns, smp):
    smp.register(VALUE, BIS3.format("Invoice"))
    found = ask(dns)
    assert found.state == "registered"
    assert found.can_receive("peppol", "invoice") == lookup.ABLE
    assert found.can_receive("peppol", "credit_note") == lookup.OTHER
    assert found.can_receive("nemhandel", "invoice") == lookup.OTHER
    smp.register(VALUE, OIOUBL)
    assert ask(dns).can_receive("nemhandel", "invoice") == lookup.ABLE
    assert ask(dns).can_receive("peppol", "invoice") == lookup.OTHER


def test_who_is_in_no_register(dns, smp):
    assert ask(dns, "0192:999999999").state == lookup.ABSENT
    assert ask(dns).state == lookup.ABSENT, "the DNS knows it, its SMP does not any more"


def test_the_old_way_by_md5(dns):
    dns.zone("sml.example")
    assert ask(dns, zone="sml.example", is_old_way=True).state == lookup.ABSENT
    dns.add(lookup.cname_name(VALUE, "sml.example"), "CNAME", "smp.example.")
    opened = []

    def opener(url):
        opened.append(url)
        raise lookup.NoAnswer("no network")

    resolver = lookup.Resolver(["127.0.0.1"], dns.port)
    found = lookup.look_up(VALUE, resolver, opener, zone="sml.example", is_old_way=True)
    assert found.state == lookup.UNKNOWN
    assert opened[0].startswith(f"http://{lookup.cname_name(VALUE, 'sml.example')}/iso6523")


def test_a_zone_that_has_moved_says_nothing(dns):
    found = ask(dns, zone="participant.gone.example")
    assert found.state == lookup.UNKNOWN and "does not answer" in found.reason


@pytest.mark.parametrize("attribute", ["is_silent", "is_mad"])
def test_no_dns_is_not_a_no(dns, smp, attribute):
    setattr(dns, attribute, True)
    assert ask(dns).state == lookup.UNKNOWN


@pytest.mark.parametrize("fault", ["500", "html", "other", "bomb", "timeout_before", "redirect"])
def test_an_smp_that_answers_nonsense_is_not_a_no(dns, smp, fault):
    smp.register(VALUE, BIS3.format("Invoice"))
    smp.fault(fault)
    found = ask(dns)
    assert found.state == lookup.UNKNOWN and found.reason
    assert found.can_receive("peppol", "invoice") == lookup.UNKNOWN


def test_a_register_does_not_lead_into_our_own_network(dns, smp):
    smp.register(VALUE, BIS3.format("Invoice"))
    found = ask(dns, allow_inner=False)
    assert found.state == lookup.UNKNOWN and "own network" in found.reason
    assert not smp.requests


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1\\@smp.example.com/x",
        "http://127.0.0.1\\.smp.example.com/x",
        "http://user@smp.example.com/x",
        "http://smp.example.com\n/x",
        "http://[::1]/x",
        "gopher://smp.example.com/x",
    ],
)
def test_an_address_that_two_readers_read_differently_is_not_opened(url):
    class Session:
        def get(self, *_arguments, **_options):
            raise AssertionError("opened")

    with pytest.raises(lookup.NoAnswer):
        lookup.Opener(session=Session())(url)


@pytest.mark.parametrize("regexp", ["", "!", "!!!", "!^.*$!file:///etc/passwd!", "!^.*$!https://smp.example", "x"])
def test_a_record_that_names_no_smp(regexp):
    with pytest.raises(lookup.NoAnswer):
        lookup.smp_of([("U", "Meta:SMP", regexp)])


def test_other_records_are_passed_over():
    records = [("S", "SIP+D2U", "!^.*$!https://a.example!"), ("u", "meta:smp", "!.*!https://b.example/!")]
    assert lookup.smp_of(records) == "https://b.example"
