from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError


# one subject per file: price tiers that come with a kind of subscription
class SubscriptionTemplateLine(models.Model):
    """A usage line of a template brings its tiers, copied like everything else."""

    _inherit = "subscription.template.line"

    tier_ids = fields.One2many("subscription.template.line.tier", "line_id", string="Price Tiers", copy=True)

    @api.constrains("kind", "tier_ids", "usage_included")
    def _check_usage(self):
        for line in self:
            if line.kind != "usage" and (line.tier_ids or line.usage_included):
                raise ValidationError(
                    self.env._("Only a line that is charged by usage has an included quantity or price tiers.")
                )

    def action_open_usage(self):
        """What is included, and the tiers, in a window of their own."""
        self.ensure_one()
        view = self.env.ref("subscription_billing.subscription_template_line_view_form_usage")
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def _prepare_subscription_line_values(self):
        values = super()._prepare_subscription_line_values()
        if self.kind == "usage":
            values["usage_mode"] = self.usage_mode
            values["tier_ids"] = [
                Command.create({"above": tier.above, "price_unit": tier.price_unit}) for tier in self.tier_ids
            ]
        return values


class SubscriptionTemplateLineTier(models.Model):
    _name = "subscription.template.line.tier"
    _description = "Price Tier of a Template"
    _inherit = ["subscription.tier.mixin"]

    line_id = fields.Many2one("subscription.template.line", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="line_id.company_id", store=True, precompute=True, index=True)
