"""The skeleton around the records of a delivery, its control totals, and going through it record by record.

Source: payment-formats specification, sections 1.2 (file conventions), 1.4 (skeleton) and 1.9 (control totals).
"""

import io
from dataclasses import dataclass
from datetime import date

from odoo.addons.paymatch.formats.errors import FormatError

from .errors import DeliveryError
from .layout import WIDTH, Layout, record
from .values import (
    CONTROL,
    ENCODING,
    check_customer_number,
    customer_key,
    day6,
    day8,
    kroner,
    number,
    ore,
    printable,
)

__all__ = [
    "ENCODING",
    "WIDTH",
    "Head",
    "Layout",
    "Totals",
    "Walker",
    "check_customer_number",
    "customer_key",
    "day6",
    "day8",
    "kroner",
    "number",
    "ore",
    "printable",
    "record",
]

#: What is read into memory at once; a file object is read line by line and may be longer.
MAX_BYTES = 64 * 1024 * 1024
#: No line of a delivery is longer; a longer one is read so far only.
MOST_LINE = 4096
MOST_FAULTS = 200
SUBSYSTEMS = ("BS1", "KR9")
BODY = frozenset(("022", "042", "052", "062"))
#: Totals that answers give as zeros, whatever address and text records they hold (section 1.6).
UNCOUNTED = ("texts", "addresses")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

#: Delivery start and end, the same for every delivery type (section 1.4).
START = Layout(
    ("=BS002", 1, 5, "x"),
    ("data_supplier", 6, 13, "c"),
    ("subsystem", 14, 16, "x"),
    ("delivery_type", 17, 20, "c"),
    ("delivery_number", 21, 30, "c"),
    ("created", 50, 55, "d6"),
)
END = Layout(
    ("=BS992", 1, 5, "x"),
    ("data_supplier", 6, 13, "c"),
    ("subsystem", 14, 16, "x"),
    ("delivery_type", 17, 20, "c"),
    ("sections", 21, 31, "n"),
    ("payments", 32, 42, "n"),
    ("amount", 43, 57, "n"),
    ("texts", 58, 68, "n"),
    ("=" + "0" * 15, 69, 83, "x"),
    ("addresses", 84, 94, "n"),
    ("=" + "0" * 34, 95, 128, "x"),
)


#: Record 992 ends with numbers, so a whole one reaches as far as its last total.
END_WIDTH = 94


def section_end(*own):
    """Record 092: the totals of a section stand at the same positions in 0601, 0602 and 0603.

    :param own: what the delivery type places between them
    """
    return record(
        "092",
        ("section", 14, 17, "c"),
        *own,
        ("payments", 32, 42, "n"),
        ("amount", 43, 57, "n"),
        ("texts", 58, 68, "n"),
        ("addresses", 84, 94, "n"),
    )


def answer_section_start(*own):
    """Record 012 of the deliveries from Betalingsservice."""
    return record("012", ("section", 14, 17, "c"), *own, ("debtor_group", 21, 25, "c"), ("created", 50, 55, "d6"))


SECTION_TOTALS = section_end()


@dataclass(frozen=True)
class Head:
    """Who sends what: record 002."""

    data_supplier: str
    subsystem: str
    delivery_type: str
    delivery_number: str
    created: date | None = None


# --- reading --------------------------------------------------------------------------------------------------------


class Totals:
    """Counts and sum in øre, of a section or a delivery."""

    NAMES = ("payments", "amount", "texts", "addresses")

    def __init__(self):
        self.payments = self.amount = self.texts = self.addresses = 0

    def add(self, other):
        for name in self.NAMES:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_dict(self):
        """The values of an end record. A net below zero has no known way to be written (section 1.9)."""
        return {name: getattr(self, name) for name in self.NAMES}

    def differences(self, declared, line, section="", may_be_zero=()):
        """One error for each total that the file declares otherwise than its records add up to.

        :param may_be_zero: totals that are right as zero too, whatever was counted
        """
        for name in self.NAMES:
            counted = abs(self.amount) if name == "amount" else getattr(self, name)
            if declared[name] != counted and not (name in may_be_zero and not declared[name]):
                code = "total_section" if section else "total_delivery"
                values = {"declared": declared[name], "counted": counted, "section": section}
                if name == "amount":
                    values.update(declared=kroner(declared[name]), counted=kroner(counted))
                yield DeliveryError(line, name, code, **values)


def lines_of(source):
    """``(line number, bytes)`` of every line of ``bytes`` or of a binary file, without its line end."""
    if isinstance(source, (bytes, bytearray)):
        if len(source) > MAX_BYTES:
            raise DeliveryError(0, "", "too_big", size=len(source), most=MAX_BYTES)
        if b"\n" not in source:
            source = source.replace(b"\r", b"\n")
        source = io.BytesIO(source)
    for place, raw in enumerate(iter(lambda: source.readline(MOST_LINE), b""), 1):
        yield place, raw.rstrip(b"\r\n\x1a")


def split(source):
    """``(line number, text)`` of every record, padded to 128; transport and empty lines left out (section 1.2)."""
    for line, raw in lines_of(source):
        if line == 1:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
        if not raw.startswith(b"BS"):
            continue
        text = raw.decode(ENCODING)
        if len(text) > WIDTH or not text.isprintable() or not text.isascii():
            _check_text(raw, text, line)
        yield line, text.ljust(WIDTH)


def _check_text(raw, text, line):
    if not raw.isascii() and _is_utf8(raw):
        raise DeliveryError(line, "encoding", "utf8")
    if CONTROL.search(text):
        raise DeliveryError(line, "encoding", "control_characters")
    if len(text) > WIDTH:
        raise DeliveryError(line, "length", "long_record", length=len(text), most=WIDTH)


def _is_utf8(raw):
    """Whether a line was saved as UTF-8: it has letters of ISO-8859-1 then, and no others."""
    try:
        raw.decode("utf-8").encode(ENCODING)
    except UnicodeError:
        return False
    return True


def head_of(text, line):
    """Record 002 as a :class:`Head`."""
    if text[:5] != "BS002":
        raise DeliveryError(line, "record", "cut_start")
    head = Head(**START.unpack(text, line))
    if head.subsystem not in SUBSYSTEMS:
        raise DeliveryError(line, "subsystem", "subsystem", found=head.subsystem)
    return head


def check_section(found, section, line):
    """A record belongs to the PBS number and debtor group of its section."""
    for name in ("pbs_number", "debtor_group"):
        if found[name] != section[name]:
            raise DeliveryError(line, name, "stray", found=found[name], wanted=section[name])


class Walker:
    """Goes through the records of one delivery and checks the skeleton: order, counts and amounts.

    ``source`` is ``bytes`` or a binary file, which is read line by line. ``amount_of(text, line)`` gives the signed øre
    of an 042 record. What is wrong is collected in ``faults``, the first :data:`MOST_FAULTS` of them. Records of a
    section in ``passed_over`` are counted and not given to the reader; what their amounts add up to is not known.
    """

    def __init__(self, source, delivery_type, sections, amount_of, may_be_zero=(), passed_over=()):
        self.source = source
        self.delivery_type = delivery_type
        self.sections = sections
        self.amount_of = amount_of
        self.may_be_zero = may_be_zero
        self.passed_over = passed_over
        self.records_passed_over = 0
        self.faults = []
        self.faults_left_out = 0
        self.head = None
        self.total = Totals()
        self.records = 0
        self._section = None
        self._section_totals = Totals()
        self._section_count = 0
        self._ended = False
        self._is_section_unread = False

    def fault(self, error):
        """Note what is wrong; a file broken throughout does not fill the memory."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(error)
        else:
            self.faults_left_out += 1

    def all_faults(self):
        """The faults noted, and how many more there are."""
        more = [DeliveryError(0, "", "more", count=self.faults_left_out)] if self.faults_left_out else []
        return (*self.faults, *more)

    def whole_head(self):
        """The head, or an empty one of a file that has none."""
        return self.head or Head("", "", self.delivery_type, "")

    def __iter__(self):
        """Yield ``(line, record type, text)`` of every record between start and end of the delivery."""
        line = 0
        try:
            for line, text in split(self.source):
                self.records += 1
                code = text[2:5]
                if self._step(line, code, text) and (code == "012" or not self._is_section_unread):
                    yield line, code, text
        except FormatError as error:
            self.fault(error)
            return
        if not self.records:
            self.fault(DeliveryError(0, "", "empty"))
        elif not self._ended:
            self.fault(DeliveryError(line, "record", "cut_end"))

    def each(self, read):
        """Give every record to ``read(line, record type, text)``; what it raises is noted and the next one follows."""
        for line, code, text in self:
            try:
                read(line, code, text)
            except FormatError as error:
                self.fault_in(code, error)

    def fault_in(self, code, error):
        """Note what is wrong with a record. After a section start that cannot be read its records are only counted."""
        self.fault(error)
        if code == "012":
            self._is_section_unread = True

    def _step(self, line, code, text):
        """Check one record; true when it is for the reader of the delivery type."""
        if self._ended:
            raise DeliveryError(line, "record", "after_end")
        if self.head is None:
            self._start(line, text)
            return False
        if code in BODY:
            return self._body(line, code, text)
        if code == "012":
            self._section_start(line, text)
            return self._section not in self.passed_over
        if code == "092":
            self._section_end(line, text)
            return True
        if code != "992":
            raise DeliveryError(line, "record", "second_start" if code == "002" else "record_unknown", record=code)
        self._end(line, text)
        return False

    def _start(self, line, text):
        self.head = head_of(text, line)
        if self.head.delivery_type != self.delivery_type:
            raise DeliveryError(
                line, "delivery_type", "delivery_type", found=self.head.delivery_type, wanted=self.delivery_type
            )

    def _section_start(self, line, text):
        if self._section:
            raise DeliveryError(line, "record", "section_open", section=self._section)
        section = text[13:17]
        if section not in self.sections and section not in self.passed_over:
            raise DeliveryError(line, "section", "section_unknown", section=section, delivery=self.delivery_type)
        self._section, self._section_totals = section, Totals()
        self._is_section_unread = section in self.passed_over
        self._section_count += 1

    def _body(self, line, code, text):
        if not self._section:
            raise DeliveryError(line, "record", "outside_section", record=code)
        totals = self._section_totals
        if code == "042":
            totals.payments += 1
            try:
                totals.amount += self.amount_of(text, line)
            except FormatError as error:
                self.fault(error)
                return False
        elif code == "022":
            totals.addresses += 1
        else:
            totals.texts += 1
        return True

    def _section_end(self, line, text):
        if not self._section:
            raise DeliveryError(line, "record", "section_not_open")
        declared = SECTION_TOTALS.unpack(text, line)
        if declared["section"] != self._section:
            raise DeliveryError(line, "section", "section_end_differs", found=declared["section"], open=self._section)
        if self._section in self.passed_over:
            self._section_totals.amount = declared["amount"]
            self.records_passed_over += self._section_totals.payments
        for error in self._section_totals.differences(declared, line, self._section, self.may_be_zero):
            self.fault(error)
        self.total.add(self._section_totals)
        self._section = None

    def _end(self, line, text):
        if self._section:
            raise DeliveryError(line, "record", "section_open", section=self._section)
        self._ended = True
        if len(text.rstrip()) < END_WIDTH:
            raise DeliveryError(line, "record", "cut_end_record")
        declared = END.unpack(text, line)
        for name in ("data_supplier", "subsystem", "delivery_type"):
            if declared[name] != getattr(self.head, name):
                self.fault(DeliveryError(line, name, "end_differs", end=declared[name], start=getattr(self.head, name)))
        if declared["sections"] != self._section_count:
            values = {"declared": declared["sections"], "counted": self._section_count}
            self.fault(DeliveryError(line, "sections", "total_delivery", **values))
        may_be_zero = (*self.may_be_zero, "amount") if self.records_passed_over else self.may_be_zero
        for error in self.total.differences(declared, line, may_be_zero=may_be_zero):
            self.fault(error)


class Faults(FormatError):
    """All that is wrong with one file. Reads as its first fault; ``faults`` has every one."""

    def __init__(self, faults):
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(first.line, first.field, first.message)

    def _text(self):
        return "\n".join(str(fault) for fault in self.faults)


def summary(code, delivery, **extra):
    """What ``inspect`` tells of a delivery that was read."""
    return {
        "format": code,
        "ok": not delivery.faults,
        "lines": delivery.records,
        "summary": {"delivery": delivery.head.delivery_number, "subsystem": delivery.head.subsystem, **extra},
        "errors": [fault.as_dict() for fault in delivery.faults],
    }
