from odoo import models

from odoo.addons.transfer_log.exceptions import RejectedError, UncertainError

from ..api import payload as dinero


class TransferConnectionPayments(models.Model):
    """Money: vouchers of payouts, fees and receipts in Dinero."""

    _inherit = "transfer.connection"

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
