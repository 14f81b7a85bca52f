"""Bills paid by a file of the bank: what it answers, what the statement shows, and a payment that comes back."""

from . import bank_files, payments
from .controls import danish

BILLS = (
    ("Humlegården Import ApS", "H-3301", "Humle, 25 kg", 6250.0),
    ("Malteriet Havdrup A/S", "MH-88012", "Pilsnermalt, 1.000 kg", 9875.0),
    ("Nordkølet ApS", "2026-417", "Service på køleanlæg", 3125.0),
    ("Fadøl & Udstyr I/S", "F-190", "Haner og slanger", 1487.5),
    ("Rent Glas A/S", "RG-5520", "Leje af glas", 940.0),
)
REJECTED, RETURNED = 2, 3
CHARGE = -24.0


def pay(month, day):
    """The file is sent and the bank answers: one payment is rejected, its bill is open again."""
    env, company = month.env, month.company.company
    cost = env["account.account"].search(
        [("company_ids", "=", company.id), ("account_type", "=", "expense")], order="code", limit=1
    )
    month.company.bank.paymatch_charge_account_id = cost.copy({"name": "Bankgebyrer", "code": "3695"})
    bills = env["account.move"].union(*(_bill(month, cost, *values, day) for values in BILLS))
    made = [_registered(month, bill, day) for bill in bills]
    rows = [
        {"id": f"U{at}", "own": found.name, "amount": -found.amount, "name": found.partner_id.name}
        for at, found in enumerate(made, 1)
    ]
    month.records.update(vendor_bills=bills, vendor_rows=rows)
    answered = [{**row, "reason": "AC04"} if at == REJECTED else row for at, row in enumerate(rows)]
    answer = env["paymatch.bank.answer"]._import_file(
        bank_files.pain002("SVAR-1", day, "UDBETALING-1", answered), "svar.xml"
    )
    assert (answer.settled_count, answer.rejected_count, answer.todo_count) == (4, 1, 0), answer.line_ids.read()
    assert bills[REJECTED].payment_state == "not_paid"
    collected = [row for at, row in enumerate(rows) if at != REJECTED]
    total = sum(row["amount"] for row in collected)
    month.bank_entries.append(
        {"date": day, "amount": f"{total:.2f}", "text": "Leverandørbetalinger", "id": "LEV1", "payments": collected}
    )
    month.bank_entries.append(
        {"date": day, "amount": f"{CHARGE:.2f}", "text": "Gebyr, filoverførsel", "id": "GEB1", "code": "CHRG"}
    )
    payments.queue_bank_line(month, day, -412.5, "Dankort-nota OK PLUS 7716", "KORT1")
    return [
        f"{len(bills)} leverandørfakturaer betalt med fil; banken afviser {bills[REJECTED].ref}: åben igen",
        f"På vej ud af banken: {danish(-total)}",
    ]


def check_paid(month):
    """After the statement: the bills of the collected line are paid, the charge is booked."""
    bills = month.records["vendor_bills"]
    assert set((bills - bills[REJECTED]).mapped("payment_state")) == {"paid"}, bills.mapped("payment_state")
    charges = month.env["paymatch.vendor.payment"].search([("kind", "=", "charge")])
    assert set(charges.mapped("state")) == {"booked"}, charges.read()
    return [f"{len(bills) - 1} leverandørfakturaer lukket af én banklinje, gebyr bogført"]


def come_back(month, day):
    """The bank gives one payment back a week later."""
    row = {**month.records["vendor_rows"][RETURNED], "returned": "AC06", "id": "RET1"}
    row["amount"] = -row["amount"]
    month.bank_entries.append(
        {"date": day, "amount": f"{row['amount']:.2f}", "text": "Returneret betaling", "id": "RET1", "payments": [row]}
    )


def check_returned(month):
    bill = month.records["vendor_bills"][RETURNED]
    assert bill.payment_state == "not_paid", bill.payment_state
    return [f"{bill.ref} kom tilbage fra banken og er åben igen"]


def _bill(month, cost, vendor, number, text, amount, day):
    tax = month.env["account.chart.template"].with_company(month.company.company).ref("tax_k1")
    values = {"name": vendor, "is_company": True, "supplier_rank": 1, "country_id": month.env.ref("base.dk").id}
    line = {"name": text, "price_unit": amount, "account_id": cost.id, "tax_ids": [(6, 0, tax.ids)]}
    bill = month.env["account.move"].create(
        {
            "move_type": "in_invoice",
            "partner_id": month.env["res.partner"].create(values).id,
            "ref": number,
            "currency_id": month.env.ref("base.DKK").id,
            "invoice_date": day,
            "date": day,
            "invoice_line_ids": [(0, 0, line)],
        }
    )
    bill.action_post()
    return bill


def _registered(month, bill, day):
    wizard = month.env["account.payment.register"].with_context(active_model="account.move", active_ids=bill.ids)
    return wizard.create({"journal_id": month.company.bank.id, "payment_date": day})._create_payments()
