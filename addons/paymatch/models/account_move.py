from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..const import OWN_UNDO
from ..plan import bill

REFERENCE_FIELDS = ("name", "payment_reference", "ref", "invoice_origin")
SALE_TYPES = ("out_invoice", "out_receipt")
#: An amount that more invoices are open with says nothing about which of them is paid.
CROWD = 200


class AccountMove(models.Model):
    _inherit = "account.move"

    paymatch_report_id = fields.Many2one(
        "paymatch.report",
        string="Payment Report",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    paymatch_key = fields.Char(copy=False, readonly=True, help="One entry per bank movement and approval.")
    paymatch_share_ids = fields.One2many("paymatch.fee.share", "bill_id", string="Paid With Payouts")
    paymatch_is_fee_bill = fields.Boolean(
        string="Bill for Fees Kept Back",
        compute="_compute_paymatch_is_fee_bill",
        help="From the supplier of a provider.",
    )

    _paymatch_key_uniq = models.UniqueIndex(
        "(paymatch_key) WHERE paymatch_key IS NOT NULL", "This bank movement is posted already."
    )
    # core's indexes of texts are for parts of them; thousands of whole ones are looked up here at once
    _paymatch_payment_reference_idx = models.Index(
        "(payment_reference) WHERE move_type IN ('out_invoice', 'out_receipt', 'out_refund')"
    )
    _paymatch_ref_idx = models.Index("(ref) WHERE move_type IN ('out_invoice', 'out_receipt', 'out_refund')")
    _paymatch_origin_idx = models.Index(
        "(invoice_origin) WHERE move_type IN ('out_invoice', 'out_receipt', 'out_refund')"
    )
    _paymatch_open_amount_idx = models.Index(
        "(amount_residual) WHERE move_type IN ('out_invoice', 'out_receipt') "
        "AND payment_state IN ('not_paid', 'partial')"
    )

    @api.depends("move_type", "state", "commercial_partner_id", "company_id", "amount_residual")
    def _compute_paymatch_is_fee_bill(self):
        bills = self.filtered(
            lambda move: move.move_type == "in_invoice" and move.state == "posted" and move.amount_residual
        )
        providers_sudo = (
            self.env["paymatch.provider"]
            .sudo()
            .search(
                [
                    ("company_id", "in", bills.company_id.ids),
                    ("partner_id.commercial_partner_id", "in", bills.commercial_partner_id.ids),
                ]
            )
        )
        known = {(found.company_id, found.partner_id.commercial_partner_id) for found in providers_sudo}
        for move in self:
            move.paymatch_is_fee_bill = move in bills and (move.company_id, move.commercial_partner_id) in known

    def write(self, vals):
        # EXTENDS 'account'
        if vals.get("state") in ("draft", "cancel") or {"paymatch_key", "paymatch_report_id"} & vals.keys():
            self._check_paymatch_undo()
        return super().write(vals)

    def button_draft(self):
        # EXTENDS 'account'
        self._check_paymatch_undo()
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        # EXTENDS 'account'
        self._check_paymatch_undo()
        return super()._reverse_moves(default_values_list, cancel)

    def _check_paymatch_undo(self):
        """The report must know when its entry is taken back."""
        if self.env.context.get("paymatch_undo") is OWN_UNDO:
            return
        settled = self.filtered(lambda move: move.move_type == "in_invoice").paymatch_share_ids.bill_id
        if settled:
            raise UserError(
                self.env._("%s is settled with payouts. Undo the settlement on the bill first.", settled[0].name)
            )
        if self.filtered("paymatch_key"):
            raise UserError(
                self.env._(
                    "The entry of a payment report cannot be set to draft or reversed. "
                    "Undo the approval on the report instead."
                )
            )

    def action_open_paymatch_report(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "paymatch.report",
            "res_id": self.paymatch_report_id.id,
            "view_mode": "form",
        }

    # A provider's bill for fees that were kept back from payouts

    def action_paymatch_bill(self):
        """Open the wizard that settles this bill with the payouts its fees were kept back from."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle With Payouts"),
            "res_model": "paymatch.bill",
            "view_mode": "form",
            "target": "new",
            "context": {"default_bill_id": self.id},
        }

    def _paymatch_settle(self, movements):
        """Settle the bill with the fees kept back from payouts: its VAT is deducted, its fee is not booked again.

        The entry takes the fee off the accounts the bill has booked it on, since the payouts have booked it already,
        and closes the VAT that waited.

        :return: the entry
        """
        self.ensure_one()
        movements.report_id.check_access("write")
        for report in movements.report_id:
            report._lock()
        currency = self.currency_id
        if movements.currency_id != currency:
            raise UserError(self.env._("The bill is in %s, the payouts are in another currency.", currency.name))
        net, vat = self._paymatch_cents(self.amount_untaxed), self._paymatch_cents(self.amount_tax)
        fees = self._paymatch_shares(net, vat, movements)
        vats = [self._paymatch_cents(movement.fee_vat_open_amount) for movement in movements]
        total = sum(fees) + sum(vats)
        if not total or total > self._paymatch_cents(self.amount_residual):
            raise UserError(
                self.env._(
                    "The payouts kept back %(total)s, %(bill)s is open with %(open)s.",
                    total=currency.format(self._paymatch_amount(total)),
                    bill=self.name,
                    open=currency.format(self.amount_residual),
                )
            )
        entry = self._paymatch_post_settlement(movements, fees, vats)
        self.env["paymatch.fee.share"]._system_create(
            [
                {
                    "bill_id": self.id,
                    "entry_id": entry.id,
                    "movement_id": movement.id,
                    "company_id": self.company_id.id,
                    "fee_amount": self._paymatch_amount(fee),
                    "vat_amount": self._paymatch_amount(waited),
                }
                for movement, fee, waited in zip(movements, fees, vats, strict=True)
            ]
        )
        return entry

    def _paymatch_cents(self, amount):
        return round(amount * 10**self.currency_id.decimal_places)

    def _paymatch_amount(self, cents):
        return cents / 10**self.currency_id.decimal_places

    def _paymatch_shares(self, net, vat, movements):
        """The fee of each payout the bill covers, in øre; tells the user why it does not."""
        payouts = [
            bill.Payout(
                self._paymatch_cents(max(0, found.fee_open_amount)), self._paymatch_cents(found.fee_vat_open_amount)
            )
            for found in movements
        ]
        try:
            return bill.shares(net, vat, payouts)
        except bill.BillError as error:
            have, need = (self.currency_id.format(self._paymatch_amount(cents)) for cents in (error.have, error.need))
            if error.code == "nothing":
                text = self.env._(
                    "No VAT waits on these payouts, but the bill has VAT. Choose others, or pay the bill."
                )
            elif error.code == "vat":
                text = self.env._(
                    "VAT of %(need)s waits on these payouts, the bill has only %(have)s. Choose fewer.",
                    need=need,
                    have=have,
                )
            else:
                text = self.env._(
                    "The bill is for fees of %(need)s, these payouts kept back %(have)s. Choose more, or pay the bill.",
                    need=need,
                    have=have,
                )
            raise UserError(text) from error

    def _paymatch_post_settlement(self, movements, fees, vats):
        report = movements[0].report_id.with_company(self.company_id)
        payable = self.line_ids.filtered(
            lambda item: item.account_id.account_type == "liability_payable" and not item.reconciled
        )
        label = self.env._("%(bill)s, kept back from payouts", bill=self.name)
        parts = [
            {
                "account": payable[:1].account_id,
                "partner": self.commercial_partner_id,
                "amount_currency": self._paymatch_amount(sum(fees) + sum(vats)),
                "name": label,
            }
        ]
        parts += [
            {"account": account, "amount_currency": -self._paymatch_amount(cents), "name": label}
            for account, cents in self._paymatch_fee_accounts(sum(fees))
        ]
        waiting = [(movement, cents) for movement, cents in zip(movements, vats, strict=True) if cents]
        parts += [
            {
                "account": movement.fee_vat_line_id.account_id,
                "amount_currency": -self._paymatch_amount(cents),
                "name": f"{label} ({movement.report_id.name})",
                "item": movement.fee_vat_line_id,
            }
            for movement, cents in waiting
        ]
        date = report._open_date(max(self.date, *movements.move_id.mapped("date")))
        key = (
            f"bill/{self.id}/{self.env['account.move'].search_count([('paymatch_key', '=like', f'bill/{self.id}/%')])}"
        )
        entry, items = report._create_entry(parts, date, label, key, paymatch_report_id=False)
        (payable | items[0]).reconcile()
        for part, item in zip(parts, items, strict=True):
            if part.get("item"):
                (part["item"] | item).reconcile()
        return entry

    def _paymatch_fee_accounts(self, cents):
        """``[(account, øre)]``: where the bill has booked its net, in proportion to what is settled of it."""
        booked = {}
        for line in self.invoice_line_ids.filtered(lambda item: item.display_type == "product"):
            booked[line.account_id] = booked.get(line.account_id, 0) + self._paymatch_cents(line.price_subtotal)
        result, left, rest = [], cents, sum(booked.values())
        for account, amount in booked.items():
            share = left * amount // rest if rest else 0
            left, rest = left - share, rest - amount
            if share:
                result.append((account, share))
        return result

    def action_paymatch_bill_undo(self):
        """Take the settlement with payouts back: the VAT waits again, the bill is open again."""
        self.ensure_one()
        shares = self.paymatch_share_ids
        shares.report_id.check_access("write")
        entry = shares.entry_id
        if not entry:
            raise UserError(self.env._("%s is not settled with payouts.", self.name))
        report = shares.report_id[:1].with_company(self.company_id)
        today = self.company_id._invoice_status_today()
        shares.sudo().unlink()
        entry.with_context(paymatch_undo=OWN_UNDO)._reverse_moves(
            [
                {"date": report._open_date(max(move.date, today)), "ref": self.env._("Undo: %s", move.ref)}
                for move in entry
            ],
            cancel=True,
        )
        self.message_post(body=self.env._("The settlement with payouts was undone."))
        return True

    # Looked up for thousands of lines at once

    @api.model
    def _paymatch_named(self, references, company):
        """Ids of the posted customer documents that carry one of the references in any of their reference fields."""
        self.flush_model([*REFERENCE_FIELDS, "company_id", "state", "move_type"])
        found = SQL(" UNION ").join(
            SQL(
                "SELECT move.id FROM wanted JOIN account_move move ON move.%s = wanted.reference "
                "WHERE move.move_type IN ('out_invoice', 'out_receipt', 'out_refund') AND move.state = 'posted' "
                "AND move.company_id = %s",
                SQL.identifier(name),
                company.id,
            )
            for name in REFERENCE_FIELDS
        )
        rows = self.env.execute_query(
            SQL("WITH wanted AS (SELECT unnest(%s) AS reference) %s", sorted(references), found)
        )
        return [row[0] for row in rows]

    @api.model
    def _paymatch_of_amounts(self, amounts, company, currency):
        """``(ids, crowded)``: open invoices of the amounts, and the amounts that too many invoices are open with."""
        self.flush_model(["amount_residual", "company_id", "currency_id", "move_type", "payment_state", "state"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT wanted.amount, found.ids
                  FROM unnest(%s::numeric[]) AS wanted(amount)
                 CROSS JOIN LATERAL (
                    SELECT array_agg(id) AS ids FROM (
                        SELECT move.id FROM account_move move
                         WHERE move.amount_residual = wanted.amount
                           AND move.move_type IN ('out_invoice', 'out_receipt')
                           AND move.payment_state IN ('not_paid', 'partial')
                           AND move.state = 'posted' AND move.company_id = %s AND move.currency_id = %s
                         LIMIT %s) AS few) AS found
                """,
                sorted(amounts),
                company.id,
                currency.id,
                CROWD + 1,
            )
        )
        crowded = {float(amount) for amount, ids in rows if len(ids or ()) > CROWD}
        return [move_id for amount, ids in rows if float(amount) not in crowded for move_id in ids or ()], crowded
