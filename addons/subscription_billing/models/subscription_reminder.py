from odoo import api, fields, models
from odoo.tools import email_normalize

TEMPLATE = "subscription_billing.mail_template_reminder"
LAYOUT = "mail.mail_notification_layout_with_responsible_signature"
REPORT = "account.account_invoices"


class SubscriptionReminder(models.Model):
    """A customer was reminded of an invoice: kept as proof, at most one a day for each invoice."""

    _name = "subscription.reminder"
    _description = "Reminder of an Invoice"
    _inherit = ["subscription.proof.mixin"]
    _order = "date desc, id desc"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True, precompute=True, index=True)
    number = fields.Integer(required=True)
    date = fields.Date(required=True)
    partner_id = fields.Many2one("res.partner", string="Sent To", required=True, ondelete="restrict")
    email = fields.Char(required=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_open = fields.Monetary(string="Open")

    _move_date_uniq = models.Constraint("UNIQUE (move_id, date)", "The customer was reminded of this invoice today.")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("move_id", "number")
    def _compute_display_name(self):
        for reminder in self:
            reminder.display_name = f"{reminder.move_id.name} ({reminder.number})"


class AccountMove(models.Model):
    _inherit = "account.move"

    subscription_reminder_ids = fields.One2many(
        "subscription.reminder", "move_id", string="Reminders", readonly=True, copy=False
    )

    def _get_reminder_partner(self):
        """Who is reminded: the invoice's own address, else the customer, whoever has a mail address."""
        self.ensure_one()
        partners = self.partner_id | self.commercial_partner_id
        return partners.filtered(lambda partner: email_normalize(partner.email or ""))[:1]

    def _get_reminder_obstacle(self):
        """Why the customer is not to be reminded of this invoice, in a bookkeeper's words; or an empty string.

        Hook: extend with super().
        """
        self.ensure_one()
        today = self.company_id._subscription_today()
        if self.move_type == "out_refund":
            return self.env._("It is a credit note.")
        if self.move_type != "out_invoice" or self.state != "posted":
            return self.env._("Only a posted invoice can be reminded of.")
        if self.payment_state not in ("not_paid", "partial", "blocked"):
            return self.env._("It is paid.")
        if self.no_followup or self.payment_state == "blocked":
            return self.env._("It is in dispute: no follow-up is ticked on the invoice.")
        if not self.invoice_date_due or self.invoice_date_due >= today:
            return self.env._("It is not due yet.")
        if any(reminder.date == today for reminder in self.subscription_reminder_ids):
            return self.env._("The customer was reminded of it today.")
        if not self._get_reminder_partner():
            return self.env._("The customer has no mail address.")
        return ""

    def _get_reminder_days(self):
        """How many days it is late."""
        self.ensure_one()
        today = self.company_id._subscription_today()
        return max((today - self.invoice_date_due).days, 0) if self.invoice_date_due else 0

    def _send_subscription_reminder(self):
        """Remind the customer by mail, the invoice attached; on the invoice's own history, and written down as proof.

        The proof is made first: its unique constraint is the claim of the day, and core sends after the commit.
        """
        template = self.env.ref(TEMPLATE)
        for move in self:
            partner = move._get_reminder_partner()
            reminder_sudo = self.env["subscription.reminder"].sudo()
            reminder_sudo = reminder_sudo.create(
                {
                    "move_id": move.id,
                    "number": len(move.sudo().subscription_reminder_ids) + 1,
                    "date": move.company_id._subscription_today(),
                    "partner_id": partner.id,
                    "email": partner.email,
                    "amount_open": move.amount_residual,
                }
            )
            move.invalidate_recordset(["subscription_reminder_ids"])
            mail_of = template.with_company(move.company_id)
            texts = {
                name: mail_of._render_field(name, move.ids, compute_lang=True)[move.id]
                for name in ("subject", "body_html", "email_from")
            }
            localized = move.with_context(
                lang=partner.lang or self.env.lang, no_document=True, disable_attachment_import=True
            )
            localized.message_post(
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=reminder_sudo.partner_id.ids,
                subject=texts["subject"],
                body=texts["body_html"],
                email_from=texts["email_from"],
                email_layout_xmlid=LAYOUT,
                email_add_signature=False,
                **localized._get_reminder_attachment(),
            )

    def _get_reminder_attachment(self):
        """The PDF that was sent, else the invoice as it is printed."""
        self.ensure_one()
        if self.invoice_pdf_report_id:
            return {"attachment_ids": self.invoice_pdf_report_id.ids}
        content, _type = self.env["ir.actions.report"].sudo()._render_qweb_pdf(REPORT, self.ids)
        return {"attachments": [(self._get_invoice_report_filename(), content)]}


class SubscriptionUnpaid(models.Model):
    _inherit = "subscription.unpaid"

    reminder_count = fields.Integer(string="Reminders", compute="_compute_reminders")
    reminder_date = fields.Date(string="Last Reminder", compute="_compute_reminders")

    def _compute_reminders(self):
        groups = self.env["subscription.reminder"]._read_group(
            [("move_id", "in", self.move_id.ids)], ["move_id"], ["__count", "date:max"]
        )
        found = {move: (count, day) for move, count, day in groups}
        for row in self:
            row.reminder_count, row.reminder_date = found.get(row.move_id, (0, False))

    def action_remind(self):
        """Window with the reminders to be, of one or many invoices."""
        moves = self.move_id.sorted(lambda move: (move.commercial_partner_id.display_name or "", move.invoice_date_due))
        wizard = self.env["subscription.reminder.send"]._make(moves)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Remind"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }
