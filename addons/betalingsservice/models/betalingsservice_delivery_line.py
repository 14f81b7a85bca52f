from odoo import fields, models
from odoo.exceptions import UserError

from ..const import ENDED_BY, LINE_RESULTS
from ..formats import records


class BetalingsserviceDeliveryLine(models.Model):
    """One record of a delivery 0603, and what it did."""

    _name = "betalingsservice.delivery.line"
    _description = "Betalingsservice Delivery Line"
    _inherit = ["system.fields.mixin"]
    _order = "delivery_id desc, line_number, id"
    _check_company_auto = True

    delivery_id = fields.Many2one(
        "betalingsservice.delivery", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="delivery_id.company_id", store=True, index=True)
    line_number = fields.Integer(string="Line in the File", readonly=True)
    event = fields.Selection(
        [("active", "Active"), ("registered", "Signed up"), ("ended", "Agreement cancelled")], readonly=True
    )
    ended_by = fields.Selection(ENDED_BY, readonly=True)
    pbs_number = fields.Char(string="PBS Number", readonly=True)
    debtor_group = fields.Char(readonly=True)
    customer_number = fields.Char(readonly=True)
    mandate_number = fields.Char(string="Mandate", readonly=True)
    date_start = fields.Date(string="Start", readonly=True)
    date_end = fields.Date(string="End Date", readonly=True)
    result = fields.Selection(LINE_RESULTS, readonly=True, index=True)
    message = fields.Char(string="Remark", readonly=True)
    agreement_id = fields.Many2one("betalingsservice.agreement", readonly=True, check_company=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", help="Choose the customer of an unknown number here."
    )

    delivery_date = fields.Date(related="delivery_id.date")

    def action_create_agreement(self):
        """Give unknown customer numbers to the customers chosen."""
        for line in self.filtered(lambda item: item.result == "unknown"):
            if not line.partner_id:
                raise UserError(
                    self.env._("Choose the customer of the number %(number)s first.", number=line.customer_number)
                )
            agreement = line._find_or_create_agreement(line._find_group())
            line._same_number()._system_result("created", agreement)
        return True

    def action_ignore(self):
        """A number that is to stay unknown, for instance of a customer long gone."""
        self.filtered(lambda item: item.result == "unknown")._same_number()._system_result("ignored")
        return True

    def _find_group(self):
        self.ensure_one()
        group = self.env["betalingsservice.debtor.group"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("creditor_id.pbs_number", "=", self.pbs_number),
                ("creditor_id.subsystem", "=", self.delivery_id.subsystem),
                ("number", "=", self.debtor_group),
            ],
            limit=1,
        )
        if not group:
            raise UserError(
                self.env._("Create the debtor group %(number)s on the creditor first.", number=self.debtor_group)
            )
        return group

    def _find_or_create_agreement(self, group):
        """A later file may say something newer of the number: the last line that has it counts."""
        self.ensure_one()
        Agreement = self.env["betalingsservice.agreement"]
        known = Agreement.search(
            [
                ("group_id", "=", group.id),
                ("customer_key", "=", records.customer_key(self.customer_number)),
                ("is_moved", "=", False),
            ]
        )
        if known:
            return known
        told = self.search(self._same_number_domain(("unknown", "unknown_ended")), order="id desc") or self
        # the end of an earlier mandate does not end the one given since
        joined = told.filtered(lambda line: line.event != "ended")[:1] or self
        last = told[:1]
        if last.event == "ended" and last.mandate_number.strip("0") and last.mandate_number != joined.mandate_number:
            last = joined
        values = {
            "partner_id": self.partner_id.id,
            "group_id": group.id,
            "customer_number": self.customer_number,
            "is_number_kept": True,
            "mandate_number": last.mandate_number,
            "state": "active",
            "start_date": last.date_start or self.date_start,
        }
        if last.event == "ended":
            values.update(state="ended", end_date=last.date_end, ended_by=last.ended_by)
        return Agreement.with_context(betalingsservice_delivery=self.delivery_id).create(values)

    def _same_number_domain(self, results=("unknown",)):
        self.ensure_one()
        return [
            ("company_id", "=", self.company_id.id),
            ("delivery_id.subsystem", "=", self.delivery_id.subsystem),
            ("pbs_number", "=", self.pbs_number),
            ("debtor_group", "=", self.debtor_group),
            ("customer_number", "=", self.customer_number),
            ("result", "in", results),
        ]

    def _same_number(self):
        """These lines and those of other files with the same open number: one decision for all."""
        lines = self
        for line in self:
            lines |= self.search(line._same_number_domain())
        return lines

    def _system_result(self, result, agreement=None):
        self.check_access("write")
        values = {"result": result, "message": False}
        if agreement:
            values.update(agreement_id=agreement.id, partner_id=agreement.partner_id.id)
        self.sudo().write(values)
