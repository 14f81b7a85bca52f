"""One record type as a table of fields: written and read by the same table.

Positions are written as in the specification: first position 1, last position included.
"""

from operator import itemgetter

from .errors import DeliveryError
from .values import CONTROL, ENCODING, day6, day8, number, text6, text8

WIDTH = 128

#: The field at 6-13 of every record inside a delivery.
PBS = ("pbs_number", 6, 13, "c")


def record(code, *fields):
    """The layout of record type ``code`` inside a section: ``BSnnn``, the PBS number, then its own fields."""
    return Layout((f"=BS{code}", 1, 5, "x"), PBS, *fields)


class Layout:
    """Named fields at positions.

    A field is ``(name, first, last, kind)``; kind ``n`` a count or amount, ``c`` the digits of somebody's number, ``x``
    text with blanks behind, ``d6``/``d8`` dates. A name beginning with ``=`` is a constant. Positions not named are
    blank.
    """

    def __init__(self, *fields):
        named = [field for field in fields if not field[0].startswith("=")]
        self.fields = [(name, first - 1, last, kind) for name, first, last, kind in named]
        self._readers = {"n": number, "c": _code, "d6": day6, "d8": day8}
        self._names = [name for name, _first, _last, _kind in named]
        slices = [slice(first - 1, last) for _name, first, last, _kind in named]
        self._cut = itemgetter(*slices) if len(slices) > 1 else lambda text: (text[slices[0]],)
        self._kinds = [self._readers.get(kind) for _name, _first, _last, kind in named]
        self._template, self._digits, self._dates = self._compiled(fields)

    @staticmethod
    def _compiled(fields):
        """A %-template for a whole record, the places which must be digits, and the dates to turn into text."""
        forms = {"n": "%({0})0{1}d", "x": "%({0})-{1}s", "c": "%({0})s", "d6": "%({0})s", "d8": "%({0})s"}
        template, digits, position = [], [], 0
        for name, first, last, kind in sorted(fields, key=lambda field: field[1]):
            template.append(" " * (first - 1 - position))
            width = last - first + 1
            if name.startswith("="):
                template.append(name[1:].ljust(width).replace("%", "%%"))
            else:
                template.append(forms[kind].format(name, width))
                if kind in ("n", "c"):
                    digits.append(slice(first - 1, last))
            position = last
        template.append(" " * (WIDTH - position))
        dates = [(name, text6 if kind == "d6" else text8) for name, _f, _l, kind in fields if kind in ("d6", "d8")]
        return "".join(template), digits, dates

    def pack(self, values):
        """The record as bytes, without trailing blanks and without a line end.

        :param dict values: by name; what is missing is written as zeros or blanks
        :raises DeliveryError: the field that does not fit, is no number, or holds a character the file has not
        """
        try:
            if self._dates:
                values = {**values, **{name: text(values.get(name)) for name, text in self._dates}}
            text = self._template % values
        except (KeyError, TypeError, ValueError, AttributeError):
            return self._pack_checked(values)
        # Nothing can be narrower than its place, so the whole width proves every single one.
        if len(text) != WIDTH or not text.isprintable():
            return self._pack_checked(values)
        for place in self._digits:
            if not text[place].isdecimal():
                return self._pack_checked(values)
        try:
            return text.rstrip().encode(ENCODING)
        except UnicodeEncodeError:
            return self._pack_checked(values)

    def _pack_checked(self, values):
        """The slow way: each field by itself, so that the one at fault is named."""
        dates = dict(self._dates)
        found = {}
        for name, first, last, kind in self.fields:
            value = values.get(name)
            if name in dates and not isinstance(value, str):
                value = dates[name](value)
            found[name] = _checked(name, value, last - first, kind)
        wide = {name: int(found[name]) if kind == "n" else found[name] for name, _f, _l, kind in self.fields}
        return (self._template % wide).rstrip().encode(ENCODING)

    def unpack(self, text, line):
        """The fields as a dict; refuses digits that are none, naming line and field."""
        found = {}
        for name, read, value in zip(self._names, self._kinds, self._cut(text), strict=True):
            found[name] = read(value, line, name) if read else value.rstrip()
        return found


def _code(value, line, field):
    """Digits kept as text: numbers of somebody or something."""
    if not (value.isdecimal() and value.isascii()):
        number(value, line, field)
    return value


def _checked(name, value, width, kind):
    if kind in ("n", "c"):
        text = str(value or 0).rjust(width, "0")
        if not text.isdigit() or not text.isascii():
            raise DeliveryError(0, name, "not_a_number", value=text)
    elif kind in ("d6", "d8"):
        text = value
    else:
        text = (value or "").ljust(width)
        if CONTROL.search(text):
            raise DeliveryError(0, name, "control_value", value=repr(text.strip()))
        try:
            text.encode(ENCODING)
        except UnicodeEncodeError as error:
            raise DeliveryError(0, name, "latin1", value=text.strip(), character=text[error.start]) from error
    if len(text) != width:
        raise DeliveryError(0, name, "room", value=text.strip(), length=len(text), width=width)
    return text
