"""Profiles: checked with clear messages, exported and imported unchanged, and read like any other format."""

import json
from decimal import Decimal

import make_reports as make
import pytest

from odoo.addons.paymatch import formats
from odoo.addons.paymatch.formats import profile
from odoo.addons.paymatch.formats.errors import FormatError

OWN = {
    "name": "Own acquirer",
    "decimal": ",",
    "dates": "dmy",
    "currency": "DKK",
    "types": {"Salg": "sale", "Retur": "refund", "Sum": "ignore", "Udbetaling": "payout"},
    "columns": {
        "payout": "Afregning",
        "event_date": "Dato",
        "type": "Art",
        "gross": "Beløb",
        "fee": ["Gebyr", "Kortgebyr"],
        "order_reference": "Ordre",
    },
}
FILE = (
    "Butik 77\r\n\r\nOrdre;Art;Dato;Beløb;Gebyr;Kortgebyr;Afregning\r\n"
    "S1;Salg;09-03-2026;1.250,00;10,00;8,75;A1\r\nS1;Retur;10-03-2026;-250,00;;;A1\r\n;Sum;;1.000,00;;;A1\r\n"
    ";Udbetaling;12-03-2026;981,25;;;A1\r\n"
).encode("cp1252")


def own(**changes):
    return profile.checked({**OWN, **changes})


def test_a_profile_reads_a_file():
    report = own().parse(FILE)
    assert report.faults() == ()
    assert report.groups[0].amount == Decimal("981.25")
    assert [line.line_type for line in report.lines] == ["sale", "refund", "payout"]
    assert report.lines[0].fee == Decimal("-18.75")
    assert "1 rows are of types the profile leaves out" in report.notes


def test_export_and_import():
    for found in (own(), *profile.shipped()):
        assert profile.load(found.dump()) == found
    values = json.loads(own().dump())
    assert values["profile"] == profile.VERSION
    assert values["columns"]["fee"] == ["Gebyr", "Kortgebyr"]


def test_shipped_profiles():
    assert [found.code for found in profile.shipped()] == [
        "braintree_csv",
        "checkout_com",
        "checkout_com_payouts",
        "netbank_booked",
        "netbank_danske",
        "netbank_dk",
        "netbank_nordea",
        "rapyd",
    ]
    for found in profile.shipped():
        assert formats.FORMATS[found.code] is found


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": ""}, "name", "needs a name"),
        ({"nam": "x"}, "nam", "not a key"),
        ({"decimal": "x"}, "decimal", "choose one of"),
        ({"profile": 2}, "profile", "version 2"),
        ({"columns": {"beløb": "B"}}, "columns.beløb", "not a field"),
        ({"columns": {"gross": []}}, "columns.gross", "no column"),
        ({"columns": {"gross": "B"}}, "columns", "date"),
        ({"columns": {"event_date": "D"}}, "columns", "amount"),
        ({"columns": {"gross": "B", "event_date": "D"}}, "columns", "payout"),
        ({"columns": {"gross": "B", "event_date": ["D", "E"]}}, "columns.event_date", "one column"),
        ({"currency": ""}, "currency", "needs a currency"),
        ({"currency": "kr"}, "currency", "not a currency"),
        ({"types": {"Salg": "sales"}}, "types.Salg", "not a type"),
        ({"types": []}, "types", "no object"),
        ({"record": {"is": ["1"]}}, "record.column", "column"),
        ({"payout_sign": "minus", "amount_sign": "type"}, "payout_sign", "without signs"),
        ({"minor_units": "yes"}, "minor_units", "true or false"),
        ({"recognise": [1]}, "recognise", "no name"),
    ],
)
def test_a_wrong_profile_names_the_key(changes, field, message):
    with pytest.raises(FormatError, match=message) as error:
        own(**changes)
    assert error.value.field == field


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"columns": NaN}', "{}", '{"name": 5}'])
def test_what_is_no_profile(text):
    with pytest.raises(FormatError):
        profile.load(text)


def test_signs():
    unsigned = FILE.replace(b"-250,00", b"250,00")
    assert own(amount_sign="type").parse(unsigned).faults() == ()
    turned = FILE.replace(b"-250,00", b"250,00").replace(b";1.250,00", b";-1.250,00")
    assert own(amount_sign="negated").parse(turned).faults() == ()
    costs = FILE.replace(b";10,00;8,75", b";-10,00;-8,75")
    assert own(fee_sign="written").parse(costs).faults() == ()
    assert own(fee_sign="negated").parse(FILE).faults() == ()
    assert own(fee_sign="written").parse(FILE).faults()[0].difference == Decimal("37.50")


def test_a_payout_drawn_from_the_bank_account():
    """Refunds of more than the sales: the provider takes the rest."""
    drawn = FILE.replace(b"-250,00", b"-2.250,00").replace(b";981,25;", b";-1.018,75;")
    assert own(payout_sign="plus").parse(drawn).groups[0].amount == Decimal("-1018.75")
    assert own(payout_sign="plus").parse(drawn).faults() == ()
    assert own(payout_sign="plus").parse(FILE).faults() == ()
    assert own(payout_sign="any").parse(drawn).faults()
    turned = drawn.replace(b"-1.018,75", b"1.018,75")
    assert own(payout_sign="minus").parse(turned).faults() == ()
    assert own(payout_sign="minus").parse(FILE.replace(b";981,25;", b";-981,25;")).faults() == ()
    negated = FILE.replace(b"-250,00", b"250,00").replace(b";1.250,00", b";-1.250,00")
    assert own(amount_sign="negated", payout_sign="plus").parse(negated).faults() == ()


def test_gross_settled_with_a_fee_bill_by_the_month():
    report = own(settled="gross").parse(FILE.replace(b"981,25", b"1000,00"))
    assert report.faults() == ()
    assert sum(line.fee_invoiced for line in report.lines) == Decimal("18.75")
    assert not any(line.fee for line in report.lines)


def test_records_of_other_kinds_are_left_out():
    header, rows = (
        "Record;Date;Amount;Payout\r\n",
        "100;2026-03-10;99999;A\r\n110;2026-03-10;125000;A\r\n110;2026-03-10;-25000;A\r\n",
    )
    found = profile.checked(
        {
            "name": "Records",
            "minor_units": True,
            "currency": "DKK",
            "record": {"column": "Record", "is": ["110"]},
            "columns": {"payout": "Payout", "event_date": "Date", "gross": "Amount"},
        }
    )
    report = found.parse((header + rows).encode())
    assert [line.net for line in report.lines] == [Decimal(1250), Decimal(-250)]
    assert [line.line_type for line in report.lines] == ["adjustment", "adjustment"]
    by_sign = profile.checked({**found.as_dict(), "default_type": "sign"})
    assert [line.line_type for line in by_sign.parse((header + rows).encode()).lines] == ["sale", "refund"]


def test_reserve_beside_the_lines():
    found = own(columns={**OWN["columns"], "reserve": "Reserve", "net": "Netto"})
    data = (
        b"Ordre;Art;Dato;Bel\xf8b;Gebyr;Kortgebyr;Reserve;Netto;Afregning\r\n"
        b"S1;Salg;09-03-2026;1000,00;10,00;0,00;-50,00;940,00;A1\r\n"
    )
    report = found.parse(data)
    assert report.faults() == ()
    assert {line.line_type: line.net for line in report.lines} == {"reserve_held": -50, "sale": 990}


def test_unknown_words_are_adjustments():
    report = own().parse(FILE.replace(b";Retur;", b";Andet;"))
    assert report.lines[1].line_type == "adjustment"
    assert "unknown type 'Andet'" in report.notes[1]


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        (b"1.250,00", b"1,250.00", 4, "Beløb"),
        (b"09-03-2026", b"09-13-2026", 4, "Dato"),
        (b";A1\r\nS1;Retur", b";\r\nS1;Retur", 4, "Afregning"),
        (b"10,00;8,75", b"10,00;8.7", 4, "Kortgebyr"),
        ("Beløb".encode("cp1252"), b"Bel", 3, "Beløb"),
    ],
)
def test_faults_of_a_file_name_line_and_column(old, new, line, field):
    with pytest.raises(FormatError) as error:
        own().parse(FILE.replace(old, new, 1))
    assert (error.value.line, error.value.field) == (line, field)


def test_netbank_statement_in_either_order():
    report = formats.parse(make.NETBANK)
    group = report.groups[0]
    assert (group.opening, group.closing) == (Decimal("10000.00"), Decimal("2605.75"))
    header, newest, oldest = make.NETBANK.splitlines(keepends=True)
    turned = formats.parse(header + oldest + newest)
    assert (turned.groups[0].opening, turned.groups[0].closing) == (group.opening, group.closing)
    assert len({line.provider_reference for line in report.lines}) == 2


def test_netbank_statement_with_a_row_missing():
    header, newest, oldest = make.NETBANK.splitlines(keepends=True)
    middle = "11-03-2026;Kaffe;-25,00;975,00\r\n".encode("cp1252")
    assert formats.parse(header + newest.replace(b"2.605,75", b"2.580,75") + middle + oldest).faults() == ()
    missing = formats.parse(header + newest.replace(b"2.605,75", b"2.580,75") + oldest)
    assert any("a row may be missing" in fault.message for fault in missing.faults())


def test_profiles_of_a_block_only():
    found = own()
    assert formats.detect(FILE) is None
    with formats.also(found):
        assert formats.detect(FILE) == "profile"
        assert formats.parse(FILE).format == "profile"
    assert formats.detect(FILE) is None


def test_a_profile_of_ones_own_comes_before_a_shipped_one():
    shipped = formats.FORMATS["netbank_dk"]
    own_copy = profile.checked({**shipped.as_dict(), "code": "profile_statement", "currency": "EUR"})
    with formats.also(profile.ProfileSet("profile_statement", "statement", [own_copy])):
        assert formats.parse(make.NETBANK).currency == "EUR"
        assert formats.detect(make.adyen()) == "adyen"
    assert formats.parse(make.NETBANK).currency == "DKK"


def test_columns_of_an_unknown_file_with_examples():
    columns = profile.suggested_columns(FILE)
    assert [column["name"] for column in columns] == [
        "Ordre",
        "Art",
        "Dato",
        "Beløb",
        "Gebyr",
        "Kortgebyr",
        "Afregning",
    ]
    assert columns[3]["examples"][:2] == ["1.250,00", "-250,00"]
    assert profile.suggested_columns(b"\0\0") == []
