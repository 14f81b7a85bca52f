"""SIE 4 import file (type 4I), the format finance systems in Sweden load journal entries from. Plain Python.

After the description of the format by the association SIE-Gruppen (version 4B): one item per line, labels with
#, fields apart by spaces, texts with spaces in quotes, code page 437, amounts with a point, dates as YYYYMMDD.
"""

import re
import unicodedata

ENCODING = "cp437"
LINE_END = "\r\n"
ACCOUNT = re.compile(r"\d{1,8}")


class SieError(ValueError):
    """What cannot be expressed; ``entry`` names the journal entry."""

    def __init__(self, reason, entry="", value=""):
        super().__init__(f"{entry}: {reason} {value}".strip(": "))
        self.reason, self.entry, self.value = reason, entry, value


def to_sie(export):
    """-> bytes of a type 4I file. Each entry must balance to 0.00 and lie in the financial year.

    :raise SieError: ``balance``, ``year`` or ``account``
    """
    lines = [
        "#FLAGGA 0",
        f"#PROGRAM {_text(export.program)} 19.0",
        "#FORMAT PC8",
        f"#GEN {export.made_on:%Y%m%d}",
        "#SIETYP 4",
        f"#FNAMN {_text(export.company)}",
    ]
    if export.organisation_number:
        lines.append(f"#ORGNR {_text(export.organisation_number)}")
    lines.append(f"#RAR 0 {export.year_start:%Y%m%d} {export.year_end:%Y%m%d}")
    lines.append(f"#VALUTA {_text(export.currency)}")
    accounts = {row.account: row.account_name for entry in export.entries for row in entry.rows}
    lines += [f"#KONTO {number} {_text(name)}" for number, name in sorted(accounts.items())]
    for entry in export.entries:
        lines += _voucher(export, entry)
    return (LINE_END.join(lines) + LINE_END).encode(ENCODING, "replace")


def _voucher(export, entry):
    if entry.balance:
        raise SieError("balance", entry.number, entry.balance)
    if not export.year_start <= entry.date <= export.year_end:
        raise SieError("year", entry.number, entry.date)
    yield f"#VER {_text(entry.journal)} {_text(entry.number)} {entry.date:%Y%m%d} {_text(entry.text)}"
    yield "{"
    for row in entry.rows:
        if not ACCOUNT.fullmatch(row.account):
            raise SieError("account", entry.number, row.account)
        yield f"   #TRANS {row.account} {{}} {row.amount:.2f} {entry.date:%Y%m%d} {_text(row.text or entry.text)}"
    yield "}"


def _text(value):
    """Quoted; control characters are blanks, and what code page 437 lacks is written without its accents."""
    clean = "".join(" " if unicodedata.category(char) == "Cc" else char for char in str(value or ""))
    clean = "".join(_known(char) for char in clean).strip()
    return '"{}"'.format(clean.replace("\\", "/").replace('"', '\\"'))


# letters of our countries that code page 437 does not have, as the format's users write them
_OTHERS = {"ø": "ö", "Ø": "Ö", "–": "-", "—": "-", "’": "'", "“": '"', "”": '"', "€": "EUR", "·": "-"}


def _known(char):
    try:
        char.encode(ENCODING)
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
        return _OTHERS.get(char) or plain or "?"
    return char
