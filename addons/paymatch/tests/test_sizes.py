from odoo import Command
from odoo.tests import tagged

from odoo.addons.nordic_payment_reference.formats import kid

from .common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestSizes(PaymatchCommon):
    """Files of the size of a month of a shop, and of a day of an association."""

    def _invoices(self, values):
        invoices = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_a.id,
                    "invoice_date": "2026-03-01",
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": amount, "tax_ids": [Command.clear()]})
                    ],
                    **more,
                }
                for amount, more in values
            ]
        )
        invoices._post()
        self._analyze()
        return invoices

    def _analyze(self):
        """What autovacuum does in a database at work: without it the database plans for the empty tables of a new one,
        and reading who paid these many takes minutes."""
        self.env.flush_all()
        self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile, paymatch_report_line")

    def test_a_payout_of_500_lines(self):
        """Order numbers as shops and gateways write them; ten orders are not here."""
        amounts = [100 + at % 37 for at in range(500)]
        invoices = self._invoices([(amounts[at], {"invoice_origin": f"S{at:05d}"}) for at in range(490)])
        written = ("S{:05d}", "#S{:05d}", "S{:05d}-1", "Web-S{:05d}")
        report = self._import(*((written[at % 4].format(at), amount, 1.5) for at, amount in enumerate(amounts)))
        matched = report.line_ids.filtered(lambda line: line.match_state == "matched")
        self.assertGreaterEqual(len(matched), 490)
        for line, invoice in zip(report.line_ids, invoices, strict=False):
            self.assertEqual(line.match_move_id, invoice)
        self.assertFalse(report.line_ids.filtered(lambda line: not line.match_reason), "each says why, or why not")
        self.assertFalse(report.line_ids[490:].filtered(lambda line: line.match_state == "matched"), "none is wrong")
        self.provider.park_undecided = True
        report.action_approve()
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
        self.assertEqual(self._balance(self.provider.in_transit_account_id), sum(amounts) - 750)
        self.assertEqual(self._balance(self.provider.fee_account_id), 750)
        self.assertEqual(self._balance(self.provider.clearing_account_id), -sum(amounts[490:]))

    def test_200_payment_ids_of_one_day(self):
        nok = self.env.ref("base.NOK")
        nok.active = True
        scheme = self._create_provider(self.company, name="Bank", kind="advice", format="camt054", currency_id=nok.id)
        invoices = self._invoices([(200 + at, {"currency_id": nok.id}) for at in range(200)])
        numbers = [kid.make(f"{1000000 + at}") for at in range(200)]
        for invoice, number in zip(invoices, numbers, strict=True):
            self.env.cr.execute(
                "UPDATE account_move SET payment_id_number = %s, payment_creditor_number = NULL WHERE id = %s",
                [number, invoice.id],
            )
        self.env.invalidate_all()
        parts = "".join(
            f"<TxDtls><Amt Ccy='NOK'>{200 + at}.00</Amt><RmtInf><Strd><CdtrRefInf><Ref>{number}</Ref></CdtrRefInf>"
            "</Strd></RmtInf></TxDtls>"
            for at, number in enumerate(numbers)
        )
        total = sum(200 + at for at in range(200))
        content = (
            "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.054.001.08'><BkToCstmrDbtCdtNtfctn>"
            "<GrpHdr><MsgId>1</MsgId></GrpHdr><Ntfctn><Id>1</Id>"
            f"<Ntry><Amt Ccy='NOK'>{total}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><Dt>2026-03-12</Dt></BookgDt><NtryDtls>{parts}</NtryDtls></Ntry>"
            "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
        ).encode()
        report = self.env["paymatch.report"]._import_file(content, "camt054.xml", scheme)
        self.assertEqual(report.line_ids.mapped("match_move_id.id"), invoices.ids)
        self.assertEqual(report.state, "to_approve")
        report.action_approve()
        self.assertEqual(len(report.move_ids), 1)
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
        self.assertEqual(report.movement_ids.mapped("amount"), [float(total)])
