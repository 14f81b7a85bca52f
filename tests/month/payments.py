"""Step 2 and the bank: payment references on the invoices, FI payments by advice, and the bank statement."""

import io

from pypdf import PdfReader

from . import bank_files
from .company import IBAN
from .controls import counted, danish

CREDITOR = "80000017"


def prepare(month):
    """The FI agreement (card type 71) and the provider that reads the bank's advices of FI payments."""
    env = month.env
    env["payment.reference.agreement"].create(
        {"journal_id": month.company.sales.id, "card_type": "71", "creditor_number": CREDITOR}
    )
    provider = env["paymatch.provider"].create(
        {
            "name": "FI-indbetalinger",
            "kind": "advice",
            "format": "camt054",
            "bank_journal_id": month.company.bank.id,
        }
    )
    provider.action_create_accounts()
    month.records["fi_provider"] = provider


def check_lines(month, invoices):
    """Each invoice carries a valid +71 line unless it is drawn, a credit note or 0.00."""
    from stdnum import luhn

    drawn = invoices.filtered(lambda move: move._payment_reference_is_drawn())
    printed = invoices - drawn
    for move in printed:
        assert move._payment_line_text().startswith("+71<"), move.name
        assert luhn.is_valid(move.payment_id_number) and len(move.payment_id_number) == 15
    for move in drawn:
        assert not move._payment_line_text(), move.name
    example = printed[:1]
    return [
        f"{len(printed)} fakturaer med FIK-linje, {len(drawn)} uden (trækkes via Betalingsservice)",
        f"{example.name}: {example._payment_line_text()}",
    ]


def check_pdf(month, move):
    """The printed invoice shows the line (needs a running server for the stylesheets)."""
    report = month.env["ir.actions.report"].with_context(lang="da_DK", force_report_rendering=True)
    pdf, kind = report._render_qweb_pdf("account.account_invoices", res_ids=move.ids)
    assert kind == "pdf", kind
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    line = move._payment_line_text()
    assert line, f"{move.name} carries no payment line"
    assert line.replace(" ", "") in text.replace(" ", "").replace("\n", ""), text
    return pdf


def pay_by_fi(month, day, invoices, number):
    """The bank's advice of FI payments on ``day``: matched by payment id, approved with one press."""
    payments = [
        {
            "id": f"{number}-{position}",
            "amount": f"{move.amount_residual:.2f}",
            "reference": move.payment_id_number,
            "name": move.partner_id.name,
        }
        for position, move in enumerate(invoices, 1)
    ]
    content = bank_files.camt054(number, IBAN, day, payments)
    report = month.env["paymatch.report"]._import_file(content, f"fi-{day}.xml", provider=month.records["fi_provider"])
    report.action_match()
    assert not report.undecided_count, report.line_ids.mapped("match_reason")
    report.action_approve()
    for move in invoices:
        assert move.invoice_status_state == "paid", (move.name, move.invoice_status_state)
    queue_bank_line(month, day, report.movement_ids.amount, f"FI-INDBETALINGER FI{number}", f"FI{number}")
    number = counted(len(invoices), "FI-indbetaling", "FI-indbetalinger")
    return [f"{number} den {day:%d.%m.%Y}: {danish(report.net_amount)}, alle bogført"]


def queue_bank_line(month, day, amount, text, number):
    """Remember what the bank will show on its next statement."""
    month.bank_entries.append({"date": day, "amount": f"{amount:.2f}", "text": text, "id": number})


def transfer(month, day):
    """A customer pays by a plain transfer: the bank's line is left for a person to match."""
    due = month.records["invoices"].filtered(lambda move: not move._payment_reference_is_drawn())
    move = due.filtered(lambda move: move.invoice_status_state != "paid")[:1]
    if move:
        queue_bank_line(month, day, move.amount_residual, f"Overførsel {move.partner_id.name} {move.name}", "OVF1")


def import_statement(month, number, start, end, opening):
    """The bank's statement of a period; in-transit items are closed one to one."""
    entries = [entry for entry in month.bank_entries if start <= entry["date"] <= end]
    content = bank_files.camt053(number, IBAN, start, end, f"{opening:.2f}", entries)
    statement = month.env["account.bank.statement"]._paymatch_import_file(content, f"kontoudtog-{number}.xml")
    open_lines = statement.line_ids.filtered(lambda line: not line.is_reconciled)
    month.closing_balance = statement.balance_end_real
    number = counted(len(entries), "postering", "posteringer")
    return statement, [
        f"Kontoudtog {start:%d.%m.} - {end:%d.%m.%Y}: {danish(opening)} + {number} = "
        f"{danish(month.closing_balance)}; {len(entries) - len(open_lines)} lukket af sig selv"
    ]
