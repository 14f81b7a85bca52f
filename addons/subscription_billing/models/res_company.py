from datetime import timezone

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class ResCompany(models.Model):
    _inherit = "res.company"

    subscription_auto_run = fields.Selection(
        [("no", "By hand"), ("draft", "Every day, as drafts"), ("post", "Every day, posted")],
        string="Billing of Subscriptions",
        default="no",
        required=True,
    )
    subscription_joint_invoice = fields.Selection(
        [("apart", "An invoice for each"), ("joint", "Together on one invoice")],
        string="Several Subscriptions of a Customer",
        default="apart",
        required=True,
    )

    subscription_way_id = fields.Many2one(
        "subscription.payment.way",
        string="Way of Payment of Subscriptions",
        domain="[('source_id', '=', False), ('company_id', '=', id)]",
        ondelete="restrict",
        help="Where neither the subscription nor the customer says otherwise.",
    )

    subscription_reference_days = fields.Integer(
        string="Days Before References End",
        default=30,
        help="So many days before a reference of a customer ends it stands in the list of those that end.",
    )

    @api.constrains("subscription_way_id")
    def _check_subscription_way(self):
        for company in self:
            way = company.subscription_way_id
            if way.company_id and way.company_id != company:
                raise ValidationError(self.env._("The way of payment %s belongs to another company.", way.name))

    def _subscription_today(self):
        """Today where the company is."""
        return self._subscription_day(fields.Datetime.now())

    @api.model
    def _get_subscription_days(self):
        """Every company's id and today, as rows for VALUES: PostgreSQL's own day is that of the server."""
        rows = ((company.id, company._subscription_today()) for company in self.sudo().search([]))
        return SQL(", ").join(SQL("(%s, %s::date)", *row) for row in rows)

    def _subscription_day(self, moment):
        """The day it was where the company is: its contact's time zone, else that of its country, else the user's.

        :param datetime moment: in UTC, without a zone
        """
        self.ensure_one()
        country = (self.country_id.code or "").upper()
        zones = pytz.country_timezones.get(country) or []
        name = self.partner_id.tz or (zones[0] if zones else None) or self.env.user.tz or "UTC"
        return moment.replace(tzinfo=timezone.utc).astimezone(pytz.timezone(name)).date()
