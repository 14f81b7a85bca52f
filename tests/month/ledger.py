"""Step 7: the month's invoices in Dinero, once; a difference of 0.01 stops one at the gate. Vendor bills and files."""

import base64
from decimal import Decimal

from tests.factories.odoo import InvoiceFactory

SALES_ACCOUNT, EXEMPT_ACCOUNT, PREPAYMENT_ACCOUNT, COST_ACCOUNT = "1000", "1050", "66100", "2100"
DEPOSIT_ACCOUNT = "55900"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


def prepare(month, simulator):
    """Connect to Dinero (a simulator on this machine) and map taxes to its accounts."""
    env = month.env
    parameters = env["ir.config_parameter"].sudo()
    parameters.set_param("dinero_connector.test_server", "1")
    parameters.set_param("dinero_connector.api_url", simulator.base_url)
    parameters.set_param("dinero_connector.connect_url", simulator.base_url)
    connection = (
        env["transfer.connection"]
        .sudo()
        .create(
            {
                "name": "Dinero",
                "kind": "dinero",
                "company_id": month.company.company.id,
                "dinero_client_id": simulator.client_id,
                "dinero_client_secret": simulator.client_secret,
            }
        )
    )
    connection._dinero_store_tokens(simulator.issue_tokens())
    taxes = env["account.chart.template"].with_company(month.company.company)
    for tax, account in ((month.company.tax, SALES_ACCOUNT), (taxes.ref("tax_s4"), EXEMPT_ACCOUNT)):
        env["ledger.account.mapping"].create(
            {"connection_id": connection.id, "tax_id": tax.id, "remote_account": account}
        )
    if "ledger_deposit_way" in connection._fields and month.company.company.downpayment_account_id:
        env["ledger.account.mapping"].create(
            {
                "connection_id": connection.id,
                "account_id": month.company.company.downpayment_account_id.id,
                "tax_id": month.company.tax.id,
                "remote_account": PREPAYMENT_ACCOUNT,
            }
        )
    connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": DEPOSIT_ACCOUNT})
    connection.action_ledger_read_accounts()
    month.records.update(connection=connection, dinero=simulator)


def invoices_of(month):
    return month.env["account.move"].search(
        [
            ("company_id", "=", month.company.company.id),
            ("move_type", "in", ("out_invoice", "out_refund")),
            ("state", "=", "posted"),
        ]
    )


def push(month):
    """Push every posted invoice and let the queue run: what had paid them follows."""
    month.env["account.move"].flush_model()
    invoices = invoices_of(month)
    invoices.action_ledger_push()
    for _step in range(2):
        month.env["transfer.log"].sudo()._process_queue(month.records["connection"])
    month.refresh()
    return invoices


def run(month):
    """All invoices arrive; pushed again, none is made; one that would differ by 0.01 is stopped."""
    simulator = month.records["dinero"]
    invoices = push(month)
    failed = invoices.filtered(lambda move: move.ledger_state != "pushed")
    assert not failed, [(move.name, move.ledger_message) for move in failed]
    booked, contacts = len(simulator.booked()), len(simulator.organisation.contacts)
    push(month)
    assert len(simulator.booked()) == booked and len(simulator.organisation.contacts) == contacts
    stopped = _stopped(month, simulator)
    month.records["stopped"] = stopped
    bills = _vendor_bills(month)
    month.records["connection"].action_compare()
    _first_day(month, simulator)
    # The simulator ends with the walk; a paused connection keeps its queue.
    month.records["connection"].sudo().is_paused = True
    what, *amounts = stopped.ledger_message.splitlines()
    return [
        f"{booked} fakturaer og {contacts} kontakter i Dinero; sendt igen: 0 nye",
        f"Stoppet ved porten: {stopped.name}: {what} {'; '.join(amounts)}",
        f"{len(bills)} leverandørfakturaer i Dinero med deres bilag",
    ]


def _first_day(month, simulator):
    """What the bookkeeper decides with the catalogue: products of Dinero that may be ours, one of them twice there, and
    what cannot be said over there."""
    connection = month.records["connection"]
    ours = month.env["product.product"].search([("sale_ok", "=", True)], order="id", limit=2)
    for number, product in enumerate(ours, 1):
        product.default_code = product.default_code or f"VARE-{number}"
    for product, name in ((ours[0], ours[0].name), (ours[1], ours[1].name), (ours[1], f"{ours[1].name} (gammel)")):
        body = {"ProductNumber": product.default_code, "Name": name, "BaseAmountValue": product.lst_price}
        body |= {"Quantity": 1, "AccountNumber": int(SALES_ACCOUNT), "Unit": "parts"}
        simulator.create_product(simulator.organisation, {}, body)
    dozen = month.env.ref("uom.product_uom_dozen")
    values = {"name": "Flaskeøl, dusin", "default_code": "DUSIN", "uom_id": dozen.id, "list_price": 240.0}
    month.env["product.product"].create(values)
    month.env["ledger.product.rule"].create({"connection_id": connection.id, "remote_account": SALES_ACCOUNT})
    connection.action_ledger_match_products()
    connection.action_ledger_read_terms()
    connection._ledger_check_completeness()


def _vendor_bills(month):
    """Bills of two vendors, booked there with the file they came with; of one a drawing that Dinero does not take."""
    env, company, connection = month.env, month.company.company, month.records["connection"]
    connection.write({"ledger_bills": "book", "ledger_files": "all"})
    tax = env["account.chart.template"].with_company(company).ref("tax_k1")
    cost = env["account.account"].search(
        [("company_ids", "=", company.id), ("account_type", "in", ("expense_direct_cost", "expense"))], limit=1
    )
    values = {"connection_id": connection.id, "account_id": cost.id, "tax_id": tax.id, "remote_account": COST_ACCOUNT}
    env["ledger.account.mapping"].create(values)
    connection.action_ledger_read_accounts()
    bills = env["account.move"]
    for number, (vendor, text, amount) in enumerate(
        (
            ("Emballagegrossisten A/S", "Papkasser 40 x 30 cm, 500 stk.", 2450.0),
            ("Emballagegrossisten A/S", "Tape, 36 ruller", 612.5),
            ("Etiketdesign ApS", "Etiketter, sommerserien", 4800.0),
        ),
        1,
    ):
        bill = _bill(month, _vendor(month, vendor), f"{20460 + number}", text, amount, cost, tax)
        bills |= bill
    name, content = "etiket.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    values = {"name": name, "res_model": bill._name, "res_id": bill.id, "datas": base64.b64encode(content)}
    env["ir.attachment"].create(values)
    bills.action_ledger_push()
    for _step in range(4):  # vendor, bill, file, and the file to its bill
        env["transfer.log"].sudo()._process_queue(connection)
    month.refresh()
    failed = bills.filtered(lambda move: move.ledger_state != "pushed")
    assert not failed, [(move.name, move.ledger_message) for move in failed]
    assert sorted(set(bills.ledger_file_ids.mapped("state"))) == ["done", "refused"], bills.ledger_file_ids.read()
    return bills


def _vendor(month, name):
    partners = month.env["res.partner"]
    values = {"name": name, "is_company": True, "supplier_rank": 1, "country_id": month.env.ref("base.dk").id}
    return partners.search([("name", "=", name)], limit=1) or partners.create(values)


def _bill(month, vendor, number, text, amount, account, tax):
    line = {"name": text, "price_unit": amount, "account_id": account.id, "tax_ids": [(6, 0, tax.ids)]}
    bill = month.env["account.move"].create(
        {
            "move_type": "in_invoice",
            "partner_id": vendor.id,
            "ref": number,
            "currency_id": month.env.ref("base.DKK").id,
            "invoice_date": month.after,
            "date": month.after,
            "invoice_line_ids": [(0, 0, line)],
        }
    )
    values = {"name": f"Faktura {number}.pdf", "res_model": bill._name, "res_id": bill.id}
    values["datas"] = base64.b64encode(PDF.replace(b"1.4", f"1.4 {number}".encode()))
    bill.message_main_attachment_id = month.env["ir.attachment"].create(values)
    bill.action_post()
    return bill


def _stopped(month, simulator):
    """An invoice that Dinero would add up 0.01 lower."""
    move = InvoiceFactory.create(
        env=month.env,
        partner_id=month.records["customers"][7].id,
        invoice_date=month.after,
        amount=255.0,
        label="Glas, 6 stk.",
    )
    move.action_post()
    before = len(simulator.booked())
    with simulator.faulty("rounding"):
        move.action_ledger_push()
        month.env["transfer.log"].sudo()._process_queue(month.records["connection"])
    month.refresh()
    assert move.ledger_state == "failed" and "0.01" in move.ledger_message.replace(",", "."), move.ledger_message
    assert len(simulator.booked()) == before
    return move


def totals(month):
    """(Odoo's total of what was pushed, Dinero's total of what is booked), credit notes negative."""
    pushed = invoices_of(month).filtered(lambda move: move.ledger_state == "pushed")
    ours = sum((Decimal(str(move.amount_total_signed)) for move in pushed), Decimal(0))
    simulator = month.records["dinero"]
    theirs = sum((Decimal(str(row["TotalInclVat"])) for row in simulator.booked()), Decimal(0))
    theirs -= sum((Decimal(str(row["TotalInclVat"])) for row in simulator.booked("creditnotes")), Decimal(0))
    return ours, theirs
