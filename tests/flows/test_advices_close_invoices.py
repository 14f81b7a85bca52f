"""Every file of a bank or scheme that tells of payments closes the invoices whose references it names. Third-party
samples lie beside the repository; equivalents of our own stand in it."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.paymatch import formats
from odoo.addons.paymatch.models.paymatch_report_index import several_ids_of
from odoo.addons.paymatch.tests.common import PaymatchCommon

from tests.month import bank_files

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "payment-formats"
IBAN = "DK5000400440116243"


@tagged("post_install", "-at_install")
class TestAdvicesCloseInvoices(PaymatchCommon):
    def _closes(self, content, filename):
        """Invoices for all that was paid with a reference: after the approval none of them is open.

        :return: ``(lines with a reference, lines without)``
        """
        parsed = formats.parse(content, filename)
        self.assertFalse(parsed.faults())
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", parsed.currency)])
        currency.active = True
        provider = self._create_provider(
            self.company, name=filename, kind="advice", format=parsed.format, currency_id=currency.id
        )
        named = [line for line in parsed.lines if line.payment_id and line.gross > 0 and line.moves_money()]
        due = Counter()
        for line in named:
            references = several_ids_of(line) or [line.payment_id]
            share = line.gross // len(references)
            for at, reference in enumerate(references):  # none like another, and all of them the whole
                amount = share + at if at < len(references) - 1 else line.gross
                due[reference, line.creditor_number] += amount
                line = replace(line, gross=line.gross - amount)
        invoices = self.env["account.move"]
        for (reference, creditor), amount in due.items():
            invoice = self._invoice(float(amount), currency_id=currency.id)
            self.env.cr.execute(
                "UPDATE account_move SET payment_id_number = %s, payment_creditor_number = %s WHERE id = %s",
                [reference, creditor or None, invoice.id],
            )
            invoices |= invoice
        self.env.invalidate_all()
        report = self.env["paymatch.report"]._import_file(content, filename, provider)
        report.action_match()
        by_reference = report.line_ids.filtered(lambda line: line.payment_id and line.gross_amount > 0)
        self.assertEqual(set(by_reference.mapped("match_state")), {"matched"}, by_reference.mapped("match_reason"))
        # what the file gives no reference for stays to be decided
        provider.write({"park_undecided": True, "clearing_account_id": self.provider.clearing_account_id.id})
        report.action_approve()
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"}, [one.amount_residual for one in invoices])
        self.assertEqual(
            Decimal(str(report.net_amount)).quantize(Decimal("0.01")), parsed.total().quantize(Decimal("0.01"))
        )
        return len(named), len(parsed.lines) - len(named)

    def _sample(self, *path):
        file = SAMPLES.joinpath(*path)
        if not file.exists():
            self.skipTest(f"{file.name} is not beside this checkout")
        return self._closes(file.read_bytes(), file.name)

    def test_norwegian_ocr_giro(self):
        self.assertEqual(self._sample("no-netsgiro", "ocr_giro_transactions.txt"), (20, 0))

    def test_swedish_bgmax(self):
        """One payment names several invoices, one more in its text; a deduction and one without reference stay."""
        named = self._sample("se-bgmax", "bankgirot_exempelfil_ocr-kontroll_checksiffra_langd_sv.txt")
        self.assertEqual(named, (5, 2))

    def test_smallest_bgmax(self):
        self.assertEqual(self._sample("se-bgmax", "barsoom_minimal.txt"), (1, 0))

    def test_danish_fi_by_camt054(self):
        payments = [
            {"id": f"P{number}", "amount": f"{100 + number}.50", "reference": reference, "name": f"Kunde {number}"}
            for number, reference in enumerate(("000000000010033", "000000000010041", "000000000010058"), 1)
        ]
        content = bank_files.camt054(77, IBAN, date(2026, 3, 12), payments)
        self.assertEqual(self._closes(content, "camt054.xml"), (3, 0))
