"""The bookkeeper connects to Dinero, pushes an invoice, reads the log and looks at the health page: in a real browser,
in Danish, against the simulator."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import HttpCase, tagged
from odoo.tests.common import ChromeBrowser

from tests.simulators.dinero import DineroSimulator

TOOLS = """
const services = odoo.__WOWL_DEBUG__.root.env.services;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (find, what) => {
    for (let i = 0; i < 800; i++) {
        const error = document.querySelector(".o_error_dialog");
        if (error) { throw new Error(`${what}: ${error.innerText}`); }
        const found = await find();
        if (found) { return found; }
        await wait(50);
    }
    throw new Error(`${what}: waited in vain; ${document.body.innerText}`);
};
const open = (model, id) => services.action.doAction(
    { type: "ir.actions.act_window", res_model: model, res_id: id, views: [[false, "form"]] },
    { clearBreadcrumbs: true },
);
const shows = (text, where = ".o_action") => until(
    () => document.querySelector(where)?.innerText.includes(text), `${where} shows ${text}`
);
"""
# in every page the browser comes to: the way leads to Visma Connect, back without a session, and on with it
ON_THE_WAY = """
document.addEventListener("DOMContentLoaded", async () => {
    if (location.origin === "%(visma)s") {
        document.querySelector('#allow')?.click();
        return;
    }
    if (!sessionStorage.getItem("connecting") || !location.pathname.startsWith("/odoo")) { return; }
    for (let i = 0; i < 1200; i++) {
        const isOrganisation = [...document.querySelectorAll(".o_field_widget input")].some(
            (one) => one.value === "Prøvefirma ApS"
        );
        if (isOrganisation && document.querySelector('button[name="action_dinero_disconnect"]')) {
            console.log("test successful");
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.error(`not connected: ${location} ${document.body.innerText}`);
});
"""
CONNECT = """
await open("transfer.connection", %(connection)s);
const button = await until(() => document.querySelector('button[name="action_dinero_connect"]'), "Connect");
sessionStorage.setItem("connecting", "1");
setTimeout(() => button.click(), 0);
"""
PUSH = """
await open("account.move", %(move)s);
(await until(() => document.querySelector('button[name="action_ledger_push"]'), "Push")).click();
await until(async () => (await services.orm.searchCount("transfer.log", [["state", "=", "queued"]])) === 1, "queued");
"""
LOOK = """
await open("transfer.connection", %(connection)s);
(await until(() => document.querySelector('button[name="action_compare"]'), "Compare")).click();
await shows("Ikke i det eksterne regnskab", ".o_list_view");
await services.action.doAction("transfer_log.transfer_connection_action_health", { clearBreadcrumbs: true });
await shows("Seneste kørsel", ".o_kanban_view");
await shows("1 i kø", ".o_kanban_view");
await shows("1 fejlede", ".o_kanban_view");
document.querySelector(".o_kanban_record:not(.o_kanban_ghost)").click();
await shows("Momsen passer ikke", ".o_form_view");
await until(() => document.querySelectorAll('[name="schedule"] tr').length >= 3, "the schedule");
await open("transfer.log", %(log)s);
for (const text of ["remote_account", "ProductLines", "Udført"]) { await shows(text, ".o_form_view"); }
await services.action.doAction("transfer_log.transfer_log_action", { clearBreadcrumbs: true });
await until(() => document.querySelectorAll(".o_data_row").length > 2, "the list");
const input = document.querySelector(".o_searchview_input");
input.focus();
input.value = "%(word)s";
input.dispatchEvent(new InputEvent("input", { bubbles: true }));
const item = await until(
    () => [...document.querySelectorAll("a, span, li, div")].filter(
        (one) => one.innerText.startsWith("Søg Tekst i det, der er sendt eller modtaget")
    ).pop(),
    "the search in bodies"
);
item.click();
await until(() => document.querySelectorAll(".o_data_row").length === 1, "one found");
await services.action.doAction("transfer_log.transfer_notification_action", { clearBreadcrumbs: true });
(await until(() => document.querySelector(".o_list_button_add"), "New")).click();
await shows("Fejlrapport", ".o_form_view");
(await until(() => document.querySelector(".o_form_button_save"), "Save")).click();
await until(async () => (await services.orm.searchCount("transfer.notification", [])) === 1, "kept");
"""


@tagged("post_install", "-at_install")
class TestDineroConnect(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        company.country_id = cls.env.ref("base.dk")
        if company.chart_template != "dk":
            cls.env["account.chart.template"].try_loading("dk", company, install_demo=False)
        cls.env.ref("base.DKK").active = True
        admin = cls.env.ref("base.user_admin")
        admin.lang = "da_DK"
        admin.group_ids = [Command.link(cls.env.ref("account.group_account_manager").id)]
        cls.simulator = DineroSimulator().start()
        cls.addClassCleanup(cls.simulator.stop)
        set_param = cls.env["ir.config_parameter"].set_param
        set_param("dinero_connector.test_server", "1")
        for name in ("api_url", "connect_url"):
            set_param(f"dinero_connector.{name}", cls.simulator.base_url)
        cls.env["transfer.connection"].search([]).action_archive()
        cls.connection = cls.env["transfer.connection"].create(
            {
                "name": "Dinero",
                "kind": "dinero",
                "responsible_id": admin.id,
                "dinero_client_id": cls.simulator.client_id,
                "dinero_client_secret": cls.simulator.client_secret,
            }
        )

    def browse(self, code, ends="console.log('test successful');", **values):
        values.setdefault("connection", self.connection.id)
        script = f"(async () => {{ {TOOLS} {code % values} {ends} }})()"
        script += ".catch((error) => console.error(error.message || String(error)));"
        self.browser_js("/odoo", script, ready="odoo.isReady === true", login="admin", timeout=180)

    def connect(self):
        """Press Connect, consent at the sign-in page, and come back connected."""
        self.simulator.asks_consent = True
        source = ON_THE_WAY % {"visma": self.simulator.base_url}
        navigate = ChromeBrowser.navigate_to

        def prepared(browser, *arguments, **options):
            browser._websocket_request("Page.addScriptToEvaluateOnNewDocument", params={"source": source})
            return navigate(browser, *arguments, **options)

        with patch.object(ChromeBrowser, "navigate_to", prepared):
            self.browse(CONNECT, ends="")

    def invoice(self, **values):
        partner = self.env["res.partner"].create(
            {"name": "Bageriet", "is_company": True, "country_id": self.env.ref("base.dk").id, **values}
        )
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.env.company.id), ("type_tax_use", "=", "sale"), ("amount", "=", 25)], limit=1
        )
        line = {"name": "Brød", "price_unit": 255, "tax_ids": [Command.set(tax.ids)]}
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "currency_id": self.env.ref("base.DKK").id,
                "invoice_date": fields.Date.context_today(partner),
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.action_post()
        return move, tax

    def test_connect_push_and_look(self):
        self.connect()
        self.assertEqual(self.connection.dinero_organisation_id.number, "100001")
        move, tax = self.invoice()
        self.env["ledger.account.mapping"].create(
            {"connection_id": self.connection.id, "tax_id": tax.id, "remote_account": "1000"}
        )
        self.connection.action_ledger_read_accounts()
        self.browse(PUSH, move=move.id)
        log = self.env["transfer.log"].search([("res_model", "=", "account.move"), ("res_id", "=", move.id)])
        log._process_queue(self.connection)
        self.assertEqual((log.state, len(self.simulator.booked())), ("done", 1))
        for key in ("wrong", "waiting"):
            other = self.connection._transfer_enqueue("invoice_create", self.invoice()[0], key)
            if key == "wrong":
                other.write({"state": "failed", "error_message": "Momsen passer ikke", "next_attempt": False})
        self.env.flush_all()
        self.browse(LOOK, log=log.id, word=move.name)
