from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SubscriptionPriceIndex(models.Model):
    """A published series, such as a consumer price index: the same for every company."""

    _name = "subscription.price.index"
    _description = "Price Index"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short name; once only.")
    active = fields.Boolean(default=True)
    country_id = fields.Many2one("res.country")
    source = fields.Char(help="Who publishes the series, and under which name or table number.")
    base = fields.Char(help="The year that is 100, for example 2015=100. All values must have the same.")
    import_series = fields.Char(
        string="Row or Column in the File",
        help="The name of the series in the file, when the file has several. Empty: the only one.",
    )
    value_ids = fields.One2many("subscription.price.index.value", "index_id", string="Values")
    latest_month = fields.Date(compute="_compute_latest")
    latest_value = fields.Float(compute="_compute_latest", min_display_digits=1)

    _code_uniq = models.Constraint("UNIQUE (code)", "There is already a price index with this code.")

    @api.depends("value_ids.month", "value_ids.value")
    def _compute_latest(self):
        for index in self:
            latest = index.value_ids.sorted("month")[-1:]
            index.latest_month = latest.month
            index.latest_value = latest.value

    def _get_series(self):
        """Value by first day of month, exact."""
        self.ensure_one()
        values = self.env["subscription.price.index.value"].search_fetch(
            [("index_id", "=", self.id)], ["month", "value"], order="month"
        )
        return {value.month: Decimal(str(value.value)) for value in values}

    def action_import(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Values"),
            "res_model": "subscription.price.index.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_index_id": self.id},
        }


class SubscriptionPriceIndexValue(models.Model):
    _name = "subscription.price.index.value"
    _description = "Value of a Price Index"
    _order = "month desc, id desc"

    index_id = fields.Many2one("subscription.price.index", required=True, index=True, ondelete="cascade")
    month = fields.Date(required=True, help="The first day of the month.")
    value = fields.Float(required=True, min_display_digits=1)
    origin = fields.Char(string="From", help="The file the value was read from; empty when entered by hand.")

    _month_uniq = models.Constraint("UNIQUE (index_id, month)", "A month has one value.")
    _value_check = models.Constraint("CHECK (value > 0)", "The value of an index is above zero.")

    @api.depends("index_id", "month")
    def _compute_display_name(self):
        for value in self:
            value.display_name = f"{value.index_id.name} {value.month:%Y-%m}" if value.month else value.index_id.name

    @api.constrains("month")
    def _check_month(self):
        for value in self:
            if value.month.day != 1:
                raise ValidationError(self.env._("The month of an index value is given by its first day."))
