"""What format code says can be told in the user's language: every text has a template that is collected."""

import ast
import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from odoo.addons.list_reader import formats as list_formats
from odoo.addons.paymatch import formats
from odoo.addons.paymatch.formats import errors, records

PATHS = sorted(path for package in (formats, list_formats) for path in Path(package.__file__).parent.glob("*.py"))
SAYING = {"FormatError": 2, "UnknownFormatError": 2, "Fault": 2}


def said(tree):
    """Nodes of the texts a module says to users."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        owner = getattr(getattr(node.func, "value", None), "attr", getattr(getattr(node.func, "value", None), "id", ""))
        if name in SAYING and len(node.args) > 2 or name == "problem" and len(node.args) > 2:
            yield node.args[2]
        elif name == "append" and owner in ("notes", "hints"):
            yield node.args[0]
        elif name == "_lt":
            yield node


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_nothing_is_said_without_a_template(path):
    for node in said(ast.parse(path.read_text())):
        assert not isinstance(node, (ast.JoinedStr, ast.BinOp)), f"{path.name}:{node.lineno}"
        assert not isinstance(node, ast.Constant), f"{path.name}:{node.lineno}"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_lt":
            template = node.args[0].value
            given = {keyword.arg for keyword in node.keywords}
            assert template % dict.fromkeys(given, "x") if given else "%" not in template
            assert all(f"%({name})s" in template for name in given)


def test_a_text_is_its_template_filled_in():
    text = errors._lt("'%(text)s' is not an amount", text="x")
    assert text == "'x' is not an amount" and text.template % text.values == text
    assert pickle.loads(pickle.dumps(text)).template == text.template
    both = errors.joined("; ", [text, "plain"])
    assert both == "'x' is not an amount; plain" and both.parts[0].template == text.template


def test_faults_and_their_suspects_can_be_told():
    lines = (records.Line("sale", gross=Decimal(100), fee=Decimal(-1), net=Decimal(99), group="A", line_number=3),)
    group = records.Group("A", date(2026, 3, 12), "DKK", Decimal(100))
    report = records.Report("payout", "x", "DKK", lines, (group,))
    (fault,) = report.faults()
    assert fault.message.parts[0].template.startswith("%(reference)s: the lines add up")
    assert any("the fees" in str(part) for part in fault.message.parts)
    with pytest.raises(formats.FormatError) as error:
        formats.parse(b"")
    assert error.value.message.template == "the file is empty"
