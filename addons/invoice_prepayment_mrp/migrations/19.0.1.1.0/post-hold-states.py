"""Running orders whose deposit is missing get their own state, and every hold its promised date."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
    productions = env["mrp.production"].search([("prepayment_hold_state", "not in", (False, "none"))])
    for name in ("prepayment_hold_state", "prepayment_missing_once", "prepayment_promised_date"):
        env.add_to_compute(productions._fields[name], productions)
    productions._recompute_recordset(
        ["prepayment_hold_state", "prepayment_missing_amount", "prepayment_missing_once", "prepayment_promised_date"]
    )
