"""Payout reports of the acquirers: read to the øre, with their types, payouts and everything that does not add up."""

import json
from datetime import date
from decimal import Decimal

import make_reports as make
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.paymatch import formats

ZERO = Decimal(0)


def faults(data, code=None):
    return [fault.message for fault in formats.parse(data, "", code).faults()]


@pytest.mark.parametrize("code", make.COMPLETE)
def test_complete_reports_add_up(code):
    data, payouts = make.COMPLETE[code]
    assert formats.detect(data, "report") == code
    report = formats.parse(data, "report")
    assert report.faults() == ()
    found = [(group.reference, group.amount) for group in report.groups]
    assert found == [(reference, None if amount is None else Decimal(amount)) for reference, amount in payouts]
    for line in report.lines:
        assert all(isinstance(value, Decimal) for value in (line.gross, line.fee, line.fee_vat, line.net))
        assert line.gross + line.fee + line.fee_vat == line.net
    for group in report.groups:
        if group.amount is not None:
            net = sum((line.net for line in report.group_lines(group.key) if line.line_type != "payout"), ZERO)
            assert group.opening + net - group.closing == group.amount
    assert formats.inspect(data)["ok"]
    assert formats.inspect(make.zipped(data))["format"] == code


@pytest.mark.parametrize(
    "code", ["adyen", "stripe", "shopify", "klarna", "mobilepay_legacy", "vipps_table", "checkout_com"]
)
def test_streamed_and_kept_tell_the_same(code):
    data, _payouts = make.COMPLETE[code]
    stream = formats.FORMATS[code].stream(data, "")
    lines = list(stream)
    report = formats.parse(data)
    assert tuple(lines) == report.lines
    assert stream.faults() == report.faults() == ()
    assert stream.groups() == report.groups


def types(code):
    return [line.line_type for line in formats.parse(make.COMPLETE[code][0]).lines]


def test_types_of_lines():
    assert types("adyen") == ["sale", "sale", "refund", "chargeback", "reserve_held", "fee", "payout"]
    assert types("stripe") == ["sale", "sale", "refund", "chargeback", "fee", "payout"]
    assert types("klarna") == ["sale", "fee", "fee", "refund", "reserve_held", "reserve_released", "fee_vat"]
    assert types("clearhaus") == ["sale", "refund", "fee", "adjustment", "reserve_held"]
    assert types("zettle") == ["sale", "fee", "refund", "fee", "payout", "sale"]
    assert types("paypal") == ["sale", "refund", "chargeback", "fee", "payout", "sale"]
    assert types("trustly") == ["sale", "sale", "refund"]
    assert types("checkout_com") == ["sale", "refund", "fee"]


# Adyen


def test_adyen_columns_may_stand_anywhere():
    header = [*reversed(make.ADYEN), "Metadata", "ARN"]
    report = formats.parse(make.adyen(header=header))
    assert report.lines == formats.parse(make.adyen()).lines
    assert report.account == "NordicShop"
    assert report.groups[0].bank_reference == "TX1234567XT batch 7"
    assert report.groups[0].date == date(2026, 3, 12)


def test_adyen_renamed_column_is_named():
    data = make.adyen().replace(b"Interchange (NC)", b"Interchange")
    with pytest.raises(formats.FormatError, match="'Interchange \\(NC\\)' is missing") as error:
        formats.parse(data)
    assert (error.value.line, error.value.field) == (1, "Interchange (NC)")


def test_adyen_workbook_with_blank_rows_and_column():
    rows = [make.ADYEN, *([row.get(column) for column in make.ADYEN] for row in make.adyen_rows())]
    data = make.workbook([["", *row] for row in rows], before=[[], [], []])
    report = formats.parse(data)
    assert report.faults() == ()
    assert report.groups[0].amount == Decimal("860.50")


def test_adyen_difference_and_suspects():
    rows = make.adyen_rows()
    del rows[1]
    assert "difference -624.50" in faults(make.adyen(rows))[0]
    rows = make.adyen_rows()
    rows[2]["Net Credit (NC)"], rows[2]["Net Debit (NC)"] = "250.00", ""
    rows[2]["Gross Credit (GC)"], rows[2]["Gross Debit (GC)"] = "250.00", ""
    assert "line 4 (S00012) may have the wrong sign" in faults(make.adyen(rows))[0]
    rows = [*make.adyen_rows(), make.adyen_rows()[1]]
    messages = faults(make.adyen(rows))
    assert "may be one too many" in messages[0]
    assert messages[1] == "repeats line 3: the same transaction is there twice"


def test_adyen_unknown_type_is_kept_for_a_person():
    rows = make.adyen_rows()
    rows[1]["Type"] = "SomethingNew"
    report = formats.parse(make.adyen(rows))
    assert report.faults() == ()
    assert (report.lines[1].line_type, report.lines[1].net) == ("adjustment", Decimal("624.5"))
    assert "unknown type 'SomethingNew' (line 3)" in report.notes[0]


def test_adyen_lines_of_another_merchant():
    rows = [*make.adyen_rows(), *make.adyen_rows(batch="3", merchant="OtherShop")]
    report = formats.parse(make.adyen(rows))
    blamed = {fault.group for fault in report.faults()}
    assert blamed == {"OtherShop/3"}
    assert "belongs to OtherShop" in report.faults()[0].message


def test_adyen_balance_carried_without_payout():
    rows = make.adyen_rows()[:2]
    carried = {
        **rows[0],
        "Type": "Balancetransfer",
        "Psp Reference": "",
        "Gross Credit (GC)": "",
        "Commission (NC)": "",
    }
    carried |= {"Net Credit (NC)": "", "Net Debit (NC)": "1861.75"}
    before = {**carried, "Net Credit (NC)": "500.00", "Net Debit (NC)": ""}
    report = formats.parse(make.adyen([before, *rows, {**carried, "Net Debit (NC)": "2361.75"}]))
    assert report.faults() == ()
    group = report.groups[0]
    assert (group.amount, group.opening, group.closing) == (ZERO, Decimal("500.00"), Decimal("2361.75"))


def test_adyen_gross_in_another_currency():
    row = {**make.adyen_rows()[0], "Gross Currency": "EUR", "Gross Credit (GC)": "100.00", "Exchange Rate": "7.4605"}
    row |= {"Net Credit (NC)": "733.30"}
    report = formats.parse(make.adyen([row]))
    line = report.lines[0]
    assert (line.gross, line.fee, line.net) == (Decimal("746.05"), Decimal("-12.75"), Decimal("733.30"))
    assert (line.presentment_amount, line.presentment_currency) == (Decimal("100.00"), "EUR")
    assert not [fault for fault in report.faults() if fault.field == "Exchange Rate"]
    wrong = formats.parse(make.adyen([{**row, "Exchange Rate": "7.1605"}]))
    assert [fault for fault in wrong.faults() if fault.field == "Exchange Rate"]


def test_adyen_fees_beyond_the_sale():
    row = {**make.adyen_rows()[0], "Gross Credit (GC)": "1.00", "Net Credit (NC)": "", "Net Debit (NC)": "11.75"}
    line = formats.parse(make.adyen([row])).lines[0]
    assert (line.line_type, line.gross, line.net) == ("sale", Decimal("1.00"), Decimal("-11.75"))


def test_adyen_cut_row():
    data = make.adyen()
    with pytest.raises(formats.FormatError):
        formats.parse(data[: data.rindex(b"860.50")])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 10**9), st.lists(st.integers(0, 5000), min_size=4, max_size=4), st.booleans()),
        min_size=1,
        max_size=20,
    )
)
def test_adyen_any_batch_is_read_exactly(sales):
    rows, total = [], 0
    costs = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
    for at, (gross, fees, is_refund) in enumerate(sales):
        net = (-gross if is_refund else gross) - sum(fees)
        total += net
        row = {**make.adyen_rows()[0], "Psp Reference": f"P{at}", "Type": "Refunded" if is_refund else "Settled"}
        row |= dict(zip(costs, (f"{fee / 100:.2f}" for fee in fees), strict=True)) | {
            "Net Credit (NC)": "",
            "Gross Credit (GC)": "",
        }
        row["Gross Debit (GC)" if is_refund else "Gross Credit (GC)"] = ore(gross)
        row["Net Credit (NC)" if net >= 0 else "Net Debit (NC)"] = ore(abs(net))
        rows.append(row)
    payout = {**make.adyen_rows()[6], "Net Debit (NC)": "", "Net Credit (NC)": ""}
    payout["Net Debit (NC)" if total >= 0 else "Net Credit (NC)"] = ore(abs(total))
    if total < 0:
        payout["Type"] = "Balancetransfer"
    report = formats.parse(make.adyen([*rows, payout]))
    assert report.faults() == () or total < 0
    assert sum(line.net for line in report.lines if line.line_type in ("sale", "refund")) == Decimal(total) / 100


def ore(amount):
    return f"{amount // 100}.{amount % 100:02d}"


# Stripe


@pytest.mark.parametrize("sign", ["", "-"])
def test_stripe_payout_row_of_either_sign(sign):
    rows = make.stripe_rows()
    rows[5].update(gross=f"{sign}894.50", net=f"{sign}894.50")
    report = formats.parse(make.stripe(rows))
    assert report.faults() == ()
    assert report.groups[0].amount == Decimal("894.50")
    assert report.lines[0].order_reference == "S00012"


def test_stripe_several_payouts_and_pending_rows():
    rows = make.stripe_rows()[:3]
    rows[1] = {**rows[1], "automatic_payout_id": "po_2"}
    rows[2] = {**rows[2], "automatic_payout_id": ""}
    report = formats.parse(make.stripe(rows))
    assert [group.reference for group in report.groups] == ["po_1", "po_2", "not paid out yet"]
    assert {fault.group for fault in report.faults()} == {"pending/DKK"}


def test_stripe_without_payout_ids_is_a_balance():
    header = [column for column in make.STRIPE if not column.startswith("automatic")]
    report = formats.parse(make.stripe(header=header))
    group = report.groups[0]
    assert report.faults() == ()
    assert (group.amount, group.opening, group.closing) == (Decimal("894.50"), ZERO, ZERO)


def test_stripe_utc_names_and_upper_case():
    data = make.stripe().replace(b"created,", b"created_utc,").replace(b",dkk,", b",DKK,")
    assert formats.parse(data).faults() == ()


def test_stripe_balance_transactions_of_the_api():
    def row(at, word, amount, fee):
        return {
            "id": f"txn_{at}",
            "object": "balance_transaction",
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": "dkk",
            "reporting_category": word,
            "created": 1773136800 + at,
            "source": {"id": f"ch_{at}", "metadata": {"order_id": "S1"}},
        }

    rows = [row(1, "charge", 125000, 1875), row(2, "refund", -25000, 0), row(3, "payout", -98125, 0)]
    report = formats.parse(json.dumps({"object": "list", "data": rows}).encode())
    assert (report.format, report.faults()) == ("stripe", ())
    assert report.groups[0].amount == Decimal("981.25")
    assert report.lines[0].order_reference == "S1"
    rows[0].update(amount=1250, net=1231.25)
    with pytest.raises(formats.FormatError, match="whole number"):
        formats.parse(json.dumps({"object": "list", "data": rows}).encode())
    yen = formats.parse(json.dumps([{**rows[1], "currency": "jpy"}]).encode())
    assert yen.lines[0].net == Decimal(-25000)


# PayPal


def test_paypal_each_withdrawal_ends_a_period():
    report = formats.parse(make.stl())
    first, rest = report.groups
    assert (first.reference, first.amount, first.closing, first.bank_reference) == (
        "T5",
        300,
        Decimal("35.00"),
        "BANK77",
    )
    assert (rest.amount, rest.opening, rest.closing) == (0, Decimal("35.00"), Decimal("44.50"))
    assert report.account == "ACCOUNT1"
    assert report.lines[1].fee == Decimal("3.75")


def test_paypal_conversion_pair_and_unknown_event():
    rows = [
        ("T1", "S1", "", "T0003", "CR", "10000", "EUR", "DR", "300", ""),
        ("T2", "S1", "T1", "T0200", "DR", "9700", "EUR", "", "", ""),
        ("T3", "S1", "T1", "T0200", "CR", "72000", "DKK", "", "", ""),
        ("T4", "", "", "T9999", "CR", "5", "DKK", "", "", ""),
    ]
    report = formats.parse(make.stl(rows))
    assert report.faults() == ()
    assert [line.line_type for line in report.lines] == ["conversion", "adjustment", "sale", "conversion"]
    assert {group.currency: group.closing for group in report.groups} == {"EUR": 0, "DKK": Decimal("720.05")}
    assert any("T9999" in note for note in report.notes)


@pytest.mark.parametrize("decimal", [".", ","])
def test_paypal_download_in_two_notations(decimal):
    report = formats.parse(make.paypal_download(decimal))
    assert report.faults() == ()
    group = report.groups[0]
    assert (group.amount, group.opening, group.closing) == (Decimal("900.00"), Decimal("10.00"), Decimal("95.00"))
    assert report.lines[0].event_date == date(2026, 3, 9)


def test_paypal_download_balance_that_does_not_follow():
    data = make.paypal_download().replace(b"995.00", b"994.00")
    assert any("do not make 994.00: difference 1.00" in message for message in faults(data))


def test_paypal_download_order_of_day_and_month():
    month_first = formats.parse(make.paypal_download(dates=("3/9/2026", "3/13/2026")))
    assert month_first.lines[0].event_date == date(2026, 3, 9)
    with pytest.raises(formats.FormatError, match="two ways"):
        formats.parse(make.paypal_download(dates=("3/9/2026", "3/10/2026")))


# Vipps MobilePay


def test_vipps_records():
    report = formats.parse(make.vipps_records())
    assert (report.format, report.faults()) == ("vipps_table", ())
    assert report.groups[0].amount == Decimal("987.50")
    assert [line.line_type for line in report.lines] == ["sale", "refund"]


def test_vipps_records_with_a_decimal_comma_unquoted():
    report = formats.parse(make.vipps_records(net="987,50"))
    assert report.groups[0].amount == Decimal("987.50")
    assert report.faults() == ()
    wrong = formats.parse(make.vipps_records(net="1237,50"))
    assert any("difference -250.00" in fault.message for fault in wrong.faults())


def test_vipps_list_as_workbook():
    header = make.VIPPS_LIST
    rows = [
        ["10.03.2026", "B", "2142", "Netthandel", "77", "S1", 1250, -18.75, 1231.25, "Salg", "2000461", "12.03.2026"],
        ["Til utbetaling netto", "B", "2142", *[None] * 7, "2000461", "12.03.2026", 1231.25, 99999999999],
    ]
    before = [["Oppgjørsrapport"], ["Bedriften", None, "B"], [], [], [], [], []]
    report = formats.parse(make.workbook([header, *rows], before))
    assert report.faults() == ()
    assert report.groups[0].amount == Decimal("1231.25")


def test_mobilepay_wrong_transfer_and_other_merchant():
    rows = make.legacy_rows()
    rows[3]["Amount"] = "-987,4"
    assert "difference 0.10" in faults(make.table(make.LEGACY, rows, ";"))[0]
    rows = make.legacy_rows()
    rows[2]["Company Reg No"] = "98765409"
    assert "belongs to 98765409" in faults(make.table(make.LEGACY, rows, ";"))[0]


# Others


def paid(report):
    """What customers paid in currencies of their own, by line type."""
    return [
        (line.line_type, line.presentment_amount, line.presentment_currency)
        for line in report.lines
        if line.presentment_currency
    ]


def test_stripe_what_the_customer_paid_in_his_own_currency():
    header = [*make.STRIPE, "customer_facing_amount", "customer_facing_currency"]
    rows = make.stripe_rows()
    for at, amount, currency in ((0, "167.56", "eur"), (1, "624.5", "dkk"), (2, "33.51", "EUR")):
        rows[at] |= {"customer_facing_amount": amount, "customer_facing_currency": currency}
    report = formats.parse(make.stripe(rows, header))
    assert report.faults() == ()
    assert paid(report) == [("sale", Decimal("167.56"), "EUR"), ("refund", Decimal("-33.51"), "EUR")]


def test_shopify_what_the_customer_paid_is_unsigned_in_the_file():
    rows = make.shopify_rows()
    header = [*rows[0], "Presentment Amount", "Presentment Currency"]
    for row, amount in zip(rows, ("167.56", "33.51"), strict=False):
        row |= {"Presentment Amount": amount, "Presentment Currency": "EUR"}
    rows[3] |= {"Presentment Amount": rows[3]["Amount"], "Presentment Currency": "DKK"}
    report = formats.parse(make.table(header, rows))
    assert paid(report) == [("sale", Decimal("167.56"), "EUR"), ("refund", Decimal("-33.51"), "EUR")]


def test_checkout_tells_the_processing_currency():
    head, sale, *rest = make.CHECKOUT.splitlines(keepends=True)
    head = head.rstrip() + b",Processing Currency,Gross In Processing Currency\n"
    rest = [row.rstrip() + b",DKK,0\n" for row in rest]
    report = formats.parse(b"".join([head, sale.rstrip() + b",EUR,167.56\n", *rest]))
    assert paid(report) == [("sale", Decimal("167.56"), "EUR")]


def test_shopify_pending_rows_stay_outside():
    report = formats.parse(make.COMPLETE["shopify"][0])
    assert report.total() == Decimal("341.10")
    assert any("1 rows are not paid out yet" in note for note in report.notes)


def test_klarna_both_shapes_of_the_totals():
    assert formats.parse(make.klarna(beside=True)).groups == formats.parse(make.klarna()).groups
    assert "difference" in faults(make.klarna(amount="896.00"))[0]
    lower = (
        make.klarna().replace(b"total_sale_amount", b"total_sale_amount", 1).replace(b",1250.00,DKK", b",1249.00,DKK")
    )
    assert any("total_sale_amount" in message for message in faults(lower))


def test_clearhaus_missing_page_of_transactions():
    document = json.loads(make.clearhaus())
    document["_embedded"]["ch:transactions"].pop()
    assert any("refunds of 77" in message for message in faults(json.dumps(document).encode()))


def test_clearhaus_reserve_is_held_and_named():
    held = [line for line in formats.parse(make.clearhaus()).lines if line.line_type == "reserve_held"]
    assert [(line.net, line.text) for line in held] == [(Decimal("-50.00"), "CH2000001 RES 2026-06-12")]


def test_nexi_missing_page_and_fees_on_the_payout_only():
    document = json.loads(make.nexi())
    document["payout"]["numberOfPaymentActions"] = 3
    assert any("fetch all pages" in message for message in faults(json.dumps(document).encode()))
    document = json.loads(make.nexi())
    document["paymentActions"][0]["fee"] = 0
    report = formats.parse(json.dumps(document).encode())
    assert report.faults() == ()
    assert [line.net for line in report.lines if line.line_type == "fee"] == [Decimal("-18.75")]


def test_mollie_costs_with_fractions_of_a_cent():
    report = formats.parse(make.mollie())
    costs = [line.net for line in report.lines if line.line_type in ("fee", "fee_vat")]
    assert sum(costs) == Decimal("-3.15")
    assert all(cost == cost.quantize(Decimal("0.01")) for cost in costs)
    assert "difference" in faults(make.mollie(paid="996.83"))[0]


def test_trustly_cut_and_wrong_funding():
    assert faults(make.trustly().replace(b"F,Butik,,TR77,EUR,1231.25", b"F,Butik,,TR77,EUR,1231.20"))
    with pytest.raises(formats.FormatError, match="trailer is missing"):
        formats.parse(make.trustly().rsplit(b"\n", 1)[0])
    with pytest.raises(formats.FormatError, match="P11KFUN"):
        formats.parse(make.trustly().replace(b"P11KFUN", b"P11KREC"))


def test_zettle_needs_its_currency():
    document = json.loads(make.zettle())
    del document["currency"]
    with pytest.raises(formats.FormatError, match="currency is missing"):
        formats.parse(json.dumps(document).encode())


def test_quickpay_bridge():
    payments = [
        {"id": 501, "order_id": "S00012", "acquirer": "clearhaus", "text_on_statement": "BUTIK", "operations": []},
        {"id": 502, "order_id": "S00013", "acquirer": "clearhaus", "text_on_statement": "BUTIK", "operations": []},
    ]
    payments[1]["metadata"] = {"type": "card", "last4": "4242"}
    data = json.dumps(payments).encode()
    assert formats.inspect(data)["summary"] == {"kind": "bridge", "count": 2}
    assert [(row.payment_id, row.order_reference, row.card_digits) for row in formats.quickpay.read(data)] == [
        ("501", "S00012", ""),
        ("502", "S00013", "4242"),
    ]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("411111******1111", "1111"),
        ("XXXX-XXXX-XXXX-4242", "4242"),
        ("4571 1234 5678 9012", "9012"),
        (4242, "4242"),
        ("4571XXXXXXXXXXXX", ""),
        ("457199******12", ""),
        ("41111111", ""),
        ("", ""),
    ],
)
def test_last_digits_of_a_card(text, digits):
    assert formats.cards.last_four(text) == digits


def test_keys_of_a_card_payment():
    assert formats.cards.keys(" a1b2c3 ", "74537600000000000000123", "**** 4242") == {
        "authorisation_code": "A1B2C3",
        "acquirer_reference": "74537600000000000000123",
        "card_digits": "4242",
    }
    assert formats.cards.keys("not a code", "7.45E+22", None) == {}
