"""How long e-documents are kept, and the guard of their files."""

from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

CONTENT = {"raw", "datas", "db_datas", "store_fname", "checksum", "res_model", "res_id", "res_field", "type", "url"}


class NordicEinvoiceRetention(models.Model):
    _name = "nordic.einvoice.retention"
    _description = "Years That E-Documents Are Kept"
    _order = "country_id, valid_from desc"
    _rec_name = "country_id"

    country_id = fields.Many2one("res.country", required=True, ondelete="cascade")
    valid_from = fields.Date(required=True, help="For financial years that end on this day or later.")
    years = fields.Integer(required=True)
    counted_from = fields.Selection(
        [
            ("financial_year", "End of the financial year"),
            ("calendar_year", "End of the calendar year in which the financial year ends"),
        ],
        required=True,
        default="financial_year",
    )
    source = fields.Char(help="Where it is said.")

    _country_date_uniq = models.UniqueIndex("(country_id, valid_from)", "There is already a rule from this day.")
    _years_check = models.Constraint("CHECK (years > 0)", "Give the years as a number above 0.")

    @api.model
    def _kept_until(self, country, closing):
        """The last day that files of a financial year ending on ``closing`` are kept; False when no rule is known."""
        rule = self.search([("country_id", "=", country.id), ("valid_from", "<=", closing)], limit=1)
        if not rule:
            return False
        start = date(closing.year, 12, 31) if rule.counted_from == "calendar_year" else closing
        return start + relativedelta(years=rule.years)


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    kept_until = fields.Date(
        compute="_compute_kept_until", help="The last day that the law of the company's country wants the file kept."
    )

    @api.depends("invoice_date", "received_date", "company_id")
    def _compute_kept_until(self):
        Retention = self.env["nordic.einvoice.retention"].sudo()
        ends = {}
        for document in self:
            day = (
                document.invoice_date
                or (document.received_date or document.create_date or fields.Datetime.now()).date()
            )
            company = document.company_id
            key = company, day
            if key not in ends:
                closing = company.sudo().compute_fiscalyear_dates(day)["date_to"]
                country = company.account_fiscal_country_id or company.country_id
                ends[key] = Retention._kept_until(country, closing)
            document.kept_until = ends[key]


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        # EXTENDS 'transfer_log'
        if self.env.su and CONTENT & vals.keys():
            self._check_einvoice_kept(vals)
        return super().write(vals)

    def unlink(self):
        # EXTENDS 'transfer_log'
        if self.env.su:
            self._check_einvoice_kept()
        return super().unlink()

    def _check_einvoice_kept(self, vals=None):
        """The program itself, and the superuser, replace and delete no file that was sent or received. Moving it from a
        bill to its own document, where it belongs, is no change."""
        kept = self.filtered(lambda file: not file._is_going_home(vals))._einvoice_kept()
        if kept:
            raise UserError(
                self.env._(
                    "“%(name)s” is an e-document that was sent or received. The law wants it kept as it is.",
                    name=kept[0].name,
                )
            )

    def _is_going_home(self, vals):
        self.ensure_one()
        if not vals or set(vals) != {"res_model", "res_id"} or vals["res_model"] != "nordic.einvoice.document":
            return False
        return self.env["nordic.einvoice.document"].browse(vals["res_id"]).attachment_id == self

    def _einvoice_kept(self):
        if not self.ids:
            return self.browse()
        documents = self.env["nordic.einvoice.document"].sudo().search([("attachment_id", "in", self.ids)])
        responses = self.env["nordic.einvoice.response"].sudo().search([("attachment_id", "in", self.ids)])
        return documents.filtered(lambda document: document._is_kept()).attachment_id | responses.attachment_id

    def _transfer_proof(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_proof() | self._einvoice_kept()
