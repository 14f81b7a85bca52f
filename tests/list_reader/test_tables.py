"""Encodings, numbers, dates, workbooks: what every reader of lists rests on."""

import io
import pickle
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from odoo.addons.list_reader.formats import CodedError, FileFault, dates, errors, lists, numbers, tables
from odoo.addons.list_reader.formats.errors import FormatError

COLUMNS = {"customer": ("kunde", "kunde nr"), "amount": ("beløb",)}

# Amounts


@pytest.mark.parametrize(
    "text",
    ["1.005", "１２.５０", "1e5", "1_000", "1,5", "", "-", "12.", ".5", "1 2", "NaN", "٣", "0x10", "--1", "=1+1"],
)
def test_plain_refuses(text):
    with pytest.raises(FormatError):
        numbers.plain(text, 3, "Amount")
    if text:
        with pytest.raises((ValueError, TypeError, ArithmeticError)):
            numbers.exact_row((text,))


@pytest.mark.parametrize("text", ["１２", "1.0", "", "1e3", "+-1", True, Decimal("1.5"), None])
def test_minor_refuses(text):
    with pytest.raises(FormatError):
        numbers.minor(text)


def test_three_decimals_only_where_the_currency_has_them():
    assert numbers.plain("1.005", currency="KWD") == Decimal("1.005")
    with pytest.raises(FormatError, match="two ways"):
        numbers.plain("1.005", currency="DKK")


def test_numbers_of_a_workbook_have_no_parts_of_an_ore():
    assert numbers.plain(Decimal("12.5")) == Decimal("12.5")
    with pytest.raises(FormatError, match="more decimals"):
        numbers.plain(Decimal("1.005"))


@given(st.integers(-(10**13), 10**13))
def test_each_notation_reads_what_it_writes(ore):
    value = Decimal(ore) / 100
    for mark, written in ((".", f"{value:,.2f}"), (",", f"{value:,.2f}".translate(str.maketrans(",.", ".,")))):
        assert numbers.Notation(mark).amount(written) == value
        assert numbers.Notation().amount(written) == value
    assert numbers.plain(f"{value:.2f}") == value == numbers.exact_row((f"{value:.2f}",))[0]


@pytest.mark.parametrize("text", ["1 234,50", "1\u00a0234,50", "1'234,50", "1234,50 ", "+1.234,50"])
def test_blanks_and_apostrophes_as_thousands(text):
    assert numbers.Notation(",").amount(text) == Decimal("1234.50")


def test_minus_behind_and_in_brackets():
    assert numbers.Notation(",").amount("12,50-") == numbers.Notation(",").amount("(12,50)") == Decimal("-12.50")
    assert numbers.Notation(",").amount("\u221212,50") == Decimal("-12.50")


@pytest.mark.parametrize(
    "text", ["1.234.56", "1,234.567", "12,34.50", "1.23,4.50", "1 23,50", "1.005", "1,005", "12,345", "(", "-(5)-"]
)
def test_thousands_in_wrong_places_are_refused(text):
    with pytest.raises(FormatError):
        numbers.Notation().amount(text, 7, "Beløb")


def test_mixed_notations_name_both_lines():
    notation = numbers.Notation()
    notation.amount("1.250,00", 4, "Beløb")
    with pytest.raises(FormatError, match="'1.250,00' on line 4") as error:
        notation.amount("1,250.00", 9, "Beløb")
    assert (error.value.line, error.value.field) == (9, "Beløb")


# Dates


def test_dates():
    assert dates.day_of("2026-03-12 10:00:00") == dates.day_of("2026/03/12") == date(2026, 3, 12)
    for text in ("2026-13-01", "12.03.2026", "２０２６-03-12", "", None, "2026-3-1"):
        with pytest.raises(FormatError):
            dates.day_of(text)
    read = dates.date_reader([(2, "31/01/2026")], "Dato")
    assert read("02/01/2026", 3) == date(2026, 1, 2)
    assert dates.date_reader([], "Dato", "mdy")("01-02-2026", 1) == date(2026, 1, 2)
    assert dates.date_reader([], "Dato")("02.01.2026 14:30", 1) == date(2026, 1, 2)
    with pytest.raises(FormatError, match="neither"):
        dates.date_reader([(1, "31/01/2026"), (2, "01/31/2026")], "Dato")


def test_the_day_first_as_in_the_nordic_countries():
    for text in ("2027-03-31", "2027-03-31 00:00:00", "31-03-2027", "31.3.2027", "31/03/2027", "31 03 2027"):
        assert dates.read_date(text) == date(2027, 3, 31)
    for text in ("", "31-13-2027", "03/31/2027", "2027", "31-03-27"):
        assert dates.read_date(text) is None


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("1234,5", "", Decimal("1234.5")),
        ("1.234,5", "", Decimal("1234.5")),
        ("1,234.5", "", Decimal("1234.5")),
        ("1 234,50", "", Decimal("1234.50")),
        ("1.234", ",", Decimal(1234)),
        ("1.234", ".", Decimal("1.234")),
        ("1.234", "", None),
        ("1.234.567", "", Decimal(1234567)),
        ("12345.678", ",", None),
        ("1,5", ".", None),
        ("1.5", ".", Decimal("1.5")),
        ("-7", "", Decimal(-7)),
        ("abc", "", None),
        ("", "", None),
    ],
)
def test_numbers_are_never_guessed(text, mark, number):
    assert numbers.read_number(text, mark) == number


def test_the_decimal_mark_a_file_shows():
    assert numbers.decimal_mark(["1.234", "2.345", "7,5"]) == ","
    assert numbers.decimal_mark(["1.234", "2"]) == ""
    assert numbers.decimal_mark(["1.234.567"]) == ","
    assert numbers.decimal_mark(["0.25"]) == "."


# Encodings


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"a,b\n\0\0", "encoding"),
        ("Salgsdato".encode("utf-16")[:-1], "encoding"),
        (b"Sal\x81gsdato,b\n", "encoding"),
    ],
)
def test_what_is_no_text(data, field):
    with pytest.raises(FormatError) as error:
        tables.open_table(data, tables.Layout(("a", "b")))
    assert error.value.field == field


def test_a_file_without_line_ends_is_no_table():
    with pytest.raises(FormatError, match="no table"):
        tables.open_table(b"x" * (5 * 1024 * 1024), tables.Layout(("a", "b")))
    with pytest.raises(FileFault, match="no_text"):
        lists.read(b"x" * (5 * 1024 * 1024), COLUMNS, ("customer",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_a_list_in_each_encoding(encoding, delimiter):
    rows = [["Overskrift"], ["Kunde nr.", "BELØB", "andet"], ["Blåbær", "1", "x"], ["", "", "y"], ["Grød", "2"]]
    table = lists.read("\r\n".join(map(delimiter.join, rows)).encode(encoding), COLUMNS, ("customer", "amount"))
    assert [(row.line, row.values) for row in table.rows] == [
        (3, {"customer": "Blåbær", "amount": "1"}),
        (5, {"customer": "Grød", "amount": "2"}),
    ]
    assert table.rows[0].cells == ("Blåbær", "1", "x")


def test_a_quotation_mark_inside_of_a_cell_of_a_list():
    table = lists.read('kunde;beløb\nBar "5";1\n'.encode(), COLUMNS, ("customer",))
    assert table.rows[0].values["customer"] == 'Bar "5"'


# Workbooks


def book(rows):
    workbook, stream = Workbook(), io.BytesIO()
    for row in rows:
        workbook.active.append(row)
    workbook.save(stream)
    return stream.getvalue()


def test_a_formula_is_its_value_in_a_list_and_refused_in_a_report():
    data = book([["kunde", "beløb"], ["A", "=1+1"]])
    assert lists.read(data, COLUMNS, ("customer",)).rows[0].values == {"customer": "A", "amount": ""}  # never computed
    table, _layout = tables.open_table(data, tables.Layout(("kunde", "beløb")))
    with pytest.raises(FormatError, match="formula"):
        list(table.rows)


def test_values_of_a_workbook_as_text():
    table = lists.read(
        book([["kunde", "beløb"], [1001, 1234.5], [True, datetime(2027, 3, 31)], ["B", 0.1]]), COLUMNS, ("customer",)
    )
    found = [(row.values["customer"], row.values["amount"]) for row in table.rows]
    assert found == [("1001", "1234.5"), ("1", "2027-03-31"), ("B", "0.1")]


def test_a_workbook_that_unpacks_to_too_much():
    target = io.BytesIO(book([["kunde"]]))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b" " * (lists.MAX_UNPACKED + 1))
    with pytest.raises(FileFault) as caught:
        lists.read(target.getvalue(), COLUMNS, ("customer",))
    assert caught.value.code == "too_big"


# Faults


def test_a_fault_tells_code_line_and_values():
    fault = FileFault("bad_date", 3, text="x")
    assert (fault.code, fault.line, fault.values) == ("bad_date", 3, {"text": "x"})
    assert isinstance(fault, CodedError)
    assert str(fault) == "line 3: bad_date: {'text': 'x'}"


def test_a_text_knows_whose_it_is():
    text = errors.texts_of("paymatch")("'%(text)s' is not an amount", text="x")
    kept = pickle.loads(pickle.dumps(text))
    assert (kept, kept.template, kept.values, kept.addon) == (text, text.template, {"text": "x"}, "paymatch")


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_no_list_ends_in_a_traceback(data):
    for start in (b"", tables.ZIP, b"kunde;bel\n"):
        try:
            lists.read(start + data, COLUMNS, ("customer",))
        except FileFault:
            pass
