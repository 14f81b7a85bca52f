from odoo import fields, models

from ..formats import records


class PaymatchReportLine(models.Model):
    _inherit = "paymatch.report.line"

    betalingsservice_collection_id = fields.Many2one(
        "betalingsservice.collection",
        string="Collection",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )

    def _find_betalingsservice_collections(self, creditors):
        """Link each line with the collection it answers: by our reference, and the customer number must agree."""
        keys = {(line.own_reference or "")[:9] for line in self} - {""}
        collections = self.env["betalingsservice.collection"].search(
            [
                ("creditor_id", "in", [creditor.id for creditor in creditors.values()]),
                ("reference_key", "in", list(keys)),
            ]
        )
        by_key = {(c.creditor_id.pbs_number, c.reference_key, c.agreement_id.customer_key): c for c in collections}
        for line in self.sudo():
            key = (
                line.creditor_number,
                (line.own_reference or "")[:9],
                records.customer_key(line.payer_number or ""),
            )
            if key in by_key:
                line.betalingsservice_collection_id = by_key[key].id
        self.sudo().betalingsservice_collection_id._note_answered(self.report_id[:1].name)

    # Matching

    def _match_betalingsservice(self):
        """Values of a line whose collection is known, or None when the bank's amount has to be looked at."""
        self.ensure_one()
        collection = self.betalingsservice_collection_id
        lines = collection._lines()
        values = {"match_state": "matched", "match_move_id": lines.move_id[:1].id}
        if self.outcome in ("rejected", "cancelled"):
            return {**values, "match_reason": self._betalingsservice_reason(lines)}
        twice = self._betalingsservice_told_before()
        if twice:
            text = self.env._(
                "Told twice: line %(line)s of %(report)s says the same of collection %(collection)s. Nothing is booked "
                "a second time; if the bank really moved the money twice, decide the line by hand.",
                line=twice.sequence,
                report=twice.report_id.name,
                collection=collection.reference_key,
            )
            return {**values, "match_state": "open", "match_reason": text}
        if self.outcome == "charged_back":
            return self._match_betalingsservice_charge_back(values, lines)
        if collection.state not in ("delivered", "to_send") or not lines:
            return None
        covered = all(
            line.move_id.state == "posted" and round(abs(line._open_amount()) - abs(line.amount), 2) >= 0
            for line in lines
        )
        if covered and not round(self.gross_amount - collection.amount, 2):
            return {**values, "match_reason": self._betalingsservice_reason(lines)}
        if len(lines) == 1 and not covered and not lines.instalment_id:
            return None  # what is open on another instalment is none of its business
        text = self.env._(
            "%(names)s: %(paid)s was paid, %(collected)s collected, %(open)s is open. Accepted, the invoices are paid "
            "in their order, and what is left stands to the customer's credit.",
            names=", ".join(lines.move_id.mapped("name")),
            paid=self.currency_id.format(self.gross_amount),
            collected=self.currency_id.format(collection.amount),
            open=self.currency_id.format(sum(line._open_amount() for line in lines)),
        )
        return {**values, "match_state": "proposed", "match_reason": text}

    def _match_betalingsservice_charge_back(self, values, lines):
        """The payment it takes back: booked, told in this very file, or in another one nobody has approved yet."""
        collection = self.betalingsservice_collection_id
        items = lines.item_id
        if collection.state == "paid" and len(items) == len(lines):
            if round(abs(self.gross_amount) - abs(collection.paid_amount), 2):
                return None
            return {**values, "match_item_id": items[:1].id, "match_reason": self._betalingsservice_reason(lines)}
        payment = self._betalingsservice_payment()
        if not payment:
            return None
        if payment.report_id == self.report_id:
            return {**values, "match_reason": self._betalingsservice_reason(lines)}
        text = self.env._("The payment taken back is in %s, which has to be approved first.", payment.report_id.name)
        return {**values, "match_state": "open", "match_reason": text}

    def _betalingsservice_told_before(self):
        """An earlier line, not booked yet, that tells the same of the collection: a record doubled, or in two files."""
        self.ensure_one()
        collection = self.betalingsservice_collection_id
        return collection.report_line_ids.filtered(
            lambda line: (
                line.outcome == self.outcome
                and not line.report_id.is_approved
                and not line.report_id.error_message
                and (not line.is_decided_by_user or line.match_move_id in collection.move_ids)
                and (line.report_id.id, line.sequence, line.id) < (self.report_id.id, self.sequence, self.id)
            )
        )[:1]

    def _betalingsservice_payment(self):
        """The line, not booked yet, that says that the collection was paid which this charge-back takes back."""
        self.ensure_one()
        return self.betalingsservice_collection_id.report_line_ids.filtered(
            lambda line: (
                line.outcome == "paid"
                and not line.report_id.is_approved
                and line.report_id.state != "failed"
                and not round(line.gross_amount + self.gross_amount, 2)
            )
        )[:1]

    def _is_betalingsservice_same_file(self):
        """Paid and charged back in one file: the payment is booked just before it is taken back."""
        self.ensure_one()
        return (
            self.outcome == "charged_back"
            and not self.match_item_id
            and not self.is_decided_by_user
            and self.match_state == "matched"
        )

    def _betalingsservice_reason(self, lines):
        names = ", ".join(
            f"{line.move_id.name} {self.currency_id.format(line.amount)}" if len(lines) > 1 else line.move_id.name
            for line in lines
        )
        values = {"collection": self.betalingsservice_collection_id.reference_key, "names": names}
        if self.outcome == "rejected":
            return self.env._("Collection %(collection)s rejected, nothing is booked: %(names)s", **values)
        if self.outcome == "cancelled":
            return self.env._("Collection %(collection)s cancelled, nothing is booked: %(names)s", **values)
        if self.outcome == "charged_back":
            return self.env._("Collection %(collection)s charged back, open again: %(names)s", **values)
        return self.env._("Collection %(collection)s and the amount: %(names)s", **values)

    def _betalingsservice_shares(self):
        """What each document of the collection gets of the amount: ``[(collection line, signed amount)]``.

        Credit notes in full, then the invoices in their order; the last one takes what is too much. Empty when the line
        was matched with something else.
        """
        self.ensure_one()
        collection = self.betalingsservice_collection_id
        lines = collection._lines()
        if self.match_state != "matched" or self.match_move_id not in lines.move_id:
            return []
        if self.outcome == "charged_back":
            if self.match_item_id not in lines.item_id and not self._is_betalingsservice_same_file():
                return []
            return [(line, line.item_id.amount_currency) for line in lines]
        if self.outcome != "paid":
            return []
        return self._shares_of(lines, self.gross_amount)

    @staticmethod
    def _shares_of(lines, amount):
        credits = [line for line in lines if line.amount < 0]
        invoices = [line for line in lines if line.amount >= 0]
        shares = [(line, line.amount) for line in credits] if amount > 0 or not invoices else []
        rest = amount - sum(share for _line, share in shares)
        for line in invoices:
            share = rest if line == invoices[-1] else min(line.amount, rest)
            if round(share, 2):
                shares.append((line, round(share, 2)))
            rest = round(rest - share, 2)
        return shares

    def _allocations(self):
        # EXTENDS 'paymatch'
        shares = self._betalingsservice_shares()
        if not shares or self.outcome == "charged_back":
            return super()._allocations()
        return [(line.move_id, abs(amount)) for line, amount in shares]

    def _allocated_by(self, values):
        # EXTENDS 'paymatch'
        lines = self.betalingsservice_collection_id._lines()
        if (
            self.outcome != "paid"
            or values["match_state"] != "matched"
            or values["match_move_id"] not in lines.move_id.ids
        ):
            return super()._allocated_by(values)
        return [(line.move_id.id, abs(amount)) for line, amount in self._shares_of(lines, self.gross_amount)]

    def _charged_back_items(self):
        # EXTENDS 'paymatch'
        if self._betalingsservice_shares():
            return [(line.item_id, line.move_id) for line in self.betalingsservice_collection_id._lines()]
        return super()._charged_back_items()

    def _items_paid_again(self, item, move):
        # EXTENDS 'paymatch'
        items = super()._items_paid_again(item, move)
        own = self.betalingsservice_collection_id._lines().filtered(lambda line: line.item_id == item)
        return items & own.instalment_id if own.instalment_id else items

    # Outcome

    def _advice_outcomes(self):
        # EXTENDS 'paymatch'
        own = self.filtered("betalingsservice_collection_id")
        # one file may hold a payment and its charge-back, in any order
        in_order = own.sorted(lambda line: (line.outcome == "charged_back", line.sequence, line.id))
        own.betalingsservice_collection_id._apply_outcomes(in_order)
        return super(PaymatchReportLine, self - own)._advice_outcomes()

    def _betalingsservice_outcome_text(self):
        """What happened, for invoice, collection and status log."""
        self.ensure_one()
        date = self.payment_date or self.event_date or self.report_id.date
        values = {"date": date.strftime("%d.%m.%Y") if date else "", "report": self.report_id.name}
        if self.outcome == "rejected":
            return self.env._(
                "Betalingsservice: the collection of %(date)s was rejected by the payer or the bank (delivery "
                "%(report)s). The invoice is to be paid in another way.",
                **values,
            )
        if self.outcome == "cancelled":
            return self.env._(
                "Betalingsservice: the collection of %(date)s was cancelled (delivery %(report)s). The invoice is to "
                "be paid in another way.",
                **values,
            )
        if self.outcome == "charged_back":
            return self.env._(
                "Betalingsservice: the payer took the payment back on %(date)s (delivery %(report)s). The invoice is "
                "open again.",
                **values,
            )
        return self.env._("Betalingsservice: paid on %(date)s (delivery %(report)s).", **values)
