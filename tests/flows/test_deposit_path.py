"""The whole path in a real browser: quotation, deposit, payment in the portal, release, delivery, final invoice."""

import json

from odoo import Command
from odoo.tests import HttpCase, tagged

# Walks forms of the web client: each step opens a record, presses a button and waits for what follows.
OFFICE = """
(async () => {
    const steps = %s;
    const services = odoo.__WOWL_DEBUG__.root.env.services;
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = async (find, what) => {
        for (let i = 0; i < 800; i++) {
            const found = find();
            if (found) { return found; }
            await wait(50);
        }
        const shown = document.querySelector(".o_error_dialog") || document.body;
        throw new Error(`${what}: waited in vain; ${shown.innerText}`);
    };
    for (const step of steps) {
        await services.action.doAction(
            { type: "ir.actions.act_window", res_model: step.model, res_id: step.id, views: [[false, "form"]] },
            { clearBreadcrumbs: true },
        );
        const selector = `.o_form_view button[name="${step.press}"]:not(.d-none):not([disabled])`;
        if (step.waits) {
            // an order that waits says for what, and offers no button that would only be refused
            const banner = () => document.querySelector(".o_form_view .alert-warning");
            await until(() => banner() && banner().innerText.includes(step.waits), `${step.model}: ${step.waits}`);
            if (document.querySelector(selector)) { throw new Error(`${step.press} is offered`); }
            continue;
        }
        const button = await until(() => document.querySelector(selector), `${step.model}: button ${step.press}`);
        button.click();
        await until(() => document.querySelector(step.until), `${step.press}: ${step.until}`);
    }
    console.log("test successful");
})().catch((error) => console.error(error.message || String(error)));
"""

# The customer's page of the order: what it says, and where its button leads.
ORDER_PAGE = """
(async () => {
    const button = document.querySelector(".o_prepayment_portal_pay");
    if (!button || !button.href.includes(%(invoice)s)) { throw new Error("no button to pay the deposit"); }
    const text = document.querySelector("#prepayment_wait").innerText;
    if (!text.includes(%(missing)s)) { throw new Error(`says: ${text}`); }
    navigation.addEventListener("navigate", (event) => {
        event.preventDefault();
        console.log("test successful");
    });
    button.click();
})().catch((error) => console.error(error.message || String(error)));
"""

# The invoice's page: core's payment form with core's demo provider.
PAY = """
(async () => {
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = async (find, what) => {
        for (let i = 0; i < 600; i++) {
            const found = find();
            if (found) { return found; }
            await wait(50);
        }
        throw new Error(`${what}: waited in vain`);
    };
    await until(() => document.querySelector("#pay_with.show"), "payment dialog");
    const radio = await until(
        () => document.querySelector('#pay_with input[name="o_payment_radio"][data-provider-code="demo"]'),
        "demo provider",
    );
    radio.click();
    const card = await until(() => document.querySelector("#pay_with #customer_input"), "card number");
    card.value = "4242 4242 4242 4242";
    const button = await until(
        () => document.querySelector('#pay_with button[name="o_payment_submit_button"]:not([disabled])'), "pay button"
    );
    navigation.addEventListener("navigate", (event) => {
        // Core leads on to the status page once the provider has answered; this page has shown what it had to.
        event.preventDefault();
        if (!event.destination.url.includes("/payment/status")) { throw new Error(event.destination.url); }
        console.log("test successful");
    });
    button.click();
})().catch((error) => console.error(error.message || String(error)));
"""


@tagged("post_install", "-at_install")
class TestDepositPath(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.company = cls.env.company
        company.country_id = cls.env.ref("base.dk")
        if company.chart_template != "dk":
            cls.env["account.chart.template"].try_loading("dk", company, install_demo=False)
        company._set_default_prepayment_account()
        address = {"street": "Strandvejen 1", "zip": "8000", "city": "Aarhus C"}
        company.partner_id.write(
            {**address, "email": "office@example.com", "vat": "DK12345674", "company_registry": "12345674"}
        )
        admin = cls.env.ref("base.user_admin")
        admin.lang = "da_DK"
        names = (
            "account.group_account_manager",
            "sales_team.group_sale_manager",
            "mrp.group_mrp_manager",
            "stock.group_stock_manager",
        )
        admin.group_ids = [Command.link(cls.env.ref(name).id) for name in names]
        cls._set_up_provider()
        cls._make_assets()
        cls.customer = cls.env["res.partner"].create(
            {
                **address,
                "name": "Hotel Strand",
                "vat": "DK98765409",
                "company_registry": "98765409",
                "email": "hotel@example.com",
                "lang": "da_DK",
                "country_id": cls.env.ref("base.dk").id,
                "invoice_sending_method": "email",
            }
        )
        cls.product = cls._set_up_product()
        cls.env["prepayment.policy"].create(
            {"name": "Alt: 30 %", "company_id": company.id, "percent": 30, "sequence": 1, "partner_id": cls.customer.id}
        )

    @classmethod
    def _make_assets(cls):
        """A busy machine takes longer to make them than the browser waits for its first page."""
        for name in ("web.assets_web", "web.assets_tests", "web.assets_frontend", "web.assets_frontend_lazy"):
            bundle = cls.env["ir.qweb"]._get_asset_bundle(name, css=True, js=True)
            bundle.js()
            bundle.css()

    @classmethod
    def _set_up_provider(cls):
        provider = cls.env.ref("payment.payment_provider_demo")
        journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        provider.write({"company_id": cls.company.id, "state": "test", "is_published": True, "journal_id": journal.id})
        provider.payment_method_ids.active = True
        cls.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", "True")

    @classmethod
    def _set_up_product(cls):
        routes = cls.env.ref("stock.route_warehouse0_mto") | cls.env.ref("mrp.route_warehouse0_manufacture")
        routes.active = True
        vat = cls.env["account.tax"].search(
            [
                ("company_id", "=", cls.company.id),
                ("type_tax_use", "=", "sale"),
                ("amount", "=", 25),
                ("amount_type", "=", "percent"),
                ("price_include", "=", False),
            ],
            limit=1,
        )
        common = {"type": "consu", "is_storable": True}
        product = cls.env["product.product"].create(
            {
                **common,
                "name": "Hudcreme",
                "list_price": 100,
                "invoice_policy": "delivery",
                "taxes_id": [Command.set(vat.ids)],
                "route_ids": [Command.set(routes.ids)],
            }
        )
        part = cls.env["product.product"].create({**common, "name": "Krukke"})
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.env["stock.quant"]._update_available_quantity(part, warehouse.lot_stock_id, 100)
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": part.id, "product_qty": 1})],
            }
        )
        return product

    def _office(self, *steps):
        code = OFFICE % json.dumps(steps)
        self.browser_js("/odoo", code, ready="odoo.isReady === true", login="admin", timeout=180)
        self.env.invalidate_all()

    def test_from_quotation_to_final_invoice(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_uom_qty": 10, "price_unit": 123.45})
                ],
            }
        )
        self.assertEqual((order.amount_total, order.prepayment_required_amount), (1543.13, 462.94))
        confirm = {"model": "sale.order", "id": order.id, "press": "action_confirm"}
        send = {"model": "sale.order", "id": order.id, "press": "action_prepayment_send"}
        self._office(
            {**confirm, "until": 'button[name="action_prepayment_send"]'},
            {**send, "until": 'button[name="action_register_payment"]'},
        )
        deposit = order._get_prepayment_invoices()
        self.assertEqual((deposit.state, deposit.amount_total, deposit.invoice_is_sent), ("posted", 462.94, True))
        self.assertEqual(order.prepayment_state, "invoiced")

        # Production waits, and says for what.
        production = order.mrp_production_ids
        self.assertEqual(production.prepayment_hold_state, "held")
        produce = {"model": "mrp.production", "id": production.id, "press": "button_mark_done"}
        self._office({**produce, "waits": "462,94"})

        # The customer pays on the portal.
        values = {"invoice": json.dumps(f"/my/invoices/{deposit.id}"), "missing": json.dumps("462,94")}
        self.browser_js(
            order.get_portal_url(), ORDER_PAGE % values, ready="!!document.querySelector('#prepayment_portal')"
        )
        url = deposit.get_portal_url(query_string="&payment=True")
        self.browser_js(url, PAY, ready="!!document.querySelector('#pay_with')", timeout=120)
        self.env.invalidate_all()
        transaction = deposit.transaction_ids
        self.assertEqual((transaction.state, transaction.amount), ("done", 462.94))
        transaction._post_process()  # what the status page, or the cron, does next
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("received", 0))
        self.assertEqual(production.prepayment_hold_state, "released")

        # Released: produce, deliver, final invoice.
        self._office({**produce, "until": ".o_form_view .o_arrow_button_current[data-value='done']"})
        self.assertEqual(production.state, "done")
        picking = order.picking_ids
        self._office(
            {
                "model": "stock.picking",
                "id": picking.id,
                "press": "button_validate",
                "until": ".o_form_view .o_arrow_button_current[data-value='done']",
            }
        )
        self.assertEqual(picking.state, "done")
        final_step = {"model": "sale.order", "id": order.id, "press": "action_create_final_invoice"}
        self._office({**final_step, "until": 'button[name="action_post"]'})
        final = order.invoice_ids - deposit
        self.assertEqual(final.prepayment_invoice_type, "final")
        post = {"model": "account.move", "id": final.id, "press": "action_post"}
        self._office({**post, "until": 'button[name="action_register_payment"]'})
        self.assertEqual(final.amount_total, 1080.19)
        self.assertEqual([row["move"] for row in final._get_deducted_prepayments()], [deposit])
        self.assertEqual(order.prepayment_state, "settled")

        # The timeline tells it all.
        done = {entry["step"] for entry in order._prepayment_timeline() if entry.get("date")}
        self.assertLessEqual({"order", "deposit", "delivery", "final"}, done)
