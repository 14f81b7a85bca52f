from decimal import Decimal

from odoo import fields, models

from odoo.addons.ledger_bridge import files, records
from odoo.addons.transfer_log.exceptions import RejectedError, TemporaryError

from ..api import vouchers as economic

RULES = files.Rules(9 * files.MEGABYTE, (files.PDF, files.JPEG, files.PNG, files.GIF))


class TransferConnectionVendorBills(models.Model):
    """Vendor bills as vouchers in a journal of e-conomic: drafts until a person books the journal."""

    _inherit = "transfer.connection"

    economic_journal = fields.Integer(
        string="Journal of Vendor Bills", default=1, help="Number of the journal there that bills are put into."
    )
    economic_supplier_group = fields.Integer(string="Vendor Group", default=1)

    # ---------------------------------------------------------------- adapter

    def _ledger_capabilities(self):
        # EXTENDS 'ledger_bridge'
        capabilities = super()._ledger_capabilities()
        return capabilities | {"bills", "bill_files", "bank_details"} if self.kind == "economic" else capabilities

    def _ledger_read_accounts(self):
        # EXTENDS 'ledger_bridge': bills go to accounts; a product of the same number comes first
        rows = super()._ledger_read_accounts()
        if self.kind != "economic" or self.ledger_bills == "none":
            return rows
        rates = self._ledger_read_vat_codes()
        accounts = []
        for row in self._economic_call("accounts"):
            code = str((row.get("vatAccount") or {}).get("vatCode") or "")
            accounts.append(
                {
                    "number": str(row.get("accountNumber")),
                    "name": row.get("name") or "",
                    "vat_code": code,
                    "vat_rate": rates.get(code) if code else Decimal(0),
                }
            )
        return accounts + rows

    def _ledger_read_vat_codes(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_read_vat_codes()
        return {str(row.get("vatCode")): row.get("ratePercentage") for row in self._economic_call("vat_accounts")}

    def _ledger_push_supplier(self, partner):
        # EXTENDS 'ledger_bridge': vendors have a register of their own
        if self.kind != "economic":
            return super()._ledger_push_supplier(partner)
        link = self._ledger_link(partner, "supplier")
        if link:
            return {"remote_id": link.remote_id}
        number = self._economic_find_supplier(partner)
        body = None
        if not number:
            rule = self._ledger_contact_rule(partner)
            if rule.on_missing == "never":
                raise RejectedError(
                    self.env._("%(name)s is not in the ledger, and its rule creates nobody.", name=partner.name),
                    advice=self.env._("Create or link it there, or change the rule on the connection, then Retry."),
                )
            body = self._economic_supplier_body(partner, rule)
            answer = self._economic_call(
                "create_supplier", body, self._economic_key("supplier", partner.id, body), is_write=True
            )
            number = str(answer["supplierNumber"])
            if body.get("bankAccount") != answer.get("bankAccount"):
                partner.sudo().message_post(
                    body=self.env._("%(name)s did not keep the account number: enter it there.", name=self.name)
                )
        self._ledger_store_link(partner, "supplier", number)
        return {"remote_id": number, "request": body, "response": {"id": number}}

    def _economic_supplier_body(self, partner, rule):
        settings = {
            "currency": self.company_id.currency_id.name,
            "supplierGroup": {
                "supplierGroupNumber": self._economic_number(rule.remote_group, self.economic_supplier_group)
            },
            "paymentTerms": {
                "paymentTermsNumber": self._economic_number(rule.remote_terms, self.economic_payment_terms)
            },
            "vatZone": {"vatZoneNumber": self.economic_vat_zone},
        }
        bank = partner.bank_ids[:1]
        if bank:
            settings["bankAccount"] = bank.acc_number
        return economic.supplier_body(self._economic_remote_values(self._ledger_contact_body(partner)), settings)

    def _economic_find_supplier(self, partner):
        """The vendor that was there before us, by CVR or VAT number; ``None``. Two: nothing is guessed."""
        number = partner._ledger_vat()
        if not number:
            return None
        taken = set(
            self.env["ledger.link"]
            .sudo()
            .search([("connection_id", "=", self.id), ("remote_type", "=", "supplier")])
            .mapped("remote_id")
        )
        rows = [
            row
            for row in self._economic_call("find_suppliers", "corporateIdentificationNumber", number)
            if str(row.get("corporateIdentificationNumber") or "").strip() == number
            and str(row["supplierNumber"]) not in taken
        ]
        if len(rows) > 1:
            raise RejectedError(
                self.env._(
                    "e-conomic has %(count)s vendors with the number %(number)s: nothing is guessed.",
                    count=len(rows),
                    number=number,
                ),
                advice=self.env._("Merge them in e-conomic, then choose Retry."),
                response=rows,
            )
        return str(rows[0]["supplierNumber"]) if rows else None

    def _ledger_push_bill(self, move):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_push_bill(move)
        record = move._ledger_prepare_invoice(self, self._ledger_push_vendor(move))
        # the common rule first: nothing is made when it does not agree
        record, expected = self._ledger_settle_gate(move, record, lambda wanted: (records.calculate(wanted), {}))
        journal = self.economic_journal
        body = economic.bill_body(record, journal, self._economic_year(record.date))
        found = self._economic_find_bill(record)
        if not found:
            key = self._economic_key("bill", body)
            self._economic_call("create_voucher", journal, body, key, is_write=True)
            found = self._economic_find_bill(record)
        if not found:
            # played back by its key, or booked or deleted by a person meanwhile: which, only a person can tell
            raise RejectedError(
                self.env._(
                    "e-conomic took the bill, but its journal does not hold it: was it booked or deleted there just"
                    " now?"
                ),
                advice=self.env._("Look in e-conomic. When it is there choose Ignore; otherwise change it and Retry."),
                request=body,
            )
        self._economic_check_bill(move, record, expected, body, found)
        return {
            "remote_id": economic.remote_id(journal, found),
            "number": str(found["voucherNumber"]),
            "state": "draft",
            "request": body,
            "response": found,
        }

    def _economic_year(self, day):
        """Name of the accounting year of a day there."""
        for row in self._economic_call("accounting_years"):
            if str(row.get("fromDate"))[:10] <= day.isoformat() <= str(row.get("toDate"))[:10]:
                return str(row["year"])
        raise RejectedError(
            self.env._("e-conomic has no accounting year for %(day)s.", day=day),
            advice=self.env._("Create it in e-conomic, then choose Retry."),
        )

    def _economic_find_bill(self, record):
        """The voucher in the journal that has our reference in its text."""
        rows = [
            row
            for row in self._economic_call("vouchers", self.economic_journal)
            if economic.has_reference(row, record.reference)
        ]
        if len(rows) > 1:
            raise RejectedError(
                self.env._("e-conomic holds %(count)s drafts of %(name)s.", count=len(rows), name=record.name),
                advice=self.env._("Delete all but one in e-conomic, then choose Retry."),
                response=rows,
            )
        return rows[0] if rows else None

    def _economic_check_bill(self, move, record, expected, body, voucher):
        self._ledger_check_same(move, record, expected, economic.totals(voucher, expected), body, voucher)
        unequal = economic.unequal(body, voucher)
        if unequal:
            raise RejectedError(
                self.env._("e-conomic did not keep what was sent: %(fields)s.", fields=", ".join(unequal)),
                advice=self.env._("Delete the voucher from the journal in e-conomic, then choose Retry."),
                request=body,
                response=voucher,
            )

    def _ledger_read_bill(self, remote_id, remote_type):
        # EXTENDS 'ledger_bridge': a journal that was booked holds it no longer
        if self.kind != "economic":
            return super()._ledger_read_bill(remote_id, remote_type)
        journal, _year, _number = remote_id.split(":")
        for row in self._economic_call("vouchers", int(journal)):
            if economic.remote_id(journal, row) == remote_id:
                return self._economic_normalise_bill(row, remote_id, remote_type)
        # booked by a person, as it should be, or deleted: no endpoint known to us tells which
        return {"remote_id": remote_id, "state": "unknown"}

    def _economic_normalise_bill(self, row, remote_id, remote_type):
        entry = (row["entries"].get("supplierInvoices") or [{}])[0]
        total = abs(economic.owed(row))
        return {
            "remote_id": remote_id,
            "number": str(row["voucherNumber"]),
            "reference": "",
            "state": "draft",
            "date": str(entry.get("date") or "")[:10],
            "currency": str((entry.get("currency") or {}).get("code") or ""),
            "net": total,
            "vat": records.ZERO,
            "total": total,
            "remaining": total,
            "contact_id": str((entry.get("supplier") or {}).get("supplierNumber") or ""),
            "is_credit_note": remote_type == "bill_credit_note",
            "response": row,
        }

    # files

    def _ledger_file_rules(self, move):
        # EXTENDS 'ledger_bridge': with vouchers of a journal only
        if self.kind != "economic":
            return super()._ledger_file_rules(move)
        return RULES if move._ledger_is_bill() else None

    def _ledger_attach_file(self, file, link):
        # EXTENDS 'ledger_bridge': repeated with the same key, so that a lost answer makes no second one
        if self.kind != "economic":
            return super()._ledger_attach_file(file, link)
        journal, year, number = link.remote_id.split(":")
        voucher = next(
            (
                row
                for row in self._economic_call("vouchers", int(journal))
                if economic.remote_id(journal, row) == link.remote_id
            ),
            None,
        )
        if not voucher:
            raise RejectedError(
                self.env._("The journal that held %(name)s was booked in e-conomic.", name=file.move_id.name),
                advice=self.env._("Put the file to the voucher in e-conomic by hand, then choose Ignore."),
            )
        is_first = self._economic_is_first_file(file)
        key = self._economic_key("file", link.remote_id, file.checksum)
        answer = self._economic_call(
            "attach_file", voucher, file.remote_name, file._raw(), file.mimetype, key, is_first, is_write=True
        )
        return {"remote_id": f"{year}-{number}", "request": file._describe(), "response": answer}

    def _economic_is_first_file(self, file):
        """Whether no file is with the voucher yet: the first one makes its attachment, others add pages to it. One
        after the other, since a first one whose answer was lost may be there."""
        others = file.search([("move_id", "=", file.move_id.id), ("connection_id", "=", self.id), ("id", "<", file.id)])
        on_the_way = (
            self.env["transfer.log"]
            .sudo()
            .search_count(
                [
                    ("res_model", "=", "ledger.file"),
                    ("res_id", "in", others.ids),
                    ("state", "in", ("queued", "sending", "uncertain")),
                ],
                limit=1,
            )
        )
        if on_the_way:
            raise TemporaryError(self.env._("It waits for another file of the same document."), retry_after=60)
        return "done" not in others.mapped("state")
