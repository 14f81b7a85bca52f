from odoo import api, fields, models


# one subject per file: what comes from a template
class SubscriptionSubscription(models.Model):
    """Made from a template: its values are copied once and then the subscription's own."""

    _inherit = "subscription.subscription"

    template_id = fields.Many2one(
        "subscription.template", index="btree_not_null", check_company=True, tracking=True, ondelete="restrict"
    )
    conditions = fields.Html(help="What was agreed; the customer can read it.")

    @api.onchange("template_id")
    def _onchange_template_id(self):
        if not self.template_id or self.state != "draft":
            return
        template = self.template_id.with_context(lang=self.partner_id.lang or self.env.lang)
        self.update(template._prepare_subscription_values())
        prepared = template._prepare_line_commands()
        # three lists of the same lines: commands for one would empty the others, records are just put there
        for name, commands in prepared.items():
            lines = self.env["subscription.line"]
            for _command, _id, values in commands:
                lines |= lines.new(values)
            self[name] = lines

    @api.model_create_multi
    def create(self, vals_list):
        """Outside the form too: what is not given comes from the template."""
        templates = self.env["subscription.template"].browse(
            {vals["template_id"] for vals in vals_list if vals.get("template_id")}
        )
        known = {template.id: template for template in templates}
        filled = []
        for vals in vals_list:
            template = known.get(vals.get("template_id"))
            if template:
                partner = self.env["res.partner"].browse(vals.get("partner_id") or ())
                template = template.with_context(lang=partner.lang or self.env.lang)
                given = template._prepare_subscription_values()
                if "all_line_ids" not in vals:
                    given.update(template._prepare_line_commands())
                vals = {**given, **vals}
            filled.append(vals)
        return super().create(filled)
