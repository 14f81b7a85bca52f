"""A document as rules read it: nodes by local name, with text and attributes at hand.

The rules look at the same elements again and again; asking lxml each time costs several times more than building
this once. Values follow section 0 of the rule tables: ``raw`` is the text as it stands, ``text`` has white space
trimmed and collapsed as XML does it (a no-break space is no white space), ``num`` is lenient as XPath is.
"""

import functools
import re
from decimal import Decimal, InvalidOperation

from .. import codes

_OURS = (codes.NS_CAC, codes.NS_CBC, "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2")
_BLANKS = re.compile(r"[ \t\r\n]+")
_WHITE = " \t\r\n"
_NUMBER = re.compile(r"[ \t\r\n]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?[ \t\r\n]*")
_NONE = ()
_LONGEST = 100  # characters a number may have


class NotEvaluable(Exception):
    """A value that is no number or date where the rule has to calculate: the rule says neither yes nor no."""


def collapse(value):
    """Text as ``normalize-space`` of XPath gives it."""
    value = value.strip(_WHITE)
    return _BLANKS.sub(" ", value) if _BLANKS.search(value) else value


def number(value):
    """The number a text is, or None."""
    return _number(value) if len(value) <= _LONGEST else None


@functools.lru_cache(maxsize=4096)
def _number(value):
    """The same few rates and amounts are asked for again and again."""
    if not _NUMBER.fullmatch(value):
        return None
    try:
        return Decimal(value.strip(_WHITE))
    except InvalidOperation:
        return None


@functools.cache
def _steps(path):
    return tuple(path.split("/"))


class Node:
    __slots__ = ("attributes", "by", "name", "parent", "raw")

    def __init__(self, name, raw, attributes, parent):
        self.name = name
        self.raw = raw
        self.attributes = attributes
        self.parent = parent
        self.by = {}  # local name -> children, in order

    @property
    def text(self):
        return collapse(self.raw)

    @property
    def num(self):
        return number(self.raw)

    def all(self, path):
        """Every node at a path of local names below this one."""
        if "/" not in path:
            return self.by.get(path, _NONE)
        steps = _steps(path)
        found = self.by.get(steps[0], _NONE)
        for step in steps[1:]:
            if not found:
                return _NONE
            found = [child for node in found for child in node.by.get(step, _NONE)]
        return found

    def one(self, path):
        """The first node at a path, or None."""
        found = self.all(path)
        return found[0] if found else None

    def has(self, path):
        return bool(self.all(path))

    def raw_at(self, path):
        node = self.one(path)
        return node.raw if node else ""

    def text_at(self, path):
        node = self.one(path)
        return collapse(node.raw) if node else ""

    def num_at(self, path, default=None):
        """The number at a path; ``default`` when nothing is there; ``NotEvaluable`` when it is no number."""
        node = self.one(path)
        return default if node is None else node.must_num()

    def must_num(self):
        value = number(self.raw)
        if value is None:
            raise NotEvaluable(self.raw)
        return value

    def get(self, attribute):
        return self.attributes.get(attribute, "")

    def children(self):
        return [child for group in self.by.values() for child in group]

    def place(self):
        """Where it is, for a person: /Invoice/InvoiceLine[2]/Price."""
        steps, node = [], self
        while node is not None:
            same = node.parent.by[node.name] if node.parent else ()
            steps.append(f"{node.name}[{same.index(node) + 1}]" if len(same) > 1 else node.name)
            node = node.parent
        return "/" + "/".join(reversed(steps))


class Document:
    """One document with its nodes by name; contexts are looked up once."""

    def __init__(self, element):
        self.named = {}
        self._contexts = {}
        self._names = {}
        self.namespace = element.tag[1:].partition("}")[0]
        self._own = (*_OURS, self.namespace)
        self.root = self._build(element, element.tag, None)
        self.name = self.root.name
        self.is_credit = self.name == "CreditNote"
        self.line_name = f"{self.name}Line"
        self.quantity_name = "CreditedQuantity" if self.is_credit else "InvoicedQuantity"
        self.lines = self.root.by.get(self.line_name, _NONE)
        self._walked = {".": (self.root,), "LINE": self.lines}

    def _name(self, tag):
        space, brace, local = tag[1:].partition("}")
        name = self._names[tag] = local if brace and space in self._own else tag
        return name

    def _build(self, element, tag, parent):
        name = self._names.get(tag) or self._name(tag)
        node = Node(name, element.text or "", dict(element.items()), parent)
        try:
            self.named[name].append(node)
        except KeyError:
            self.named[name] = [node]
        by, build = node.by, self._build
        for child in element:
            child_tag = child.tag
            if child_tag.__class__ is not str:  # a comment splits the text of its element
                node.raw += child.tail or ""
                continue
            built = build(child, child_tag, node)
            try:
                by[built.name].append(built)
            except KeyError:
                by[built.name] = [built]
        return node

    def resolve(self, context):
        """The nodes of a context, which is a text for ``nodes`` or a function of the document; looked up once."""
        if context.__class__ is str:
            return self.nodes(context)
        found = self._contexts.get(context)
        if found is None:
            found = self._contexts[context] = context(self)
        return found

    def nodes(self, context):
        """The nodes of a context: paths below the root joined by ``|``; ``.`` is the root, ``LINE`` a line of the
        document, ``//Name`` stands for any depth."""
        found = self._contexts.get(context)
        if found is None:
            walked = [self._walk(path) for path, last in _paths(context) if last in self.named or path in _STARTS]
            found = walked[0] if len(walked) == 1 else [node for nodes in walked for node in nodes]
            self._contexts[context] = found
        return found

    def _walk(self, path):
        """The nodes of one path; paths share their beginnings."""
        found = self._walked.get(path)
        if found is None:
            if path.startswith("//") and "/" not in path[2:]:
                found = self.named.get(path[2:], _NONE)
            else:
                above, _slash, last = path.rpartition("/")
                nodes = self._walk(above) if above else (self.root,)
                found = [child for node in nodes for child in node.by.get(last, _NONE)]
            self._walked[path] = found
        return found


_STARTS = (".", "LINE")


def last_names(context):
    """Names without one of which a context has no node; None when that cannot be said."""
    if context.__class__ is not str:
        return getattr(context, "last_names", None)
    names = {last for _path, last in _paths(context)}
    return None if names & set(_STARTS) else frozenset(names)


@functools.cache
def _paths(context):
    """[(path, name of its last element)] of a context."""
    return [(path, path.rpartition("/")[2]) for path in context.split("|")]
