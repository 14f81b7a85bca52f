from odoo import api, fields, models

from ..formats import attachments, records


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_attachment_ids = fields.Many2many(
        "ir.attachment",
        "account_move_einvoice_attachment_rel",
        string="Files for the Customer",
        copy=False,
        help="Go along inside the e-invoice: time sheets, drawings, pictures. PDF, PNG, JPEG, CSV, XLSX and ODS as "
        "they are; GIF, BMP and plain text are converted.",
    )

    @api.constrains("einvoice_attachment_ids")
    def _check_einvoice_attachments(self):
        """Nobody sends out a file that he may not read himself: its id is a number that can be guessed."""
        files_sudo = self.sudo().einvoice_attachment_ids
        files_sudo.sudo(self.env.su).check_access("read")

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        moves = super().create(vals_list)
        moves._adopt_einvoice_attachments()
        return moves

    def write(self, vals):
        # EXTENDS 'account'
        result = super().write(vals)
        if "einvoice_attachment_ids" in vals:
            self._adopt_einvoice_attachments()
        return result

    def _adopt_einvoice_attachments(self):
        """Files uploaded before the invoice was saved belong to nobody but their author: colleagues send them too."""
        for move in self:
            loose_sudo = move.sudo().einvoice_attachment_ids.filtered(
                lambda file: not file.res_id and file.res_model in (False, self._name)
            )
            if loose_sudo:
                loose_sudo.write({"res_model": move._name, "res_id": move.id})

    def _einvoice_attachments(self):
        """The invoice's PDF and the chosen files, as ``records.Attachment``.

        :raises EInvoiceError: a file may not be embedded; ``_einvoice_faults`` tells it before
        """
        self.ensure_one()
        pdf = self._einvoice_pdf()
        return ([pdf] if pdf else []) + [
            attachments.prepare(each, self._einvoice_format()) for each in self._einvoice_chosen_files()
        ]

    def _einvoice_chosen_files(self):
        names, files = set(), []
        for file in self.einvoice_attachment_ids:
            name = " ".join((file.name or "").split()) or str(file.id)
            if name in names:
                name = f"{file.id}-{name}"
            names.add(name)
            files.append(records.Attachment(id=name, filename=name, content=file.raw or b""))
        return files

    def _einvoice_pdf(self):
        """The printed invoice as ``records.Attachment``; None when the company wants none or none is made yet."""
        if self.company_id.einvoice_pdf == "never":
            return None
        pdf = self.invoice_pdf_report_id
        if pdf and pdf.raw:
            return records.Attachment(id=pdf.name, filename=pdf.name, mimetype=attachments.PDF, content=pdf.raw)
        if self.company_id.einvoice_pdf != "always" or self.env.context.get("einvoice_without_pdf"):
            return None
        report = self.partner_id.invoice_template_pdf_report_id or self.env.ref("account.account_invoices")
        content, kind = self.env["ir.actions.report"].sudo()._render_qweb_pdf(report.report_name, self.ids)
        if kind != "pdf":
            return None
        name = self._get_invoice_report_filename(report=report)
        return records.Attachment(id=name, filename=name, mimetype=attachments.PDF, content=content)

    def _einvoice_attachment_faults(self):
        """Files that cannot go along: told before anything is written, none is left out in silence."""
        faults, size = [], 0
        for file in self._einvoice_chosen_files():
            try:
                size += len(attachments.prepare(file, self._einvoice_format()).content)
            except records.EInvoiceError as error:
                faults.append(
                    self.env._(
                        "The file “%(file)s” is empty. Remove it from the files for the customer or attach it again.",
                        file=file.filename,
                    )
                    if error.field == "empty"
                    else self.env._(
                        "The file “%(file)s” is of a type that e-invoices may not carry. Save it as PDF and attach the "
                        "PDF instead.",
                        file=file.filename,
                    )
                )
        if size > attachments.MAX_SIZE:
            faults.append(
                self.env._(
                    "The files for the customer have %(size)s MB together; an e-invoice may carry %(limit)s MB. Take "
                    "some away or send them by e-mail.",
                    size=size // 2**20,
                    limit=attachments.MAX_SIZE // 2**20,
                )
            )
        return faults
