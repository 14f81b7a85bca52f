from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount, format_date

from ..changes import effective_day
from ..periods import ONE_DAY


class SubscriptionChangeLine(models.Model):
    _name = "subscription.change.line"
    _description = "Line of a Change"
    _inherit = ["subscription.proof.mixin", "subscription.part.mixin"]
    _order = "change_id, id"
    _check_company_auto = True

    change_id = fields.Many2one("subscription.change", required=True, index=True, ondelete="cascade")
    subscription_id = fields.Many2one(related="change_id.subscription_id")
    company_id = fields.Many2one(related="change_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="change_id.currency_id")
    action = fields.Selection(
        [("change", "Change a line"), ("add", "Add a line"), ("end", "End a line")], default="change", required=True
    )
    line_id = fields.Many2one(
        "subscription.line",
        check_company=True,
        ondelete="restrict",
        domain="[('subscription_id', '=', subscription_id), ('is_one_off', '=', False), ('is_usage', '=', False)]",
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain=[("sale_ok", "=", True)],
    )
    name = fields.Text(string="Text", compute="_compute_name", store=True, readonly=False, precompute=True)
    quantity = fields.Float(
        compute="_compute_quantity", store=True, readonly=False, precompute=True, digits="Product Unit"
    )
    discount = fields.Float(
        string="Discount (%)",
        compute="_compute_discount",
        store=True,
        readonly=False,
        precompute=True,
        digits="Discount",
    )
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        min_display_digits="Product Price",
    )
    price_proposed = fields.Float(
        compute="_compute_price_proposed",
        store=True,
        precompute=True,
        min_display_digits="Product Price",
        help="The price of the line when the change was written; where it was kept, the change follows a regulation.",
    )
    new_line_id = fields.Many2one("subscription.line", readonly=True, copy=False, ondelete="set null")
    date_effective = fields.Date(string="Counts From", readonly=True, copy=False)
    old_date_end = fields.Date(readonly=True, copy=False)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"new_line_id", "date_effective", "old_date_end"}

    # one compute for each field: what is given when a line is made must not be overwritten by what is not
    @api.depends("line_id", "action")
    def _compute_product_id(self):
        for line in self:
            line.product_id = line.line_id.product_id if line.action != "add" and line.line_id else line.product_id

    @api.depends("line_id", "action", "product_id")
    def _compute_name(self):
        """The line's own text, unless the product is another."""
        for line in self:
            old = line.line_id
            if line.action != "add" and old:
                line.name = old.name if line.product_id == old.product_id else False
            else:
                line.name = line.name

    @api.depends("line_id", "action")
    def _compute_quantity(self):
        for line in self:
            line.quantity = line.line_id.quantity if line.action != "add" and line.line_id else line.quantity or 1.0

    @api.depends("line_id", "action")
    def _compute_discount(self):
        for line in self:
            line.discount = line.line_id.discount if line.action != "add" and line.line_id else line.discount

    @api.depends("line_id", "product_id", "action")
    def _compute_price_unit(self):
        """The price of the line; of another product its own price on the day."""
        for line in self:
            old, subscription = line.line_id, line.change_id.subscription_id
            if line.action != "add" and old and line.product_id == old.product_id:
                line.price_unit = old.price_unit
            elif line.product_id:
                product = line.product_id.with_company(subscription.company_id or self.env.company)
                line.price_unit = subscription.pricelist_id._get_product_price(
                    product,
                    line.quantity or 1.0,
                    currency=subscription.currency_id or product.currency_id,
                    uom=product.uom_id,
                    date=line.change_id.date or subscription.date_start,
                )
            else:
                line.price_unit = line.price_unit or 0.0

    @api.depends("line_id")
    def _compute_price_proposed(self):
        for line in self:
            line.price_proposed = line.line_id.price_unit

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_open()
        return lines

    def write(self, vals):
        self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        self._check_open()

    def _check_open(self):
        """What was put in force is history; what was checked and is edited has to be checked again."""
        if self.env.su:
            return
        for change in self.change_id:
            if change.state in ("confirmed", "undone"):
                raise UserError(
                    self.env._("%s is in force or undone; it stays as history. Make a new change.", change.display_name)
                )
        self.change_id.filtered(lambda change: change.state == "checked").sudo().state = "draft"

    @api.constrains("action", "line_id", "product_id", "name", "discount", "change_id")
    def _check_line(self):
        for line in self:
            old = line.line_id
            if line.action == "add":
                if old:
                    raise ValidationError(self.env._("A line that is added replaces no other."))
                if not line.product_id and not (line.name or "").strip():
                    raise ValidationError(self.env._("A line needs a product or a text."))
            elif not old or old.subscription_id != line.change_id.subscription_id or old.is_one_off or old.is_usage:
                raise ValidationError(
                    self.env._("Choose a standing line of the subscription. One-offs and usage are changed directly.")
                )
            if not 0 <= line.discount <= 100:
                raise ValidationError(self.env._("A discount is between 0 and 100 per cent."))

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _get_text(self):
        """What changes, in one line."""
        self.ensure_one()
        old, env = self.line_id, self.env
        new = f"{self.quantity:g} x {self.product_id.display_name or self.name}"
        new = f"{new}, {format_amount(env, self.price_unit, self.currency_id)}"
        new = f"{new} - {self.discount:g} %" if self.discount else new
        day = format_date(env, self.date_effective or self.change_id.date)
        if self.action == "add":
            return env._("%(new)s from %(day)s", new=new, day=day)
        before = f"{old.quantity:g} x {old.display_name}, {format_amount(env, old.price_unit, self.currency_id)}"
        if self.action == "end":
            return env._("%(old)s ends before %(day)s", old=before, day=day)
        text = env._("%(old)s becomes %(new)s from %(day)s", old=before, new=new, day=day)
        if self.subscription_id.index_rule_id and self._has_own_price():
            return env._("%s. The price is agreed anew: regulations due until then leave it as it is", text)
        return text

    def _has_own_price(self):
        """Whether the change agrees a price of its own, which earlier regulations leave as it is."""
        self.ensure_one()
        old, new = self.line_id, self.new_line_id
        if new.continues_id:
            return not new.is_price_continued
        return not old or self.product_id != old.product_id or self.price_unit != old.price_unit

    def _follow_price(self):
        """The line was regulated after the change was written: where it kept the price, it keeps the new one."""
        self.ensure_one()
        old = self.line_id
        if (
            self.action == "change"
            and self.product_id == old.product_id
            and self.price_unit == self.price_proposed != old.price_unit
        ):
            self.write({"price_unit": old.price_unit, "price_proposed": old.price_unit})

    def _get_charged_rows(self):
        """What was charged of the line; for a line that is added, of lines with the same interval."""
        lines = self.line_id
        if self.action == "add":
            lines = self.subscription_id.line_ids.filtered(lambda line: not line.interval_unit)
        rows = lines.sudo().period_ids
        return rows.filtered(lambda row: row.state != "released" and not row.is_credit)

    def _apply(self):
        self.ensure_one()
        self._follow_price()
        change, old, subscription = self.change_id, self.line_id, self.subscription_id
        schedule = subscription._get_schedule(old)
        ahead = self._get_charged_rows().filtered(lambda row: row.date_end >= change.date)
        charged_until = max(ahead.mapped("date_end"), default=None)
        day = effective_day(schedule, change.date, charged_until, change.proration)
        divided = change.proration if change.proration != "none" else False
        if old:
            self._check_old(day, ahead if divided else ahead.browse())
        end = min((d for d in (subscription.date_end, old.date_end) if d), default=None)
        start = max(d for d in (subscription._get_charged_start(), subscription.bill_from) if d)
        if (end and day > end) or (not old and day < start):
            raise UserError(self.env._("%s lies outside the days that are charged.", format_date(self.env, day)))
        is_charged = bool(charged_until and charged_until >= day)
        settle = is_charged and subscription._get_settle_date(change, day, schedule, charged_until, end)
        seam = {
            "change_id": change.id,
            "part_rule": divided,
            "settle_until": charged_until if is_charged else False,
            "settle_date": settle,
        }
        if not is_charged and old.settle_until and day <= old.settle_until:
            # of a charged period that an earlier change divided: settled with that one, not by itself
            later = day if change.settlement == "now" else max(day, old.settle_date)
            seam.update(settle_until=old.settle_until, settle_date=later)
        self.write({"date_effective": day, "old_date_end": old.date_end})
        if self.action != "end":
            self.new_line_id = self._make_new_line({**seam, "date_start": day}, schedule, day)
        if old:
            old.write(
                {
                    "date_end": day - ONE_DAY,
                    "end_part_rule": divided,
                    "ended_change_id": change.id,
                    "credit_from": day if is_charged else False,
                    "credit_date": settle,
                }
            )

    def _check_old(self, day, ahead):
        """Whether the line can be ended the day before, in words if not."""
        old, shown = self.line_id, format_date(self.env, day)
        subscription = self.subscription_id
        if old.ended_change_id:
            raise UserError(
                self.env._(
                    "%(line)s already changes: %(change)s. Undo that change first, or change the line that follows.",
                    line=old.display_name,
                    change=old.ended_change_id.display_name,
                )
            )
        start = max(d for d in (subscription._get_charged_start(), subscription.bill_from, old.date_start) if d)
        if day <= start:
            raise UserError(
                self.env._(
                    "Nothing of %(line)s is charged before %(day)s. Change the line itself, or choose a later day.",
                    line=old.display_name,
                    day=shown,
                )
            )
        if old.price_from and old.price_from > day:
            raise UserError(
                self.env._(
                    "The price of %(line)s is regulated from %(day)s. Choose that day or a later one, or undo the "
                    "regulation.",
                    line=old.display_name,
                    day=format_date(self.env, old.price_from),
                )
            )
        self._check_charged_ahead(ahead)
        self._check_differs()

    def _check_charged_ahead(self, ahead):
        for row in ahead:
            if row.state == "credited":
                raise UserError(
                    self.env._(
                        "%(invoice)s, which charged %(start)s - %(end)s, was credited. Choose a day after, or let the "
                        "period be billed again first.",
                        invoice=row.move_id.display_name,
                        start=format_date(self.env, row.date_start),
                        end=format_date(self.env, row.date_end),
                    )
                )
            if row.move_id.state == "draft":
                raise UserError(
                    self.env._(
                        "%(start)s - %(end)s is on a draft of %(customer)s. Post it, or delete it so that the change "
                        "is on the invoice from the start.",
                        start=format_date(self.env, row.date_start),
                        end=format_date(self.env, row.date_end),
                        customer=row.partner_id.display_name,
                    )
                )

    def _check_differs(self):
        old = self.line_id
        same = (
            self.product_id == old.product_id
            and (self.name or "") == (old.name or "")
            and (self.quantity, self.price_unit, self.discount) == (old.quantity, old.price_unit, old.discount)
        )
        if self.action == "change" and same:
            raise UserError(self.env._("%s would stay as it is.", old.display_name))

    def _make_new_line(self, seam, schedule, day):
        old = self.line_id
        values = old.copy_data()[0] if old else {"subscription_id": self.subscription_id.id, "is_price_fixed": True}
        values.update(
            product_id=self.product_id.id,
            name=self.name,
            quantity=self.quantity,
            price_unit=self.price_unit,
            discount=self.discount,
            change_kind=self._get_kind(),
            **seam,
        )
        if old:
            own = self._has_own_price()
            known = [old._get_price_base(), own and day]
            values.update(
                continues_id=old.id,
                is_price_continued=not own,
                price_base_date=max((d for d in known if d), default=False),
            )
        if old and self.product_id != old.product_id:
            values["tax_ids"] = False
        if old and not old.is_price_fixed and (self.price_unit, self.product_id) != (old.price_unit, old.product_id):
            values["is_price_fixed"] = True
        if old.interval_unit:
            values["period_anchor"] = schedule.start
        return self.env["subscription.line"].sudo().create(values)

    def _get_kind(self):
        if self.action == "add":
            return "add"
        old = self.line_id
        before = old.quantity * old.price_unit * (1 - old.discount / 100)
        after = self.quantity * self.price_unit * (1 - self.discount / 100)
        compared = self.currency_id.compare_amounts(after, before)
        return {1: "upgrade", -1: "downgrade", 0: "change"}[compared]

    def _revert(self):
        for line in self:
            new = line.new_line_id
            line.line_id.write(
                {
                    "date_end": line.old_date_end,
                    "end_part_rule": False,
                    "ended_change_id": False,
                    "credit_from": False,
                    "credit_date": False,
                }
            )
            if new.period_ids or new.usage_ids or new.price_change_ids:
                new.active = False  # drafts that were deleted and regulations stay as history
            else:
                new.unlink()
