from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import formats
from ..models.paymatch_report_import import PaymatchReport as ImportModel
from .common import OwnAdvice, PaymatchCommon


@tagged("post_install", "-at_install")
class TestAdvice(PaymatchCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        formats.register(OwnAdvice)
        cls.addClassCleanup(formats.FORMATS.pop, OwnAdvice.code, None)
        cls.scheme = cls._create_provider(cls.company, name="Scheme", kind="advice", format="ocr_giro")

    def _advice(self, *rows, name="advice.txt"):
        content = "\n".join(["OWN-ADVICE", *rows]).encode()
        with patch.object(ImportModel, "_detect_format", lambda self, content, filename, provider: OwnAdvice.code):
            return self.env["paymatch.report"]._import_file(content, name, self.scheme)

    def test_paid_and_rejected(self):
        paid, rejected = self._invoice(100, "F1"), self._invoice(70, "F2")
        report = self._advice("F1;100.00;paid;2026-03-02", "F2;70.00;rejected;2026-03-02")
        self.assertEqual(report.state, "to_approve")
        self.assertEqual(report.line_ids[1].match_move_id, rejected)
        self.assertIn("stays open", report.line_ids[1].match_reason)
        self.assertFalse(report.line_ids[1].movement_id)
        called = []
        with patch.object(
            type(report.line_ids), "_advice_outcome", lambda line: called.append((line.own_reference, line.outcome))
        ):
            report.action_approve()
        self.assertEqual(called, [("F1", "paid"), ("F2", "rejected")])
        self.assertEqual(paid.payment_state, "paid")
        self.assertEqual(rejected.payment_state, "not_paid")
        self.assertEqual(self._balance(self.scheme.in_transit_account_id), 100)

    def test_one_entry_and_one_bank_movement_per_booking_date_and_direction(self):
        for number in ("F1", "F2", "F3"):
            self._invoice(100, number)
        report = self._advice("F1;100.00;paid;2026-03-02", "F2;100.00;paid;2026-03-02", "F3;100.00;paid;2026-03-03")
        self.assertEqual(report.movement_ids.mapped("amount"), [200.0, 100.0])
        report.action_approve()
        self.assertEqual(report.move_ids.sorted("date").mapped("date"), [date(2026, 3, 2), date(2026, 3, 3)])
        self._bank_line(200, "Indbetalinger", date(2026, 3, 2))
        self.assertEqual(report.state, "approved")
        self._bank_line(100, "Indbetalinger", date(2026, 3, 3))
        self.assertEqual(report.state, "banked")

    def test_charge_back_opens_the_invoice_again(self):
        invoice = self._invoice(100, "F1")
        first = self._advice("F1;100.00;paid;2026-03-02")
        first.action_approve()
        self.assertEqual(invoice.payment_state, "paid")
        second = self._advice("F1;100.00;charged_back;2026-03-05", name="second.txt")
        line = second.line_ids
        self.assertEqual(line.match_state, "matched")
        self.assertEqual(line.match_move_id, invoice)
        self.assertEqual(second.movement_ids.direction, "out")
        second.action_approve()
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(invoice.amount_residual, 100)
        self.assertTrue(line.match_item_id.reconciled)
        self.assertEqual(self._balance(self.scheme.in_transit_account_id), 0)
        with self.assertRaisesRegex(UserError, "charged back by"):
            first.action_undo()
        second.action_undo()
        self.assertEqual(invoice.payment_state, "paid")
        first.action_undo()
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_charge_back_without_payment_stays_open(self):
        self._invoice(100, "F1")
        report = self._advice("F1;100.00;charged_back;2026-03-05")
        self.assertEqual(report.line_ids.match_state, "open")
        self.assertEqual(report.state, "matched")

    def test_only_rejected_moves_nothing(self):
        self._invoice(100, "F1")
        report = self._advice("F1;100.00;rejected;2026-03-05")
        report.action_approve()
        self.assertEqual(report.state, "banked")
        self.assertFalse(report.move_ids)

    def test_references_are_found_in_the_text(self):
        slip, named = self._invoice(100, "X"), self._invoice(70, "Y")
        self.env.cr.execute("UPDATE account_move SET payment_id_number = '026840149965328' WHERE id = %s", [slip.id])
        self.env.invalidate_all()
        provider = self._create_provider(self.company, name="Bank", kind="advice", format="camt054")
        entries = "".join(
            f"<Ntry><Amt Ccy='DKK'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt>"
            f"<Dt>2026-03-0{at}</Dt></BookgDt><NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls>"
            "</Ntry>"
            for at, (amount, text) in enumerate(
                (("100.00", "+71&lt;026840149965328+80882939&lt;"), ("70.00", f"Betaling {named.name}, tak")), 1
            )
        )
        content = (
            "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.054.001.08'><BkToCstmrDbtCdtNtfctn>"
            f"<GrpHdr><MsgId>1</MsgId></GrpHdr><Ntfctn><Id>1</Id>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
        ).encode()
        report = self.env["paymatch.report"]._import_file(content, "camt054.xml", provider)
        self.assertEqual(report.line_ids.match_move_id, slip | named)
        self.assertEqual(set(report.line_ids.mapped("match_state")), {"matched"})
        report.action_approve()
        self.assertEqual(slip.payment_state, "paid")
        self.assertEqual(len(report.move_ids), 2)

    def test_payment_id_closes_the_invoice_even_in_part(self):
        invoice = self._invoice(100, "X")
        self.env.cr.execute("UPDATE account_move SET payment_id_number = '1234567897' WHERE id = %s", [invoice.id])
        invoice.invalidate_recordset()
        rows = ["NY000010000080800170031" + "00010200", "NY090020001008566000000299991042764"]
        rows.append(f"NY091030{1:07d}120326132010146400{4000:016d}{'1234567897':>25}")
        rows.append(f"NY091031{1:07d}{'':0<26}120326")
        rows.append(f"NY090088{1:08d}{4:08d}{4000:017d}120326120326120326")
        rows.append(f"NY000089{1:08d}{6:08d}{4000:017d}120326")
        content = "\n".join(row.ljust(80, "0") for row in rows).encode()
        nok = self.env.ref("base.NOK")
        nok.active = True
        self.scheme.currency_id = nok
        report = self.env["paymatch.report"]._import_file(content, "ocr.txt", self.scheme)
        self.assertEqual(report.state, "matched")  # the invoice is in DKK: never matched across currencies
        self.assertEqual(report.line_ids.match_state, "open")
        norwegian = self._invoice(100, "Y", currency_id=nok.id)
        self.env.cr.execute("UPDATE account_move SET payment_id_number = NULL WHERE id = %s", [invoice.id])
        self.env.cr.execute("UPDATE account_move SET payment_id_number = '1234567897' WHERE id = %s", [norwegian.id])
        self.env.invalidate_all()
        report.action_match()
        self.assertEqual(report.line_ids.match_state, "matched")
        self.assertIn("part payment", report.line_ids.match_reason)
        report.action_approve()
        self.assertEqual(norwegian.amount_residual, 60)
