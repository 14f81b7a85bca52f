from odoo import api, fields, models

from ..batch import in_batch, is_idle, is_making


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "subscription.proof.mixin"]

    subscription_run_id = fields.Many2one(
        "subscription.billing.run", string="Billing Run", index="btree_not_null", copy=False, readonly=True
    )
    subscription_way_id = fields.Many2one(
        "subscription.payment.way",
        string="Way of Payment",
        index="btree_not_null",
        copy=False,
        readonly=True,
        ondelete="restrict",
    )
    subscription_ids = fields.Many2many(
        "subscription.subscription",
        string="Subscriptions",
        compute="_compute_subscription_ids",
        search="_search_subscription_ids",
    )
    subscription_count = fields.Integer(compute="_compute_subscription_ids")
    subscription_release_periods = fields.Boolean(
        string="Bill the Periods Again",
        copy=False,
        help="When this credit note is posted, the periods of the invoice it credits become billable again.",
    )

    @api.model
    def _get_proof_fields(self):
        # a typed way of payment would pay an invoice or draw it, a typed run would delete it with its drafts
        return super()._get_proof_fields() | {"subscription_run_id", "subscription_way_id"}

    def _check_proof_fields(self, vals_list):
        return None if is_making(self.env) else super()._check_proof_fields(vals_list)

    @api.depends("invoice_line_ids.subscription_period_ids")
    def _compute_subscription_ids(self):
        for move in self:
            move.subscription_ids = move.sudo().invoice_line_ids.subscription_period_ids.subscription_id.ids
            move.subscription_count = len(move.subscription_ids)

    def _search_subscription_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        periods = self.env["subscription.period"].sudo().search([("subscription_id", operator, value)])
        return [("id", "in", periods.move_line_id.move_id.ids)]

    def write(self, vals):
        # EXTENDS 'account'
        if is_idle(self, vals, "is_manually_modified"):
            return True
        if "state" not in vals:
            return super().write(vals)
        was_cancelled = self.filtered(lambda move: move.state == "cancel")
        refunds = self.filtered(lambda m: m.state == "posted" and m.move_type == "out_refund" and m.reversed_entry_id)
        result = super().write(vals)
        if vals["state"] != "posted":
            refunds._unsettle_credited_periods()
        if vals["state"] == "cancel":
            (self - was_cancelled)._get_subscription_periods()._release()
        elif was_cancelled:
            was_cancelled._get_subscription_periods()._reclaim()
        return result

    def unlink(self):
        # EXTENDS 'account': an invoice from a file whose draft is deleted may be made again, and a run whose draft is
        # deleted does not go on saying that it is billed
        lines_sudo = self.env["subscription.invoice.import.line"].sudo().search([("move_id", "in", self.ids)])
        billed_sudo = self._get_subscription_periods().run_line_id
        result = super().unlink()
        lines_sudo.state = "undone"
        billed_sudo.filtered(lambda line: not line.move_ids).state = "undone"
        return result

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft=soft)
        for refund in posted.filtered(lambda m: m.move_type == "out_refund" and m.reversed_entry_id):
            refund._settle_credited_periods()
        return posted

    def _get_next_sequence_format(self):
        # EXTENDS 'account': within a batch of a billing run the last number is looked up once per series. Numbers come
        # from the transaction's own counter in any case; what is kept dies with the transaction.
        if not in_batch(self.env):
            return super()._get_next_sequence_format()
        kept = self.env.cr.precommit.data.setdefault("subscription_billing.sequence_formats", {})
        date = self[self._sequence_date_field]
        key = (self.journal_id.id, self.move_type, date.year, date.month)
        if key not in kept:
            kept[key] = super()._get_next_sequence_format()
        format_string, values = kept[key]
        return format_string, dict(values)

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("id", "in", self.subscription_ids.ids)], context={"create": False})
        if len(self.subscription_ids) == 1:
            action.update(res_id=self.subscription_ids.id, views=[(False, "form")])
        return action

    def _get_subscription_periods(self):
        """The ledger rows of these invoices, freed ones too (sudo: users only read the ledger)."""
        periods = self.env["subscription.period"].sudo()
        moves = self.filtered(lambda move: move.move_type in ("out_invoice", "out_refund"))
        return periods.search([("move_line_id.move_id", "in", moves.ids)]) if moves else periods

    def _settle_credited_periods(self):
        """Credit notes of the whole leave the periods credited, or billable again when the last one says so."""
        invoice = self.reversed_entry_id
        periods = invoice._get_subscription_periods().filtered(lambda period: period.state == "invoiced")
        if not periods or not invoice._is_credited_by(invoice._get_posted_credits()):
            return
        periods._check_not_taken_back()
        periods.write({"state": "credited"})
        if self.subscription_release_periods:
            periods._release()

    def _unsettle_credited_periods(self):
        """Credit notes that no longer count: where they were the whole with the others, their invoices stand again, so
        the periods must not be billed anew.

        :raises UserError: a period was invoiced again meanwhile
        """
        # an invoice that is a draft by now keeps its claims too
        living = self.filtered(lambda refund: refund.reversed_entry_id.state != "cancel")
        for invoice, refunds in living.grouped("reversed_entry_id").items():
            left = invoice._get_posted_credits() - refunds
            if invoice._is_credited_by(left | refunds) and not invoice._is_credited_by(left):
                periods = invoice._get_subscription_periods()
                periods.filtered(lambda period: period.state in ("credited", "released"))._reclaim()
