"""OIOUBL 2.1 (schematron 1.17.2): the rule set and the kinds of rule it is made of.

Most of its rules say of one place that something must be there, must not be there, or is in a list. Each such kind is
written once here; the tables in ``oioubl_*`` name ids and places. An id carries its document (F-INV.., F-CRN..,
F-APR..); F-LIB ids hold where their place exists. Severity is the first letter: F fatal, W warning.
"""

from .engine import DOCUMENTS, RuleSet
from .numbers import ZERO, decimals
from .tree import last_names, static_paths

OIOUBL = RuleSet(DOCUMENTS)
BILLS = ("Invoice", "CreditNote")
INVOICE = ("Invoice",)
CREDIT_NOTE = ("CreditNote",)
RESPONSE = ("ApplicationResponse",)

# Ids that are not applied, and why. Nothing a document says depends on them.
LEFT_OUT = {
    "W-LIB223": "two descriptions in one language: a warning that the official rules never put into their report",
    "F-INV171": "description of a physical attribute: the official rules never put it into their report",
}


def places(**by_document):
    """A context that differs by type of document: places(Invoice="A|B", CreditNote="A")."""

    def nodes(document):
        path = by_document.get(document.name)
        return document.nodes(path) if path else ()

    nodes.by_document = by_document
    nodes.last_names = last_names("|".join(path for path in by_document.values() if path))
    return nodes


def below(context, path):
    """The nodes at a path below those of a context of ``places``."""

    steps = [(step, step.rpartition("/")[2]) for step in path.split("|")]

    def nodes(document):
        there = [step for step, last in steps if last in document.named]
        if not there:
            return ()
        return [child for node in document.resolve(context) for step in there for child in node.all(step)]

    nodes.last_names = frozenset(last for _step, last in steps)
    if all(static_paths(context, name) is not None for name in DOCUMENTS):
        nodes.by_document = {name: _joined(static_paths(context, name), path) for name in DOCUMENTS}
    return nodes


def _joined(above, below_it):
    """Every path of one context continued by every path of the other."""
    if not above:
        return ""
    starts = ["" if start == "." else f"{start}/" for start in above.split("|")]
    return "|".join(start + end for start in starts for end in below_it.split("|"))


# --- kinds of rule ---
def _pairs(ids, names):
    """ "F-INV082 F-INV083" with "ID Quantity"; "F-INV303/F-CRN172" is one rule in two documents."""
    ids = ids.split()
    names = names.split()
    assert len(ids) == len(names), (ids, names)
    return [(each.replace("/", " "), name) for each, name in zip(ids, names, strict=True)]


def absent(context, ids, names, **options):
    """Elements that must not be there, each with its id."""
    for each, path in _pairs(ids, names):
        values, last = {"element": path}, path.rpartition("/")[2]
        OIOUBL.add(each, context, lambda n, d, p=path: n.has(p), "absent", values, needs=last, **options)


def filled(context, ids, paths, **options):
    """Elements that must be there with a text in them."""
    for each, path in _pairs(ids, paths):
        OIOUBL.add(each, context, lambda n, d, p=path: n.blank_at(p), "filled", {"element": path}, **options)


def not_empty(context, ids, paths, **options):
    """As ``filled``, but blanks count as text."""
    for each, path in _pairs(ids, paths):
        OIOUBL.add(each, context, lambda n, d, p=path: not n.raw_at(p), "filled", {"element": path}, **options)


def present(context, ids, paths, **options):
    for each, path in _pairs(ids, paths):
        OIOUBL.add(each, context, lambda n, d, p=path: not n.has(p), "present", {"element": path}, **options)


def at_most_one(context, ids, paths, **options):
    for each, path in _pairs(ids, paths):
        values, last = {"element": path}, path.rpartition("/")[2]
        OIOUBL.add(each, context, lambda n, d, p=path: len(n.all(p)) > 1, "at_most_one", values, needs=last, **options)


def exactly_one(context, ids, paths, **options):
    for each, path in _pairs(ids, paths):
        OIOUBL.add(each, context, lambda n, d, p=path: len(n.all(p)) != 1, "exactly_one", {"element": path}, **options)


def not_both(context, ids, one, other, **options):
    values = {"element": one, "other": other}
    OIOUBL.add(ids, context, lambda n, d: n.has(one) and n.has(other), "not_both", values, needs=other, **options)


def attribute_in(context, ids, attribute, allowed, when_present=False, **options):
    """An attribute of the place itself; a missing one breaks the rule unless ``when_present``."""
    allowed = frozenset([allowed] if isinstance(allowed, str) else allowed)

    def broken(node, document):
        value = node.attributes.get(attribute)
        if value is None and when_present:
            return False
        return (value or "") not in allowed and {"value": value or ""}

    values = {"element": attribute, "allowed": _list(allowed)}
    OIOUBL.add(ids, context, broken, "attribute", values, **options)


def value_in(context, ids, allowed, trimmed=False, condition=None, **options):
    """The text of the place itself is one of ``allowed``; ``condition(node)`` may narrow it."""
    allowed = frozenset([allowed] if isinstance(allowed, str) else allowed)

    def broken(node, document):
        if condition and not condition(node):
            return False
        value = node.text if trimmed else node.raw
        return value not in allowed and {"value": node.text[:60], "element": node.name}

    OIOUBL.add(ids, context, broken, "value", {"allowed": _list(allowed)}, **options)


def characters(context, ids, lengths, **options):
    """The text of the place has exactly so many characters (one of ``lengths``)."""
    lengths = (lengths,) if isinstance(lengths, int) else lengths

    def broken(node, document):
        return len(node.raw) not in lengths and {"element": node.name, "value": node.raw[:60]}

    values = {"expected": " / ".join(map(str, lengths))}
    OIOUBL.add(ids, context, broken, "characters", values, **options)


def positive(context, ids, **options):
    """Neither 0 nor a minus sign in front."""

    def broken(node, document):
        return (node.raw.startswith("-") or node.num == 0) and {"element": node.name, "value": node.text}

    OIOUBL.add(ids, context, broken, "positive", **options)


def not_negative(context, ids, **options):
    def broken(node, document):
        return node.raw.startswith("-") and {"element": node.name, "value": node.text}

    OIOUBL.add(ids, context, broken, "not_negative", **options)


def not_zero(context, ids, **options):
    def broken(node, document):
        return node.num == 0 and {"element": node.name, "value": node.text}

    OIOUBL.add(ids, context, broken, "not_zero", **options)


def decimal_places(context, ids, least, most, **options):
    def broken(node, document):
        return not least <= decimals(node.raw) <= most and {"element": node.name, "value": node.text}

    values = {"expected": str(least) if least == most else f"{least}-{most}"}
    OIOUBL.add(ids, context, broken, "decimals", values, **options)


def languages(context, ids_missing, ids_repeated, name, **options):
    """Several texts of one element: each names its language, none repeats one."""

    def lacks(node, document):
        texts = node.all(name)
        return len(texts) > 1 and any("languageID" not in text.attributes for text in texts) and {"element": name}

    def repeats(node, document):
        found = [text.attributes["languageID"] for text in node.all(name) if "languageID" in text.attributes]
        return len(found) != len(set(found)) and {"element": name}

    OIOUBL.add(ids_missing, context, lacks, "language", **options)
    if ids_repeated:
        OIOUBL.add(ids_repeated, context, repeats, "language_twice", **options)


def _list(allowed):
    """Short lists are told, long ones are not."""
    return ", ".join(sorted(allowed)) if len(allowed) <= 16 else ""


def total(nodes):
    """Sum of amounts; what is no number is told by ``NotEvaluable``."""
    return sum((node.must_num() for node in nodes), ZERO)
