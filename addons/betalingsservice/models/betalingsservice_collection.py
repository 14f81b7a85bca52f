from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import CLOSED_STATES, COLLECTION_STATES, CURRENCY, FOLLOW_UPS, SECTIONS
from ..formats import calendar


class BetalingsserviceCollection(models.Model):
    """What one payer is asked for on one day: claimed once, delivered once, answered by delivery 0602."""

    _name = "betalingsservice.collection"
    _description = "Betalingsservice Collection"
    _inherit = ["system.fields.mixin", "mail.thread"]
    _order = "payment_date desc, id desc"
    _check_company_auto = True
    _rec_name = "reference"

    line_ids = fields.One2many("betalingsservice.collection.line", "collection_id", string="Invoices and Credit Notes")
    move_ids = fields.Many2many("account.move", string="Invoices", compute="_compute_move_ids")
    move_id = fields.Many2one("account.move", string="First Invoice", compute="_compute_move_ids")
    invoice_count = fields.Integer(compute="_compute_move_ids")
    agreement_id = fields.Many2one(
        "betalingsservice.agreement",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    partner_id = fields.Many2one(related="agreement_id.partner_id", string="Customer", store=True, index=True)
    creditor_id = fields.Many2one(related="agreement_id.creditor_id", store=True, index=True)
    customer_number = fields.Char(related="agreement_id.customer_number")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    section = fields.Selection(SECTIONS, string="Way", required=True, readonly=True, default="0112")
    delivery_id = fields.Many2one(
        "betalingsservice.delivery", readonly=True, index="btree_not_null", ondelete="restrict", check_company=True
    )
    state = fields.Selection(
        COLLECTION_STATES, required=True, default="to_send", readonly=True, index=True, tracking=True
    )
    is_held = fields.Boolean(string="On Hold", tracking=True, help="Stays out of deliveries until released.")
    reference = fields.Char(
        readonly=True, index="btree_not_null", help="Sent with the collection, and returned with the answer."
    )
    reference_key = fields.Char(readonly=True, help="The nine characters that come back with slips too.")
    amount = fields.Monetary(compute="_compute_amount", store=True, tracking=True)
    due_date = fields.Date(readonly=True)
    payment_date = fields.Date(string="Drawn On", tracking=True, index=True)
    date_reason = fields.Char(string="Why This Day", readonly=True)
    final_date = fields.Date(
        compute="_compute_final_date",
        store=True,
        help="Until then the payer may reject or take back the payment in the net bank.",
    )
    is_final = fields.Boolean(compute="_compute_final_text")
    final_text = fields.Char(string="Final", compute="_compute_final_text")
    error_message = fields.Char(string="What Is Wrong", readonly=True)
    paid_amount = fields.Monetary(readonly=True)
    paid_date = fields.Date(readonly=True)
    outcome_text = fields.Char(string="Answer", readonly=True)
    excess_amount = fields.Monetary(
        string="Drawn Too Much",
        compute="_compute_excess_amount",
        help="Paid or credited otherwise after the collection was delivered.",
    )
    is_stopped = fields.Boolean(
        string="Stopped before the Delivery",
        readonly=True,
        help="The agreement ended before the collection left, and nothing was decided on its invoices yet.",
    )
    can_follow_up = fields.Boolean(compute="_compute_can_follow_up")
    follow_up = fields.Selection(FOLLOW_UPS, string="After the Rejection", readonly=True, tracking=True)
    report_line_ids = fields.One2many("paymatch.report.line", "betalingsservice_collection_id", string="Answers")

    _agreement_date_uniq = models.UniqueIndex(
        "(agreement_id, payment_date) WHERE state <> 'cancelled'",
        "Betalingsservice draws at most once per customer number and day. Choose another day.",
    )
    _reference_uniq = models.UniqueIndex(
        "(creditor_id, reference_key) WHERE reference_key IS NOT NULL", "The reference is used already."
    )

    # Computes

    @api.depends("line_ids.is_withdrawn")
    def _compute_move_ids(self):
        for collection in self:
            lines = collection._lines() or collection.line_ids
            collection.move_ids = lines.move_id
            collection.move_id = lines.move_id[:1]
            collection.invoice_count = len(lines.move_id)

    def _compute_currency_id(self):
        self.currency_id = self.env["res.currency"].search([("name", "=", CURRENCY)], limit=1)

    @api.depends("line_ids.amount", "line_ids.is_withdrawn")
    def _compute_amount(self):
        for collection in self:
            collection.amount = round(sum(collection._lines().mapped("amount")), 2)

    @api.depends("payment_date", "creditor_id.final_banking_day")
    def _compute_final_date(self):
        for collection in self:
            count = collection.creditor_id.final_banking_day
            collection.final_date = collection.payment_date and calendar.final_day(collection.payment_date, count)

    @api.depends("state", "final_date")
    def _compute_final_text(self):
        today = self.env["betalingsservice.creditor"]._local_now().date()
        for collection in self:
            collection.is_final = collection.state == "paid" and collection.final_date < today
            if collection.state != "paid" or collection.is_final:
                collection.final_text = False
                continue
            collection.final_text = self.env._(
                "Not final until %(date)s: the payer may still take the payment back.",
                date=collection.final_date.strftime("%d.%m.%Y"),
            )

    @api.depends("state", "line_ids.amount", "line_ids.move_id.amount_residual")
    def _compute_excess_amount(self):
        for collection in self:
            excess = 0.0
            if collection.state == "delivered" or (collection.state == "to_send" and collection.delivery_id):
                excess = sum(
                    max(line.amount - line._open_amount(), 0.0) for line in collection._lines() if line.amount > 0
                )
            collection.excess_amount = round(excess, 2)

    @api.depends("state", "delivery_id", "is_stopped", "follow_up")
    def _compute_can_follow_up(self):
        for collection in self:
            collection.can_follow_up = (
                collection.state in CLOSED_STATES
                and (bool(collection.delivery_id) or collection.is_stopped)
                and not collection.follow_up
            )

    # CRUD

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        if self:
            raise UserError(self.env._("Collections are kept. Put one on hold, or credit the invoice, to stop it."))

    def write(self, vals):
        if {"payment_date", "is_held"} & vals.keys():
            self._check_undelivered()
        if vals.get("payment_date"):
            date = fields.Date.to_date(vals["payment_date"])
            if not calendar.is_banking_day(date):
                raise UserError(self.env._("%(date)s is not a Danish banking day.", date=date.strftime("%d.%m.%Y")))
            self._check_day_of_number(date)
            self.sudo().write({"error_message": False})
        return super().write(vals)

    def _check_undelivered(self):
        for collection in self.filtered(lambda c: c.state != "to_send" or c.delivery_id):
            raise UserError(
                self.env._(
                    "%(name)s is in a delivery: its day cannot be changed here. Ask the operator, or discard the "
                    "delivery when it has not been sent.",
                    name=collection.display_name,
                )
            )

    def _lines(self):
        """The invoices and credit notes that make the amount."""
        lines = self.line_ids
        # filtered() forgets the other collections read with this one, and thousands follow an answer at once
        return lines.filtered(lambda line: not line.is_withdrawn).with_prefetch(lines._prefetch_ids)

    def _is_open(self):
        """Nothing has been written into a file yet."""
        self.ensure_one()
        return self.state == "to_send" and not self.delivery_id

    # Amounts before the delivery

    def _refresh_lines(self):
        """What is still open on each document; nothing open any more ends the collection."""
        for collection in self.filtered(lambda c: c._is_open()):
            lines = collection._lines()
            for line in lines:
                open_amount = line._open_amount()
                if not round(open_amount, 2):
                    line._withdraw(self.env._("Nothing is open on the invoice any more."))
                elif round(open_amount - line.amount, 2):
                    line._system_write({"amount": open_amount})
            collection._drop_credits()
            if not collection._lines():
                collection._release(self.env._("Nothing is open on the invoice any more."))

    def _drop_credits(self):
        """Credit notes wait for another collection when they would take all of this one."""
        credits = self._lines().filtered(lambda line: line.amount < 0)
        invoices = self._lines() - credits
        total = sum(self._lines().mapped("amount"))
        for line in credits.sorted("id", reverse=True) if invoices else ():
            if round(total, 2) > 0:
                break
            total -= line.amount
            line._withdraw(self.env._("The rest of the collection is smaller than the credit note."))

    # Ends and answers

    def _release(self, reason):
        """Cancel what has not been put into a delivery; the invoices are to be paid in another way."""
        self.filtered(lambda c: c._is_open())._system_write(
            {"state": "cancelled", "outcome_text": reason, "error_message": False}
        )

    def _stop(self, reason):
        """The payer cannot be drawn any more: told on the invoices, which somebody has to decide on."""
        stopped = self.filtered(lambda c: c._is_open())
        stopped._release(reason)
        stopped._system_write({"is_stopped": True})
        self._tell_outcomes(dict.fromkeys(stopped.ids, reason))

    def _on_invoice_paid(self, moves):
        """Invoices were paid or credited otherwise: claim less, nothing, or tell what to do by hand.

        :param moves: ``account.move`` whose residual changed
        """
        self.filtered(lambda c: c._is_open())._refresh_lines()
        for collection in self.filtered(lambda c: c.excess_amount and not c.report_line_ids):
            names = ", ".join((collection.move_ids & moves).mapped("name"))
            if collection.delivery_id.state == "ready":
                collection.message_post(
                    body=self.env._(
                        "%(invoice)s was paid or credited after it was written into %(delivery)s, which has not been "
                        "sent. Press “Discard” on the delivery and make it again: the collection then is what is open.",
                        invoice=names,
                        delivery=collection.delivery_id.name,
                    )
                )
                continue
            collection.message_post(
                body=self.env._(
                    "%(invoice)s was paid or credited after it was delivered to Betalingsservice. No file "
                    "withdraws a collection: stop it on the operator's web page or by telephone, or pay the "
                    "amount back later. A credit note can be deducted from a later collection instead: press "
                    "“Credit Later”.",
                    invoice=names,
                )
            )

    def _apply_outcomes(self, lines):
        """Follow approved lines of delivery 0602, each with its collection; what failed is told in one go."""
        quiet = lines.betalingsservice_collection_id.with_context(tracking_disable=True).with_prefetch()
        told = {}
        for line in lines:
            collection = quiet.browse(line.betalingsservice_collection_id.id).with_prefetch(quiet._ids)
            text = line._betalingsservice_outcome_text()
            values = {"state": line.outcome, "outcome_text": text}
            if line.outcome in ("paid", "charged_back"):
                values.update(paid_date=line.payment_date, paid_amount=abs(line.gross_amount))
            collection.sudo().write(values)
            if line.outcome in CLOSED_STATES:
                told[collection.id] = text
        self._tell_outcomes(told)

    @api.model
    def _tell_outcomes(self, texts):
        """A note on each collection and its invoices: a file may hold thousands of rejections.

        :param dict texts: by collection id
        """
        collections = self.browse(texts)
        for text, found in collections.grouped(lambda c: texts[c.id]).items():
            found.move_ids._log_status_cause("channel", text)
        by_move = {move.id: texts[collection.id] for collection in collections for move in collection.move_ids}
        self.env["account.move"].browse(by_move)._message_log_batch(by_move)
        collections._message_log_batch(texts)

    def _undo_outcome(self, line):
        """An approval was undone: back to what was known before it."""
        self.ensure_one()
        told = self.report_line_ids.filtered(lambda other: other.report_id.is_approved and other != line)
        earlier = told.sorted("id")[-1:]
        has_moved = earlier.outcome in ("paid", "charged_back")
        self._system_write(
            {
                "state": earlier.outcome or "delivered",
                "outcome_text": earlier._betalingsservice_outcome_text() if earlier else False,
                "paid_date": has_moved and earlier.payment_date,
                "paid_amount": abs(earlier.gross_amount) if has_moved else 0.0,
            }
        )
        if line.outcome == "paid":
            self.line_ids.sudo().item_id = False

    # Buttons

    def action_hold(self):
        self.write({"is_held": True})
        return True

    def action_release_hold(self):
        """Let go what was held; a collection without a day gets one."""
        self.write({"is_held": False})
        for collection in self.filtered(lambda c: not c.payment_date):
            collection._choose_date(collection.due_date)
        return True

    def action_open_invoices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice")
        action = {**action, "domain": [("id", "in", self.move_ids.ids)], "context": {"create": False}}
        if len(self.move_ids) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=self.move_ids.id)
        return action
