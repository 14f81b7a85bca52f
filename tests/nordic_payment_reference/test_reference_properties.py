"""Every reference made is accepted, every single wrong digit is refused, and two other programs agree with ours."""

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649, luhn
from virtuaaliviivakoodi import deconstruct_virtuaaliviivakoodi, virtuaaliviivakoodi

from odoo.addons.nordic_payment_reference.formats import (
    barcode,
    complaint,
    contained,
    errors,
    fi,
    kid,
    ocr,
    recognise,
    rf,
    viite,
)


def digits(shortest, longest):
    return st.text("0123456789", min_size=shortest, max_size=longest)


CREDITORS = st.integers(80000000, 89999999).map(str)
REFERENCE_BASES = digits(3, 19).filter(lambda text: text[0] != "0")
IBANS = ("FI4950009420028730", "FI3715903000000776")


@given(st.sampled_from(["71", "75", "04"]), digits(1, 14), CREDITORS)
def test_slip_lines_come_back(card, payload, creditor):
    number = fi.payment_id(card, payload)
    assert luhn.is_valid(number) and len(number) == fi.ID_LENGTH[card]
    line = fi.line(card, number, creditor)
    assert fi.parse_line(line) == (card, number, creditor)
    for text in (line, line[:-1], f"betaling {line} tak", f"{card} {number} {creditor}", line.replace("<", "&lt;")):
        assert recognise(text)[0] == (card, number, creditor, True), text


@given(digits(1, 14), CREDITORS, st.data())
def test_a_wrong_digit_of_a_slip_is_refused_by_name(payload, creditor, data):
    number = fi.payment_id("71", payload)
    place = data.draw(st.integers(0, 14))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    mistyped = number[:place] + wrong + number[place + 1 :]
    with pytest.raises(errors.InvalidCheckDigit):
        fi.validate_payment_id("71", mistyped)
    assert "check digit" in str(complaint(f"+71<{mistyped}+{creditor}<"))
    assert not [r for r in recognise(f"+71<{mistyped}+{creditor}<") if r.certain]


@given(digits(1, 24), st.sampled_from(kid.METHODS))
def test_kid_comes_back(base, method):
    number = kid.make(base, method)
    assert kid.validate(number, method) == number
    assert kid.validate(" ".join(number), method) == number
    if method == "mod10":
        assert luhn.is_valid(number)
    longer = kid.make(base, method, 25)
    assert len(longer) == 25 and kid.validate(longer, method, 25) == longer


def modulus_11(number):
    """Told another way: the weighted sum with the check digit is a multiple of 11."""
    weights = [1] + [2 + place % 6 for place in range(len(number) - 1)]
    values = [10 if char == "-" else int(char) for char in reversed(number)]
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) % 11 == 0


@given(digits(1, 24), st.data())
def test_modulus_11_agrees_with_its_definition(base, data):
    number = kid.make(base, "mod11")
    assert modulus_11(number)
    place = data.draw(st.integers(0, len(base) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != base[place]]))
    with pytest.raises(errors.InvalidCheckDigit):
        kid.validate(base[:place] + wrong + base[place + 1 :] + number[-1], "mod11")


@pytest.mark.parametrize(
    ("number", "method"),
    [("123456782", "mod10"), ("12344", "mod10"), ("123456785", "mod11"), ("12343", "mod11"), ("104-", "mod11")]
    + [("123456701123458", "mod11")],
)
def test_numbers_of_the_bank_are_accepted_and_their_neighbours_refused(number, method):
    assert kid.validate(number, method) == number
    for other in set("0123456789-") - {number[-1]}:
        with pytest.raises(errors.InvalidReference):
            kid.validate(number[:-1] + other, method)


@given(digits(1, 22), st.sampled_from(["1", "2", "3", "4"]))
def test_ocr_levels_come_back(base, level):
    lengths = (10, 25) if level == "4" else ()
    number = ocr.make(base, level, lengths)
    assert ocr.validate(number, level, lengths) == number
    if level == "3":
        assert int(number[-2]) == len(number) % 10
        with pytest.raises(errors.InvalidReference):
            ocr.validate("0" + number if len(number) < 25 else number[1:], "3")
    if level == "4":
        assert len(number) in lengths
        with pytest.raises(errors.InvalidLength) as caught:
            ocr.validate(number, "4", (12,))
        assert "12" in str(caught.value)


@given(REFERENCE_BASES, st.data())
def test_finnish_references_come_back(base, data):
    number = viite.make(base)
    assert viite.validate(viite.pretty(number)) == viite.validate(number.zfill(20)) == number
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    with pytest.raises(errors.InvalidReference):
        viite.validate(number[:place] + wrong + number[place + 1 :])


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=21))
def test_rf_agrees_with_stdnum(body):
    number = rf.make(body)
    assert iso11649.validate(number) == number
    assert rf.validate(rf.pretty(number).lower()) == number
    assert recognise(rf.pretty(number))[0].number == number


@given(
    st.sampled_from(IBANS),
    st.integers(0, 99999999),
    REFERENCE_BASES,
    st.none() | st.dates(date(2001, 1, 1), date(2068, 12, 31)),
    st.booleans(),
)
def test_bank_bar_code_agrees_with_the_other_library(iban, cents, base, due_date, is_rf):
    reference = rf.make_finnish(base) if is_rf else viite.make(base)
    amount = Decimal(cents).scaleb(-2)
    ours = barcode.make(iban, amount, reference, due_date)
    assert len(ours) == 54 and ours.isdigit()
    assert ours == virtuaaliviivakoodi(iban, reference, amount, due_date)
    assert barcode.read(barcode.pretty(ours)) == (iban, amount, reference, due_date)
    theirs = deconstruct_virtuaaliviivakoodi(ours)
    assert (theirs.iban, theirs.euro_amount) == (iban, amount)


@pytest.mark.parametrize("amount", ["-0.01", "1000000", "1.005", "NaN"])
def test_bar_code_refuses_amounts_it_has_no_room_for(amount):
    with pytest.raises(errors.InvalidReference) as caught:
        barcode.make(IBANS[0], Decimal(amount), "1234561")
    assert amount in str(caught.value)


@pytest.mark.parametrize(
    ("text", "card", "number", "creditor", "certain"),
    [
        ("+71<000000000010009+88888888<", "71", "000000000010009", "88888888", True),
        ("+71 < 0000 0000 0010 009 + 8888 8888 <", "71", "000000000010009", "88888888", True),
        ("+71<000000000010009+88888888 2026-11-02", "71", "000000000010009", "88888888", True),
        ("71 000000000010009 88888888", "71", "000000000010009", "88888888", True),
        ("71\u00a0000000000010009\u00a088888888", "71", "000000000010009", "88888888", True),
        ("71#000000000010009", "71", "000000000010009", "", True),
        ("71<000000000010009+88888888<", "71", "000000000010009", "88888888", True),
        ("7100000000001000988888888", "71", "000000000010009", "88888888", False),
        ("FIK 71 nr 000000000010009, tak", "71", "000000000010009", "", False),
        ("+75<0000000000000026+88888888<", "75", "0000000000000026", "88888888", True),
        ("+73<+88888888<", "73", "", "88888888", True),
        ("KID nr. 1234 5678 2 faktura 7", "kid10", "123456782", "", True),
        ("betaling 1234 5678 2", "kid10", "123456782", "", False),
        ("KID 104-", "kid11", "104-", "", True),
        ("OCR: 1234574", "ocr", "1234574", "", True),
        ("Viite 12 34561", "viite", "1234561", "", True),
        ("00000000000001234561", "viite", "1234561", "", False),
        ("rf18 5390 0754 7034 kiitos", "rf", "RF18539007547034", "", True),
        ("449500094200287300001002000000000000001234567907221212", "viite", "1234567907", "", True),
    ],
)
def test_texts_of_payers_and_banks_are_read(text, card, number, creditor, certain):
    assert (card, number, creditor, certain) in recognise(text)


@pytest.mark.parametrize("text", ["", "2026-11-02", "INV/2026/00001", "tlf 33 12 34 56", "DKK 1.234,50", "a" * 9000])
def test_ordinary_texts_hold_no_certain_reference(text):
    assert not [reference for reference in recognise(text) if reference.certain]


@given(st.text(max_size=300))
def test_no_text_makes_it_stumble(text):
    recognise(text)
    contained(text, {9, 15})
    complaint(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("+71<00000000001000+88888888<", ("14", "15")),
        ("+71<000000000010009+12345678<", ("12345678", "begin with 8")),
        ("71 00000000001000X 88888888", ()),
        ("000000000010008", ("8", "9")),
        ("RF00539007547034", ("00", "18")),
        ("hej", ()),
    ],
)
def test_a_refusal_names_what_is_wrong(text, words):
    error = complaint(text)
    assert bool(error) == bool(words)
    assert all(word in str(error) for word in words)


def test_every_message_is_complete():
    """A message names only what its errors carry; a missing name would be a traceback instead of a reason."""
    assert set(errors.NAMES) and all(text.count("%(") for text in errors.MESSAGES.values())
    assert str(errors.InvalidReference("own text 100%")) == "own text 100%"


@pytest.mark.parametrize("card", ["04", "15"])
def test_zeros_in_front_of_a_giro_id_make_no_other_number(card):
    """Printed with 13 digits or filled to 16: the same invoice."""
    whole = "0000000000000018"
    for typed in (whole, whole[1:], whole[2:], whole[3:]):
        assert fi.validate_payment_id(card, typed) == whole
        assert fi.parse_line(f"+{card}<{typed}+1234567<").payment_id == whole
        assert recognise(f"+{card}<{typed}+1234567<")[0] == (card, whole, "1234567", True)
        assert fi.line(card, typed, "1234567") == f"+{card}<{whole}+1234567<"


@pytest.mark.parametrize(
    "text",
    ["RF12" + "A" * 3000, "RF12 " * 800, "RF1" * 1300, "1 " * 2000, "7" * 4000, "KID " + "1 " * 1900, "+71<" * 1000],
)
def test_no_text_of_a_bank_holds_up_the_server(text):
    start = time.process_time()
    recognise(text)
    complaint(text)
    contained(text, {9, 15})
    assert time.process_time() - start < 1
