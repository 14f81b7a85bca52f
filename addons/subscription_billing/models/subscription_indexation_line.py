from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_date


class SubscriptionIndexationLine(models.Model):
    """One price at one regulation: first the preview, then the proof of what was changed."""

    _name = "subscription.indexation.line"
    _description = "Price of a Regulation"
    _inherit = ["subscription.proof.mixin"]
    _order = "indexation_id desc, subscription_id, line_id, date_due, id"

    indexation_id = fields.Many2one("subscription.indexation", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="indexation_id.company_id", store=True, precompute=True, index=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="subscription_id.partner_id", string="Customer")
    line_id = fields.Many2one("subscription.line", required=True, index=True, ondelete="cascade")
    rule_id = fields.Many2one("subscription.index.rule", required=True, ondelete="restrict")
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    is_selected = fields.Boolean(string="Regulate", default=True)
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("excluded", "Left out"),
            ("fault", "Stopped"),
            ("applied", "In force"),
            ("undone", "Undone"),
        ],
        default="ready",
        required=True,
        readonly=True,
        index=True,
    )
    date_due = fields.Date(string="Regulation", required=True, readonly=True)
    date_effect = fields.Date(string="New Price From", required=True, readonly=True)
    old_price = fields.Float(readonly=True, min_display_digits="Product Price")
    new_price = fields.Float(readonly=True, min_display_digits="Product Price")
    percent = fields.Float(string="Change (%)", readonly=True, digits=(8, 2), aggregator="avg")
    year_effect = fields.Monetary(
        string="A Year", readonly=True, help="What the change brings in twelve months, untaxed."
    )
    year_effect_company = fields.Monetary(
        string="A Year, Company Currency", currency_field="company_currency_id", readonly=True
    )
    last_period = fields.Integer(readonly=True, help="The newest billed period when the price took effect.")
    explanation = fields.Char(readonly=True)
    message = fields.Char(string="Note", readonly=True)

    # a regulation of a price takes effect once, whoever clicks how often
    _applied_uniq = models.UniqueIndex(
        "(line_id, date_due) WHERE state = 'applied'", "This price was already regulated for that day."
    )

    @api.model
    def _get_proof_fields(self):
        # which prices are regulated is all a user chooses
        return super()._get_proof_fields() | set(self._fields) - {"is_selected"}

    @api.depends("line_id", "date_due")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for change in self:
            change.display_name = f"{change.line_id.display_name} {format_date(self.env, change.date_due)}"

    def action_undo(self):
        """Button: take this one back."""
        self.ensure_one()
        self.indexation_id._check_manager()
        reason = self._find_undo_obstacle()
        if reason:
            raise UserError(reason)
        self._undo()

    def _get_same_regulation(self):
        """This regulation of all lines that have the price one after the other: undone together, or none."""
        self.ensure_one()
        rows_sudo = self.line_id._get_price_chain().sudo().price_change_ids
        return rows_sudo.filtered(lambda c: c.state == "applied" and c.date_due == self.date_due).sudo(self.env.su)

    def _get_heirs(self):
        """Lines that began with the regulated price, by a change made after it."""
        self.ensure_one()
        regulated = self._get_same_regulation().line_id
        return (self.line_id._get_price_chain() - regulated).filtered(
            lambda line: line.active and line.price_base_date and line.price_base_date >= self.date_due
        )

    def _find_undo_obstacle(self):
        """Why an applied change cannot be taken back, or None."""
        self.ensure_one()
        found = [change._find_obstacle_of(change.line_id) for change in self._get_same_regulation()]
        found += [self._find_obstacle_of(line) for line in self._get_heirs()]
        return next((reason for reason in found if reason), None)

    def _find_obstacle_of(self, line):
        """Why a line keeps the price of this regulation, or None."""
        self.ensure_one()
        name = line.display_name
        changes = line.sudo().price_change_ids.filtered(lambda c: c.state == "applied")
        if changes.filtered(lambda c: c.date_due > self.date_due):
            return self.env._("%s was regulated again later. Undo that first.", name)
        if float_compare(line.price_unit, self.new_price, precision_digits=6):
            return self.env._("The price of %s was changed by hand since. Correct it on the subscription.", name)
        billed = line.sudo().period_ids.filtered(
            lambda p: p.state != "released" and p.date_start >= self.date_effect and p.id > self.last_period
        )
        if billed:
            return self.env._(
                "%(line)s was invoiced at the new price for the period from %(day)s. Credit that invoice first.",
                line=name,
                day=format_date(self.env, min(billed.mapped("date_start"))),
            )
        return None

    def _undo(self):
        """Back to the price before, on all lines that have it; notices that were not sent are stopped.

        :return: what was undone
        """
        self.ensure_one()
        rows, heirs = self._get_same_regulation(), self._get_heirs().sudo()
        for change in rows.sudo():
            change.line_id.price_unit = change.old_price
        rows.sudo().write({"state": "undone"})
        for line in heirs:
            line.write({"price_unit": self.old_price, "price_base_date": line.continues_id._get_price_base()})
        notices_sudo = rows.sudo().indexation_id.notice_ids.filtered(lambda notice: notice.line_ids & rows)
        notices_sudo.filtered(
            lambda notice: notice.state == "waiting" and not notice.line_ids.filtered(lambda c: c.state == "applied")
        ).write({"state": "cancelled"})
        rows.indexation_id._update_state()
        return rows
