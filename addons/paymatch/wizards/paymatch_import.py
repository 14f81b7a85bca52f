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
        reports, statements, problems = env["paymatch.report"], env["account.bank.statement"], []
        payments = env["paymatch.gateway.payment"]
        for attachment in self.attachment_ids:
            content = attachment.raw or b""
            try:
                with env.cr.savepoint():
                    if self._is_statement(content, attachment.name):
                        statements |= statements._paymatch_import_file(content, attachment.name, self.bank_journal_id)
                    elif not formats.detect(content, attachment.name) and formats.quickpay.detect(content):
                        payments |= payments._import_file(content, attachment.name)
                    else:
                        reports |= reports._import_file(content, attachment.name, self.provider_id)
            except UserError as error:
                problems.append(str(error))
        if problems and not reports and not statements and not payments:
            raise UserError("\n\n".join(problems))
        problems += [
            self.env._(
                "%(file)s: these lines were imported before and were not taken again:\n%(lines)s",
                file=statement.reference,
                lines=statement.paymatch_known_lines,
            )
            for statement in statements.filtered("paymatch_known_lines")
        ]
        return self._result(reports, statements, payments, problems)

    def _is_statement(self, content, filename):
        code = formats.detect(content, filename)
        return bool(code) and getattr(formats.known()[code], "kind", "") == "statement"

    def _result(self, reports, statements, payments, problems):
        if payments and not reports and not statements:
            action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_gateway_payment_action")
            action["domain"] = [("id", "in", payments.ids)]
        elif statements and not reports:
            action = {
                "type": "ir.actions.act_window",
                "name": self.env._("Imported bank lines"),
                "res_model": "account.bank.statement.line",
                "view_mode": "list,form",
                "views": [(self.env.ref("paymatch.account_bank_statement_line_view_list").id, "list"), (False, "form")],
                "domain": [("statement_id", "in", statements.ids)],
            }
        else:
            action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_report_action")
            action["domain"] = [("id", "in", reports.ids)]
            if len(reports) == 1:
                action.update(view_mode="form", views=[(False, "form")], res_id=reports.id)
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
