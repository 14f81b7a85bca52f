import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.paymatch.formats.errors import FormatError

from ..const import AGREEMENT_STATES, ENDED_BY
from ..formats import records


class BetalingsserviceAgreement(models.Model):
    """A customer's permission to draw: it comes from the payer's bank by delivery 0603."""

    _name = "betalingsservice.agreement"
    _description = "Betalingsservice Agreement"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "group_id, customer_number"
    _check_company_auto = True
    _rec_names_search = ["customer_number", "mandate_number", "partner_id.name"]

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict", tracking=True
    )
    group_id = fields.Many2one(
        "betalingsservice.debtor.group",
        string="Debtor Group",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self._default_group_id(),
    )
    creditor_id = fields.Many2one(related="group_id.creditor_id", store=True, index=True)
    company_id = fields.Many2one(related="group_id.company_id", store=True, index=True)
    customer_number = fields.Char(
        required=True,
        compute="_compute_customer_number",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="What Betalingsservice knows the payer by: up to 15 digits and capital letters. Never change it once the "
        "customer has signed up.",
    )
    customer_key = fields.Char(compute="_compute_customer_key", store=True, precompute=True)
    mandate_number = fields.Char(
        string="Mandate", readonly=True, tracking=True, help="Given by Betalingsservice when the customer signs up."
    )
    state = fields.Selection(AGREEMENT_STATES, required=True, default="pending", tracking=True, index=True)
    start_date = fields.Date(tracking=True)
    end_date = fields.Date(tracking=True)
    ended_by = fields.Selection(ENDED_BY, tracking=True)
    collection_ids = fields.One2many("betalingsservice.collection", "agreement_id")
    collection_count = fields.Integer(compute="_compute_collection_count")

    _customer_key_uniq = models.Constraint(
        "UNIQUE (group_id, customer_key)", "This customer number exists already in the debtor group."
    )

    @api.model
    def _default_group_id(self):
        groups = self.env["betalingsservice.debtor.group"].search([("company_id", "=", self.env.company.id)], limit=2)
        return groups if len(groups) == 1 else groups.browse()

    @api.depends("partner_id")
    def _compute_customer_number(self):
        for agreement in self.filtered(lambda a: not a.customer_number and a.partner_id):
            reference = re.sub(r"[^0-9A-ZÆØÅ]", "", (agreement.partner_id.ref or "").upper())
            agreement.customer_number = reference[:15] or str(agreement.partner_id.id)

    @api.depends("customer_number")
    def _compute_customer_key(self):
        for agreement in self:
            agreement.customer_key = records.customer_key(agreement.customer_number or "")

    @api.depends("customer_number", "partner_id.display_name")
    def _compute_display_name(self):
        for agreement in self:
            agreement.display_name = (
                f"{agreement.customer_number or ''} {agreement.partner_id.display_name or ''}".strip()
            )

    @api.depends("collection_ids")
    def _compute_collection_count(self):
        counts = dict(
            self.env["betalingsservice.collection"]._read_group(
                [("agreement_id", "in", self.ids)], ["agreement_id"], ["__count"]
            )
        )
        for agreement in self:
            agreement.collection_count = counts.get(agreement, 0)

    @api.constrains("customer_number")
    def _check_customer_number(self):
        for agreement in self:
            try:
                records.check_customer_number(agreement.customer_number)
            except FormatError as error:
                raise ValidationError(
                    self.env._(
                        "Customer number of %(customer)s: %(reason)s.",
                        customer=agreement.partner_id.display_name,
                        reason=self.env["betalingsservice.delivery"]._fault_text(error, with_place=False),
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._use_commercial_partner(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._use_commercial_partner(vals)
        if "customer_number" in vals or "group_id" in vals:
            self._check_unused()
        result = super().write(vals)
        if vals.get("state") in ("ended", "pending"):
            drawn = self.collection_ids.filtered(lambda collection: collection.section == "0112")
            drawn._release(self.env._("The agreement with Betalingsservice ended."))
        return result

    def _use_commercial_partner(self, vals):
        """Agreements belong to the one who pays, not to a contact or an address of his."""
        if vals.get("partner_id"):
            vals["partner_id"] = self.env["res.partner"].browse(vals["partner_id"]).commercial_partner_id.id

    def _check_unused(self):
        for agreement in self.filtered("mandate_number"):
            raise UserError(
                self.env._(
                    "%(name)s has signed up: customer number and debtor group are what the payer's bank knows. End the "
                    "agreement and create a new one instead.",
                    name=agreement.display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for agreement in self:
            if agreement.collection_ids or agreement.mandate_number:
                raise UserError(
                    self.env._("%(name)s has been used. End the agreement instead.", name=agreement.display_name)
                )

    def action_activate(self):
        """For an agreement known from elsewhere, such as the operator's web page."""
        self.filtered(lambda a: a.state != "active").write(
            {
                "state": "active",
                "start_date": fields.Date.context_today(self),
                "end_date": False,
                "ended_by": False,
            }
        )

    def action_end(self):
        """End it on our side. The operator is told on its web page: no file for it is used."""
        self.filtered(lambda a: a.state != "ended").write(
            {"state": "ended", "end_date": fields.Date.context_today(self), "ended_by": "creditor"}
        )

    def action_open_collections(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_collection_action")
        return {**action, "domain": [("agreement_id", "=", self.id)], "context": {}}

    # Delivery 0603

    def _apply_mandate(self, mandate):
        """Take up one record of delivery 0603; tells what changed: ``changed``, ``ended`` or ``unchanged``."""
        self.ensure_one()
        if mandate.event == "ended":
            values = {"state": "ended", "end_date": mandate.end, "ended_by": mandate.ended_by}
            if mandate.start and not self.start_date:
                values["start_date"] = mandate.start
        else:
            values = {
                "state": "active",
                "mandate_number": mandate.mandate_number,
                "start_date": mandate.start or self.start_date,
                "end_date": False,
                "ended_by": False,
            }
        changed = {name: value for name, value in values.items() if (self[name] or False) != (value or False)}
        if not changed:
            return "unchanged"
        self.write(changed)
        return "ended" if mandate.event == "ended" else "changed"

    @api.model
    def _prepare_from_mandate(self, mandate, group, partner):
        """Values of a new agreement for one record of delivery 0603."""
        return {
            "partner_id": partner.id,
            "group_id": group.id,
            "customer_number": mandate.customer_number.lstrip("0") or "0",
            "mandate_number": mandate.mandate_number,
            "state": "active",
            "start_date": mandate.start,
        }
