"""One month of Betalingsservice as a bookkeeper clicks it: deadline, delivery, answer, paid."""

import base64
import json
from datetime import date

from odoo import Command
from odoo.tests import HttpCase, tagged

from tests.simulators.betalingsservice import Betalingsservice

PBS, SUPPLIER = "07654321", "12345678"

HELPERS = """
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const settled = async (selector, what) => {
    for (let i = 0; i < 600; i++) {
        const dialog = document.querySelector(".o_error_dialog");
        if (dialog) { throw new Error(`${what}: ${dialog.innerText}`); }
        const found = document.querySelector(selector);
        if (found) { return found; }
        await wait(50);
    }
    throw new Error(`${what}: nothing shown (${selector}): ${document.body.innerText.slice(0, 500)}`);
};
const click = async (selector, what) => { (await settled(selector, what)).click(); };
const services = odoo.__WOWL_DEBUG__.root.env.services;
const open = (action) => services.action.doAction(action, { clearBreadcrumbs: true });
const run = (steps) => steps().then(() => console.log("test successful"), (error) => console.error(String(error)));
"""

DELIVER = """
run(async () => {
    await open("betalingsservice.betalingsservice_overview_action");
    const card = await settled(".o_kanban_record:not(.o_kanban_ghost)", "card");
    for (const text of %(card)s) {
        if (!card.innerText.includes(text)) { throw new Error(`"${text}" is not on the card: ${card.innerText}`); }
    }
    await click(".o_kanban_record button[name=action_create_delivery]", "create delivery");
    await settled(".o_form_view button[name=action_mark_sent]", "delivery");
    await click(".o_notebook a[name=records]", "records");
    const records = await settled(".o_betalingsservice_records", "records in words");
    for (const text of %(records)s) {
        if (!records.innerText.includes(text)) { throw new Error(`"${text}" is not in the records`); }
    }
    await click("button[name=action_mark_sent]", "mark as sent");
    await click(".modal footer .btn-primary", "confirm");
    await settled(".o_form_view .o_statusbar_status button.o_arrow_button_current[data-value=sent]", "sent");
});
"""

DISCARD = """
run(async () => {
    await open("betalingsservice.betalingsservice_overview_action");
    await click(".o_kanban_record button[name=action_create_delivery]", "create delivery");
    await click(".o_form_view button[name=action_discard]", "discard");
    const reason = await settled(".modal [name=reason] input", "reason");
    if (document.querySelector(".modal button[name=action_confirm]")) { throw new Error("nothing was confirmed"); }
    reason.value = "Forkert dag";
    reason.dispatchEvent(new Event("input", { bubbles: true }));
    reason.dispatchEvent(new Event("change", { bubbles: true }));
    await click(".modal [name=is_not_handed_over] input", "confirmation");
    await click(".modal button[name=action_confirm]", "discard it");
    await settled(".o_form_view .o_statusbar_status button.o_arrow_button_current[data-value=cancelled]", "discarded");
    const found = await settled(".o_form_view .alert-info", "why");
    if (!found.innerText.includes("Forkert dag")) { throw new Error(`no reason: ${found.innerText}`); }
});
"""

ANSWER = """
run(async () => {
    await open("betalingsservice.betalingsservice_import_action");
    const input = await settled(".modal input[type=file]", "upload");
    const bytes = Uint8Array.from(atob("%(content)s"), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "D1234567-602.KR9", { type: "application/octet-stream" }));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await settled(".modal .o_attachment", "uploaded");
    await click(".modal button[name=action_import]", "import");
    await click(".o_form_view button[name=action_open_report]", "payments");
    await click(".o_form_view button[name=action_approve]:not(.d-none)", "approve");
    for (let i = 0; i < 200; i++) {
        const confirm = document.querySelector(".modal footer .btn-primary");
        if (confirm) { confirm.click(); }
        const [report] = await services.orm.searchRead("paymatch.report", [["format", "=", "%(format)s"]], ["state"]);
        if (report && ["approved", "banked"].includes(report.state)) { return; }
        await wait(100);
    }
    throw new Error("not approved");
});
"""


@tagged("post_install", "-at_install")
class TestBetalingsserviceMonth(HttpCase):
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
        cls.creditor = cls.env["betalingsservice.creditor"].create(
            {
                "name": "Abonnement",
                "pbs_number": PBS,
                "data_supplier_number": SUPPLIER,
                "subsystem": "KR9",
                "group_ids": [Command.create({"number": "00001", "name": "Abonnement"})],
            }
        )
        cls.creditor.action_create_provider()
        cls.env["betalingsservice.creditor"].search([("id", "!=", cls.creditor.id)]).active = False

    def _invoice(self, day):
        partner = self.env["res.partner"].create(
            {
                "name": "Søren Ærø Prøve",
                "ref": "1001",
                "street": "Eksempelvej 1",
                "zip": "6600",
                "city": "Vejen",
                "country_id": self.env.ref("base.dk").id,
            }
        )
        self.env["betalingsservice.agreement"].create(
            {
                "partner_id": partner.id,
                "group_id": self.creditor.group_ids.id,
                "state": "active",
                "mandate_number": "000101529",
            }
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "currency_id": self.env.ref("base.DKK").id,
                "invoice_date": date.today(),
                "invoice_date_due": day,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"name": "Abonnement", "price_unit": 498.75, "tax_ids": [Command.clear()]})
                ],
            }
        )
        invoice.action_post()
        return invoice

    def test_discarded_and_made_again(self):
        invoice = self._invoice(self.creditor._earliest_payment_date())
        self.browser_js("/odoo", HELPERS + DISCARD, ready="odoo.isReady === true", login="admin", timeout=200)
        self.env.invalidate_all()
        discarded = self.env["betalingsservice.delivery"].search([("creditor_id", "=", self.creditor.id)])
        self.assertEqual((discarded.state, discarded.discard_reason), ("cancelled", "Forkert dag"))
        again = self.creditor._create_delivery()
        self.assertEqual((again.replaces_ids, again.collection_ids.move_ids), (discarded, invoice))

    def test_deadline_delivery_answer_paid(self):
        day = self.creditor._earliest_payment_date()
        invoice = self._invoice(day)
        shown = day.strftime("%d.%m.%Y")
        code = DELIVER % {"card": json.dumps([shown, "498,75"]), "records": json.dumps(["Søren Ærø", "498,75", shown])}
        self.browser_js("/odoo", HELPERS + code, ready="odoo.isReady === true", login="admin", timeout=200)
        delivery = self.env["betalingsservice.delivery"].search([("creditor_id", "=", self.creditor.id)])
        self.assertEqual((delivery.state, delivery.collection_ids.state), ("sent", "delivered"))
        operator = Betalingsservice(PBS, SUPPLIER, today=date.today())
        operator.sign_up("1001")
        operator.receive(delivery.attachment_id.raw)
        code = ANSWER % {
            "content": base64.b64encode(operator.answer_0602()).decode(),
            "format": self.creditor.provider_id.format,
        }
        self.browser_js("/odoo", HELPERS + code, ready="odoo.isReady === true", login="admin", timeout=200)
        self.env.invalidate_all()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(delivery.collection_ids.state, "paid")
