from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class SubscriptionUsage(models.Model):
    """One recorded use. It is charged once: with the first period not charged yet that ends on its day or later."""

    _name = "subscription.usage"
    _description = "Usage"
    _inherit = ["subscription.proof.mixin", "subscription.part.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    line_id = fields.Many2one(
        "subscription.line",
        string="Usage Line",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_usage", "=", True)],
    )
    subscription_id = fields.Many2one(related="line_id.subscription_id", store=True, precompute=True, index=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True, precompute=True, index=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
        ondelete="restrict",
    )
    date = fields.Date(required=True, default=lambda self: self.env.company._subscription_today())
    quantity = fields.Float(required=True, min_display_digits=1, help="Below zero: a correction of what was too much.")
    product_uom_id = fields.Many2one(related="line_id.product_id.uom_id", string="Unit")
    reference = fields.Char(
        index="btree_not_null", help="Number in the system that counted it; the same one counts once."
    )
    name = fields.Char(string="Text")
    import_id = fields.Many2one("subscription.usage.import", index="btree_not_null", readonly=True, ondelete="restrict")
    period_id = fields.Many2one("subscription.period", index="btree_not_null", readonly=True, ondelete="restrict")
    move_id = fields.Many2one(related="period_id.move_id", string="Invoice")
    is_billed = fields.Boolean(string="Invoiced", compute="_compute_is_billed", store=True)

    _open_idx = models.Index("(line_id, partner_id, date)")
    # whoever counts may send it again: the same number is one use
    _reference_uniq = models.UniqueIndex(
        "(company_id, reference) WHERE reference IS NOT NULL", "Usage with this reference was already recorded."
    )

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"import_id", "period_id", "is_billed"}

    @api.depends("line_id")
    def _compute_partner_id(self):
        for use in self:
            use.partner_id = use.line_id.subscription_id.partner_id or use.partner_id

    @api.depends("period_id.state")
    def _compute_is_billed(self):
        for use in self:
            use.is_billed = bool(use.period_id) and use.sudo().period_id.state != "released"

    @api.depends("line_id", "date", "quantity")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for use in self:
            use.display_name = f"{use.line_id.display_name} {format_date(self.env, use.date)}: {use.quantity:g}"

    @api.constrains("line_id", "partner_id", "date")
    def _check_line(self):
        for use in self:
            reason = use._find_mistake()
            if reason:
                raise ValidationError(reason)

    def _find_mistake(self):
        """Why this use could never be charged, or None."""
        self.ensure_one()
        line, subscription = self.line_id, self.subscription_id
        if not line.is_usage:
            return self.env._("%s is not charged by usage.", line.display_name)
        if subscription.group_id:
            if self.partner_id not in subscription.group_id.member_ids.partner_id:
                return self.env._("%s is no member of the group.", self.partner_id.display_name)
        elif self.partner_id != subscription.partner_id:
            return self.env._("%s is not the customer of the subscription.", self.partner_id.display_name)
        start = max(d for d in (subscription.date_start, subscription.bill_from, line.date_start) if d)
        if self.date < start:
            return self.env._("The usage lies before the first day that is charged.")
        return line._find_usage_too_late(self.partner_id, self.date)

    def write(self, vals):
        if not self.env.su and set(vals) - {"name"}:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        self._check_open()

    def _check_open(self):
        billed = self.filtered("is_billed")
        if billed:
            raise UserError(
                self.env._(
                    "%s was invoiced. Record a correction with a minus instead, or credit the invoice.",
                    billed[0].display_name,
                )
            )

    @api.model
    def record_usage(self, rows):
        """Record usage from another system, over RPC. Sent again, it is recorded once.

        :param list rows: dicts with ``subscription`` (number), ``date`` (YYYY-MM-DD), ``quantity`` and ``reference``;
            where needed ``product`` (internal reference, when the subscription has several usage lines), ``customer``
            (reference or name, in a group) and ``text``
        :return: list of dicts ``reference``, ``id``, ``state`` (``recorded``, ``known`` or ``refused``), ``message``
        """
        self.check_access("create")
        return self.env["subscription.usage.import"]._record_rows(rows)
