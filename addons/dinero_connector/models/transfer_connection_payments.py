from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.ledger_bridge.records import CENT
from odoo.addons.transfer_log.exceptions import RejectedError, UncertainError

from ..api import payload as dinero


class TransferConnectionPayments(models.Model):
    """Money: payments of invoices, and vouchers of payouts, fees and receipts in Dinero."""

    _inherit = "transfer.connection"

    # payments

    def _ledger_read_payments(self, remote_id, is_credit_note, known):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_payments(remote_id, is_credit_note, known)
        kind = dinero.CREDIT_NOTES if is_credit_note else dinero.INVOICES
        answer = self._dinero_call("payments", kind, remote_id)
        return None if answer is None else dinero.payments(answer)

    def _ledger_push_payment(self, payment):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_payment(payment)
        kind, guid = self._dinero_paid_voucher(payment)
        voucher = self._dinero_call("voucher", kind, guid)
        if not voucher or not dinero.is_booked(voucher):
            raise RejectedError(self.env._("%(name)s is not booked in Dinero.", name=payment.move_id.name))
        body = self._dinero_payment_body(payment, voucher)
        created = self._dinero_call("create_payment", kind, guid, body, is_write=True)
        found = self._ledger_find_payment(payment, created.get("guid"))
        if not found:
            raise UncertainError(self.env._("Dinero took the payment, but does not show it."), request=body)
        return found | {"request": body}

    def _dinero_paid_voucher(self, payment):
        move = payment.move_id
        link = self._ledger_link(move, move._ledger_remote_type())
        kinds = {"invoice": dinero.INVOICES, "credit_note": dinero.CREDIT_NOTES}
        return kinds.get(move._ledger_remote_type(), dinero.PURCHASES), link.remote_id

    def _dinero_payment_body(self, payment, voucher):
        account = (self.ledger_deposit_account or "").strip()
        if not account.isdigit():
            raise UserError(self.env._("Enter the account of payments there (55000 to 55999) on the connection."))
        currency = self.company_id.currency_id
        amount = payment._exact()
        body = {
            "Timestamp": voucher["timestamp"],
            "DepositAccountNumber": int(account),
            "RemainderIsFee": False,
            "Amount": amount,
            "Description": (payment.payment_id.memo or payment.move_id.name)[:200],
            "ExternalReference": self._ledger_reference(payment),
            "PaymentDate": payment.payment_date.isoformat(),
        }
        if payment.currency_id != currency:
            # Amount is in kroner then, and the two give the rate (A6.8)
            body |= {
                "Amount": Decimal(str(currency.round(payment.company_amount))).quantize(CENT),
                "AmountInForeignCurrency": amount,
            }
        return body

    def _ledger_find_payment(self, payment, guid=None):
        # EXTENDS 'ledger_bridge': by its guid, else by our reference; its amount is looked at
        if self.kind != "dinero":
            return super()._ledger_find_payment(payment)
        kind, voucher_guid = self._dinero_paid_voucher(payment)
        answer = self._dinero_call("payments", kind, voucher_guid) or {"payments": []}
        reference = self._ledger_reference(payment)
        rows = [row for row in dinero.payments(answer) if row["id"] == guid or row["reference"] == reference]
        if len(rows) > 1:
            raise RejectedError(
                self.env._("Dinero holds this payment of %(name)s twice.", name=payment.move_id.name), response=answer
            )
        if not rows:
            return None
        if rows[0]["amount"] != payment._exact() and rows[0]["currency"] == payment.currency_id.name:
            raise RejectedError(
                self.env._(
                    "Dinero holds the payment with %(theirs)s instead of %(ours)s.",
                    theirs=rows[0]["amount"],
                    ours=payment._exact(),
                ),
                response=answer,
            )
        return {"remote_id": rows[0]["id"], "response": answer}

    def _ledger_delete_payment(self, payment):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_delete_payment(payment)
        kind, guid = self._dinero_paid_voucher(payment)
        answer = self._dinero_call("payments", kind, guid) or {"payments": []}
        if any(row["id"] == payment.remote_id for row in dinero.payments(answer)):
            voucher = self._dinero_call("voucher", kind, guid)
            self._dinero_call("delete_payment", kind, guid, payment.remote_id, voucher["timestamp"], is_write=True)
        return {"remote_id": payment.remote_id, "response": answer}

    # vouchers

    def _ledger_push_voucher(self, voucher):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_voucher(voucher)
        body = dinero.voucher_body(voucher)
        found = self._ledger_find_voucher(voucher)
        if found:
            return found
        created = self._dinero_call("create_manual", body, is_write=True)
        # a draft without answer cannot be found again: it stays unbooked over there, and only one is ever booked
        guid = created.get("voucherguid") or created.get("guid")
        draft = self._dinero_call("manual", guid)
        unequal = dinero.unequal_voucher(body, draft or {})
        if unequal:
            raise RejectedError(
                self.env._("Dinero did not keep what was sent: %(fields)s.", fields=", ".join(unequal)),
                advice=self.env._("Delete the draft in Dinero, correct the mapping, then choose Retry."),
                request=body,
                response=draft,
            )
        self._dinero_call("book_manual", guid, draft["timestamp"], is_write=True)
        booked = self._dinero_call("manual", guid)
        if not booked or not dinero.is_booked(booked):
            raise UncertainError(
                self.env._("Dinero does not show the document as booked."), request=body, response=booked
            )
        number = str(booked.get("vouchernumber") or "")
        return {"remote_id": guid, "number": number, "request": body, "response": booked}

    def _ledger_find_voucher(self, voucher):
        # EXTENDS 'ledger_bridge': there is no list of vouchers; our reference stands in the text of its entries
        if self.kind != "dinero":
            return super()._ledger_find_voucher(voucher)
        day = voucher["date"].isoformat()
        rows = [
            row
            for row in self._dinero_call("entries", day, day)
            if voucher["reference"] in str(row.get("description") or "").split()
        ]
        found = {row.get("voucherguid"): str(row.get("vouchernumber") or "") for row in rows}
        if len(found) > 1:
            raise RejectedError(
                self.env._("Dinero holds %(count)s documents of %(name)s.", count=len(found), name=voucher["text"]),
                response=rows,
            )
        for guid, number in found.items():
            return {"remote_id": guid, "number": number, "response": rows}
        return None
