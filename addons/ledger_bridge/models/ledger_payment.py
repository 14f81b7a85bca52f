from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..records import ZERO

PARTY_TYPES = ("asset_receivable", "liability_payable")


class LedgerPayment(models.Model):
    """One payment of an invoice as both sides know it. Unique by its id over there: it is registered here once."""

    _name = "ledger.payment"
    _description = "Payment in an Outside Ledger"
    _inherit = ["system.fields.mixin"]
    _order = "payment_date desc, id desc"
    _rec_name = "move_id"
    _check_company_auto = True

    connection_id = fields.Many2one(
        "transfer.connection", required=True, index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, readonly=True)
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    direction = fields.Selection(
        [("in", "Paid there"), ("out", "Paid in Odoo")], string="Made", required=True, readonly=True
    )
    remote_id = fields.Char(string="Remote ID", readonly=True, index="btree_not_null")
    payment_date = fields.Date(string="Date", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    state = fields.Selection(
        [
            ("seen", "Not registered here"),
            ("queued", "On its way there"),
            ("done", "On both sides"),
            ("gone", "No longer there"),
            ("gone_here", "Taken back here"),
            ("undone", "Taken back on both sides"),
            ("kept", "Left as it is"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    payment_id = fields.Many2one("account.payment", string="Payment in Odoo", readonly=True, check_company=True)
    partial_id = fields.Many2one(
        "account.partial.reconcile", readonly=True, ondelete="set null", index="btree_not_null"
    )
    line_id = fields.Many2one(
        "account.move.line", string="Journal Item", readonly=True, ondelete="set null", index="btree_not_null"
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    company_amount = fields.Monetary(currency_field="company_currency_id", readonly=True)
    message = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", string="Decided By", readonly=True)

    _remote_uniq = models.Constraint(
        "UNIQUE (connection_id, move_id, remote_id)", "This payment of the outside ledger is registered already."
    )
    _partial_uniq = models.Constraint("UNIQUE (connection_id, partial_id)", "This payment is on its way there already.")

    # ---------------------------------------------------------------- actions

    def action_undo(self):
        """A person agrees that a payment which is gone on one side goes on the other too."""
        self.check_access("write")
        for payment in self.filtered(lambda one: one.state == "gone"):
            payment._undo_here()
        for payment in self.filtered(lambda one: one.state == "gone_here" and one.remote_id):
            key = f"payment_delete:{payment.id}"
            payment.connection_id._transfer_enqueue("payment_delete", payment, key)
        return True

    def action_keep(self):
        """A person leaves it as it is; the difference check goes on telling the difference."""
        self.filtered(lambda one: one.state in ("gone", "gone_here", "seen"))._system_write(
            {"state": "kept", "user_id": self.env.uid}
        )
        return True

    def action_register(self):
        """Register here what was only seen there."""
        self.check_access("write")
        for payment in self.filtered(lambda one: one.state == "seen" and not one.payment_id):
            if not payment.connection_id._ledger_payment_journal(payment.move_id):
                raise UserError(self.env._("Choose the journal of payments on the connection first."))
            payment.sudo()._register_here()
        return True

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()

    # --------------------------------------------------------------- business

    def _exact(self):
        return Decimal(str(self.currency_id.round(self.amount))).quantize(ZERO)

    def _register_here(self):
        """Make core's payment on the journal chosen for it, and match it with its invoice."""
        self.ensure_one()
        connection, move = self.connection_id, self.move_id
        journal = connection._ledger_payment_journal(move)
        if self.currency_id != move.currency_id:
            self.message = self.env._("It is in another currency than the invoice: register it by hand.")
            return
        payment = self.env["account.payment"].create(self._prepare_payment_values(journal, move))
        payment.action_post()
        open_items, paying = (
            one.line_ids.filtered(lambda item: item.account_type in PARTY_TYPES and not item.reconciled)
            for one in (move, payment.move_id)
        )
        if open_items:
            # never sent back: it came from there
            (open_items | paying).with_context(ledger_payment_from_there=True).reconcile()
        self.write({"state": "done", "payment_id": payment.id, "message": False})

    def _prepare_payment_values(self, journal, move):
        is_inbound = (move.move_type in ("out_invoice", "in_refund")) == (self.amount > 0)
        party_account = move.line_ids.filtered(lambda item: item.account_type in PARTY_TYPES).account_id[:1]
        return {
            "payment_type": "inbound" if is_inbound else "outbound",
            "partner_type": "supplier" if move._ledger_is_bill() else "customer",
            "partner_id": move.commercial_partner_id.id,
            "company_id": move.company_id.id,
            "journal_id": journal.id,
            "outstanding_account_id": journal.default_account_id.id,
            "destination_account_id": party_account.id,
            "amount": abs(self.amount),
            "currency_id": self.currency_id.id,
            "date": self.payment_date,
            "memo": f"{move.name} · {self.connection_id.name}",
        }

    def _undo_here(self):
        """Take the payment back: one that was fetched by a reversing entry, since what was posted stays; one that
        was made here is no longer matched with the invoice."""
        self.ensure_one()
        entry = self.payment_id.move_id
        if self.direction == "out":
            self.sudo().partial_id.unlink()
        elif entry:
            entry.line_ids.filtered(lambda item: item.account_type in PARTY_TYPES).remove_move_reconcile()
            entry._reverse_moves([{"date": self.connection_id._company_today()}], cancel=True)
        self._system_write({"state": "undone", "user_id": self.env.uid})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_known(self):
        raise UserError(self.env._("Payments of both sides are kept: without them one could be registered twice."))
