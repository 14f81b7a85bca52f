from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from .. import bills, records
from .account_move import BILL_TYPES

BILL_OPERATIONS = {"in_invoice": "bill_create", "in_refund": "bill_credit_note_create"}
REMOTE_TYPES = {"in_invoice": "bill", "in_refund": "bill_credit_note"}


class AccountMoveBills(models.Model):
    """Vendor bills and their credit notes as documents of the outside ledger."""

    _inherit = "account.move"

    ledger_takes_bill = fields.Boolean(compute="_compute_ledger_takes_bill")

    def _compute_ledger_takes_bill(self):
        companies = self.env["transfer.connection"]._ledger_companies_with_bills()
        for move in self:
            move.ledger_takes_bill = move.move_type in BILL_TYPES and move.company_id in companies

    # --------------------------------------------------------------- business

    def _ledger_is_bill(self):
        self.ensure_one()
        return self.move_type in BILL_TYPES

    def _ledger_remote_type(self):
        # EXTENDS 'ledger_bridge'
        return REMOTE_TYPES.get(self.move_type) or super()._ledger_remote_type()

    def _ledger_operation(self):
        # EXTENDS 'ledger_bridge'
        return BILL_OPERATIONS.get(self.move_type) or super()._ledger_operation()

    def _ledger_check_pushable(self, connection):
        # EXTENDS 'ledger_bridge'
        if not self._ledger_is_bill():
            return super()._ledger_check_pushable(connection)
        faults = []
        if connection.ledger_bills == "none":
            faults.append(self.env._("vendor bills are not sent to %(name)s", name=connection.name))
        if self.state != "posted":
            faults.append(self.env._("only posted bills and credit notes can be pushed"))
        if not self.commercial_partner_id.country_id:
            faults.append(
                self.env._("the vendor %(name)s has no country", name=self.commercial_partner_id.display_name)
            )
        if not self.invoice_date:
            faults.append(self.env._("it has no bill date"))
        faults += self._ledger_mapping_faults(connection)
        if faults:
            raise UserError(
                self.env._("%(name)s cannot be pushed: %(faults)s.", name=self.name, faults="; ".join(faults))
            )

    def _ledger_mapping_fault(self, line, mapping):
        # EXTENDS 'ledger_bridge': the general line without account and tax is meant for what is sold
        if not self._ledger_is_bill():
            return super()._ledger_mapping_fault(line, mapping)
        if not (mapping.account_id or mapping.tax_id):
            mapping = mapping.browse()
        if not mapping or not mapping.is_checked:
            return super()._ledger_mapping_fault(line, mapping)
        ours, theirs = line.tax_ids._ledger_deducted_rate(), mapping._bill_vat_rate()
        if ours is not None and theirs is not None and abs(ours - theirs) > 0.005:
            return self.env._(
                "account %(remote)s there has %(theirs)s %% VAT on bills, the line has %(ours)s %%",
                remote=mapping.remote_account,
                theirs=f"{theirs:g}",
                ours=f"{ours:g}",
            )
        return ""

    def _ledger_prepare_invoice(self, connection, contact_id=""):
        # EXTENDS 'ledger_bridge'
        if not self._ledger_is_bill():
            return super()._ledger_prepare_invoice(connection, contact_id)
        products = self.invoice_line_ids.sorted(lambda line: (line.sequence, line.id)).filtered(
            lambda line: line.display_type == "product" and line.price_subtotal
        )
        gross = self._ledger_gross_amounts(products)
        credited = self.reversed_entry_id
        link = credited and connection._ledger_link(credited, "bill")
        return records.Invoice(
            reference=connection._ledger_reference(self),
            name=self.ref or self.name,
            date=self.date,
            due_date=max(self.invoice_date_due or self.date, self.date),
            currency=self.currency_id.name,
            lines=tuple(self._ledger_prepare_bill_line(connection, line, gross[line]) for line in products),
            is_credit_note=self.move_type == "in_refund",
            is_bill=True,
            prices_include_vat=True,
            contact_id=contact_id,
            credited_id=link.remote_id if link else "",
        )

    def _ledger_prepare_bill_line(self, connection, line, gross):
        mapping = self.env["ledger.account.mapping"].sudo()._find(connection, line.account_id, line.tax_ids)
        rate = line.tax_ids._ledger_deducted_rate()
        return records.Line(
            description=(line.name or line.account_id.name).splitlines()[0],
            unit_price=gross,
            vat_rate=Decimal(str(rate or 0)).normalize(),
            remote_account=mapping.remote_account,
            vat_code=mapping._bill_vat_code(),
            amount=gross,
        )

    def _ledger_gross_amounts(self, lines):
        """``{line: amount including VAT}``; the lines of each tax sum to its net and its VAT as booked here."""
        sign = -1 if self.is_inbound() else 1
        cent = Decimal(1).scaleb(-self.currency_id.decimal_places)
        found = {}
        tax_items = self.line_ids.grouped("tax_line_id")
        for tax, group in lines.grouped("tax_ids").items():
            items = tax_items.get(tax, ()) if tax else ()
            vat = sum((self._ledger_amount(sign * item.amount_currency) for item in items), records.ZERO)
            nets = [self._ledger_amount(line.price_subtotal) for line in group]
            found |= dict(zip(group, bills.with_vat(nets, vat, cent), strict=True))
        return found

    def _ledger_document_file(self):
        # EXTENDS 'ledger_bridge': of a bill it is the vendor's own file
        if not self._ledger_is_bill():
            return super()._ledger_document_file()
        attachment = self.message_main_attachment_id
        return (attachment.name, attachment.raw or b"") if attachment else None

    def _ledger_note_pushed(self, connection, result):
        # EXTENDS 'ledger_bridge'
        if not self._ledger_is_bill() or result.get("state") != "draft":
            return super()._ledger_note_pushed(connection, result)
        self.invalidate_recordset(["ledger_state", "ledger_number", "ledger_message", "ledger_log_id"])
        self.sudo().message_post(
            body=self.env._("Sent to %(ledger)s as a draft: a person books it there.", ledger=connection.name)
        )
