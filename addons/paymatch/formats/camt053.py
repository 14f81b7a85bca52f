"""ISO 20022 camt.053, bank statement. One group per statement, one line per booked entry.

Opening balance ``OPBD`` (or ``PRCD``), closing ``CLBD``: the entries between them must add up.
"""

from dataclasses import replace
from decimal import Decimal

from . import camt, tools
from .errors import FormatError, _lt
from .records import Control, Group, Report

code = "camt053"
name = "Bank statement camt.053"
kind = "statement"
MESSAGE = "BkToCstmrStmt"


def detect(data: bytes, filename: str = "") -> bool:
    namespace, root = tools.xml_root_name(data)
    return root == "Document" and "camt.053" in namespace


def parse(data: bytes, filename: str = "") -> Report:
    message = camt.root_of(data, MESSAGE)
    lines, groups, controls = [], [], []
    for position, statement in enumerate(tools.children(message, "Stmt"), 1):
        account = camt.account_number(statement)
        key = f"{account}/{tools.text_of(statement, 'Id') or position}"
        if any(group.key == key for group in groups):  # the same number twice: two statements all the same
            key = f"{key}/{position}"
        group, its_lines, its_controls = _statement(statement, account, key)
        groups.append(group)
        lines.extend(its_lines)
        controls.extend(its_controls)
    if not groups:
        raise FormatError(0, "Stmt", _lt("the file holds no statement"))
    return Report(
        kind=kind,
        format=code,
        currency=groups[0].currency,
        lines=tuple(lines),
        groups=tuple(groups),
        reference=tools.text_of(message, "GrpHdr", "MsgId"),
        account=groups[0].account,
        created=groups[0].date,
        controls=tuple(controls),
    )


def _statement(statement, account, key):
    at = statement.sourceline
    balances = {}
    for balance in tools.children(statement, "Bal"):
        kind_code = tools.text_of(balance, "Tp", "CdOrPrtry", "Cd")
        amount = camt.signed_amount(balance, tools.text_of(balance, "CdtDbtInd"), balance.sourceline)
        balances[kind_code] = (amount, camt.entry_date(balance, "Dt") or _plain_date(balance), balance)
    opening = balances.get("OPBD") or balances.get("PRCD")
    closing = balances.get("CLBD")
    if not opening or not closing:
        raise FormatError(at, "Bal", _lt("opening balance (OPBD) and closing balance (CLBD) are needed"))
    currency = camt.amount_currency(closing[2])
    lines = []
    for entry in tools.children(statement, "Ntry"):
        if not camt.is_booked(entry):
            continue
        group = camt.group_of(entry, key, account)
        if group.currency != currency:
            raise FormatError(
                entry.sourceline,
                "Ccy",
                _lt("%(found)s on an account in %(expected)s", found=group.currency, expected=currency),
            )
        lines.append(replace(camt.entry_line(entry, group), details=camt.details_of(entry, group)))
    group = Group(
        key=key,
        date=closing[1],
        currency=currency,
        amount=None,
        reference=tools.text_of(statement, "ElctrncSeqNb") or tools.text_of(statement, "Id"),
        account=account,
        opening=opening[0],
        closing=closing[0],
    )
    balance = Control(_lt("closing balance %(key)s", key=key), closing[0], opening[0] + camt.total(lines), key)
    return group, lines, [balance, *_sums(statement, lines)]


def _plain_date(balance):
    return tools.day(tools.required(balance, "Dt"), balance.sourceline, "Dt")


def _sums(statement, lines):
    summary = tools.child(statement, "TxsSummry", "TtlNtries")
    if summary is not None and tools.text_of(summary, "NbOfNtries"):
        declared = tools.number(tools.text_of(summary, "NbOfNtries"), summary.sourceline, "NbOfNtries")
        yield Control("NbOfNtries", Decimal(declared), Decimal(len(lines)))
