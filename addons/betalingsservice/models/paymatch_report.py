import base64

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..const import PRODUCTION
from ..formats import delivery_0602


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    @api.model
    def _import_file(self, content, filename, provider=None):
        # EXTENDS 'paymatch'
        # One file may answer for several PBS numbers, and a PBS number may have a creditor in test and in production:
        # where it is booked is chosen on the creditor.
        if not provider and delivery_0602.detect(content, filename):
            subsystem, numbers = delivery_0602.addressees(content)
            provider, _fault = self._betalingsservice_provider(subsystem, numbers, self.env.company)
        return super()._import_file(content, filename, provider)

    @api.model
    def _betalingsservice_provider(self, subsystem, pbs_numbers, company):
        """The provider that takes a delivery 0602, and why there is none.

        :return: ``(paymatch.provider, "")`` or ``(no provider, text)``
        """
        Provider = self.env["paymatch.provider"]
        creditors = (
            self.env["betalingsservice.creditor"]
            .with_context(active_test=False)
            .search(
                [
                    ("company_id", "=", company.id),
                    ("pbs_number", "in", list(pbs_numbers)),
                    ("subsystem", "=", subsystem),
                ]
            )
        )
        providers = creditors.provider_id
        if not providers:
            domain = [("company_id", "=", company.id), ("format", "=", delivery_0602.code)]
            own = Provider.search([*domain, ("account_number", "in", list(pbs_numbers))])
            providers = own or Provider.search([*domain, ("account_number", "=", False)])
        if len(providers) == 1:
            return Provider.browse(providers.id), ""
        values = {
            "numbers": ", ".join(sorted(pbs_numbers)),
            "system": subsystem,
            "providers": ", ".join(providers.mapped("name")),
        }
        if providers:
            return Provider, self.env._(
                "The file is for PBS number %(numbers)s (%(system)s), whose payments are booked by different "
                "providers: %(providers)s. Choose one and the same as “Payments Received” on the creditors.",
                **values,
            )
        return Provider, self.env._(
            "No provider books the payments of PBS number %(numbers)s (%(system)s). Open the creditor and press “Set "
            "Up Payments Received”, or choose a provider there.",
            **values,
        )

    @api.model
    def _create_report(self, base, provider, parsed, part, groups, lines):
        # EXTENDS 'paymatch'
        report = super()._create_report(base, provider, parsed, part, groups, lines)
        if report.format == delivery_0602.code:
            report._take_up_betalingsservice()
        return report

    def _take_up_betalingsservice(self):
        """Register the delivery, refuse what is foreign or known, and find the collections."""
        self.ensure_one()
        if self.error_message:
            return  # nothing is taken up from a file that does not add up; it may be read again
        Delivery = self.env["betalingsservice.delivery"]
        content = base64.b64decode(self.file)
        parsed = delivery_0602.read(content)
        creditors, faults = Delivery._creditors_of(
            parsed.head, {payment.pbs_number for payment in parsed.payments}, self.company_id
        )
        faults += Delivery._known_number_fault(parsed.head, self.company_id)
        if faults:
            self._system_write({"error_message": "\n".join(faults)})
            return
        creditor = next(iter(creditors.values()), self.env["betalingsservice.creditor"])
        delivery = Delivery._system_create(
            {
                **Delivery._prepare_in_values(parsed.head, self.company_id, creditor),
                "report_id": self.id,
                "payment_count": len(parsed.payments),
                "record_count": parsed.records,
                "amount_total": float(parsed.amount),
            }
        )
        delivery._attach(content, self.filename)
        if delivery.subsystem != PRODUCTION:
            self._system_write({"note": self._betalingsservice_test_note()})
        self.line_ids._find_betalingsservice_collections(creditors)

    def _betalingsservice_test_note(self):
        """What an answer of the operator's test is worth; it stands on the report beside notes of the file."""
        warning = self.env._(
            "From the operator's test (%(system)s): nothing was drawn and no money comes. Approve it in a copy of your "
            "books only.",
            system=self.env["betalingsservice.delivery"].search([("report_id", "=", self.id)], limit=1).subsystem,
        )
        return "\n".join(filter(None, [warning, self.note]))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_delivery(self):
        self._check_no_delivery()

    def _check_discardable(self):
        # EXTENDS 'paymatch'
        result = super()._check_discardable()
        self._check_no_delivery()
        return result

    def _check_no_delivery(self):
        """The payments of a delivery that was taken up are kept: its file is not read a second time."""
        kept = self.env["betalingsservice.delivery"].search([("report_id", "in", self.ids), ("state", "!=", "failed")])
        if kept:
            raise UserError(
                self.env._(
                    "%(delivery)s of Betalingsservice is kept with its payments. Match them again, or decide the "
                    "lines.",
                    delivery=kept[0].name,
                )
            )

    # Matching

    def _match_by_type(self, line):
        # EXTENDS 'paymatch'
        if line.betalingsservice_collection_id:
            values = line._match_betalingsservice()
            if values:
                return values
        return super()._match_by_type(line)

    def _match_candidates(self, line, index):
        # EXTENDS 'paymatch'
        collection = line.betalingsservice_collection_id
        if collection:
            yield self.env._("collection %s", collection.reference), list(collection.move_ids)
        yield from super()._match_candidates(line, index)

    def _match_index(self, lines, rules=None):
        # EXTENDS 'paymatch'
        index = super()._match_index(lines, rules)
        self._index_allocations(index, lines.betalingsservice_collection_id.move_ids)
        return index

    def _ways_to_documents(self, ids):
        # EXTENDS 'paymatch'
        way = Domain("betalingsservice_collection_id.line_ids.move_id", "in", ids)
        return [*super()._ways_to_documents(ids), way]

    # The entry: one item for each invoice and credit note of a collection

    def _prepare_line_parts(self, line):
        # EXTENDS 'paymatch'
        shares = line._betalingsservice_shares()
        if not shares:
            return super()._prepare_line_parts(line)
        self._check_betalingsservice_payment(line, shares)
        parts = []
        for collection_line, amount in shares:
            invoice = collection_line.move_id
            part = {
                "amount_currency": -amount,
                "name": " ".join(filter(None, [line.betalingsservice_collection_id.reference_key, invoice.name])),
                "partner": invoice.commercial_partner_id,
                "line": line,
                "collection_line": collection_line,
                "invoice": invoice,
            }
            if line.outcome == "charged_back":
                part.update(item=collection_line.item_id, account=collection_line.item_id.account_id)
            else:
                receivable = invoice.line_ids.filtered(lambda aml: aml.account_id.account_type == "asset_receivable")
                part["account"] = receivable[:1].account_id
                if collection_line.instalment_id:
                    part["receivable"] = collection_line.instalment_id
            parts.append(part)
        return parts

    def _check_matches(self):
        # EXTENDS 'paymatch'
        result = super()._check_matches()
        for line in self.line_ids.filtered(lambda line: line.outcome == "paid" and not line.is_decided_by_user):
            for collection_line, amount in line._betalingsservice_shares():
                if collection_line.instalment_id and round(abs(collection_line._open_amount()) - abs(amount), 2) < 0:
                    # another instalment may be open: the whole invoice says nothing of this one
                    self._refuse_stale(line)
        return result

    def _check_betalingsservice_payment(self, line, shares):
        """A charge-back takes back what was paid, to the øre and once, or the file is matched again."""
        if line.outcome != "charged_back":
            return
        items = [collection_line.item_id for collection_line, _amount in shares]
        back = sum(amount for _line, amount in shares)
        is_paid = line.betalingsservice_collection_id.state == "paid" or line._is_betalingsservice_same_file()
        if not is_paid or not all(items) or self.currency_id.compare_amounts(back, line.gross_amount):
            raise UserError(
                self.env._(
                    "Line %(line)s takes back a payment of %(collection)s that is not booked as it says. Match again.",
                    line=line.sequence,
                    collection=line.betalingsservice_collection_id.reference,
                )
            )

    def _after_approve(self):
        # EXTENDS 'paymatch'
        result = super()._after_approve()
        self._match_waiting_charge_backs()
        return result

    def _match_waiting_charge_backs(self):
        """Files that take back what was paid by this one waited for it."""
        paid = self.line_ids.filtered(lambda line: line.outcome == "paid").betalingsservice_collection_id
        waiting = self.env["paymatch.report.line"].search(
            [
                ("betalingsservice_collection_id", "in", paid.ids),
                ("outcome", "=", "charged_back"),
                ("match_state", "=", "open"),
                ("report_id.is_approved", "=", False),
                ("report_id.error_message", "=", False),
            ]
        )
        waiting.report_id.action_match()

    def _note_items(self, movement, pairs):
        # EXTENDS 'paymatch'
        result = super()._note_items(movement, pairs)
        for part, item in pairs:
            if part.get("collection_line") and part["line"].outcome == "paid":
                part["collection_line"].sudo().item_id = item
        return result

    def _after_undo(self):
        # EXTENDS 'paymatch'
        result = super()._after_undo()
        for line in self.line_ids.filtered("betalingsservice_collection_id"):
            line.betalingsservice_collection_id._undo_outcome(line)
        return result
