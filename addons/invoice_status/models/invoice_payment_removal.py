from odoo import fields, models


class InvoicePaymentRemoval(models.Model):
    """A payment of an invoice that was undone: core deletes the matching, the history must still tell it."""

    _name = "invoice.payment.removal"
    _description = "Payment Removed from Invoice"
    _order = "date, id"
    _check_company_auto = True

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True)
    amount = fields.Monetary(help="As it stood in the history: a payment is negative.")
    currency_id = fields.Many2one("res.currency", required=True)
    payment_date = fields.Date(string="Date of payment")
    payment_entered = fields.Datetime(string="Payment entered")
    date = fields.Date(string="Date of removal", required=True)
    counterpart_move_id = fields.Many2one("account.move", string="Source document", ondelete="set null")
    counterpart_name = fields.Char(string="Source")
    kind = fields.Char()
    matching = fields.Integer(help="Number the deleted matching had: keeps the order of the history.")

    def _keep(self, partials):
        """Keep the history rows of matchings about to be deleted."""
        moves = (partials.debit_move_id | partials.credit_move_id).move_id.filtered(
            lambda move: move.is_sale_document(include_receipts=True)
        )
        if not moves:
            return self
        rows = (
            self.env["invoice.payment.history"]
            .sudo()
            .search([("move_id", "in", moves.ids), ("partial_id", "in", partials.ids)])
        )
        return self.create(
            [
                {
                    "move_id": row.move_id.id,
                    "company_id": row.company_id.id,
                    "amount": row.amount,
                    "currency_id": row.currency_id.id,
                    "payment_date": row.date,
                    "payment_entered": row.entered,
                    "date": max(row.company_id._invoice_status_today(), row.date),
                    "counterpart_move_id": row.counterpart_move_id.id,
                    "counterpart_name": row.counterpart_move_id.name,
                    "kind": row.kind,
                    "matching": row.partial_id.id,
                }
                for row in rows
            ]
        )
