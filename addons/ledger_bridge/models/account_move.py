from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from odoo.addons.transfer_log.posted import INVOICE_CONTENT, changed

from .. import records

PUSHED_TYPES = ("out_invoice", "out_refund")
BILL_TYPES = ("in_invoice", "in_refund")
OPERATIONS = ("invoice_create", "credit_note_create", "bill_create", "bill_credit_note_create")
MAX_NUMBER = 2**31 - 1  # numbers over there are integers; how large they may be is not documented


class AccountMove(models.Model):
    _inherit = "account.move"

    ledger_state = fields.Selection(
        [
            ("not_pushed", "Not pushed"),
            ("queued", "On its way"),
            ("uncertain", "Outcome unknown"),
            ("failed", "Failed"),
            ("ignored", "Ignored"),
            ("pushed", "In the ledger"),
        ],
        string="Outside Ledger",
        compute="_compute_ledger_state",
        search="_search_ledger_state",
    )
    ledger_number = fields.Char(string="Number in the Ledger", compute="_compute_ledger_state")
    ledger_message = fields.Text(compute="_compute_ledger_state")
    ledger_export_id = fields.Many2one(
        "ledger.export", string="Exported With", readonly=True, copy=False, index="btree_not_null", check_company=True
    )
    ledger_log_id = fields.Many2one("transfer.log", string="Latest Transfer", compute="_compute_ledger_state")

    @api.depends("state", "move_type")
    def _compute_ledger_state(self):
        moves = self.filtered(lambda move: move.move_type in PUSHED_TYPES + BILL_TYPES and move.state != "draft")
        rest = self - moves
        rest.ledger_state = rest.ledger_number = rest.ledger_message = rest.ledger_log_id = False
        links = {
            link.res_id: link
            for link in self.env["ledger.link"]
            .sudo()
            .search([("res_model", "=", "account.move"), ("res_id", "in", moves.ids), ("remote_type", "!=", "voucher")])
        }
        logs = {}
        for log in (
            self.env["transfer.log"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "account.move"),
                    ("res_id", "in", moves.ids),
                    ("operation", "in", OPERATIONS),
                ],
                order="id",
            )
        ):
            logs[log.res_id] = log
        for move in moves:
            link, log = links.get(move.id), logs.get(move.id)
            move.ledger_number = link.remote_number if link else False
            move.ledger_log_id = log or False
            move.ledger_message = log.error_message if log and not link else False
            if link:
                move.ledger_state = "pushed"
            elif not log:
                is_taken = move.move_type in PUSHED_TYPES or move.ledger_takes_bill
                move.ledger_state = "not_pushed" if is_taken else False
            else:
                # a transfer being tried again says why it waits
                move.ledger_state = {"sending": "queued", "done": "pushed"}.get(log.state, log.state)

    def _search_ledger_state(self, operator, value):
        if operator not in ("in", "="):
            return NotImplemented
        wanted = set(value) if operator == "in" else {value}
        is_linked = Domain(
            "id",
            "in",
            SQL(
                "(SELECT res_id FROM ledger_link WHERE res_model = 'account.move'"
                " AND remote_type IN ('invoice', 'credit_note', 'bill', 'bill_credit_note'))"
            ),
        )

        def has_log(states):
            return Domain(
                "id",
                "in",
                SQL(
                    "(SELECT res_id FROM transfer_log WHERE res_model = 'account.move'"
                    " AND operation IN %s AND state IN %s)",
                    OPERATIONS,
                    tuple(states),
                ),
            )

        all_states = ("queued", "sending", "uncertain", "failed", "ignored", "done")
        companies = self.env["transfer.connection"]._ledger_companies_with_bills()
        pushable = Domain("move_type", "in", BILL_TYPES) & Domain("company_id", "in", companies.ids)
        pushable = (Domain("move_type", "in", PUSHED_TYPES) | pushable) & Domain("state", "!=", "draft")
        parts = {
            "pushed": is_linked,
            "queued": ~is_linked & has_log(("queued", "sending")),
            "uncertain": ~is_linked & has_log(("uncertain",)),
            "failed": ~is_linked & has_log(("failed",)),
            "ignored": ~is_linked & has_log(("ignored",)),
            "not_pushed": pushable & ~is_linked & ~has_log(all_states),
            False: ~pushable & (Domain("state", "=", "draft") | (~is_linked & ~has_log(all_states))),
        }
        return Domain.OR([parts[state] for state in wanted if state in parts])

    # ---------------------------------------------------------------- actions

    def action_ledger_view_transfer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "transfer.log",
            "res_id": self.ledger_log_id.id,
            "view_mode": "form",
        }

    def write(self, vals):
        # EXTENDS 'account'
        if vals.get("state") in ("draft", "cancel"):
            # whatever way it came: a button, an import, another program
            self._ledger_check_not_pushed()
        changed(self, vals, INVOICE_CONTENT)._ledger_check_not_pushed()
        return super().write(vals)

    def button_draft(self):
        # EXTENDS 'account'
        self._ledger_check_not_pushed()
        return super().button_draft()

    def button_cancel(self):
        # EXTENDS 'account'
        self._ledger_check_not_pushed()
        return super().button_cancel()

    # --------------------------------------------------------------- business

    def _ledger_check_not_pushed(self):
        """Posted is posted: what is in the other ledger, or on its way, cannot be changed here."""
        for move in self.filtered("ledger_export_id"):
            raise UserError(
                self.env._(
                    "%(name)s was exported with %(export)s. Reverse it by a new entry, or undo the export first.",
                    name=move.name,
                    export=move.ledger_export_id.sudo().display_name,
                )
            )
        for move in self.filtered(lambda move: move.ledger_state in ("pushed", "queued", "uncertain")):
            raise UserError(
                self.env._(
                    "%(name)s is in the outside ledger, or on its way to it, and cannot be changed. Make a credit note"
                    " and push that too.",
                    name=move.name,
                )
            )

    def _ledger_check_pushable(self, connection):
        """UserError with everything that stops this invoice."""
        self.ensure_one()
        faults = []
        if self.state != "posted" or self.move_type not in PUSHED_TYPES:
            faults.append(self.env._("only posted customer invoices and credit notes can be pushed"))
        partner = self.commercial_partner_id
        if not partner.country_id:
            faults.append(self.env._("the customer %(name)s has no country", name=partner.display_name))
        faults += self._ledger_mapping_faults(connection)
        if connection.ledger_number_policy == "ours" and not self._ledger_own_number():
            faults.append(self.env._("its number has no digits, or too many, for a number in the outside ledger"))
        if faults:
            raise UserError(
                self.env._("%(name)s cannot be pushed: %(faults)s.", name=self.name, faults="; ".join(faults))
            )

    def _ledger_mapping_faults(self, connection):
        """What the mapping of accounts and taxes lacks for the lines of this invoice."""
        self.ensure_one()
        faults = []
        if any(line.display_type == "rounding" for line in self.line_ids):
            faults.append(self.env._("cash rounding cannot be expressed in the outside ledger"))
        for line in self.invoice_line_ids.filtered(lambda line: line.display_type == "product"):
            if len(line.tax_ids) > 1 or line.tax_ids.amount_type not in (False, "percent"):
                text = self.env._(
                    "the line “%(line)s” has several taxes, or one that is not a percentage",
                    line=line.name or line.account_id.name,
                )
            else:
                mapping = self.env["ledger.account.mapping"].sudo()._find(connection, line.account_id, line.tax_ids)
                text = self._ledger_mapping_fault(line, mapping)
            if text and text not in faults:
                faults.append(text)
        return faults

    def _ledger_mapping_fault(self, line, mapping):
        if not mapping:
            return self.env._(
                "account %(account)s with %(tax)s is not mapped",
                account=line.account_id.display_name,
                tax=line.tax_ids.name or self.env._("no tax"),
            )
        if not mapping.is_checked:
            return self.env._(
                "account %(remote)s was not found in the outside ledger (press Read accounts)",
                remote=mapping.remote_account,
            )
        if mapping.is_vat_known and abs((line.tax_ids.amount or 0.0) - mapping.remote_vat_rate) > 0.005:
            return self.env._(
                "account %(remote)s there has %(theirs)s %% VAT, the line has %(ours)s %%",
                remote=mapping.remote_account,
                theirs=f"{mapping.remote_vat_rate:g}",
                ours=f"{line.tax_ids.amount or 0.0:g}",
            )
        return ""

    def _ledger_amount(self, value):
        """A Monetary of this invoice as an exact decimal."""
        return Decimal(str(self.currency_id.round(value))).quantize(Decimal(1).scaleb(-self.currency_id.decimal_places))

    def _ledger_totals(self):
        """Our totals, positive for invoices and credit notes alike."""
        self.ensure_one()
        sign = -1 if self.is_inbound() else 1
        vat = {}
        for line in self.line_ids.filtered("tax_line_id"):
            rate = Decimal(str(line.tax_line_id.amount)).normalize()
            vat[rate] = vat.get(rate, records.ZERO) + self._ledger_amount(sign * line.amount_currency)
        return records.Totals(
            net=self._ledger_amount(self.amount_untaxed),
            total=self._ledger_amount(self.amount_total),
            vat_total=self._ledger_amount(self.amount_tax),
            vat=vat,
        )

    def _ledger_prepare_invoice(self, connection, contact_id=""):
        """This invoice as the neutral record adapters make their payload of."""
        self.ensure_one()
        lines = self.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        products = lines.filtered(lambda line: line.display_type == "product")
        included = [any(tax.price_include for tax in line.tax_ids) for line in products if line.tax_ids]
        is_included = bool(included) and all(included) and "gross_prices" in connection._ledger_capabilities()
        credited = self.reversed_entry_id
        credited_link = credited and connection._ledger_link(credited, "invoice")
        return records.Invoice(
            reference=connection._ledger_reference(self),
            name=self.name,
            date=self.invoice_date,
            due_date=max(self.invoice_date_due or self.invoice_date, self.invoice_date),
            currency=self.currency_id.name,
            lines=tuple(self._ledger_prepare_line(connection, line, is_included) for line in lines),
            is_credit_note=self.move_type == "out_refund",
            prices_include_vat=is_included,
            contact_id=contact_id,
            credited_id=credited_link.remote_id if credited_link else "",
            note=html2plaintext(self.narration or "").strip(),
            language="da" if (self.partner_id.lang or "da").startswith("da") else "en",
            number=self._ledger_own_number() if connection.ledger_number_policy == "ours" else None,
        )

    def _ledger_prepare_line(self, connection, line, is_included):
        if line.display_type != "product":
            return records.Line(description=line.name or "-", is_text=True)
        mapping = self.env["ledger.account.mapping"].sudo()._find(connection, line.account_id, line.tax_ids)
        values = {
            "description": line.name or line.product_id.display_name or line.account_id.name,
            "quantity": Decimal(repr(line.quantity)),
            "unit_price": Decimal(repr(line.price_unit)),
            "discount": Decimal(repr(line.discount)),
            "vat_rate": Decimal(str(line.tax_ids.amount or 0)).normalize(),
            "remote_account": mapping.remote_account,
            "unit": line.product_uom_id.name or "",
            "remote_unit": connection._ledger_unit(line.product_uom_id).code or "",
            "amount": self._ledger_amount(line.price_total if is_included else line.price_subtotal),
        }
        if not is_included and any(tax.price_include for tax in line.tax_ids):
            # net and gross prices on one invoice, or a system that takes net prices only: its net amount goes over
            values |= {
                "quantity": Decimal(1),
                "unit_price": self._ledger_amount(line.price_subtotal),
                "discount": Decimal(0),
            }
        return records.Line(**values)

    def _ledger_own_number(self):
        """The digits of our number, where the other side is to use it; ``None`` when they make no number there."""
        digits = "".join(filter(str.isdigit, self.name or ""))
        return int(digits) if digits and 0 < int(digits) <= MAX_NUMBER else None

    def _ledger_gate(self, payload, totals=None):
        """The amount gate: what would be booked over there against this invoice.

        :param payload: ``records.Invoice`` as it is to be sent
        :param totals: ``records.Totals`` as the other side calculates them; left out: the common rule
        :return: list of ``records.Difference``; empty: net, VAT per rate and total agree
        """
        self.ensure_one()
        return records.compare(self._ledger_totals(), totals or records.calculate(payload))

    def _ledger_note_pushed(self, connection, result):
        self.ensure_one()
        self.invalidate_recordset(["ledger_state", "ledger_number", "ledger_message", "ledger_log_id"])
        self.sudo().message_post(
            body=self.env._(
                "Booked in %(ledger)s as number %(number)s.",
                ledger=connection.name,
                number=result.get("number") or result["remote_id"],
            )
        )
