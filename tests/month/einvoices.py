"""Step 5: one EHF and one OIOUBL document, checked by the official rules; an order refused for want of a reference."""

from odoo.exceptions import UserError

from tests.factories.odoo import InvoiceFactory, PartnerFactory, ProductFactory

GLN = "5798000999992"
NORWEGIAN = "999999948"


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
    order = _order(month, product, client_order_ref="PK-2210-77")
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
    return [*texts, f"Afvist: {refused}"]


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
