from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SubscriptionLine(models.Model):
    _name = "subscription.line"
    _description = "Line of a Subscription"
    _inherit = ["subscription.line.mixin"]
    _order = "subscription_id, sequence, id"
    _check_company_auto = True

    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    active = fields.Boolean(default=True)
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        min_display_digits="Product Price",
    )
    amount = fields.Monetary(compute="_compute_amount")
    date_start = fields.Date(string="From", help="Own first day; for a one-off the day it is due.")
    date_end = fields.Date(string="Until", help="Own last day.")

    is_one_off = fields.Boolean(string="One-off", help="Charged once, with the next invoice or from a date.")
    is_charged = fields.Boolean(string="Charged", compute="_compute_is_charged", store=True)
    period_ids = fields.One2many("subscription.period", "line_id")

    @api.depends("product_id")
    def _compute_price_unit(self):
        """A proposal when the product is chosen. A changed quantity never changes an agreed price."""
        for line in self:
            if not line.product_id:
                line.price_unit = line.price_unit or 0.0
                continue
            line.price_unit = line._get_pricelist_price(line.subscription_id.date_start)

    @api.depends("quantity", "price_unit", "discount", "is_usage")
    def _compute_amount(self):
        for line in self:
            quantity = 0.0 if line.is_usage else line.quantity
            line.amount = quantity * line.price_unit * (1 - line.discount / 100)

    @api.depends("is_one_off", "subscription_id.group_id", "period_ids.state")
    def _compute_is_charged(self):
        """Charged one-offs leave the standing list. In a group they stay: each new member is charged once."""
        for line in self:
            periods = line.sudo().period_ids.filtered(lambda period: period.state != "released")
            line.is_charged = bool(line.is_one_off and periods and not line.subscription_id.group_id)

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for line in self:
            if line.date_start and line.date_end and line.date_end < line.date_start:
                raise ValidationError(self.env._("The line %s would end before it starts.", line.display_name))

    @api.constrains("is_one_off", "subscription_id")
    def _check_billed_kind(self):
        for line in self:
            periods = line.sudo().period_ids
            if periods.filtered(lambda p: p.is_one_off != line.is_one_off) or (  # noqa: B023
                periods.subscription_id - line.subscription_id
            ):
                raise ValidationError(
                    self.env._("The line %s was already invoiced; add a new line instead.", line.display_name)
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        if self.sudo().period_ids:
            raise UserError(
                self.env._("A line that was invoiced stays as history. Enter the last day or archive it instead.")
            )

    def _get_pricelist_price(self, day):
        """The price of the day in the subscription's currency; without a price list the product's sales price."""
        self.ensure_one()
        subscription = self.subscription_id
        product = self.product_id.with_company(self.company_id or subscription.company_id)
        return subscription.pricelist_id._get_product_price(
            product, self.quantity or 1.0, currency=subscription.currency_id, uom=product.uom_id, date=day
        )

    def _get_price(self, member, day):
        """The price of one unit for a customer on a day: his own, else the price list's, else the agreed one."""
        own = member.price_ids.filtered(lambda price: price.product_id == self.product_id) if member else member
        if own:
            return own.price_unit
        if self.product_id and not self.is_price_fixed:
            return self._get_pricelist_price(day)
        return self._get_agreed_price(day)

    def _get_discount(self, member):
        return member.discount if member.has_discount else self.discount

    def _get_monthly_amount(self, member):
        """Untaxed value per month for one customer; what will be used nobody knows."""
        return self._get_monthly_price(member) * self._get_untaxed_share()

    def _get_untaxed_share(self):
        """What of the price is not tax: 1, unless its taxes are included in it."""
        company, product = self.company_id or self.subscription_id.company_id, self.product_id
        usual = company.account_sale_tax_id if not product else company.account_sale_tax_id.browse()
        taxes = (self.tax_ids or product.taxes_id or usual)._filter_taxes_by_company(company).flatten_taxes_hierarchy()
        if not self.price_unit or not any(taxes.mapped("price_include")):
            return 1.0
        many = 10000.0  # so that the currency's rounding does not count
        amounts = taxes.compute_all(self.price_unit, currency=self.currency_id, quantity=many, product=product)
        return amounts["total_excluded"] / (self.price_unit * many)

    def _get_monthly_price(self, member):
        """Value per month for one customer as the price says, with the taxes that are included in it."""
        if self.is_usage:
            return 0.0
        interval = (self if self.interval_unit else self.subscription_id)._get_interval()
        today = self.subscription_id.company_id._subscription_today()
        price = self._get_price(member, today) * (1 - self._get_discount(member) / 100)
        return self.quantity * price * float(interval.monthly_factor())

    def _get_year_factor(self):
        """What one more on the unit price brings in twelve months, from all customers who pay it."""
        if self.is_usage:
            return 0.0
        subscription = self.subscription_id
        interval = (self if self.interval_unit else subscription)._get_interval()
        members = [self.env["subscription.group.member"]]
        if subscription.group_id:
            members = subscription.group_id._get_current_members(subscription.company_id._subscription_today())
        paying = [m for m in members if not m or self.product_id not in m.price_ids.product_id]
        share = sum(1 - self._get_discount(member) / 100 for member in paying)
        return self.quantity * share * float(interval.monthly_factor()) * 12 * self._get_untaxed_share()
