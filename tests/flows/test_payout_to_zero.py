"""A payout from the file to zero as a bookkeeper clicks it: uploaded, explained, corrected, approved, in the bank."""

import base64
import json

from odoo import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.paymatch.tests.common import camt053, vipps_xml

IBAN = "DK5000400440116243"

HELPERS = """
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (found, what) => {
    for (let i = 0; i < 600; i++) {
        const dialog = document.querySelector(".o_error_dialog");
        if (dialog) { throw new Error(`${what}: ${dialog.innerText}`); }
        const result = await found();
        if (result) { return result; }
        await wait(50);
    }
    throw new Error(`${what}: not found: ${document.body.innerText.slice(0, 1500)}`);
};
const settled = (selector, what) => until(() => document.querySelector(selector), what);
const click = async (selector, what) => { (await settled(selector, what)).click(); };
const says = (selector, text, what) => until(() => {
    const shown = document.querySelector(selector);
    return shown && shown.innerText.replace(/\\u00a0/g, " ").includes(text);
}, `${what}: "${text}" in ${selector}`);
const state = (value) => settled(
    `.o_form_view .o_statusbar_status button.o_arrow_button_current[data-value=${value}]`, value);
const services = odoo.__WOWL_DEBUG__.root.env.services;
const open = (action) => services.action.doAction(action, { clearBreadcrumbs: true });
const upload = async (content, name) => {
    await open("paymatch.paymatch_import_action");
    const input = await settled(".modal input[type=file]", "upload");
    const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type: "text/xml" }));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await settled(".modal .o_attachment", "uploaded");
    await click(".modal button[name=action_import]", "import");
};
const proves = (field, amount) => says(`.o_form_view [name=${field}]`, amount, "proof");
const run = (steps) => steps().then(() => console.log("test successful"), (error) => console.error(String(error)));
"""

STORY = """
run(async () => {
    await upload("%(payout)s", "udbetaling.xml");

    // sums, and each line with its reason
    await state("matched");
    await says(".o_field_widget[name=line_ids]", "%(sure)s", "the invoice that is sure");
    await says(".o_field_widget[name=line_ids]", "WEB-1", "its reason");
    await says(".o_form_view .alert-warning", "%(first)s", "what fits as well");
    await click(".o_notebook a[name=proof]", "proof");
    await proves("sale_amount", "100,00");
    await proves("fee_amount", "-1,00");
    await proves("net_amount", "99,00");
    await proves("difference", "0,00");

    // the line that fits two invoices is decided by hand
    await click(".o_notebook a[name=lines]", "lines");
    const rows = await until(() => {
        const found = document.querySelectorAll(".o_field_widget[name=line_ids] .o_data_row");
        return found.length === 2 && found;
    }, "two lines");
    rows[1].querySelector("button[name=action_decide]").click();
    const field = await settled(".modal [name=move_ids] input", "invoices");
    field.focus();
    field.value = "%(second)s";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const choice = await until(() => [...document.querySelectorAll(".o-autocomplete--dropdown-item a")].find(
        (item) => item.innerText.includes("%(second)s")), "the second invoice");
    choice.click();
    await settled(".modal [name=move_ids] .o_tag", "chosen");
    await click(".modal button[name=action_confirm]", "confirm");

    // two clicks: approved and posted, on its way to the bank
    await state("to_approve");
    await click(".o_form_view button[name=action_approve]", "approve");
    await state("approved");
    await click(".o_notebook a[name=proof]", "proof");
    await proves("in_transit_amount", "99,00");

    // the bank statement closes it
    await upload("%(statement)s", "kontoudtog.xml");
    await until(() => !document.querySelector(".modal"), "statement read");
    await services.action.doAction(
        { type: "ir.actions.act_window", res_model: "paymatch.report", res_id: await report(),
          views: [[false, "form"]] },
        { clearBreadcrumbs: true });
    await state("banked");
    await click(".o_notebook a[name=proof]", "proof");
    await proves("banked_amount", "99,00");
    await proves("in_transit_amount", "0,00");
    await proves("difference", "0,00");
});
async function report() {
    const [found] = await services.orm.searchRead("paymatch.report", [["name", "=", "2000101"]], ["id"]);
    return found.id;
}
"""


@tagged("post_install", "-at_install")
class TestPayoutToZero(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.country_id = cls.env.ref("base.dk")
        if cls.company.chart_template != "dk":
            cls.env["account.chart.template"].try_loading("dk", cls.company, install_demo=False)
        cls.env.ref("base.DKK").active = True
        admin = cls.env.ref("base.user_admin")
        admin.lang = "da_DK"
        admin.group_ids = [Command.link(cls.env.ref("account.group_account_manager").id)]
        cls.env["paymatch.provider"].search([]).active = False
        cls.bank = cls.env["account.journal"].create(
            {"name": "Bank", "type": "bank", "code": "BNKZ", "bank_acc_number": IBAN}
        )
        cls.provider = cls.env["paymatch.provider"].create(
            {
                "name": "Vipps MobilePay",
                "kind": "payout",
                "format": "vipps_xml",
                "currency_id": cls.company.currency_id.id,
                "bank_journal_id": cls.bank.id,
            }
        )
        cls.provider.action_create_accounts()

    def _invoice(self, amount, origin):
        partner = self.env["res.partner"].create({"name": f"Kunde {origin}"})
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": "2026-03-01",
                "invoice_origin": origin,
                "invoice_line_ids": [
                    Command.create({"name": origin, "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
            }
        )
        invoice.action_post()
        return invoice

    def test_from_file_to_zero(self):
        sure, first, second = self._invoice(60, "WEB-1"), self._invoice(40, "WEB-2"), self._invoice(40, "WEB-2")
        payout = vipps_xml(2000101, [("WEB-1", 60, "0.50"), ("WEB-2", 40, "0.50")])
        values = {
            "payout": base64.b64encode(payout).decode(),
            "statement": base64.b64encode(camt053()).decode(),
            "sure": sure.name,
            "first": first.name,
            "second": second.name,
        }
        code = STORY % {key: json.dumps(value)[1:-1] for key, value in values.items()}
        self.browser_js("/odoo", HELPERS + code, ready="odoo.isReady === true", login="admin", timeout=200)
        self.env.invalidate_all()
        report = self.env["paymatch.report"].search([("name", "=", "2000101")])
        self.assertEqual((report.state, report.in_transit_amount, report.difference), ("banked", 0.0, 0.0))
        self.assertEqual((sure | first | second).mapped("payment_state"), ["paid", "not_paid", "paid"])
        items = report.move_id.line_ids.filtered(lambda item: item.account_id.reconcile)
        self.assertTrue(all(items.mapped("reconciled")), "nothing of the payout is left open")
