"""Invoices of three channels leave by one button, in a real browser and in Danish; one is recalled. A received document
is uploaded and clarified, and its bill has its total."""

import json
import tempfile
from decimal import Decimal as D

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from odoo.addons.nordic_einvoice.formats import records as r
from odoo.addons.nordic_einvoice.tests import received

SCRIPT = """
(async () => {
    const wanted = %s;
    const services = odoo.__WOWL_DEBUG__.root.env.services;
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = async (find, what) => {
        for (let i = 0; i < 800; i++) {
            const error = document.querySelector(".o_error_dialog");
            if (error) { throw new Error(`${what}: ${error.innerText}`); }
            const found = find();
            if (found) { return found; }
            await wait(50);
        }
        throw new Error(`${what}: waited in vain; ${document.body.innerText}`);
    };
    const upload = async (name, content) => {
        await services.action.doAction("nordic_einvoice.nordic_einvoice_upload_action", { clearBreadcrumbs: true });
        const input = await until(() => document.querySelector('.modal input[type="file"]'), `upload of ${name}`);
        const files = new DataTransfer();
        files.items.add(new File([content], name, { type: "application/xml" }));
        input.files = files.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
        await until(() => document.querySelector(".modal")?.innerText.includes(name), name);
        document.querySelector('.modal button[name="action_import"]').click();
    };
    const choose = async (cell, text) => {
        (await until(() => document.querySelector(cell), cell)).click();
        const input = await until(() => document.querySelector(`${cell} input`), `the field ${cell}`);
        input.focus();
        input.value = text;
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
        const items = () => [...document.querySelectorAll(".o-autocomplete--dropdown-item a")];
        (await until(() => items().find((one) => one.innerText.includes(text)), text)).click();
        await wait(300);
    };
    const rows = (view) => [...document.querySelectorAll(`${view} .o_data_row`)];
    await services.action.doAction("nordic_einvoice.nordic_einvoice_cockpit_action_open", { clearBreadcrumbs: true });
    await until(() => rows(".o_action.o_form_view").length === wanted.length, "the cockpit");
    for (const [name, channel, reason] of wanted) {
        const row = rows(".o_action.o_form_view").find((one) => one.innerText.includes(name));
        for (const text of [channel, reason]) {
            if (!row || !row.innerText.includes(text)) { throw new Error(`${name}: ${row && row.innerText}`); }
        }
    }
    document.querySelector('.o_action.o_form_view button[name="action_send"]').click();
    await until(() => rows(".o_action.o_list_view").length === wanted.length, "the list of sendings");
    const last = rows(".o_action.o_list_view").find((one) => one.innerText.includes(wanted[0][0]));
    last.querySelector(".o_list_record_selector input").click();
    const recall = await until(() => document.querySelector('button[name="action_recall"]'), "Recall");
    recall.click();
    const sendings = () => rows(".o_action.o_list_view");
    await until(() => sendings().some((one) => one.innerText.includes("Trukket tilbage")), "recalled");
    await services.action.doAction("nordic_einvoice.nordic_einvoice_readiness_action_open", { clearBreadcrumbs: true });
    await until(() => rows(".o_action.o_form_view").length > 5, "what is missing");

    // a received document: uploaded, clarified, booked
    await upload("faktura.xml", %s);
    const waiting = '.o_action.o_form_view button[name="action_clarify"]';
    const clarify = await until(() => document.querySelector(waiting), "it waits");
    if (!document.querySelector(".alert-warning").innerText.includes("Papir og Pen ApS")) {
        throw new Error(document.querySelector(".alert-warning").innerText);
    }
    clarify.click();
    const kind = await until(() => document.querySelector('.modal td[name="name"]'), "the VAT in the document");
    if (!kind.innerText.includes("omvendt betalingspligt")) { throw new Error(kind.innerText); }
    await choose('.modal td[name="tax_id"]', "Omvendt, egen");
    document.querySelector('.modal button[name="action_apply"]').click();
    const open = '.o_action.o_form_view button[name="action_open_bill"]';
    (await until(() => document.querySelector(open), "the bill")).click();

    // its product is chosen once; the vendor's next bill has it by itself
    const columns = '.o_field_widget[name="invoice_line_ids"] .o_optional_columns_dropdown button';
    (await until(() => document.querySelector(columns), "the columns")).click();
    (await until(() => document.querySelector('.o-dropdown--menu input[name="product_id"]'), "its column")).click();
    const product = '.o_field_widget[name="invoice_line_ids"] .o_data_row td[name="product_id"]';
    await choose(product, "Papir, eget nummer");
    document.querySelector('.o_field_widget[name="ref"]').click();
    const chosen = () => document.querySelector(product).innerText.includes("Papir, eget nummer");
    await until(chosen, "the product in the line");
    document.querySelector('button[name="action_post"]').click();
    await until(() => document.querySelector('.o_arrow_button_current[data-value="posted"]'), "posted");
    await upload("naeste.xml", %s);
    await until(() => !document.querySelector(".modal") && document.querySelector(open), "its bill is made by itself");
    console.log("test successful");
})().catch((error) => console.error(error.message || String(error)));
"""


@tagged("post_install", "-at_install")
class TestEinvoiceCockpit(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        company.country_id = cls.env.ref("base.dk")
        if company.chart_template != "dk":
            cls.env["account.chart.template"].try_loading("dk", company, install_demo=False)
        company.account_fiscal_country_id = cls.env.ref("base.dk")
        company.partner_id.write(
            {
                "vat": "DK12345674",
                "company_registry": "12345674",
                "peppol_eas": "0184",
                "peppol_endpoint": "12345674",
                "street": "Vestergade 1",
                "zip": "8000",
                "city": "Aarhus",
            }
        )
        admin = cls.env.ref("base.user_admin")
        admin.lang = "da_DK"
        admin.group_ids = [Command.link(cls.env.ref("account.group_account_manager").id)]
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.env["transfer.connection"].create({"name": "Mappe", "kind": "einvoice_file", "einvoice_folder": folder})
        cls.env["account.move"].search([("state", "=", "posted")]).is_move_sent = True

    def _invoice(self, name, **values):
        partner = self.env["res.partner"].create({"name": name, "country_id": self.env.ref("base.dk").id, **values})
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "currency_id": self.env.ref("base.DKK").id,
                "invoice_date": fields.Date.context_today(partner),
                "buyer_reference": "Jette",
                "invoice_line_ids": [Command.create({"name": "Rådgivning", "price_unit": 1000})],
            }
        )
        move.action_post()
        return move

    def _received(self, **values):
        """A bill of a vendor nobody knows, with a line of which nobody knows how its VAT is booked."""
        reverse = r.TaxCategory("AE", D(0), "Omvendt betalingspligt", "VATEX-EU-AE")
        lines = (received.line(1, 1, "100.00", tax=reverse), received.line(2, 2, "50.00", "25.00", name="Kuglepen"))
        return received.write(lines=lines, supplier=received.party("Papir og Pen ApS", "98765417"), **values)

    def _own_tax_and_product(self):
        part = [Command.create({"repartition_type": "base"})]
        part += [Command.create({"repartition_type": "tax", "factor_percent": percent}) for percent in (100, -100)]
        self.env["account.tax"].create(
            {
                "name": "Omvendt, egen",
                "type_tax_use": "purchase",
                "amount": 25,
                "invoice_repartition_line_ids": part,
                "refund_repartition_line_ids": part,
            }
        )
        return self.env["product.product"].create({"name": "Papir, eget nummer", "standard_price": 3})

    def test_three_channels_a_recall_and_a_received_document(self):
        cvr = {"vat": "DK98765409", "company_registry": "98765409", "peppol_eas": "0184", "peppol_endpoint": "98765409"}
        self.env.ref("base.DKK").active = True
        company = self._invoice("Cockpit El", is_company=True, **cvr, street="A 1", zip="8000", city="Aarhus")
        mail = self._invoice("Cockpit Mail", email="post@kunde.example", is_company=True)
        paper = self._invoice("Cockpit Brev", street="B 2", zip="8000", city="Aarhus")
        wanted = [
            ["Cockpit El", "NemHandel", "Kunden har en elektronisk adresse"],
            ["Cockpit Mail", "E-mail", "Kunden har ingen elektronisk adresse"],
            ["Cockpit Brev", "Print", "Kunden har ingen e-mailadresse"],
        ]
        product = self._own_tax_and_product()
        files = (self._received(), self._received(number="F-2026-8", uuid="0195ce71-dc9c-72c8-bf2c-9890a4a9f0a3"))
        code = SCRIPT % (json.dumps(wanted), *(json.dumps(file.decode()) for file in files))
        self.browser_js("/odoo", code, ready="odoo.isReady === true", login="admin", timeout=200)
        states = {one.move_id: one.state for one in self.env["nordic.einvoice.dispatch"].search([])}
        self.assertEqual([states[move] for move in (company, mail, paper)], ["recalled", "planned", "planned"])
        documents = self.env["nordic.einvoice.document"].search([("direction", "=", "in")], order="id")
        for document in documents:
            bill = document.move_id
            self.assertRecordValues(bill, [{"amount_untaxed": 150.0, "amount_tax": 12.5, "amount_total": 162.5}])
            self.assertEqual(bill.amount_total, document.amount_total)
            self.assertEqual((bill.partner_id.name, bill.partner_id.vat), ("Papir og Pen ApS", "DK98765417"))
            self.assertIn(product, bill.invoice_line_ids.product_id)
        self.assertEqual(documents.move_id.mapped("state"), ["posted", "draft"])
