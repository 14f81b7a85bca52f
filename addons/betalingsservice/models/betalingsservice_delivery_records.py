from markupsafe import Markup

from odoo import fields, models

from .. import formats
from ..const import RECORD_FIELDS, RECORD_KINDS, RECORD_VALUES, REMARK_LISTS

FIRST_RECORDS = 100
#: What every record repeats: shown where a section starts, and left out of the others.
REPEATED = ("pbs_number", "debtor_group")


class BetalingsserviceDelivery(models.Model):
    """The file in words: every record with its line number, its kind and its fields."""

    _inherit = "betalingsservice.delivery"

    records_html = fields.Html(string="Records in Words", compute="_compute_records_html", sanitize=False)
    has_more_records = fields.Boolean(compute="_compute_records_html")

    def _compute_records_html(self):
        for delivery in self:
            found = list(formats.describe.describe(delivery._shown_content(), 1, FIRST_RECORDS + 1))
            delivery.has_more_records = len(found) > FIRST_RECORDS
            delivery.records_html = delivery._records_table(found[:FIRST_RECORDS])

    def _shown_content(self):
        """The bytes of the file; a form asks with ``bin_size``, which would give its size instead."""
        self.ensure_one()
        return self.with_context(bin_size=False).attachment_id.raw or b""

    def _records_table(self, found):
        """Records of ``formats.describe`` as a table; False when there are none."""
        if not found:
            return False
        rows = Markup().join(
            Markup('<tr><td class="text-end text-muted">%s</td><td>%s</td><td>%s</td></tr>')
            % (record.line, self._record_kind(record), self._record_fields(record))
            for record in found
        )
        return Markup(
            '<table class="table table-sm o_betalingsservice_records"><thead><tr><th class="text-end">%s</th>'
            "<th>%s</th><th>%s</th></tr></thead><tbody>%s</tbody></table>"
        ) % (self.env._("Line"), self.env._("Record"), self.env._("Content"), rows)

    def _record_kind(self, record):
        return Markup('%s <span class="text-muted">%s</span>') % (
            self._in_words(RECORD_KINDS, record.kind),
            record.code,
        )

    def _record_fields(self, record):
        shown = [
            Markup('<span class="text-muted">%s:</span> %s')
            % (self._in_words(RECORD_FIELDS, name), self._record_value(name, text))
            for name, text in record.fields
            if text and (record.kind == "section" or name not in REPEATED)
        ]
        if record.kind in ("unknown", "remark"):
            shown.append(Markup("<code>%s</code>") % record.raw)
        return Markup(" · ").join(shown)

    def _record_value(self, name, text):
        if name == "text_number":
            words = REMARK_LISTS.get(text[1:2])
        else:
            words = RECORD_VALUES.get(name, {}).get(text)
        if not words:
            return text
        words = self.env._(words)
        return words if name == "sign" else f"{text} ({words})"

    def _in_words(self, table, code):
        return self.env._(table[code]) if code in table else code

    def action_open_records(self):
        self.ensure_one()
        wizard = self.env["betalingsservice.records"].create({"delivery_id": self.id})
        return wizard._action_open()
