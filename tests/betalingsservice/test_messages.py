"""What is wrong with a delivery is told by code and values, so that Odoo can say it in the user's language."""

import ast
import re
from pathlib import Path

import pytest

from odoo.addons.betalingsservice import formats
from odoo.addons.betalingsservice.formats import errors
from odoo.addons.betalingsservice.formats.errors import DeliveryError

FOLDER = Path(formats.__file__).parent


def raised():
    """(file, field, code, names of values) of each ``DeliveryError(...)`` in the format code; None: not written out."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DeliveryError":
                name, code = (arg.value if isinstance(arg, ast.Constant) else None for arg in node.args[1:3])
                values = {keyword.arg for keyword in node.keywords}
                yield path.name, name, code, values


RAISED = list(raised())


def test_the_code_raises_nothing_without_a_code():
    assert len(RAISED) > 30
    for path in FOLDER.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {getattr(node.func, "id", "") for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert "FormatError" not in names, path.name


@pytest.mark.parametrize(("path", "name", "code", "values"), RAISED)
def test_every_fault_has_its_sentence_and_its_field(path, name, code, values):
    assert name is None or name == "" or name in errors.FIELDS
    if code and None not in values:
        assert set(re.findall(r"%\((\w+)\)s", errors.MESSAGES[code])) <= values


def test_every_field_that_can_be_refused_has_a_name():
    modules = (formats.records, formats.delivery_0601, formats.delivery_0602, formats.delivery_0603)
    for module in modules:
        for layout in (value for value in vars(module).values() if isinstance(value, formats.records.Layout)):
            for name, _first, _last, kind in layout.fields:
                if kind != "x" or module is formats.delivery_0601:
                    assert name in errors.FIELDS, (module.__name__, name)


def test_a_fault_says_line_field_and_reason():
    fault = DeliveryError(7, "customer_number", "customer_length", number="")
    assert str(fault) == 'line 7, field customer number: "" must have 1 to 15 characters'
    assert fault.as_dict() == {"line": 7, "field": "customer number", "message": '"" must have 1 to 15 characters'}
