"""Checking a document in layers: ``xsd``, ``en16931``, ``peppol``, ``national``, ``oioubl``.

Each layer is reported as run or not run. A layer that ran in part, or that could not run, is "not run": it is never
counted as passed, although what it found counts. ``xsd`` and ``en16931`` are the official files; the other layers are
own checks of every rule that can concern a Nordic party (``rules``; what is left out is named there).
"""

import functools
import itertools
import threading
from dataclasses import dataclass, field

from lxml import etree

from . import codes, official, rule_packs, rules, texts
from .reader import identify
from .records import EInvoiceError
from .xml import parse

LAYERS = ("xsd", "en16931", "peppol", "national", "oioubl")
RUN = "run"
NOT_RUN = "not run"
FATAL = "fatal"
WARNING = "warning"
MAX_XSD_FINDINGS = 50
MAX_EXPLAINED = 20_000  # elements; xmlschema reads some ten thousand a second


@dataclass(frozen=True)
class Finding:
    layer: str
    rule: str
    severity: str  # fatal stops the document, warning does not
    location: str
    message: str  # in English; ``said_in`` gives it in another language
    hint: str = ""
    text: str = ""  # key of ``texts``
    values: dict = field(default_factory=dict)
    concern: str = ""  # key of ``texts.concerns``: the field in Odoo

    def said_in(self, language):
        return texts.message(self.text, self.values, language) or self.message

    def advice_in(self, language):
        return texts.advice(self.concern, language) or self.hint

    def as_dict(self, language="en"):
        return {
            "layer": self.layer,
            "rule": self.rule,
            "severity": self.severity,
            "location": self.location,
            "message": self.message if texts.language_of(language) == "en" else self.said_in(language),
            "hint": self.advice_in(language),
            "field": ".".join(filter(None, texts.field(self.concern))),
        }


@dataclass(frozen=True)
class Result:
    document_type: str
    dialect: str
    layers: dict
    findings: tuple[Finding, ...] = ()
    notes: dict = field(default_factory=dict)  # layer -> why it did not run, or not completely

    @property
    def fatal(self):
        return [finding for finding in self.findings if finding.severity == FATAL]

    @property
    def valid(self):
        """True or False; None when no layer could say anything about this kind of document."""
        if self.fatal:
            return False
        return True if RUN in self.layers.values() else None


def validate(data, runner=None, root=None, packs=()):
    """Check one document (bytes). Never raises for what a file may contain. ``root``: when it is parsed already;
    ``packs``: official stylesheets (``rule_packs.Pack``) that take over from own checks."""
    if runner is None:
        with official.RuleRunner() as own_runner:
            return validate(data, own_runner, root, packs)
    try:
        root = parse(data) if root is None else root
    except EInvoiceError as error:
        location = f"line {error.line}" if error.line else ""
        finding = Finding("file", "READ", FATAL, location, error.message)
        return Result("", "", dict.fromkeys(LAYERS, NOT_RUN), (finding,), {})
    return validate_root(root, runner, packs)


def validate_root(root, runner, packs=()):
    document_type, dialect = identify(root)
    if not document_type:
        tag = etree.QName(root).localname
        finding = Finding("file", "READ", FATAL, "line 1", f"The file is XML, but no e-document (its root is {tag}).")
        return Result("", "", dict.fromkeys(LAYERS, NOT_RUN), (finding,), {})
    check = _Check(root, document_type, dialect, runner, packs)
    check.run()
    return Result(document_type, dialect, check.layers, tuple(check.findings), check.notes)


class _Check:
    def __init__(self, root, document_type, dialect, runner, packs=()):
        self.packs, self.pack_fault = packs, ""
        self.root = root
        self.document_type = document_type
        self.dialect = dialect
        self.runner = runner
        self.layers = dict.fromkeys(LAYERS, NOT_RUN)
        self.notes = {}
        self.findings = []

    def run(self):
        is_answer = self.document_type == "ApplicationResponse" and self.dialect == codes.OIOUBL
        if self.document_type not in ("Invoice", "CreditNote") and not is_answer:
            for layer in LAYERS:
                self.notes[layer] = f"there are no rules here for a document of the type {self.document_type}"
            return
        self.xsd()
        if self.dialect == codes.OIOUBL:
            for layer in ("en16931", "peppol", "national"):
                self.notes[layer] = "does not apply to OIOUBL"
            self.own("oioubl")
            return
        self.notes["oioubl"] = "applies to OIOUBL only"
        if not self.findings and self.layers["xsd"] == RUN:
            self.en16931()
        else:
            self.notes["en16931"] = "the document does not meet the schema"
        if self.dialect == codes.BIS3:
            self.own("peppol", "national")
        else:
            self.notes["peppol"] = self.notes["national"] = "the document is not Peppol BIS Billing 3"

    # --- layers ------------------------------------------------------------------------------------------------
    def xsd(self):
        try:
            schema = _schema(str(official.xsd_path(self.document_type)))
        except official.NotAvailable as error:
            self.notes["xsd"] = str(error)
            return
        with _schema_lock:
            is_valid = schema.validate(self.root)
            errors = list(schema.error_log)[:MAX_XSD_FINDINGS]
        self.layers["xsd"] = RUN
        if is_valid:
            return
        explained = _explain(str(official.xsd_path(self.document_type)), self.root)
        for location, message in explained or [(f"line {e.line}", e.message) for e in errors]:
            self.add("xsd", "XSD", FATAL, location, message)

    def en16931(self):
        if self.by_pack("en16931"):
            return
        try:
            failed = self.runner.run(official.en16931_stylesheet(), self.root)
        except official.NotAvailable as error:
            self.notes["en16931"] = str(error)
            return
        self.layers["en16931"] = RUN
        self.official("en16931", failed)

    def official(self, layer, failed, pack=None):
        for each in failed:
            severity = WARNING if each["flag"] in ("warning", "information", "info") else FATAL
            message = each["message"].removeprefix(f"[{each['rule']}]-").strip()
            told = rule_packs.layer_of(pack, each["rule"]) if pack else layer
            self.add(told, each["rule"], severity, each["location"], message)

    def by_pack(self, layer):
        """Run the official rules loaded for a layer; False when there are none, or when they cannot run."""
        pack = rule_packs.find(self.packs, layer, self.document_type)
        if not pack:
            return False
        try:
            failed = self.runner.run(pack.path, self.root)
        except official.NotAvailable as error:
            self.pack_fault = f"{pack.name}: {error}; own checks were used"
            return False
        self.official(layer, failed, pack)
        self.layers[layer] = RUN
        self.notes[layer] = pack.name
        return True

    def own(self, *layers):
        if self.by_pack(layers[0]):
            for layer in layers[1:]:
                self.layers[layer], self.notes[layer] = RUN, self.notes[layers[0]]
            return
        document = rules.Document(self.root)
        for layer in layers:
            faults, is_complete, note = rules.check(document, layer)
            if is_complete:
                self.layers[layer] = RUN
            note = "; ".join(filter(None, (self.pack_fault, note)))
            if note:
                self.notes[layer] = note
            for fault in faults:
                key = next(key for key in fault.keys if key in texts.TEXTS)
                message = texts.message(key, fault.values)
                self.add(layer, fault.rule, fault.severity, fault.location, message, key, fault.values)

    def add(self, layer, rule, severity, location, message, text="", values=None):
        text = text or (rule if rule in texts.TEXTS else "")
        concern = texts.concern(text, location)
        hint = texts.advice(concern)
        self.findings.append(Finding(layer, rule, severity, location, message, hint, text, values or {}, concern))


_schema_lock = threading.Lock()


@functools.lru_cache(maxsize=4)
def _schema(path):
    with _schema_lock:
        return etree.XMLSchema(etree.parse(path))


def _explain(path, root):
    """Path and reason of schema faults, which libxml2 does not give; [] without xmlschema, or where it were long."""
    if sum(1 for _element in itertools.islice(root.iter(), MAX_EXPLAINED + 1)) > MAX_EXPLAINED:
        return []
    try:
        import xmlschema
    except ImportError:
        return []
    try:
        schema = _explaining_schema(path)
        found = []
        for error in schema.iter_errors(root):
            found.append((_plain_path(error.path or ""), str(error.reason or error.message)[:500]))
            if len(found) >= MAX_XSD_FINDINGS:
                break
    except (xmlschema.XMLSchemaException, RecursionError, ValueError):
        return []
    return found


@functools.lru_cache(maxsize=4)
def _explaining_schema(path):
    import xmlschema

    return xmlschema.XMLSchema(path, allow="local", defuse="never")


def _plain_path(path):
    return "/".join(step.rpartition(":")[2] for step in path.split("/"))
