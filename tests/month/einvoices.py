"""Step 5: one EHF and one OIOUBL document, checked by the official rules; an order refused for want of a reference;
three documents received: one booked by itself, one clarified, one that waits for a person."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

from odoo.exceptions import UserError

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import records as r

from tests.factories.odoo import InvoiceFactory, PartnerFactory, ProductFactory

from . import bills, logo

GLN = "5798000999992"
NORWEGIAN = "999999948"
MALT, SERVICE = "23456788", "23456796"
S25 = r.TaxCategory("S", D(25))
REVERSE = r.TaxCategory("AE", D(0), "Omvendt betalingspligt", "VATEX-EU-AE")


def prepare(month):
    """A Norwegian taproom on Peppol and a Danish municipality with an EAN number."""
    env = month.env
    taproom = PartnerFactory.create(
        env=env,
        name="Fjord Taproom AS",
        street="Fjordgata 1",
        zip="5003",
        city="Bergen",
        country_id=env.ref("base.no").id,
        company_registry=NORWEGIAN,
        peppol_eas="0192",
        peppol_endpoint=NORWEGIAN,
        buyer_reference="Innkjøp Bergen",
    )
    municipality = PartnerFactory.create(
        env=env,
        name="Prøvekøbing Kommune, Kultur",
        company_registry="98765417",
        vat="DK98765417",
        peppol_eas="0088",
        peppol_endpoint=GLN,
    )
    month.records.update(taproom=taproom, municipality=municipality)


def run(month, day):
    """Write both documents, see that every layer that ran found no fault, and find the files on the invoices."""
    env = month.env
    export = env["account.chart.template"].with_company(month.company.company).ref("tax_s4")
    product = ProductFactory.create(env=env, name="Ølsmagning", list_price=4500.0)
    ehf = InvoiceFactory.create(
        env=env,
        partner_id=month.records["taproom"].id,
        invoice_date=day,
        amount=8200.0,
        tax=export,
        label="Fustager til taproom, 10 stk.",
    )
    order = _order(month, product, client_order_ref="PK-2210-77", journal_id=_brand(month.company).id)
    order.action_confirm()
    nemhandel = order._create_invoices()
    nemhandel.invoice_date = day
    refused = _refused(month, product)
    texts = []
    for move, expected in ((ehf, "bis3"), (nemhandel, "oioubl21")):
        move.action_post()
        move.action_create_einvoice()
        document = move.einvoice_document_ids
        assert document.format == expected and document.state == "checked", (
            document.state,
            document.finding_ids.mapped("message"),
        )
        assert document.attachment_id and document.sha256 and not document.fatal_count
        ran = [layer for layer, state in document.validation_layers.items() if state == "run"]
        assert "xsd" in ran and (expected != "bis3" or "en16931" in ran), ran
        texts.append(f"{move.name} {document.filename}: kontrolleret af {', '.join(ran)}, 0 fejl")
    month.records.update(ehf=ehf, nemhandel=nemhandel)
    return [*texts, f"Afvist: {refused}", *_consents(month, day), *_send_later(month, day), *receive(month, day)]


def _consents(month, day):
    """Two customers have agreed to electronic invoices, one of them no more."""
    customers = month.records["invoices"].partner_id[:3]
    words = (
        ("form", "Bo Agern", "Kryds i formularen på hjemmesiden"),
        ("email", "Ida Birk", "Mail af samme dag til bogholderiet"),
        ("phone", "Ole Citron", "Ringede selv; noteret af Bente Bogholder"),
    )
    consents = month.env["nordic.einvoice.consent"].create(
        [
            {
                "partner_id": customer.id,
                "company_id": month.company.company.id,
                "consent_date": day,
                "given_by": who,
                "source": source,
                "evidence": evidence,
            }
            for customer, (source, who, evidence) in zip(customers, words, strict=True)
        ]
    )
    consents[2].action_withdraw()
    return [f"{len(consents)} samtykker, heraf 1 trukket tilbage"]


def _send_later(month, day):
    """Three invoices wait for their day in the list of sendings, one is called back."""
    moves = month.records["invoices"].filtered(lambda move: not move.einvoice_dispatch_ids)[:3]
    env = month.env["nordic.einvoice.cockpit"]
    cockpit = env.browse(env._open(moves)["res_id"])
    cockpit.send_date = day + timedelta(days=90)
    cockpit.action_send()
    sendings = moves.einvoice_dispatch_ids
    assert len(sendings) == len(moves), cockpit.line_ids.mapped("problem")
    sendings[0].action_recall()
    return [f"{len(sendings)} fakturaer venter på deres dag, 1 kaldt tilbage"]


def receive(month, day):
    """A vendor's bill that books itself, one of an unknown vendor that a person clarifies, and one that waits."""
    env, company = month.env, month.company.company
    PartnerFactory.create(env=env, name="Maltgården A/S", vat=f"DK{MALT}", company_registry=MALT)
    malt = [("Pilsnermalt, 25 kg sæk", 40, "185.00", S25), ("Fragt", 1, "450.00", S25)]
    service = [("Rens af fadølsanlæg", 1, "3200.00", S25)]
    scrap = [("Kobberrør, brugt", 12, "95.00", REVERSE)]
    Document = env["nordic.einvoice.document"].with_company(company)
    documents = Document.browse()
    for number, vendor, lines in (
        ("24-1187", ("Maltgården A/S", MALT), malt),
        ("F-5520", ("Fadservice Øst ApS", SERVICE), service),
        ("24-1201", ("Maltgården A/S", MALT), scrap),
    ):
        invoice = _vendor_invoice(company.partner_id, number, day, vendor, lines)
        content = formats.write(invoice, formats.codes.OIOUBL)
        if lines is scrap:
            documents |= _dropped(month, content, f"{number}.xml")
        else:
            documents |= Document._einvoice_receive(content, f"{number}.xml", "upload", company=company)
    booked, unknown, waiting = documents
    assert booked.move_id.amount_total == 9812.5, booked.error_message
    assert not unknown.move_id and "Fadservice" in unknown.error_message
    env["nordic.einvoice.clarify"].with_context(default_document_id=unknown.id).create({}).action_apply()
    assert unknown.move_id.amount_total == unknown.amount_total == 4000.0, unknown.error_message
    assert waiting.inbox_state == "person" and not waiting.move_id, waiting.inbox_state
    return [
        f"Modtaget {booked.name} fra {booked.partner_name}: kladde på {booked.amount_total:.2f}",
        f"Modtaget {unknown.name} fra {unknown.partner_name}: oprettet, kladde på {unknown.amount_total:.2f}",
        f"Venter på en person: {waiting.name}: {waiting.error_message}",
    ]


def _dropped(month, content, name):
    """A file dropped on the purchase journal: core makes an empty draft, which waits for its document."""
    env, company = month.env, month.company.company
    journal = env["account.journal"].search([("type", "=", "purchase"), ("company_id", "=", company.id)], limit=1)
    file = env["ir.attachment"].create({"name": name, "raw": content, "mimetype": "application/xml"})
    bill = journal._create_document_from_attachment(file.ids)
    assert bill.einvoice_waiting_id and not bill.invoice_line_ids
    return bill.einvoice_waiting_id


def _vendor_invoice(us, number, day, vendor, lines):
    return bills.bill(
        number,
        day,
        lines,
        currency="DKK",
        supplier=_party(vendor[0], vendor[1], city="Odense", zip="5000", street="Havnegade 3"),
        customer=replace(
            _party(us.name, us.company_registry, city=us.city, zip=us.zip, street=us.street),
            contact=r.Contact(name="Indkøb", email="bogholderi@example.com"),
        ),
        buyer_reference="Indkøb",
        payment_means=(r.PaymentMeans(code="42", payment_id=number, account="0012345678", branch="1551"),),
    )


def _party(name, number, **address):
    return r.Party(
        name=name,
        registration_name=name,
        endpoint=r.Identifier(number, "0184"),
        vat=f"DK{number}",
        legal_id=r.Identifier(number, "0184"),
        address=r.Address(country="DK", **address),
        contact=r.Contact(name="Bo Berg", email="bo@example.com"),
    )


def _brand(company):
    """Tastings are sold under a name and a logo of their own, in a journal of their own."""
    name = "Nordlys Smagninger"
    return company.env["account.journal"].create(
        {
            "name": name,
            "code": "SMAG",
            "type": "sale",
            "company_id": company.company.id,
            "default_account_id": company.sales.default_account_id.id,
            "einvoice_logo": logo.png(name),
        }
    )


def _order(month, product, **values):
    return month.env["sale.order"].create(
        {
            "partner_id": month.records["municipality"].id,
            "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 1})],
            **values,
        }
    )


def _refused(month, product):
    order = _order(month, product)
    try:
        with month.env.cr.savepoint():
            order.action_confirm()
            order._create_invoices()
    except UserError as error:
        return str(error.args[0])
    raise AssertionError("an order without the EAN customer's reference went through")
