from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from odoo import Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

IBAN = "DK5000400440116243"
DAY = date(2026, 3, 12)


def pain002(payments, reference="ANSWER-1", original="FILE-1", group="PART", version="03", currency="DKK"):
    """A status report: ``payments`` are dicts with ``ref``, ``status`` and perhaps ``amount``, ``reason``, ``words``,
    ``name``, ``account``, ``text``."""
    rows = []
    for payment in payments:
        reason = ""
        if payment.get("reason"):
            words = f"<AddtlInf>{escape(payment['words'])}</AddtlInf>" if payment.get("words") else ""
            reason = f"<StsRsnInf><Rsn><Cd>{payment['reason']}</Cd></Rsn>{words}</StsRsnInf>"
        original_payment = ""
        if payment.get("amount"):
            remittance = f"<RmtInf><Ustrd>{escape(payment['text'])}</Ustrd></RmtInf>" if payment.get("text") else ""
            account = payment.get("account")
            original_payment = (
                f"<OrgnlTxRef><Amt><InstdAmt Ccy='{currency}'>{Decimal(str(payment['amount'])):.2f}</InstdAmt></Amt>"
                f"<ReqdExctnDt>2026-03-12</ReqdExctnDt>{remittance}"
                f"<Cdtr><Nm>{escape(payment.get('name', ''))}</Nm></Cdtr>"
                + (f"<CdtrAcct><Id><IBAN>{account}</IBAN></Id></CdtrAcct>" if account else "")
                + "</OrgnlTxRef>"
            )
        rows.append(
            f"<TxInfAndSts><OrgnlEndToEndId>{escape(payment['ref'])}</OrgnlEndToEndId>"
            f"<TxSts>{payment['status']}</TxSts>{reason}{original_payment}</TxInfAndSts>"
        )
    return (
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}'><CstmrPmtStsRpt><GrpHdr>"
        f"<MsgId>{reference}</MsgId><CreDtTm>2026-03-12T09:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        f"<OrgnlMsgId>{original}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId><GrpSts>{group}</GrpSts>"
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>BATCH-1</OrgnlPmtInfId>{''.join(rows)}"
        f"</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def camt053(entries, opening="100000.00", number="1", day=DAY, currency="DKK"):
    """A bank statement: ``entries`` are dicts with ``amount`` (below zero is out of the account), ``payments`` (dicts
    with ``amount``, ``ref``, ``id``, ``name``, ``account``, ``text``, ``charge``, ``reason``), ``code``, ``text``."""
    total, rows = Decimal(opening), []
    for at, entry in enumerate(entries, 1):
        amount = Decimal(str(entry["amount"]))
        total += amount
        code = entry.get("code", "ESCT")
        rows.append(
            f"<Ntry><Amt Ccy='{currency}'>{abs(amount):.2f}</Amt><CdtDbtInd>{_sign(amount)}</CdtDbtInd>"
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{number}-{at}</AcctSvcrRef>"
            f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly></Domn></BkTxCd>"
            f"<NtryDtls>{''.join(_details(payment, currency) for payment in entry.get('payments', ()))}</NtryDtls>"
            f"<AddtlNtryInf>{escape(entry.get('text', ''))}</AddtlNtryInf></Ntry>"
        )
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr>"
        f"<MsgId>M{number}</MsgId></GrpHdr><Stmt><Id>{number}</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>"
        f"{_balance('OPBD', Decimal(opening), currency, day)}{_balance('CLBD', total, currency, day)}"
        f"{''.join(rows)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _sign(amount):
    return "CRDT" if amount >= 0 else "DBIT"


def _balance(code, amount, currency, day):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{abs(amount):.2f}</Amt>"
        f"<CdtDbtInd>{_sign(amount)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _details(payment, currency):
    amount = Decimal(str(payment["amount"]))
    party = "Cdtr" if amount < 0 else "Dbtr"
    charge = (
        f"<Chrgs><Rcrd><Amt Ccy='{currency}'>{Decimal(str(payment['charge'])):.2f}</Amt>"
        "<CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>"
        if payment.get("charge")
        else ""
    )
    account = f"<{party}Acct><Id><IBAN>{payment['account']}</IBAN></Id></{party}Acct>" if payment.get("account") else ""
    structured = f"<Strd><CdtrRefInf><Ref>{payment['id']}</Ref></CdtrRefInf></Strd>" if payment.get("id") else ""
    text = f"<Ustrd>{escape(payment['text'])}</Ustrd>" if payment.get("text") else ""
    reason = f"<RtrInf><Rsn><Cd>{payment['reason']}</Cd></Rsn></RtrInf>" if payment.get("reason") else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{escape(payment.get('ref', 'NOTPROVIDED'))}</EndToEndId></Refs>"
        f"<Amt Ccy='{currency}'>{abs(amount):.2f}</Amt><CdtDbtInd>{_sign(amount)}</CdtDbtInd>{charge}"
        f"<RltdPties><{party}><Pty><Nm>{escape(payment.get('name', ''))}</Nm></Pty></{party}>{account}</RltdPties>"
        f"<RmtInf>{text}{structured}</RmtInf>{reason}</TxDtls>"
    )


class VendorPaymentCommon(AccountTestInvoicingCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.bank_journal = cls.company_data["default_journal_bank"]
        bank = cls.env["res.partner.bank"].create({"acc_number": IBAN, "partner_id": cls.company.partner_id.id})
        cls.charge_account = cls.company_data["default_account_expense"].copy({"code": "777701", "name": "Bankgebyrer"})
        cls.bank_journal.write({"bank_account_id": bank.id, "paymatch_charge_account_id": cls.charge_account.id})
        cls.outstanding_account = cls.company_data["default_account_assets"].copy({"code": "777702", "reconcile": True})
        cls.payable = cls.company_data["default_account_payable"]

    def _bill(self, amount, ref=False, partner=None, move_type="in_invoice", **values):
        bill = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or self.partner_a).id,
                "invoice_date": fields.Date.to_date("2026-03-01"),
                "ref": ref,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
                **values,
            }
        )
        bill.action_post()
        return bill

    def _pay(self, bills, with_account=True):
        """Register payments as core's wizard does, with an account of the journal or the one of the company."""
        line = self.bank_journal.outbound_payment_method_line_ids[:1]
        line.payment_account_id = self.outstanding_account if with_account else False
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({"journal_id": self.bank_journal.id, "payment_date": DAY, "payment_method_line_id": line.id})
        )
        return wizard._create_payments()

    def _statement(self, entries, **values):
        statement = self.env["account.bank.statement"]._paymatch_import_file(camt053(entries, **values), "s.xml")
        return statement.line_ids

    def _answer(self, payments, **values):
        return self.env["paymatch.bank.answer"]._import_file(pain002(payments, **values), "answer.xml")

    def _sum(self, account):
        self.env.flush_all()
        items = self.env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
        return self.company.currency_id.round(sum(items.mapped("balance")))
