from datetime import date, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestPayout(PaymatchCommon):
    def test_payout_is_matched_posted_and_closes_its_invoices(self):
        first, second = self._invoice(1250, "S00012"), self._invoice(624.5, "S00013")
        report = self._import(("S00012", 1250, 12.5), ("#S00013", 624.5, 6.25))
        self.assertEqual(report.state, "to_approve")
        self.assertEqual(report.line_ids.match_move_id, first | second)
        self.assertIn("S00012", report.line_ids[0].match_reason)
        report.action_approve()
        self.assertRecordValues(
            report,
            [
                {
                    "state": "approved",
                    "sale_amount": 1874.5,
                    "fee_amount": -18.75,
                    "net_amount": 1855.75,
                    "declared_amount": 1855.75,
                    "difference": 0.0,
                    "is_payout_booked": True,
                    "is_payout_settled": False,
                }
            ],
        )
        move = report.move_id
        self.assertEqual(move.date, date(2026, 3, 12))
        self.assertEqual(first.payment_state, "paid")
        self.assertEqual(second.payment_state, "paid")
        items = {
            item.account_id: item.balance for item in move.line_ids if item.account_id != first.line_ids.account_id
        }
        self.assertEqual(items[self.provider.in_transit_account_id], 1855.75)
        self.assertEqual(items[self.provider.fee_account_id], 18.75)
        receivable = move.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        self.assertEqual(sorted(receivable.mapped("balance")), [-1250.0, -624.5])
        self.assertFalse(move.line_ids.filtered(lambda item: item.account_id == self.bank_journal.default_account_id))

    def test_status_log_names_the_report(self):
        invoice = self._invoice(100, "S1")
        self._import(("S1", 100, 1)).action_approve()
        log = invoice.invoice_status_log_ids.filtered(lambda entry: entry.state_to == "paid")
        self.assertEqual(log.cause, "payment")
        self.assertIn("2000101", log.source)

    def test_approving_twice_posts_once(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        report.action_approve()
        self.assertEqual(len(report.move_ids), 1)

    def test_the_database_refuses_a_second_entry(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["account.move"].create(
                {"move_type": "entry", "paymatch_key": report.move_id.paymatch_key, "line_ids": []}
            ).flush_recordset()

    def test_killed_in_the_middle_leaves_nothing_and_can_be_done_again(self):
        invoice = self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        before = self.env["account.move"].search_count([])
        for method in ("_reconcile_parts", "_after_approve"):
            with (
                self.assertRaises(RuntimeError),
                patch.object(type(report), method, side_effect=RuntimeError("killed")),
                self.env.cr.savepoint(),
            ):
                report.action_approve()
            self.env.invalidate_all()
            self.assertEqual(self.env["account.move"].search_count([]), before)
            self.assertEqual(report.state, "to_approve")
            self.assertEqual(invoice.payment_state, "not_paid")
        report.action_approve()
        self.assertEqual(len(report.move_ids), 1)
        self.assertEqual(invoice.payment_state, "paid")

    def test_double_payment_stays_visible(self):
        self._invoice(100, "S1")
        first = self._import(("S1", 100, 1))
        first.action_approve()
        second = self._import(("S1", 100, 1), number=2000102)
        self.assertEqual(second.state, "matched")
        self.assertEqual(second.line_ids.match_state, "open")
        self.assertIn("already paid by 2000101", second.line_ids.match_reason)
        with self.assertRaisesRegex(UserError, "undecided"):
            second.action_approve()

    def test_double_payment_in_one_report_and_before_posting(self):
        invoice = self._invoice(100, "S1")
        report = self._import(("S1", 100, 1), ("S1", 100, 1))
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "open"])
        self.assertIn("already paid by 2000101 line 1", report.line_ids[1].match_reason)
        self.assertIn("already paid by 2000101 line 1", report.undecided_text)
        other = self._import(("S1", 100, 1), number=2000102)
        self.assertEqual(other.line_ids.match_state, "open")
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_an_invoice_paid_meanwhile_is_not_paid_again(self):
        invoice = self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        self._register_payment(invoice)
        with self.assertRaisesRegex(UserError, "Match again"):
            report.action_approve()
        report.action_match()
        self.assertEqual(report.line_ids.match_state, "open")

    def test_ambiguous_is_never_decided(self):
        first, second = self._invoice(100, "S1"), self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        self.assertEqual(report.line_ids.match_state, "ambiguous")
        self.assertEqual(report.line_ids.candidate_ids, first | second)
        self.assertIn(first.name, report.line_ids.match_reason)
        self.assertIn(second.name, report.line_ids.match_reason)
        report.line_ids._decide_move(second, "the customer says so")
        self.assertEqual(report.state, "to_approve")
        report.action_approve()
        self.assertEqual(second.payment_state, "paid")
        self.assertEqual(first.payment_state, "not_paid")

    def test_another_amount_is_proposed(self):
        invoice = self._invoice(120, "S1")
        report = self._import(("S1", 100, 1))
        self.assertEqual(report.line_ids.match_state, "proposed")
        report.line_ids.action_accept()
        report.action_approve()
        self.assertEqual(invoice.amount_residual, 20)

    def test_only_invoice_of_the_amount_is_proposed_not_matched(self):
        invoice = self._invoice(77.77, "S1")
        report = self._import(("unknown", 77.77, 1))
        self.assertEqual(report.line_ids.match_state, "proposed")
        self.assertEqual(report.line_ids.match_move_id, invoice)

    def test_refund_pays_an_open_credit_note(self):
        self._invoice(1250, "S00012")
        credit_note = self._invoice(250, "S00012", "out_refund")
        report = self._import(("S00012", 1250, 12.5), ("S00012", -250, 0))
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "matched"])
        self.assertEqual(report.line_ids[1].match_move_id, credit_note)
        report.action_approve()
        self.assertEqual(credit_note.amount_residual, 0)
        self.assertEqual(credit_note.invoice_status_state, "paid")
        self.assertEqual(report.net_amount, 987.5)

    def test_sale_and_refund_when_the_credit_note_is_set_off_already(self):
        """Core sets a credit note off against its unpaid invoice; the acquirer still tells of both amounts."""
        invoice = self._invoice(1250, "S00012")
        self._invoice(250, False, "out_refund", reversed_entry_id=invoice.id)
        self.assertEqual(invoice.amount_residual, 1000)
        report = self._import(("S00012", -250, 0), ("S00012", 1250, 12.5))
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "matched"])
        report.action_approve()
        self.assertEqual(invoice.amount_residual, 0)
        items = report.move_id.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        self.assertEqual(items.mapped("reconciled"), [True, True])

    def test_refund_in_a_later_payout_returns_what_was_paid_too_much(self):
        invoice = self._invoice(1250, "S00012")
        self._invoice(250, False, "out_refund", reversed_entry_id=invoice.id)
        first = self._import(("S00012", 1250, 12.5))
        self.assertEqual(first.line_ids.match_state, "matched")
        self.assertIn("until the refund", first.line_ids.match_reason)
        first.action_approve()
        second = self._import(("S00012", -250, 0), number=2000102)
        self.assertEqual(second.line_ids.match_state, "matched")
        self.assertIn("2000101", second.line_ids.match_reason)
        second.action_approve()
        items = (first | second).move_ids.line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(items.mapped("reconciled"), [True, True])
        third = self._import(("S00012", -250, 0), number=2000103)
        self.assertEqual(third.line_ids.match_state, "open")

    def test_refund_without_credit_note_asks_for_one(self):
        self._invoice(1250, "S00012")
        report = self._import(("S00012", 1250, 12.5), ("S00012", -250, 0))
        self.assertEqual(report.line_ids[1].match_state, "open")
        self.assertIn("credit note", report.line_ids[1].match_reason)

    def test_unknown_minus_45_must_be_routed_with_a_reason(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1), ("", -45, 0))
        self.assertEqual(report.state, "matched")
        with self.assertRaisesRegex(UserError, "45,00"):
            report.action_approve()
        line = report.line_ids[1]
        with self.assertRaisesRegex(UserError, "why"):
            line._route(self.expense_account, " ")
        wizard = self.env["paymatch.decide"].create(
            {
                "line_ids": [Command.set(line.ids)],
                "decision": "account",
                "account_id": self.expense_account.id,
                "reason": "Terminal, bill to come",
            }
        )
        wizard.action_confirm()
        report.action_approve()
        item = report.move_id.line_ids.filtered(lambda aml: aml.account_id == self.expense_account)
        self.assertEqual(item.balance, 45)
        self.assertIn("Terminal", item.name)

    def test_undecided_can_be_parked_on_the_clearing_account(self):
        self.provider.park_undecided = True
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1), ("", -45, 0))
        self.assertEqual(report.state, "to_approve")
        report.action_approve()
        item = report.move_id.line_ids.filtered(lambda aml: aml.account_id == self.provider.clearing_account_id)
        self.assertEqual(item.balance, 45)
        self.assertFalse(item.reconciled)
        self.assertIn("Undecided", item.name)
        action = self.env["paymatch.provider"].action_open_control()
        items = self.env["account.move.line"].search(action["domain"])
        self.assertIn(item, items)

    def test_parked_lines_are_decided_later(self):
        self.provider.park_undecided = True
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1), ("", -45, 0), ("X9", 80, 0), ("S1", 100, 1))
        report.action_approve()
        clearing = self.provider.clearing_account_id
        self.assertEqual(self._balance(clearing), -135)
        unknown, late, double = report.line_ids[1:]
        unknown._route(self.expense_account, "Terminal, bill to come")
        invoice = self._invoice(80, "X9")
        late._decide_move(invoice, "the order came later")
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self._balance(clearing), -100)
        self.assertTrue(unknown.item_id.reconciled)
        self.assertTrue(late.item_id.reconciled)
        self.assertFalse(double.item_id.reconciled)
        with self.assertRaisesRegex(UserError, "approved and posted"):
            unknown._route(self.expense_account, "again")
        report.action_undo()
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(self._balance(clearing), 0)
        self.assertEqual(self._balance(self.expense_account), 0)
        report.action_approve()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self._balance(self.expense_account), 45)

    def test_control_list_equals_the_accounts(self):
        self.provider.park_undecided = True
        self._invoice(100, "S1")
        self._import(("S1", 100, 1), ("", -45, 0)).action_approve()
        items = self.env["account.move.line"].search(self.env["paymatch.provider"].action_open_control()["domain"])
        for account in (self.provider.clearing_account_id, self.provider.in_transit_account_id):
            listed = sum(items.filtered(lambda aml, acc=account: aml.account_id == acc).mapped("amount_residual"))
            self.assertEqual(self.company.currency_id.round(listed), self._balance(account))

    def test_a_capture_on_the_clearing_account_is_settled_there(self):
        invoice = self._invoice(1250, "S00012")
        receivable = invoice.line_ids.filtered(lambda aml: aml.account_id.account_type == "asset_receivable")
        capture = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-05",
                "line_ids": [
                    Command.create(
                        {"account_id": self.provider.clearing_account_id.id, "debit": 1250, "name": "S00012"}
                    ),
                    Command.create(
                        {"account_id": receivable.account_id.id, "credit": 1250, "partner_id": self.partner_a.id}
                    ),
                ],
            }
        )
        capture.action_post()
        (capture.line_ids.filtered(lambda aml: aml.account_id == receivable.account_id) | receivable).reconcile()
        report = self._import(("S00012", 1250, 12.5))
        item = capture.line_ids.filtered(lambda aml: aml.account_id == self.provider.clearing_account_id)
        self.assertEqual(report.line_ids.match_item_id, item)
        report.action_approve()
        self.assertTrue(item.reconciled)
        self.assertEqual(self._balance(self.provider.clearing_account_id), 0)

    def test_undo_reverses_in_an_open_period_and_opens_the_invoice(self):
        invoice = self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        entry = report.move_id
        report.action_undo()
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(report.state, "to_approve")
        self.assertEqual(len(report.move_ids), 2)
        reversal = report.move_ids - entry
        self.assertEqual(reversal.reversed_entry_id, entry)
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 0)
        report.action_approve()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(len(report.move_ids), 3)

    def test_undo_is_refused_where_the_period_is_closed(self):
        invoice = self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        self.company.fiscalyear_lock_date = report.move_id.date
        with self.assertRaisesRegex(UserError, report.move_id.name):
            report.action_undo()
        self.assertEqual((report.is_approved, invoice.payment_state), (True, "paid"))
        self.company.fiscalyear_lock_date = report.move_id.date - timedelta(days=1)
        report.action_undo()
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_the_entry_cannot_be_set_to_draft(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        with self.assertRaisesRegex(UserError, "Undo the approval"):
            report.move_id.button_draft()
        with self.assertRaisesRegex(UserError, "Undo the approval"):
            report.move_id._reverse_moves(cancel=True)
        with self.assertRaisesRegex(UserError, "Undo the approval"):
            # what a client may put into the context
            report.move_id.with_context(paymatch_undo=True).button_draft()
        with self.assertRaisesRegex(UserError, "undo the approval"):
            report.unlink()

    def test_closed_period_moves_the_entry_to_the_first_open_day(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        report.action_approve()
        self.assertEqual(report.move_id.date, date(2026, 3, 31) + timedelta(days=1))

    def test_fee_tax_with_an_amount_is_refused(self):
        taxes = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("type_tax_use", "=", "purchase"), ("amount", "=", 25)]
        )
        plain = taxes.filtered(
            lambda tax: sum(
                tax.invoice_repartition_line_ids.filtered(lambda part: part.repartition_type == "tax").mapped(
                    "factor_percent"
                )
            )
        )[:1]
        if plain:
            with self.assertRaisesRegex(UserError, "adds VAT"):
                self.provider.fee_tax_id = plain

    def test_exempt_fee_carries_its_tax_and_still_balances(self):
        tax = self.env["account.tax"].create(
            {"name": "Exempt", "amount": 0, "type_tax_use": "purchase", "company_id": self.company.id}
        )
        self.provider.fee_tax_id = tax
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        fee = report.move_id.line_ids.filtered(lambda aml: aml.account_id == self.provider.fee_account_id)
        self.assertEqual(fee.tax_ids, tax)
        self.assertEqual(report.fee_treatment, "Exempt")

    def test_approving_many_does_not_stop_at_a_bad_one(self):
        self._invoice(100, "S1")
        good, bad = self._import(("S1", 100, 1)), self._import(("", -45, 0), number=2000102)
        action = (bad | good).action_approve()
        self.assertEqual((good.state, bad.state), ("approved", "matched"))
        self.assertIn("2000102", action["params"]["message"])

    def test_amounts_of_the_file_cannot_be_changed(self):
        report = self._import(("S1", 100, 1))
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            report.line_ids.write({"gross_amount": 200})
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            report.line_ids.unlink()

    def test_the_form_opens_and_takes_a_fee_by_hand(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        with Form(report) as form, form.line_ids.new() as line:
            line.line_type = "fee"
            line.gross_amount = -5
        self.assertEqual(report.difference, -5)
        self.assertEqual(report.line_ids[-1].match_state, "routed")
        with self.assertRaisesRegex(UserError, "add up"):
            report.action_approve()
        report.line_ids[-1].unlink()
        report.action_approve()
        Form(report)
        Form(self.provider)

    def test_foreign_currency_balances(self):
        currency = self.env.ref("base.NOK")
        currency.active = True
        self.env["res.currency.rate"].create(
            {"name": "2026-01-01", "currency_id": currency.id, "rate": 1.5537, "company_id": self.company.id}
        )
        provider = self._create_provider(self.company, name="Vipps NO", currency_id=currency.id)
        invoices = [
            self._invoice(amount, f"N{at}", currency_id=currency.id) for at, amount in enumerate((33.33, 66.67))
        ]
        report = self._import(
            ("N0", 33.33, 0.33), ("N1", 66.67, 0.67), number=7, provider=provider, currency="NOK", serial="777"
        )
        report.action_approve()
        self.assertEqual([invoice.payment_state for invoice in invoices], ["paid", "paid"])
        transit = report.move_id.line_ids.filtered(lambda aml: aml.account_id == provider.in_transit_account_id)
        self.assertEqual(transit.amount_currency, 99.0)
