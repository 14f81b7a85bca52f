from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    subscription_ids = fields.One2many("subscription.subscription", "partner_id", string="Subscriptions")
    subscription_joint_invoice = fields.Selection(
        [("joint", "Together on one invoice"), ("apart", "An invoice for each")],
        string="Several Subscriptions",
        help="Empty: as chosen in the settings. A subscription may say otherwise for itself.",
    )
    subscription_way_id = fields.Many2one(
        "subscription.payment.way",
        string="Way of Payment of Subscriptions",
        company_dependent=True,
        check_company=True,
        domain="[('source_id', '=', False)]",
        help="Empty: as chosen in the settings. A subscription may say otherwise for itself.",
    )
    subscription_count = fields.Integer(
        compute="_compute_subscription_count", groups="account.group_account_invoice,account.group_account_readonly"
    )

    def _commercial_fields(self):
        # EXTENDS 'base': the choice is that of the company, not of each contact
        return [*super()._commercial_fields(), "subscription_joint_invoice", "subscription_way_id"]

    def _compute_subscription_count(self):
        counts = dict(
            self.env["subscription.subscription"]._read_group(
                [("partner_id", "child_of", self.ids), ("state", "!=", "closed")], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            children = counts and self.browse(
                p.id for p in counts if partner in (p | p.parent_id | p.commercial_partner_id)
            )
            partner.subscription_count = sum(counts[child] for child in children) if children else 0

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("partner_id", "child_of", self.id)], context={"default_partner_id": self.id})
        return action

    def action_new_subscription(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Subscription"),
            "res_model": "subscription.subscription",
            "view_mode": "form",
            "context": {"default_partner_id": self.id},
        }
