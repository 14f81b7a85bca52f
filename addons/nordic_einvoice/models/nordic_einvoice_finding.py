from odoo import api, fields, models
from odoo.exceptions import UserError

from ..formats import texts


class NordicEinvoiceFinding(models.Model):
    _name = "nordic.einvoice.finding"
    _description = "Finding on an E-Document"
    _order = "document_id, severity, id"
    _rec_name = "rule"
    _check_company_auto = True

    document_id = fields.Many2one(
        "nordic.einvoice.document", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="document_id.company_id", store=True, index=True)
    layer = fields.Selection(
        [
            ("file", "File"),
            ("xsd", "UBL schema"),
            ("en16931", "EN 16931"),
            ("peppol", "Peppol"),
            ("national", "National rules"),
            ("oioubl", "OIOUBL"),
        ],
        required=True,
    )
    rule = fields.Char(required=True)
    severity = fields.Selection([("fatal", "Stops it"), ("warning", "Warning")], required=True)
    location = fields.Char()
    message = fields.Text(required=True)
    hint = fields.Text(string="What to Do (English)")
    text_key = fields.Char(readonly=True, help="The text of the rule in the format code, which knows four languages.")
    text_values = fields.Json(readonly=True)
    concern = fields.Char(readonly=True)
    description = fields.Text(string="What Is Wrong", compute="_compute_texts")
    advice = fields.Text(string="What to Do", compute="_compute_texts")
    place = fields.Char(string="Put Right At", compute="_compute_place")

    @api.depends("message", "hint", "text_key", "text_values", "concern", "severity", "document_id.direction")
    @api.depends_context("lang")
    def _compute_texts(self):
        """In the user's language where the rule has a text; a rule without one keeps its official text."""
        language = texts.language_of(self.env.lang)
        for finding in self:
            said = "" if language == "en" else texts.message(finding.text_key, finding.text_values, language)
            finding.description = said or finding.message
            own = texts.advice(finding.concern, language) or finding.hint
            finding.advice = finding._sender_advice() if finding.document_id.direction == "in" else own

    def _sender_advice(self):
        """What others sent is theirs to put right."""
        if self.severity == "fatal":
            return self.env._(
                "The vendor has to put this right: reject it with this text, or ask for a right one. If you see that "
                "the amounts are right, you may book it."
            )
        return self.env._("The vendor's to put right; nothing to do for you.")

    @api.depends("concern", "document_id.direction", "document_id.move_id", "document_id.partner_id")
    @api.depends_context("lang")
    def _compute_place(self):
        for finding in self:
            record, name = finding._place()
            field = record._fields.get(name)
            label = field and field._description_string(self.env)
            finding.place = " › ".join(filter(None, (record.display_name, label))) if record else False

    def _place(self):
        """(record, name of the field) where a fault of our own document is put right; what others sent is theirs."""
        self.ensure_one()
        document = self.document_id
        who, name = texts.field(self.concern)
        if document.direction != "out" or not who:
            return document.browse(), ""
        records = {
            "company": document.company_id.partner_id,
            "customer": document.partner_id,
            "invoice": document.move_id,
        }
        return records[who], name

    def action_open_place(self):
        self.ensure_one()
        record, _name = self._place()
        if not record:
            raise UserError(self.env._("The sender of the document puts this right."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
