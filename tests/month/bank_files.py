"""The bank's side: a camt.053 statement and a camt.054 advice as a Danish bank would send them (version 08)."""

from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

VERSION = "001.08"
CENT = Decimal("0.01")


def _amount(value):
    return f"{abs(Decimal(str(value))).quantize(CENT)}"


def _sign(value):
    return "CRDT" if Decimal(str(value)) >= 0 else "DBIT"


def _balance(code, day: date, value, currency):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{_amount(value)}</Amt>"
        f"<CdtDbtInd>{_sign(value)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _details(payment):
    reference = payment.get("reference")
    strd = f"<Strd><CdtrRefInf><Ref>{escape(reference)}</Ref></CdtrRefInf></Strd>" if reference else ""
    ustrd = f"<Ustrd>{escape(payment['text'])}</Ustrd>" if payment.get("text") else ""
    name = payment.get("name")
    who = "Dbtr" if _sign(payment["amount"]) == "CRDT" else "Cdtr"
    party = f"<RltdPties><{who}><Pty><Nm>{escape(name)}</Nm></Pty></{who}></RltdPties>" if name else ""
    own = f"<EndToEndId>{escape(payment['own'])}</EndToEndId>" if payment.get("own") else ""
    back = f"<RtrInf><Rsn><Cd>{payment['returned']}</Cd></Rsn></RtrInf>" if payment.get("returned") else ""
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{escape(payment['id'])}</AcctSvcrRef>{own}</Refs>"
        f"<Amt Ccy='DKK'>{_amount(payment['amount'])}</Amt><CdtDbtInd>{_sign(payment['amount'])}</CdtDbtInd>"
        f"{party}<RmtInf>{strd}{ustrd}</RmtInf>{back}</TxDtls>"
    )


def _entry(number, entry):
    details = "".join(_details(payment) for payment in entry["payments"])
    return (
        f"<Ntry><NtryRef>{number}</NtryRef><Amt Ccy='DKK'>{_amount(entry['amount'])}</Amt>"
        f"<CdtDbtInd>{_sign(entry['amount'])}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{entry['date']}</Dt></BookgDt><ValDt><Dt>{entry['date']}</Dt></ValDt>"
        f"<AcctSvcrRef>{escape(entry['id'])}</AcctSvcrRef>{_code(entry)}<NtryDtls>{details}</NtryDtls>{_text(entry)}</Ntry>"
    )


def _code(entry):
    """The bank's transaction code: a charge says so, a transfer needs none here."""
    code = entry.get("code")
    family = f"<Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly>"
    return f"<BkTxCd><Domn>{family}</Domn></BkTxCd>" if code else ""


def _text(entry):
    text = entry.get("text") if len(entry["payments"]) != 1 else ""
    return f"<AddtlNtryInf>{escape(text)}</AddtlNtryInf>" if text else ""


def _document(message, inner, number, day):
    header = f"<GrpHdr><MsgId>{number}</MsgId><CreDtTm>{day}T06:00:00</CreDtTm></GrpHdr>"
    kind = "053" if message == "BkToCstmrStmt" else "054"
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.{VERSION}"
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    body = f'<Document xmlns="{namespace}"><{message}>{header}{inner}</{message}></Document>'
    return f"{declaration}\n{body}\n".encode()


def camt053(number, iban, start: date, end: date, opening, entries) -> bytes:
    """A statement. ``entries``: dicts with ``date``, ``amount``, ``text``, ``id``; the closing balance is their sum.

    ``payments`` of an entry are what it collects (``id``, ``amount``, ``own`` reference, ``name``, ``returned`` with
    its code); ``code`` is the bank's for what it is.
    """
    closing = Decimal(str(opening)) + sum((Decimal(str(entry["amount"])) for entry in entries), Decimal(0))
    rows = [
        {"payments": [{"id": entry["id"], "amount": entry["amount"], "text": entry["text"]}], **entry}
        for entry in entries
    ]
    inner = (
        f"<Stmt><Id>{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
        + _balance("OPBD", start, opening, "DKK")
        + _balance("CLBD", end, closing, "DKK")
        + "".join(_entry(position, row) for position, row in enumerate(rows, 1))
        + "</Stmt>"
    )
    return _document("BkToCstmrStmt", inner, f"STMT{number}", end)


def pain002(number, day: date, original, payments) -> bytes:
    """A status report. ``payments``: dicts with ``own`` reference, ``amount``, ``name``, ``reason`` where rejected."""
    rows = []
    for payment in payments:
        reason = f"<StsRsnInf><Rsn><Cd>{payment['reason']}</Cd></Rsn></StsRsnInf>" if payment.get("reason") else ""
        rows.append(
            f"<TxInfAndSts><OrgnlEndToEndId>{escape(payment['own'])}</OrgnlEndToEndId>"
            f"<TxSts>{'RJCT' if reason else 'ACSC'}</TxSts>{reason}<OrgnlTxRef><Amt>"
            f"<InstdAmt Ccy='DKK'>{_amount(payment['amount'])}</InstdAmt></Amt>"
            f"<Cdtr><Nm>{escape(payment['name'])}</Nm></Cdtr></OrgnlTxRef></TxInfAndSts>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03">'
        f"<CstmrPmtStsRpt><GrpHdr><MsgId>{number}</MsgId><CreDtTm>{day}T08:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        f"<OrgnlMsgId>{original}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId><GrpSts>PART</GrpSts>"
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{original}-1</OrgnlPmtInfId>{''.join(rows)}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n"
    ).encode()


def camt054(number, iban, day: date, payments) -> bytes:
    """An advice of one day's FI payments: one bank movement for all of them.

    ``payments``: dicts with ``id``, ``amount``, ``reference`` (the payment identification) and ``name``.
    """
    total = sum((Decimal(str(payment["amount"])) for payment in payments), Decimal(0))
    entry = {"date": day, "amount": total, "id": f"FI{number}", "payments": payments}
    inner = f"<Ntfctn><Id>{number}</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{_entry(1, entry)}</Ntfctn>"
    return _document("BkToCstmrDbtCdtNtfctn", inner, f"ADV{number}", day)
