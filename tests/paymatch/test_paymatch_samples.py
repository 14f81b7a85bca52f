"""Every complete sample of the vendors, its totals recomputed here by other means; skipped where they are absent."""

import csv
import io
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from odoo.addons.paymatch import formats

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "samples" / "acquirer-reports"


def sample(*parts):
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"sample {path.name} is not here")
    return path.read_bytes()


def rows(data, delimiter=","):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))


def money(text):
    return Decimal((text or "0").replace(",", ""))


def net_of(report):
    return sum(line.net for line in report.lines if line.line_type != "payout")


@pytest.mark.parametrize(
    ("name", "adds_up"),
    [
        ("batch_380", True),
        ("batch_238", True),
        ("donation", True),
        ("donation-ach", True),
        ("donation_reordered", True),
        ("refund", False),
        ("chargeback", False),
        ("invoice_deduction", False),
    ],
)
def test_adyen(name, adds_up):
    data = sample("adyen", f"settlement_detail_report_{name}.csv")
    report = formats.parse(data)
    found = rows(data)
    carried = sum(
        money(row["Net Credit (NC)"]) - money(row["Net Debit (NC)"])
        for row in found
        if row["Type"] == "Balancetransfer"
    )
    paid = sum(money(row["Net Debit (NC)"]) for row in found if row["Type"] == "MerchantPayout")
    total = sum(money(row["Net Credit (NC)"]) - money(row["Net Debit (NC)"]) for row in found)
    assert report.groups[0].amount == paid
    assert report.groups[0].opening - report.groups[0].closing == carried
    assert net_of(report) == total + paid - carried
    assert (not report.faults()) == adds_up == (total == 0)
    if not adds_up:
        assert f"difference {total}" in report.faults()[0].message


def test_adyen_batch_380_parts():
    report = formats.parse(sample("adyen", "settlement_detail_report_batch_380.csv"))
    sums = defaultdict(Decimal)
    for line in report.lines:
        sums[line.line_type] += line.gross
        sums["cost"] += line.fee
    assert sums["sale"] == Decimal("56827.75")
    assert sums["refund"] == Decimal("-1091.95")
    assert sums["cost"] == Decimal("-389.63")
    assert sums["fee"] == Decimal("-38.1")
    assert report.groups[0].amount == Decimal("55308.07")


@pytest.mark.parametrize(
    "name", ["payments_activity", "settlement_report_giving_basket", "settlement_report_with_customer_data"]
)
def test_stripe(name):
    data = sample("stripe", f"{name}.csv")
    report = formats.parse(data)
    per_payout = defaultdict(Decimal)
    for row in rows(data):
        per_payout[row["automatic_payout_id"]] += money(row["gross"]) - money(row["fee"])
    assert {
        group.reference: sum(line.net for line in report.group_lines(group.key)) for group in report.groups
    } == per_payout
    assert report.faults() == ()


@pytest.mark.parametrize("name", ["stl", "stl_dr_payment", "stl_currency_convert", "stl_chargeback_with_fee"])
def test_paypal_stl(name):
    data = sample("paypal", f"{name}.csv")
    report = formats.parse(data)
    found = defaultdict(Decimal)
    header = None
    for cells in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
        if cells and cells[0] == "CH":
            header = cells
        elif cells and cells[0] == "SB":
            row = dict(zip(header, cells, strict=False))
            for side, amount in (
                ("Transaction Debit or Credit", "Gross Transaction Amount"),
                ("Fee Debit or Credit", "Fee Amount"),
            ):
                if row[amount]:
                    sign = 1 if row[side] == "CR" else -1
                    found[row["Gross Transaction Currency"]] += sign * Decimal(row[amount]) / 100
    ours = defaultdict(Decimal)
    for line in report.lines:
        ours[line.currency] += line.net
    assert ours == found
    assert report.faults() == ()


@pytest.mark.parametrize("name", ["oca_statement_en", "oca_activity_en"])
def test_paypal_downloads(name):
    data = sample("paypal", f"{name}.csv")
    report = formats.parse(data)
    found = rows(data)
    for currency in {row["Currency"] for row in found}:
        of_currency = [row for row in found if row["Currency"] == currency]
        assert sum(line.net for line in report.lines if line.currency == currency) == sum(
            money(row["Net"]) for row in of_currency
        )
        groups = [group for group in report.groups if group.currency == currency]
        assert groups[0].opening == money(of_currency[0]["Balance"]) - money(of_currency[0]["Net"])
        assert groups[-1].closing == money(of_currency[-1]["Balance"])
    assert report.faults() == ()


def test_vipps_workbook():
    data = sample("vipps", "vipps-settlement-example.xlsx")
    from openpyxl import load_workbook

    report = formats.parse(data)
    paid, sums = {}, defaultdict(Decimal)
    for row in load_workbook(io.BytesIO(data)).active.iter_rows(min_row=9, values_only=True):
        if row[0] and row[12] is not None:
            paid[row[10]] = Decimal(str(row[12]))
        elif row[0]:
            sums[row[10]] += Decimal(str(row[8]))
    assert {group.reference: group.amount for group in report.groups} == paid == sums
    assert report.faults() == ()


def test_vipps_csv_of_2021_is_blocked_with_its_differences():
    report = formats.parse(sample("vipps", "settlement-report-2021.csv"))
    assert report.groups[0].amount == Decimal("16450.62")
    messages = " ".join(fault.message for fault in report.faults())
    assert "difference -1490.00" in messages
    assert "settlement 2000720" in messages


def test_mobilepay_legacy():
    data = next(iter(sorted(FOLDER.glob("mobilepay-legacy/*.txt"))), None)
    if data is None:
        pytest.skip("sample is not here")
    report = formats.parse(data.read_bytes())
    found = defaultdict(Decimal)
    for row in rows(data.read_bytes(), ";"):
        found[row["Currency"]] += Decimal(row["Amount"].replace(",", "."))
    assert {group.currency: sum(line.net for line in report.group_lines(group.key)) for group in report.groups} == found


def test_trustly():
    [name] = [path.name for path in FOLDER.glob("trustly/P11KFUN*.csv")] or [""]
    report = formats.parse(sample("trustly", name or "none"))
    assert report.faults() == ()
    assert report.groups[0].amount == Decimal("862.84") - Decimal("1.63")


def test_checkout_com():
    [payouts] = [path.name for path in FOLDER.glob("checkout-com/payouts*.csv")] or [""]
    [breakdown] = [path.name for path in FOLDER.glob("checkout-com/settlement-breakdown*.csv")] or [""]
    data = sample("checkout-com", breakdown or "none")
    report = formats.parse(data)
    assert report.faults() == ()
    assert net_of(report) == sum(money(row["Net In Holding Currency"]) for row in rows(data))
    wide = formats.parse(sample("checkout-com", payouts or "none"))
    assert wide.groups[0].amount == Decimal("79.51")
    assert "the lines add up to 79.45" in wide.faults()[0].message


def test_braintree():
    data = sample("braintree", "raw_settlement_batch_report.json")
    report = formats.parse(data)
    assert net_of(report) == sum(Decimal(row["disbursementDetails"]["amount"]["value"]) for row in json.loads(data))


@pytest.mark.parametrize(
    ("name", "xml"), [("transaction-list", "transaction-list"), ("R1234-0002-Eget-konto", "R1234-0002-Eget-konto")]
)
def test_swedbank_workbooks_hold_the_rows_of_the_xml(name, xml):
    report = formats.parse(sample("swedbank-pay", f"{name}.xlsx"))
    assert report.format == "swedbank_pay_table"
    assert report.faults() == ()
    of_xml = formats.parse(sample("swedbank-pay", f"{xml}.xml"))
    numbers = {line.provider_reference: line.net for line in report.lines}
    assert {line.provider_reference: line.net for line in of_xml.lines}.items() <= numbers.items()
