from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_prepayment_lots(self):
        """Lots and serial numbers made, reserved or delivered for these lines. To be extended with ``super()``."""
        moves = self.sudo().move_ids.filtered(lambda move: move.state != "cancel")
        return moves.move_line_ids.lot_id.sudo(self.env.su)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _prepayment_timeline(self):
        # EXTENDS 'invoice_prepayment'
        return super()._prepayment_timeline() + self.sudo()._get_timeline_deliveries()

    def _get_timeline_deliveries(self):
        entries = []
        for picking in self.picking_ids.filtered(lambda picking: picking.state != "cancel"):
            if picking.picking_type_code != "outgoing":
                continue
            lots = ", ".join(picking.move_line_ids.lot_id.mapped("name"))
            entry = {"step": "delivery", "record": picking, "text": lots}
            if picking.state == "done":
                title = self.env._("Delivery %s done", picking.name)
                user = (picking.user_id or picking.write_uid).name
                entries.append({**entry, "title": title, "date": picking.date_done, "user": user})
            else:
                planned = fields.Datetime.context_timestamp(self, picking.scheduled_date).date()
                title = self.env._(
                    "Delivery %(name)s, planned %(date)s",
                    name=picking.name,
                    date=self._format_timeline_date(planned),
                )
                entries.append({**entry, "title": title})
        return entries
