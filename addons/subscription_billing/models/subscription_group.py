from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..billing import Membership


class SubscriptionGroup(models.Model):
    _name = "subscription.group"
    _description = "Subscription Group"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    member_ids = fields.One2many("subscription.group.member", "group_id", string="Members")
    invoice_mode = fields.Selection(
        [("member", "One invoice to each member"), ("payer", "One invoice to one payer")],
        string="Invoices",
        default="member",
        required=True,
    )
    payer_id = fields.Many2one("res.partner", check_company=True)
    subscription_ids = fields.One2many("subscription.subscription", "group_id", string="Subscriptions")
    subscription_count = fields.Integer(compute="_compute_counts")
    member_count = fields.Integer(string="Customers", compute="_compute_counts")

    @api.depends("subscription_ids", "member_ids.partner_id", "member_ids.date_to")
    def _compute_counts(self):
        for group in self:
            today = group.company_id._subscription_today()
            group.subscription_count = len(group.subscription_ids)
            group.member_count = len(group._get_current_members(today).partner_id)

    @api.constrains("invoice_mode", "payer_id")
    def _check_payer(self):
        for group in self:
            if group.invoice_mode == "payer" and not group.payer_id:
                raise ValidationError(self.env._("Choose who pays for the group %s.", group.name))

    # ------------------------------------------------------------------
    # Members
    # ------------------------------------------------------------------

    def _get_current_members(self, day):
        """The rows of customers that are members on that day."""
        return self.member_ids.filtered(
            lambda m: m.partner_id and (not m.date_from or m.date_from <= day) and (not m.date_to or m.date_to >= day)
        )

    def _get_member_changes(self, day):
        """Who joined and who left through a category or another group since they were last looked up.

        :return: joined `[(source row, customer, first day or False)]`, left `[(row, last day)]`
        """
        self.ensure_one()
        joined, left = [], []
        present = self.member_ids.filtered(lambda m: m.partner_id and (not m.date_to or m.date_to >= day)).partner_id
        for source in self.member_ids.filtered(lambda m: m.kind != "partner"):
            found = source._find_partners(day)
            for row in source.resolved_ids.filtered(lambda m: not m.date_to):
                if row.partner_id not in found:
                    yesterday = fields.Date.subtract(day, days=1)
                    left.append((row, max(row.date_from or yesterday, yesterday)))
            first_day = day if source.is_resolved else source.date_from
            for partner in found - present:
                joined.append((source, partner, first_day))
            present |= found
        return joined, left

    def _get_memberships(self, day):
        """All memberships, also ended ones, with the categories as they are on `day`. Writes nothing."""
        self.ensure_one()
        joined, left = self._get_member_changes(day)
        ends = {row.id: end for row, end in left}
        known = [
            Membership(row.partner_id, row, row.date_from or None, ends.get(row.id) or row.date_to or None)
            for row in self.member_ids
            if row.partner_id
        ]
        new = [Membership(partner, source, start or None) for source, partner, start in joined]
        return known + new

    def _sync_members(self, day=None):
        """Write joined and left customers down as members: from then on each has own dates and prices."""
        for group in self:
            group_day = day or group.company_id._subscription_today()
            joined, left = group._get_member_changes(group_day)
            for row, end in left:
                row.date_to = end
            self.env["subscription.group.member"].create(
                [
                    {
                        "group_id": group.id,
                        "partner_id": partner.id,
                        "source_id": source.id,
                        "date_from": start,
                        "has_discount": source.has_discount,
                        "discount": source.discount,
                        "interval_ids": source._prepare_copied_intervals(),
                    }
                    for source, partner, start in joined
                ]
            )
            group.member_ids.filtered(lambda m: m.kind != "partner" and not m.is_resolved).is_resolved = True

    def action_sync_members(self):
        """Button: look up categories and other groups now."""
        self._sync_members()

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("group_id", "=", self.id)], context={"default_group_id": self.id})
        return action
