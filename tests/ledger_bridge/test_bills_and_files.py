"""VAT shared by the lines of a bill to the øre, and which files may go to an outside ledger."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ledger_bridge import bills, files

ORE = st.integers(-10_000_00, 10_000_00).map(lambda value: Decimal(value).scaleb(-2))


@given(st.lists(ORE, min_size=1, max_size=20), ORE)
def test_no_ore_is_left_over(nets, vat):
    gross = bills.with_vat(nets, vat)
    assert sum(gross) == sum(nets) + vat
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in gross)


def test_vat_of_equal_lines():
    assert bills.with_vat([Decimal("8.79")] * 3, Decimal("6.59")) == [
        Decimal("10.99"),
        Decimal("10.98"),
        Decimal("10.99"),
    ]


def test_currency_without_decimals():
    assert bills.with_vat([Decimal(10), Decimal(10)], Decimal(5), Decimal(1)) == [Decimal(13), Decimal(12)]


PDF = b"%PDF-1.7 a"
RULES = files.Rules(20, (files.PDF, files.PNG))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (PDF, ""),
        (b"", "empty"),
        (b"PK\x03\x04", "type"),
        (b"GIF89a", "type"),
        (PDF + b"0" * 20, "size"),
        (b"<html>", "type"),
    ],
)
def test_which_files_may_go(content, fault):
    assert files.fault(RULES, content) == fault


def test_name_there_is_plain_and_its_own():
    name = files.remote_name("Følgeseddel 5/æ.PDF", "odoo:1", PDF)
    assert name.startswith("Foelgeseddel-5-ae-")
    assert name.endswith(".pdf")
    assert name == files.remote_name("Følgeseddel 5/æ.PDF", "odoo:1", PDF)
    assert name != files.remote_name("Følgeseddel 5/æ.PDF", "odoo:2", PDF)
    assert files.remote_name("../../", "odoo:1", PDF).startswith("file-")
