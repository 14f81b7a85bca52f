"""Recurring contracts of OCA's modules in the same database, read by SQL: no dependency, no code of theirs.

Each gives `formats.subscription_list.Document`s, as a file does, so that check, totals and making are one code. What
their data says and we do not carry over comes as notes; what we cannot bill as they do comes as a fault.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from odoo.tools import SQL

from .formats.subscription_list import Document, FileFault, Line

ONE_DAY = timedelta(days=1)
#: Model that must be there, and who reads it.
TABLES = {"contract": "contract_contract", "subscription_oca": "sale_subscription"}
RULES = {
    "daily": ("day", 1, "start"),
    "weekly": ("week", 1, "start"),
    "monthly": ("month", 1, "start"),
    "monthlylastday": ("month", 1, "first"),
    "quarterly": ("quarter", 1, "start"),
    "semesterly": ("month", 6, "start"),
    "yearly": ("year", 1, "start"),
    "days": ("day", 1, "start"),
    "weeks": ("week", 1, "start"),
    "months": ("month", 1, "start"),
    "years": ("year", 1, "start"),
}


def is_there(env, origin) -> bool:
    return bool(env.execute_query(SQL("SELECT to_regclass(%s)", TABLES[origin]))[0][0])


def read(env, origin, company) -> list[Document]:
    """All running contracts of a company."""
    return {"contract": _contracts, "subscription_oca": _subscriptions}[origin](env, company)


def _columns(env, table):
    rows = env.execute_query(SQL("SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                                 " AND table_schema = current_schema", table))  # fmt: skip
    return {row[0] for row in rows}


def _day_after(day):
    """The next day; that of the calendar's last one is refused by the check of years."""
    return min(day, date.max - ONE_DAY) + ONE_DAY


def _day_before(day):
    return max(day, date.min + ONE_DAY) - ONE_DAY


def _number(value) -> Decimal:
    return Decimal(str(value or 0))


# --- contract


def _contracts(env, company):
    heads = env.execute_query_dict(
        SQL(
            "SELECT c.id, c.name, c.code, c.partner_id, c.invoice_partner_id, c.user_id, c.journal_id, c.pricelist_id,"
            " c.payment_term_id, c.fiscal_position_id, c.contract_type, c.generation_type, c.note IS NOT NULL has_note,"
            " cur.name AS currency"
            " FROM contract_contract c LEFT JOIN product_pricelist p ON p.id = c.pricelist_id"
            " JOIN res_currency cur ON cur.id = COALESCE(c.manual_currency_id, p.currency_id, %s)"
            " WHERE c.active AND c.company_id = %s ORDER BY c.id",
            company.currency_id.id,
            company.id,
        )
    )
    formula = SQL("l.qty_type = 'variable'") if "qty_type" in _columns(env, "contract_line") else SQL("FALSE")
    lines = env.execute_query_dict(
        SQL(
            "SELECT l.*, %s AS is_formula, t.uom_id AS product_uom FROM contract_line l"
            " JOIN contract_contract c ON c.id = l.contract_id"
            " LEFT JOIN product_product p ON p.id = l.product_id"
            " LEFT JOIN product_template t ON t.id = p.product_tmpl_id"
            " WHERE c.active AND c.company_id = %s AND NOT COALESCE(l.is_canceled, FALSE)"
            " ORDER BY l.contract_id, l.sequence, l.id",
            formula,
            company.id,
        )
    )
    by_contract = defaultdict(list)
    for line in lines:
        by_contract[line["contract_id"]].append(line)
    return [document for head in heads for document in _contract(head, by_contract[head["id"]])]


def _contract(head, lines):
    """A contract, or one for each rhythm of its lines: each of our subscriptions counts from one day."""
    notes = [("section",)] if any(line["display_type"] for line in lines) else []
    if head["fiscal_position_id"]:
        notes.append(("fiscal_position",))
    if head["invoice_partner_id"] and head["invoice_partner_id"] != head["partner_id"]:
        notes.append(("invoice_address",))
    if head["has_note"]:
        notes.append(("note",))
    if head["generation_type"] not in (None, "invoice"):
        notes.append(("generation",))
    groups = defaultdict(list)
    for line in lines:
        if not line["display_type"] and not _is_over(line):
            groups[_rhythm(line)].append(line)
    return [
        _contract_document(head, rhythm, mine, f"contract/{head['id']}" + (f"/{at}" if at > 1 else ""), notes)
        for at, (rhythm, mine) in enumerate(groups.items(), start=1)
    ]


def _next_start(line):
    last = line["last_date_invoiced"]
    return _day_after(last) if last else line["date_start"]


def _is_over(line):
    return line["date_end"] and _next_start(line) and line["date_end"] < _next_start(line)


def _rhythm(line):
    return (
        line["recurring_rule_type"],
        line["recurring_interval"],
        line["recurring_invoicing_type"],
        _next_start(line),
        bool(line["last_date_invoiced"]),
    )


def _contract_document(head, rhythm, lines, number, notes):
    rule, interval, timing, first, was_invoiced = rhythm
    unit, factor, anchor = RULES.get(rule, ("month", 1, "start"))
    offset = 0 if timing == "pre-paid" or rule == "monthlylastday" else 1
    ends = [line["date_end"] for line in lines]
    end = max(ends) if all(ends) else None
    start = min((line["date_start"] for line in lines if line["date_start"]), default=first)
    return Document(
        number=number,
        customer=head["partner_id"],
        title=head["name"] or "",
        reference=head["code"] or "",
        unit=unit,
        every=factor * (interval or 1),
        anchor=anchor,
        start=start,
        end=end,
        billed_until=_day_before(first) if was_invoiced and first else None,
        timing="advance" if timing == "pre-paid" else "arrears",
        lead_days=-offset,
        currency=head["currency"],
        next_date=min((line["recurring_next_date"] for line in lines if line["recurring_next_date"]), default=None),
        lines=tuple(
            Line(
                product=line["product_id"],
                text=line["name"] or "",
                quantity=_number(line["quantity"]),
                price=_number(line["specific_price"]),
                discount=_number(line["discount"]),
                start=line["date_start"] if not was_invoiced and line["date_start"] != start else None,
                end=line["date_end"] if line["date_end"] != end else None,
                is_price_fixed=not line["automatic_price"],
            )
            for line in lines
        ),
        settings={
            "record": ("contract.contract", head["id"]),
            "user_id": head["user_id"],
            "journal_id": head["journal_id"],
            "pricelist_id": head["pricelist_id"],
            "payment_term_id": head["payment_term_id"],
        },
        fault=_contract_fault(head, rhythm, lines),
        notes=tuple(notes),
    )


def _contract_fault(head, rhythm, lines):
    """Why a contract cannot be billed as theirs is, or None."""
    rule, interval, _timing, first, _was_invoiced = rhythm
    if head["contract_type"] != "sale":
        return FileFault("purchase")
    if any(line["is_formula"] for line in lines):
        return FileFault("formula")
    if any(line["product_id"] and line["uom_id"] not in (None, line["product_uom"]) for line in lines):
        return FileFault("unit")
    if rule not in RULES or not 1 <= (interval or 0) <= 160:
        return FileFault("bad_unit", text=f"{interval or 0} x {rule or '-'}")
    if not first:
        return FileFault("bad_date", text="-")
    return _common_fault(head, lines)


def _common_fault(head, lines):
    """What no subscription of ours can be made of, or None."""
    if not head["partner_id"]:
        return FileFault("no_customer")
    if any(not line["product_id"] and not (line["name"] or "").strip() for line in lines):
        return FileFault("no_what")
    if any(not 0 <= (line["discount"] or 0) <= 100 for line in lines):
        return FileFault("bad_discount")
    return None


# --- subscription_oca


def _subscriptions(env, company):
    heads = env.execute_query_dict(
        SQL(
            "SELECT s.id, s.name, s.code, s.partner_id, s.partner_invoice_id, s.user_id, s.journal_id, s.pricelist_id,"
            " s.fiscal_position_id, s.date_start, s.recurring_next_date, s.is_paused, s.paused_until,"
            " CASE WHEN t.recurring_rule_boundary = 'limited' THEN s.date END AS date_end,"
            " t.recurring_rule_type, t.recurring_interval, t.invoicing_mode, st.type AS stage, cur.name AS currency,"
            " EXISTS (SELECT FROM account_move m WHERE m.subscription_id = s.id AND m.move_type = 'out_invoice'"
            " AND m.state != 'cancel') AS was_invoiced"
            " FROM sale_subscription s JOIN sale_subscription_template t ON t.id = s.template_id"
            " LEFT JOIN sale_subscription_stage st ON st.id = s.stage_id"
            " LEFT JOIN product_pricelist p ON p.id = s.pricelist_id"
            " JOIN res_currency cur ON cur.id = COALESCE(s.currency_id, p.currency_id, %s)"
            " WHERE s.active AND s.company_id = %s AND COALESCE(st.type, '') != 'post' ORDER BY s.id",
            company.currency_id.id,
            company.id,
        )
    )
    lines = env.execute_query_dict(
        SQL(
            "SELECT l.id, l.sale_subscription_id, l.product_id, l.name, l.product_uom_qty, l.price_unit, l.discount,"
            " ARRAY(SELECT tax_id FROM subscription_line_tax r WHERE r.subscription_line_id = l.id ORDER BY 1) AS taxes"
            " FROM sale_subscription_line l JOIN sale_subscription s ON s.id = l.sale_subscription_id"
            " WHERE s.active AND s.company_id = %s ORDER BY l.id",
            company.id,
        )
    )
    by_head = defaultdict(list)
    for line in lines:
        by_head[line["sale_subscription_id"]].append(line)
    return [_subscription(head, by_head[head["id"]]) for head in heads]


def _is_later(head, first):
    return head["date_start"] and head["date_start"] < first


def _subscription(head, lines):
    unit, factor, anchor = RULES.get(head["recurring_rule_type"], ("month", 1, "start"))
    first = head["recurring_next_date"] or head["date_start"]
    notes = [("fiscal_position",)] if head["fiscal_position_id"] else []
    if head["partner_invoice_id"] not in (None, head["partner_id"]):
        notes.append(("invoice_address",))
    if head["invoicing_mode"] == "sale_and_invoice":
        notes.append(("generation",))
    return Document(
        number=f"subscription_oca/{head['id']}",
        customer=head["partner_id"],
        title=head["name"] or "",
        reference=head["code"] or "",
        unit=unit,
        every=factor * (head["recurring_interval"] or 1),
        anchor=anchor,
        start=min(head["date_start"] or first, first) if first else head["date_start"],
        # theirs ends before that day
        end=_day_before(head["date_end"]) if head["date_end"] else None,
        # what lies before their next date they would never invoice
        billed_until=_day_before(first) if first and (head["was_invoiced"] or _is_later(head, first)) else None,
        currency=head["currency"],
        next_date=first,
        lines=tuple(
            Line(
                product=line["product_id"],
                text=line["name"] or "",
                quantity=_number(line["product_uom_qty"]),
                price=_number(line["price_unit"]),
                discount=_number(line["discount"]),
                tax_ids=tuple(line["taxes"]),
            )
            for line in lines
        ),
        settings={
            "record": ("sale.subscription", head["id"]),
            "user_id": head["user_id"],
            "journal_id": head["journal_id"],
            "pricelist_id": head["pricelist_id"],
            "pause": (first, head["paused_until"]) if head["is_paused"] and first else None,
        },
        fault=_subscription_fault(head, lines, first),
        notes=tuple(notes),
    )


def _subscription_fault(head, lines, first):
    """Why a subscription cannot be billed as theirs is, or None."""
    rule, interval = head["recurring_rule_type"], head["recurring_interval"]
    if not lines:
        return FileFault("no_what")
    if rule not in RULES or not 1 <= (1 if interval is None else interval) <= 160:
        return FileFault("bad_unit", text=f"{interval} x {rule or '-'}")
    if not first:
        return FileFault("bad_date", text="-")
    return _common_fault(head, lines)
