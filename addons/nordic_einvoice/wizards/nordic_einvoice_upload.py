from odoo import fields, models


class NordicEinvoiceUpload(models.TransientModel):
    _name = "nordic.einvoice.upload"
    _description = "Receive E-Documents from Files"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    attachment_ids = fields.Many2many("ir.attachment", string="Files", required=True)

    def action_import(self):
        """Each file, and each file of a zip file, becomes a document; none of them stops the others."""
        self.ensure_one()
        files = [(attachment.name, attachment.raw or b"") for attachment in self.attachment_ids]
        documents = self.env["nordic.einvoice.document"]._receive_many(files, "upload", self.company_id)
        action = self.env["ir.actions.act_window"]._for_xml_id("nordic_einvoice.nordic_einvoice_document_action_in")
        view = self.env.ref("nordic_einvoice.nordic_einvoice_inbox_view_form")
        if len(documents) == 1:
            return action | {"view_mode": "form", "views": [(view.id, "form")], "res_id": documents.id}
        return action | {"domain": [("id", "in", documents.ids)]}
