from datetime import timedelta
from decimal import Decimal

from odoo import models
from odoo.tools import date_utils

from odoo.addons.transfer_log.exceptions import RejectedError, UncertainError

from ..api import payload as dinero
from ..api import purchases


class TransferConnectionVendorBills(models.Model):
    """Vendor bills and their credit notes as purchase vouchers of Dinero."""

    _inherit = "transfer.connection"

    def _ledger_capabilities(self):
        # EXTENDS 'ledger_bridge'
        capabilities = super()._ledger_capabilities()
        return capabilities | {"bills", "bill_booking", "bill_payments"} if self.kind == "dinero" else capabilities

    def _ledger_read_vat_codes(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_vat_codes()
        return {row.get("vatcode"): Decimal(row.get("vatrate") or 0) * 100 for row in self._dinero_call("vat_types")}

    def _ledger_calculate(self, move, record):
        # EXTENDS 'ledger_bridge': calculated by Dinero, and nothing is stored
        if self.kind != "dinero" or not record.is_bill:
            return super()._ledger_calculate(move, record)
        answer = self._dinero_call("fetch_purchase", purchases.body(record))
        return purchases.calculated(answer), answer

    def _ledger_push_bill(self, move):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_bill(move)
        record = move._ledger_prepare_invoice(self, self._ledger_push_vendor(move))
        # always: no id of ours would refuse a second one, as after a restored backup
        existing = self._dinero_find_bill(record, move.ledger_log_id)
        if existing and purchases.is_booked(existing):
            self._dinero_check_bill(move, record, existing, has_rounding=True)
            return self._dinero_bill_pushed(record, existing)
        record, calculated = self._ledger_settle_gate(
            move, record, lambda wanted: self._ledger_calculate(move, wanted), purchases.body(record)
        )
        guid = self._dinero_save_bill(record, existing)
        draft = self._dinero_call("purchase", guid)
        if not draft:
            raise UncertainError(self.env._("Dinero took the document, but does not show it."))
        self._dinero_check_bill(move, record, draft, calculated)
        if self.ledger_bills == "draft":
            return self._dinero_bill_pushed(record, draft)
        self._dinero_call("book_purchase", guid, draft["timestamp"], record.is_credit_note, is_write=True)
        booked = self._dinero_call("purchase", guid)
        if not booked or not purchases.is_booked(booked):
            raise UncertainError(self.env._("Dinero does not show the document as booked."), response=booked)
        self._dinero_check_bill(move, record, booked, calculated)
        return self._dinero_bill_pushed(record, booked)

    def _dinero_save_bill(self, record, existing):
        """Make the draft, or make one of an earlier attempt ours again. :return: its guid"""
        body = purchases.body(record)
        if existing:
            guid = purchases.guid(existing)
            changed = body | {"Timestamp": existing["timestamp"]}
            self._dinero_call("update_purchase", guid, changed, is_write=True)
            return guid
        return purchases.guid(self._dinero_call("create_purchase", body, record.is_credit_note, is_write=True))

    def _dinero_bill_pushed(self, record, answer):
        return {
            "remote_id": purchases.guid(answer),
            "number": purchases.number(answer),
            "state": "booked" if purchases.is_booked(answer) else "draft",
            "request": purchases.body(record),
            "response": answer,
        }

    def _dinero_find_bill(self, record, log):
        """What an earlier attempt left. There is no list of purchase vouchers and no id chosen by us: a booked one is
        found by our reference in the text of its entries, a draft by Dinero's own search for similar ones."""
        day = record.date.isoformat()
        rows = self._dinero_call("entries", day, day)
        found = {
            str(row.get("voucherguid"))
            for row in rows
            if record.reference in str(row.get("description") or "").split() and row.get("voucherguid")
        }
        if len(found) > 1:
            raise RejectedError(
                self.env._("Dinero holds %(count)s documents of %(name)s.", count=len(found), name=record.name),
                advice=self.env._("Delete or credit all but one in Dinero, then choose Retry."),
                response=rows,
            )
        for guid in found:
            return self._dinero_call("purchase", guid)
        similar = self._dinero_call("similar_purchase", purchases.body(record))
        guid = similar.get("similarguid")
        voucher = self._dinero_call("purchase", guid) if similar.get("similarfound") and guid else None
        if not voucher or purchases.reference(voucher) == record.reference:
            return voucher
        # a person who was told of it and chose Retry has looked
        has_looked = log.attempts == 1 and str(guid) in (log.response_body or "")
        if log.is_outcome_unknown and not has_looked:
            raise RejectedError(
                self.env._(
                    "An answer of Dinero was lost, and it holds a similar voucher (number %(number)s) that is not ours:"
                    " whether %(name)s is there cannot be told.",
                    number=purchases.number(voucher) or "-",
                    name=record.name,
                ),
                advice=self.env._("Look among the drafts in Dinero, delete what is there of it, then choose Retry."),
                response=voucher,
            )
        return None

    def _dinero_check_bill(self, move, record, answer, calculated=None, has_rounding=False):
        """Amounts again, and what Dinero may have dropped silently.

        :param bool has_rounding: a document found there may have an øre line of an earlier attempt
        """
        self._ledger_check_same(
            move, record, calculated, purchases.totals(answer, calculated), purchases.body(record), answer
        )
        unequal = purchases.unequal(purchases.body(record), answer)
        if has_rounding and "Lines" in unequal and len(answer.get("lines") or []) == len(record.lines) + 1:
            unequal.remove("Lines")
        if unequal:
            raise RejectedError(
                self.env._("Dinero did not keep what was sent: %(fields)s.", fields=", ".join(unequal)),
                advice=self.env._("Delete the draft in Dinero, correct the mapping, then choose Retry."),
                request=purchases.body(record),
                response=answer,
            )

    def _ledger_read_bill(self, remote_id, remote_type):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_bill(remote_id, remote_type)
        answer = self._dinero_call("purchase", remote_id)
        if not answer or answer.get("deletedat"):
            return None
        totals = purchases.totals(answer)
        state = "booked" if purchases.is_booked(answer) else "draft"
        return {
            "remote_id": purchases.guid(answer),
            "number": purchases.number(answer),
            "reference": purchases.reference(answer),
            "state": state,
            "date": str(answer.get("voucherdate") or "")[:10],
            "currency": purchases.currency(answer),
            "net": totals.net,
            "vat": totals.vat_total,
            "total": totals.total,
            "remaining": self._dinero_bill_remaining(remote_id, totals) if state == "booked" else totals.total,
            "contact_id": answer.get("contactguid") or "",
            "is_credit_note": remote_type == "bill_credit_note",
            "response": answer,
        }

    def _dinero_bill_remaining(self, guid, totals):
        paid = dinero.payments(self._dinero_call("payments", dinero.PURCHASES, guid) or {})
        return totals.total - sum((row["amount"] for row in paid), Decimal("0.00"))

    def _ledger_read_bill_payments(self, remote_id, known):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_bill_payments(remote_id, known)
        answer = self._dinero_call("payments", dinero.PURCHASES, remote_id)
        return None if answer is None else dinero.payments(answer)

    def _ledger_list_bills(self, date_from, date_to):
        # EXTENDS 'ledger_bridge': from the entries, which are not told across the end of a financial year, whichever
        # month that ends with; a year to come need not be there yet
        if self.kind != "dinero":
            return super()._ledger_list_bills(date_from, date_to)
        rows, first = [], date_from
        date_to = min(date_to, self._company_today())
        while first <= date_to:
            last = min(date_utils.end_of(first, "month"), date_to)
            rows += self._dinero_call("entries", first.isoformat(), last.isoformat())
            first = last + timedelta(days=1)
        prefix = self._ledger_reference(self.env["account.move"].browse(0)).rsplit(":", 1)[0] + ":"
        return purchases.of_entries(rows, prefix)
