from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError

from ..formats import records


class BetalingsserviceCollection(models.Model):
    _inherit = "betalingsservice.collection"

    @api.model
    def _claim(self, parts, agreements=None, section="0112"):
        """Put each invoice or instalment into a collection: one of its own, or one its customer has on the same day.

        A few queries for all of them. The day is chosen with its reason.

        :param parts: ``Part`` of posted invoices, none of them claimed
        :param dict agreements: agreement of each invoice; without it the one on the invoice
        :param section: ``0112`` drawn, ``0117`` slip
        :return: the collections that took the invoices
        """
        agreements = agreements or {part.move: part.move.betalingsservice_agreement_id for part in parts}
        known = self._claimed_days(self.env["betalingsservice.agreement"].union(*agreements.values()))
        joined, made = [], {}
        for part in sorted(parts, key=lambda part: (part.due, part.move.id, part.instalment.id or 0)):
            agreement = agreements[part.move]
            creditor = agreement.creditor_id
            due = part.due
            mergeable = creditor.same_day_rule == "merge"
            taken = {
                day for day, found in known[agreement.id].items() if not (mergeable and found._takes_more(section))
            }
            if not mergeable:
                taken |= {day for owner, day in made if owner == agreement and day}
            date, reason = creditor._payment_date(due, taken, section)
            if date and date in known[agreement.id]:
                joined.append((known[agreement.id][date], part, reason))
            else:
                key = (agreement, date if date else part)
                values = made.setdefault(key, (self._prepare_values(agreement, date, reason, due, section), []))
                values[1].append(part)
        found = self._create_with_lines([*made.values()])
        return found | self._join_lines(joined)

    @api.model
    def _claimed_days(self, agreements):
        """``{agreement id: {day: collection}}`` of the days that are taken from today on.

        Also by what was collected while the number was another customer's: to Betalingsservice it is one number.
        """
        days = defaultdict(dict)
        owners = agreements._owners()
        today = self.env["betalingsservice.creditor"]._local_now().date()
        domain = [("agreement_id", "in", list(owners)), ("state", "!=", "cancelled"), ("payment_date", ">=", today)]
        for collection in self.search(domain):
            days[owners[collection.agreement_id.id]][collection.payment_date] = collection
        return days

    def _check_day_of_number(self, day):
        """The database sees to one collection per agreement and day, not to those of a number before it was moved."""
        for collection in self.filtered("agreement_id.former_ids"):
            taken = self._claimed_days(collection.agreement_id)[collection.agreement_id.id].get(day)
            if taken and taken.agreement_id != collection.agreement_id:
                raise UserError(
                    self.env._(
                        "%(name)s is drawn on %(date)s already, by %(other)s of %(customer)s, whose number it was. "
                        "Choose another day.",
                        name=collection.customer_number,
                        date=day.strftime("%d.%m.%Y"),
                        other=taken.reference,
                        customer=taken.partner_id.name,
                    )
                )

    def _takes_more(self, section):
        """Another invoice may be drawn together with these."""
        self.ensure_one()
        return self._is_open() and not self.is_held and self.section == section and self.amount > 0

    @api.model
    def _prepare_values(self, agreement, date, reason, due, section="0112"):
        return {
            "agreement_id": agreement.id,
            "company_id": agreement.company_id.id,
            "section": section,
            "due_date": due,
            "payment_date": date,
            "date_reason": reason,
            "error_message": False if date else reason,
        }

    @api.model
    def _create_with_lines(self, made):
        """:param made: ``[(values, [Part])]``"""
        # The invoice tells of its collection: a note on each of thousands would only repeat it.
        quiet = self.with_context(mail_create_nolog=True, tracking_disable=True)
        collections = quiet._system_create([values for values, _parts in made])
        self._add_lines(zip(collections, (parts for _values, parts in made), strict=True))
        for collection, (_values, parts) in zip(collections.sudo(), made, strict=True):
            key = f"{collection.id:09d}"
            collection.write({"reference_key": key, "reference": records.printable(f"{key} {parts[0].move.name}", 30)})
        return self.browse(collections.ids)

    @api.model
    def _create_for(self, agreement, parts, date, reason, section="0112", **values):
        """One collection of its own for these documents."""
        due = min(part.due for part in parts)
        prepared = {**self._prepare_values(agreement, date, reason, due, section), **values}
        if prepared.get("is_held"):
            prepared["error_message"] = False
        return self._create_with_lines([(prepared, list(parts))])

    @api.model
    def _add_lines(self, pairs):
        """:param pairs: ``(collection, [Part])``"""
        # What was withdrawn is written first: in one statement with the new claim the database would refuse both.
        Line = self.env["betalingsservice.collection.line"]
        Line.flush_model(["is_active"])
        lines = Line._system_create(
            [
                {
                    "collection_id": collection.id,
                    "company_id": collection.company_id.id,
                    "move_id": part.move.id,
                    "instalment_id": part.instalment.id,
                    "amount": part.amount,
                }
                for collection, parts in pairs
                for part in parts
            ]
        )
        lines.flush_recordset()  # the claim: the database refuses a second one here
        return lines

    @api.model
    def _join_lines(self, joined):
        """Invoices that are drawn together with others: the collection tells that they came later."""
        self._add_lines((collection, [part]) for collection, part, _reason in joined)
        for collection, part, reason in joined:
            if reason and not collection.date_reason:
                collection._system_write({"date_reason": reason})
            collection.message_post(body=self.env._("%(invoice)s is drawn together.", invoice=part.move.name))
        return self.union(*(collection for collection, _part, _reason in joined))

    def _choose_date(self, wanted):
        """Give a collection without a day the first one it can be drawn on."""
        self.ensure_one()
        taken = self._claimed_days(self.agreement_id)[self.agreement_id.id]
        date, reason = self.creditor_id._payment_date(wanted, taken, self.section, may_stop=False)
        self._system_write({"payment_date": date, "date_reason": reason, "error_message": False if date else reason})

    # Credit notes

    @api.model
    def _claim_credit_notes(self, agreements):
        """Open credit notes of these customers lower their collections, or are paid out, as the creditor has chosen."""
        moves = self.env["account.move"].search(
            [
                ("betalingsservice_agreement_id", "in", agreements.ids),
                ("move_type", "=", "out_refund"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("betalingsservice_line_ids", "not any", [("is_active", "=", True)]),
            ],
            order="invoice_date, id",
        )
        by_rule = moves.grouped(lambda move: move.betalingsservice_agreement_id.creditor_id.credit_rule)
        self._deduct(by_rule.get("deduct", moves.browse()))
        self._disburse(by_rule.get("disburse", moves.browse()))

    @api.model
    def _deduct(self, moves):
        """Take credit notes off the first collection that stays above zero; the others wait for one."""
        if not moves:
            return
        collections = self.search(
            [
                ("agreement_id", "in", moves.betalingsservice_agreement_id.ids),
                ("state", "=", "to_send"),
                ("delivery_id", "=", False),
                ("section", "=", "0112"),
            ],
            order="payment_date, id",
        )
        by_agreement = collections.grouped("agreement_id")
        left = {collection: collection.amount for collection in collections}
        pairs = []
        for move in moves:
            for collection in by_agreement.get(move.betalingsservice_agreement_id, ()):
                if round(left[collection] - move.amount_residual, 2) > 0:
                    left[collection] -= move.amount_residual
                    pairs.append((collection, [move._betalingsservice_whole()]))
                    break
        self._add_lines(pairs)
        for collection, (part,) in pairs:
            collection.message_post(body=self.env._("%(credit)s is deducted.", credit=part.move.name))

    @api.model
    def _disburse(self, moves):
        """Credit notes the payer gets on his account: each on a day of its own (sign code 2)."""
        active = moves.filtered(lambda move: move.betalingsservice_agreement_id.state == "active")
        if not active:
            return
        days = self._claimed_days(active.betalingsservice_agreement_id)
        made = []
        for move in active:
            agreement = move.betalingsservice_agreement_id
            due = move.invoice_date_due or move.invoice_date
            taken = days[agreement.id]
            date, reason = agreement.creditor_id._payment_date(due, taken, may_stop=False)
            taken[date] = self
            made.append((self._prepare_values(agreement, date, reason, due), [move._betalingsservice_whole()]))
        self._create_with_lines(made)

    def _credits_after_delivery(self):
        """What credit notes took off the invoices since the delivery: the newest of all that makes the excess."""
        self.ensure_one()
        found = self.env["account.partial.reconcile"]
        for line in self._lines().filtered(lambda line: line.amount > 0):
            receivable = line.instalment_id or line.move_id._betalingsservice_receivables()
            excess = line.amount - line._open_amount()
            for partial in receivable.matched_credit_ids.sorted("id", reverse=True):
                if round(excess - partial.debit_amount_currency, 2) < 0:
                    break
                excess -= partial.debit_amount_currency
                if partial.credit_move_id.move_id.move_type == "out_refund":
                    found |= partial
        return found

    def action_credit_later(self):
        """Credit notes made after the delivery: the collection pays its invoices, a later one is lowered instead."""
        for collection in self.filtered("excess_amount"):
            partials = collection._credits_after_delivery()
            if not partials:
                raise UserError(
                    self.env._(
                        "%(name)s: no credit note was made since the delivery; what was paid in another way is paid "
                        "back, or stands to the customer's credit.",
                        name=collection.display_name,
                    )
                )
            credits = partials.credit_move_id.move_id
            partials.unlink()
            # posted already, as a credit note that lowered an invoice: now it waits for a collection
            credits.sudo().betalingsservice_agreement_id = collection.agreement_id
            self.sudo()._claim_credit_notes(collection.agreement_id)
            collection.message_post(
                body=self.env._("%(credits)s: to be deducted later.", credits=", ".join(credits.mapped("name")))
            )
        return True
