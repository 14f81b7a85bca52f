import base64
import csv
import hashlib
import io
import tempfile
import zipfile
from datetime import date
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every

from ..models.nordic_einvoice_response import CODES

BATCH = 200


class NordicEinvoiceArchive(models.TransientModel):
    _name = "nordic.einvoice.archive"
    _description = "Archive of E-Documents"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    year = fields.Integer(required=True, default=lambda self: fields.Date.context_today(self).year)
    file = fields.Binary(readonly=True, attachment=True)
    filename = fields.Char(readonly=True)
    result = fields.Text(readonly=True)
    is_intact = fields.Boolean(readonly=True)

    @api.constrains("year")
    def _check_year(self):
        if any(not 1900 < wizard.year < 2200 for wizard in self):
            raise UserError(self.env._("Give the year with four digits."))

    def _files(self):
        """(record, folder, file name, bytes, whether it is what was stored) of the year, read in batches."""
        self.ensure_one()
        start, end = date(self.year, 1, 1), date(self.year, 12, 31)
        Document = self.env["nordic.einvoice.document"]
        own = [("company_id", "=", self.company_id.id)]
        dated = [*own, ("invoice_date", ">=", start), ("invoice_date", "<=", end)]
        undated = [
            *own,
            ("invoice_date", "=", False),
            ("create_date", ">=", f"{start} 00:00:00"),
            ("create_date", "<=", f"{end} 23:59:59"),
        ]
        documents = (Document.search(dated) | Document.search(undated)).filtered(lambda document: document._is_kept())
        responses = self.env["nordic.einvoice.response"].search(
            [("document_id", "in", documents.ids), ("direction", "=", "out")]
        )
        for records, folder in (
            (documents.filtered(lambda each: each.direction == "out"), "sent"),
            (documents.filtered(lambda each: each.direction == "in"), "received"),
            (responses, "answers"),
        ):
            for ids in split_every(BATCH, records.ids):
                for record in records.browse(ids):
                    try:
                        data = record.attachment_id.sudo().raw or b""
                    except OSError:
                        data = b""
                    is_intact = bool(record.sha256) and hashlib.sha256(data).hexdigest() == record.sha256
                    name = f"{record.id}_{Path(record.attachment_id.sudo().name or 'file').name}"
                    yield record, folder, name, data, is_intact
                self.env.invalidate_all()

    def _index_row(self, record, folder, name, is_intact):
        is_answer = record._name == "nordic.einvoice.response"
        document = record.document_id if is_answer else record
        answer = dict(CODES).get(record.code) if is_answer else ""
        return [
            f"{folder}/{name}",
            document.name or "",
            document.invoice_date or "",
            document.partner_id.name or document.partner_name or "",
            f"{document.amount_total:.2f}",
            f"{document.amount_tax:.2f}",
            document.currency_id.name or "",
            document.format or "",
            answer or (document.inbox_state if document.direction == "in" else document.state),
            document.move_id.name or "",
            (document.sent_date or document.received_date or document.create_date).isoformat(
                sep=" ", timespec="seconds"
            ),
            document.kept_until or "",
            record.sha256 or "",
            "ok" if is_intact else "DAMAGED",
        ]

    def action_check(self):
        """Read every file of the year and compare it with what was sent or received."""
        self.ensure_one()
        count, damaged = 0, []
        for _record, folder, name, _data, is_intact in self._files():
            count += 1
            if not is_intact:
                damaged.append(f"{folder}/{name}")
        self._write_result(count, damaged)
        return self._open()

    def action_export(self):
        """A zip file: every file of the year, an index for spreadsheets and the checksums."""
        self.ensure_one()
        rows, damaged, sums = [], [], []
        with tempfile.TemporaryFile() as target:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for record, folder, name, data, is_intact in self._files():
                    rows.append(self._index_row(record, folder, name, is_intact))
                    sums.append(f"{hashlib.sha256(data).hexdigest()}  {folder}/{name}")
                    if not is_intact:
                        damaged.append(f"{folder}/{name}")
                    archive.writestr(f"{folder}/{name}", data)
                archive.writestr("index.csv", self._index(rows))
                archive.writestr("SHA256SUMS", "".join(f"{line}\n" for line in sums))
            target.seek(0)
            content = target.read()
        self.write(
            {
                "file": base64.b64encode(content),
                "filename": f"e-documents_{self.company_id.id}_{self.year}.zip",
            }
        )
        self._write_result(len(rows), damaged)
        return self._open()

    def _index(self, rows):
        stream = io.StringIO()
        table = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        table.writerow(
            [
                self.env._("File"),
                self.env._("Number"),
                self.env._("Date"),
                self.env._("Customer / Vendor"),
                self.env._("Total"),
                self.env._("VAT"),
                self.env._("Currency"),
                self.env._("Format"),
                self.env._("State"),
                self.env._("Entry"),
                self.env._("Sent or Received (UTC)"),
                self.env._("Keep Until"),
                "SHA-256",
                self.env._("Checked"),
            ]
        )
        # a text that begins like a formula is none in the reader's spreadsheet
        table.writerows([f"'{cell}" if str(cell)[:1] in "=+@" and cell else cell for cell in row] for row in rows)
        return "\ufeff" + stream.getvalue()

    def _write_result(self, count, damaged):
        text = (
            self.env._("%s files, all as they were sent or received.", count)
            if not damaged
            else self.env._(
                "%(count)s files, of which %(bad)s are missing or changed:\n%(names)s",
                count=count,
                bad=len(damaged),
                names="\n".join(damaged[:100]),
            )
        )
        self.write({"result": text, "is_intact": not damaged})

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Archive of E-Documents"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
