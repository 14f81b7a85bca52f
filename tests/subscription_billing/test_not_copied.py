"""What users of other engines suffer from and this one leaves out (requirements F)."""

import ast
from pathlib import Path

import pytest

ADDONS = Path(__file__).resolve().parents[2] / "addons"
OURS = sorted(path.parent for path in ADDONS.glob("*subscription_billing*/__manifest__.py"))


@pytest.mark.parametrize("addon", OURS, ids=lambda path: path.name)
def test_no_user_gives_code_to_run(addon):
    """No formulas on lines: nothing of a record is evaluated."""
    names = {"eval", "exec", "compile", "safe_eval", "test_python_expr", "literal_eval"}
    for path in addon.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = getattr(node, "func", None)
            name = getattr(called, "id", getattr(called, "attr", ""))
            is_of_re = isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == "re"
            assert name not in names or is_of_re, f"{path.relative_to(ADDONS)}:{node.lineno}: {name}"


def test_jobs_are_a_choice():
    """Only the glue asks for OCA queue_job; it works without."""
    for addon in OURS:
        manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
        assert ("queue_job" in manifest["depends"]) == (addon.name == "subscription_billing_queue_job")
