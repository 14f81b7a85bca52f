from odoo import api, fields, models

from ..const import REGISTERING_KEY


class AccountPayment(models.Model):
    _inherit = "account.payment"

    prepayment_order_id = fields.Many2one(
        "sale.order",
        string="Deposit of order",
        compute="_compute_prepayment_order_id",
        store=True,
        readonly=False,
        check_company=True,
        index="btree_not_null",
        copy=False,
        help="The order this money is for. Without a deposit invoice one is made, dated the day of the payment, or you "
        "are asked, as the settings say.",
    )

    @api.depends("memo", "partner_id", "payment_type", "partner_type")
    def _compute_prepayment_order_id(self):
        """The order whose number the payer wrote."""
        for payment in self:
            found = payment.prepayment_order_id
            if not found and payment.state == "draft" and payment.memo and payment.partner_id:
                found = payment._find_prepayment_order()
            payment.prepayment_order_id = found

    def _find_prepayment_order(self):
        self.ensure_one()
        if self.payment_type != "inbound" or self.partner_type != "customer":
            return self.env["sale.order"]
        words = {word.strip(".,;:()") for word in self.memo.split()}
        orders = self.env["sale.order"].search(
            [
                ("name", "in", list(words)),
                ("state", "=", "sale"),
                ("company_id", "=", self.company_id.id),
                ("partner_invoice_id", "child_of", self.partner_id.commercial_partner_id.id),
            ],
            limit=2,
        )
        return orders if len(orders) == 1 else orders.browse()

    def action_post(self):
        # EXTENDS 'account'
        result = super().action_post()
        if self.env.context.get(REGISTERING_KEY):
            return result  # matched with its invoices in a moment
        # a payment in the portal is matched by its transaction
        by_hand = self.filtered(lambda payment: payment.prepayment_order_id and not payment.payment_transaction_id)
        for payment in by_hand:
            payment.prepayment_order_id._prepayment_payments_arrived(payment)
        return result

    def _get_part_of_invoice(self, invoice):
        """How much of ``invoice``, in its currency, this payment is for: of several, those due first are paid first."""
        self.ensure_one()
        rest = self.currency_id._convert(self.amount, invoice.currency_id, self.company_id, self.date)
        for other in self.invoice_ids.sorted(lambda move: (move.invoice_date_due or move.date, move.id)):
            part = min(rest, other.amount_total)
            if other == invoice:
                return part
            rest -= part
        return 0.0
