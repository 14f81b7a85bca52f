"""The SIE 4 file is read by a reader of its own, made after the format's grammar, sharing nothing with the writer."""

from datetime import date
from decimal import Decimal

import pytest

from odoo.addons.ledger_bridge.formats import journal, sie4

# label: (required, kinds of its fields); t text, i integer, d date, a amount, o object list; a trailing ? may be absent
GRAMMAR = {
    "FLAGGA": (True, "i"),
    "PROGRAM": (True, "tt"),
    "FORMAT": (True, "t"),
    "GEN": (True, "dt?"),
    "SIETYP": (True, "i"),
    "FNAMN": (True, "t"),
    "ORGNR": (False, "ti?i?"),
    "RAR": (False, "idd"),
    "VALUTA": (False, "t"),
    "KONTO": (False, "it"),
    "VER": (True, "ttdt?d?t?"),
    "TRANS": (True, "ioad?t?i?t?"),
}
ORDER = ["FLAGGA", "PROGRAM", "FORMAT", "GEN", "SIETYP", "FNAMN", "ORGNR", "RAR", "VALUTA", "KONTO", "VER"]


def fields(line):
    """Split one line as the format says: blanks outside quotes and braces, \\" inside quotes."""
    found, value, index, is_open = [], "", 0, False
    while index < len(line):
        char = line[index]
        if char == '"':
            index += 1
            while line[index] != '"':
                if line[index] == "\\":
                    index += 1
                value += line[index]
                index += 1
            is_open = True
        elif char == "{":
            end = line.index("}", index)
            value, index, is_open = line[index : end + 1], end, True
        elif char in " \t":
            if is_open or value:
                found.append(value)
            value, is_open = "", False
        else:
            assert ord(char) > 32 and ord(char) != 127
            value += char
        index += 1
    return found + ([value] if is_open or value else [])


def check(kind, value):
    if kind == "i":
        return int(value)
    if kind == "d":
        assert len(value) == 8
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    if kind == "a":
        assert "," not in value and "." not in value or len(value.split(".")[1]) <= 2
        return Decimal(value)
    if kind == "o":
        assert value.startswith("{") and value.endswith("}")
        return value[1:-1]
    return value


def read(data):
    """-> (header, vouchers); asserts the grammar on the way."""
    text = data.decode("cp437")
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    header, vouchers, labels, is_inside = {}, [], [], False
    for line in text.split("\r\n")[:-1]:
        stripped = line.strip()
        if stripped == "{":
            assert labels[-1] == "VER" and not is_inside
            is_inside = True
            continue
        if stripped == "}":
            assert is_inside
            is_inside = False
            continue
        label, *values = fields(stripped)
        label = label.removeprefix("#")
        assert stripped.startswith("#") and label in GRAMMAR
        kinds = [kind for kind in GRAMMAR[label][1] if kind != "?"]
        least = len(kinds) - GRAMMAR[label][1].count("?")
        assert least <= len(values) <= len(kinds), line
        row = [check(kind, value) for kind, value in zip(kinds, values, strict=False)]
        assert is_inside == (label == "TRANS"), line
        labels.append(label)
        if label == "VER":
            vouchers.append((row, []))
        elif label == "TRANS":
            vouchers[-1][1].append(row)
        elif label == "KONTO":
            header.setdefault("KONTO", {})[row[0]] = row[1]
        else:
            assert label not in header
            header[label] = row
    assert not is_inside
    seen = [label for label in labels if label != "TRANS"]
    assert seen == sorted(seen, key=ORDER.index), "items in the order of the format"
    assert labels[0] == "FLAGGA" and all(label in labels for label in ORDER if GRAMMAR[label][0])
    for row, lines in vouchers:
        assert sum(line[2] for line in lines) == 0, row
        assert all(line[0] in header["KONTO"] for line in lines)
        assert header["RAR"][1] <= row[2] <= header["RAR"][2]
    return header, vouchers


def entry(number="F/2026/00001", amount="255.00", **values):
    rows = (
        journal.Row("1510", "Kundfordringar", Decimal(amount), "Æblegrød ApS"),
        journal.Row("3001", 'Försäljning "25 %"', -Decimal(amount), 'Abonnemang "kvartal"\nøl\\vin'),
    )
    return journal.Entry(number, date(2026, 3, 1), "F", "Bageriet Æblegrød ApS", rows, **values)


def export(*entries, **values):
    values = {
        "company": "Prøvefirma ÅÄÖ AB",
        "organisation_number": "5560000000",
        "currency": "SEK",
        "year_start": date(2026, 1, 1),
        "year_end": date(2026, 12, 31),
        "made_on": date(2026, 4, 1),
    } | values
    return journal.Export(entries=entries, **values)


def test_file_is_read_back():
    header, vouchers = read(sie4.to_sie(export(entry(), entry("F/2026/00002", "0.01"))))
    assert header["SIETYP"] == [4]
    assert header["FORMAT"] == ["PC8"]
    assert header["FNAMN"] == ["Pröv" + "efirma ÅÄÖ AB"]
    assert header["KONTO"] == {1510: "Kundfordringar", 3001: 'Försäljning "25 %"'}
    assert [(row[0], row[1], row[2]) for row, _lines in vouchers] == [
        ("F", "F/2026/00001", date(2026, 3, 1)),
        ("F", "F/2026/00002", date(2026, 3, 1)),
    ]
    assert [line[2] for _row, lines in vouchers for line in lines] == [
        Decimal("255.00"),
        Decimal("-255.00"),
        Decimal("0.01"),
        Decimal("-0.01"),
    ]
    assert vouchers[0][1][1][4] == 'Abonnemang "kvartal" öl/vin'


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (entry(), "year"),
        (journal.Entry("X", date(2026, 1, 1), "F", "", (journal.Row("1510", "A", Decimal(1)),)), "balance"),
        (
            journal.Entry(
                "X",
                date(2026, 1, 1),
                "F",
                "",
                (journal.Row("15-10", "A", Decimal(1)), journal.Row("3001", "B", Decimal(-1))),
            ),
            "account",
        ),
    ],
)
def test_what_cannot_be_expressed_is_named(wrong, reason):
    values = {"year_start": date(2027, 1, 1), "year_end": date(2027, 12, 31)} if reason == "year" else {}
    with pytest.raises(sie4.SieError) as caught:
        sie4.to_sie(export(wrong, **values))
    assert (caught.value.reason, caught.value.entry) == (reason, wrong.number)


def test_no_text_breaks_the_file():
    for text in ('"', "\\", "{", "}", "#VER", "\r\n#TRANS 1 {} 1", "\x00\x7f", "€ – 日本", " ", ""):
        nasty = entry(reference=text)
        nasty = journal.Entry(text, nasty.date, "F", text, nasty.rows)
        _header, vouchers = read(sie4.to_sie(export(nasty)))
        assert len(vouchers) == 1 and len(vouchers[0][1]) == 2


def test_csv_takes_no_formula():
    rows = (journal.Row("1", "=1+1", Decimal("-5.00")), journal.Row("2", "-x", Decimal("5.00")))
    text = journal.to_csv(export(journal.Entry("1", date(2026, 1, 1), "F", "@cmd", rows))).decode("utf-8-sig")
    assert "'=1+1" in text and "'-x" in text and "'@cmd" in text
    assert ";-5" not in text and ";5.00;" in text
