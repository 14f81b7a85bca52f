"""What the planner asks of an order that waits: what is missing, for whom, promised when, and possible when."""

from datetime import timedelta

from odoo import api, fields, models


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    prepayment_hold_text = fields.Char(
        string="What is missing", compute="_compute_prepayment_hold_text", compute_sudo=True
    )
    prepayment_customer = fields.Char(string="Customer", compute="_compute_prepayment_hold_text", compute_sudo=True)
    prepayment_promised_date = fields.Datetime(
        string="Promised",
        compute="_compute_prepayment_promised_date",
        store=True,
        index="btree_not_null",
        copy=False,
        help="The earliest delivery date promised on the sale orders; without a promise, the deadline of production.",
    )
    prepayment_possible_start = fields.Datetime(
        string="Start if paid now",
        compute="_compute_prepayment_possible_dates",
        help="When production could start if the deposit came now: components at hand, component orders made, a free "
        "slot at the work center. Empty: components are missing and not on their way.",
    )
    prepayment_possible_finish = fields.Datetime(string="End if paid now", compute="_compute_prepayment_possible_dates")
    prepayment_is_late = fields.Boolean(string="Late even if paid now", compute="_compute_prepayment_possible_dates")

    @api.depends("prepayment_hold_state", "prepayment_missing_amount")
    def _compute_prepayment_hold_text(self):
        waiting = self.filtered(lambda production: production.prepayment_hold_state in ("held", "running"))
        texts = waiting._read_prepayment_orders()._get_prepayment_hold_texts()
        self._get_prepayment_candidate_orders().partner_id.mapped("display_name")
        for production in self:
            orders = production._get_prepayment_sale_orders() if production in waiting else ()
            production.prepayment_hold_text = "; ".join(texts[order.id] for order in orders if order.id in texts)
            candidates = production._get_prepayment_candidate_orders()
            production.prepayment_customer = ", ".join(candidates.partner_id.mapped("display_name"))

    @api.depends(
        "date_deadline",
        "prepayment_hold_state",
        "sale_line_id.order_id.commitment_date",
        "reference_ids.sale_ids.commitment_date",
    )
    def _compute_prepayment_promised_date(self):
        for production in self:
            if production.prepayment_hold_state in (False, "none"):
                production.prepayment_promised_date = False
                continue
            promises = production._get_prepayment_sale_orders().filtered("commitment_date").mapped("commitment_date")
            production.prepayment_promised_date = min(promises, default=production.date_deadline)

    @api.depends("prepayment_hold_state", "prepayment_promised_date", "move_raw_ids.forecast_availability")
    def _compute_prepayment_possible_dates(self):
        held = self.filtered(lambda production: production.prepayment_hold_state == "held" and production.id)
        for production in self - held:
            production.prepayment_possible_start = production.prepayment_possible_finish = False
            production.prepayment_is_late = False
        known = {}
        for production in held:
            start, finish = production._get_prepayment_possible_dates(known)
            promised = production.prepayment_promised_date
            production.prepayment_possible_start = start
            production.prepayment_possible_finish = finish
            production.prepayment_is_late = bool(finish and promised and finish > promised)

    def _get_prepayment_possible_dates(self, known):
        """First possible start and end from now on; ``(False, False)`` when components are missing.

        :param known: answers already given, by order id and by slot asked for
        """
        self.ensure_one()
        if self.id not in known:
            known[self.id] = (False, False)  # guards against a circle
            start = self._get_prepayment_components_date(known)
            known[self.id] = self._get_prepayment_slots(start, known) if start else (False, False)
        return known[self.id]

    def _get_prepayment_components_date(self, known):
        """When all components can be at hand, not before now."""
        dates = [fields.Datetime.now().replace(second=0, microsecond=0)]
        for move in self.move_raw_ids.filtered(lambda move: move.state not in ("done", "cancel")):
            makers = move.move_orig_ids.production_id.filtered(
                lambda production: production.state not in ("done", "cancel")
            )
            if makers:
                dates += [maker._get_prepayment_possible_dates(known)[1] for maker in makers]
            elif move.product_uom.compare(move.forecast_availability, move.product_qty) < 0:
                return False
            elif move.forecast_expected_date:
                dates.append(move.forecast_expected_date)
        return all(dates) and max(dates)

    def _get_prepayment_slots(self, start, known):
        """Place the work orders one after the other in free slots of their work centers."""
        first, at = False, start
        for workorder in self.workorder_ids.filtered(lambda order: order.state not in ("done", "cancel")):
            slot = (workorder.workcenter_id, at, workorder.duration_expected, workorder.leave_id)
            if slot not in known:
                known[slot] = workorder.workcenter_id._get_first_available_slot(
                    at, workorder.duration_expected, leaves_to_ignore=workorder.leave_id
                )
            begin, end = known[slot]
            if not begin:
                return False, False
            first, at = first or begin, end
        if not first:
            return start, start + timedelta(minutes=self.duration_expected)
        return first, at
