"""A subscription started once: three months later three invoices are made, drawn by Betalingsservice and closed.

Nobody touches the subscription or an invoice: the daily job bills, the month's file goes out, its answer is approved.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo.tests import TransactionCase, freeze_time, tagged

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.factories.odoo import PartnerFactory, ProductFactory  # noqa: E402
from tests.month.month import Month  # noqa: E402
from tests.simulators.betalingsservice import Betalingsservice  # noqa: E402

PBS, SUPPLIER = "01234567", "12345674"


@tagged("post_install", "-at_install")
class TestThreeMonths(TransactionCase):
    def _bill(self):
        """What the daily job does."""
        runs = self.env["subscription.billing.run"]
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_arguments, **_options: 60):
            runs._make_automatic_runs()
            runs._cron_process_runs()

    def test_three_months_are_billed_drawn_and_closed(self):
        with freeze_time("2027-01-04 10:00:00"):
            month = Month(env=self.env, today=date(2027, 4, 20))
            month.set_up()
            env = month.env
            env.company.subscription_auto_run = "post"
            creditor = env["betalingsservice.creditor"].create(
                {
                    "name": "Abonnementer",
                    "pbs_number": PBS,
                    "data_supplier_number": SUPPLIER,
                    "subsystem": "BS1",
                    "group_ids": [(0, 0, {"number": "00001", "name": "Abonnement"})],
                }
            )
            creditor.action_create_provider()
            operator = Betalingsservice(PBS, SUPPLIER, "BS1", today=date(2027, 1, 4))
            partner = PartnerFactory.create(env=env, name="Café Klit ApS", ref="1001")
            env["betalingsservice.agreement"].create(
                {"partner_id": partner.id, "group_id": creditor.group_ids.id, "state": "pending"}
            )
            operator.sign_up("1001")
            env["betalingsservice.delivery"]._import_file(operator.answer_0603(), "D1234567-603.BS1")
            terms = env["account.payment.term"].create(
                {"name": "20 dage", "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 20})]}
            )
            product = ProductFactory.create(env=env, name="Serviceaftale", list_price=400.0)
            subscription = env["subscription.subscription"].create(
                {
                    "partner_id": partner.id,
                    "date_start": date(2027, 2, 1),
                    "lead_days": 20,
                    "payment_term_id": terms.id,
                    "line_ids": [(0, 0, {"product_id": product.id})],
                }
            )
            subscription.action_start()
        states = []
        for number, first in enumerate((date(2027, 2, 1), date(2027, 3, 1), date(2027, 4, 1)), 1):
            with freeze_time(f"{first - timedelta(days=20)} 10:00:00"):
                self._bill()
                delivery = creditor._create_delivery()
                self.assertEqual(operator.receive(delivery.attachment_id.raw), 1)
                delivery.action_mark_sent()
                drawn = delivery.collection_ids.payment_date
            with freeze_time(f"{drawn + timedelta(days=1)} 10:00:00"):
                name = f"D123456{number}-602.BS1"
                answer = env["betalingsservice.delivery"]._import_file(operator.answer_0602(), name)
                self.assertEqual(answer.state, "read", answer.error_message)
                answer.report_id.action_approve()
            move = delivery.collection_ids.move_ids
            states.append((move.invoice_line_ids.start_date, move.amount_total, move.state, move.payment_state))
        self.assertEqual(
            [(str(start), total, state) for start, total, state, _payment in states],
            [(f"2027-0{number}-01", 500.0, "posted") for number in (2, 3, 4)],
        )
        self.assertTrue({payment for *_rest, payment in states} <= {"paid", "in_payment"}, states)
        self.assertEqual(subscription.invoice_count, 3)
        self.assertEqual(subscription.next_invoice_date, date(2027, 4, 11), "twenty days before May")
