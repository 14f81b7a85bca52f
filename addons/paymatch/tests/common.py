from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from odoo import Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .. import formats
from ..formats import records

PAYOUT_DATE = date(2026, 3, 12)
VIPPS = "http://vipps.no/xmlschema/SettlementReport-3.0.xsd"


def vipps_xml(number, lines, settled=None, serial="123456", day=PAYOUT_DATE, currency="DKK"):
    """A small settlement: ``lines`` are (order, amount, fee) or (order, amount, fee, transaction id)."""
    rows, net = [], Decimal(0)
    for at, (order, amount, fee, *transaction) in enumerate(lines, 1):
        amount, fee = Decimal(str(amount)), Decimal(str(fee))
        net += amount - fee
        rows.append(
            f"<TransactionInfo><TransactionTime>{day}T12:00:00+01:00</TransactionTime>"
            f"<TransactionGrossAmount>{amount:.2f}</TransactionGrossAmount>"
            f"<TransactionNetAmount>{amount - fee:.2f}</TransactionNetAmount>"
            f"<TransactionFeeAmount>{fee:.2f}</TransactionFeeAmount>"
            f"<TransactionID>{transaction[0] if transaction else int(number) * 100 + at}</TransactionID>"
            f"<OrderID>{escape(order)}</OrderID></TransactionInfo>"
        )
    return (
        f"<SettlementReport xmlns='{VIPPS}'><SettlementDetailsInfo><SerialNumber>{serial}</SerialNumber><PaymentsInfo>"
        f"<ReportDateFrom>{day}</ReportDateFrom><ReportDateTo>{day}</ReportDateTo><NumOfSettlements>1</NumOfSettlements>"
        f"<SettlementInfo><SettlementDate>{day}</SettlementDate><SettlementID>{number}</SettlementID>"
        f"<SettlementCurrencyCode>{currency}</SettlementCurrencyCode><SettlementType>Net</SettlementType>{''.join(rows)}"
        f"<SettledAmount>{net if settled is None else Decimal(str(settled)):.2f}</SettledAmount></SettlementInfo>"
        f"</PaymentsInfo></SettlementDetailsInfo></SettlementReport>"
    ).encode()


def camt053(payout="2000101"):
    """A bank statement with one line of 99.00 that names the payout."""
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>"
        "</GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>DK5000400440116243</IBAN></Id></Acct>"
        "<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='DKK'>10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        "<Dt><Dt>2026-03-11</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>"
        "<Amt Ccy='DKK'>109.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-13</Dt></Dt></Bal>"
        "<Ntry><Amt Ccy='DKK'>99.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        "<BookgDt><Dt>2026-03-13</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>"
        f"<AddtlNtryInf>Utbet. {payout} Vippsnr 123456</AddtlNtryInf></Ntry></Stmt></BkToCstmrStmt></Document>"
    ).encode()


class OwnAdvice:
    """A scheme's answer file as another addon would register it: ``reference;amount;outcome;date`` per line."""

    code = "own_advice"
    kind = "advice"

    @staticmethod
    def detect(data, filename=""):
        return data.startswith(b"OWN-ADVICE")

    @classmethod
    def parse(cls, data, filename=""):
        lines = []
        for at, row in enumerate(data.decode().splitlines()[1:], 2):
            try:
                reference, amount, outcome, day = row.split(";")
            except ValueError:
                raise formats.FormatError(at, "record", "four fields are needed") from None
            amount = Decimal(amount)
            moves = outcome in ("paid", "charged_back")
            signed = (-amount if outcome == "charged_back" else amount) if moves else Decimal(0)
            lines.append(
                records.Line(
                    line_type="refund" if signed < 0 else "sale",
                    gross=signed,
                    net=signed,
                    currency="DKK",
                    line_number=at,
                    own_reference=reference,
                    payer_number="42",
                    agreement_number="000000007",
                    outcome=outcome,
                    requested_amount=amount,
                    booking_date=date.fromisoformat(day) if moves else None,
                )
            )
        grouped, groups = records.group_by_booking(lines)
        return records.Report("advice", cls.code, "DKK", grouped, groups, reference=filename)


class PaymatchCommon(AccountTestInvoicingCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.bank_journal = cls.company_data["default_journal_bank"]
        cls.provider = cls._create_provider(cls.company)
        cls.expense_account = cls.company_data["default_account_expense"]

    @classmethod
    def _create_provider(cls, company, **values):
        provider = (
            cls.env["paymatch.provider"]
            .with_company(company)
            .create(
                {
                    "name": "Vipps",
                    "kind": "payout",
                    "format": "vipps_xml",
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "journal_id": cls.env["account.journal"]
                    .search([("company_id", "=", company.id), ("type", "=", "general")], limit=1)
                    .id,
                    **values,
                }
            )
        )
        provider.action_create_accounts()
        return provider

    def _invoice(self, amount, origin=False, move_type="out_invoice", company=None, **values):
        company = company or self.company
        move = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": move_type,
                    "partner_id": self.partner_a.id,
                    "invoice_date": fields.Date.to_date("2026-03-01"),
                    "invoice_origin": origin,
                    "company_id": company.id,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Goods", "quantity": 1, "price_unit": amount, "tax_ids": [Command.clear()]}
                        )
                    ],
                    **values,
                }
            )
        )
        move.action_post()
        return move

    def _import(self, *lines, number=2000101, provider=None, **values):
        return self.env["paymatch.report"]._import_file(
            vipps_xml(number, lines, **values), f"vipps-{number}.xml", provider or self.provider
        )

    def _bank_line(self, amount, text="", day=PAYOUT_DATE, journal=None):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": (journal or self.bank_journal).id,
                "date": day,
                "amount": amount,
                "payment_ref": text or "Overførsel",
            }
        )

    def _balance(self, account):
        self.env.flush_all()
        return self.company.currency_id.round(
            sum(
                self.env["account.move.line"]
                .search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
                .mapped("balance")
            )
        )
