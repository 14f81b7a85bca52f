"""The life of an order on one screen: order, deposit, production, delivery, final invoice, paid."""

from datetime import datetime, time

from odoo import fields, models
from odoo.tools import format_amount, format_date, format_datetime

STEPS = ("order", "deposit", "production", "delivery", "final", "paid")
ICONS = {
    "order": "fa-handshake-o",
    "deposit": "fa-money",
    "production": "fa-cogs",
    "delivery": "fa-truck",
    "final": "fa-file-text-o",
    "paid": "fa-check-circle",
}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    prepayment_timeline_html = fields.Html(
        string="Timeline", compute="_compute_prepayment_timeline_html", sanitize=False, export_string_translation=False
    )

    def _compute_prepayment_timeline_html(self):
        for order in self:
            entries = order._get_sorted_prepayment_timeline() if order.id else []
            order.prepayment_timeline_html = self.env["ir.qweb"]._render(
                "invoice_prepayment.prepayment_timeline", {"entries": entries}
            )

    def _prepayment_timeline(self):
        """What has happened to the order, and what is still to come. To be extended with ``super()``.

        :return: list of dicts: ``step`` (one of ``STEPS``), ``title``, and optionally ``date`` (date, or datetime in
            UTC; empty: still to come), ``user`` (name), ``text`` (in the reader's words) and ``record`` (what to open)
        """
        self.ensure_one()
        order = self.sudo()
        return [
            order._get_timeline_confirmation(),
            *order._get_timeline_deposits(),
            *order._get_timeline_final_invoices(),
            order._get_timeline_paid(),
        ]

    def _get_sorted_prepayment_timeline(self):
        """Done by date, then to come by step; with texts for date and icon."""
        entries = [entry for entry in self._prepayment_timeline() if entry]

        def key(entry):
            date = entry.get("date")
            if date and not isinstance(date, datetime):
                date = datetime.combine(date, time(12))
            return (not date, date or datetime.max, STEPS.index(entry["step"]))

        for entry in entries:
            entry["icon"] = ICONS[entry["step"]]
            entry["date_text"] = self._format_timeline_date(entry.get("date"))
            record = entry.get("record")
            entry["url"] = f"/odoo/{record._name}/{record.id}" if record else ""
        return sorted(entries, key=key)

    def _format_timeline_date(self, date):
        if isinstance(date, datetime):
            return format_datetime(self.env, date, dt_format="short")
        return format_date(self.env, date) if date else ""

    def _get_timeline_confirmation(self):
        if self.state != "sale":
            cancelled = self.state == "cancel"
            title = self.env._("Order cancelled") if cancelled else self.env._("Order to be confirmed")
            return {"step": "order", "title": title}
        message = self.env["mail.message"].search(
            [
                ("model", "=", "sale.order"),
                ("res_id", "=", self.id),
                ("subtype_id", "=", self.env.ref("sale.mt_order_confirmed").id),
            ],
            order="id desc",
            limit=1,
        )
        return {
            "step": "order",
            "title": self.env._("Order confirmed"),
            "date": message.date or self.date_order,
            "user": message.author_id.name or self.user_id.name,
            "text": format_amount(self.env, self.amount_total, self.currency_id),
        }

    def _get_timeline_deposits(self):
        invoices = self._get_prepayment_invoices().sorted("id")
        entries = [entry for move in invoices for entry in self._get_timeline_invoice("deposit", move)]
        if self.state == "cancel" or self.prepayment_state == "settled":
            return entries
        for milestone in self.prepayment_milestone_ids.filtered(lambda milestone: not milestone.move_id):
            entries.append({"step": "deposit", "title": milestone._describe()})
        return entries

    def _get_timeline_final_invoices(self):
        invoices = self.invoice_ids.filtered(
            lambda move: move.prepayment_invoice_type != "prepayment" and move.state != "cancel"
        )
        entries = [entry for move in invoices.sorted("id") for entry in self._get_timeline_invoice("final", move)]
        if self.state == "sale" and self.invoice_status != "invoiced":
            entries.append({"step": "final", "title": self.env._("Final invoice")})
        return entries

    def _get_timeline_invoice(self, step, move):
        """Posted, sent and paid, as the log of the invoice tells it; what is missing is still to come."""
        amount = format_amount(self.env, move.amount_total, move.currency_id)
        common = {"step": step, "record": move}
        if move.state == "draft":
            return [{**common, "title": self.env._("%s: draft", move.type_name), "text": amount}]
        titles = {
            "awaiting": self.env._("%(type)s %(number)s posted", type=move.type_name, number=move.name),
            "sent": self.env._("%(type)s %(number)s sent", type=move.type_name, number=move.name),
            "paid": self.env._("%(type)s %(number)s paid", type=move.type_name, number=move.name),
            "credited": self.env._("%(type)s %(number)s credited", type=move.type_name, number=move.name),
        }
        entries = []
        logs = move.invoice_status_log_ids.sorted("id")
        posted = logs.filtered(lambda log: log.state_from in (False, "draft") and log.state_to not in ("draft", "sent"))
        entries.append(
            {
                **common,
                "title": titles["awaiting"],
                "date": posted[-1:].date or move.invoice_date or move.date,
                "user": posted[-1:].user_id.name,
                "text": amount,
            }
        )
        for state in ("sent", "paid", "credited"):
            if state == "sent" and not move.invoice_is_sent or state != "sent" and move.invoice_status_state != state:
                continue
            log = logs.filtered(lambda log, state=state: log.state_to == state)[-1:]
            if log and log != posted[-1:]:
                user, source = log.user_id.name, log.source
                text = source if source != user else ""
                entries.append({**common, "title": titles[state], "date": log.date, "user": user, "text": text})
        if move.invoice_status_state in ("awaiting", "partial", "overdue"):
            residual = format_amount(self.env, move.amount_residual, move.currency_id)
            title = self.env._("%(number)s: %(amount)s to be paid", number=move.name, amount=residual)
            entries.append({**common, "title": title})
        return entries

    def _get_timeline_paid(self):
        invoices = self.invoice_ids.filtered(lambda move: move.state == "posted")
        states = set(invoices.mapped("invoice_status_state"))
        if self.state == "cancel":
            return {}
        if self.invoice_status != "invoiced" or not states or not states <= {"paid", "credited"}:
            return {"step": "paid", "title": self.env._("All paid")}
        last = invoices.invoice_status_log_ids.filtered(lambda log: log.state_to in ("paid", "credited"))
        last = last.sorted("id")[-1:]
        return {
            "step": "paid",
            "title": self.env._("All paid"),
            "date": last.date or max(invoices.mapped("invoice_date")),
            "user": last.user_id.name,
        }
