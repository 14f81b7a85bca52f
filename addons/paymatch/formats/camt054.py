"""ISO 20022 camt.054, credit and debit advice. Each entry is one bank movement; its transactions are the payments."""

from . import camt, tools
from .errors import FormatError, _lt
from .records import Report

code = "camt054"
name = "Bank advice camt.054"
kind = "advice"
MESSAGE = "BkToCstmrDbtCdtNtfctn"


def detect(data: bytes, filename: str = "") -> bool:
    namespace, root = tools.xml_root_name(data)
    return root == "Document" and "camt.054" in namespace


def parse(data: bytes, filename: str = "") -> Report:
    message = camt.root_of(data, MESSAGE)
    lines, groups, account = [], [], ""
    for notification in tools.children(message, "Ntfctn"):
        account = camt.account_number(notification)
        number = tools.text_of(notification, "Id") or str(len(groups))
        for position, entry in enumerate(tools.children(notification, "Ntry"), 1):
            if not camt.is_booked(entry):
                continue
            group = camt.group_of(entry, f"{number}/{position}", account)
            groups.append(group)
            lines.extend(camt.lines_of(entry, group))
    if not groups:
        raise FormatError(0, "Ntry", _lt("the advice holds no booked entry"))
    created = tools.text_of(message, "GrpHdr", "CreDtTm")
    return Report(
        kind=kind,
        format=code,
        currency=groups[0].currency,
        lines=tuple(lines),
        groups=tuple(groups),
        reference=tools.text_of(message, "GrpHdr", "MsgId"),
        account=account,
        created=tools.day(created, 0, "CreDtTm") if created else None,
    )
