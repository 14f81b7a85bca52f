"""Lists of invoices: plain code, no database."""

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from odoo.addons.subscription_billing.formats import FileFault, invoice_list

D = Decimal
HEAD = "Fakturanr;Kundenr;Varenr;Tekst;Antal;Pris;Rabat;Moms;Dato;Forfald;Rekvisition;Valuta"


def _parse(*rows, head=HEAD):
    return invoice_list.parse("\n".join([head, *rows]).encode())[0]


def test_rows_with_one_number_are_one_invoice():
    found = _parse(
        "F1;1001;;Husleje;1;5.000,00;;25 %;01-03-2027;15-03-2027;PO 7;",
        "F1;;KWH;;12,5;;10;;;;;",
        "F2;1002;;Kontingent;1;400;;;;;;eur",
    )
    assert [document.number for document in found] == ["F1", "F2"]
    first = found[0]
    assert (first.customer, first.date, first.due, first.reference) == (
        "1001", date(2027, 3, 1), date(2027, 3, 15), "PO 7",
    )  # fmt: skip
    assert [(line.text, line.product, line.quantity, line.price) for line in first.lines] == [
        ("Husleje", "", D(1), D("5000.00")),
        ("", "KWH", D("12.5"), None),
    ]
    assert (first.lines[0].tax, first.lines[1].discount) == ("25 %", D(10))
    assert (found[1].currency, found[1].date) == ("EUR", None)


def test_without_a_number_each_row_is_an_invoice():
    assert len(_parse(";1001;;A;1;1;;;;;;", ";1001;;A;1;1;;;;;;")) == 2


@pytest.mark.parametrize(
    ("rows", "code", "line"),
    [
        (["F1;;;A;1;1;;;;;;"], "no_customer", 2),
        (["F1;1;;;1;1;;;;;;"], "no_what", 2),
        (["F1;1;;A;1;;;;;;;"], "no_price", 2),
        (["F1;1;;A;mange;1;;;;;;"], "bad_number", 2),
        (["F1;1;;A;1;1;101;;;;;"], "bad_discount", 2),
        (["F1;1;;A;1;1;;;31-02-2027;;;"], "bad_date", 2),
        (["F1;1;;A;1;1;;;;;;", "F1;2;;A;1;1;;;;;;"], "differs", 3),
    ],
)
def test_a_fault_stops_its_invoice_only(rows, code, line):
    found = _parse(*rows, "F9;1001;;A;1;1;;;;;;")
    assert (found[0].fault.code, found[0].fault.line) == (code, line)
    assert found[-1].fault is None
    assert len(found) == 2


def test_workbook():
    book = Workbook()
    book.active.append(["Kunde", "Tekst", "Pris"])
    book.active.append([1001, "Kontingent", 1234.5])
    stream = io.BytesIO()
    book.save(stream)
    (found,), header = invoice_list.parse(stream.getvalue())
    assert (found.customer, found.lines[0].price, found.lines[0].quantity) == ("1001", D("1234.5"), D(1))
    assert header == ("Kunde", "Tekst", "Pris")


def test_bad_files_say_why():
    for data, code in ((b"", "empty"), (b"a;b\n1;2\n", "no_header"), (b"kunde;tekst\n", "no_rows")):
        with pytest.raises(FileFault) as caught:
            invoice_list.parse(data)
        assert caught.value.code == code


@settings(max_examples=200)
@given(st.lists(st.text(alphabet='ab1,.;-\n"', max_size=40), max_size=8))
def test_no_file_ends_in_a_traceback(rows):
    try:
        invoice_list.parse("\n".join([HEAD, *rows]).encode())
    except FileFault:
        pass
