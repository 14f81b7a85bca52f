from datetime import timedelta

from odoo import api, fields, models

#: Days before the last day on which somebody is told.
NOTICE = 3


class PaymatchReportLine(models.Model):
    """Chargebacks can be contested for some days only: the day, a reminder before it, and what became of it."""

    _inherit = "paymatch.report.line"

    answer_date = fields.Date(
        string="Answer Before",
        index="btree_not_null",
        help="Reckoned from the days the provider leaves; no file tells it. Correct it by the provider's letter.",
    )
    is_answered = fields.Boolean(string="Answered", help="Contested, or accepted: nothing more is to be done in time.")
    is_reminded = fields.Boolean(readonly=True, copy=False)
    is_answer_late = fields.Boolean(compute="_compute_is_answer_late")

    @api.depends("answer_date", "is_answered")
    def _compute_is_answer_late(self):
        today = fields.Date.context_today(self)
        for line in self:
            line.is_answer_late = bool(line.answer_date and not line.is_answered and line.answer_date < today)

    @api.model
    def _cron_remind_chargebacks(self):
        """An activity for each chargeback whose last day is near, once."""
        today = fields.Date.context_today(self)
        lines = self.search(
            [
                ("answer_date", "!=", False),
                ("answer_date", "<=", today + timedelta(days=NOTICE)),
                ("is_answered", "=", False),
                ("is_reminded", "=", False),
                ("report_id.is_discarded", "=", False),
                ("report_id.error_message", "=", False),
            ]
        )
        for line in lines:
            report = line.report_id.with_context(lang=line.report_id.create_uid.lang)
            report.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=line.answer_date,
                summary=report.env._("Answer the chargeback"),
                note=report.env._(
                    "Line %(line)s: %(amount)s, %(reference)s. Contest or accept it with %(provider)s, then tick "
                    "“Answered” under Chargebacks.",
                    line=line.sequence,
                    amount=line.currency_id.format(line.gross_amount),
                    reference=line.order_reference or line.provider_reference or line.text or "",
                    provider=line.provider_id.name,
                ),
                user_id=(report.approved_by_id or report.create_uid).id,
            )
        lines.sudo().write({"is_reminded": True})


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    def _prepare_line_values(self, line, movement, sequence):
        # EXTENDS 'paymatch'
        values = super()._prepare_line_values(line, movement, sequence)
        days = self.provider_id.chargeback_days
        if line.line_type == "chargeback" and days:
            start = line.event_date or line.booking_date or self.date
            values["answer_date"] = start + timedelta(days=days) if start else False
        return values
