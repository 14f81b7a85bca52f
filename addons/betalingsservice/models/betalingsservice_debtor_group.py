import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class BetalingsserviceDebtorGroup(models.Model):
    _name = "betalingsservice.debtor.group"
    _description = "Betalingsservice Debtor Group"
    _order = "creditor_id, number"
    _check_company_auto = True

    creditor_id = fields.Many2one(
        "betalingsservice.creditor", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="creditor_id.company_id", store=True, index=True)
    number = fields.Char(required=True, default="00001", help="Five digits, as agreed with Betalingsservice.")
    name = fields.Char(required=True)
    main_text = fields.Char(
        size=60, help="Heading on the payer's overview. Empty: Betalingsservice prints the name it has of the group."
    )

    _creditor_number_uniq = models.Constraint(
        "UNIQUE (creditor_id, number)", "The creditor has a debtor group of this number already."
    )

    @api.depends("number", "name", "creditor_id.pbs_number")
    def _compute_display_name(self):
        for group in self:
            group.display_name = f"{group.creditor_id.pbs_number or ''}/{group.number or ''} {group.name or ''}".strip()

    @api.constrains("number")
    def _check_number(self):
        for group in self:
            if not re.fullmatch(r"\d{5}", group.number):
                raise ValidationError(
                    self.env._('Debtor group "%(number)s": it must have 5 digits.', number=group.number)
                )

    def write(self, vals):
        if {"number", "creditor_id"} & vals.keys():
            self._check_unused(vals)
        return super().write(vals)

    def _check_unused(self, vals):
        """Payers have signed up to this number of this creditor: under another one nothing would be drawn."""
        changed = self.filtered(
            lambda group: (
                vals.get("number", group.number) != group.number
                or vals.get("creditor_id", group.creditor_id.id) != group.creditor_id.id
            )
        )
        signed_up = ["|", ("mandate_number", "!=", False), ("collection_ids.delivery_id", "!=", False)]
        used = (
            self.env["betalingsservice.agreement"].sudo().search([("group_id", "in", changed.ids), *signed_up], limit=1)
        )
        if used:
            raise UserError(
                self.env._(
                    "Customers have signed up to debtor group %(number)s: its number and creditor stay. Add another "
                    "debtor group instead.",
                    number=used.group_id.number,
                )
            )
