from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..const import OWN_UNDO


class PaymatchReport(models.Model):
    """An approval taken back: reversing entries, the invoices open again, nothing posted is changed."""

    _inherit = "paymatch.report"

    def action_undo(self):
        """Take an approval back by reversing entries in an open period; the invoices open again."""
        for report in self:
            report.with_company(report.company_id)._undo()
        return True

    def _undo(self):
        self.ensure_one()
        self._check_approver()
        self._lock()
        if not self.is_approved:
            raise UserError(self.env._("%s is not approved.", self.name))
        banked = self.movement_ids.filtered("statement_line_id")
        if banked:
            raise UserError(
                self.env._(
                    "%(name)s is matched with the bank line %(line)s. Undo that on the bank line first.",
                    name=self.name,
                    line=banked[0].statement_line_id.payment_ref,
                )
            )
        self._check_nothing_follows()
        self._check_period_open()
        for movement in self.movement_ids:
            self._reverse_movement(movement)
        self._system_write({"is_approved": False, "approved_by_id": False, "approved_date": False, "is_matched": False})
        self._after_undo()
        self.action_match()

    def _after_undo(self):
        """Called once when an approval was undone. Extended by other addons with ``super()``."""
        self.ensure_one()

    def _check_period_open(self):
        """What stands in a closed period was reported: it is corrected by an entry of its own, not taken back."""
        for move in self.movement_ids.move_id | self.line_ids.settle_move_id:
            locks = self.company_id._get_violated_lock_dates(
                move.date, bool(self.provider_id.fee_tax_id), move.journal_id
            )
            if locks:
                raise UserError(
                    self.env._(
                        "%(entry)s of %(name)s is dated %(date)s, and that period is closed until %(lock)s: the "
                        "approval cannot be undone. Open the period, or correct it with an entry of your own.",
                        entry=move.name,
                        name=self.name,
                        date=format_date(self.env, move.date),
                        lock=format_date(self.env, max(lock for lock, _field in locks)),
                    )
                )

    def _check_nothing_follows(self):
        share = self.movement_ids.share_ids[:1]
        if share:
            raise UserError(
                self.env._(
                    "The bill %(bill)s is settled with %(name)s. Undo the settlement on the bill first.",
                    bill=share.bill_id.name,
                    name=self.name,
                )
            )
        items = self.movement_ids.move_id.line_ids
        later = self.env["paymatch.report.line"].search(
            [("match_item_id", "in", items.ids), ("report_id.is_approved", "=", True), ("report_id", "!=", self.id)],
            limit=1,
        )
        if later:
            raise UserError(
                self.env._(
                    "A payment of %(name)s was charged back by %(later)s. Undo that report first.",
                    name=self.name,
                    later=later.report_id.name,
                )
            )

    def _reverse_movement(self, movement):
        moves = movement.line_ids.settle_move_id | movement.move_id
        if moves:
            today = self.company_id._invoice_status_today()
            movement.line_ids.match_move_id._log_status_cause("payment", self.env._("%s, undone", self.name))
            moves.with_context(paymatch_undo=OWN_UNDO)._reverse_moves(
                [
                    {
                        "date": self._open_date(max(move.date, today)),
                        "ref": self.env._("Undo: %s", move.ref),
                        "paymatch_report_id": self.id,
                    }
                    for move in moves
                ],
                cancel=True,
            )
            self._restore_charged_back(movement)
        movement.line_ids._system_write({"item_id": False, "settle_move_id": False})
        movement._system_write(
            {
                "move_id": False,
                "in_transit_line_id": False,
                "fee_vat_line_id": False,
                "attempt": movement.attempt + 1,
            }
        )

    def _restore_charged_back(self, movement):
        """The earlier payments pay their invoices again."""
        for line in movement.line_ids.filtered(lambda li: li.match_item_id and li._takes_back()):
            for item, move in line._charged_back_items():
                open_items = line._items_paid_again(item, move)
                move._log_status_cause("payment", self.env._("%s, undone", self.name))
                (item | open_items).reconcile()
