"""Odoo idioms that 19 accepts without an error and then ignores, or that fail at a customer only.

Python is read as a syntax tree and XML as a tree, so comments and texts raise no alarm.
"""

import ast
import re

from lxml import etree

GONE_NAMES = {
    "_sql_constraints": "use models.Constraint(...): _sql_constraints makes no constraint in 19",
    "name_get": "use _compute_display_name",
    "toggle_active": "use action_archive / action_unarchive",
    "check_access_rights": "use check_access(operation)",
    "check_access_rule": "use check_access(operation)",
    "read_group": "use _read_group or formatted_read_group",
    "_notify_progress": "use ir.cron._commit_progress",
    "fields_view_get": "use get_view",
}
GONE_ATTRIBUTES = {"_cr": "env.cr", "_uid": "env.uid", "_context": "env.context", "groups_id": "group_ids"}
GONE_KEYWORDS = {
    "group_operator": "aggregator",
    "numbercall": "nothing",
    "doall": "nothing",
    "track_visibility": "tracking",
}
GONE_DECORATORS = {"returns", "one", "multi"}
XML_ATTRIBUTES = {
    "t-esc": "use t-out",
    "t-raw": "use t-out with Markup",
    "attrs": "use invisible=, readonly=, required=",
    "states": "use invisible=",
}
PURE_FOLDERS = ("formats", "api", "plan")
PURE_FORBIDDEN = re.compile(r"^odoo(\.(models|fields|api|exceptions|tools|orm|http|sql_db)(\.|$)|$)")


def _is_self(node):
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)


class _Python(ast.NodeVisitor):
    def __init__(self, path):
        self.path = path
        self.faults = []
        self.pure = any(folder in path.parts for folder in PURE_FOLDERS) and "tests" not in path.parts
        self.commit_allowed = bool({"migrations", "tests"} & set(path.parts))

    def fault(self, node, text):
        self.faults.append(f"{self.path}:{node.lineno}: {text}")

    def visit_Assign(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id in GONE_NAMES:
                self.fault(node, GONE_NAMES[target.id])
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        if node.name in GONE_NAMES:
            self.fault(node, GONE_NAMES[node.name])
        if node.name == "unlink" and any(isinstance(child, ast.Raise) for child in ast.walk(node)):
            self.fault(node, "raise in unlink() blocks uninstalling: use @api.ondelete(at_uninstall=False)")
        for decorator in node.decorator_list:
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            if _is_self(name) and name.value.id == "api" and name.attr in GONE_DECORATORS:
                self.fault(node, f"@api.{name.attr} is gone")
        self.generic_visit(node)

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in GONE_NAMES and isinstance(node.func, ast.Attribute):
            self.fault(node, GONE_NAMES[name])
        if name == "commit" and isinstance(node.func, ast.Attribute) and not self.commit_allowed:
            owner = node.func.value
            if getattr(owner, "attr", getattr(owner, "id", "")) in ("cr", "_cr"):
                self.fault(node, "cr.commit(): use ir.cron._commit_progress, or a cursor of your own")
        if name in ("execute", "execute_query", "execute_query_dict") and node.args:
            query = node.args[0]
            if isinstance(query, ast.JoinedStr) or (
                isinstance(query, ast.BinOp) and isinstance(query.op, (ast.Mod, ast.Add))
            ):
                self.fault(node, "SQL built from strings: use SQL(..., value)")
        for keyword in node.keywords:
            if keyword.arg in GONE_KEYWORDS:
                self.fault(node, f"{keyword.arg}= is gone: use {GONE_KEYWORDS[keyword.arg]}")
            if name == "route" and keyword.arg == "type" and getattr(keyword.value, "value", None) == "json":
                self.fault(node, 'route(type="json"): use type="jsonrpc"')
        self.generic_visit(node)

    def visit_Attribute(self, node):
        if node.attr in GONE_ATTRIBUTES and _is_self(node) and node.value.id in ("self", "records", "user"):
            self.fault(node, f".{node.attr}: use {GONE_ATTRIBUTES[node.attr]}")
        self.generic_visit(node)

    def visit_Tuple(self, node):
        if len(node.elts) == 3 and all(isinstance(part, ast.Constant) for part in node.elts[:2]):
            if node.elts[1].value in ("<>", "=="):
                self.fault(node, f"domain operator {node.elts[1].value!r}: use = or !=")
        self.generic_visit(node)

    def visit_Dict(self, node):
        for key, value in zip(node.keys, node.values, strict=True):
            if getattr(key, "value", None) == "view_mode" and "tree" in str(getattr(value, "value", "")).split(","):
                self.fault(node, 'view_mode "tree": use "list"')
        self.generic_visit(node)

    def _import(self, node, module):
        if module.startswith("odoo.osv"):
            self.fault(node, "odoo.osv: use odoo.fields.Domain")
        if self.pure and PURE_FORBIDDEN.match(module):
            self.fault(node, f"format and API code is plain Python: no import of {module}")

    def visit_Import(self, node):
        for alias in node.names:
            self._import(node, alias.name)

    def visit_ImportFrom(self, node):
        if node.level:
            return
        if node.module == "odoo":
            for alias in node.names:
                if alias.name == "registry":
                    self.fault(node, "use odoo.modules.registry.Registry")
                self._import(node, f"odoo.{alias.name}")
            return
        if node.module == "odoo.tests.common" and any(alias.name in ("Form", "SavepointCase") for alias in node.names):
            self.fault(node, "import Form from odoo.tests; SavepointCase is gone")
        self._import(node, node.module or "")


def check_python(path, shown=None):
    """Faults of one Python file, ``path:line: text`` each."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        return [f"{path}:{error.lineno}: {error.msg}"]
    visitor = _Python(shown or path)
    visitor.visit(tree)
    return visitor.faults


def _xml_element(element, model):
    """Faults of one XML element."""
    for attribute, advice in XML_ATTRIBUTES.items():
        if attribute in element.attrib and not (attribute == "states" and element.tag == "field"):
            yield f"{attribute}=: {advice}"
    if element.tag == "tree":
        yield "<tree>: use <list>"
    if element.get("t-name") == "kanban-box":
        yield "kanban-box: use card"
    classes = (element.get("class") or "").split()
    if "oe_chatter" in classes:
        yield "oe_chatter: use <chatter/>"
    if "app_settings_block" in classes:
        yield "app_settings_block: use <app>"
    if element.tag == "group" and any(parent.tag == "search" for parent in element.iterancestors()):
        if "expand" in element.attrib or "string" in element.attrib:
            yield "<group> in a search view takes neither expand nor string"
    if element.tag == "field" and element.get("name") == "view_mode" and "tree" in (element.text or "").split(","):
        yield 'view_mode "tree": use "list"'
    if model == "res.groups" and element.tag == "field" and element.get("name") in ("category_id", "users"):
        yield f"res.groups.{element.get('name')}: use privilege_id, user_ids"
    if model == "res.users" and element.tag == "field" and element.get("name") == "groups_id":
        yield "res.users.groups_id: use group_ids"
    if model == "ir.cron" and element.tag == "field" and element.get("name") in GONE_KEYWORDS:
        yield f"ir.cron.{element.get('name')} is gone"


def check_xml(path, shown=None):
    """Faults of one XML file, ``path:line: text`` each."""
    try:
        tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        return [f"{shown or path}:{error.lineno}: {error.msg}"]
    faults = []
    for element in tree.iter(etree.Element):
        record = element.getparent()
        model = record.get("model") if record is not None and record.tag == "record" else None
        faults += [f"{shown or path}:{element.sourceline}: {text}" for text in _xml_element(element, model)]
    return faults
