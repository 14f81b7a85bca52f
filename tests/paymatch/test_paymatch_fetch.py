"""Clients of providers' interfaces against simulators: whole payouts, pages, tokens, limits, half-finished days."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from odoo.addons.paymatch import api, formats
from odoo.addons.transfer_log.http import retry_after

from tests.simulators.acquirers import (
    TODAY,
    ClearhausSimulator,
    KlarnaSimulator,
    MollieSimulator,
    NexiSimulator,
    ShopifySimulator,
    StripeSimulator,
    VippsSimulator,
    ZettleSimulator,
)

FIRST, LAST = date(2026, 3, 1), date.fromisoformat(TODAY)
SIMULATORS = {
    "clearhaus": ClearhausSimulator,
    "vipps": VippsSimulator,
    "nexi_checkout": NexiSimulator,
    "stripe": StripeSimulator,
    "mollie": MollieSimulator,
    "klarna": KlarnaSimulator,
}


@pytest.fixture
def simulate():
    """A simulator and its client; pauses are noted, not waited for."""
    running, pauses = [], []

    def start(code, account="", **access):
        simulator = (SIMULATORS | {"zettle": ZettleSimulator, "shopify": ShopifySimulator})[code]().start()
        running.append(simulator)
        values = {"client_id": simulator.client_id, "client_secret": simulator.client_secret, "account": account}
        values["subscription_key"] = getattr(simulator, "subscription_key", "")
        access = api.Access(**{**values, **access})
        client = api.SERVICES[code](access, url=simulator.base_url, sleep=pauses.append)
        client.pauses = pauses
        return simulator, client

    yield start
    for simulator in running:
        simulator.stop()


def fill(code, simulator):
    """Five sales in pages of two, one of them given back, in two payouts."""
    if code == "clearhaus":
        simulator.settle("s1", "2026-03-10", {"S1": 10000, "S2": 20000, "S3": 30000, "S4": -5000})
        simulator.settle("s2", "2026-03-12", {"S5": 40000})
        simulator.settle("s3", "2026-03-13", {"S6": 50000})
    elif code in ("klarna", "mollie", "nexi_checkout", "stripe"):
        simulator.pay("n1", "2026-03-10", {"S1": 10000, "S2": 20000, "S3": 30000, "S4": -5000})
        simulator.pay("n2", "2026-03-12", {"S5": 40000})
        simulator.pay("n3", "2026-03-13", {"S6": 50000})
    else:
        simulator.enter("2026-03-09", "capture", 10000, "1", "S1")
        simulator.enter("2026-03-09", "capture", 20000, "2", "S2")
        simulator.enter("2026-03-09", "fees-retained", -200, "f1", "Fees")
        simulator.enter("2026-03-10", "capture", 30000, "3", "S3")
        simulator.enter("2026-03-10", "refund", -5000, "4", "S4")
        simulator.enter("2026-03-10", "fees-retained", -200, "f2", "Fees")
        simulator.pay("2026-03-10", 2000101)
        simulator.enter("2026-03-12", "capture", 40000, "5", "S5")
        simulator.enter("2026-03-12", "fees-retained", -100, "f3", "Fees")
        simulator.pay("2026-03-12", 2000102, word="scheduled-for-payout")
        simulator.enter("2026-03-13", "capture", 50000, "6", "S6")
        simulator.enter("2026-03-13", "fees-retained", -100, "f4", "Fees")
        simulator.pay("2026-03-13", 2000103)


def read(client, key):
    content = client.content(key)
    code = formats.detect(content, "payout.json")
    assert code == {"vipps": "vipps_api"}.get(client.code, client.code)
    return formats.parse(content, "payout.json")


@pytest.mark.parametrize("code", SIMULATORS)
def test_payouts_come_whole_and_add_up(simulate, code):
    simulator, client = simulate(code)
    fill(code, simulator)
    listing = client.payouts(FIRST, LAST)
    assert len(listing.keys) == 3
    reports = [read(client, key) for key in listing.keys]
    assert [report.faults() for report in reports] == [(), (), ()]
    amounts = [group.amount for report in reports for group in report.groups]
    assert amounts == [Decimal("546.00"), Decimal("399.00"), Decimal("499.00")]
    sales = [line.order_reference for line in reports[0].lines if line.line_type in ("sale", "refund")]
    assert sorted(sales) == ["S1", "S2", "S3", "S4"]
    assert client.content(listing.keys[0]) == client.content(listing.keys[0])


@pytest.mark.parametrize("code", SIMULATORS)
def test_a_period_is_listed_alone(simulate, code):
    simulator, client = simulate(code)
    fill(code, simulator)
    assert len(client.payouts(date(2026, 3, 11), date(2026, 3, 12)).keys) == 1
    assert client.payouts(date(2026, 3, 14), date(2026, 3, 15)).keys == ()


@pytest.mark.parametrize("code", ["clearhaus", "vipps"])
def test_an_expired_token_is_renewed_once(simulate, code):
    simulator, client = simulate(code)
    fill(code, simulator)
    key = client.payouts(FIRST, LAST).keys[0]
    simulator.expire()
    assert read(client, key).faults() == ()
    assert simulator.signed_in == 2
    simulator.expire()
    with simulator.faulty("401"), pytest.raises(api.FetchError) as caught:
        client.content(key)
    assert caught.value.kind == "authorisation"


@pytest.mark.parametrize("code", SIMULATORS)
def test_wrong_keys_are_told_as_such(simulate, code):
    _simulator, client = simulate(code, client_secret="forkert")  # noqa: S106 - a wrong one
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert caught.value.kind == "authorisation"
    assert client.pauses == []


@pytest.mark.parametrize("code", SIMULATORS)
def test_the_limit_is_told_with_its_time_and_an_outage_is_tried_again(simulate, code):
    simulator, client = simulate(code)
    fill(code, simulator)
    simulator.fault("429", "GET")
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert (caught.value.kind, caught.value.retry_after, client.pauses) == ("limit", 17, [])
    simulator.fault("500", "GET")
    simulator.fault("timeout_before", "GET")
    simulator.fault("html", "GET")
    assert len(client.payouts(FIRST, LAST).keys) == 3
    assert client.pauses == [2, 8, 30]
    with simulator.faulty("500"), pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert caught.value.kind == "unavailable"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("17", 17), ("", None), (None, None), ("later", None), ("9" * 30, 86400)],
)
def test_retry_after(text, seconds):
    assert retry_after(text) == seconds


def test_retry_after_as_a_date():
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("Wed, 21 Oct 2099 07:28:00 GMT") == 86400


# Clearhaus


def test_clearhaus_leaves_what_is_not_settled_for_later(simulate):
    simulator, client = simulate("clearhaus")
    fill("clearhaus", simulator)
    simulator.settlements["s2"]["settled"] = False
    listing = client.payouts(FIRST, LAST)
    assert (listing.keys, listing.until) == (("s1", "s3"), date(2026, 3, 11))
    with pytest.raises(api.FetchError) as caught:
        client.content("s2")
    assert caught.value.kind == "not_ready"


def test_clearhaus_takes_the_merchant_of_the_provider(simulate):
    simulator, client = simulate("clearhaus", account="2000002")
    fill("clearhaus", simulator)
    simulator.settle("other", "2026-03-11", {"S9": 100}, merchant="2000002")
    assert client.payouts(FIRST, LAST).keys == ("other",)


def test_clearhaus_a_list_that_lost_rows_is_not_taken(simulate, monkeypatch):
    simulator, client = simulate("clearhaus")
    fill("clearhaus", simulator)
    page = ClearhausSimulator._page
    monkeypatch.setattr(ClearhausSimulator, "_page", lambda *given: {**page(*given), "count": 9})
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert caught.value.kind == "not_ready"


def test_the_token_is_not_sent_to_another_host(simulate):
    simulator, client = simulate("clearhaus")
    fill("clearhaus", simulator)
    client.url = simulator.base_url.replace("127.0.0.1", "localhost")
    with pytest.raises(api.FetchError, match="another host"):
        client.get(f"{simulator.base_url}/settlements")
    assert simulator.requests == []


@pytest.mark.parametrize("number", ["../oauth", "a/b", "", None, {}, "x" * 99])
def test_ids_that_are_no_ids_are_refused(simulate, number):
    simulator, client = simulate("clearhaus")
    simulator.settle("s1", "2026-03-10", {"S1": 100})
    simulator.settlements["s1"]["id"] = number
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert caught.value.kind == "no_answer"


# Vipps MobilePay


def test_vipps_payout_is_known_by_the_key_of_its_file(simulate):
    simulator, client = simulate("vipps")
    fill("vipps", simulator)
    listing = client.payouts(FIRST, LAST)
    assert listing.keys[1] == "302321/2026-03-11/2026-03-12/2000102"
    (group,) = read(client, listing.keys[1]).groups
    assert (group.key, group.reference) == ("123456/2000102", "2000102")
    assert group.bank_reference == "Utbet. 2000102 Vippsnr 123456"
    assert group.date == date(2026, 3, 12)


def test_vipps_a_day_that_is_not_ready_is_listed_again(simulate):
    simulator, client = simulate("vipps")
    fill("vipps", simulator)
    simulator.unready = {"2026-03-12"}
    listing = client.payouts(FIRST, LAST)
    assert (len(listing.keys), listing.until) == (1, date(2026, 3, 11))
    with pytest.raises(api.FetchError) as caught:
        client.content("302321/2026-03-11/2026-03-12/2000102")
    assert caught.value.kind == "not_ready"
    simulator.unready = set()
    rest = client.payouts(date(2026, 3, 12), LAST)
    # the first of the period begins after the payout before it
    assert rest.keys[0] == "302321/2026-03-11/2026-03-12/2000102"


def test_vipps_begins_after_the_payout_before_the_first_day(simulate):
    simulator, client = simulate("vipps")
    simulator.enter("2026-02-20", "capture", 1000, "0", "OLD")
    simulator.pay("2026-02-20", 2000100)
    simulator.enter("2026-02-27", "capture", 700, "1", "S1")
    simulator.enter("2026-03-02", "capture", 300, "2", "S2")
    simulator.pay("2026-03-02", 2000101)
    (key,) = client.payouts(FIRST, LAST).keys
    assert key == "302321/2026-02-21/2026-03-02/2000101"
    report = read(client, key)
    assert report.faults() == ()
    assert [line.order_reference for line in report.lines][:2] == ["S1", "S2"]


def test_vipps_a_standing_balance_is_carried(simulate):
    simulator, client = simulate("vipps")
    simulator.enter("2026-03-02", "capture", 1000, "1", "S1")
    simulator.pay("2026-03-02", 2000101, keep=400)
    simulator.enter("2026-03-03", "capture", 500, "2", "S2")
    simulator.enter("2026-03-03", "retained-disputed-capture", -100, "1", "S1")
    simulator.pay("2026-03-03", 2000102, keep=400)
    reports = [read(client, key) for key in client.payouts(FIRST, LAST).keys]
    assert [report.faults() for report in reports] == [(), ()]
    told = [(group.opening, group.amount, group.closing) for report in reports for group in report.groups]
    assert told == [(0, 6, 4), (4, 4, 4)]
    assert [line.line_type for line in reports[1].lines] == ["sale", "chargeback", "payout"]


def test_vipps_unknown_entries_are_kept_for_a_person(simulate):
    simulator, client = simulate("vipps")
    simulator.enter("2026-03-02", "capture", 1000, "1", "S1")
    simulator.enter("2026-03-02", "loyalty-points", -10, "2")
    simulator.enter("2026-03-02", "correction", 5, "3")
    simulator.pay("2026-03-02", 2000101)
    report = read(client, client.payouts(FIRST, LAST).keys[0])
    assert [line.line_type for line in report.lines] == ["sale", "adjustment", "adjustment", "payout"]
    assert report.faults() == () and len(report.notes) == 1


def test_vipps_several_ledgers_need_the_number(simulate):
    simulator, client = simulate("vipps")
    simulator.ledgers.append(simulator._ledger("400000", "999999"))
    with pytest.raises(api.FetchError, match="2 ledgers"):
        client.payouts(FIRST, LAST)
    client.access = replace(client.access, account="999999")
    assert client._ledger()["ledgerId"] == "400000"


VIPPS = """{"vippsReport": {"payout": "7"}, "ledger": {"ledgerId": "1", "currency": "DKK"}, "items": [
{"pspReference": "a", "time": "1", "ledgerDate": "2026-03-02", "entryType": "capture", "reference": "S1",
 "currency": "DKK", "amount": 1000, "balanceBefore": 0, "balanceAfter": 1000},
{"pspReference": "7", "time": "2", "ledgerDate": "2026-03-02", "entryType": "payout-scheduled",
 "reference": "Vippsnr 5", "currency": "DKK", "amount": -1000, "balanceBefore": 1000, "balanceAfter": 0}]}"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"amount": 1000', '"amount": 900'), "does not make the balance"),
        (('"balanceBefore": 1000', '"balanceBefore": 1100'), "entries are missing"),
        (('"amount": 1000', '"amount": 10.5'), "smallest unit"),
        (('"currency": "DKK", "amount": 1000', '"currency": "NOK", "amount": 1000'), "in a payout in DKK"),
        (('"payout-scheduled"', '"capture"'), "no payout"),
        (('"ledgerDate": "2026-03-02", "entryType": "capture"', '"entryType": "capture"'), "ledgerDate is missing"),
        (('"payout": "7"', '"payout": null'), "payout is missing"),
    ],
)
def test_vipps_documents_that_are_wrong_are_told(change, told):
    assert formats.parse(VIPPS.encode(), "", "vipps_api").faults() == ()
    text = VIPPS.replace(*change, 1)
    assert text != VIPPS
    try:
        messages = [fault.message for fault in formats.parse(text.encode(), "", "vipps_api").faults()]
    except formats.FormatError as error:
        messages = [str(error)]
    assert any(told in message for message in messages)


# Nexi Checkout


def test_nexi_pages_that_stop_early_are_not_taken(simulate, monkeypatch):
    simulator, client = simulate("nexi_checkout")
    fill("nexi_checkout", simulator)
    simulator.payouts["n1"]["rows"].pop()
    reading = NexiSimulator.read

    def more(self, path, query):
        answer = reading(self, path, query)
        return {**answer, "numberOfPaymentActions": 4} if "paymentActions" in answer else answer

    monkeypatch.setattr(NexiSimulator, "read", more)
    with pytest.raises(api.FetchError) as caught:
        client.content("n1")
    assert caught.value.kind == "not_ready"


# Stripe


def test_stripe_payout_is_known_by_the_id_of_the_report(simulate):
    simulator, client = simulate("stripe")
    simulator.pay("po_1", "2026-03-10", {"S1": 10000})
    report = read(client, "po_1")
    (group,) = report.groups
    assert (group.key, group.date, group.bank_reference) == ("po_1", date(2026, 3, 10), "STRIPE")
    assert [line.line_type for line in report.lines] == ["payout", "sale"]
    assert b"Karen" not in client.content("po_1")
    simulator.payouts["po_1"]["amount"] -= 1
    assert any("difference" in fault.message for fault in read(client, "po_1").faults())


def test_stripe_payouts_on_their_way_failed_and_by_hand(simulate):
    simulator, client = simulate("stripe")
    simulator.pay("po_1", "2026-03-10", {"S1": 10000}, status="failed")
    simulator.pay("po_2", "2026-03-11", {"S2": 10000}, automatic=False)
    simulator.pay("po_3", "2026-03-12", {"S3": 10000}, status="in_transit")
    listing = client.payouts(FIRST, LAST)
    assert (listing.keys, listing.until) == (("po_2",), date(2026, 3, 11))
    with pytest.raises(api.FetchError, match="by hand"):
        client.content("po_2")
    with pytest.raises(api.FetchError) as caught:
        client.content("po_3")
    assert caught.value.kind == "not_ready"


def test_stripe_key_tells_its_environment(simulate):
    _simulator, client = simulate("stripe")
    assert client.fits("test") and not client.fits("production")


# Mollie


def test_mollie_keeps_the_open_settlement_for_another_time(simulate):
    simulator, client = simulate("mollie")
    simulator.pay("stl_1", "2026-03-10", {"S1": 10000, "S2": -2500})
    simulator.pay("stl_2", "2026-03-12", {"S3": 10000}, is_settled=False)
    listing = client.payouts(FIRST, LAST)
    assert (listing.keys, listing.until) == (("stl_1",), LAST)
    report = read(client, "stl_1")
    (group,) = report.groups
    assert (group.key, group.bank_reference, group.amount) == ("1234567.stl_1", "1234567.stl_1", Decimal("73.00"))
    assert [(line.line_type, line.order_reference) for line in report.lines[:2]] == [("sale", "S1"), ("refund", "S2")]
    assert b"Karen" not in client.content("stl_1")
    with pytest.raises(api.FetchError) as caught:
        client.content("stl_2")
    assert caught.value.kind == "not_ready"


def test_mollie_settlements_of_other_days_are_left(simulate):
    simulator, client = simulate("mollie")
    for day in range(10, 15):
        simulator.pay(f"stl_{day}", f"2026-03-{day}", {"S1": 100 * day})
    assert client.payouts(date(2026, 3, 11), date(2026, 3, 13)).keys == ("stl_11", "stl_12", "stl_13")


def test_addresses_that_are_not_documented_are_not_guessed():
    assert api.SERVICES["nexi_checkout"].hosts["production"] is None
    for client in api.SERVICES.values():
        for address in filter(None, client.hosts.values()):
            host = address.removeprefix("https://")
            assert address.startswith("https://") and any(host.endswith(f".{name}") for name in client.domains)


# Klarna


def test_klarna_reports_of_another_merchant_are_left(simulate):
    simulator, client = simulate("klarna", account="K200")
    fill("klarna", simulator)
    simulator.pay("other", "2026-03-11", {"S9": 10000}, merchant="K200")
    assert client.payouts(FIRST, LAST).keys == ("other",)
    (group,) = read(client, "other").groups
    assert (group.account, group.amount) == ("K200", Decimal("99.00"))


def test_klarna_a_report_that_is_no_report_is_not_taken(simulate):
    simulator, client = simulate("klarna")
    fill("klarna", simulator)
    with simulator.faulty("html"), pytest.raises(api.FetchError) as caught:
        client.content("n1")
    assert caught.value.kind == "no_answer"
    simulator._report = lambda payout: " "
    with pytest.raises(api.FetchError) as caught:
        client.content("n1")
    assert caught.value.kind == "not_ready"
    with pytest.raises(api.FetchError) as caught:
        client.content("unknown")
    assert caught.value.kind == "not_found"


def test_klarna_a_list_that_lost_rows_is_not_taken(simulate, monkeypatch):
    simulator, client = simulate("klarna")
    fill("klarna", simulator)
    reading = KlarnaSimulator.read

    def more(self, path, query):
        answer = reading(self, path, query)
        return {**answer, "pagination": {"total": 9}} if "payouts" in answer else answer

    monkeypatch.setattr(KlarnaSimulator, "read", more)
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert caught.value.kind == "not_ready"


# Zettle: no row names an order, so it stands apart


def fill_zettle(simulator):
    """Three payouts; of the second 4.00 stay behind."""
    simulator.enter("2026-02-27T09:00:00", "PAYMENT", 5000, "u0")
    simulator.enter("2026-02-28T03:00:00", "PAYOUT", -5000, "p0")
    for at, (number, amount) in enumerate((("u1", 10000), ("u2", 20000))):
        simulator.enter(f"2026-03-09T1{at}:00:00", "PAYMENT", amount, number)
        simulator.enter(f"2026-03-09T1{at}:00:00", "PAYMENT_FEE", -100, number)
    simulator.enter("2026-03-10T03:00:00", "PAYOUT", -29800, "p1")
    simulator.enter("2026-03-11T10:00:00", "PAYMENT", 40400, "u3")
    simulator.enter("2026-03-12T03:00:00", "PAYOUT", -40000, "p2")


def test_zettle_payouts_come_whole_and_add_up(simulate):
    simulator, client = simulate("zettle", currency="DKK")
    fill_zettle(simulator)
    listing = client.payouts(FIRST, LAST)
    assert [key.rpartition("/")[2] for key in listing.keys] == ["p1", "p2"]
    reports = [read(client, key) for key in listing.keys]
    assert [report.faults() for report in reports] == [(), ()]
    assert [group.amount for report in reports for group in report.groups if group.amount] == [298, 400]
    assert [line.provider_reference for line in reports[0].lines if line.line_type == "sale"] == ["u1", "u2"]
    assert client.content(listing.keys[0]) == client.content(listing.keys[0])
    assert client.payouts(date(2026, 3, 11), date(2026, 3, 12)).keys == listing.keys[1:]
    assert client.payouts(date(2026, 3, 13), LAST).keys == ()


def test_zettle_signs_in_with_a_key_and_again_when_the_token_is_old(simulate):
    simulator, client = simulate("zettle", currency="DKK")
    fill_zettle(simulator)
    key = client.payouts(FIRST, LAST).keys[0]
    simulator.expire()
    assert read(client, key).faults() == ()
    assert simulator.signed_in == 2
    _other, wrong = simulate("zettle", client_secret="forkert")  # noqa: S106 - a wrong one
    with pytest.raises(api.FetchError) as caught:
        wrong.payouts(FIRST, LAST)
    assert caught.value.kind == "authorisation"


def test_zettle_nonsense_is_told(simulate):
    simulator, client = simulate("zettle", currency="DKK")
    fill_zettle(simulator)
    key = client.payouts(FIRST, LAST).keys[0]
    for nonsense in ({"timestamp": "yesterday"}, {"timestamp": None}):
        simulator.rows.append({**simulator.rows[0], **nonsense})
        simulator.read = lambda path, query: {"data": simulator.rows if query["offset"] == "0" else []}
        with pytest.raises(api.FetchError) as caught:
            client.payouts(FIRST, LAST)
        assert caught.value.kind == "no_answer"
        simulator.rows.pop()
    for answer in ({"data": [1]}, {"data": {}}, "text"):
        simulator.read = lambda path, query, answer=answer: answer
        with pytest.raises(api.FetchError):
            client.document(key)
    simulator.read = lambda path, query: []
    with pytest.raises(api.FetchError) as caught:
        client.document(key)
    assert caught.value.kind == "not_found"
    with pytest.raises(api.FetchError):
        client.document("no key")


# Shopify: one address for everything, asked by POST


def fill_shopify(simulator):
    simulator.pay(7001, "2026-03-10", {"#1001": 10000, "#1002": 20000, "#1003": 30000, "#1004": -5000}, transfer=True)
    simulator.pay(7002, "2026-03-12", {"#1005": 40000})
    simulator.pay(7003, "2026-03-13", {"#1006": 50000})
    simulator.pay(7004, "2026-03-18", {"#1007": 60000}, status="SCHEDULED")
    simulator.pay(6900, "2026-02-20", {"#0900": 100}, status="PAID")


def read_shopify(client, key):
    content = client.content(key)
    assert formats.detect(content, "payout.json") == "shopify_api"
    return formats.parse(content, "payout.json")


def test_shopify_payouts_come_whole_and_add_up(simulate):
    simulator, client = simulate("shopify")
    fill_shopify(simulator)
    listing = client.payouts(FIRST, LAST)
    assert listing.keys == ("7001", "7002", "7003")
    assert listing.until == date(2026, 3, 17)  # the one to come is looked for again
    reports = [read_shopify(client, key) for key in listing.keys]
    assert [report.faults() for report in reports] == [(), (), ()]
    assert [group.amount for report in reports for group in report.groups] == [
        Decimal("546.00"), Decimal("399.00"), Decimal("499.00"),
    ]  # fmt: skip
    found = [(line.line_type, line.order_reference) for line in reports[0].lines]
    assert found == [
        ("sale", "#1001"), ("sale", "#1002"), ("sale", "#1003"), ("refund", "#1004"), ("payout", ""),
    ]  # fmt: skip
    assert reports[0].groups[0].key == "7001/DKK"  # the key of the shop's own list
    assert client.payouts(date(2026, 3, 11), date(2026, 3, 12)).keys == ("7002",)
    with pytest.raises(api.FetchError) as caught:
        client.document("7004")
    assert caught.value.kind == "not_ready"
    with pytest.raises(api.FetchError) as caught:
        client.document("9999")
    assert caught.value.kind == "not_found"


def test_shopify_signs_in_again_and_takes_a_permanent_token(simulate):
    simulator, client = simulate("shopify")
    fill_shopify(simulator)
    client.payouts(FIRST, LAST)
    simulator.expire()
    assert read_shopify(client, "7002").faults() == ()
    assert simulator.signed_in == 2
    permanent, client = simulate("shopify", client_id="", client_secret="shpat_proeve")  # noqa: S106 - a test's own
    permanent.tokens.add("shpat_proeve")
    assert client.payouts(FIRST, LAST).keys == ()
    for wrong in ({"client_secret": "forkert"}, {"client_id": "", "client_secret": "forkert"}):
        _other, client = simulate("shopify", **wrong)
        with pytest.raises(api.FetchError) as caught:
            client.payouts(FIRST, LAST)
        assert caught.value.kind == "authorisation"


def test_shopify_limits_and_faults(simulate):
    simulator, client = simulate("shopify")
    fill_shopify(simulator)
    simulator.throttled = 1
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert (caught.value.kind, caught.value.retry_after) == ("limit", 5)  # (512 - 100) / 100 a second
    simulator.fault("500", "POST")
    assert len(client.payouts(FIRST, LAST).keys) == 3
    simulator.fault("html", "POST", times=9)
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert caught.value.kind == "no_answer"
    simulator.faults.clear()
    simulator.has_payments = False
    with pytest.raises(api.FetchError) as caught:
        client.payouts(FIRST, LAST)
    assert caught.value.kind == "authorisation"


def test_shopify_what_does_not_add_up_is_told(simulate):
    simulator, client = simulate("shopify")
    simulator.pay(1, "2026-03-10", {"#1": 10000}, paid=9899)
    report = read_shopify(client, "1")
    assert [fault.difference for fault in report.faults()] == [Decimal("1.00") / 100]
    simulator.payouts["1"]["rows"][0]["net"]["currencyCode"] = "EUR"
    with pytest.raises(formats.FormatError):
        read_shopify(client, "1")


@pytest.mark.parametrize(
    ("shop", "address"),
    [
        ("nordlys", "https://nordlys.myshopify.com"),
        (" https://Nordlys.myshopify.com/ ", "https://nordlys.myshopify.com"),
        ("", None),
        ("nordlys.evil.com", None),
        ("a.b", None),
        ("x@evil.com/", None),
        ("nordlys.myshopify.com.evil.com", None),
    ],
)
def test_shopify_the_key_goes_to_the_shop_only(shop, address):
    assert api.SERVICES["shopify"].address("production", shop) == address
