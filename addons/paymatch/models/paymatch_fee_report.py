from odoo import api, fields, models
from odoo.tools import SQL


class PaymatchFeeReport(models.Model):
    """What sales cost: approved lines with their fee, by provider, card or kind of fee, and month."""

    _name = "paymatch.fee.report"
    _description = "Fees by Card and Month"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "fee_type"
    _depends = {
        "paymatch.report": ["currency_id", "date", "is_approved", "kind"],
        "paymatch.report.line": [
            "company_id",
            "fee_amount",
            "fee_type",
            "fee_vat_amount",
            "gross_amount",
            "line_type",
            "movement_id",
            "provider_id",
        ],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    provider_id = fields.Many2one("paymatch.provider", readonly=True)
    report_id = fields.Many2one("paymatch.report", readonly=True, string="Payout")
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True, help="Of the payout.")
    fee_type = fields.Char(string="Card or Kind of Fee", readonly=True)
    sale_amount = fields.Monetary(string="Gross Sales", readonly=True)
    fee_amount = fields.Monetary(string="Fees", readonly=True, help="Without VAT.")
    fee_vat_amount = fields.Monetary(string="VAT on Fees", readonly=True)
    rate = fields.Float(
        string="Fees in %",
        digits=(8, 2),
        aggregator="avg",
        readonly=True,
        help="Fees of the sales shown. A provider that tells fees on lines of their own may name them otherwise than "
        "the sales: compare by provider or month then.",
    )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        # EXTENDS 'base': a percentage of the sums, not the average of percentages
        if aggregate_spec != "rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "COALESCE(100.0 * SUM(%s) / NULLIF(SUM(%s), 0.0), 0.0)",
            self._field_to_sql(self._table, "fee_amount", query),
            self._field_to_sql(self._table, "sale_amount", query),
        )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT row.*, COALESCE(100.0 * row.fee_amount / NULLIF(row.sale_amount, 0.0), 0.0) AS rate
              FROM (
                SELECT line.id, line.company_id, line.provider_id, line.report_id, report.currency_id, report.date,
                       line.fee_type,
                       CASE WHEN line.line_type = 'sale' THEN line.gross_amount ELSE 0 END AS sale_amount,
                       -COALESCE(line.fee_amount, 0)
                           - CASE WHEN line.line_type = 'fee' THEN line.gross_amount ELSE 0 END AS fee_amount,
                       -COALESCE(line.fee_vat_amount, 0)
                           - CASE WHEN line.line_type = 'fee_vat' THEN line.gross_amount ELSE 0 END AS fee_vat_amount
                  FROM paymatch_report_line line
                  JOIN paymatch_report report ON report.id = line.report_id
                 WHERE report.is_approved AND line.movement_id IS NOT NULL AND line.line_type != 'payout'
                   AND report.kind = 'payout') row
            """
        )
