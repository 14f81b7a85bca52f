from odoo import fields, models
from odoo.exceptions import UserError

from .. import formats


class PaymatchImport(models.TransientModel):
    """Upload payout reports, bank advices and bank statements."""

    _name = "paymatch.import"
    _description = "Import Payment Reports"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    attachment_ids = fields.Many2many("ir.attachment", string="Files", required=True)
    provider_id = fields.Many2one(
        "paymatch.provider",
        domain="[('company_id', '=', company_id)]",
        help="Empty: found by the format and the number in the file.",
    )
    bank_journal_id = fields.Many2one(
        "account.journal",
        domain="[('company_id', '=', company_id), ('type', '=', 'bank')]",
        help="For bank statements. Empty: found by the account number in the file.",
    )

    def action_import(self):
        """Import each file on its own: one bad file never stops the others, its reason is shown."""
        self.ensure_one()
        env = self.with_company(self.company_id).env
        with formats.also(*env["paymatch.profile"]._formats(self.company_id)):
            return self._import_each(env)

    def _import_each(self, env):
        found, problems = {}, []
        for attachment in self.attachment_ids:
            try:
                with env.cr.savepoint():
                    records = self._import_one(env, attachment.raw or b"", attachment.name)
                    found[records._name] = found.get(records._name, records) | records
            except UserError as error:
                problems.append(str(error))
        if problems and not found:
            raise UserError("\n\n".join(problems))
        problems += [
            self.env._(
                "%(file)s: these lines were imported before and were not taken again:\n%(lines)s",
                file=statement.reference,
                lines=statement.paymatch_known_lines,
            )
            for statement in found.get("account.bank.statement", ())
            if statement.paymatch_known_lines
        ]
        return self._result(found, problems)

    def _import_one(self, env, content, filename):
        """Take up one file, whatever it is; extended by addons that know other kinds.

        :return: the records made of it
        """
        if self._is_statement(content, filename):
            return env["account.bank.statement"]._paymatch_import_file(content, filename, self.bank_journal_id)
        if not formats.detect(content, filename) and formats.quickpay.detect(content):
            return env["paymatch.gateway.payment"]._import_file(content, filename)
        return env["paymatch.report"]._import_file(content, filename, self.provider_id)

    def _is_statement(self, content, filename):
        code = formats.detect(content, filename)
        return bool(code) and getattr(formats.known()[code], "kind", "") == "statement"

    def _action_of(self, records):
        """The page that shows what was made of the files; extended with ``_import_one``."""
        if records._name == "paymatch.gateway.payment":
            action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_gateway_payment_action")
            return {**action, "domain": [("id", "in", records.ids)]}
        if records._name == "account.bank.statement":
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Imported bank lines"),
                "res_model": "account.bank.statement.line",
                "view_mode": "list,form",
                "views": [(self.env.ref("paymatch.account_bank_statement_line_view_list").id, "list"), (False, "form")],
                "domain": [("statement_id", "in", records.ids)],
            }
        action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_report_action")
        if len(records) == 1:
            return {**action, "view_mode": "form", "views": [(False, "form")], "res_id": records.id}
        return {**action, "domain": [("id", "in", records.ids)]}

    def _result(self, found, problems):
        # reports first, they wait for somebody; then what came first
        records = found.get("paymatch.report") or next(iter(found.values()), self.env["paymatch.report"])
        action = self._action_of(records)
        if not problems:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not everything was imported"),
                "message": "\n".join(problems),
                "next": action,
            },
        }
