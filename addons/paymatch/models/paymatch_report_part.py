import base64
import gzip
import json

from odoo import fields, models

#: Gzip's quickest level: a part lives for minutes.
QUICK = 1


class PaymatchReportPart(models.Model):
    """Some lines of a large file, read and typed, until they are added to their report.

    A file is read once, whatever stops its loading: each batch takes its own part. Seen and written by the program
    only.
    """

    _name = "paymatch.report.part"
    _description = "Lines of a Payment File to Be Added"
    _order = "report_id, start"

    report_id = fields.Many2one("paymatch.report", required=True, readonly=True, index=True, ondelete="cascade")
    start = fields.Integer(string="Lines Before", required=True, readonly=True)
    data = fields.Binary(attachment=True, required=True, readonly=True)

    def _keep(self, report, start, values):
        """Keep the values of the lines that follow ``start`` lines, compressed."""
        text = json.dumps(values, default=fields.Date.to_string, separators=(",", ":"))
        packed = gzip.compress(text.encode(), QUICK)
        return self.create({"report_id": report.id, "start": start, "data": base64.b64encode(packed)})

    def _values(self):
        """The values of the lines, as they were kept."""
        self.ensure_one()
        return json.loads(gzip.decompress(base64.b64decode(self.data)))
