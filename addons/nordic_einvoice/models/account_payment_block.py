"""A new account on a known vendor: nobody pays before somebody has confirmed it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..formats import accounts


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_account_to_confirm = fields.Char(
        string="New Account of the Vendor", compute="_compute_einvoice_account_to_confirm", compute_sudo=True
    )

    @api.depends("einvoice_document_ids.account_state")
    def _compute_einvoice_account_to_confirm(self):
        for move in self:
            new = move.einvoice_document_ids.filtered(lambda document: document.account_state == "new")
            move.einvoice_account_to_confirm = new[:1].payee_account or False

    def action_einvoice_confirm_account(self):
        self.ensure_one()
        return self.einvoice_document_ids.filtered(lambda each: each.account_state == "new").action_confirm_account()

    def _einvoice_check_payable(self):
        """:raises UserError: the account of one of these bills is not confirmed"""
        waiting = (
            self.env["nordic.einvoice.document"]
            .sudo()
            .search([("move_id", "in", self.ids), ("account_state", "=", "new")], limit=1)
        )
        if waiting:
            raise UserError(
                self.env._(
                    "%(bill)s states an account that %(vendor)s did not have before: %(account)s. Ask the vendor, by a "
                    "telephone number you know, and confirm the account on the bill. Then it can be paid.",
                    bill=waiting.move_id.display_name,
                    vendor=waiting.partner_id.display_name,
                    account=waiting.payee_account,
                )
            )


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def action_post(self):
        # EXTENDS 'account'
        self.invoice_ids._einvoice_check_payable()
        self.filtered(lambda payment: payment.payment_type == "outbound")._einvoice_check_account()
        return super().action_post()

    def _einvoice_check_account(self):
        """A payment made without its bill must not reach the account that nobody has confirmed either.

        :raises UserError: a payment goes to such an account
        """
        partners = self.partner_bank_id and self.partner_id.commercial_partner_id
        if not partners:
            return
        documents = (
            self.env["nordic.einvoice.document"]
            .sudo()
            .search([("partner_id", "child_of", partners.ids), ("account_state", "=", "new")])
        )
        for payment in self.filtered("partner_bank_id"):
            vendor = payment.partner_id.commercial_partner_id
            theirs = documents.filtered(
                lambda one, payment=payment, vendor=vendor: (
                    one.company_id == payment.company_id
                    and one.partner_id.commercial_partner_id == vendor
                    and accounts.is_same(
                        one.payee_account, payment.partner_bank_id.acc_number, vendor.country_id.code or ""
                    )
                )
            )
            theirs.move_id._einvoice_check_payable()


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    @api.model
    def _einvoice_of(self, partner, key):
        """The vendor's bank account that ``key`` (``formats.accounts``) names; made when there is none."""
        country = partner.country_id.code or ""
        found = partner.bank_ids.filtered(lambda bank: accounts.is_same(key, bank.acc_number, country))[:1]
        if found:
            return found
        number = key[2:] if key[:2] in ("DK", "NO", "BG", "PG") and key[2:].isdigit() else key
        return self.create({"partner_id": partner.id, "acc_number": number})
