"""Posted is posted: what an invoice says may not change once another party has it.

Core allows much of it on a posted invoice as long as no total changes. Plain helpers; each addon that hands invoices
over says when an invoice is in other hands.
"""

INVOICE_CONTENT = frozenset(
    (
        "currency_id",
        "fiscal_position_id",
        "invoice_date",
        "invoice_date_due",
        "invoice_payment_term_id",
        "name",
        "partner_bank_id",
        "partner_id",
        "ref",
    )
)
LINE_CONTENT = frozenset(
    (
        "currency_id",
        "discount",
        "display_type",
        "end_date",
        "name",
        "price_unit",
        "product_id",
        "product_uom_id",
        "quantity",
        "start_date",
        "tax_ids",
    )
)
SHOWN_LINES = ("product", "line_section", "line_subsection", "line_note")


def moves_with_changed_lines(lines, vals=None, names=LINE_CONTENT):
    """Posted invoices whose lines, as the customer reads them, are added, removed or changed.

    :param lines: account.move.line; created ones after the creation, others before it happens
    :param dict vals: what is about to be written; None when the lines are created or deleted
    :param names: field names that count as content
    :return: account.move, empty when the program itself (sudo) does it
    """
    if lines.env.su:
        return lines.browse().move_id
    shown = lines.filtered(lambda line: line.parent_state == "posted" and line.display_type in SHOWN_LINES)
    return (shown if vals is None else changed(shown, vals, names)).move_id


def changed(records, vals, names):
    """Records of which ``vals`` would change one of the fields ``names``. The program itself (sudo) is trusted."""
    touched = [name for name in names if name in vals and name in records._fields]
    if not touched or records.env.su:
        return records.browse()
    return records.filtered(lambda record: any(_differs(record, name, vals[name]) for name in touched))


def _differs(record, name, value):
    field = record._fields[name]
    return field.convert_to_cache(value, record) != field.convert_to_cache(record[name], record)
