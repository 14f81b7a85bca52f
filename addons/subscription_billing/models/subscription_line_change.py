from odoo import api, fields, models
from odoo.exceptions import UserError

from ..periods import Period


# one subject per file: lines that were changed on a day
class SubscriptionLine(models.Model):
    """A change ends a line and begins another. These fields say how the parts at the seam are charged."""

    _inherit = "subscription.line"

    change_id = fields.Many2one(
        "subscription.change",
        string="Begun by Change",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
    )
    change_kind = fields.Selection(
        [("upgrade", "Upgrade"), ("downgrade", "Downgrade"), ("change", "Change"), ("add", "Added"), ("end", "Ended")],
        copy=False,
        readonly=True,
    )
    period_anchor = fields.Date(help="The day its own periods count from, kept from the line it replaced.", copy=False)
    part_rule = fields.Selection(
        [("days", "By days"), ("30_360", "By days, months of 30 days")],
        string="First Part",
        copy=False,
        readonly=True,
    )
    end_part_rule = fields.Selection(
        [("days", "By days"), ("30_360", "By days, months of 30 days")],
        string="Last Part",
        copy=False,
        readonly=True,
    )
    settle_until = fields.Date(help="Days until then were charged before the change.", copy=False, readonly=True)
    settle_date = fields.Date(help="When what was charged before is settled.", copy=False, readonly=True)
    ended_change_id = fields.Many2one(
        "subscription.change", string="Ended by Change", index="btree_not_null", copy=False, readonly=True
    )
    credit_from = fields.Date(help="What was charged for days from then on is taken back.", copy=False, readonly=True)
    credit_date = fields.Date(help="When it is taken back.", copy=False, readonly=True)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {
            "change_id", "change_kind", "part_rule", "end_part_rule", "settle_until", "settle_date", "credit_from",
            "credit_date", "ended_change_id", "period_anchor",
        }  # fmt: skip

    def _get_chains(self):
        """{line id: id of the line it has become by now} of these lines and of all they were changed from and into."""
        rows = (
            self.env["subscription.change.line"]
            .sudo()
            .search_fetch(
                [
                    ("change_id.subscription_id", "in", self.subscription_id.ids),
                    ("change_id.state", "=", "confirmed"),
                    ("line_id", "!=", False),
                    ("new_line_id", "!=", False),
                ],
                ["line_id", "new_line_id"],
            )
        )
        following = {row.line_id.id: row.new_line_id.id for row in rows}
        chains = {}
        for line in {*self.ids, *following, *following.values()}:
            last = line
            while last in following:
                last = following[last]
            chains[line] = last
        return chains

    def write(self, vals):
        if vals.get("active") is False and not self.env.su:
            self._check_nothing_to_take_back()
        if not self.env.su:
            for line in self:
                if ("date_end" in vals and line.ended_change_id) or ("date_start" in vals and line.change_id):
                    raise UserError(
                        self.env._(
                            "The days of %s were set by a change. Undo the change instead of moving them.",
                            line.display_name,
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_changed(self):
        if self.env.su:
            return
        for line in self.filtered(lambda line: line.change_id or line.ended_change_id):
            raise UserError(
                self.env._("%s belongs to a change. Undo the change instead of deleting the line.", line.display_name)
            )

    def _check_nothing_to_take_back(self):
        """An archived line is not looked at: the customer would never get back what he paid ahead."""
        for line in self.filtered("credit_from").sudo():
            charged = line.period_ids.filtered(
                lambda row, line=line: (
                    row.state in ("claimed", "invoiced")
                    and not (row.is_credit or row.is_one_off)
                    and row.date_end >= line.credit_from
                )
            )
            if charged.filtered(lambda row: all(credit.state == "released" for credit in row.credit_ids)):
                raise UserError(
                    self.env._(
                        "What was charged ahead of %s is still to be taken back. Bill that first, then archive it.",
                        line.display_name,
                    )
                )

    def _has_worth(self):
        """Whether anything is charged for it in the long run."""
        self.ensure_one()
        return self.is_usage or bool(self.quantity and self.price_unit and self.discount < 100)

    def _is_changed(self):
        self.ensure_one()
        return bool(self.change_id or self.end_part_rule)

    def _get_seam_rule(self, period):
        """How a part of a period at the seam of a change is divided; None elsewhere."""
        self.ensure_one()
        if period.is_full:
            return None
        # all parts of the divided period, also those a pause leaves
        if self.end_part_rule and self.date_end and period.full_start <= self.date_end < period.full_end:
            return self.end_part_rule
        if self.part_rule and self.date_start and period.full_start < self.date_start <= period.full_end:
            return self.part_rule
        return None

    def _get_seam_due_date(self, period, timing, lead_days, is_settled=True):
        """A part is due when its whole period is; what was charged before the change is settled on its own date.

        :param is_settled: whether anything was charged before
        """
        self.ensure_one()
        whole = Period(period.full_start, period.full_end, period.full_start, period.full_end)
        due = whole.due_date(timing, lead_days)
        if is_settled and self.settle_until and self.settle_date and period.start <= self.settle_until:
            return self.settle_date
        return due if self._is_at_seam(period) else period.due_date(timing, lead_days)

    def _is_at_seam(self, period):
        return (self.end_part_rule and period.end == self.date_end) or (
            self.change_id and period.start == self.date_start
        )

    def _is_in_force(self, day):
        self.ensure_one()
        return (not self.date_start or self.date_start <= day) and (not self.date_end or self.date_end >= day)
