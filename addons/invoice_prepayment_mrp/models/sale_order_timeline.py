from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _prepayment_timeline(self):
        # EXTENDS 'invoice_prepayment'
        entries = super()._prepayment_timeline()
        productions = self._get_prepayment_productions().filtered(lambda production: production.state != "cancel")
        for production in productions.sorted("id"):
            entries += self._get_timeline_production(production)
        for override in self.sudo().prepayment_override_ids:
            entries.append(
                {
                    "step": "production",
                    "title": self.env._("%s released without deposit", override.production_id.name or self.name),
                    "date": override.date,
                    "user": override.user_id.name,
                    "text": override.reason,
                }
            )
        return entries

    def _get_timeline_production(self, production):
        """Started and finished, or what it waits for."""
        common = {"step": "production", "record": production, "text": production.product_id.display_name}
        if production.state in ("draft", "confirmed"):
            title = self.env._("Production %s", production.name)
            if production.prepayment_hold_state == "held":
                title = self.env._("Production %s waits for the deposit", production.name)
            return [{**common, "title": title}]
        started = production.prepayment_started_at or production.date_start
        entries = [
            {
                **common,
                "title": self.env._("Production %s started", production.name),
                "date": started,
                "user": production.prepayment_started_by.name,
            }
        ]
        if production.state == "done":
            entries.append(
                {
                    **common,
                    "title": self.env._("Production %s finished", production.name),
                    # core keeps the planned end where that is earlier
                    "date": max(production.date_finished, started) if production.date_finished else started,
                    "user": production.prepayment_finished_by.name,
                }
            )
        else:
            entries.append({**common, "title": self.env._("Production %s to be finished", production.name)})
        return entries
