from dataclasses import replace

from odoo import api, models

from odoo.addons.nordic_einvoice.formats import records


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.depends("invoice_line_ids.sale_line_ids.order_id.client_order_ref")
    def _compute_einvoice_order_reference(self):
        # EXTENDS 'nordic_einvoice'
        return super()._compute_einvoice_order_reference()

    def _einvoice_sale_orders(self):
        return self.invoice_line_ids.sale_line_ids.order_id

    def _einvoice_brand(self):
        # EXTENDS 'nordic_einvoice': a payment request lies in a journal of its own; its brand is the order's
        brand = super()._einvoice_brand()
        ordered = self.sudo()._einvoice_sale_orders().journal_id.filtered("einvoice_logo")[:1]
        return brand if brand.einvoice_logo or not ordered else ordered

    def _einvoice_own_order_reference(self):
        # EXTENDS 'nordic_einvoice'
        # core writes our own order number as customer reference when the customer gave none: not the buyer's number
        orders = self.sudo()._einvoice_sale_orders()
        if not orders or self.move_type != "out_invoice":
            return super()._einvoice_own_order_reference()
        return ", ".join(dict.fromkeys(order.client_order_ref for order in orders if order.client_order_ref))

    def _prepare_einvoice_values(self):
        # EXTENDS 'nordic_einvoice'
        values = super()._prepare_einvoice_values()
        orders = self.sudo()._einvoice_sale_orders()
        if values.order_reference and orders:
            values = replace(values, sales_order=", ".join(orders.mapped("name")))
        return values

    def _einvoice_document_references(self):
        # EXTENDS 'nordic_einvoice'
        references = super()._einvoice_document_references()
        known = {reference.id for reference in references}
        for deposit in self._einvoice_deposit_invoices():
            if deposit.name not in known:
                references.append(records.DocumentReference(deposit.name, deposit.invoice_date or None))
        return references

    def _einvoice_deposit_invoices(self):
        """The deposit invoices that this final invoice deducts."""
        self.ensure_one()
        deducting = self.invoice_line_ids.filtered(
            lambda line: line.is_downpayment and self.direction_sign * line.amount_currency < 0
        )
        deposits = deducting.sudo().sale_line_ids.invoice_lines.move_id - self
        return deposits.filtered(lambda move: move.state == "posted" and move.move_type == "out_invoice").sorted("id")
