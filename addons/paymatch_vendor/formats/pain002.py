"""ISO 20022 pain.002, customer payment status report: what the bank does with a file of payments.

Elements are found by local name: banks send versions 03 to 14. The status of a payment is its own (``TxSts``), else
that of its batch (``PmtInfSts``), else that of the whole file (``GrpSts``). A batch or file without payments of its own
says the same of all of them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.list_reader.formats.errors import texts_of
from odoo.addons.paymatch.formats import tools
from odoo.addons.paymatch.formats.errors import FormatError

_lt = texts_of("paymatch_vendor")

MESSAGE = "CstmrPmtStsRpt"

# Status codes (ISO 20022 external payment status code sets) by what they mean for the payer.
SETTLED = ("ACSC", "ACCC", "ACFC")
REJECTED = ("RJCT", "CANC")
ACCEPTED = ("ACCP", "ACSP", "ACTC", "ACWC", "ACWP", "ACPD", "ACIS", "PART", "PATC", "PDNG", "RCVD")

SCOPES = ("payment", "batch", "file")


@dataclass(frozen=True)
class Status:
    """What became of one payment, or of all of a batch or file."""

    scope: str  # one of SCOPES
    code: str  # the bank's status code
    reason: str = ""  # code of the reason
    information: str = ""  # the bank's own words
    end_to_end: str = ""  # our reference of the payment
    instruction: str = ""  # our reference of the instruction
    batch: str = ""
    amount: Decimal | None = None
    currency: str = ""
    execution_date: date | None = None
    creditor: str = ""
    creditor_account: str = ""
    remittance: str = ""
    line_number: int = 0

    @property
    def outcome(self) -> str:
        """``settled``, ``accepted``, ``rejected``, or ``unknown`` for a code that is not in the lists above."""
        for name, codes in (("settled", SETTLED), ("rejected", REJECTED), ("accepted", ACCEPTED)):
            if self.code in codes:
                return name
        return "unknown"


@dataclass(frozen=True)
class Answer:
    reference: str
    original: str  # the number of the file of payments it answers
    created: date | None
    code: str
    statuses: tuple[Status, ...]


def detect(data: bytes, filename: str = "") -> bool:
    namespace, root = tools.xml_root_name(data)
    return root == "Document" and "pain.002" in namespace


def parse(data: bytes, filename: str = "") -> Answer:
    """Read an answer.

    :raises FormatError: with line and field of what cannot be read
    """
    root = tools.xml_root(data)
    message = tools.child(root, MESSAGE)
    if message is None:
        raise FormatError(0, MESSAGE, _lt("the file holds no payment status report"))
    group = tools.child(message, "OrgnlGrpInfAndSts")
    if group is None:
        raise FormatError(message.sourceline, "OrgnlGrpInfAndSts", _lt("it is not told which file is answered"))
    kind = tools.text_of(group, "OrgnlMsgNmId")
    if kind and "pain.001" not in kind:
        raise FormatError(
            group.sourceline,
            "OrgnlMsgNmId",
            _lt("it answers a file of the kind %(kind)s, which is none of payments (pain.001)", kind=kind[:35]),
        )
    created = tools.text_of(message, "GrpHdr", "CreDtTm")
    code = tools.text_of(group, "GrpSts").upper()
    statuses = []
    for batch in tools.children(message, "OrgnlPmtInfAndSts"):
        statuses += _batch(batch, group, code)
    if not statuses:
        statuses = [_whole(group, "file", code, "", group)] if code else []
    if not statuses:
        raise FormatError(group.sourceline, "GrpSts", _lt("the file tells no status of any payment"))
    return Answer(
        reference=tools.text_of(message, "GrpHdr", "MsgId"),
        original=tools.text_of(group, "OrgnlMsgId"),
        created=tools.day(created, message.sourceline, "CreDtTm") if created else None,
        code=code,
        statuses=tuple(statuses),
    )


def _batch(batch, group, group_code):
    code = tools.text_of(batch, "PmtInfSts").upper() or group_code
    name = tools.text_of(batch, "OrgnlPmtInfId")
    payments = tools.children(batch, "TxInfAndSts")
    if not payments:
        return [_whole(batch, "batch", code, name, group)] if code else []
    return [_payment(tx, batch, code, name) for tx in payments]


def _whole(element, scope, code, batch, group):
    reason, information = _reason(element)
    if not reason and not information and element is not group:
        reason, information = _reason(group)
    return Status(
        scope=scope,
        code=code,
        reason=reason,
        information=information,
        batch=batch,
        line_number=element.sourceline or 0,
    )


def _payment(tx, batch, batch_code, name):
    at = tx.sourceline or 0
    code = tools.text_of(tx, "TxSts").upper() or batch_code
    if not code:
        raise FormatError(at, "TxSts", _lt("the payment has no status"))
    reason, information = _reason(tx)
    if not reason and not information:
        reason, information = _reason(batch)
    original = tools.child(tx, "OrgnlTxRef")
    amount, currency = _amount(original, at)
    return Status(
        scope="payment",
        code=code,
        reason=reason,
        information=information,
        end_to_end=_provided(tools.text_of(tx, "OrgnlEndToEndId")),
        instruction=_provided(tools.text_of(tx, "OrgnlInstrId")),
        batch=name,
        amount=amount,
        currency=currency,
        execution_date=_execution_date(original, at),
        creditor=_creditor(original),
        creditor_account=_account(original),
        remittance=_remittance(original),
        line_number=at,
    )


def _provided(text):
    return "" if text.upper() == "NOTPROVIDED" else text


def _reason(element):
    codes, words = [], []
    for info in tools.children(element, "StsRsnInf"):
        found = tools.text_of(info, "Rsn", "Cd") or tools.text_of(info, "Rsn", "Prtry")
        codes += [found] if found else []
        words += [(item.text or "").strip() for item in tools.children(info, "AddtlInf")]
    return (codes[0] if codes else ""), " ".join(filter(None, [*codes[1:], *words]))


def _amount(original, at):
    if original is None:
        return None, ""
    for path in (("Amt", "InstdAmt"), ("Amt", "EqvtAmt", "Amt"), ("IntrBkSttlmAmt",)):
        element = tools.child(original, *path)
        if element is not None:
            value = tools.amount(element.text, element.sourceline or at, "Amt")
            return value, tools.currency(element.get("Ccy"), element.sourceline or at, "Ccy")
    return None, ""


def _execution_date(original, at):
    if original is None:
        return None
    text = tools.text_of(original, "ReqdExctnDt", "Dt") or tools.text_of(original, "ReqdExctnDt", "DtTm")
    text = text or tools.text_of(original, "ReqdExctnDt")
    return tools.day(text, at, "ReqdExctnDt") if text else None


def _creditor(original):
    if original is None:
        return ""
    return tools.text_of(original, "Cdtr", "Nm") or tools.text_of(original, "Cdtr", "Pty", "Nm")


def _account(original):
    if original is None:
        return ""
    return tools.text_of(original, "CdtrAcct", "Id", "IBAN") or tools.text_of(original, "CdtrAcct", "Id", "Othr", "Id")


def _remittance(original):
    info = tools.child(original, "RmtInf") if original is not None else None
    if info is None:
        return ""
    references = [tools.text_of(item, "CdtrRefInf", "Ref") for item in tools.children(info, "Strd")]
    return " ".join(filter(None, [*references, *((item.text or "").strip() for item in tools.children(info, "Ustrd"))]))
