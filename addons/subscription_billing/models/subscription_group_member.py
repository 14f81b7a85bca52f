from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SubscriptionGroupMember(models.Model):
    _name = "subscription.group.member"
    _description = "Member of a Subscription Group"
    _inherit = ["subscription.part.mixin"]
    _order = "group_id, source_id desc, id"
    _check_company_auto = True

    group_id = fields.Many2one("subscription.group", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="group_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("partner", "Customer"), ("category", "Customer category"), ("group", "Other group")],
        default="partner",
        required=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", index=True, check_company=True)
    category_id = fields.Many2one("res.partner.category")
    child_group_id = fields.Many2one("subscription.group", string="Other Group", check_company=True)
    date_from = fields.Date(string="Member From", help="Empty: from the start of the subscription.")
    date_to = fields.Date(string="Member Until", help="The last day that is charged.")
    has_discount = fields.Boolean(string="Own Discount")
    discount = fields.Float(string="Discount (%)", digits="Discount")
    price_ids = fields.One2many("subscription.group.member.price", "member_id", string="Own Prices")
    source_id = fields.Many2one(
        "subscription.group.member",
        string="Found Through",
        index=True,
        ondelete="restrict",
        help="The category or group this customer was found through.",
    )
    resolved_ids = fields.One2many("subscription.group.member", "source_id")
    is_resolved = fields.Boolean(help="Customers found from now on are members from the day they are found.")

    @api.depends("kind", "partner_id", "category_id", "child_group_id")
    def _compute_display_name(self):
        for member in self:
            member.display_name = (member.partner_id or member.category_id or member.child_group_id).display_name or ""

    @api.constrains("kind", "partner_id", "category_id", "child_group_id")
    def _check_kind(self):
        for member in self:
            chosen = {"partner": member.partner_id, "category": member.category_id, "group": member.child_group_id}
            if not chosen[member.kind] or any(chosen[kind] for kind in chosen if kind != member.kind):
                raise ValidationError(
                    self.env._("A member of a group is one customer, one category or one other group.")
                )
            if member.kind == "group" and member._reaches(member.group_id):
                raise ValidationError(self.env._("The group %s would contain itself.", member.group_id.name))

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for member in self:
            if member.date_from and member.date_to and member.date_to < member.date_from:
                raise ValidationError(self.env._("%s would leave the group before joining it.", member.display_name))

    @api.constrains("discount")
    def _check_discount(self):
        for member in self:
            if not 0 <= member.discount <= 100:
                raise ValidationError(self.env._("A discount is between 0 and 100 per cent."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        if self.env["subscription.period"].sudo().search_count([("member_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("This member was invoiced. Enter the last day in 'Member until' instead of deleting.")
            )

    def _find_partners(self, day):
        """The customers a category or another group stands for on `day`."""
        self.ensure_one()
        if (self.date_from and self.date_from > day) or (self.date_to and self.date_to < day):
            return self.env["res.partner"]
        if self.kind == "group":
            members = self.child_group_id._get_memberships(day)
            partners = self.env["res.partner"].browse(
                m.partner.id for m in members if (not m.start or m.start <= day) and (not m.end or m.end >= day)
            )
        else:
            partners = self.env["res.partner"].search(
                [
                    ("category_id", "child_of", self.category_id.ids),
                    ("company_id", "in", [False, self.company_id.id]),
                ]
            )
        return partners.commercial_partner_id.filtered("active").sorted("id")

    def _reaches(self, group, seen=None):
        seen = seen or set()
        child = self.child_group_id
        if child == group:
            return True
        if child.id in seen:
            return False
        seen.add(child.id)
        return any(m._reaches(group, seen) for m in child.member_ids.filtered("child_group_id"))


class SubscriptionGroupMemberPrice(models.Model):
    _name = "subscription.group.member.price"
    _description = "Own Price of a Group Member"
    _inherit = ["subscription.part.mixin"]

    member_id = fields.Many2one("subscription.group.member", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="member_id.company_id", store=True, index=True)
    product_id = fields.Many2one("product.product", required=True)
    price_unit = fields.Float(string="Unit Price", required=True, min_display_digits="Product Price")

    _member_product_uniq = models.Constraint(
        "UNIQUE (member_id, product_id)", "A member has one own price for each product."
    )
