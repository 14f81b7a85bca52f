"""The check of our own for Odoo idioms that fail silently finds each of them, and nothing in sound code."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script" / "lib"))

import idioms  # noqa: E402
import xml_format  # noqa: E402

BAD_PYTHON = [
    "class A(M):\n    _sql_constraints = [('a', 'unique(a)', 'b')]",
    "class A(M):\n    def name_get(self):\n        return []",
    "class A(M):\n    def unlink(self):\n        raise UserError('no')",
    "self.env['a'].read_group([], [], [])",
    "x = fields.Float(group_operator='sum')",
    "self.env.cr.execute(f'SELECT {x}')",
    "self.env.cr.execute('SELECT %s' % x)",
    "self.env.cr.commit()",
    "d = [('a', '<>', 1)]",
    "d = [('a', '==', 1)]",
    "from odoo.osv import expression",
    "from odoo import registry",
    "from odoo.tests.common import Form",
    "@api.multi\ndef f(self):\n    pass",
    "@http.route('/a', type='json')\ndef f(self):\n    pass",
    "def f(self):\n    return self._context",
    "a = {'view_mode': 'tree,form'}",
]
GOOD_PYTHON = """
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

class A(models.Model):
    _name = "a.b"
    _a_uniq = models.Constraint("UNIQUE (a)", "One only.")
    amount = fields.Float(aggregator="sum")

    @api.model_create_multi
    def create(self, vals_list):
        self.env.execute_query(SQL("SELECT %s", 1))
        self.env["x"]._read_group([("a", "!=", 1)], ["a"], ["a:sum"])
        return super().create(vals_list)
"""
BAD_XML = [
    '<odoo><t t-esc="a"/></odoo>',
    '<odoo><t t-raw="a"/></odoo>',
    "<odoo><tree/></odoo>",
    '<odoo><field name="a" attrs="{}"/></odoo>',
    '<odoo><div class="oe_chatter"/></odoo>',
    '<odoo><t t-name="kanban-box"/></odoo>',
    '<odoo><search><group expand="0"/></search></odoo>',
    '<odoo><field name="view_mode">tree,form</field></odoo>',
    '<odoo><record model="res.groups" id="g"><field name="category_id" ref="a"/></record></odoo>',
    '<odoo><record model="ir.cron" id="g"><field name="numbercall">-1</field></record></odoo>',
]


@pytest.mark.parametrize("source", BAD_PYTHON)
def test_bad_python_is_found(tmp_path, source):
    path = tmp_path / "models.py"
    path.write_text(source)
    assert idioms.check_python(path)


def test_sound_python_is_left_alone(tmp_path):
    path = tmp_path / "models.py"
    path.write_text(GOOD_PYTHON)
    assert idioms.check_python(path) == []


def test_format_code_may_not_import_the_orm(tmp_path):
    path = tmp_path / "formats" / "bank.py"
    path.parent.mkdir()
    path.write_text("from odoo import models")
    assert "plain Python" in idioms.check_python(path)[0]
    path.write_text("from odoo.addons.paymatch.formats.records import Report")
    assert idioms.check_python(path) == []


@pytest.mark.parametrize("source", BAD_XML)
def test_bad_xml_is_found(tmp_path, source):
    path = tmp_path / "views.xml"
    path.write_text(source)
    assert idioms.check_xml(path)


def test_broken_xml_is_a_fault_not_a_traceback(tmp_path):
    path = tmp_path / "views.xml"
    path.write_text("<odoo><a></odoo>")
    assert idioms.check_xml(path)


def test_xml_layout_is_judged_and_mended():
    bad = "<?xml version='1.0' encoding='utf-8'?>\n<odoo>\n  <data>\n\t<a/>\n      </data>\n</odoo>\n\n"
    assert list(xml_format.check(bad))
    fixed = xml_format.fix(bad)
    assert list(xml_format.check(fixed)) == []
    assert fixed.split("\n")[2] == "    <data>"
    assert fixed.split("\n")[3] == "        <a/>"


def test_xml_layout_leaves_texts_and_wrapped_attributes():
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<odoo>\n'
        "    <p>\n        Some text\n          more <b>bold</b>\n    </p>\n"
        '    <field\n        name="a"\n        help="x &gt; y"\n    />\n</odoo>\n'
    )
    assert list(xml_format.check(text)) == []
    assert xml_format.fix(text) == text
