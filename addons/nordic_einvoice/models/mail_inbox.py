"""E-mail: the address of a company's inbox, and purchase journals' own addresses as core has them."""

from odoo import api, fields, models

from .. import formats
from ..formats import attachments


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        # EXTENDS 'mail'
        """A mail to the address of the inbox: each XML file, and each one in a zip file, becomes a document.

        A mail without an e-invoice is kept and listed, too: its PDF files, or else its text.
        """
        company = self.env["res.company"].browse((custom_values or {}).get("company_id")) or self.env.company
        files = [(file.fname, self._mail_bytes(file.content)) for file in msg_dict.get("attachments") or ()]
        unpacked = [each for file in files for each in self._unpacked(*file)]
        wanted = [each for each in unpacked if self._is_xml(*each)] or [
            each for each in unpacked if attachments.sniff(each[1], each[0]) == attachments.PDF
        ]
        if not wanted:
            text = f"{msg_dict.get('subject') or ''}\n\n{msg_dict.get('body') or ''}"
            wanted = [(self.env._("E-mail.txt"), text.encode())]
        documents = self.browse()
        for number, (name, content) in enumerate(wanted):
            remote = f"{msg_dict.get('message_id') or ''}#{number}"
            documents |= self._einvoice_receive(content, name, "mail", remote, company=company)
        return documents[:1]

    @api.model
    def _mail_bytes(self, content):
        return content.encode() if isinstance(content, str) else content

    @api.model
    def _is_xml(self, name, content):
        head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
        return name.lower().endswith(".xml") or head.startswith(b"<?xml")


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        # EXTENDS 'account'
        """A mail with e-invoices to the address of a purchase journal goes to the inbox, where every amount is
        kept; the mail itself is posted there."""
        if (custom_values or {}).get("move_type") == "in_invoice":
            Document = self.env["nordic.einvoice.document"]
            files = [(file.fname, Document._mail_bytes(file.content)) for file in msg_dict.get("attachments") or ()]
            if any(formats.inspect(content, name) for name, content in files):
                return Document.message_new(msg_dict, custom_values)
        return super().message_new(msg_dict, custom_values)


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_alias_id = fields.Many2one("mail.alias", string="Address of the Inbox", ondelete="set null", copy=False)
    einvoice_alias_name = fields.Char(
        string="E-Mail Address of the Inbox",
        compute="_compute_einvoice_alias_name",
        inverse="_inverse_einvoice_alias_name",
        help="The part before the @. E-invoices sent there become documents under Received.",
    )
    einvoice_alias_email = fields.Char(related="einvoice_alias_id.alias_full_name", string="Whole Address")

    @api.depends("einvoice_alias_id.alias_name")
    def _compute_einvoice_alias_name(self):
        for company in self:
            company.einvoice_alias_name = company.sudo().einvoice_alias_id.alias_name

    def _inverse_einvoice_alias_name(self):
        for company in self:
            alias_sudo = company.sudo().einvoice_alias_id
            name = (company.einvoice_alias_name or "").strip()
            if not name:
                alias_sudo.unlink()
            elif alias_sudo:
                alias_sudo.alias_name = name
            else:
                company.sudo().einvoice_alias_id = alias_sudo.create(company._einvoice_alias_values(name))

    def _einvoice_alias_values(self, name):
        self.ensure_one()
        return {
            "alias_name": name,
            "alias_domain_id": self.alias_domain_id.id,
            "alias_model_id": self.env["ir.model"]._get_id("nordic.einvoice.document"),
            "alias_defaults": repr({"company_id": self.id}),
            "alias_contact": "everyone",
        }


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_alias_name = fields.Char(related="company_id.einvoice_alias_name", readonly=False)
    einvoice_alias_email = fields.Char(related="company_id.einvoice_alias_email")
