"""From a received document to a draft vendor bill: amounts as written, or no bill."""

from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from ..formats import attachments, records
from ..formats import bill as bill_format


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model
    def _einvoice_create_bill(self, document, invoice):
        """A draft bill whose VAT by rate and total are those of the document.

        :raises UserError, EInvoiceError: what stops it; nothing of the bill is left then (the caller's savepoint)
        """
        faults = bill_format.sum_faults(invoice)
        if faults:
            raise faults[0]
        company = document.company_id
        self = self.with_company(company)
        made = bill_format.make(invoice, self._einvoice_quantity_digits())
        partner, reason = self._einvoice_vendor(document, invoice)
        self._einvoice_refuse_duplicate(document, invoice, made, partner)
        currency = self.env["res.currency"].search([("name", "=", invoice.currency)])
        if not currency:
            raise UserError(
                self.env._(
                    "The document is in %(name)s, a currency that is not active. Activate it and choose Make Bill.",
                    name=invoice.currency,
                )
            )
        taxes = self._einvoice_taxes(made, invoice, partner, company)
        bank, account_values = self._einvoice_payee(document, invoice, partner)
        bill = self._einvoice_fill_bill(
            document,
            {
                "move_type": "in_refund" if made.is_refund else "in_invoice",
                "partner_id": partner.id,
                "ref": invoice.number,
                "invoice_origin": invoice.order_reference or invoice.sales_order or False,
                "invoice_date": invoice.issue_date,
                "invoice_date_due": invoice.due_date or invoice.issue_date,
                "invoice_payment_term_id": False,
                "currency_id": currency.id,
                "partner_bank_id": bank.id,
                "payment_reference": invoice.payment_means[0].payment_id if invoice.payment_means else False,
                "einvoice_order_reference": invoice.order_reference or False,
                "invoice_line_ids": [
                    Command.create(values)
                    for values in self._einvoice_bill_lines(made, invoice, partner, company, taxes)
                ],
            },
        )
        origin = invoice.order_reference or invoice.sales_order
        if origin and not bill.invoice_origin:
            bill.invoice_origin = origin  # purchase empties it when no order matches
        bill._einvoice_take_vat(made, taxes)
        bill._einvoice_check_bill(made)
        bill._einvoice_take_company_vat(invoice)
        bill._einvoice_save_files(document, invoice)
        document._system_write(
            {
                "move_id": bill.id,
                "partner_id": partner.id,
                "vendor_reason": reason,
                "note": "\n".join(bill._einvoice_notes(document, invoice, account_values)) or False,
                **account_values,
            }
        )
        return bill

    @api.model
    def _einvoice_fill_bill(self, document, values):
        """A new bill with these values, or the empty draft the document was received for."""
        draft = document._einvoice_draft().with_env(self.env)
        if not draft:
            return self.create(values | {"company_id": document.company_id.id})
        draft.write(values)
        return draft

    @api.model
    def _einvoice_quantity_digits(self):
        return self.env["decimal.precision"].precision_get("Product Unit")

    # --- lines ---------------------------------------------------------------------------------------------------
    @api.model
    def _einvoice_bill_lines(self, made, invoice, partner, company, taxes):
        """Values of the bill's lines; accounts and products by what is known of the vendor's lines."""
        matches = self._einvoice_match_lines(made, invoice, partner, company)
        return [
            self._einvoice_bill_line(row, invoice, match)
            | {"tax_ids": [Command.set(taxes[row.tax.key if row.tax else None].ids)]}
            for row, match in zip(made.rows, matches, strict=True)
        ]

    def _einvoice_bill_line(self, row, invoice, match):
        values = {
            "name": self._einvoice_label(row, invoice),
            "quantity": float(row.quantity),
            "price_unit": float(row.price),
            "discount": 0,
            "product_id": match.get("product_id", False),
            "einvoice_line_key": bill_format.line_key(row),
            "is_imported": True,  # a product chosen later keeps the document's price and tax
        }
        return values | {name: match[name] for name in match if name != "product_id" and match[name]}

    def _einvoice_label(self, row, invoice):
        usual = {
            bill_format.CHARGE: self.env._("Discount") if row.amount < 0 else self.env._("Charge"),
            bill_format.DUTY: self.env._("Duty"),
            bill_format.ROUNDING: self.env._("Rounding"),
        }
        line = row.line
        parts = [row.name or usual.get(row.kind, "")]
        if not line:
            return parts[0]
        parts += [line.description if line.description != row.name else "", line.note]
        if not row.is_price_kept and line.quantity != 1:
            parts.append(self.env._("Quantity: %s", f"{line.quantity.normalize():f} {line.unit}"))
        period = line.period or invoice.period
        if period and (period.start or period.end):
            days = (fields.Date.to_string(day) if day else "" for day in (period.start, period.end))
            parts.append(" – ".join(days))
        return "\n".join(text for text in parts if text)

    # --- VAT -----------------------------------------------------------------------------------------------------
    def _einvoice_take_vat(self, made, taxes):
        """The VAT of each tax becomes what the document states, if it is the same but for rounding."""
        self.ensure_one()
        stated, rows = {}, {}
        for key, amount in made.vat.items():
            tax = taxes.get(key)
            if tax:
                stated[tax] = stated.get(tax, records.ZERO) + amount
                rows[tax] = rows.get(tax, 0) + sum(1 for row in made.rows if row.tax and row.tax.key == key)
            elif amount:
                raise UserError(
                    self.env._(
                        "The document states %(amount)s VAT, but no line of the bill has a tax for it.", amount=amount
                    )
                )
        changes = []
        for tax, amount in stated.items():
            lines = self.line_ids.filtered(lambda line, tax=tax: line.tax_line_id == tax)
            booked = Decimal(str(self.currency_id.round(self.direction_sign * sum(lines.mapped("amount_currency")))))
            delta = amount - booked
            if not delta:
                continue
            if abs(delta) > bill_format.tolerance(rows[tax]) or not lines or tax._einvoice_is_reverse():
                raise UserError(
                    self.env._(
                        "The VAT would not agree with the document: with %(tax)s the bill has %(booked)s, the document "
                        "%(stated)s (difference %(delta)s). Ask the vendor, or choose another tax.",
                        tax=tax.name,
                        booked=booked,
                        stated=amount,
                        delta=delta,
                    )
                )
            amount_currency = lines[0].amount_currency + self.direction_sign * float(delta)
            changes.append(Command.update(lines[0].id, {"amount_currency": self.currency_id.round(amount_currency)}))
        if changes:
            self.write({"line_ids": changes})

    def _einvoice_check_bill(self, made):
        """The bill equals the document, or there is no bill."""
        self.ensure_one()
        for what, stated, booked in (
            (self.env._("VAT"), made.vat_total, self.amount_tax),
            (self.env._("total"), made.total, self.amount_total),
        ):
            if records.cents(stated) != Decimal(f"{booked:.2f}"):
                raise UserError(
                    self.env._(
                        "The bill would not agree with the document: %(what)s %(booked)s instead of %(stated)s "
                        "(difference %(delta)s).",
                        what=what,
                        booked=f"{booked:.2f}",
                        stated=f"{stated:.2f}",
                        delta=f"{Decimal(f'{booked:.2f}') - stated:.2f}",
                    )
                )

    def _einvoice_take_company_vat(self, invoice):
        """A document in foreign currency states its VAT in the company's: that is what may be deducted.

        Taken over when it is within a twentieth of what our own rate gives; else the note says so.
        """
        self.ensure_one()
        amount = invoice.tax_currency_amount
        if (
            amount is None
            or invoice.tax_currency != self.company_currency_id.name
            or self.currency_id.is_zero(self.amount_tax)
        ):
            return
        lines = self.line_ids.filtered("tax_line_id")
        booked = sum(lines.mapped("balance"))
        wanted = self.direction_sign * abs(float(amount))
        if len(lines) == 1 and abs(wanted - booked) <= abs(booked) / 20:
            if float_compare(wanted, booked, precision_rounding=self.company_currency_id.rounding):
                self.write({"line_ids": [Command.update(lines.id, {"balance": wanted})]})

    # --- files ---------------------------------------------------------------------------------------------------
    def _einvoice_save_files(self, document, invoice):
        """What was embedded, each under its true type; the first PDF is what the bill shows."""
        self.ensure_one()
        if self.env.context.get("einvoice_without_attachments"):
            return
        values = []
        for file in invoice.attachments:
            if not file.content:
                continue
            mimetype, is_lie = attachments.true_type(file)
            if is_lie:
                raise UserError(
                    self.env._(
                        "The attachment “%(file)s” says it is %(said)s, but that is not what is in it. Nothing was "
                        "booked. Ask the vendor, or choose Make Bill without Attachments: "
                        "the files then stay in the document.",
                        file=file.filename or file.id,
                        said=file.mimetype,
                    )
                )
            name = file.filename or f"{file.id}{attachments.ENDINGS.get(mimetype, '')}"
            values.append({"name": name, "raw": file.content, "mimetype": mimetype})
        files = self.env["ir.attachment"].create(
            [each | {"res_model": self._name, "res_id": self.id, "company_id": self.company_id.id} for each in values]
        )
        pdf = files.filtered(lambda each: each.mimetype == attachments.PDF)[:1]
        if pdf:
            self._message_set_main_attachment_id(pdf, force=True)

    # --- notes ---------------------------------------------------------------------------------------------------
    def _einvoice_notes(self, document, invoice, account_values):
        """What does not stop the bill, but somebody should know."""
        self.ensure_one()
        notes = []
        if account_values.get("account_state") == "new":
            notes.append(
                self.env._(
                    "The vendor has a new account: %s. It blocks the payment until somebody confirms it.",
                    account_values["payee_account"],
                )
            )
        if not self._einvoice_is_for(document.company_id, invoice.customer):
            notes.append(
                self.env._("The document is addressed to %s, not to this company.", invoice.customer.name or "?")
            )
        if invoice.totals.prepaid:
            notes.append(
                self.env._(
                    "Of the total %(paid)s is paid already, says the document; left to pay: %(due)s.",
                    paid=f"{invoice.totals.prepaid:.2f}",
                    due=f"{invoice.totals.payable:.2f}",
                )
            )
        notes += [
            self.env._("A file is not embedded but lies at %s. It was not fetched.", file.uri)
            for file in invoice.attachments
            if file.uri and not file.content
        ]
        stated = invoice.tax_currency_amount
        if stated is not None and invoice.tax_currency == self.company_currency_id.name:
            booked = sum(self.line_ids.filtered("tax_line_id").mapped("balance")) * self.direction_sign
            if abs(abs(float(stated)) - booked) >= 0.005:
                notes.append(
                    self.env._(
                        "The document states the VAT as %(stated)s %(currency)s; the bill has %(booked)s.",
                        stated=f"{stated:.2f}",
                        currency=invoice.tax_currency,
                        booked=f"{booked:.2f}",
                    )
                )
        return notes

    # --- what people choose is remembered -------------------------------------------------------------------------
    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft=soft)
        posted._einvoice_remember_lines()
        return posted

    def _einvoice_remember_lines(self):
        """Account and product of a received bill's lines, for the vendor's next one."""
        Choice = self.env["nordic.einvoice.choice"].sudo()
        for bill in self:
            if not bill.is_purchase_document():
                continue
            lines = bill.invoice_line_ids.filtered(lambda line: line.einvoice_line_key and line.account_id)
            if not lines:
                continue
            choices = {
                ("", line.einvoice_line_key): {"account_id": line.account_id.id, "product_id": line.product_id.id}
                for line in lines.sorted(lambda line: bool(line.product_id))  # of the same text the one with a product
            }
            Choice._remember(bill.commercial_partner_id, bill.company_id, choices)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    einvoice_line_key = fields.Char(
        string="Text in the E-Invoice", copy=False, readonly=True, help="What the vendor's line is known by."
    )
