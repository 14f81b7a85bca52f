from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import format_date, html2plaintext, plaintext2html

from ..wanted import KEY, WantedDeposit
from .prepayment_milestone import decimal

# What other programs call an event -> what the plan calls it.
EVENT_NAMES = {"production_start": "production"}
DELIVERED_KEY = "invoice_prepayment.delivered_orders"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # Events

    def _prepayment_event(self, event):
        """Something happened that deposits may be due at. Never stops what happened: faults go to the to-do list.

        :param event: ``confirmation``, ``production_start``, ``delivery`` (all is delivered) or ``date``
        """
        event = EVENT_NAMES.get(event, event)
        orders = self.sudo().filtered(lambda order: order.state == "sale" and order.prepayment_milestone_ids)
        for order in orders:
            order = order.with_company(order.company_id)
            order._prepayment_attempt(lambda order=order: order._invoice_due_milestones(event))
            if event == "delivery":
                order._start_final_invoice()

    def _prepayment_attempt(self, method):
        """Run ``method`` or leave nothing of it behind but an activity that says why."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                method()
                self.env.flush_all()
        except (UserError, RedirectWarning) as error:
            self.env.invalidate_all()
            self._prepayment_activity(self.env._("The invoice could not be made"), str(error.args[0]))

    def _prepayment_activity(self, summary, note=""):
        """Put something on the to-do list of the order; the same twice once."""
        self.ensure_one()
        order = self.sudo()
        note = plaintext2html(note) if note else ""
        told = {(activity.summary, html2plaintext(activity.note or "")) for activity in order.activity_ids}
        if (summary, html2plaintext(note)) in told:
            return
        order.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note,
            user_id=(order.user_id or self.env.user).id,
        )

    def _get_due_milestones(self, event):
        today = {company: company._invoice_status_today() for company in self.company_id}
        return self.prepayment_milestone_ids.filtered(
            lambda milestone: (
                not milestone.move_id
                and milestone.event == event
                and (event != "date" or (milestone.due_date and milestone.due_date <= today[milestone.company_id]))
            )
        )

    def _invoice_due_milestones(self, event):
        """Make the deposit invoices that fall due at an event."""
        self.ensure_one()
        due = self._get_due_milestones(event)
        due._adopt_open_deposits()
        for milestone in due.filtered(lambda milestone: not milestone.move_id):
            if self.currency_id.compare_amounts(milestone.amount, 0) > 0:
                milestone._create_invoice()

    # Delivery and the final invoice

    def _prepayment_look_at_delivery(self):
        """At the end of the transaction: are these orders delivered in full?"""
        if not self:
            return
        precommit = self.env.cr.precommit
        if DELIVERED_KEY not in precommit.data:
            precommit.data[DELIVERED_KEY] = set()
            precommit.add(self.env["sale.order"].sudo()._prepayment_after_delivery)
        precommit.data[DELIVERED_KEY].update(self.ids)

    @api.model
    def _prepayment_after_delivery(self):
        orders = self.browse(self.env.cr.precommit.data.pop(DELIVERED_KEY, ())).exists()
        orders.filtered(lambda order: order._is_prepayment_delivered())._prepayment_event("delivery")

    def _is_prepayment_delivered(self):
        """Whether goods were ordered and all of them are delivered. Services on order are never delivered."""
        self.ensure_one()
        lines = self._get_ordinary_lines().filtered(
            lambda line: (
                line.product_uom_qty > 0
                and (line.product_id.type == "consu" or line.product_id.invoice_policy == "delivery")
            )
        )
        return bool(lines) and all(
            line.product_uom_id.compare(line.qty_delivered, line.product_uom_qty) >= 0 for line in lines
        )

    def _start_final_invoice(self):
        """After the last delivery: draft the final invoice, or say that it is to be made."""
        self.ensure_one()
        mode = self.company_id.prepayment_final_mode
        if mode == "none" or not any(line.qty_to_invoice > 0 for line in self._get_ordinary_lines()):
            return
        if mode == "draft":
            self._prepayment_attempt(lambda: self.action_create_final_invoice())
        else:
            self._prepayment_activity(
                self.env._("Make the final invoice"), self.env._("Order %s is delivered in full.", self.name)
            )

    @api.model
    def _cron_prepayment_due(self):
        """Deposits due by date, and deliveries that no event announced (services, time sheets)."""
        today = fields.Date.add(fields.Date.today(), days=1)  # each company's own day is looked at below
        Milestone = self.env["prepayment.milestone"]
        open_ones = Domain("move_id", "=", False) & Domain("order_id.state", "=", "sale")
        dated = Milestone.search(open_ones & Domain("event", "=", "date") & Domain("due_date", "<=", today))
        waiting = Milestone.search(open_ones & Domain("event", "=", "delivery"))
        todo = [(order, "date") for order in dated.order_id if order._get_due_milestones("date")]
        todo += [(order, "delivery") for order in waiting.order_id if order._is_prepayment_delivered()]
        for done, (order, event) in enumerate(todo, 1):
            if order.try_lock_for_update():
                order._prepayment_event(event)
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(todo) - done):
                break

    # Amounts and VAT

    def _get_deposited_amount(self):
        """With taxes, all deposit invoices of this order that are not cancelled, less their credit notes."""
        self.ensure_one()
        total = Decimal(0)
        for move in self._get_prepayment_invoices():
            amount = decimal(move._get_deposit_amount(), move.currency_id)
            total += -amount if move.move_type == "out_refund" else amount
        return total

    def _get_prepayment_treatment(self, policy=None):
        """How VAT of a deposit made today is treated: ``invoice``, ``receipt`` or ``request``."""
        if policy and policy.vat_treatment not in (False, "country"):
            return policy.vat_treatment
        company = self.company_id or self.env.company
        rule = self.env["prepayment.vat.rule"]._find(company, company._invoice_status_today())
        return rule.treatment or "invoice"

    # Money before the invoice

    def _prepayment_receive(self, lines, payments=()):
        """Money has come for this order: it belongs on a deposit invoice dated the day it came.

        Open invoices of the order are paid first. Drafts of planned deposits are posted with that date; what they do
        not cover gets an invoice of its own. In countries where a deposit is no invoice (payment request) nothing is
        due.

        :param lines: open receivable items (credits) of the customer
        :param payments: payments without an entry of their own, which are linked with the invoices instead
        :return: the posted invoices the money was matched with
        """
        self.ensure_one()
        moves = self.env["account.move"]
        order = self.sudo().with_company(self.company_id)
        for line in lines.sudo().sorted("date"):
            if line.reconciled or not line.amount_residual:
                continue
            for move in order._get_documents_for_money(order._get_money_amount(line), line.date):
                receivable = move.line_ids.filtered(
                    lambda item, line=line: item.account_id == line.account_id and not item.reconciled
                )
                if receivable and not line.reconciled:
                    (receivable | line).reconcile()
                    moves |= move
        for payment in payments:
            amount = payment.currency_id._convert(payment.amount, order.currency_id, order.company_id, payment.date)
            documents = order._get_documents_for_money(decimal(amount, order.currency_id), payment.date)
            payment.sudo().invoice_ids |= documents
            moves |= documents
        return moves

    def _get_documents_for_money(self, money, date):
        """Invoices to match with a receipt of ``money``, as many as it covers.

        First those that are open, deposits or not; only what is left of the money is a new deposit, dated its day.
        """
        self.ensure_one()
        self._lock_prepayment(wait=True)
        moves = self.env["account.move"].sudo()
        for move in self._get_open_invoices(money):
            if money <= 0:
                return moves
            moves |= move
            money -= decimal(move._get_open_amount(), self.currency_id)
        drafts = self._get_prepayment_invoices().filtered(
            lambda move: move.state == "draft" and move.move_type == "out_invoice"
        )
        for draft in drafts.sorted("id"):
            if money <= 0:
                return moves
            deposit = self._post_deposit_of_money(draft, money, date)
            moves |= deposit
            money -= decimal(deposit.amount_total, self.currency_id)
        rest = min(money, self._get_depositable_amount())
        if rest > 0:
            moves |= self._create_deposit_of_money(rest, date)
        return moves

    def _get_open_invoices(self, money=None):
        """Posted invoices of this order that are not paid: the one of exactly ``money`` first, then those due first."""
        self.ensure_one()
        moves = self._get_invoiced_documents().filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.currency_id.compare_amounts(move._get_open_amount(), 0) > 0
            )
        )
        return moves.sorted(
            lambda move: (
                decimal(move._get_open_amount(), self.currency_id) != money,
                move.invoice_date_due or move.date,
                move.id,
            )
        )

    def _post_deposit_of_money(self, draft, money, date):
        """A draft becomes the deposit invoice of a receipt: where VAT falls due on receipt, of no more than came."""
        policy = draft.prepayment_milestone_id.policy_id or self.prepayment_policy_id
        if self._get_prepayment_treatment(policy) == "receipt":
            planned = sum((cell.total for _line, cell, _quantity in draft._get_sale_line_cells()), Decimal(0))
            if planned > money:
                draft._lower_deposit(money)
                return self._create_deposit_of_money(money, date)
        draft._post_on(date)
        return draft

    def _get_money_amount(self, line):
        """An open receipt in the currency of the order."""
        if line.currency_id == self.currency_id:
            return decimal(-line.amount_residual_currency, self.currency_id)
        amount = line.company_currency_id._convert(-line.amount_residual, self.currency_id, self.company_id, line.date)
        return decimal(amount, self.currency_id)

    def _get_depositable_amount(self):
        """With taxes, what no invoice, draft or posted, has taken yet."""
        self.ensure_one()
        return sum((cell.total for cell in self._get_missing_cells().values()), Decimal(0))

    def _create_deposit_of_money(self, amount, date):
        wanted = WantedDeposit(self.id, (amount, "total"), self._get_prepayment_treatment(self.prepayment_policy_id))
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_ids=self.ids, **{KEY: wanted})
            .create({"sale_order_ids": self.ids, "advance_payment_method": "fixed", "fixed_amount": float(amount)})
        )
        move = wizard._create_invoices(self).sudo()
        move._post_on(date)
        self.prepayment_milestone_ids._adopt_open_deposits()
        return move.with_env(self.env)

    def _prepayment_payments_arrived(self, payments):
        """Payments name these orders: invoice the money or ask, as the company chooses. Never stops the payment."""
        payments = payments.sudo().filtered(
            lambda payment: payment.payment_type == "inbound" and payment.partner_type == "customer"
        )
        without_entry = payments.filtered(
            lambda payment: not payment.move_id and not payment.invoice_ids and payment.state in ("in_process", "paid")
        )
        self._prepayment_money_arrived(payments.move_id.line_ids, without_entry)

    def _prepayment_money_arrived(self, lines, payments):
        for order in self.sudo().filtered(lambda order: order.state == "sale"):
            open_lines = lines.sudo().filtered(
                lambda line: (
                    line.account_type == "asset_receivable" and not line.reconciled and line.amount_residual < 0
                )
            )
            if not (open_lines or payments):
                continue
            order._tell_draft_that_money_came(open_lines, payments)
            if not order._is_deposit_due_on_money():
                continue
            if order.company_id.prepayment_money_rule == "create":
                order._prepayment_attempt(
                    lambda order=order, items=open_lines: order._prepayment_receive(items, payments)
                )
            elif order._is_more_than_invoiced(open_lines, payments):
                order._prepayment_activity(
                    self.env._("Money received before the invoice"),
                    self.env._(
                        "VAT is due when the money is received. Make a deposit invoice dated %s.",
                        format_date(self.env, (open_lines or payments)[0].date),
                    ),
                )

    def _tell_draft_that_money_came(self, lines, payments):
        """A draft invoice of the goods has taken the whole order, so no deposit can be made: it is to be posted."""
        self.ensure_one()
        invoices = self._get_invoiced_documents().filtered(lambda move: move.move_type == "out_invoice")
        drafts = (invoices - self._get_prepayment_invoices()).filtered(lambda move: move.state == "draft")
        if not drafts or self._get_depositable_amount() > 0 or not self._is_vat_due_on_money():
            return
        if self._is_more_than_invoiced(lines, payments):
            self._prepayment_activity(
                self.env._("Money received before the invoice"),
                self.env._(
                    "VAT is due when the money is received. Post the draft invoice of order %(order)s with the date "
                    "%(date)s, and match it with the payment.",
                    order=self.name,
                    date=format_date(self.env, (lines or payments)[0].date),
                ),
            )

    def _is_more_than_invoiced(self, lines, payments):
        """Whether this money is more than the open invoices of the order, so that a deposit invoice is missing."""
        self.ensure_one()
        money = sum((self._get_money_amount(line) for line in lines), Decimal(0))
        for payment in payments:
            amount = payment.currency_id._convert(payment.amount, self.currency_id, self.company_id, payment.date)
            money += decimal(amount, self.currency_id)
        return money > sum(decimal(move._get_open_amount(), self.currency_id) for move in self._get_open_invoices())

    def _is_deposit_due_on_money(self):
        """Whether money on this order wants a document: it has a plan, or its country taxes money on receipt."""
        self.ensure_one()
        if self._get_depositable_amount() <= 0 and not self._get_prepayment_invoices():
            return False
        return bool(self.prepayment_milestone_ids) or self._is_vat_due_on_money()

    def _is_vat_due_on_money(self):
        """Whether the country of the order's company taxes money that comes before invoice and delivery."""
        rule = self.env["prepayment.vat.rule"]._find(self.company_id, self.company_id._invoice_status_today())
        return rule.treatment in ("invoice", "receipt")


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _compute_qty_delivered(self):
        # EXTENDS 'sale': whatever delivers (a transfer, a time sheet, a user), the end of the transaction looks at it
        result = super()._compute_qty_delivered()
        orders = self.filtered("id").order_id.filtered(
            lambda order: order.state == "sale" and order.sudo().prepayment_milestone_ids
        )
        orders._prepayment_look_at_delivery()
        return result

    def write(self, vals):
        # EXTENDS 'sale': delivered by hand
        result = super().write(vals)
        if "qty_delivered" in vals:
            self.order_id.filtered(lambda order: order.state == "sale")._prepayment_look_at_delivery()
        return result
