import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class SubscriptionIndexationNotice(models.Model):
    """What one customer is told about the new prices of one subscription: once, and kept as proof."""

    _name = "subscription.indexation.notice"
    _description = "Notice of New Prices"
    _inherit = ["subscription.proof.mixin"]
    _order = "date_send, id"

    indexation_id = fields.Many2one("subscription.indexation", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="indexation_id.company_id", store=True, precompute=True, index=True)
    subscription_id = fields.Many2one("subscription.subscription", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="restrict")
    rule_id = fields.Many2one("subscription.index.rule", required=True, ondelete="restrict")
    line_ids = fields.Many2many("subscription.indexation.line", string="New Prices")
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    date_effect = fields.Date(string="New Prices From", required=True)
    date_send = fields.Date(string="To Be Sent On", required=True, index=True)
    date_sent = fields.Datetime(string="Sent On")
    email = fields.Char(string="Sent To")
    mail_id = fields.Many2one("mail.mail", index="btree_not_null", ondelete="set null")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sent", "Handed to the mail server"),
            ("no_address", "No mail address"),
            ("failed", "Failed"),
            ("cancelled", "Stopped"),
        ],
        default="waiting",
        required=True,
        index=True,
    )

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("subscription_id", "partner_id")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = f"{notice.subscription_id.display_name} {notice.partner_id.display_name}"

    def _get_prices(self):
        """The lines of the mail, each with the price before the first and after the last change."""
        rows = []
        applied = self.line_ids.filtered(lambda change: change.state == "applied")
        for line, changes in applied.sorted("date_due").grouped("line_id").items():
            name = line.with_context(lang=self.partner_id.lang or self.env.lang).display_name
            rows.append({"name": name, "old_price": changes[0].old_price, "new_price": changes[-1].new_price})
        return rows

    def _send(self):
        """Hand the mails over to core's queue. In one transaction with the proof that it was done."""
        for (company, template), notices in self.grouped(lambda n: (n.company_id, n.rule_id.mail_template_id)).items():
            template = template or self.env.ref("subscription_billing.mail_template_notice")
            with_address = notices.filtered(lambda notice: notice.partner_id.email)
            (notices - with_address).write({"state": "no_address"})
            mails = template.with_company(company).send_mail_batch(
                with_address.ids, email_layout_xmlid="mail.mail_notification_light"
            )
            for notice, mail in zip(with_address, mails, strict=True):
                notice.write(
                    {
                        "state": "sent",
                        "mail_id": mail.id,
                        "date_sent": fields.Datetime.now(),
                        "email": notice.partner_id.email,
                    }
                )

    @api.model
    def _cron_send(self):
        """The notices whose day has come; one that cannot be made never stops the others."""
        today = max(company._subscription_today() for company in self.env["res.company"].search([]))
        due = self.sudo().search([("state", "=", "waiting"), ("date_send", "<=", today)])
        for notice in due.filtered(lambda n: n.date_send <= n.company_id._subscription_today()):
            try:
                with self.env.cr.savepoint():
                    notice._send()
            except Exception:  # a broken template or address of one
                _logger.exception("No notice of new prices for subscription %s", notice.subscription_id.id)
                notice.state = "failed"
            self.env["ir.cron"]._commit_progress(1)

    def action_retry(self):
        """Button: try again, after an address was entered."""
        self.check_access("read")
        self.indexation_id._check_manager()
        again = self.filtered(lambda notice: notice.state in ("no_address", "failed")).sudo()
        again.write({"state": "waiting"})
        self.env.ref("subscription_billing.ir_cron_send_notices")._trigger()
