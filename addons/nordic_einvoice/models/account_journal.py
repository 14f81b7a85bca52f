"""A brand is a sales journal with a logo of its own."""

from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    einvoice_logo = fields.Image(
        string="Logo of the Brand",
        max_width=1024,
        max_height=1024,
        help="Printed instead of your company's logo on invoices, credit notes and deposits of this journal, and shown "
        "in their mails and reminders. Empty: your company's.",
    )

    def _einvoice_mail_logo(self, company):
        """Address of the logo in mails about this journal's documents.

        A mail reader has no login: a brand's logo is opened by the token of its attachment.

        :param company: ``res.company`` the document belongs to; its own logo serves where the journal has none
        :return: str, address within this server; False: there is no logo but core's grey default
        """
        attachment_sudo = self.env["ir.attachment"].sudo()
        attachment_sudo = attachment_sudo.search(
            [("res_model", "=", self._name), ("res_field", "=", "einvoice_logo"), ("res_id", "in", self.ids)], limit=1
        )
        if attachment_sudo:
            return f"/web/image/{attachment_sudo.id}?access_token={attachment_sudo.generate_access_token()[0]}"
        return not company.uses_default_logo and f"/logo.png?company={company.id}"
