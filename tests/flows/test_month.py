"""The month of a Danish company across all addons; every control at its end is zero."""

import sys
from datetime import date
from pathlib import Path

from odoo.tests import HttpCase, TransactionCase, freeze_time, tagged

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.factories.odoo import InvoiceFactory, PartnerFactory  # noqa: E402
from tests.month import payments, scenario  # noqa: E402
from tests.month.month import Month  # noqa: E402
from tests.simulators.dinero import DineroSimulator  # noqa: E402


@tagged("post_install", "-at_install")
class TestMonth(TransactionCase):
    def test_month_ends_with_every_control_at_zero(self):
        with DineroSimulator() as simulator:
            lines = scenario.walk(self.env, date.today(), simulator, say=lambda text: None)
        controls = [line for line in lines if "difference" in line]
        self.assertTrue(controls)
        self.assertEqual([line for line in controls if "difference 0,00" not in line], [])

    def test_month_that_ends_a_year_and_begins_on_a_holiday(self):
        """December walked from January: the first of the month after is no banking day."""
        with DineroSimulator() as simulator, freeze_time("2027-01-20"):
            lines = scenario.walk(self.env, date(2027, 1, 20), simulator, say=lambda text: None)
        self.assertTrue(lines)


@tagged("post_install", "-at_install")
class TestMonthPrint(HttpCase):
    def test_printed_invoice_shows_the_line_payers_type(self):
        month = Month(env=self.env, today=date.today())
        month.set_up()
        payments.prepare(month)
        partner = PartnerFactory.create(env=month.env)
        move = InvoiceFactory.create(env=month.env, partner_id=partner.id, invoice_date=date.today())
        move.action_post()
        with self.allow_pdf_render():
            pdf = payments.check_pdf(month, move)
        self.assertTrue(pdf.startswith(b"%PDF"))
