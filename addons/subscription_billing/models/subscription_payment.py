import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..billing import BATCH_SIZE
from ..halving import CONCURRENCY_ERRORS, TRIES, halve

_logger = logging.getLogger(__name__)


class SubscriptionPayment(models.Model):
    """The payment of an invoice whose way of payment means "paid on an account". One for each invoice: the row and the
    payment are made in one transaction, and the row is unique."""

    _name = "subscription.payment"
    _description = "Payment Registered by Way of Payment"
    _inherit = ["subscription.proof.mixin"]
    _order = "id desc"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True, precompute=True, index=True)
    partner_id = fields.Many2one(related="move_id.partner_id", string="Customer")
    way_id = fields.Many2one("subscription.payment.way", string="Way of Payment", required=True, ondelete="restrict")
    state = fields.Selection([("done", "Registered"), ("failed", "Failed")], required=True)
    payment_id = fields.Many2one("account.payment", index="btree_not_null", ondelete="set null")
    message = fields.Char(string="Why It Failed")

    _move_uniq = models.Constraint("UNIQUE (move_id)", "The payment of this invoice was registered before.")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("move_id")
    def _compute_display_name(self):
        for payment in self:
            payment.display_name = payment.move_id.display_name

    @api.model
    def _find_open(self, after, limit):
        """Posted invoices to be paid on an account that nobody else holds, locked until the end of the transaction."""
        self.flush_model()
        self.env["account.move"].flush_model(["state", "payment_state", "subscription_way_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT m.id FROM account_move m JOIN subscription_payment_way w ON w.id = m.subscription_way_id"
                " WHERE w.kind = 'paid' AND m.state = 'posted' AND m.move_type = 'out_invoice'"
                " AND m.payment_state IN ('not_paid', 'partial') AND m.id > %s"
                " AND NOT EXISTS (SELECT FROM subscription_payment p WHERE p.move_id = m.id)"
                " ORDER BY m.id LIMIT %s FOR NO KEY UPDATE OF m SKIP LOCKED",
                after,
                limit,
            )
        )
        return self.env["account.move"].browse(row[0] for row in rows)

    @api.model
    def _cron_register(self, batch_size=BATCH_SIZE):
        """Register what is paid, one batch per transaction. Never in the transaction that bills."""
        cron, last, in_vain = self.env["ir.cron"], 0, 0
        while in_vain < TRIES:
            done = 0
            try:
                moves = self._find_open(last, batch_size)
                if not moves:
                    break
                self._register_batch(moves)
                self.env.flush_all()
                last, done, in_vain = moves[-1].id, len(moves), 0
            except CONCURRENCY_ERRORS:
                self.env.cr.rollback()  # another process was faster: look again in a new transaction
                in_vain += 1
            time_left = cron._commit_progress(done)
            self.env.invalidate_all()
            if not time_left:
                return
        cron._commit_progress(remaining=0)

    @api.model
    def _register_batch(self, moves):
        for company, mine in moves.grouped("company_id").items():
            own = mine.with_company(company).with_context(allowed_company_ids=company.ids)
            halve(own, self._register_payments, self._note_failure)

    @api.model
    def _register_payments(self, moves):
        values_list = [
            move.subscription_way_id._prepare_payment_values(
                move, move.invoice_date, move.payment_reference or move.name
            )
            for move in moves
        ]
        payments = moves.env["subscription.payment.way"]._pay(moves, values_list)
        self.sudo().create(
            [
                {"move_id": move.id, "way_id": move.subscription_way_id.id, "state": "done", "payment_id": payment.id}
                for move, payment in zip(moves, payments, strict=True)
            ]
        )

    @api.model
    def _note_failure(self, move, error):
        if isinstance(error, (UserError, ValidationError)):
            text = str(error)
        else:
            _logger.exception("Payment of invoice %s failed", move.id)
            text = self.env._("Unexpected fault (%s). The log of the server has the details.", type(error).__name__)
        values = {"move_id": move.id, "way_id": move.subscription_way_id.id, "state": "failed", "message": text}
        self.sudo().create(values)

    def action_retry(self):
        """Try again what failed, after its reason was mended."""
        self.env["subscription.subscription"].check_access("write")
        failed = self.filtered(lambda payment: payment.state == "failed")
        moves = failed.move_id
        failed.sudo().unlink()
        if moves:
            self.env.ref("subscription_billing.ir_cron_payments").sudo()._trigger()
