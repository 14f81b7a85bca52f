"""Rules as a table: id, severity, context, and a small function that says whether a node breaks the rule."""

from dataclasses import dataclass, field
from time import thread_time

from .tree import NotEvaluable, last_names, static_paths

SECONDS = 30  # of processor time; a document made to be slow ends there, and its layer is not run
MOST = 100  # faults told of one rule
MOST_PLANS = 500  # shapes of documents remembered
FATAL = "fatal"
WARNING = "warning"
DOCUMENTS = ("Invoice", "CreditNote", "ApplicationResponse")
_DOCUMENT_OF_ID = {"INV": "Invoice", "CRN": "CreditNote", "APR": "ApplicationResponse"}


@dataclass(frozen=True)
class Rule:
    """``broken(node, document)`` is False when the rule is met, else True or the values of its message.

    ``key`` (the first id of a row) or else ``text`` (its kind) names the message in ``texts``; ``values`` are those of
    the message that do not depend on the document.
    """

    id: str
    severity: str
    context: object  # paths for Document.nodes, or a function from the document to its nodes
    broken: object
    text: str
    values: dict = field(default_factory=dict)
    key: str = ""
    needs: str = ""  # an element without which no document can break the rule


@dataclass(frozen=True)
class Fault:
    rule: str
    severity: str
    location: str
    keys: tuple[str, str]  # where its message is looked for in ``texts``
    values: dict


class RuleSet:
    """The rules of one layer, per type of document."""

    def __init__(self, documents=DOCUMENTS):
        self.documents = documents
        self.rules = {name: [] for name in documents}
        self._groups = {}
        self._plans = {}

    def add(self, ids, context, broken, text="", values=None, only=(), severity="", needs=""):
        """One rule. ``ids`` may name a rule once per type of document: "F-INV031 F-CRN028".

        An id that names no type (F-LIB022) holds for all types, or for those in ``only``.
        """
        names = ids.split()
        for rule_id in names:
            own = _DOCUMENT_OF_ID.get(rule_id.partition("-")[2][:3])
            rule = Rule(
                rule_id,
                severity or (WARNING if rule_id.startswith("W-") else FATAL),
                context,
                broken,
                text or names[0],
                values or {},
                names[0],
                needs,
            )
            for document in (own,) if own else (only or self.documents):
                self.rules[document].append(rule)

    def rule(self, ids, context, **options):
        """Decorator of a ``broken`` function."""

        def register(function):
            self.add(ids, context, function, **options)
            return function

        return register

    @property
    def ids(self):
        return {rule.id for rules in self.rules.values() for rule in rules}

    def _grouped(self, document):
        """[(context, its rules)] of a type of document."""
        groups = self._groups.get(document)
        if groups is None:
            groups = {}
            for rule in self.rules[document]:
                groups.setdefault(rule.context, []).append(rule)
            groups = self._groups[document] = list(groups.items())
        return groups

    def _plan(self, document):
        """[(places, context, rules)]: what can apply to a document of this shape, found out once for all that look like
        it. ``places`` is None for a context that depends on values; it is resolved with each document."""
        key = document.name, document.shape
        plan = self._plans.get(key)
        if plan is None:
            plan = [step for step in self._steps(document) if step[2]]
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _steps(self, document):
        named = document.named
        for context, rules in self._grouped(document.name):
            applied = [(rule.broken, rule) for rule in rules if not rule.needs or rule.needs in named]
            static = static_paths(context, document.name)
            of_shape = getattr(context, "of_shape", None)
            if of_shape:
                places = of_shape(document)
                yield places, context, applied if places else []
            elif static is None:
                names = last_names(context)
                yield None, context, applied if names is None or not names.isdisjoint(named) else []
            else:
                places = document.places(static) if static else []
                yield places, context, applied if places else []

    def check(self, document):
        """(faults, ids of the rules that could not be evaluated or not to the end)."""
        faults, unknown, told = [], set(), {}
        deadline = thread_time() + SECONDS
        for places, context, applied in self._plan(document):
            nodes = document.at(places) if places else document.resolve(context)
            for index, node in enumerate(nodes):
                if index % 64 == 63 and thread_time() > deadline:  # asking the clock costs more than a rule
                    unknown.update(rule.id for _broken, rule in applied)
                    break
                for broken, rule in applied:
                    try:
                        result = broken(node, document)
                    except (NotEvaluable, ArithmeticError):
                        unknown.add(rule.id)
                        continue
                    if result and told.setdefault(rule.id, 0) < MOST:
                        told[rule.id] += 1
                        values = rule.values if result is True else rule.values | result
                        faults.append(Fault(rule.id, rule.severity, node.place(), (rule.key, rule.text), values))
        return faults, unknown
