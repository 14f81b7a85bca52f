import re
from urllib.parse import quote

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.paymatch.formats.errors import FormatError

from ..const import AGREEMENT_STATES, ENDED_BY, PRODUCTION
from ..formats import records
from .betalingsservice_agreement_log import OWN_LOG


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
    is_number_kept = fields.Boolean(
        string="Number of an Old System",
        help="Kept as it is: the creditor's own rules for numbers do not apply.",
    )
    mandate_number = fields.Char(
        string="Mandate", readonly=True, tracking=True, help="Given by Betalingsservice when the customer signs up."
    )
    state = fields.Selection(AGREEMENT_STATES, required=True, default="pending", tracking=True, index=True)
    start_date = fields.Date(tracking=True)
    end_date = fields.Date(tracking=True)
    ended_by = fields.Selection(ENDED_BY, tracking=True)
    collection_ids = fields.One2many("betalingsservice.collection", "agreement_id")
    collection_count = fields.Integer(compute="_compute_collection_count")
    log_ids = fields.One2many("betalingsservice.agreement.log", "agreement_id", string="History")

    # a number that was moved to another customer stays on the history of the first one too
    _customer_key_idx = models.UniqueIndex(
        "(group_id, customer_key) WHERE is_moved IS NOT TRUE",
        "This customer number exists already in the debtor group.",
    )

    @api.model
    def _default_group_id(self):
        groups = self.env["betalingsservice.debtor.group"].search([("company_id", "=", self.env.company.id)], limit=2)
        return groups if len(groups) == 1 else groups.browse()

    @api.depends("partner_id", "group_id")
    def _compute_customer_number(self):
        for agreement in self.filtered(lambda a: not a.customer_number and a.partner_id):
            creditor = agreement.group_id.creditor_id
            if creditor.number_scheme == "sequence":
                # a form that is only looked at uses up no number; create() takes the next one
                agreement.customer_number = creditor._next_customer_number(is_preview=True)
                continue
            agreement.customer_number = self._number_of(agreement.partner_id, creditor)

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

    @api.constrains("customer_number", "group_id", "is_number_kept")
    def _check_customer_number(self):
        for agreement in self:
            try:
                records.check_customer_number(agreement.customer_number, agreement.is_number_kept)
                is_old = agreement.is_number_kept or agreement.mandate_number
                reason = "" if is_old else agreement.group_id.creditor_id._number_fault(agreement.customer_number)
            except FormatError as error:
                reason = self.env["betalingsservice.delivery"]._fault_text(error, with_place=False)
            if reason:
                raise ValidationError(
                    self.env._(
                        "Customer number of %(customer)s: %(reason)s.",
                        customer=agreement.partner_id.display_name,
                        reason=reason,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self._use_commercial_partner(*vals_list)
        for vals in vals_list:
            self._take_number(vals)
        agreements = super().create(vals_list)
        agreements._update_drafts()
        agreements._log(lambda agreement: {"event": "created", "state_to": agreement.state})
        return agreements

    def write(self, vals):
        self._use_commercial_partner(vals)
        if "customer_number" in vals or "group_id" in vals:
            self._check_unused()
        if "group_id" in vals:
            self.env["betalingsservice.debtor.group"].browse(vals["group_id"]).check_access("read")
        if "partner_id" in vals:
            self._check_payer_kept(vals["partner_id"])
        if "mandate_number" in vals:
            self._check_mandate_kept(vals["mandate_number"])
        before = {agreement.id: agreement.state for agreement in self}
        numbers = {agreement.id: (agreement.customer_number, agreement.group_id) for agreement in self}
        result = super().write(vals)
        if "state" in vals:
            changed = self.filtered(lambda agreement: before[agreement.id] != agreement.state)
            changed._update_drafts()
            changed._log(lambda agreement: agreement._prepare_state_log(before[agreement.id]))
        if vals.get("state") in ("ended", "pending"):
            waiting = self.env["betalingsservice.collection"].search(
                [
                    ("agreement_id", "in", self.ids),
                    ("state", "=", "to_send"),
                    ("delivery_id", "=", False),
                    ("section", "=", "0112"),
                ]
            )
            waiting._stop(
                self.env._(
                    "The agreement with Betalingsservice ended before the collection was delivered: the invoice is not "
                    "drawn."
                )
            )
        if {"customer_number", "group_id"} & vals.keys():
            self.filtered(lambda a: numbers[a.id] != (a.customer_number, a.group_id))._log(
                lambda agreement: {
                    "event": "number",
                    "text": f"{numbers[agreement.id][0]} → {agreement.customer_number}",
                }
            )
        return result

    def _for_company(self, company):
        """The one of these that invoices of a company are drawn by: active, production before the operator's test."""
        usable = self.filtered(lambda a: a.state == "active" and a.company_id == company and a.creditor_id.active)
        return usable.sorted(lambda a: (a.creditor_id.subsystem != PRODUCTION, a.id))[:1]

    @api.model
    def _number_of(self, partner, creditor):
        """The customer's reference as a customer number; his number in this database when he has none."""
        return creditor._padded(self._reference_number(partner) or str(partner.id))

    @api.model
    def _reference_number(self, partner):
        """The customer's reference in the characters of customer numbers."""
        return re.sub(r"[^0-9A-ZÆØÅ]", "", (partner.ref or "").upper())[:15]

    # Invitation

    @api.model
    def _invite(self, group, partners):
        """Agreements that wait for sign-up, for customers who have none in the group.

        Never stops the posting of an invoice: a customer whose number is taken, or against the creditor's rules, gets
        no invitation.
        """
        known = self.search([("group_id", "=", group.id), ("partner_id", "in", partners.ids), ("is_moved", "=", False)])
        numbers = self._invited_numbers(group.creditor_id, partners - known.partner_id)
        keys = {records.customer_key(number) for number in numbers.values()}
        taken = set(
            self.search([("group_id", "=", group.id), ("customer_key", "in", list(keys))]).mapped("customer_key")
        )
        values = []
        for partner, number in numbers.items():
            key = records.customer_key(number)
            if key not in taken and not group.creditor_id._number_fault(number):
                taken.add(key)
                values.append({"partner_id": partner.id, "group_id": group.id, "customer_number": number})
        silent = self.with_context(tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True)
        try:
            with self.env.cr.savepoint():
                silent.create(values)
        except UniqueViolation:  # another invoice of the same customer was faster: his number is there
            return

    @api.model
    def _invited_numbers(self, creditor, partners):
        """``{customer: number}`` by the creditor's scheme."""
        if creditor.number_scheme == "sequence":
            return {partner: creditor._next_customer_number() for partner in partners}
        return {partner: self._number_of(partner, creditor) for partner in partners}

    def _signup_link(self):
        """The operator's sign-up page with our numbers filled in, or an empty string."""
        self.ensure_one()
        link = self.creditor_id.signup_url or ""
        for name, value in (
            ("pbs", self.creditor_id.pbs_number),
            ("group", self.group_id.number),
            ("customer", self.customer_number),
        ):
            link = link.replace("{%s}" % name, quote(value))
        return link

    def _take_number(self, vals):
        """A number of the own series is used up when the agreement is saved, not while a form is open."""
        creditor = self.env["betalingsservice.debtor.group"].browse(vals.get("group_id")).creditor_id
        if creditor.number_scheme == "sequence" and not vals.get("mandate_number") and not vals.get("is_number_kept"):
            preview = creditor._next_customer_number(is_preview=True)
            if vals.get("customer_number") in (None, False, "", preview):
                vals["customer_number"] = creditor._next_customer_number()

    def _update_drafts(self):
        """Drafts of these customers follow at once. What was posted stays as it is, and is not even read."""
        if not self:
            return
        drafts = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("state", "=", "draft"),
                    ("move_type", "in", ("out_invoice", "out_refund")),
                    ("commercial_partner_id", "in", self.partner_id.ids),
                ]
            )
        )
        self.env.add_to_compute(drafts._fields["betalingsservice_agreement_id"], drafts)

    def _log(self, prepare):
        """One row of history each; a delivery 0603 writes its own, with line numbers."""
        if self.env.context.get("betalingsservice_log") is OWN_LOG:
            return
        delivery = self.env.context.get("betalingsservice_delivery")
        # records are passed on inside the program only: a number that came over RPC says nothing
        delivery_id = delivery.id if isinstance(delivery, models.BaseModel) else False
        self.env["betalingsservice.agreement.log"].sudo().create(
            [
                {
                    "agreement_id": agreement.id,
                    "date": fields.Date.context_today(agreement),
                    "mandate_number": agreement.mandate_number,
                    "delivery_id": delivery_id,
                    "user_id": self.env.uid,
                    **prepare(agreement),
                }
                for agreement in self
            ]
        )

    def _prepare_state_log(self, state_from):
        self.ensure_one()
        return {
            "event": {"active": "active", "ended": "ended"}.get(self.state, "pending"),
            "state_from": state_from,
            "state_to": self.state,
            "ended_by": self.ended_by if self.state == "ended" else False,
            "date": (self.end_date if self.state == "ended" else self.start_date) or fields.Date.context_today(self),
        }

    def _use_commercial_partner(self, *vals_list):
        """Agreements belong to the one who pays, not to a contact or an address of his."""
        with_partner = [vals for vals in vals_list if vals.get("partner_id")]
        partners = self.env["res.partner"].browse(vals["partner_id"] for vals in with_partner)
        for vals, partner in zip(with_partner, partners, strict=True):
            vals["partner_id"] = partner.commercial_partner_id.id

    def _check_unused(self):
        delivered = self.sudo().collection_ids.filtered("delivery_id").agreement_id.ids
        for agreement in self.filtered(lambda a: a.mandate_number or a.id in delivered):
            self._refuse_number_change(agreement)

    def _refuse_number_change(self, agreement):
        raise UserError(
            self.env._(
                "%(name)s has signed up: customer number and debtor group are what the payer's bank knows. End the "
                "agreement and create a new one instead.",
                name=agreement.display_name,
            )
        )

    def _check_payer_kept(self, partner_id):
        """What was drawn from one payer, or waits for it, is not moved to another."""
        for agreement in self.filtered(lambda a: a.partner_id.id != partner_id):
            if agreement.sudo().collection_ids.filtered(lambda c: c.delivery_id or c.state != "cancelled"):
                raise UserError(
                    self.env._(
                        "%(name)s has collections of this customer. When the number was given to the wrong customer, "
                        "the accounting manager presses “Move to the Right Customer”; else end the agreement and "
                        "create another one.",
                        name=agreement.display_name,
                    )
                )

    def _check_mandate_kept(self, number):
        """The mandate is what Betalingsservice said: its files change it, nobody else."""
        for agreement in self.filtered(lambda a: a.mandate_number and a.mandate_number != number):
            raise UserError(
                self.env._(
                    "The mandate of %(name)s comes from Betalingsservice and is changed by its files only.",
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

    @api.model
    def _is_end_of_another(self, mandate, state):
        """Whether a cancellation is of a former mandate, such as that with the payer's old bank.

        :param dict state: what we know of the agreement
        """
        if mandate.event != "ended" or state["state"] != "active" or not (state["mandate_number"] or "").strip("0"):
            return False
        if mandate.mandate_number.strip("0"):
            return mandate.mandate_number != state["mandate_number"]
        return bool(mandate.end and state["start_date"] and mandate.end < state["start_date"])

    @api.model
    def _mandate_values(self, mandate, start_date):
        """What one record of delivery 0603 says of an agreement that began on ``start_date`` as far as we know."""
        if mandate.event == "ended":
            return {
                "state": "ended",
                "end_date": mandate.end,
                "ended_by": mandate.ended_by,
                "start_date": start_date or mandate.start,
            }
        return {
            "state": "active",
            "mandate_number": mandate.mandate_number,
            "start_date": mandate.start or start_date,
            "end_date": False,
            "ended_by": False,
        }

    @api.model
    def _prepare_from_mandate(self, mandate, group, partner):
        """Values of a new agreement for one record of delivery 0603. The number is kept as the payer's bank has it."""
        return {
            "partner_id": partner.id,
            "group_id": group.id,
            "customer_number": mandate.customer_number.lstrip("0") or "0",
            "is_number_kept": True,
            "mandate_number": mandate.mandate_number,
            "state": "active",
            "start_date": mandate.start,
        }
