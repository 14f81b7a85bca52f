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
            guid = self._dinero_find_contact(record, is_guessing=False)
            return {"remote_id": guid} if guid else None
        kind = dinero.CREDIT_NOTES if operation == "credit_note_create" else dinero.INVOICES
        answer = self._dinero_find_voucher(kind, record)
        return self._dinero_normalise(answer, kind) if answer else None

    def _ledger_push_invoice(self, move):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_invoice(move)
        kind = dinero.CREDIT_NOTES if move.move_type == "out_refund" else dinero.INVOICES
        contact = self._ledger_push_contact(move.commercial_partner_id)["remote_id"]
        record = move._ledger_prepare_invoice(self, contact)
        body = dinero.invoice_body(record, self._ledger_uuid(move))
        existing = self._dinero_find_voucher(kind, move)
        if existing and dinero.is_booked(existing):
            self._dinero_check(move, record, body, existing)
            return self._dinero_pushed(kind, body, existing)
        calculated = self._dinero_call("fetch_totals", kind, body)
        self._dinero_gate(move, record, body, calculated)
        if existing:
            # a draft of an earlier attempt, or one somebody changed: make it ours again
            guid = existing["guid"]
            self._dinero_call(
                "update_voucher", kind, guid, body | {"Guid": guid, "Timestamp": existing["timestamp"]}, is_write=True
            )
        else:
            created = self._dinero_call("create_voucher", kind, body, is_write=True)
            guid = created.get("guid") or body["Guid"]
        draft = self._dinero_call("voucher", kind, guid)
        if not draft:
            raise UncertainError(self.env._("Dinero took the document, but does not show it."), request=body)
        self._dinero_check(move, record, body, draft)
        self._dinero_call("book_voucher", kind, guid, draft["timestamp"], is_write=True)
        booked = self._dinero_call("voucher", kind, guid)
        if not booked or not dinero.is_booked(booked):
            raise UncertainError(
                self.env._("Dinero does not show the document as booked."), request=body, response=booked
            )
        return self._dinero_pushed(kind, body, booked)

    def _dinero_pushed(self, kind, body, answer):
        return {
            "remote_id": answer["guid"],
            "number": str(answer.get("number") or ""),
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

    def _dinero_gate(self, move, record, body, answer):
        differences = move._ledger_gate(record, dinero.totals(answer))
        if differences:
            raise RejectedError(
                self._ledger_gate_text(move, differences),
                advice=self.env._(
                    "Nothing is forced to balance: correct the invoice or the mapping, then choose Retry."
                ),
                request=body,
                response=answer,
            )

    def _dinero_check(self, move, record, body, answer):
        """Amounts again, and what Dinero may have dropped silently."""
        self._dinero_gate(move, record, body, answer)
        unequal = dinero.same_document(body, answer)
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
        found = []
        period = {"startDate": date_from.isoformat(), "endDate": date_to.isoformat()}
        for kind in (dinero.INVOICES, dinero.CREDIT_NOTES):
            rows = self._dinero_call("list_vouchers", kind, **period)
            found += [self._dinero_normalise(row, kind) for row in rows if not row.get("deletedat")]
        return found

    def _dinero_normalise(self, row, kind):
        net, total = dinero.amount(row, "TotalExclVat"), dinero.amount(row, "TotalInclVat")
        status = str(row.get("paymentstatus") or row.get("status")).lower()
        if status == "draft":
            remaining = total
        elif status == "paid":
            remaining = Decimal("0.00")
        else:
            # part and over payments stand with the payments only
            remaining = dinero.amount(self._dinero_call("payments", kind, row["guid"]) or {}, "RemainingAmount")
        return {
            "remote_id": row["guid"],
            "number": str(row.get("number") or ""),
            "reference": row.get("externalreference") or "",
            "state": "draft" if status == "draft" else "booked",
            "currency": row.get("currency") or "DKK",
            "net": net,
            "vat": total - net,
            "total": total,
            "remaining": remaining,
            "contact_id": row.get("contactguid") or "",
            "is_credit_note": kind == dinero.CREDIT_NOTES,
            "response": row,
        }
