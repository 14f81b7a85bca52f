"""Every screen of ours opens in a real browser, as list and as form, in Danish, without a console error."""

import json
from pathlib import Path

from odoo.tests import HttpCase, tagged

ADDONS = Path(__file__).resolve().parents[2] / "addons"

SCRIPT = """
(async () => {
    const screens = %s;
    const services = odoo.__WOWL_DEBUG__.root.env.services;
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const settled = async (selector, what) => {
        for (let i = 0; i < 600; i++) {
            if (document.querySelector(".o_error_dialog")) {
                const text = document.querySelector(".o_error_dialog").innerText;
                throw new Error(`${what}: ${text}`);
            }
            if (document.querySelector(selector)) { return; }
            await wait(50);
        }
        throw new Error(`${what}: nothing shown (${selector})`);
    };
    for (const screen of screens) {
        await services.action.doAction(screen.action, { clearBreadcrumbs: true });
        const shown = screen.dialog ? ".modal .o_form_view" : ".o_action.o_view_controller";
        await settled(shown, `${screen.name} (${screen.view})`);
        if (screen.dialog) {
            await services.action.doAction({ type: "ir.actions.act_window_close" });
            continue;
        }
        if (screen.form) {
            await services.action.doAction(
                { type: "ir.actions.act_window", res_model: screen.model, views: [[false, "form"]] },
                { clearBreadcrumbs: true },
            );
            await settled(".o_action.o_form_view", `${screen.name} (form)`);
        }
    }
    console.log("test successful");
})().catch((error) => console.error(error.message || String(error)));
"""


@tagged("post_install", "-at_install")
class TestScreens(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        company.country_id = cls.env.ref("base.dk")
        if company.chart_template != "dk":
            cls.env["account.chart.template"].try_loading("dk", company, install_demo=False)
        admin = cls.env.ref("base.user_admin")
        admin.lang = "da_DK"
        groups = ("account.group_account_manager", "sales_team.group_sale_manager", "mrp.group_mrp_manager")
        admin.group_ids = [(4, cls.env.ref(name).id) for name in groups]

    def _screens(self):
        """Menu screens of our addons: list first, then an empty form where one can be made."""
        ours = sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))
        menus = self.env["ir.model.data"].search([("model", "=", "ir.ui.menu"), ("module", "in", ours)])
        screens = []
        for menu in self.env["ir.ui.menu"].browse(menus.mapped("res_id")):
            action = menu.action
            if not action or action._name != "ir.actions.act_window":
                continue
            views = action.view_mode.split(",")
            screens.append(
                {
                    "name": menu.complete_name,
                    "action": action.id,
                    "model": action.res_model,
                    "view": views[0],
                    "dialog": action.target == "new",
                    "form": "form" in views and self._can_create(action),
                }
            )
        return screens

    def _can_create(self, action):
        form = self.env[action.res_model].get_view(view_type="form")["arch"]
        return 'create="0"' not in form.split(">", 1)[0] and 'create="false"' not in form.split(">", 1)[0]

    def test_every_menu_of_ours_opens_as_list_and_form(self):
        screens = self._screens()
        self.assertTrue(screens, "no menu of ours was found")
        code = SCRIPT % json.dumps(screens)
        self.browser_js("/odoo", code, ready="odoo.isReady === true", login="admin", timeout=400)
