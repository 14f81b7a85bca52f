"""From the customer's card to the invoice, as a person does it: subscription, preview, run, the period on the invoice.

With NORDIC_PICTURES=<folder> the screens on the way are kept as pictures, for docs/pictures.
"""

import base64
import os
from pathlib import Path

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tests.common import ChromeBrowser

SCRIPT = """
(async () => {
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = async (find, what) => {
        for (let i = 0; i < 900; i++) {
            const error = document.querySelector(".o_error_dialog");
            if (error) { throw new Error(`${what}: ${error.innerText}`); }
            const found = find();
            if (found) { return found; }
            await wait(50);
        }
        throw new Error(`${what}: not found`);
    };
    const one = (selector, what) => until(() => document.querySelector(selector), what || selector);
    const click = async (selector) => { (await one(`${selector}:not([disabled])`)).click(); };
    const picture = async (name) => {
        console.log(`picture ${name}`);
        await wait(%(pause)s);
    };
    const started = Date.now();

    await odoo.__WOWL_DEBUG__.root.env.services.action.doAction(
        { type: "ir.actions.act_window", res_model: "res.partner", res_id: %(partner)s, views: [[false, "form"]] },
    );
    await one(".o_action.o_form_view", "the customer");
    await click("button[name=action_new_subscription]");
    const customer = await until(() => {
        const input = document.querySelector(".o_field_widget[name=partner_id] input");
        return input && input.value && document.querySelector(".o_field_widget[name=line_ids]") && input;
    }, "a new subscription of the customer");
    if (!customer.value.includes("Bryggeri Aa")) { throw new Error(`customer: ${customer.value}`); }
    await click(".o_field_widget[name=line_ids] .o_field_x2many_list_row_add a");
    const product = await one(".o_field_widget[name=line_ids] .o_selected_row [name=product_id] input");
    product.focus();
    product.click();
    product.value = "Serviceaftale";
    product.dispatchEvent(new Event("input", { bubbles: true }));
    const choice = await until(
        () => [...document.querySelectorAll(".o-autocomplete--dropdown-item a, .o-autocomplete--dropdown-item")]
            .find((item) => item.innerText.trim().startsWith("Serviceaftale")),
        "the product in the list",
    );
    choice.click();
    await until(() => {
        const cell = document.querySelector(".o_field_widget[name=line_ids] .o_selected_row [name=price_unit] input");
        return cell && cell.value.startsWith("1.250");
    }, "the price of the product");
    await click(".o_form_button_save");
    await one(".o_form_view .o_form_saved, .o_form_view:not(.o_form_dirty) [name=next_invoice_date]", "saved");
    await until(() => /SUB\\d+/.test(document.querySelector(".oe_title h1")?.innerText || ""), "its number");
    await picture("subscription-new");
    await click("button[name=action_start]");
    await one("button[name=action_bill_now]", "started");
    const tab = [...document.querySelectorAll(".o_notebook .nav-link")].find((link) => link.name === "upcoming");
    tab.click();
    await until(
        () => document.querySelector(".o_field_widget[name=upcoming]")?.innerText.includes("1.562,50"),
        "next invoices",
    );
    await picture("subscription-upcoming");
    if (Date.now() - started - 2 * %(pause)s > 60000) { throw new Error("more than a minute"); }

    await click("button[name=action_bill_now]");
    await one("button[name=action_run]", "the preview");
    await until(() => (document.querySelector("[name=amount_total]")?.innerText || "").includes("1.562,50"), "the sum");
    if (document.querySelector("button[name=action_open_invoices]:not(.o_invisible_modifier) [name=invoice_count]")) {
        throw new Error("an invoice before anybody billed");
    }
    await picture("subscription-preview");
    await click("button[name=action_run]");
    await until(() => !document.querySelector("button[name=action_run]"), "billed");
    await click(".oe_stat_button[name=action_open_invoices]");
    await until(
        () => (document.querySelector(".o_list_view .o_data_row")?.innerText || "").includes("Bryggeri Aa"),
        "the invoice in the list, with its customer",
    );
    await until(() => {
        if (document.querySelector(".o_form_view [name=invoice_line_ids] .o_data_row")) { return true; }
        const cells = [...document.querySelectorAll(".o_list_view .o_data_row .o_data_cell")];
        cells.find((cell) => cell.innerText.includes("1.562,50"))?.click();
        return false;
    }, "the invoice");
    await until(
        () => (document.querySelector("[name=invoice_line_ids]")?.innerText || "").includes("Periode 01.03.2027"),
        "the period on the line",
    );
    await picture("subscription-invoice");
    console.log("test successful");
})().catch((error) => console.error(error.message || String(error)));
"""


@tagged("post_install", "-at_install")
class TestSubscriptionPath(HttpCase):
    browser_size = "1366x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-01 10:00:00", tick=True))
        company = cls.env.company
        company.country_id = denmark = cls.env.ref("base.dk")
        if company.chart_template != "dk":
            cls.env["account.chart.template"].try_loading("dk", company, install_demo=False)
        cls.env["res.lang"]._activate_lang("da_DK")
        admin = cls.env.ref("base.user_admin")
        admin.group_ids = [(4, cls.env.ref("account.group_account_manager").id)]
        address = {"street": "Vestergade 1", "zip": "8000", "city": "Aarhus", "country_id": denmark.id}
        cls.partner = cls.env["res.partner"].create(
            {"name": "Bryggeri Aa", "is_company": True, "lang": "da_DK", **address}
        )
        admin.lang = "da_DK"
        tax = company.account_sale_tax_id
        cls.env["product.product"].create(
            {"name": "Serviceaftale", "default_code": "SA", "type": "service", "list_price": 1250.0,
             "taxes_id": [(6, 0, tax.ids)]}
        )  # fmt: skip

    def test_from_the_customer_to_the_invoice(self):
        folder = os.environ.get("NORDIC_PICTURES")
        handle = ChromeBrowser._handle_console

        def with_pictures(browser, type, args=None, stackTrace=None, **kwargs):  # noqa: A002 - Chromium's names
            text = str(args[0].get("value", "")) if args else ""
            if folder and text.startswith("picture "):
                future = browser._websocket_send("Page.captureScreenshot", with_future=True)
                name = text.split()[1]
                future.add_done_callback(
                    lambda done: (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(done.result()["data"]))
                )
            return handle(browser, type, args=args, stackTrace=stackTrace, **kwargs)

        self.patch(ChromeBrowser, "_handle_console", with_pictures)
        # on a busy machine the first page would else be given up while its scripts are put together
        self.env["ir.qweb"]._pregenerate_assets_bundles()
        code = SCRIPT % {"partner": self.partner.id, "pause": 1500 if folder else 0}
        self.browser_js("/odoo", code, ready="odoo.isReady === true", login="admin", timeout=300)
        subscription = self.env["subscription.subscription"].search([("partner_id", "=", self.partner.id)])
        move = subscription._get_invoices()
        self.assertEqual((subscription.state, move.amount_total), ("active", 1562.5))
        self.assertEqual(str(move.invoice_line_ids.start_date), "2027-03-01")
        self.assertEqual(str(move.invoice_line_ids.end_date), "2027-03-31")
