"""Step 6: a Vipps MobilePay payout, matched with reasons; a double payment and an unknown -45.00 stay visible."""

import json
from datetime import timedelta
from decimal import Decimal

from tests.factories.odoo import InvoiceFactory, PartnerFactory
from tests.paymatch.make_vipps import vipps_settlement_xml

from . import payments
from .controls import danish

ORDERS = (("249.00", "Anders"), ("498.00", "Birgit"), ("1120.00", "Casper"), ("75.50", "Dorthe"), ("360.00", "Erik"))
FEE_PERCENT = Decimal("1.35")
UNKNOWN = "-45.00"


def prepare(month):
    """The acquirer, with accounts of its own for clearing, in transit and fees."""
    provider = month.env["paymatch.provider"].create(
        {
            "name": "Vipps MobilePay",
            "kind": "payout",
            "format": "vipps_xml",
            "account_number": "123456",
            "bank_journal_id": month.company.bank.id,
            "park_undecided": True,
        }
    )
    provider.action_create_accounts()
    month.records["vipps"] = provider


def sell(month, day):
    """Five web shop sales, invoiced the same day and paid by card or wallet."""
    invoices = month.env["account.move"]
    for number, (gross, name) in enumerate(ORDERS, 1):
        partner = PartnerFactory.create(env=month.env, name=f"{name} Webkunde", is_company=False)
        invoices |= InvoiceFactory.create(
            env=month.env,
            partner_id=partner.id,
            invoice_date=day,
            amount=float(Decimal(gross) / Decimal("1.25")),
            label="Gaveæske fra webshoppen",
            ref=f"WEB-{day:%y%m}{number:02d}",
        )
    invoices.action_post()
    month.records["web_invoices"] = invoices
    payments_there = [
        {"id": 700100 + number, "order_id": move.ref, "acquirer": "clearhaus", "operations": []}
        | {"text_on_statement": "NORDLYS", "metadata": {"last4": f"{4240 + number}"}}
        for number, move in enumerate(invoices, 1)
    ]
    content = json.dumps(payments_there).encode()
    month.env["paymatch.gateway.payment"]._import_file(content, f"quickpay-{day:%y%m%d}.json")
    return [f"{len(invoices)} webordrer, {danish(sum(invoices.mapped('amount_total')))} inkl. moms"]


def settle(month, day):
    """The payout report: fees per payment, one customer has paid twice, and 45.00 is taken for something unknown."""
    invoices = month.records["web_invoices"]
    lines = [
        {
            "order": move.ref,
            "amount": f"{move.amount_total:.2f}",
            "fee": str((Decimal(str(move.amount_total)) * FEE_PERCENT / 100).quantize(Decimal("0.01"))),
            "date": day - timedelta(days=2),
        }
        for move in invoices
    ]
    lines.append({**lines[1], "date": day - timedelta(days=1)})
    lines.append({"order": "KORR-9911", "amount": UNKNOWN, "date": day - timedelta(days=1)})
    number = int(f"{day:%y%m%d}01")
    payout = {"settlement_id": number, "date": day, "currency": "DKK", "serial": "123456", "name": "Nordlys Bryghus"}
    content = vipps_settlement_xml(payout, lines)
    report = month.env["paymatch.report"]._import_file(content, f"vipps-{day}.xml", provider=month.records["vipps"])
    report.action_match()
    undecided = report.line_ids.filtered(lambda line: line.match_state in ("open", "ambiguous", "proposed"))
    assert len(undecided) == 2, report.line_ids.mapped("match_reason")
    report.action_approve()
    assert report.difference == 0
    month.records["payout"] = report
    payments.queue_bank_line(
        month,
        day + timedelta(days=1),
        report.net_amount,
        f"Vipps MobilePay {report.bank_reference or number}",
        str(number),
    )
    result = [
        f"Udbetaling {report.name}: brutto {danish(report.sale_amount)}, gebyr {danish(report.fee_amount)}, "
        f"udbetalt {danish(report.net_amount)}, difference {danish(report.difference)}"
    ]
    return result + [f"Står åbent: {danish(line.net_amount)} - {line.match_reason}" for line in undecided]
