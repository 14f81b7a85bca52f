"""Lists of subscriptions: what is read, what is refused, and where periods are counted from."""

from datetime import date
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.list_reader.formats import FileFault
from odoo.addons.subscription_billing.formats import subscription_list

HEAD = "Abonnement;Kundenr;Varenr;Tekst;Antal;Pris;Rabat;Hver;Interval;Start;Slut;Faktureret til;Forud/bagud;Valuta"
HEAD = HEAD.replace("Forud/bagud", "Opkræves")


def parse(*rows):
    return subscription_list.parse("\n".join([HEAD, *rows]).encode())[0]


def test_rows_of_one_number_are_one_subscription():
    first, second = parse(
        "A1;1001;SRV;;2;1.250,50;10;;Måned;01-01-2027;;28-02-2027;bagud;dkk",
        "A1;;;Support;;99;;;;;;;;",
        "A2;1002;SRV;;1;300;;2;kvartal;2027-02-15;31-12-2027;;;",
    )
    assert (first.unit, first.every, first.timing, first.currency) == ("month", 1, "arrears", "DKK")
    assert [line.price for line in first.lines] == [D("1250.50"), D(99)]
    assert first.monthly_value == Fraction("2349.9")
    assert (first.bill_from, first.anchored_start) == (date(2027, 3, 1), date(2027, 1, 1))
    assert (second.unit, second.every, second.end) == ("quarter", 2, date(2027, 12, 31))
    assert second.monthly_value == 50


KINDS = "Abonnement;Kundenr;Varenr;Pris;Interval;Start;Slut;Faktureret til;Opkrævning;Inkluderet;Pristrin"


def parse_kinds(*rows):
    return subscription_list.parse("\n".join([KINDS, *rows]).encode())[0]


def test_lines_charged_once_and_by_usage():
    (found,) = parse_kinds(
        "A1;1001;SRV;100,00;måned;01-01-2027;;28-02-2027;;;",
        "A1;;FEE;250,00;;;;;Én gang;;",
        "A1;;GAS;18,00;;;;;Efter forbrug;20,5;100=15,00 | 500=12,50",
    )
    plain, fee, gas = found.lines
    assert (plain.is_one_off, plain.is_usage, fee.is_one_off, gas.is_usage) == (False, False, True, True)
    assert (gas.included, gas.tiers) == (D("20.5"), ((D(100), D(15)), (D(500), D("12.5"))))
    assert found.monthly_value == 100, "neither the fee nor what is used"
    assert found.first_due == date(2027, 3, 1)


def test_usage_alone_is_due_when_its_period_is_over_and_a_fee_alone_by_itself():
    (gas,) = parse_kinds("A1;1001;GAS;18,00;måned;01-03-2027;;;forbrug;;")
    assert (gas.first_due, gas.monthly_value) == (date(2027, 4, 1), 0)
    (fee,) = parse_kinds("A1;1001;FEE;18,00;måned;01-03-2027;;;engang;;")
    assert fee.first_due == date(2027, 3, 1)
    (late,) = parse_kinds("A1;1001;FEE;18,00;måned;01-01-2027;31-03-2027;31-03-2027;engang;;")
    assert late.first_due == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("ofte;;", "bad_kind"),
        ("fast;20;", "only_usage"),
        (";;100=15", "only_usage"),
        ("forbrug;-1;", "bad_number"),
        ("forbrug;;100", "bad_tiers"),
        ("forbrug;;x=15", "bad_tiers"),
        ("forbrug;;500=12 | 100=15", "bad_tiers"),
        ("forbrug;;0=12", "bad_tiers"),
    ],
)
def test_kinds_that_are_none_are_told(end, code):
    (found,) = parse_kinds(f"A1;1001;GAS;18,00;måned;01-03-2027;;;{end}")
    assert (found.fault.code, found.fault.line) == (code, 2)


def test_half_years_are_six_months():
    (found,) = parse("A1;1001;SRV;;1;600;;;halvår;01-01-2027;;;;")
    assert (found.unit, found.every, found.monthly_value) == ("month", 6, 100)


def test_periods_go_on_where_the_old_system_stopped():
    (drifted,) = parse("A1;1001;SRV;;1;100;;;måned;31-01-2027;;27-03-2027;;")
    assert drifted.anchored_start == date(2027, 3, 28)
    (kept,) = parse("A1;1001;SRV;;1;100;;;måned;31-01-2027;;30-03-2027;;")
    assert kept.anchored_start == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (";1001;SRV;;1;1;;;måned;01-01-2027;;;;", "no_subscription"),
        ("A;;SRV;;1;1;;;måned;01-01-2027;;;;", "no_customer"),
        ("A;1001;SRV;;1;1;;;måned;;;;;", "bad_date"),
        ("A;1001;SRV;;1;1;;;måned;01-13-2027;;;;", "bad_date"),
        ("A;1001;SRV;;1;1;;;nu og da;01-01-2027;;;;", "bad_unit"),
        ("A;1001;SRV;;1;1;;0;måned;01-01-2027;;;;", "bad_number"),
        ("A;1001;SRV;;1;mange;;;måned;01-01-2027;;;;", "bad_number"),
        ("A;1001;SRV;;1;;;;måned;01-01-2027;;;;", "no_price"),
        ("A;1001;;;1;1;;;måned;01-01-2027;;;;", "no_what"),
        ("A;1001;SRV;;1;1;101;;måned;01-01-2027;;;;", "bad_discount"),
        ("A;1001;SRV;;1;1;;;måned;01-01-2027;31-12-2026;;;", "end_before_start"),
        ("A;1001;SRV;;1;1;;;måned;01-01-2027;;;måske;", "bad_timing"),
    ],
)
def test_a_fault_stops_its_subscription_only(row, code):
    bad, good = parse(row, "B;1001;SRV;;1;1;;;måned;01-01-2027;;;;")
    assert (bad.fault.code, bad.fault.line, good.fault) == (code, 2, None)


def test_rows_that_differ_are_told():
    (found,) = parse("A;1001;SRV;;1;1;;;måned;01-01-2027;;;;", "A;1002;SRV;;1;1;;;måned;01-01-2027;;;;")
    assert (found.fault.code, found.fault.line, found.fault.values) == ("differs", 3, {"name": "customer"})


@settings(max_examples=200)
@given(st.lists(st.text(alphabet='ab1,.;-\n"', max_size=40), max_size=8))
def test_no_file_ends_in_a_traceback(rows):
    try:
        for document in subscription_list.parse("\n".join([HEAD, *rows]).encode())[0]:
            assert document.fault or document.anchored_start
    except FileFault:
        pass
