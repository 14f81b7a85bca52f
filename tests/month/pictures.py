"""Pictures of the guide: screens of the demo in Chromium (pictures.py DATABASE FOLDER [NAME ...], after script/demo).

Each is a record or an action of the demo as the Danish bookkeeper sees it, opened by what it is, never by its number.
"""

import base64
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import websocket

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "script" / "lib")]

WIDTH = 1366
WAIT_SECONDS = 60


@dataclass(frozen=True)
class Picture:
    """``record``: model and domain of the form that is shown, else ``action``, an action's XML id.

    ``view``: of the action, when not its first. ``tab``: page of the form. ``height`` in pixels. ``until``: the
    selector that says all is there. ``click``: pressed before, one after the other.
    """

    record: tuple = ()
    action: str = ""
    view: str = ""
    tab: str = ""
    height: int = 700
    until: str = ".o_action"
    click: tuple = ()


S = "subscription_billing."
PICTURES = {
    "subscriptions": Picture(action=f"{S}subscription_subscription_action", height=760, until=".o_data_row"),
    "subscription": Picture(
        record=("subscription.subscription", [("change_ids", "!=", False)]), tab="upcoming", height=900
    ),
    "subscription-template": Picture(record=("subscription.template", [("name", "=", "Serviceaftale")]), height=800),
    "subscription-change": Picture(record=("subscription.change", []), height=960),
    "subscription-group": Picture(record=("subscription.group", []), height=640),
    "subscription-usage": Picture(
        record=("subscription.subscription", [("usage_line_ids.usage_ids", "!=", False)]), tab="usage", height=700
    ),
    "run": Picture(record=("subscription.billing.run", [("posting", "=", "draft")]), height=900),
    "run-difference": Picture(
        record=("subscription.billing.run", [("posting", "=", "draft")]),
        click=("button[name=action_compare]",),
        until=".o_pivot, .o_graph_view, .o_list_view",
        height=620,
    ),
    "deferral": Picture(record=("subscription.deferral", []), height=640),
    "forecast": Picture(action=f"{S}subscription_forecast_line_action", until=".o_graph_view canvas, .o_pivot"),
    "monthly-value": Picture(action=f"{S}subscription_mrr_report_action", until=".o_data_row", height=420),
    "unpaid": Picture(action=f"{S}subscription_unpaid_action", until=".o_data_row", height=600),
    "renewals": Picture(action=f"{S}subscription_renewal_action", until=".o_data_row", height=420),
    "invoices-from-a-file": Picture(record=("subscription.invoice.import", []), height=680),
    "einvoice-consents": Picture(
        action="nordic_einvoice.nordic_einvoice_consent_action", until=".o_data_row", height=360
    ),
    "einvoice-sendings": Picture(
        action="nordic_einvoice.nordic_einvoice_dispatch_action", until=".o_data_row", height=380
    ),
    "einvoice-cockpit": Picture(
        action="nordic_einvoice.nordic_einvoice_cockpit_action_open", until=".o_data_row", height=560
    ),
    "einvoice-readiness": Picture(
        action="nordic_einvoice.nordic_einvoice_readiness_action_open", until=".o_data_row", height=760
    ),
    "einvoice-inbox": Picture(
        action="nordic_einvoice.nordic_einvoice_document_action_in", until=".o_data_row", height=420
    ),
    "einvoice-waiting": Picture(record=("account.move", [("einvoice_draft_document_ids", "!=", False)]), height=520),
    "einvoice-clarify": Picture(
        action="nordic_einvoice.nordic_einvoice_document_action_in",
        click=(".o_data_row td[name=name]", "button[name=action_clarify]"),
        until=".modal .o_form_view",
        height=620,
    ),
    "ledger-missing": Picture(
        record=("transfer.connection", [("kind", "=", "dinero")]), tab="ledger_missing", height=860
    ),
    "ledger-differences": Picture(
        action="ledger_bridge.ledger_difference_action",
        click=(".o_group_header:last-child",),
        until=".o_data_row",
        height=340,
    ),
    "ledger-files": Picture(action="ledger_bridge.ledger_file_action", until=".o_data_row", height=320),
    "ledger-products": Picture(
        action="ledger_bridge.ledger_product_match_action",
        click=(".o_group_header",),
        until=".o_data_row",
        height=420,
    ),
    "payouts": Picture(action="paymatch.paymatch_report_action", until=".o_data_row", height=440),
    "vendor-payments": Picture(
        action="paymatch_vendor.paymatch_vendor_payment_action",
        click=(".o_facet_remove",),
        until=".o_data_row:nth-child(4)",
        height=500,
    ),
    "bank-answer": Picture(record=("paymatch.bank.answer", []), until=".o_data_row", height=660),
    "payouts-gateway": Picture(action="paymatch.paymatch_gateway_payment_action", until=".o_data_row", height=360),
    "bank-match": Picture(
        action="paymatch.account_bank_statement_line_action",
        click=(".o_data_row button[name=action_paymatch_match]",),
        until=".modal .o_form_view .o_data_row",
        height=640,
    ),
    "transfer-health": Picture(
        action="transfer_log.transfer_connection_action_health", until=".o_kanban_record", height=420
    ),
    "transfer": Picture(
        record=("transfer.log", [("operation", "=", "invoice_create"), ("state", "=", "done")]), height=900
    ),
    "transfer-notification": Picture(
        action="transfer_log.transfer_notification_action",
        click=(".o_list_button_add",),
        until=".o_form_view .o_field_radio",
        height=520,
    ),
    "regulation": Picture(record=("subscription.indexation", []), height=760),
}

OPEN = """
(async () => {
    const picture = %s;
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = async (find, what) => {
        for (let i = 0; i < 900; i++) {
            const error = document.querySelector(".o_error_dialog");
            if (error) { throw new Error(error.innerText); }
            const found = find();
            if (found) { return found; }
            await wait(50);
        }
        throw new Error(`not found: ${what}`);
    };
    await until(() => window.odoo && odoo.isReady, "the web client");
    const services = odoo.__WOWL_DEBUG__.root.env.services;
    const action = picture.id
        ? { type: "ir.actions.act_window", res_model: picture.model, res_id: picture.id, views: [[false, "form"]] }
        : picture.action;
    const app = services.menu.getApps().find((menu) => menu.xmlid === "subscription_billing.subscription_menu_root");
    services.menu.setCurrentMenu(app);
    await services.action.doAction(action, { clearBreadcrumbs: true, ...(picture.view && { viewType: picture.view }) });
    if (picture.id) { await until(() => document.querySelector(".o_form_view .o_form_sheet, .o_form_view"), "form"); }
    if (picture.tab) {
        const page = `.o_notebook .nav-link[name=${picture.tab}]`;
        (await until(() => document.querySelector(page), page)).click();
    }
    for (const selector of picture.click) { (await until(() => document.querySelector(selector), selector)).click(); }
    await until(() => document.querySelector(picture.until), picture.until);
    document.activeElement.blur();
    await wait(1500);
    return document.title;
})()
"""


class Browser:
    """One page of Chromium by its debugging protocol."""

    def __init__(self, port):
        page = next(
            found for found in requests.get(f"http://127.0.0.1:{port}/json", timeout=10).json()
            if found["type"] == "page"
        )  # fmt: skip
        self.socket = websocket.create_connection(
            page["webSocketDebuggerUrl"], suppress_origin=True, timeout=2 * WAIT_SECONDS
        )
        self.numbers = itertools.count(1)

    def send(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def run(self, code):
        found = self.send("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"].get("description"))
        return found["result"].get("value")

    def size(self, height):
        self.send("Emulation.setDeviceMetricsOverride", width=WIDTH, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self):
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])


def _connect(port):
    for _ in range(WAIT_SECONDS * 2):
        try:
            return Browser(port)
        except requests.ConnectionError:
            time.sleep(0.5)
    raise RuntimeError("Chromium did not start")


@contextmanager
def chromium():
    import browser
    from testrun import free_port

    port, profile = free_port(), tempfile.mkdtemp()
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--lang=da"]
    process = subprocess.Popen(
        [browser.program(), *options, f"--remote-debugging-port={port}", "about:blank"],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _connect(port)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


class Client:
    """The bookkeeper's session: finds records by what they are."""

    def __init__(self, url, dbname):
        self.url, self.session = url, requests.Session()
        self.call("/web/session/authenticate", db=dbname, login="admin", password="admin")

    def call(self, route, **parameters):
        answer = self.session.post(
            f"{self.url}{route}", json={"jsonrpc": "2.0", "params": parameters}, timeout=WAIT_SECONDS
        ).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer["result"]

    def find(self, model, domain):
        options = {"domain": domain, "order": "id desc", "limit": 1}
        found = self.call("/web/dataset/call_kw", model=model, method="search", args=[], kwargs=options)
        if not found:
            raise RuntimeError(f"nothing in the demo: {model} {domain}")
        return found[0]


def main(dbname, folder, *names):
    import postgres

    from tests.month.run import web_server

    with postgres.server(), web_server(dbname) as url, chromium() as browser:
        client = Client(url, dbname)
        browser.send("Network.setCookie", name="session_id", value=client.session.cookies["session_id"], url=url)
        browser.size(700)
        browser.send("Page.enable")
        browser.send("Page.navigate", url=f"{url}/odoo")
        time.sleep(5)
        for name, picture in PICTURES.items():
            if names and name not in names:
                continue
            values = {key: getattr(picture, key) for key in ("action", "view", "tab", "until", "click")}
            browser.size(picture.height)
            try:
                if picture.record:
                    model, domain = picture.record
                    values.update(model=model, id=client.find(model, domain))
                browser.run(OPEN % json.dumps(values))
            except RuntimeError as error:
                print(f"{name}: {error}")
                continue
            (Path(folder) / f"{name}.png").write_bytes(browser.picture())
            print(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
