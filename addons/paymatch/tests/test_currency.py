from dataclasses import replace
from datetime import date
from decimal import Decimal

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..formats import records
from .common import PaymatchCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-12 12:00:00")
class TestCurrency(PaymatchCommon):
    """Sold in euro, paid out in kroner: the euro settles the invoice, the rates differ by a gain or a loss."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.env["res.currency.rate"].create(
            [
                {"currency_id": cls.euro.id, "company_id": cls.company.id, "name": day, "inverse_company_rate": rate}
                for day, rate in (("2026-03-01", 7.46), ("2026-03-12", 7.50))
            ]
        )
        cls.company.currency_exchange_journal_id = cls.provider.journal_id

    def _sold(self, amount, origin, move_type="out_invoice"):
        return self._invoice(amount, origin, move_type, currency_id=self.euro.id)

    def _payout(self, *lines, name="P1"):
        lines = tuple(replace(line, group=name) for line in lines)
        total = sum(line.net for line in lines)
        group = records.Group(name, date(2026, 3, 12), "DKK", amount=total, reference=name)
        parsed = records.Report("payout", "vipps_xml", "DKK", lines=lines, groups=(group,))
        base = {"company_id": self.company.id, "filename": name, "file_sha256": name, "format": "vipps_xml"}
        report = self.env["paymatch.report"]._create_report(base, self.provider, parsed, name, (group,), lines)
        report.action_match()
        return report

    def _line(self, kind, gross, euro, fee=0, **values):
        gross, fee = Decimal(str(gross)), Decimal(str(fee))
        return records.Line(
            kind, gross=gross, fee=fee, net=gross + fee, currency="DKK", presentment_amount=Decimal(str(euro)),
            presentment_currency="EUR", **values,
        )  # fmt: skip

    def _exchange(self):
        """What was gained (positive) or lost by the rates."""
        accounts = self.company.income_currency_exchange_account_id | self.company.expense_currency_exchange_account_id
        return -sum(self._balance(account) for account in accounts)

    def test_the_invoice_is_paid_in_its_own_currency(self):
        invoice = self._sold(100, "E1")
        report = self._payout(self._line("sale", 743, 100, fee=-10, order_reference="E1"))
        self.assertEqual(report.line_ids.match_state, "matched")
        self.assertEqual(report.line_ids.match_move_id, invoice)
        report.action_approve()
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("paid", 0))
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 733)
        self.assertEqual(self._balance(self.provider.fee_account_id), 10, "the difference of the rates is no fee")
        self.assertEqual(self._exchange(), -3)
        report.action_undo()
        self.assertEqual(invoice.amount_residual, 100)
        self.assertEqual(self._exchange(), 0)
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 0)

    def test_a_capture_in_euro_is_settled_and_the_gain_is_told_apart(self):
        clearing = self.provider.clearing_account_id
        invoice = self._sold(200, "E2")
        receivable = invoice.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        euro = {"currency_id": self.euro.id}
        capture = self.env["account.move"].create(
            {
                "journal_id": self.provider.journal_id.id,
                "date": "2026-03-02",
                "line_ids": [
                    Command.create(
                        {"account_id": clearing.id, "name": "E2", "amount_currency": 200, "balance": 1492, **euro}
                    ),
                    Command.create(
                        {
                            "account_id": receivable.account_id.id, "amount_currency": -200, "balance": -1492,
                            "partner_id": invoice.partner_id.id, **euro,
                        }
                    ),
                ],
            }
        )  # fmt: skip
        capture.action_post()
        (receivable | capture.line_ids[1]).reconcile()
        report = self._payout(self._line("sale", 1500, 200, fee=-20, order_reference="E2"))
        self.assertEqual(report.line_ids.match_item_id, capture.line_ids[0])
        report.action_approve()
        self.assertEqual(self._balance(clearing), 0)
        self.assertTrue(capture.line_ids[0].reconciled)
        self.assertEqual(self._exchange(), 8)
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 1480)

    def test_a_refund_pays_the_credit_note_beside_a_sale_in_kroner(self):
        credit_note, invoice = self._sold(40, "E3", "out_refund"), self._invoice(500, "K1")
        domestic = records.Line("sale", gross=Decimal(500), net=Decimal(500), currency="DKK", order_reference="K1")
        report = self._payout(self._line("refund", -300, -40, order_reference="E3"), domestic)
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "matched"])
        report.action_approve()
        self.assertEqual((credit_note.amount_residual, invoice.amount_residual), (0, 0))
        self.assertEqual(self._exchange(), -1.6)
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 200)

    def test_another_amount_or_currency_is_asked_about(self):
        self._sold(100, "E4")
        self._invoice(750, "K4")
        report = self._payout(
            self._line("sale", 675, 90, order_reference="E4"), self._line("sale", 750, 100, order_reference="K4")
        )
        part, wrong = report.line_ids
        self.assertEqual((part.match_state, wrong.match_state), ("proposed", "open"))
        self.assertIn("100", part.match_reason)
        self.assertIn("100", wrong.match_reason, "what the customer paid")
        part.action_accept()
        wrong._route(self.expense_account, "sold in euro, invoiced in kroner")
        report.action_approve()
        self.assertEqual(part.match_move_id.amount_residual, 10)

    def test_several_documents_of_another_currency_are_refused(self):
        moves = self._sold(60, "E5") | self._sold(40, "E6")
        report = self._payout(self._line("sale", 750, 100))
        with self.assertRaises(UserError):
            report.line_ids._decide_moves(moves, "both")
        wizard = self.env["paymatch.decide"].create({"line_ids": report.line_ids.ids})
        self.assertEqual(wizard.document_currency_id, self.euro)
        wizard.move_ids = self._invoice(750, "K5")
        with self.assertRaises(UserError):
            wizard.action_confirm()

    def test_two_sales_claim_the_same_invoice(self):
        invoice = self._sold(100, "E7")
        report = self._payout(
            self._line("sale", 750, 100, order_reference="E7", provider_reference="1"),
            self._line("sale", 750, 100, order_reference="E7", provider_reference="2"),
        )
        self.assertEqual(sorted(report.line_ids.mapped("match_state")), ["matched", "proposed"])
        self.assertEqual(report.line_ids.filtered(lambda line: line.match_state == "matched").match_move_id, invoice)
