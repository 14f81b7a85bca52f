"""A renewal paid by card in another system: invoice and payment here, and the acquirer's payout finds it by itself."""

import json
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.paymatch.tests.common import PaymatchCommon, vipps_xml


@tagged("post_install", "-at_install")
class TestRenewalPayout(PaymatchCommon):
    def test_the_payout_settles_what_the_renewal_left_on_the_clearing_account(self):
        method = self.company_data["default_journal_bank"].inbound_payment_method_line_ids[0].copy({"name": "Vipps"})
        method.payment_account_id = self.provider.clearing_account_id
        source = self.env["subscription.renewal.source"].create(
            {
                "name": "App",
                "way_ids": [(0, 0, {"code": "vipps", "kind": "paid", "payment_method_line_id": method.id})],
            }
        )
        body = {
            "key": "1", "renewal": "R-1", "stage": "captured", "currency": self.company.currency_id.name, "total": 125,
            "date": "2026-03-12", "payment": {"method": "vipps", "reference": "APP-991", "date": "2026-03-12"},
            "customer": {"number": "77", "name": "App Customer"}, "lines": [{"text": "Uge", "unit_price": 100}],
        }  # fmt: skip
        renewal, _is_new = self.env["subscription.renewal"]._receive(source.sudo(), json.dumps(body).encode())
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_arguments, **_options: 60):
            self.env["subscription.renewal"]._cron_process()
        self.assertEqual((renewal.state, renewal.move_id.amount_residual), ("invoiced", 0.0), renewal.message)
        data = vipps_xml(2000777, [("APP-991", 125, 2)], currency=self.company.currency_id.name)
        report = self.env["paymatch.report"]._import_file(data, "payout.xml", self.provider)
        report.action_match()
        line = report.line_ids.filtered(lambda line: line.line_type == "sale")
        item = renewal.payment_id.move_id.line_ids.filtered(
            lambda item: item.account_id == self.provider.clearing_account_id
        )
        self.assertEqual((line.match_state, line.match_item_id), ("matched", item), line.match_reason)
        report.action_approve()
        self.assertTrue(item.reconciled)
        self.assertEqual(renewal.move_id.amount_residual, 0.0)
