from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..billing import Fault


class SubscriptionReference(models.Model):
    """What a customer wants to read on his invoices, from and until a day.

    The row in force on the invoice's date counts (docs/decisions/0032).
    """

    _name = "subscription.reference"
    _description = "Customer's Reference"
    _inherit = ["subscription.part.mixin"]
    _order = "subscription_id, member_id, date_from, id"
    _check_company_auto = True

    subscription_id = fields.Many2one("subscription.subscription", index=True, ondelete="cascade", check_company=True)
    member_id = fields.Many2one(
        "subscription.group.member", index="btree_not_null", ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True, precompute=True, index=True)
    payer_id = fields.Many2one("res.partner", string="Customer", compute="_compute_payer_id")
    date_from = fields.Date(string="Valid From", help="Empty: from the beginning.")
    date_to = fields.Date(string="Valid Until", help="The last invoice date it is written on. Empty: no end.")
    order_reference = fields.Char(string="Order Number", help="The customer's order or requisition number.")
    buyer_reference = fields.Char(help="The customer's contact person, department or case number.")
    contact_id = fields.Many2one(
        "res.partner",
        string="Invoice Contact",
        check_company=True,
        domain="[('id', 'child_of', payer_id)]",
        help="The person or address of the customer the invoice is made out to, instead of his usual invoice address.",
    )
    is_required = fields.Boolean(
        string="Required",
        default=True,
        help="When it has run out and nothing follows, the customer is not invoiced until somebody enters the next.",
    )
    ends_soon = fields.Boolean(compute="_compute_ends_soon", search="_search_ends_soon")

    @api.depends("subscription_id.company_id", "member_id.company_id")
    def _compute_company_id(self):
        for reference in self:
            reference.company_id = reference.subscription_id.company_id or reference.member_id.company_id

    @api.depends("subscription_id", "member_id")
    def _compute_payer_id(self):
        for reference in self:
            subscription, group = reference.subscription_id, reference.subscription_id.group_id
            payer = group.payer_id if group.invoice_mode == "payer" else group.payer_id.browse()
            reference.payer_id = (
                subscription.partner_id or payer or reference.member_id.partner_id
            ).commercial_partner_id

    @api.depends("subscription_id", "member_id", "order_reference", "buyer_reference")
    def _compute_display_name(self):
        for reference in self:
            parts = (reference._get_holder().display_name, reference.order_reference or reference.buyer_reference)
            reference.display_name = " ".join(part for part in parts if part)

    @api.model
    def _get_reference_names(self):
        """The fields that are each looked up by date. To be extended."""
        return ["order_reference", "buyer_reference", "contact_id"]

    @api.constrains("subscription_id", "member_id")
    def _check_holder(self):
        for reference in self:
            if bool(reference.subscription_id) == bool(reference.member_id):
                raise ValidationError(
                    self.env._("A reference belongs to one subscription or to one member of a group.")
                )

    @api.constrains("contact_id", "subscription_id", "member_id")
    def _check_contact(self):
        for reference in self.filtered("contact_id"):
            if reference.contact_id.commercial_partner_id != reference.payer_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(customer)s.",
                        contact=reference.contact_id.display_name,
                        customer=reference.payer_id.display_name or reference._get_holder().display_name,
                    )
                )

    @api.constrains("date_from", "date_to", "subscription_id", "member_id")
    def _check_dates(self):
        for reference in self:
            if reference.date_from and reference.date_to and reference.date_to < reference.date_from:
                raise ValidationError(
                    self.env._("A reference of %s would end before it begins.", reference.display_name)
                )
            for other in reference._get_holder().reference_ids - reference:
                both = [name for name in self._get_reference_names() if reference[name] and other[name]]
                if both and reference._overlaps(other):
                    raise ValidationError(
                        self.env._(
                            '%(holder)s has two values for "%(field)s" on the same day.',
                            holder=reference._get_holder().display_name,
                            field=self._fields[both[0]]._description_string(self.env),
                        )
                    )

    def _overlaps(self, other):
        starts_late = self.date_from and other.date_to and self.date_from > other.date_to
        ends_early = self.date_to and other.date_from and self.date_to < other.date_from
        return not starts_late and not ends_early

    def _get_holder(self):
        self.ensure_one()
        return self.subscription_id or self.member_id

    def _has_begun(self, day):
        return not self.date_from or self.date_from <= day

    def _is_valid(self, day):
        return self._has_begun(day) and (not self.date_to or self.date_to >= day)

    # ------------------------------------------------------------------
    # What ends
    # ------------------------------------------------------------------

    def _compute_ends_soon(self):
        ending = self._find_ending()
        for reference in self:
            reference.ends_soon = reference in ending

    @api.model
    def _search_ends_soon(self, operator, value):
        if operator != "in":
            return NotImplemented
        ending = Domain("id", "in", self._find_ending().ids)
        return ending if True in value else ~ending

    @api.model
    def _find_ending(self):
        """Rows that have run out or will within the days of the settings, while their subscription goes on and nothing
        follows."""
        limits = {
            company: fields.Date.add(company._subscription_today(), days=company.subscription_reference_days)
            for company in self.env["res.company"].search([])
        }
        if not limits:
            return self.browse()
        alive = Domain("member_id", "!=", False) | Domain("subscription_id.state", "!=", "closed")
        found = self.search(Domain("date_to", "<=", max(limits.values())) & alive)
        return found.filtered(lambda each: each.date_to <= limits[each.company_id] and each._is_missed())

    def _is_missed(self):
        """Whether something of it is not said on the day after its end, and somebody is still invoiced."""
        self.ensure_one()
        next_day = fields.Date.add(self.date_to, days=1)
        holder = self._get_holder()
        end = holder.date_end if self.subscription_id else holder.date_to
        if end and end <= self.date_to:
            return False
        later = holder.reference_ids.filtered(lambda each: not each.date_to or each.date_to >= next_day)
        return any(self[name] and not any(each[name] for each in later) for name in self._get_reference_names())


class SubscriptionGroupMember(models.Model):
    _inherit = "subscription.group.member"

    reference_ids = fields.One2many("subscription.reference", "member_id", string="References")


class SubscriptionSubscription(models.Model):
    """The references in force on the date of the invoice."""

    _inherit = "subscription.subscription"

    reference_ids = fields.One2many("subscription.reference", "subscription_id", string="References", copy=True)

    def _get_reference_holders(self, charges):
        """Who may say what is written, the nearest first: the member, what he was found through, the subscription."""
        member = charges[-1].member
        if self.group_id.invoice_mode == "payer" or not member:
            return [self]
        return [member, member.source_id, self] if member.source_id else [member, self]

    def _find_references(self, charges, day):
        """What is in force on a day: {field: (value, the row that ran out without a follower)}.

        The nearest holder that has begun to say something decides: a member whose order number ran out is not invoiced
        with that of the subscription.
        """
        found = {}
        for holder in self._get_reference_holders(charges):
            rows_of = defaultdict(holder.reference_ids.browse)
            for row in holder.reference_ids:
                if row._has_begun(day):
                    for name in row._get_reference_names():
                        rows_of[name] |= row if row[name] else row.browse()
            for name, rows in rows_of.items():
                if not rows or name in found:
                    continue
                valid = rows.filtered(lambda row: row._is_valid(day))[:1]
                found[name] = (valid[name], valid.browse()) if valid else (False, rows.sorted("date_to")[-1:])
        return found

    def _get_addressee(self, charges, day, billing):
        contact, _ended = self._find_references(charges, day).get("contact_id", (False, None))
        return contact or super()._get_addressee(charges, day, billing)

    def _prepare_invoice_values(self, charges, billing):
        values = super()._prepare_invoice_values(charges, billing)
        found = self._find_references(charges, values["invoice_date"])
        if found:
            values.update(self._prepare_reference_values({name: value for name, (value, _row) in found.items()}))
        return values

    def _prepare_reference_values(self, found):
        """What the invoice says of the references; hook for addons that have fields for them.

        :param dict found: value by name of those anybody has said something of
        """
        order = found.get("order_reference", self.customer_reference)
        return {"ref": order or found.get("buyer_reference") or False}


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    def _billing_faults(self, plan, billing):
        return super()._billing_faults(plan, billing) + list(self._get_reference_faults(plan))

    def _get_reference_faults(self, plan):
        found = plan.subscription._find_references(plan.charges, plan.invoice_date)
        for name, (_value, ended) in found.items():
            if not ended:
                continue
            value = ended[name] if isinstance(ended[name], str) else ended[name].display_name
            text = self.env._(
                "%(what)s %(value)s of %(holder)s ended on %(day)s and nothing follows. "
                "Enter the next one, or a later end.",
                what=ended._fields[name]._description_string(self.env),
                value=value,
                holder=ended._get_holder().display_name,
                day=format_date(self.env, ended.date_to),
            )
            yield Fault("error" if ended.is_required else "warning", text)
