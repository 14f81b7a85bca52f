"""What the bookkeeper sees in the morning, and what the log of an invoice tells."""

from ast import literal_eval
from datetime import datetime, timedelta
from unittest.mock import patch

from lxml import etree

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import InvoiceStatusCommon


@tagged("post_install", "-at_install")
class TestFaces(InvoiceStatusCommon):
    def _filter(self, name):
        """The domain of a filter of the customer invoices' search."""
        view = self.env.ref("account.view_account_invoice_filter")
        arch = self.env["account.move"].get_view(view.id, "search")["arch"]
        return literal_eval(etree.fromstring(arch).find(f".//filter[@name='{name}']").get("domain"))

    def test_overdue_this_morning_in_list_kanban_and_filter(self):
        """Due yesterday; the clock has run, nobody has opened the invoice."""
        self.company_data["company"].partner_id.tz = "Europe/Copenhagen"
        evening = datetime.combine(self.today, datetime.min.time()) + timedelta(hours=18)
        with freeze_time(evening):
            invoice, other = self._invoice(due_in=0), self._invoice(due_in=5)
        progress = patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=600)
        with freeze_time(evening + timedelta(hours=12)), progress:
            self.env["account.move"]._cron_update_overdue()
            found = self.env["account.move"].search(
                [*self._filter("invoice_status_overdue"), ("id", "in", (invoice | other).ids)]
            )
        self.assertEqual(found, invoice)
        for xmlid, kind in (("account.view_out_invoice_tree", "list"), ("account.view_account_move_kanban", "kanban")):
            arch = self.env["account.move"].get_view(self.env.ref(xmlid).id, kind)["arch"]
            shown = etree.fromstring(arch).findall(".//field[@name='invoice_status_state']")
            self.assertTrue(any(field.get("optional") != "hide" for field in shown), kind)

    def test_the_log_of_one_invoice(self):
        """Draft, posted, sent, overdue and paid by a bank line: each with its time and what caused it."""
        self.company_data["company"].partner_id.tz = "Europe/Copenhagen"
        progress = patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=600)
        with freeze_time("2026-10-01 07:02:00"):
            invoice = self.init_invoice("out_invoice", invoice_date="2026-10-01", amounts=[1000.0])
            invoice.invoice_payment_term_id = False
            invoice.invoice_date_due = "2026-10-31"
        with freeze_time("2026-10-01 07:04:00"):
            invoice.action_post()
        with freeze_time("2026-10-01 07:05:00"):
            invoice.is_move_sent = True
            self.env.flush_all()
        with freeze_time("2026-10-31 23:05:00"), progress:  # 1 November, 00:05 in Denmark
            self.env["account.move"]._cron_update_overdue()
        with freeze_time("2026-11-03 13:10:00"):
            line = self._bank_line(invoice, "2026-11-03", "Invoice 17")
        rows = invoice.invoice_status_log_ids.sorted("id")
        self.assertEqual(
            [(str(row.date), row.state_from, row.state_to, row.cause) for row in rows],
            [
                ("2026-10-01 07:02:00", False, "draft", "user"),
                ("2026-10-01 07:04:00", "draft", "awaiting", "user"),
                ("2026-10-01 07:05:00", "not_sent", "sent", "user"),
                ("2026-10-31 23:05:00", "awaiting", "overdue", "clock"),
                ("2026-11-03 13:10:00", "overdue", "paid", "bank_line"),
            ],
        )
        self.assertEqual(rows[-1].source, f"{line.move_id.name} Invoice 17")
        self.assertEqual(rows[0].user_id, self.env.user)

    def _bank_line(self, invoice, date, text):
        """A line of a bank statement matched with the whole of ``invoice``."""
        journal = self.company_data["default_journal_bank"]
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "date": date,
                "payment_ref": text,
                "partner_id": invoice.partner_id.id,
                "amount": invoice.amount_total,
            }
        )
        receivable = invoice.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        suspense = line.move_id.line_ids.filtered(lambda item: item.account_id == journal.suspense_account_id)
        line.move_id.with_context(force_delete=True, skip_readonly_check=True).write(
            {"line_ids": [Command.update(suspense.id, {"account_id": receivable.account_id.id})]}
        )
        (suspense | receivable).reconcile()
        return line
