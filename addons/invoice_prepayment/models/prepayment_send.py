"""One button: the deposit invoice is made, posted and sent, with mail template, terms and journal of its own."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    _inherit = "res.company"

    prepayment_mail_template_id = fields.Many2one(
        "mail.template",
        string="Mail with deposit invoices",
        domain="[('model', '=', 'account.move')]",
        help="Empty: the mail this addon comes with.",
    )
    prepayment_final_mail_template_id = fields.Many2one(
        "mail.template",
        string="Mail with final invoices",
        domain="[('model', '=', 'account.move')]",
        help="Empty: the mail this addon comes with.",
    )
    prepayment_terms = fields.Html(
        string="Terms on deposit invoices", translate=True, help="Printed on deposit invoices, above the order's own."
    )
    prepayment_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of deposit invoices",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="A journal of its own gives deposit invoices a number series of their own. Empty: the usual one.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    prepayment_mail_template_id = fields.Many2one(related="company_id.prepayment_mail_template_id", readonly=False)
    prepayment_final_mail_template_id = fields.Many2one(
        related="company_id.prepayment_final_mail_template_id", readonly=False
    )
    prepayment_terms = fields.Html(related="company_id.prepayment_terms", readonly=False)
    prepayment_journal_id = fields.Many2one(related="company_id.prepayment_journal_id", readonly=False)


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model
    def _get_invoice_status_system_fields(self):
        # EXTENDS 'invoice_status'
        return super()._get_invoice_status_system_fields() | {"prepayment_invoice_type"}

    @api.depends("prepayment_invoice_type")
    @api.depends_context("lang")
    def _compute_type_name(self):
        # EXTENDS 'account': what mails, portal and chatter call the document
        result = super()._compute_type_name()
        names = {"prepayment": self.env._("Prepayment invoice"), "final": self.env._("Final invoice")}
        for move in self:
            if move.move_type == "out_invoice" and move.prepayment_invoice_type in names:
                move.type_name = names[move.prepayment_invoice_type]
        return result

    def _get_mail_template(self):
        # EXTENDS 'account'
        types = set(self.mapped("prepayment_invoice_type"))
        if len(types) == 1 and len(self.company_id) == 1 and set(self.mapped("move_type")) == {"out_invoice"}:
            if template := self._get_prepayment_mail_template(types.pop()):
                return template
        return super()._get_mail_template()

    def _get_prepayment_mail_template(self, invoice_type):
        """The company's own mail for deposit and final invoices, else the one of this addon."""
        company = self.company_id.sudo()
        own, default = {
            "prepayment": (company.prepayment_mail_template_id, "mail_template_prepayment"),
            "final": (company.prepayment_final_mail_template_id, "mail_template_final"),
        }.get(invoice_type, (None, None))
        if not default:
            return None
        return own.sudo(self.env.su) or self.env.ref(f"invoice_prepayment.{default}", raise_if_not_found=False)

    def _post_and_send_prepayment(self):
        """Post these invoices if they are drafts, and send those not sent yet, each as its customer gets invoices.

        Whoever may work on the order may do this, with or without rights in accounting; the mail is theirs. Nothing is
        posted when an invoice could not be sent afterwards.
        """
        moves = self.sudo()
        moves._check_prepayment_sendable()
        drafts = moves.filtered(lambda move: move.state == "draft")
        if drafts:
            drafts.action_post()
        return moves._send_prepayment().sudo(self.env.su)

    def _send_prepayment(self):
        """Send those of these posted invoices that are not sent yet, each as its customer gets invoices.

        :raises UserError: a customer gets invoices by e-mail and has no address
        """
        to_send = self.sudo().filtered(lambda move: move.state == "posted" and not move.is_move_sent)
        to_send._check_prepayment_sendable()
        for company, moves in to_send.grouped("company_id").items():
            self.env["account.move.send"].sudo().with_company(company)._generate_and_send_invoices(moves)
        to_send.mapped("invoice_is_sent")  # so that the log names who sent them, not who reads it first
        for move in to_send:
            move._send_prepayment_channels()
        return to_send

    def _check_prepayment_sendable(self):
        AccountMoveSend = self.env["account.move.send"].sudo()
        without_address = self.filtered(
            lambda move: (
                not move.is_move_sent
                and "email" in AccountMoveSend._get_default_sending_methods(move)
                and not move.partner_id.email
                and not move.commercial_partner_id.email
            )
        )
        if without_address:
            raise UserError(
                self.env._(
                    "Invoices go to %s by e-mail, and no e-mail address is known. Enter one on the customer, or create "
                    "the deposit invoice without sending it.",
                    ", ".join(without_address.partner_id.mapped("display_name")),
                )
            )

    def _send_prepayment_channels(self):
        """Hand a sent invoice to the further channels its customer and company use. To be extended with ``super()``.

        The joints with e-invoices and outside ledgers do. What stops them does not take the mail back.
        """
        self.ensure_one()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_prepayment_send(self):
        """One click: the deposit invoice of each order is made, posted and sent.

        Deposit invoices that wait as drafts, or are posted and not sent, go first; only where there is none the next
        planned deposit is invoiced.
        """
        self.check_access("write")
        moves = self.env["account.move"]
        for order in self:
            waiting = order._get_prepayment_invoices().filtered(
                lambda move: (
                    move.move_type == "out_invoice"
                    and (move.state == "draft" or move.state == "posted" and not move.is_move_sent)
                )
            )
            if not waiting:
                order.action_create_prepayment_invoice()
                waiting = order._get_prepayment_invoices().filtered(
                    lambda move: move.move_type == "out_invoice" and not move.is_move_sent
                )
            moves |= waiting
        moves._post_and_send_prepayment()
        return self.action_view_invoice(invoices=moves.sudo(self.env.su))
