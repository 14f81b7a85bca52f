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
_EMPTY = {}  # never written to
_LONGEST = 100  # characters a number may have


class NotEvaluable(Exception):
    """A value that is no number or date where the rule has to calculate: the rule says neither yes nor no."""


def collapse(value):
    """Text as ``normalize-space`` of XPath gives it."""
    value = value.strip(_WHITE)
    return value if value.isalnum() or not _BLANKS.search(value) else _BLANKS.sub(" ", value)


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
        self.by = _EMPTY  # local name -> children, in order

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
        found = self.all(path)
        return found[0].raw if found else ""

    def text_at(self, path):
        found = self.all(path)
        return collapse(found[0].raw) if found else ""

    def blank_at(self, path):
        """Whether there is no text at a path, or white space only."""
        found = self.all(path)
        return not (found and found[0].raw.strip(_WHITE))

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


class _Shape:
    """What is known of an element by where it stands: its name and the path below the root."""

    __slots__ = ("children", "name", "path")

    def __init__(self, name, path):
        self.name = name
        self.path = path
        self.children = {}  # tag of lxml -> shape


class _Shapes:
    """The shapes of the documents seen, by tag of the root.

    Documents of one sender look alike: what a tag is called and which path it makes is found out once. Bounded, because
    strangers choose the tags.
    """

    most = 20_000

    def __init__(self):
        self.roots = {}
        self.count = 0

    def root(self, tag):
        if self.count > self.most:
            self.roots, self.count = {}, 0
        shape = self.roots.get(tag)
        if shape is None:
            shape = self.roots[tag] = _Shape(tag.rpartition("}")[2], ".")
        return shape

    def child(self, shape, tag, own):
        self.count += 1
        space, brace, local = tag[1:].partition("}")
        name = local if brace and space in own else tag
        path = name if shape.path == "." else f"{shape.path}/{name}"
        found = shape.children[tag] = _Shape(name, path)
        return found


_SHAPES = _Shapes()


class Document:
    """One document with its nodes by name and by path; contexts are looked up once."""

    def __init__(self, element):
        self.named = {}  # local name -> nodes, in order
        self.paths = {}  # path below the root -> nodes, in order
        self._contexts = {}
        self.namespace = element.tag[1:].partition("}")[0]
        self._own = (*_OURS, self.namespace)
        shape = _SHAPES.root(element.tag)
        self.root = Node(shape.name, element.text or "", dict(element.items()), None)
        self.named[shape.name] = self.paths["."] = [self.root]
        self._fill(element, shape, self.root)
        self.name = self.root.name
        self.is_credit = self.name == "CreditNote"
        self.line_name = f"{self.name}Line"
        self.quantity_name = "CreditedQuantity" if self.is_credit else "InvoicedQuantity"
        self.lines = self.root.by.get(self.line_name, _NONE)
        self.shape = frozenset(self.paths)

    def __del__(self):
        # child and parent point at each other: taken apart here, they need not wait for the garbage collector
        for nodes in self.named.values():
            for node in nodes:
                node.parent = None

    def _fill(self, element, shape, node):
        """The children of ``element`` as nodes below ``node``. One loop without helpers: it runs for every element."""
        children, by = shape.children, {}
        node.by = by
        named, paths = self.named, self.paths
        for child in element:
            tag = child.tag
            below = children.get(tag)
            if below is None:
                if tag.__class__ is not str:  # a comment splits the text of its element
                    node.raw += child.tail or ""
                    continue
                below = _SHAPES.child(shape, tag, self._own)
            items = child.items()
            built = Node(below.name, child.text or "", dict(items) if items else _EMPTY, node)
            name, path = below.name, below.path
            if name in by:
                by[name].append(built)
            else:
                by[name] = [built]
            if name in named:
                named[name].append(built)
            else:
                named[name] = [built]
            if path in paths:
                paths[path].append(built)
            else:
                paths[path] = [built]
            if below.children or len(child):
                self._fill(child, below, built)

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
            found = self._contexts[context] = self.at(self.places(context))
        return found

    def places(self, context):
        """Paths, and names at any depth (``//Name``), of this document that a context means: those that are there. They
        are the same for every document of the same shape and type."""
        found = []
        for path, last in _paths(context):
            if path.startswith("//"):
                if last not in self.named:
                    continue
                if "/" not in path[2:]:
                    found.append(path)
                else:
                    end = path[1:]
                    found += [known for known in self.paths if f"/{self.name}/{known}".endswith(end)]
            else:
                if path == "LINE" or path.startswith("LINE/"):
                    path = self.line_name + path[4:]
                if path in self.paths:
                    found.append(path)
        return found

    def at(self, places):
        """The nodes at what ``places`` gave."""
        if len(places) == 1:
            return self._at(places[0])
        return [node for place in places for node in self._at(place)]

    def _at(self, place):
        return self.named[place[2:]] if place.startswith("//") else self.paths[place]


_STARTS = (".", "LINE")


def last_names(context):
    """Names without one of which a context has no node; None when that cannot be said."""
    if context.__class__ is not str:
        return getattr(context, "last_names", None)
    names = {last for _path, last in _paths(context)}
    return None if names & set(_STARTS) else frozenset(names)


def static_paths(context, document_name):
    """The paths of a context that do not depend on what a document says ("" for none); None when they do."""
    if context.__class__ is str:
        return context
    by_document = getattr(context, "by_document", None)
    return None if by_document is None else by_document.get(document_name) or ""


@functools.cache
def _paths(context):
    """[(path, name of its last element)] of a context."""
    return [(path, path.rpartition("/")[2]) for path in context.split("|")]
