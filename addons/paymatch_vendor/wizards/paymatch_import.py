from odoo import models

from ..formats import pain002


class PaymatchImport(models.TransientModel):
    _inherit = "paymatch.import"

    def _import_one(self, env, content, filename):
        # EXTENDS 'paymatch'
        if pain002.detect(content, filename):
            return env["paymatch.bank.answer"]._import_file(content, filename)
        return super()._import_one(env, content, filename)

    def _action_of(self, records):
        # EXTENDS 'paymatch'
        if records._name != "paymatch.bank.answer":
            return super()._action_of(records)
        action = self.env["ir.actions.act_window"]._for_xml_id("paymatch_vendor.paymatch_bank_answer_action")
        if len(records) == 1:
            return {**action, "view_mode": "form", "views": [(False, "form")], "res_id": records.id}
        return {**action, "domain": [("id", "in", records.ids)]}
