from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


# one subject per file: rows that take back a part of a charged one
class SubscriptionPeriod(models.Model):
    """A row may take back the unused rest of a charged row: once, and only while that row stands."""

    _inherit = "subscription.period"

    is_credit = fields.Boolean(string="Taken Back")
    credited_period_id = fields.Many2one(
        "subscription.period", string="Takes Back", index="btree_not_null", ondelete="restrict"
    )
    credit_ids = fields.One2many("subscription.period", "credited_period_id")

    _credit_claim_uniq = models.UniqueIndex(
        "(credited_period_id) WHERE is_credit AND state != 'released'",
        "The rest of this period was already taken back, or another billing run is at it.",
    )

    def _check_not_taken_back(self):
        """A charged row whose rest was taken back is not freed: the customer would get those days twice."""
        for credit in self.credit_ids.filtered(lambda c: c.state != "released") - self:
            raise UserError(
                self.env._(
                    "A change took back a part of %(line)s for %(start)s - %(end)s on %(invoice)s. "
                    "Delete that draft or cancel that invoice first.",
                    line=credit.line_id.display_name,
                    start=format_date(self.env, credit.date_start),
                    end=format_date(self.env, credit.date_end),
                    invoice=credit.move_id.display_name or self.env._("another invoice"),
                )
            )

    def _release(self):
        self.filtered(lambda period: period.state != "released")._check_not_taken_back()
        return super()._release()

    def _reclaim(self):
        """What was taken back on a cancelled invoice must still be there to take back."""
        credits = self.filtered("is_credit")
        for credit in credits.filtered(lambda p: p.state == "released"):
            charged = credit.credited_period_id
            settled = charged.credit_ids.filtered(lambda c: c.state != "released")
            if charged.state not in ("claimed", "invoiced") or settled or not credit.line_id.credit_from:
                raise UserError(
                    self.env._(
                        "What this invoice takes back of %s was settled otherwise meanwhile. It must stay cancelled.",
                        credit.line_id.display_name,
                    )
                )
        result = super(SubscriptionPeriod, self - credits)._reclaim()
        credits.write({"state": "invoiced"})
        return result
