"""The inbox: what a received document needs, and who dealt with it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..formats import accounts


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    inbox_state = fields.Selection(
        [
            ("person", "Needs a person"),
            ("read", "Read"),
            ("bill", "Bill made"),
            ("refused", "Refused"),
        ],
        compute="_compute_inbox_state",
        store=True,
        index="btree_not_null",
    )
    note = fields.Text(string="To Note", readonly=True, help="Does not stop the bill, but somebody should know.")
    vendor_reason = fields.Char(string="Vendor Found By", readonly=True)
    order_reference = fields.Char(string="Order Number", readonly=True)
    amount_due = fields.Monetary(string="To Pay", readonly=True, help="After what the document says is paid already.")
    payee_account = fields.Char(readonly=True, help="The account to pay to, as the document states it.")
    account_state = fields.Selection(
        [("known", "Known"), ("new", "New: to be confirmed"), ("confirmed", "Confirmed")],
        string="Account of the Vendor",
        readonly=True,
    )
    account_confirmed_uid = fields.Many2one("res.users", string="Account Confirmed By", readonly=True)
    account_confirmed_date = fields.Datetime(string="Account Confirmed On", readonly=True)
    refused_uid = fields.Many2one("res.users", string="Refused By", readonly=True)
    refused_date = fields.Datetime(string="Refused On", readonly=True)
    refused_reason = fields.Char(string="Reason for Refusing", readonly=True)

    @api.depends("direction", "state", "move_id.state", "error_message", "refused_date")
    def _compute_inbox_state(self):
        for document in self:
            if document.direction != "in":
                document.inbox_state = False
            elif document.refused_date:
                document.inbox_state = "refused"
            elif document.move_id:
                document.inbox_state = "bill"
            else:
                document.inbox_state = "person" if document.error_message else "read"

    def get_formview_id(self, access_uid=None):
        # EXTENDS 'web': a received document opens with what can be done with it, wherever the link stands
        if len(self) == 1 and self.direction == "in":
            return self.env.ref("nordic_einvoice.nordic_einvoice_inbox_view_form").id
        return super().get_formview_id(access_uid=access_uid)

    def action_open_bill(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "views": [(False, "form")],
        }

    def action_confirm_account(self):
        """Somebody asked the vendor, by another way than this document, and says the account is right."""
        self.ensure_one()
        if not (
            self.env.user.has_group("account.group_validate_bank_account")
            or self.env.user.has_group("account.group_account_manager")
        ):
            raise AccessError(self.env._("Only who may validate bank accounts confirms a vendor's new account."))
        if self.account_state != "new":
            raise UserError(self.env._("There is no account to confirm."))
        self._system_write(
            {
                "account_state": "confirmed",
                "account_confirmed_uid": self.env.uid,
                "account_confirmed_date": fields.Datetime.now(),
            }
        )
        bill = self.move_id
        if bill and not bill.partner_bank_id and accounts.is_bank_account(self.payee_account):
            # who may validate accounts need not be one who may change contacts
            bank = self.env["res.partner.bank"].sudo()._einvoice_of(bill.commercial_partner_id, self.payee_account)
            if bill.state == "draft":
                bill.partner_bank_id = bank
        self.message_post(body=self.env._("The account %s was confirmed.", self.payee_account))
        return True
