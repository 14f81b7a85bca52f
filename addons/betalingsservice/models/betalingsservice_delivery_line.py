from odoo import fields, models
from odoo.exceptions import UserError

from ..const import ENDED_BY, LINE_RESULTS


class BetalingsserviceDeliveryLine(models.Model):
    """One record of a delivery 0603, and what it did."""

    _name = "betalingsservice.delivery.line"
    _description = "Betalingsservice Delivery Line"
    _order = "delivery_id desc, line_number, id"
    _check_company_auto = True

    delivery_id = fields.Many2one(
        "betalingsservice.delivery", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="delivery_id.company_id", store=True, index=True)
    line_number = fields.Integer(string="Line in the File", readonly=True)
    event = fields.Selection([("active", "Active"), ("registered", "Signed up"), ("ended", "Cancelled")], readonly=True)
    ended_by = fields.Selection(ENDED_BY, readonly=True)
    pbs_number = fields.Char(string="PBS Number", readonly=True)
    debtor_group = fields.Char(readonly=True)
    customer_number = fields.Char(readonly=True)
    mandate_number = fields.Char(string="Mandate", readonly=True)
    date_start = fields.Date(string="Start", readonly=True)
    date_end = fields.Date(string="End", readonly=True)
    result = fields.Selection(LINE_RESULTS, readonly=True, index=True)
    message = fields.Char(string="Remark", readonly=True)
    agreement_id = fields.Many2one("betalingsservice.agreement", readonly=True, check_company=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", help="Choose the customer of an unknown number here."
    )

    def action_create_agreement(self):
        """Give unknown customer numbers to the customers chosen."""
        for line in self.filtered(lambda item: item.result == "unknown"):
            if line.event == "ended":
                raise UserError(
                    self.env._(
                        "%(number)s was cancelled; there is no agreement to create.", number=line.customer_number
                    )
                )
            if not line.partner_id:
                raise UserError(
                    self.env._("Choose the customer of the number %(number)s first.", number=line.customer_number)
                )
            group = self.env["betalingsservice.debtor.group"].search(
                [
                    ("company_id", "=", line.company_id.id),
                    ("creditor_id.pbs_number", "=", line.pbs_number),
                    ("creditor_id.subsystem", "=", line.delivery_id.subsystem),
                    ("number", "=", line.debtor_group),
                ],
                limit=1,
            )
            if not group:
                raise UserError(
                    self.env._("Create the debtor group %(number)s on the creditor first.", number=line.debtor_group)
                )
            line.agreement_id = self.env["betalingsservice.agreement"].create(
                {
                    "partner_id": line.partner_id.id,
                    "group_id": group.id,
                    "customer_number": line.customer_number,
                    "mandate_number": line.mandate_number,
                    "state": "active",
                    "start_date": line.date_start,
                }
            )
            line.write({"result": "created", "message": False})
        return True
