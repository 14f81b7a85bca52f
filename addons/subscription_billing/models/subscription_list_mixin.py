import base64
import csv
import hashlib
import io

from odoo import api, fields, models

#: Rows whose fault is shown on the screen; the file of faults has all.
SHOWN_FAULTS = 50


class SubscriptionListMixin(models.AbstractModel):
    """A list somebody brings: looked at first; what is wrong comes back as a file that can be mended."""

    _name = "subscription.list.mixin"
    _description = "Imported List"
    _inherit = ["subscription.proof.mixin"]

    name = fields.Char(string="File Name")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    file = fields.Binary(attachment=True, required=True)
    sha256 = fields.Char(readonly=True, copy=False)
    fault_count = fields.Integer(string="Rows With Faults", readonly=True, copy=False)
    fault_text = fields.Text(string="Faults", readonly=True, copy=False)
    fault_file = fields.Binary(string="Rows to Mend", attachment=True, readonly=True, copy=False)
    fault_name = fields.Char(readonly=True, copy=False)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"sha256", "fault_count", "fault_text", "fault_file", "fault_name"}

    def _get_data(self):
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def _prepare_fault_values(self, data, header, rows):
        """Values for the faults of a file.

        :param list rows: (line, cells, reason)
        """
        rows = sorted(rows, key=lambda row: row[0])
        shown = [self.env._("Line %(line)s: %(text)s", line=line, text=text) for line, _cells, text in rows]
        title = self.env._("Fault")
        return {
            "sha256": hashlib.sha256(data).hexdigest(),
            "fault_count": len(rows),
            "fault_text": "\n".join(shown[:SHOWN_FAULTS]),
            "fault_file": base64.b64encode(_write_faults(header, rows, title)) if rows else False,
            "fault_name": self.env._("faults.csv"),
        }

    def _get_fault_text(self, fault):
        """A fault of the file in a bookkeeper's words."""
        values = fault.values
        columns = {
            "customer": self.env._("customer"),
            "date": self.env._("date"),
            "due": self.env._("due date"),
            "reference": self.env._("reference"),
            "currency": self.env._("currency"),
        }
        return {
            "empty": self.env._("The file is empty."),
            "too_big": self.env._("The file is too big; divide it."),
            "no_text": self.env._("The file is neither CSV nor XLSX."),
            "broken": self.env._("The workbook cannot be read; save it again as XLSX or CSV."),
            "no_header": self.env._("The columns are missing: %s.", ", ".join(values.get("names", ()))),
            "twice_column": self.env._("The column %s is there twice.", values.get("name")),
            "no_rows": self.env._("The file has a heading but no rows."),
            "no_subscription": self.env._("The subscription is missing."),
            "no_customer": self.env._("The customer is missing."),
            "no_what": self.env._("Neither a product nor a text is given."),
            "no_price": self.env._("A text without a product needs a price."),
            "bad_date": self.env._("This is no date: %s", values.get("text")),
            "bad_number": self.env._("This is no clear number: %s", values.get("text")),
            "bad_discount": self.env._("A discount is between 0 and 100 per cent."),
            "differs": self.env._(
                "The rows of this invoice differ in: %s", columns.get(values.get("name"), values.get("name"))
            ),
        }[fault.code]


def _write_faults(header, rows, title):
    """The rows with faults as a file that can be mended and read again: same columns, the fault as the last one."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    width = len(header)
    writer.writerow([*header, title])
    for _line, cells, text in rows:
        writer.writerow([*(list(cells) + [""] * width)[:width], text])
    return stream.getvalue().encode("utf-8-sig")
