from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from .. import allocation
from ..const import INVOICE_TYPES
from ..guard import check_proof_fields
from .base_lines import add_base_line_to_cells, base_line_cell
from .prepayment_milestone import unit

PROOF_FIELDS = (
    "prepayment_invoice_type",
    "prepayment_milestone_id",
    "prepayment_is_request",
    "prepayment_final_id",
)


class AccountMove(models.Model):
    _inherit = "account.move"

    prepayment_invoice_type = fields.Selection(
        INVOICE_TYPES,
        string="Invoice type",
        compute="_compute_prepayment_invoice_type",
        store=True,
        index="btree_not_null",
        copy=False,
    )
    prepayment_milestone_id = fields.Many2one(
        "prepayment.milestone",
        string="Planned deposit",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    prepayment_is_request = fields.Boolean(
        string="Payment request",
        copy=False,
        readonly=True,
        help="Asks for a deposit without VAT and is no sales invoice; the final invoice carries the VAT of the order.",
    )
    prepayment_final_id = fields.Many2one(
        "account.move",
        string="Closes the deposits of",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The final invoice whose deposits this entry closes in the company's currency.",
    )

    _prepayment_milestone_uniq = models.UniqueIndex(
        "(prepayment_milestone_id) WHERE prepayment_milestone_id IS NOT NULL AND state != 'cancel'",
        "This planned deposit has its invoice already.",
    )

    @api.depends("move_type", "line_ids.sale_line_ids.is_downpayment")
    def _compute_prepayment_invoice_type(self):
        for move in self:
            if not move.is_sale_document(include_receipts=True):
                move.prepayment_invoice_type = False
                continue
            sale_lines = move.line_ids.sale_line_ids
            deposits = sale_lines.filtered("is_downpayment")
            if deposits and deposits == sale_lines:
                move.prepayment_invoice_type = "prepayment"
            else:
                move.prepayment_invoice_type = "final" if deposits else "standard"

    def _get_prepayment_orders(self):
        """Orders whose deposits these documents invoice, credit or deduct."""
        return self.sudo().line_ids.prepayment_order_id | self.sudo().prepayment_milestone_id.order_id

    def _get_sale_line_cells(self):
        """Net, taxes and quantity of each sale order line on this document: ``[(sale line, cell, quantity)]``."""
        self.ensure_one()
        base_lines, _tax_lines = self.sudo()._get_rounded_base_and_tax_lines()
        return [
            (base_line["record"].sale_line_ids[:1], base_line_cell(base_line), base_line["record"].quantity)
            for base_line in base_lines
            if base_line["record"] and base_line["record"].sale_line_ids
        ]

    def _get_prepayment_cells(self, orders):
        """Net and taxes of the lines of these documents that belong to ``orders``, by combination of taxes."""
        cells = {}
        for move in self.sudo():
            base_lines, _tax_lines = move._get_rounded_base_and_tax_lines()
            sign = -1 if move.move_type == "out_refund" else 1
            for base_line in base_lines:
                if base_line["record"] and base_line["record"].sale_line_ids.order_id & orders:
                    add_base_line_to_cells(cells, base_line, sign)
        return cells

    def _get_ordinary_cells(self, orders):
        """As ``_get_prepayment_cells``, without deposits and their deduction: ``{order: {taxes: cell}}``."""
        cells = {order: {} for order in orders}
        for move in self.sudo():
            base_lines, _tax_lines = move._get_rounded_base_and_tax_lines()
            sign = -1 if move.move_type == "out_refund" else 1
            for base_line in base_lines:
                line = base_line["record"]
                order = line and not line.is_downpayment and line.sale_line_ids.order_id[:1]
                if order and order in cells:
                    add_base_line_to_cells(cells[order], base_line, sign)
        return cells

    def _get_deposit_amount(self):
        """With taxes, what of this deposit invoice, or of its credit note, is deposit of an order.

        A fee that was added, cash rounding and the tax lines of a cash discount are on the invoice, not of the order.
        """
        self.ensure_one()
        others = self.line_ids.filtered(
            lambda line: (
                line.display_type in ("rounding", "epd", "discount")
                or line.display_type == "product"
                and not line.sale_line_ids
            )
        )
        if not others:
            return self.amount_total
        return float(sum((cell.total for _line, cell, _quantity in self._get_sale_line_cells()), Decimal(0)))

    def _get_deposit_credited(self):
        """With taxes, what posted credit notes have taken back of this deposit invoice."""
        self.ensure_one()
        lines = self.sudo().line_ids.sale_line_ids.filtered("is_downpayment")
        credits = lines.invoice_lines.move_id.filtered(
            lambda move: (
                (move.state, move.move_type, move.prepayment_invoice_type) == ("posted", "out_refund", "prepayment")
            )
        )
        return float(-sum((credit._get_deposit_change(lines) for credit in credits), Decimal(0)))

    def _is_deposit_credited(self):
        """Whether credit notes have taken all of this deposit invoice back."""
        self.ensure_one()
        credited = self._get_deposit_credited()
        return bool(credited) and self.currency_id.compare_amounts(credited, self._get_deposit_amount()) >= 0

    def _get_deducted_prepayments(self):
        """The deposit invoices a final invoice deducts, for print and e-invoice.

        :return: list of dicts ``move``, ``name``, ``date``, ``net``, ``tax``, ``total`` (positive amounts)
        """
        self.ensure_one()
        result = []
        if self.prepayment_invoice_type != "final":
            return result
        base_lines, _tax_lines = self._get_rounded_base_and_tax_lines()
        per_move = {}
        for base_line in base_lines:
            line = base_line["record"]
            if not line or not line.sale_line_ids.filtered("is_downpayment"):
                continue
            deposits = line.sale_line_ids.invoice_lines.move_id.filtered(
                lambda move: move.prepayment_invoice_type == "prepayment" and move.move_type == "out_invoice"
            )
            cells = per_move.setdefault(deposits[:1], {})
            add_base_line_to_cells(cells, base_line, -1)
        for move, cells in per_move.items():
            net = sum((cell.net for cell in cells.values()), Decimal(0))
            tax = sum((cell.tax for cell in cells.values()), Decimal(0))
            result.append(
                {
                    "move": move,
                    "name": move.name,
                    "date": move.invoice_date,
                    "net": float(net),
                    "tax": float(tax),
                    "total": float(net + tax),
                }
            )
        return sorted(result, key=lambda row: (row["date"] or fields.Date.today(), row["move"].id))

    # Events that change the state of the orders' deposits

    def _on_payment_changed(self):
        # EXTENDS 'invoice_status'
        result = super()._on_payment_changed()
        self._refresh_prepayment_orders()
        return result

    def _post(self, soft=True):
        # EXTENDS 'account'
        self._check_deposits_cover()
        posted = super()._post(soft)
        posted._close_deposits_in_company_currency()
        posted._refresh_prepayment_orders()
        return posted

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_proof_fields(self, vals, PROOF_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'account'
        check_proof_fields(self, vals, PROOF_FIELDS)
        if vals.get("state") in ("draft", "cancel"):
            # whatever way it came: a button, an import, another program
            self._check_not_deducted()
        return super().write(vals)

    def button_draft(self):
        # EXTENDS 'account'
        self._check_not_deducted()
        result = super().button_draft()
        self._undo_closing_entries()
        self._refresh_prepayment_orders()
        return result

    def button_cancel(self):
        # EXTENDS 'account'
        self._check_not_deducted()
        result = super().button_cancel()
        self._refresh_prepayment_orders()
        return result

    def unlink(self):
        # EXTENDS 'sale'
        orders = self._get_prepayment_orders()
        result = super().unlink()
        orders.exists()._refresh_prepayment()
        return result

    def _refresh_prepayment_orders(self):
        orders = self._get_prepayment_orders()
        orders |= self.sudo().line_ids.sale_line_ids.order_id.filtered("prepayment_milestone_ids")
        orders._refresh_prepayment()

    def _check_not_deducted(self):
        """A deposit that a posted final invoice deducts is closed. The final invoice is corrected first."""
        for move in self.sudo().filtered(lambda move: move.prepayment_invoice_type == "prepayment"):
            deductions = move.line_ids.sale_line_ids.invoice_lines.filtered(
                lambda line: line.move_id.prepayment_invoice_type == "final" and line.parent_state == "posted"
            )
            if not move.currency_id.is_zero(sum(deductions.mapped("amount_currency"))):
                raise UserError(move._get_deposit_deducted_text(deductions.move_id.sorted("id")[:1]))

    def _get_deposit_deducted_text(self, final):
        return self.env._(
            "Deposit invoice %(deposit)s is deducted on final invoice %(final)s. Credit the final invoice first; then "
            "the deposit can be credited or changed.",
            deposit=self.name,
            final=final.name,
        )

    def _check_deposits_cover(self):
        """No deposit is given back twice: deducted and credited, or deducted when it is cancelled.

        :raises UserError: a final invoice deducts, or a credit note credits, more of a deposit than is open
        """
        for move in self.sudo().filtered(lambda move: move.state == "draft" and move.prepayment_invoice_type):
            lines = move.line_ids.sale_line_ids.filtered("is_downpayment")
            if lines and move._get_deposit_change(lines) < 0:
                for order in lines.order_id.filtered("prepayment_milestone_ids"):
                    move._check_deposits_of_order_cover(order, lines)

    def _get_deposit_change(self, lines):
        """By how much, with taxes, this document raises what is open of these deposit lines, or lowers it."""
        self.ensure_one()
        total = sum((cell.total for line, cell, _quantity in self._get_sale_line_cells() if line in lines), Decimal(0))
        return -total if self.move_type == "out_refund" else total

    def _check_deposits_of_order_cover(self, order, lines):
        rest = {}
        for line, (cell, _quantity) in order._get_open_deposits().items():
            deposit = line.invoice_lines.move_id.filtered(
                lambda move: move.prepayment_invoice_type == "prepayment" and move.move_type == "out_invoice"
            )[:1]
            if line in lines and deposit:
                rest[deposit] = rest.get(deposit, Decimal(0)) + cell.total
        for deposit, amount in rest.items():
            if amount < 0:
                raise UserError(self._get_deposit_taken_text(order, deposit))

    def _get_deposit_taken_text(self, order, deposit):
        """Why this document may not take of ``deposit``, and what to do."""
        self.ensure_one()
        values = {"deposit": deposit.name or self.env._("draft deposit invoice"), "order": order.name}
        others = (deposit.line_ids.sale_line_ids.invoice_lines.move_id - self - deposit).filtered(
            lambda move: move.state != "cancel"
        )
        finals = others.filtered(lambda move: move.prepayment_invoice_type == "final").sorted("id")
        if posted := finals.filtered(lambda move: move.state == "posted" and move.move_type == "out_invoice"):
            return deposit._get_deposit_deducted_text(posted[-1:])
        if finals.filtered(lambda move: move.state == "draft"):
            return self.env._(
                "Deposit invoice %(deposit)s of order %(order)s is deducted on a draft invoice. Delete that draft "
                "first.",
                **values,
            )
        if self.prepayment_invoice_type == "final":
            return self.env._(
                "This invoice deducts more of deposit invoice %(deposit)s than is open: it has been cancelled, "
                "credited or set back to draft since. Delete this draft and make the final invoice again on order "
                "%(order)s.",
                **values,
            )
        return self.env._(
            "Deposit invoice %(deposit)s of order %(order)s is credited already, posted or as a draft. Change the "
            "amount, or delete the draft.",
            **values,
        )

    # Money before the invoice

    def _post_on(self, date):
        """Post a draft deposit with the date the money came.

        :raises UserError: the period of that date is closed
        """
        for move in self.sudo():
            locks = move._get_violated_lock_dates(date, bool(move.line_ids.tax_ids))
            if locks:
                raise UserError(
                    self.env._(
                        "The deposit of %(orders)s was received on %(date)s, but that period is closed until %(lock)s. "
                        "Ask your accountant: open the period, or make the deposit invoice by hand.",
                        orders=", ".join(move._get_prepayment_orders().mapped("name")),
                        date=format_date(self.env, date),
                        lock=format_date(self.env, max(lock[0] for lock in locks)),
                    )
                )
            move.invoice_date = date
            move.action_post()

    def _get_prepayment_received(self, company):
        """What of these deposit invoices counts as received by the company's rule, less what was credited."""
        credits = self.filtered(lambda move: move.move_type == "out_refund")
        received = sum(move._get_part_of_deposit(move._get_received_amount(company)) for move in self - credits)
        credited = sum(move._get_deposit_amount() for move in credits)
        return max(received - credited, 0.0)

    def _get_part_of_deposit(self, paid):
        """What of ``paid`` is for the deposit: it goes before fees, and who pays an invoice in full has paid it all."""
        self.ensure_one()
        if self.currency_id.compare_amounts(paid, self.amount_total) >= 0:
            return self._get_deposit_amount()
        return min(paid, self._get_deposit_amount())

    def _get_received_amount(self, company):
        """What of this invoice counts as received by the rule of ``company``."""
        self.ensure_one()
        in_bank_only = company.prepayment_received_rule == "paid"
        paid = self.amount_total - self.amount_residual
        if in_bank_only:
            # leave out payments whose outstanding line is still open
            open_payments = self.reconciled_payment_ids.filtered(
                lambda payment: payment.move_id and not payment.is_matched
            )
            paid -= sum(self._get_amount_matched_with(payment) for payment in open_payments)
        paid += self._get_amount_without_entry(("paid",) if in_bank_only else ("in_process", "paid"))
        return min(paid, self.amount_total)

    def _get_ordinary_received(self, order):
        """What has come on these invoices for ``order``, less credit notes; of several orders' invoice its share."""
        received = 0.0
        for move in self:
            if move.move_type == "out_refund":
                received -= move.amount_total * move._get_share_of_order(order)
            elif move.move_type == "out_invoice":
                received += move._get_received_amount(order.company_id) * move._get_share_of_order(order)
        return max(order.currency_id.round(received), 0.0)

    def _get_share_of_order(self, order):
        """Which part of this document, 0 to 1, is of ``order``."""
        self.ensure_one()
        lines = self.invoice_line_ids.filtered("sale_line_ids")
        if lines.sale_line_ids.order_id == order:
            return 1.0
        own = sum(lines.filtered(lambda line: line.sale_line_ids.order_id == order).mapped("price_total"))
        whole = sum(lines.mapped("price_total"))
        return min(max(own / whole, 0.0), 1.0) if whole else 0.0

    def _get_open_amount(self):
        """What is left to pay, less payments without an entry of their own that are on their way."""
        self.ensure_one()
        return max(self.amount_residual - self._get_amount_without_entry(("in_process", "paid")), 0.0)

    def _lower_deposit(self, amount):
        """Take ``amount``, with taxes, off this draft deposit.

        :param amount: Decimal, less than the draft's lines of its order
        """
        self.ensure_one()
        cells = {line: cell for line, cell, _quantity in self._get_sale_line_cells()}
        left = allocation.allocate(cells, allocation.total(cells) - amount, unit(self.currency_id))
        commands = []
        for line in self.invoice_line_ids.filtered(lambda line: line.sale_line_ids[:1] in left):
            values = line.sale_line_ids[:1]._prepare_exact_values(left[line.sale_line_ids[:1]], line.quantity or 1.0)
            commands.append(Command.update(line.id, values))
        self.write({"invoice_line_ids": commands})

    def _get_amount_without_entry(self, states):
        """What payments without an entry of their own, in one of ``states``, pay of this invoice.

        Core sets such a payment to paid when a bank line of its amount is matched with the invoice: then the matching
        has counted it already.
        """
        self.ensure_one()
        payments = self.matched_payment_ids.filtered(lambda payment: not payment.move_id and payment.state in states)
        if not payments:
            return 0.0
        matched = [
            partial["amount"]
            for partial in self._get_all_reconciled_invoice_partials()
            if not partial["is_exchange"] and not partial["aml"].move_id.origin_payment_id
        ]
        total = 0.0
        for payment in payments:
            amount = payment._get_part_of_invoice(self)
            same = [known for known in matched if not self.currency_id.compare_amounts(known, amount)]
            if payment.state == "paid" and same:
                matched.remove(same[0])
            else:
                total += amount
        return total

    def _get_amount_matched_with(self, payment):
        """How much of this invoice a payment with an entry of its own settles."""
        return sum(
            partial["amount"]
            for partial in self._get_all_reconciled_invoice_partials()
            if partial["aml"].move_id == payment.move_id and not partial["is_exchange"]
        )
