from decimal import Decimal

from odoo import models

from odoo.addons.transfer_log.exceptions import RejectedError, UncertainError

from ..api import payload as dinero


class TransferConnectionInvoices(models.Model):
    """Invoices and credit notes of Odoo as those of Dinero, each once."""

    _inherit = "transfer.connection"

    def _ledger_find(self, operation, key):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_find(operation, key)
        model, record_id = key.rsplit(":", 2)[1:]
        record = self.env[model].browse(int(record_id))
        if operation == "contact_create":
            guid = self._ledger_contact_own(record)
            return {"remote_id": guid} if guid else None
        kind = dinero.CREDIT_NOTES if operation == "credit_note_create" else dinero.INVOICES
        answer = self._dinero_find_voucher(kind, record)
        return self._dinero_normalise(answer, kind) if answer else None

    def _ledger_push_invoice(self, move):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_invoice(move)
        kind = self._dinero_kind(move)
        contact = move._ledger_push_customer(self)
        move._ledger_push_products(self)
        record = move._ledger_prepare_invoice(self, contact)
        existing = self._dinero_find_voucher(kind, move) if self._ledger_must_look(move.ledger_log_id) else None
        if existing and dinero.is_booked(existing):
            body = self._dinero_body(move, record)
            self._dinero_check(move, record, body, existing, has_rounding=len(existing.get("productlines") or []))
            return self._dinero_pushed(kind, body, existing)
        record, calculated = self._ledger_settle_gate(
            move, record, lambda wanted: self._ledger_calculate(move, wanted), self._dinero_body(move, record)
        )
        body = self._dinero_body(move, record)
        guid = self._dinero_save_draft(kind, body, existing)
        draft = self._dinero_call("voucher", kind, guid)
        if not draft:
            raise UncertainError(self.env._("Dinero took the document, but does not show it."), request=body)
        self._dinero_check(move, record, body, draft, calculated)
        booked = self._dinero_call("book_voucher", kind, guid, draft["timestamp"], record.number, is_write=True)
        if not dinero.is_shown_booked(booked, guid):
            # the answer does not show the document: look for oneself
            booked = self._dinero_call("voucher", kind, guid)
        if not booked or not dinero.is_booked(booked):
            raise UncertainError(
                self.env._("Dinero does not show the document as booked."), request=body, response=booked
            )
        self._dinero_check(move, record, body, booked, calculated)
        return self._dinero_pushed(kind, body, booked)

    def _dinero_kind(self, move):
        return dinero.CREDIT_NOTES if move.move_type == "out_refund" else dinero.INVOICES

    def _dinero_body(self, move, record):
        return dinero.invoice_body(record, self._ledger_uuid(move))

    def _ledger_calculate(self, move, record):
        # EXTENDS 'ledger_bridge': calculated by Dinero, and nothing is stored
        if self.kind != "dinero":
            return super()._ledger_calculate(move, record)
        answer = self._dinero_call("fetch_totals", self._dinero_kind(move), self._dinero_body(move, record))
        return dinero.totals(answer, record.prices_include_vat), answer

    def _dinero_save_draft(self, kind, body, existing):
        """Make the draft, or make one of an earlier attempt ours again. :return: its guid"""
        if existing:
            guid = existing["guid"]
            changed = body | {"Guid": guid, "Timestamp": existing["timestamp"]}
            self._dinero_call("update_voucher", kind, guid, changed, is_write=True)
            return guid
        created = self._dinero_call("create_voucher", kind, body, is_write=True)
        return created.get("guid") or body["Guid"]

    def _dinero_pushed(self, kind, body, answer):
        return {
            "remote_id": answer["guid"],
            "number": str(answer.get("number") or ""),
            "due_date": str(answer.get("paymentdate") or "")[:10],
            "request": body,
            "response": answer,
        }

    def _dinero_find_voucher(self, kind, move):
        """The document as it is in Dinero: by our guid, then by our reference. Two: stop."""
        guid = self._ledger_uuid(move)
        answer = self._dinero_call("voucher", kind, guid)
        if answer and not answer.get("deletedat"):
            return answer
        rows = self._dinero_call("find_vouchers", kind, ExternalReference=self._ledger_reference(move))
        rows = [row for row in rows if not row.get("deletedat")]
        if len(rows) > 1:
            raise RejectedError(
                self.env._("Dinero holds %(count)s documents of %(name)s.", count=len(rows), name=move.name),
                advice=self.env._("Delete or credit all but one in Dinero, then choose Retry."),
                response=rows,
            )
        return self._dinero_call("voucher", kind, rows[0]["guid"]) if rows else None

    def _dinero_check(self, move, record, body, answer, calculated=None, has_rounding=0):
        """Amounts again, and what Dinero may have dropped silently.

        :param calculated: ``records.Totals`` as Dinero told them before
        :param has_rounding: lines of a document found there, which may have an øre line of an earlier attempt
        """
        self._ledger_check_same(
            move, record, calculated, dinero.totals(answer, record.prices_include_vat), body, answer
        )
        unequal = dinero.same_document(body, answer)
        if has_rounding == len(body["ProductLines"]) + 1 and "ProductLines" in unequal:
            unequal.remove("ProductLines")
        if unequal:
            raise RejectedError(
                self.env._("Dinero did not keep what was sent: %(fields)s.", fields=", ".join(unequal)),
                request=body,
                response=answer,
            )

    def _ledger_read_invoice(self, remote_id):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_invoice(remote_id)
        for kind in (dinero.INVOICES, dinero.CREDIT_NOTES):
            answer = self._dinero_call("voucher", kind, remote_id)
            if answer and not answer.get("deletedat"):
                return self._dinero_normalise(answer, kind)
        return None

    def _ledger_list_invoices(self, date_from, date_to):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_list_invoices(date_from, date_to)
        return self._dinero_list(date_from, date_to)

    def _ledger_list_status(self, date_from, date_to):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_list_status(date_from, date_to)
        return self._dinero_list(date_from, date_to, has_remaining=False)

    def _dinero_list(self, date_from, date_to, has_remaining=True):
        period = {"startDate": date_from.isoformat(), "endDate": date_to.isoformat()}
        return [
            self._dinero_normalise(row, kind, has_remaining)
            for kind in (dinero.INVOICES, dinero.CREDIT_NOTES)
            for row in self._dinero_call("list_vouchers", kind, **period)
            if not row.get("deletedat")
        ]

    def _ledger_read_remaining(self, remote):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_remaining(remote)
        kind = dinero.CREDIT_NOTES if remote["is_credit_note"] else dinero.INVOICES
        return dinero.amount(self._dinero_call("payments", kind, remote["remote_id"]) or {}, "RemainingAmount")

    def _ledger_changed(self, since):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_changed(since)
        query = {"changesSince": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return [
            self._dinero_normalise(row, kind, has_remaining=False)
            for kind in (dinero.INVOICES, dinero.CREDIT_NOTES)
            for row in self._dinero_call("list_vouchers", kind, **query)
            if not row.get("deletedat")
        ]

    def _dinero_normalise(self, row, kind, has_remaining=True):
        net, total = dinero.amount(row, "TotalExclVat"), dinero.amount(row, "TotalInclVat")
        status = str(row.get("paymentstatus") or row.get("status")).lower()
        found = {
            "remote_id": row["guid"],
            "number": str(row.get("number") or ""),
            "reference": row.get("externalreference") or "",
            "state": "draft" if status == "draft" else "booked",
            "is_paid": status == "paid",
            "updated": row.get("updatedat") or "",
            "currency": row.get("currency") or "DKK",
            "net": net,
            "vat": total - net,
            "total": total,
            "date": str(row.get("date") or "")[:10],
            "contact_id": row.get("contactguid") or "",
            "is_credit_note": kind == dinero.CREDIT_NOTES,
            "response": row,
        }
        if not has_remaining:
            return found
        if status == "draft":
            remaining = total
        elif status == "paid":
            remaining = Decimal("0.00")
        else:
            # part and over payments stand with the payments only
            remaining = self._ledger_read_remaining(found)
        return found | {"remaining": remaining}
