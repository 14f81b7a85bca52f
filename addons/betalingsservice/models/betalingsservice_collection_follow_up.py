from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import FAILED_STATES


class BetalingsserviceCollection(models.Model):
    """What is done with invoices whose collection was rejected, cancelled, charged back, or stopped before it left."""

    _inherit = "betalingsservice.collection"

    can_collect_again = fields.Boolean(compute="_compute_can_collect_again")

    @api.depends("can_follow_up", "section", "agreement_id.state")
    def _compute_can_collect_again(self):
        for collection in self:
            collection.can_collect_again = collection.can_follow_up and collection._has_active_agreement()

    def _has_active_agreement(self):
        """A slip needs none."""
        self.ensure_one()
        return self.section == "0117" or self.agreement_id.state == "active"

    def action_invoice_now(self):
        """The customer pays with the payment line: open the invoice, to be sent once more."""
        for collection in self:
            collection._open_after_failure()
            collection._note_follow_up("invoice", self.env._("The customer pays with the payment line of the invoice."))
        if len(self.move_ids) == 1:
            return self.move_ids.action_invoice_sent()
        return self[:1].action_open_invoices()

    def action_collect_next_month(self):
        """Draw it once more, in the month after."""
        for collection in self:
            collection._check_active_agreement()
            parts = collection._open_after_failure()
            drawn = collection.payment_date or collection.due_date
            wanted = fields.Date.start_of(fields.Date.add(drawn, months=1), "month")
            taken = self._claimed_days(collection.agreement_id)[collection.agreement_id.id]
            date, reason = collection.creditor_id._payment_date(wanted, taken, collection.section, may_stop=False)
            collection._collect_again(parts, date, reason)
            text = self.env._("Collected again on %s.", date.strftime("%d.%m.%Y"))
            collection._note_follow_up("next_month", text)
        return True

    def action_hold_invoice(self):
        """Wait: a new collection on hold; releasing it chooses the day."""
        for collection in self:
            collection._check_active_agreement()
            collection._collect_again(collection._open_after_failure(), None, "", is_held=True)
            collection._note_follow_up("hold", self.env._("On hold: release the new collection to draw it."))
        return True

    def _check_active_agreement(self):
        if not self._has_active_agreement():
            raise UserError(
                self.env._(
                    "%(customer)s has no active agreement any more: nothing can be drawn. Press “Paid by Payment "
                    "Line” to send the invoice again.",
                    customer=self.partner_id.name,
                )
            )

    def _collect_again(self, parts, date, reason, **values):
        self.ensure_one()
        again = self._create_for(self.agreement_id, parts, date, reason, self.section, **values)
        again.message_post(body=self.env._("Follows %(collection)s.", collection=self.reference))
        return again

    def _open_after_failure(self):
        """What of the invoices is still to be paid (``Part``), or what stops another try."""
        self.ensure_one()
        if self.state not in FAILED_STATES or not (self.delivery_id or self.is_stopped):
            raise UserError(self.env._("%(name)s was not rejected.", name=self.display_name))
        lines = self.line_ids.filtered(lambda line: not line.is_withdrawn and round(line._open_amount(), 2))
        parts = [line._part() for line in lines]
        again = lines.move_id.betalingsservice_line_ids.filtered(
            lambda line: line.is_active and line._part() in parts
        ).collection_id
        if again:
            raise UserError(
                self.env._("It is collected again already: %(names)s.", names=", ".join(again.mapped("reference")))
            )
        if not parts:
            raise UserError(self.env._("Nothing is open on the invoices of %(name)s any more.", name=self.display_name))
        return parts

    def _note_follow_up(self, follow_up, text):
        self._system_write({"follow_up": follow_up})
        self.message_post(body=text)
        for move in self.move_ids:
            move.message_post(body=text)
