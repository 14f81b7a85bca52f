from odoo import fields, models
from odoo.exceptions import UserError


class BetalingsserviceImport(models.TransientModel):
    """Upload files received from Betalingsservice: 0602, 0603, 0621."""

    _name = "betalingsservice.import"
    _description = "Import From Betalingsservice"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    attachment_ids = fields.Many2many("ir.attachment", string="Files", required=True)

    def action_import(self):
        """Import each file on its own; one bad file does not stop the others."""
        self.ensure_one()
        deliveries, problems = self.env["betalingsservice.delivery"], []
        for attachment in self.attachment_ids:
            try:
                with self.env.cr.savepoint():
                    deliveries |= deliveries._import_file(attachment.raw or b"", attachment.name, self.company_id)
            except UserError as error:
                problems.append(f"{attachment.name}: {error}")
        if problems and not deliveries:
            raise UserError("\n\n".join(problems))
        for delivery in deliveries[:1] if problems else ():
            delivery.message_post(body=self.env._("Not imported: %(problems)s", problems="\n".join(problems)))
        return deliveries._action_open()
