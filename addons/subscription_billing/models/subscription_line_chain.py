from odoo import api, fields, models


# one subject per file: lines that continue another
class SubscriptionLine(models.Model):
    """A line a change has begun continues the one before: its age, and its price unless another was agreed."""

    _inherit = "subscription.line"

    continues_id = fields.Many2one(
        "subscription.line",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
    )
    continued_ids = fields.One2many("subscription.line", "continues_id", string="Continued By")
    is_price_continued = fields.Boolean(
        string="Price of the Line Before", copy=False, readonly=True, help="The change agreed no price of its own."
    )
    price_base_date = fields.Date(
        string="Regulated Before",
        copy=False,
        readonly=True,
        help="Regulations due on or before this day are in the price it began with.",
    )

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"continues_id", "continued_ids", "is_price_continued", "price_base_date"}

    def _get_first_of_chain(self):
        """The line that was agreed first; changes have begun those that continue it."""
        self.ensure_one()
        first, seen = self, self.browse()
        while first.continues_id and first not in seen:
            seen |= first
            first = first.continues_id
        return first

    def _get_price_chain(self):
        """The lines that have the same agreed price one after the other, the first one first."""
        self.ensure_one()
        first, seen = self, self.browse()
        while first.is_price_continued and first.continues_id and first not in seen:
            seen |= first
            first = first.continues_id
        chain, last = first, first
        while last := last.continued_ids.filtered("is_price_continued") - chain:
            chain |= last
        return chain

    def _get_price_base(self):
        """Regulations due until this day are in the price of a line that continues this one."""
        self.ensure_one()
        return max((day for day in (self.price_due_date, self.price_base_date) if day), default=False)

    def _get_share_of_year(self, day):
        """How much of the twelve months from a day on this line is in force, where a change ends or has begun it."""
        self.ensure_one()
        if not (self.continues_id or self.ended_change_id):
            return 1.0
        end = fields.Date.add(day, months=12)
        start = max(day, self.date_start or day)
        stop = min(end, fields.Date.add(self.date_end, days=1) if self.date_end else end)
        return max((stop - start).days, 0) / (end - day).days
