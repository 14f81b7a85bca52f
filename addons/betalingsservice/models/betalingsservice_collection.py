import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import CLOSED_STATES, COLLECTION_STATES
from ..formats import calendar, records
from ..formats.delivery_0601 import Collection

TEXT_WIDTH, AMOUNT_WIDTH, ADDRESS_WIDTH = 60, 14, 35
MOST_TEXTS = 200


class BetalingsserviceCollection(models.Model):
    """An invoice claimed for Betalingsservice: claimed once, delivered once, answered by delivery 0602."""

    _name = "betalingsservice.collection"
    _description = "Betalingsservice Collection"
    _inherit = ["system.fields.mixin", "mail.thread"]
    _order = "payment_date desc, id desc"
    _check_company_auto = True
    _rec_name = "reference"

    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
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
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="move_id.currency_id", store=True)
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
    amount = fields.Monetary(readonly=True, tracking=True)
    due_date = fields.Date(readonly=True)
    payment_date = fields.Date(string="Drawn On", tracking=True, index=True)
    date_reason = fields.Char(string="Why This Day", readonly=True)
    final_date = fields.Date(
        compute="_compute_final_date", help="Until then the payer may reject or take back the payment in the net bank."
    )
    error_message = fields.Char(string="What Is Wrong", readonly=True)
    paid_amount = fields.Monetary(readonly=True)
    paid_date = fields.Date(readonly=True)
    outcome_text = fields.Char(string="Answer", readonly=True)
    report_line_ids = fields.One2many("paymatch.report.line", "betalingsservice_collection_id", string="Answers")

    _move_uniq = models.UniqueIndex(
        "(move_id) WHERE state NOT IN ('rejected', 'cancelled', 'charged_back')",
        "The invoice is already being collected by Betalingsservice.",
    )
    _agreement_date_uniq = models.UniqueIndex(
        "(agreement_id, payment_date) WHERE state <> 'cancelled'",
        "Betalingsservice draws at most once per customer number and day. Choose another day.",
    )
    _reference_uniq = models.UniqueIndex(
        "(creditor_id, reference_key) WHERE reference_key IS NOT NULL", "The reference is used already."
    )

    @api.depends("payment_date")
    def _compute_final_date(self):
        for collection in self:
            collection.final_date = collection.payment_date and calendar.final_day(collection.payment_date)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        if self:
            raise UserError(self.env._("Collections are kept. Put one on hold, or credit the invoice, to stop it."))

    def write(self, vals):
        if {"payment_date", "is_held"} & vals.keys():
            for collection in self.filtered(lambda c: c.state != "to_send" or c.delivery_id):
                raise UserError(
                    self.env._(
                        "%(name)s is in a delivery: its day cannot be changed here. Ask the operator, or discard the "
                        "delivery when it has not been sent.",
                        name=collection.display_name,
                    )
                )
        if vals.get("payment_date"):
            date = fields.Date.to_date(vals["payment_date"])
            if not calendar.is_banking_day(date):
                raise UserError(self.env._("%(date)s is not a Danish banking day.", date=date.strftime("%d.%m.%Y")))
            self.sudo().write({"error_message": False})
        return super().write(vals)

    # Claim

    @api.model
    def _claim(self, moves):
        """One collection per invoice; the day is chosen with its reason."""
        collections = self.browse()
        for move in moves:
            agreement = move.betalingsservice_agreement_id
            taken = set(
                self.search(
                    [
                        ("agreement_id", "=", agreement.id),
                        ("state", "!=", "cancelled"),
                        ("payment_date", ">=", fields.Date.context_today(self)),
                    ]
                ).mapped("payment_date")
            )
            due = move.invoice_date_due or move.invoice_date
            date, reason = agreement.creditor_id._payment_date(due, taken)
            collection = self._system_create(
                {
                    "move_id": move.id,
                    "agreement_id": agreement.id,
                    "amount": move.amount_residual,
                    "due_date": due,
                    "payment_date": date,
                    "date_reason": reason,
                    "error_message": False if date else reason,
                }
            )
            key = f"{collection.id:09d}"
            collection._system_write({"reference_key": key, "reference": records.printable(f"{key} {move.name}", 30)})
            collections |= collection
        return collections

    # Delivery

    @api.model
    def _take_for_delivery(self, creditor, date_to):
        """Lock and return what can go into a delivery; what cannot keeps its reason."""
        candidates = self.search(
            [
                ("creditor_id", "=", creditor.id),
                ("state", "=", "to_send"),
                ("delivery_id", "=", False),
                ("is_held", "=", False),
                ("payment_date", "!=", False),
                ("payment_date", "<=", date_to),
            ],
            order="agreement_id, payment_date, id",
        ).try_lock_for_update()
        ready = self.browse()
        for collection in candidates:
            collection._refresh_amount()
            if collection.state != "to_send":
                continue
            faults = collection._faults()
            collection._system_write({"error_message": " ".join(faults) or False})
            if not faults:
                ready |= collection
        return ready

    def _refresh_amount(self):
        """The amount still open; nothing open any more ends the collection."""
        self.ensure_one()
        open_amount = self.move_id.amount_residual
        if self.currency_id.is_zero(open_amount):
            self._release(self.env._("Nothing is open on the invoice any more."))
        elif self.currency_id.compare_amounts(open_amount, self.amount):
            self._system_write({"amount": open_amount})

    def _faults(self):
        """What stops the collection, in a bookkeeper's words."""
        self.ensure_one()
        creditor = self.creditor_id
        faults = []
        if self.agreement_id.state != "active":
            faults.append(self.env._("The customer has no active agreement."))
        deadline = calendar.delivery_deadline(self.payment_date)
        if creditor._local_now() > deadline:
            faults.append(
                self.env._(
                    "The deadline %(deadline)s for %(date)s has passed. Choose a later day and tell the customer.",
                    deadline=deadline.strftime("%d.%m.%Y %H:%M"),
                    date=self.payment_date.strftime("%d.%m.%Y"),
                )
            )
        most = calendar.rules(self.payment_date).most_days_ahead
        if (self.payment_date - creditor._local_now().date()).days > most:
            faults.append(self.env._("The day is more than %(days)s days ahead.", days=most))
        if creditor.solution == "total":
            partner = self.partner_id
            foreign = partner.country_id and partner.country_id.code != "DK"
            if not partner.street or not (partner.city if foreign else partner.zip):
                faults.append(
                    self.env._(
                        "%(customer)s has no street and postcode, which the delivery needs.", customer=partner.name
                    )
                )
        return faults

    def _prepare_record(self):
        """The collection as the format code takes it."""
        self.ensure_one()
        agreement, partner = self.agreement_id, self.partner_id
        foreign = bool(partner.country_id) and partner.country_id.code != "DK"
        with_address = self.creditor_id.solution == "total"
        vat = re.sub(r"\D", "", partner.vat or "")
        return Collection(
            customer_number=agreement.customer_number,
            mandate_number=agreement.mandate_number or "000000000",
            payment_date=self.payment_date,
            amount=records.kroner(round(self.amount * 100)),
            reference=self.reference,
            address=self._address_lines(foreign) if with_address else (),
            postcode="" if foreign else (partner.zip or "")[:4],
            country=(partner.country_id.code or "DK")[:3],
            payer_id=vat if with_address and not foreign and len(vat) == 8 else "",
            texts=self._text_lines(),
        )

    def _address_lines(self, foreign):
        partner = self.partner_id
        lines = [partner.name, partner.street, partner.street2]
        if foreign:
            lines.append(f"{partner.zip or ''} {partner.city or ''}".strip())
        return tuple(records.printable(line, ADDRESS_WIDTH) for line in lines if line)

    def _text_lines(self):
        """What the payer reads on the overview: the invoice number, then each line with its amount."""
        self.ensure_one()
        move = self.move_id.with_context(lang=self.partner_id.lang or self.env.lang)
        lines = [
            move.env._(
                "Invoice %(number)s of %(date)s",
                number=move.name,
                date=(move.invoice_date or move.date).strftime("%d.%m.%Y"),
            )
        ]
        for line in move.invoice_line_ids.filtered(lambda item: item.display_type == "product")[:MOST_TEXTS]:
            lines.append(self._text_line(line.name or line.product_id.display_name, line.price_total))
        if self.currency_id.compare_amounts(self.amount, move.amount_total):
            lines.append(self._text_line(move.env._("Paid or credited"), self.amount - move.amount_total))
        lines.append(self._text_line(move.env._("Total"), self.amount))
        return tuple(records.printable(line, TEXT_WIDTH) if place == 0 else line for place, line in enumerate(lines))

    def _text_line(self, label, amount):
        text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
        label_width = TEXT_WIDTH - AMOUNT_WIDTH - 1
        return f"{records.printable(label, label_width):<{label_width}} {text:>{AMOUNT_WIDTH}}"

    # Ends and answers

    def _release(self, reason):
        """Cancel what has not been put into a delivery; the invoice is to be paid in another way."""
        for collection in self.filtered(lambda c: c.state == "to_send" and not c.delivery_id):
            collection._system_write({"state": "cancelled", "outcome_text": reason, "error_message": False})

    def _on_invoice_paid(self):
        """The invoice was paid or credited otherwise: claim less, nothing, or tell what to do by hand."""
        for collection in self:
            if collection.state == "to_send" and not collection.delivery_id:
                collection._refresh_amount()
            elif collection._is_paid_otherwise():
                collection.message_post(
                    body=self.env._(
                        "%(invoice)s was paid or credited after it was delivered to Betalingsservice. No file "
                        "withdraws a collection: stop it on the operator's web page or by telephone, or pay the "
                        "amount back later.",
                        invoice=collection.move_id.name,
                    )
                )

    def _is_paid_otherwise(self):
        self.ensure_one()
        return (
            (self.state == "delivered" or (self.state == "to_send" and self.delivery_id))
            and self.currency_id.compare_amounts(self.move_id.amount_residual, self.amount) < 0
            and not self.report_line_ids
        )

    def _apply_outcome(self, line):
        """Follow an approved line of delivery 0602."""
        self.ensure_one()
        text = line._betalingsservice_outcome_text()
        values = {"state": line.outcome, "outcome_text": text}
        if line.outcome in ("paid", "charged_back"):
            values.update(paid_date=line.payment_date, paid_amount=abs(line.gross_amount))
        self._system_write(values)
        if line.outcome in CLOSED_STATES:
            self.move_id._log_status_cause("channel", text)
            self.move_id.message_post(body=text)

    def _undo_outcome(self, line):
        """An approval was undone: back to what was known before it."""
        self.ensure_one()
        earlier = self.report_line_ids.filtered(lambda other: other.report_id.is_approved and other != line)
        state = earlier.sorted("id")[-1:].outcome or "delivered"
        self._system_write({"state": state, "outcome_text": False, "paid_date": False, "paid_amount": 0.0})

    def action_hold(self):
        self.write({"is_held": True})

    def action_release_hold(self):
        self.write({"is_held": False})
