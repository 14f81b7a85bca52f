"""The controls a bookkeeper trusts: two figures from independent places, and their difference.

One side is always the general ledger (posted journal items by account), the other the documents.
"""

from dataclasses import dataclass
from decimal import Decimal

from . import ledger

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Control:
    """One control: the ledger's figure, the documents' figure."""

    name: str
    left_label: str
    left: Decimal
    right_label: str
    right: Decimal

    @property
    def difference(self):
        return self.left - self.right

    @property
    def ok(self):
        return self.difference == 0


def amount(value):
    return Decimal(str(value or 0)).quantize(CENT)


def danish(value):
    """12345.6 as 12.345,60."""
    text = f"{amount(value):,.2f}"
    return text.replace(",", " ").replace(".", ",").replace(" ", ".")


def counted(number, one, many):
    return f"{number} {one if number == 1 else many}"


def ledger_balance(env, accounts, company):
    """Sum of posted journal items on ``accounts``, straight from the database."""
    if not accounts:
        return Decimal("0.00")
    env.flush_all()
    env.cr.execute(
        "SELECT COALESCE(SUM(balance), 0) FROM account_move_line"
        " WHERE parent_state = 'posted' AND account_id = ANY(%s) AND company_id = %s",
        (accounts.ids, company.id),
    )
    return amount(env.cr.fetchone()[0])


def debtors(month):
    """Debtors' list (what customers owe by open document) against the debtors' account."""
    env, company = month.env, month.company.company
    accounts = env["account.account"].search([("account_type", "=", "asset_receivable")])
    moves = env["account.move"].search([("company_id", "=", company.id), ("state", "=", "posted")])
    documents = sum((amount(m.amount_residual_signed) for m in moves if m.is_sale_document()), Decimal(0))
    on_account = moves.filtered(lambda m: not m.is_sale_document()).line_ids.filtered(
        lambda line: line.account_id in accounts and not line.reconciled
    )
    documents += sum((amount(line.amount_residual) for line in on_account), Decimal(0))
    return Control(
        "Debitorliste mod debitorkonto",
        "debitorkonto",
        ledger_balance(env, accounts, company),
        "åbne poster",
        documents,
    )


def creditors(month):
    """What is owed to vendors by open bill against the creditors' account."""
    env, company = month.env, month.company.company
    accounts = env["account.account"].search([("account_type", "=", "liability_payable")])
    bills = env["account.move"].search(
        [("company_id", "=", company.id), ("state", "=", "posted"), ("move_type", "in", ("in_invoice", "in_refund"))]
    )
    owed = -sum((amount(bill.amount_residual_signed) for bill in bills), Decimal(0))
    on_account = env["account.move.line"].search(
        [
            ("company_id", "=", company.id),
            ("account_id", "in", accounts.ids),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("move_id.move_type", "=", "entry"),
        ]
    )
    owed -= sum((amount(line.amount_residual) for line in on_account), Decimal(0))
    return Control(
        "Kreditorliste mod kreditorkonto",
        "kreditorkonto",
        -ledger_balance(env, accounts, company),
        "åbne leverandørfakturaer",
        owed,
    )


def sales_vat(month):
    """Output VAT in the ledger against the VAT of the invoices, line by line."""
    env, company = month.env, month.company.company
    # in the Danish chart taxes of 0 % on sales name the account of purchase VAT
    taxes = env["account.tax"].search(
        [("type_tax_use", "=", "sale"), ("company_id", "=", company.id), ("amount", ">", 0)]
    )
    accounts = taxes.invoice_repartition_line_ids.account_id | taxes.refund_repartition_line_ids.account_id
    invoices = env["account.move"].search(
        [
            ("company_id", "=", company.id),
            ("state", "=", "posted"),
            ("move_type", "in", ("out_invoice", "out_refund")),
        ]
    )
    vat = sum((amount(m.amount_total_signed) - amount(m.amount_untaxed_signed) for m in invoices), Decimal(0))
    return Control(
        "Salgsmoms mod fakturaer",
        "konto for salgsmoms",
        -ledger_balance(env, accounts, company),
        "fakturaernes moms",
        vat,
    )


def bank(month):
    """The bank account in the ledger against the statement's closing balance."""
    account = month.company.bank.default_account_id
    return Control(
        "Bank mod kontoudtog",
        f"konto {account.code}",
        ledger_balance(month.env, account, month.company.company),
        "udtogets slutsaldo",
        amount(month.closing_balance),
    )


def prepayments(month):
    """Forudbetalinger fra kunder: the liability account against the deposits not yet deducted, order by order."""
    env, company = month.env, month.company.company
    account = company.downpayment_account_id
    open_deposits = Decimal(0)
    for order in env["sale.order"].search([("company_id", "=", company.id)]):
        lines = order.order_line.filtered("is_downpayment").invoice_lines.filtered(
            lambda line: line.parent_state == "posted"
        )
        open_deposits += sum((-amount(line.balance) for line in lines), Decimal(0))
    return Control(
        "Forudbetalinger fra kunder",
        f"konto {account.code}",
        -ledger_balance(env, account, company),
        "forudbetalinger endnu ikke modregnet",
        open_deposits,
    )


def clearing(month):
    """What the acquirer owes: the clearing accounts against the undecided lines of approved payouts."""
    env, company = month.env, month.company.company
    providers = env["paymatch.provider"].search([("company_id", "=", company.id)])
    lines = env["paymatch.report.line"].search(
        [
            ("company_id", "=", company.id),
            ("report_id.is_approved", "=", True),
            ("match_state", "in", ("open", "ambiguous", "proposed")),
        ]
    )
    parked = sum((amount(line.gross_amount) for line in lines), Decimal(0))
    return Control(
        "Clearing",
        "clearingkonti",
        -ledger_balance(env, providers.clearing_account_id, company),
        counted(len(lines), "uafklaret linje", "uafklarede linjer"),
        parked,
    )


def in_transit(month):
    """Penge undervejs: the in-transit accounts against the payouts and advices that are not in the bank yet."""
    env, company = month.env, month.company.company
    providers = env["paymatch.provider"].search([("company_id", "=", company.id)])
    movements = env["paymatch.report.movement"].search(
        [("company_id", "=", company.id), ("in_transit_line_id", "!=", False), ("is_banked", "=", False)]
    )
    return Control(
        "Penge undervejs",
        "konti for penge undervejs",
        ledger_balance(env, providers.in_transit_account_id, company),
        counted(len(movements), "udbetaling på vej", "udbetalinger på vej"),
        sum((amount(movement.amount) for movement in movements), Decimal(0)),
    )


def delivery(month):
    """Betalingsservice: what the operator counted in the file against the collections and their invoices."""
    operator = month.records["operator"]
    counted = sum((amount(Decimal(total) / 100) for total in operator.received.values()), Decimal(0))
    collections = month.records["delivery"].collection_ids
    invoices = sum((amount(collection.move_id.amount_total) for collection in collections), Decimal(0))
    return Control("Leverance mod opkrævninger", "talt af Betalingsservice", counted, "fakturaerne", invoices)


def outside_ledger(month):
    """Odoo against Dinero: what was pushed against what is booked over there."""
    ours, theirs = ledger.totals(month)
    return Control("Odoo mod Dinero", "sendt fra Odoo", amount(ours), "bogført i Dinero", amount(theirs))


def line(control):
    """A control as one line of the summary."""
    figures = f"{control.left_label} {danish(control.left)}, {control.right_label} {danish(control.right)}"
    return f"{control.name}: {figures}, difference {danish(control.difference)}"


ALL = (debtors, creditors, prepayments, clearing, in_transit, bank, sales_vat, delivery, outside_ledger)
