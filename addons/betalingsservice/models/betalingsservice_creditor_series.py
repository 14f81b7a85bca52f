from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

#: Positions 21-30 of record 002.
NUMBER_WIDTH = 10


class BetalingsserviceCreditor(models.Model):
    """How deliveries are numbered: the operator takes each number of a data supplier once, and refuses it after that.

    Record 002 names the data supplier and not the creditor. So creditors with the same data supplier and system share
    one series, those of other companies too.
    """

    _inherit = "betalingsservice.creditor"

    sequence_id = fields.Many2one("ir.sequence", string="Delivery Numbers", readonly=True, copy=False)
    next_delivery_number = fields.Char(
        compute="_compute_next_delivery_number",
        inverse="_inverse_next_delivery_number",
        help="Betalingsservice refuses a number it has received before. When another system delivered until now, go on "
        "above its last number. Creditors with the same data supplier number have one series.",
    )

    @api.depends("sequence_id", "delivery_ids")
    def _compute_next_delivery_number(self):
        for creditor in self:
            sequence_sudo = creditor.sudo().sequence_id
            creditor.next_delivery_number = (
                str(sequence_sudo.number_next_actual).zfill(NUMBER_WIDTH) if sequence_sudo else False
            )

    def _inverse_next_delivery_number(self):
        for creditor in self:
            number = (creditor.next_delivery_number or "").strip()
            if not (number.isascii() and number.isdigit() and len(number) <= NUMBER_WIDTH and int(number)):
                raise ValidationError(
                    self.env._('Delivery number "%(number)s": it must have 1 to 10 digits.', number=number)
                )
            used = creditor._last_delivery_number()
            if int(number) <= int(used or 0):
                raise ValidationError(
                    self.env._(
                        "Delivery number %(number)s is used already. The last one is %(last)s; choose a larger one.",
                        number=number,
                        last=used,
                    )
                )
            creditor._count_deliveries_from(int(number))

    def _count_deliveries_from(self, number):
        """The field of a sequence has room for nine digits, its counter in the database for all ten."""
        sequence_sudo = self.sudo().sequence_id
        self.env.execute_query(SQL("SELECT setval(%s, %s, false)", f"ir_sequence_{sequence_sudo.id:03d}", number))
        sequence_sudo.invalidate_recordset(["number_next_actual"])
        self.invalidate_model(["next_delivery_number"])

    def _last_delivery_number(self):
        """The largest number written for this data supplier and system in any company, or an empty string."""
        self.ensure_one()
        last_sudo = (
            self.env["betalingsservice.delivery"]
            .sudo()
            .search(
                [
                    ("direction", "=", "out"),
                    ("data_supplier_number", "=", self.data_supplier_number),
                    ("subsystem", "=", self.subsystem),
                ],
                order="delivery_number desc",
                limit=1,
            )
        )
        return last_sudo.delivery_number or ""

    @api.model_create_multi
    def create(self, vals_list):
        numbers = [vals.pop("next_delivery_number", False) for vals in vals_list]
        creditors = super().create(vals_list)
        for creditor, number in zip(creditors, numbers, strict=True):
            creditor._join_delivery_series()
            if number:
                creditor.next_delivery_number = number
        return creditors

    def write(self, vals):
        result = super().write(vals)
        if {"data_supplier_number", "subsystem"} & vals.keys():
            for creditor in self:
                creditor._join_delivery_series()
        return result

    def _join_delivery_series(self):
        """The series of the other creditors with this data supplier and system, or a new one."""
        self.ensure_one()
        same_sudo = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("data_supplier_number", "=", self.data_supplier_number),
                    ("subsystem", "=", self.subsystem),
                    ("sequence_id", "!=", False),
                    ("id", "!=", self.id),
                ],
                limit=1,
            )
        )
        if same_sudo:
            self.sudo().sequence_id = same_sudo.sequence_id
            return
        self.sudo().sequence_id = (
            self.env["ir.sequence"]
            .sudo()
            .create(
                {
                    "name": self.env._(
                        "Betalingsservice deliveries %(supplier)s %(system)s",
                        supplier=self.data_supplier_number,
                        system=self.subsystem,
                    ),
                    "implementation": "standard",
                    "padding": NUMBER_WIDTH,
                    "company_id": False,
                }
            )
        )
        used = self._last_delivery_number()
        if used:
            self._count_deliveries_from(int(used) + 1)

    def _next_delivery_number(self):
        self.ensure_one()
        return self.sudo().sequence_id.next_by_id().zfill(NUMBER_WIDTH)
