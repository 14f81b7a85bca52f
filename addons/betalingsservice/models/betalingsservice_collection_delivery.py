import re

from odoo import api, models
from odoo.exceptions import UserError

from ..const import DRAWN_STATES, PRODUCTION
from ..formats import calendar, records
from ..formats.delivery_0601 import NO_MANDATE, Collection

TEXT_WIDTH, AMOUNT_WIDTH, ADDRESS_WIDTH = 60, 14, 35
MOST_TEXTS = 200
MOST_NAMES = 5
#: As people write it: with the letters of the country in front, or without.
POSTCODE = re.compile(r"(?:DK[ -]?)?(\d{4})", re.ASCII)
PAYMENT_ID_WIDTH = 15


class BetalingsserviceCollection(models.Model):
    """From the collection to the records of its delivery."""

    _inherit = "betalingsservice.collection"

    @api.model
    def _take_for_delivery(self, creditor, date_to):
        """Lock and return what can go into a delivery; what cannot keeps its reason.

        :raises UserError: somebody is changing one of them just now; left out in silence it would wait a month
        """
        wanted = self.search(
            [
                ("creditor_id", "=", creditor.id),
                ("state", "=", "to_send"),
                ("delivery_id", "=", False),
                ("is_held", "=", False),
                ("payment_date", "!=", False),
                ("payment_date", "<=", date_to),
            ],
            order="agreement_id, payment_date, id",
        )
        candidates = wanted.try_lock_for_update()
        busy = wanted - candidates
        if busy:
            names = ", ".join(busy[:MOST_NAMES].mapped("display_name"))
            raise UserError(
                self.env._(
                    "%(count)s collections are being changed by somebody right now (%(names)s). Nothing was delivered; "
                    "try again in a moment.",
                    count=len(busy),
                    names=f"{names}, …" if len(busy) > MOST_NAMES else names,
                )
            )
        candidates._refresh_lines()
        ready = self.browse()
        faults = {collection: collection._faults() for collection in candidates if collection.state == "to_send"}
        for message, found in self.browse().union(*faults).grouped(lambda c: " ".join(faults[c]) or False).items():
            if any(collection.error_message != message for collection in found):
                found._system_write({"error_message": message})
            if not message:
                ready |= found
        return ready._without_negative_net().sorted(lambda c: (c.agreement_id.id, c.payment_date, c.id))

    def _without_negative_net(self):
        """Disbursements wait when they would exceed the collections of their section: no file can say so."""
        kept = self
        for own in self.grouped(lambda c: (c.agreement_id.group_id, c.section)).values():
            net = sum(own.mapped("amount"))
            for collection in own.filtered(lambda c: c.amount < 0).sorted("amount"):
                if round(net, 2) >= 0:
                    break
                net -= collection.amount
                kept -= collection
                collection._system_write(
                    {
                        "error_message": self.env._(
                            "The credit notes of the delivery exceed its collections; this one waits for the next."
                        )
                    }
                )
        return kept

    def _faults(self):
        """What stops the collection, in a bookkeeper's words."""
        self.ensure_one()
        faults = []
        if self.section == "0112" and self.agreement_id.state != "active":
            faults.append(self.env._("The customer has no active agreement."))
        faults += self._discarded_faults() + self._date_faults()
        if self.creditor_id.solution == "total" or self.section == "0117":
            faults += self._address_faults()
        return faults

    def _address_faults(self):
        """At least name and street, with a Danish postcode; three lines abroad. Specification, section 1.5."""
        partner, foreign = self.partner_id, self._is_foreign()
        has_place = bool(((partner.city if foreign else partner.zip) or "").strip())
        if not has_place or len(self._address_lines(foreign)) < (3 if foreign else 2):
            text = self.env._(
                "%(customer)s has no street and postcode, which the delivery needs.", customer=partner.name
            )
            return [text]
        if not foreign and not self._postcode():
            text = self.env._(
                "%(customer)s: the postcode “%(postcode)s” does not have four digits.",
                customer=partner.name,
                postcode=partner.zip,
            )
            return [text]
        return []

    def _postcode(self):
        """The four digits of a Danish postcode, or an empty string."""
        found = POSTCODE.fullmatch((self.partner_id.zip or "").strip().upper())
        return found[1] if found else ""

    def _date_faults(self):
        now = self.creditor_id._local_now()
        if self.section == "0117":
            earliest = self.creditor_id._earliest_slip_date()
            if self.payment_date >= earliest:
                return []
            text = self.env._(
                "A slip to be paid on %(date)s is sent too late; the first day is %(earliest)s. Choose a later day.",
                date=self.payment_date.strftime("%d.%m.%Y"),
                earliest=earliest.strftime("%d.%m.%Y"),
            )
            return [text]
        faults = []
        deadline = self.creditor_id._delivery_deadline(self.payment_date)
        if now >= deadline:
            faults.append(
                self.env._(
                    "The deadline %(deadline)s for %(date)s has passed. Choose a later day and tell the customer.",
                    deadline=deadline.strftime("%d.%m.%Y %H:%M"),
                    date=self.payment_date.strftime("%d.%m.%Y"),
                )
            )
        most = calendar.rules(self.payment_date).most_days_ahead
        if (self.payment_date - now.date()).days > most:
            faults.append(self.env._("The day is more than %(days)s days ahead.", days=most))
        return faults

    def _is_drawn(self):
        """The payer need not pay in another way."""
        self.ensure_one()
        return bool(
            self.state in DRAWN_STATES
            and self.payment_date
            and self.section == "0112"
            and self.creditor_id.subsystem == PRODUCTION
            and (not self._is_open() or self._can_be_reached())
        )

    def _can_be_reached(self):
        """Nothing known stops it from being drawn on its day."""
        self.ensure_one()
        return (
            not self.is_held
            and self.agreement_id.state == "active"
            and self.creditor_id._local_now() < self.creditor_id._delivery_deadline(self.payment_date)
        )

    def _is_foreign(self):
        country = self.partner_id.country_id
        return bool(country) and country.code != "DK"

    # Records

    def _prepare_record(self):
        """The collection as the format code takes it."""
        self.ensure_one()
        agreement, partner = self.agreement_id, self.partner_id
        foreign, is_slip = self._is_foreign(), self.section == "0117"
        with_address = is_slip or self.creditor_id.solution == "total"
        vat = re.sub(r"\D", "", partner.vat or "")
        return Collection(
            customer_number=agreement.customer_number,
            is_number_kept=agreement.is_number_kept,
            mandate_number=NO_MANDATE if is_slip else agreement.mandate_number or NO_MANDATE,
            payment_date=self.payment_date,
            amount=records.kroner(round(self.amount * 100)),
            reference=self.reference,
            address=self._address_lines(foreign) if with_address else (),
            postcode="" if foreign else self._postcode(),
            country=(partner.country_id.code or "DK")[:3],
            payer_id=vat.rjust(10, "0") if with_address and not foreign and len(vat) == 8 else "",
            payment_id=self._slip_payment_id() if is_slip else "",
            texts=self._text_lines(),
        )

    def _slip_payment_id(self):
        """The +71 number of the one invoice on the slip; several invoices get a number of the operator's."""
        move = self._lines().move_id
        number = move.payment_id_number or "" if len(move) == 1 and move.payment_card_type == "71" else ""
        return number if len(number) == PAYMENT_ID_WIDTH else ""

    def _address_lines(self, foreign):
        partner = self.partner_id
        lines = [partner.name, partner.street, partner.street2]
        if foreign:
            lines.append(f"{partner.zip or ''} {partner.city or ''}".strip())
        return tuple(text for line in lines if (text := records.printable(line, ADDRESS_WIDTH)))

    def _text_lines(self):
        """What the payer reads on the overview: each document with its lines and amounts, then the total."""
        self.ensure_one()
        lines = self._lines().with_context(lang=self.partner_id.lang or self.env.lang)
        texts = [text for line in lines for text in self._document_texts(line)]
        if len(texts) > MOST_TEXTS:
            texts = [text for line in lines for text in self._short_texts(line)][: MOST_TEXTS - 1]
        texts.append(self._text_line(lines.env._("Total"), self.amount))
        return tuple(texts)

    def _document_texts(self, line):
        move = line.move_id
        sign = -1 if move.move_type == "out_refund" else 1
        texts = [records.printable(self._document_title(move), TEXT_WIDTH)]
        others = move._betalingsservice_receivables() - line.instalment_id if line.instalment_id else ()
        for item in move.invoice_line_ids.filtered(lambda item: item.display_type == "product"):
            texts.append(self._text_line(item.name or item.product_id.display_name, sign * item.price_total))
        others_amount = -sum(item.amount_currency for item in others)
        if others:
            texts.append(self._text_line(line.env._("Other instalments"), others_amount))
            texts.append(records.printable(self._instalment_title(line, others), TEXT_WIDTH))
        rest = round(line.amount - sign * move.amount_total - others_amount, 2)
        if rest:
            texts.append(self._text_line(line.env._("Paid or credited"), rest))
        return texts

    def _instalment_title(self, line, others):
        """Which of how many it is, in the order they are due."""
        every = (others | line.instalment_id).sorted(lambda item: (item.date_maturity, item.id))
        return line.env._(
            "Instalment %(number)s of %(count)s, due %(date)s",
            number=every.ids.index(line.instalment_id.id) + 1,
            count=len(every),
            date=line.instalment_id.date_maturity.strftime("%d.%m.%Y"),
        )

    def _short_texts(self, line):
        """One line per document, when all their lines would be too many."""
        return [self._text_line(self._document_title(line.move_id), line.amount)]

    def _document_title(self, move):
        values = {"number": move.name, "date": (move.invoice_date or move.date).strftime("%d.%m.%Y")}
        if move.move_type == "out_refund":
            return move.env._("Credit note %(number)s of %(date)s", **values)
        return move.env._("Invoice %(number)s of %(date)s", **values)

    def _text_line(self, label, amount):
        text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
        label_width = TEXT_WIDTH - AMOUNT_WIDTH - 1
        return f"{records.printable(label, label_width):<{label_width}} {text:>{AMOUNT_WIDTH}}"
