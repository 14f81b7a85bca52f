"""Tables from files nobody vouches for: CSV in any usual encoding and delimiter, XLSX, and either in a zip file.

Columns are found by the names in the header, wherever it stands in the first lines and in whatever order.
Nothing is loaded as a whole: rows come one by one.
"""

import codecs
import csv
import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from .errors import FormatError, TooBigError, _lt

HEAD = 65536
HEADER_ROWS = 40
MAX_CELLS = 500
MAX_SHEETS = 20
MAX_LINE = 1024 * 1024
MAX_MEMBERS = 1000
MAX_UNPACKED = 100 * 1024 * 1024
DELIMITERS = ",;\t|"
ZIP = b"PK\x03\x04"
WORKBOOK = "[Content_Types].xml"
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OSError)
BROKEN_XLSX = (*BROKEN_ZIP, ValueError, TypeError, KeyError, IndexError, AttributeError, SyntaxError, OverflowError)
_BLANKS = re.compile(r"[\s\u00a0_]+")


def fold(name) -> str:
    """A column name without what programs change: case, blanks, underscores, quotes."""
    return _BLANKS.sub(" ", str(name).replace("\ufeff", "")).strip(" '\"").casefold()


@dataclass(frozen=True)
class Layout:
    """The columns a format needs. ``other_names``: further spellings of a column, by its own name."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    other_names: dict = field(default_factory=dict)
    signature: tuple[str, ...] = ()  # columns no other format has; they tell it even when one of them is gone
    least: int = 0  # how many of the signature must be there; 0: all but one

    def names(self, column):
        return [fold(column), *(fold(other) for other in self.other_names.get(column, ()))]

    def find(self, cells) -> dict | None:
        """Column -> position when the row is a header of this layout (perhaps an incomplete one), else None."""
        places: dict[str, int] = {}
        for position, cell in enumerate(cells):
            if cell != "":
                places.setdefault(fold(cell), position)
        found = {}
        for column in (*self.required, *self.optional):
            position = next((places[name] for name in self.names(column) if name in places), None)
            if position is not None:
                found[column] = position
        told = self.signature or self.required
        hits = sum(column in found for column in told)
        least = self.least or max(2, len(told) - 1)
        return found if hits >= min(least, len(told)) else None

    def complete(self, found, cells, line):
        """The found columns, when all are there once."""
        missing = [column for column in self.required if column not in found]
        if missing:
            names = ", ".join(f"'{column}'" for column in missing)
            raise FormatError(
                line, missing[0], _lt("the column %(names)s is missing (the header stands on this line)", names=names)
            )
        folded = [fold(cell) for cell in cells]
        for column, position in found.items():
            if folded.count(folded[position]) > 1:
                raise FormatError(line, column, _lt("the column '%(column)s' is there twice", column=column))
        return found


@dataclass
class Table:
    """Header and rows of a file. ``rows`` yields (line number, cells); cells are text, numbers ``Decimal``."""

    columns: dict
    header: list
    header_line: int
    before: list  # (line number, cells) above the header
    rows: object
    delimiter: str = ""

    def place(self, column):
        return self.columns.get(column, -1)


# Sources


def unpacked(data: bytes, filename: str = "") -> tuple[bytes, str]:
    """The one file in a zip file; anything else, workbooks too, as it is."""
    if not data.startswith(ZIP):
        return data, filename
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if any(member.filename == WORKBOOK for member in members):
                return data, filename
            members = [m for m in members if not m.filename.startswith("__MACOSX/")]
            if len(members) != 1:
                raise FormatError(
                    0,
                    "",
                    _lt("the zip file holds %(count)s files; unpack it and import each by itself", count=len(members)),
                )
            member = members[0]
            if member.flag_bits & 1:
                raise FormatError(0, "", _lt("the zip file has a password; unpack it first"))
            if member.file_size > MAX_UNPACKED:
                raise FormatError(
                    0, "", _lt("the file in the zip file has %(size)s bytes: too many", size=member.file_size)
                )
            with archive.open(member) as stream:
                content = stream.read(MAX_UNPACKED + 1)
    except BROKEN_ZIP as error:
        raise FormatError(0, "", _lt("the zip file is broken (%(error)s)", error=error)) from error
    if len(content) > MAX_UNPACKED:
        raise FormatError(0, "", _lt("the file in the zip file has more than %(most)s bytes", most=MAX_UNPACKED))
    if content.startswith(ZIP) and not is_workbook(content):
        raise FormatError(0, "", _lt("the zip file holds another zip file; unpack it first"))
    return content, member.filename.rsplit("/", 1)[-1]


def is_workbook(data: bytes) -> bool:
    if not data.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return WORKBOOK in archive.namelist()
    except BROKEN_ZIP:
        return False


def encoding_of(source) -> str:
    """The encoding of a whole text file: BOM, else strict UTF-8, else Windows-1252. The source is read once."""
    source.seek(0)
    start = source.read(4)
    source.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _check_text(source, "utf-16")
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, unbroken, line = "utf-8-sig", 0, 1
    while chunk := source.read(HEAD * 4):
        zero = chunk.find(b"\0")
        if zero >= 0:
            line += chunk.count(b"\n", 0, zero)
            raise FormatError(line, "encoding", _lt("the file holds zero bytes: it is no text file"))
        if encoding == "utf-8-sig":
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                encoding = "cp1252"
        ends = chunk.count(b"\n") or chunk.count(b"\r")
        unbroken = 0 if ends else unbroken + len(chunk)
        line += ends
        if unbroken > MAX_LINE:
            raise FormatError(line, "", _lt("a line of more than %(most)s bytes: this is no table", most=MAX_LINE))
    try:
        decoder.decode(b"", final=encoding == "utf-8-sig")
    except UnicodeDecodeError:
        encoding = "cp1252"
    source.seek(0)
    if encoding == "cp1252":
        _check_text(source, encoding)
    return encoding


def _check_text(source, encoding):
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    unbroken = 0
    try:
        while chunk := source.read(HEAD * 4):
            text = decoder.decode(chunk)
            ends = text.count("\n")
            line += ends
            unbroken = 0 if ends else unbroken + len(text)
            if unbroken > MAX_LINE:
                raise FormatError(
                    line, "", _lt("a line of more than %(most)s characters: this is no table", most=MAX_LINE)
                )
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        name = {"utf-16": "UTF-16", "cp1252": "UTF-8 or Windows-1252"}[encoding]
        raise FormatError(line, "encoding", _lt("the file is not %(name)s text", name=name)) from error
    source.seek(0)


# Reading


def text_rows(source, encoding, delimiter, strict=True):
    """Rows of a text as (line number, cells). Without ``strict`` quotation marks inside of cells are let be."""
    source.seek(0)
    wrapper = io.TextIOWrapper(source, encoding=encoding, newline="")
    reader = csv.reader(wrapper, delimiter=delimiter, strict=strict)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except (csv.Error, UnicodeDecodeError) as error:
        message = str(error)
        if "end of data" in message:
            message = _lt("a quotation mark is opened and never closed: the file is cut off or damaged")
        raise FormatError(reader.line_num, "", _lt("the row cannot be read: %(message)s", message=message)) from error
    finally:
        if not source.closed:
            wrapper.detach()


def _head_rows(source, encoding, delimiter):
    rows = []
    generator = text_rows(source, encoding, delimiter)
    try:
        for line, cells in generator:
            rows.append((line, cells))
            if len(rows) >= HEADER_ROWS:
                break
    except FormatError:
        pass
    finally:
        generator.close()
    return rows


def _cell_text(value):
    """A cell of a workbook as text, numbers exact as they are shown to fifteen digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return Decimal(repr(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if isinstance(value, timedelta) else str(value).strip()


def _check_parts(data, most):
    """Size and harmlessness of a workbook's parts, before anything is parsed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > most:
            raise TooBigError(
                0,
                "",
                _lt(
                    "the workbook unpacks to more than %(most)s bytes or %(parts)s parts",
                    most=most,
                    parts=MAX_MEMBERS,
                ),
            )
        for member in members:
            if member.filename.lower().endswith((".xml", ".rels")):
                with archive.open(member) as part:
                    if b"<!" in part.read(4096).replace(b"<!--", b""):
                        raise FormatError(0, "", _lt("the workbook declares entities; such files are not read"))


def open_workbook(data, most=MAX_UNPACKED, values_only=False):
    """A workbook to be read row by row.

    :param most: bytes it may unpack to
    :param values_only: a formula counts as the value it was saved with; otherwise it is refused when reached
    """
    try:
        _check_parts(data, most)
        from openpyxl import load_workbook  # noqa: PLC0415 - only for workbooks

        book = load_workbook(io.BytesIO(data), read_only=True, data_only=values_only, keep_links=False)
    except FormatError:
        raise
    except BROKEN_XLSX as error:
        raise FormatError(
            0,
            "",
            _lt("the workbook is broken (%(name)s: %(error)s)", name=type(error).__name__, error=str(error)[:100]),
        ) from error
    return book


def sheet_rows(sheet, as_cell=None, max_cells=MAX_CELLS):
    """Rows of a sheet as (line number, cells); ``as_cell`` makes of each value what the caller wants."""
    as_cell = as_cell or _cell_text
    try:
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=max_cells), 1):
            cells = []
            for position, cell in enumerate(row):
                if cell.data_type == "f":
                    raise FormatError(
                        number, f"{_letters(position)}{number}", _lt("the cell holds a formula; only values are read")
                    )
                cells.append(as_cell(cell.value))
            while cells and cells[-1] == "":
                cells.pop()
            yield number, cells
    except FormatError:
        raise
    except BROKEN_XLSX as error:
        raise FormatError(
            0,
            "",
            _lt("the workbook is broken (%(name)s: %(error)s)", name=type(error).__name__, error=str(error)[:100]),
        ) from error


def _letters(position):
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name


def _sheet_head(sheet):
    """The first rows, up to one that cannot be read: reading the whole sheet tells why."""
    rows = []
    try:
        for number, cells in islice(sheet_rows(sheet), HEADER_ROWS):
            rows.append((number, cells))
    except FormatError:
        pass
    return rows


@lru_cache(maxsize=1)
def _heads(data: bytes):
    """First rows of a file, once per delimiter or sheet: [(delimiter or sheet position, rows)]."""
    if is_workbook(data):
        return _workbook_heads(data)
    source = io.BytesIO(data)
    encoding = encoding_of(source)
    return [(delimiter, _head_rows(source, encoding, delimiter)) for delimiter in DELIMITERS]


def _workbook_heads(data):
    book = open_workbook(data)
    try:
        return [(position, _sheet_head(sheet)) for position, sheet in enumerate(book.worksheets[:MAX_SHEETS])]
    finally:
        book.close()


def heads(data: bytes):
    """First rows of the file by delimiter or sheet; empty when it is no table. Never raises."""
    if not data or data[:1] == b"<" or data[:4] == b"%PDF":
        return []
    try:
        # What is not a workbook shows its delimiter and header in its beginning.
        return _heads(data if data.startswith(ZIP) else _beginning(data))
    except FormatError:
        return []


def _beginning(data):
    if len(data) <= HEAD:
        return data
    end = data.rfind(b"\n", 0, HEAD)
    end = end + 1 if end > 0 else HEAD
    return data[: end + (end % 2 if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else 0)]


def has_layout(data: bytes, *layouts: Layout) -> bool:
    """Whether the beginning of the file shows the header of one of the layouts."""
    return any(
        layout.find(cells) is not None for _key, rows in heads(data) for _line, cells in rows for layout in layouts
    )


def as_source(data):
    """A seekable binary file of bytes, or the file itself."""
    return io.BytesIO(data) if isinstance(data, bytes | bytearray | memoryview) else data


def open_table(data, *layouts: Layout):
    """(table, layout) of the first layout whose header is found.

    :param data: bytes, or a seekable binary file of text, which is then never held as a whole
    """
    source = as_source(data)
    source.seek(0)
    if source.read(4) == ZIP:
        source.seek(0)
        return _open_workbook(source.read(), layouts)
    encoding = encoding_of(source)
    for delimiter in DELIMITERS:
        head = _head_rows(source, encoding, delimiter)
        for position, (line, cells) in enumerate(head):
            for layout in layouts:
                found = layout.find(cells)
                if found is not None:
                    rows = islice(text_rows(source, encoding, delimiter), position + 1, None)
                    return _table(layout, found, cells, line, head[:position], rows, delimiter), layout
    raise FormatError(0, layouts[0].required[0], _no_header(layouts))


def _open_workbook(data, layouts):
    book = open_workbook(data)
    for sheet in book.worksheets[:MAX_SHEETS]:
        head = _sheet_head(sheet)
        for position, (line, cells) in enumerate(head):
            for layout in layouts:
                found = layout.find(cells)
                if found is not None:
                    rows = islice(sheet_rows(sheet), position + 1, None)
                    return _table(layout, found, cells, line, head[:position], rows, ""), layout
    raise FormatError(0, layouts[0].required[0], _no_header(layouts))


def raw_rows(data, delimiter: str = ","):
    """All rows of a text file without one header of its own, as (line number, cells)."""
    source = as_source(data)
    return text_rows(source, encoding_of(source), delimiter)


def _table(layout, found, cells, line, before, rows, delimiter):
    return Table(layout.complete(found, cells, line), list(cells), line, before, rows, delimiter)


def _no_header(layouts):
    names = ", ".join(layouts[0].required[:6])
    return _lt("no header with the columns %(names)s in the first %(most)s lines", names=names, most=HEADER_ROWS)


def filled(table: Table):
    """Rows that are not blank, each as long as the header; a longer one is refused."""
    width = len(table.header)
    for line, cells in table.rows:
        if len(cells) != width:
            if not any(cells):
                continue
            if len(cells) > width:
                if any(cell != "" for cell in cells[width:]):
                    raise FormatError(
                        line,
                        "",
                        _lt("the row has %(cells)s cells, the header %(width)s", cells=len(cells), width=width),
                    )
                cells = cells[:width]
            else:
                cells = [*cells, *[""] * (width - len(cells))]
        elif not any(cells):
            continue
        yield line, cells
