from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SubscriptionGroupMemberText(models.Model):
    """What one member of a group reads on his invoice instead of the text of the line."""

    _name = "subscription.group.member.text"
    _description = "Own Text of a Group Member"
    _inherit = ["subscription.part.mixin"]

    member_id = fields.Many2one("subscription.group.member", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="member_id.company_id", store=True, index=True)
    product_id = fields.Many2one("product.product", required=True)
    name = fields.Text(string="Text", required=True, help="Written on this member's invoices as it stands.")

    _member_product_uniq = models.Constraint(
        "UNIQUE (member_id, product_id)", "A member has one own text for each product."
    )

    @api.constrains("name")
    def _check_name(self):
        for text in self:
            if not text.name.strip():
                raise ValidationError(self.env._("Write the text of %s.", text.product_id.display_name))


class SubscriptionGroupMember(models.Model):
    _inherit = "subscription.group.member"

    text_ids = fields.One2many("subscription.group.member.text", "member_id", string="Own Texts")

    def _get_own_text(self, product):
        """The text this member has of his own for a product, or an empty string."""
        own = self.text_ids.filtered(lambda text: text.product_id == product) if product else self.text_ids.browse()
        return own.name or ""
