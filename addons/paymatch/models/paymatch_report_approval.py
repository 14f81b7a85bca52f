from collections import defaultdict
from datetime import timedelta

from odoo import Command, fields, models
from odoo.exceptions import LockError, UserError


class FeeSums:
    """Fees and VAT of one entry, added up by account and kind: thousands of lines make few items."""

    def __init__(self, provider):
        self.provider, self.env = provider, provider.env
        self.own = provider._fee_accounts()
        self.sums = defaultdict(float)  # (is VAT, account, tax, kind) -> amount

    def add_fee(self, amount, kind, text, line=None):
        """``line``: a line that is a fee itself, with the account it was matched with."""
        if not amount:
            return
        row = self.provider._fee_row(kind, self.own)
        account = line.route_account_id if line else row.account_id
        account = account or row.account_id or self.provider._require_account("fee_account_id")
        tax = row.tax_id if account == row.account_id else self.env["account.tax"]
        self.sums[False, account, tax or self.provider.fee_tax_id, text or ""] += amount

    def add_vat(self, amount, line=None):
        if not amount:
            return
        account = line.route_account_id if line else self.env["account.account"]
        account = account or self.provider._require_account("fee_vat_account_id")
        self.sums[True, account, self.env["account.tax"], ""] += amount

    def parts(self, currency):
        env, waiting = self.env, self.provider.fee_vat_account_id
        for (is_vat, account, tax, text), amount in self.sums.items():
            if currency.is_zero(amount):
                continue
            label = env._("VAT on fees, bill to come") if is_vat else env._("Fees %s", text)
            yield {
                "account": account,
                "amount_currency": -amount,
                "name": label.strip(),
                "tax": tax,
                "is_fee_vat": is_vat and account == waiting,
            }


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    # Approve

    def action_approve(self):
        """Post one entry per bank movement, close the invoices and look for the bank lines. Twice is once."""
        if len(self) == 1:
            self.with_company(self.company_id)._approve()
            return True
        return self._approve_each()

    def _approve_each(self):
        """Approve many: one that cannot be approved does not stop the others, its reason is shown and kept."""
        problems = []
        for report in self.filtered(lambda report: not report.is_approved):
            try:
                with self.env.cr.savepoint():
                    report.with_company(report.company_id)._approve()
            except UserError as error:
                problems.append(f"{report.name}: {error}")
                report.message_post(body=self.env._("Not approved: %s", error))
        if not problems:
            return True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("%(count)s of %(total)s were not approved", count=len(problems), total=len(self)),
                "message": "\n".join(problems),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _approve(self):
        self.ensure_one()
        self._check_approver()
        self._lock()
        if self.is_approved:
            return
        self._check_approvable()
        self._check_matches()
        # what came in is booked before what went out again: one file may hold a payment and its charge-back
        for movement in self.movement_ids.sorted(lambda found: (found.date, found.direction, found.id)):
            self._post_movement(movement)
        self._system_write(
            {"is_approved": True, "approved_by_id": self.env.uid, "approved_date": fields.Datetime.now()}
        )
        # posting may forget which lines were read together: then each would be read by itself
        self.line_ids.with_prefetch().filtered("outcome")._advice_outcomes()
        self._after_approve()
        self.movement_ids._close_with_bank_lines()

    def _after_approve(self):
        """Called once when a report was approved and posted. Extended by other addons with ``super()``."""
        self.ensure_one()

    def _lock(self):
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(self.env._("%s is being approved by somebody else right now.", self.name)) from error
        self.invalidate_recordset()

    def _check_approver(self):
        provider = self.provider_id
        if provider.approval_by_manager and not (
            self.env.su or self.env.user.has_group("account.group_account_manager")
        ):
            raise UserError(
                self.env._(
                    "Payouts of %(provider)s are approved by an accounting manager (setting of the provider). %(name)s "
                    "waits under “To approve”.",
                    provider=provider.name,
                    name=self.name,
                )
            )

    def _check_loaded(self):
        for report in self.filtered("is_loading"):
            raise UserError(
                self.env._(
                    "%(name)s is still being read: %(done)s of %(total)s lines. It goes on by itself.",
                    name=report.name,
                    done=report.loaded_count,
                    total=report.loading_count,
                )
            )

    def _check_open(self):
        self._check_loaded()
        for report in self:
            if report.is_approved:
                raise UserError(
                    self.env._("%s is approved and posted. Undo the approval to change its matching.", report.name)
                )
            if report.is_discarded:
                raise UserError(self.env._("%s was discarded. Read it again to use it.", report.name))
            if report.error_message:
                raise UserError(
                    self.env._("%(name)s cannot be used: %(why)s", name=report.name, why=report.error_message)
                )

    def _check_approvable(self):
        self.ensure_one()
        self._check_open()
        if not self.is_matched:
            raise UserError(self.env._("Match %s first.", self.name))
        if not self.currency_id.is_zero(self.difference):
            raise UserError(
                self.env._(
                    "%(name)s does not add up: its lines make %(net)s, the file says %(declared)s, difference "
                    "%(difference)s.",
                    name=self.name,
                    net=self.currency_id.format(self.net_amount),
                    declared=self.currency_id.format(self.declared_amount),
                    difference=self.currency_id.format(self.difference),
                )
            )
        undecided = self._undecided_lines()
        if undecided and not self.provider_id.park_undecided:
            raise UserError(
                self.env._(
                    "%(count)s lines of %(name)s are undecided:\n%(lines)s\nMatch them, book them on an "
                    "account with a reason, "
                    "or let the provider's settings park them on the clearing account.",
                    count=len(undecided),
                    name=self.name,
                    lines="\n".join(
                        f"{line.sequence}: {self.currency_id.format(line.gross_amount)} "
                        f"{line.order_reference or line.text or ''} - {line.match_reason or ''}"
                        for line in undecided[:20]
                    ),
                )
            )

    def _check_matches(self):
        """Between matching and approval somebody else may have paid an invoice: look again, never pay twice."""
        spent = defaultdict(float)
        for line in self.line_ids.filtered(lambda li: li.match_state == "matched" and li.movement_id):
            if line.match_item_id:
                item = line.match_item_id
                if not line._takes_back() and item.reconciled:
                    self._refuse_stale(line)
            elif line.match_move_id and not line.is_decided_by_user:
                for move, amount in line._allocations():
                    compare = move.currency_id.compare_amounts
                    spent[move] += amount
                    if move.state == "posted" and compare(spent[move], move.amount_residual) <= 0:
                        continue
                    if move.state != "posted" or compare(spent[move], move.amount_residual + self._credited(move)) > 0:
                        self._refuse_stale(line)

    def _refuse_stale(self, line):
        raise UserError(
            self.env._(
                "%(invoice)s was paid or changed after line %(line)s of %(report)s was matched. Match again.",
                invoice=line.match_move_id.name or line.match_item_id.name,
                line=line.sequence,
                report=self.name,
            )
        )

    # The entry

    def _post_movement(self, movement):
        """One entry: in transit against clearing, receivables, fees, reserve and what was decided by hand."""
        provider = self.provider_id
        parts = self._prepare_parts(movement)
        if not parts:
            return
        total = self.currency_id.round(sum(part["amount_currency"] for part in parts) + movement.amount)
        if not self.currency_id.is_zero(total):
            raise UserError(
                self.env._(
                    "The entry of %(name)s would not balance: difference %(difference)s. Nothing was posted.",
                    name=movement.reference or self.name,
                    difference=self.currency_id.format(total),
                )
            )
        date = self._open_date(movement.date)
        if not self.currency_id.is_zero(movement.amount):
            parts.append(
                {
                    "account": provider._require_account("in_transit_account_id"),
                    "amount_currency": movement.amount,
                    "name": movement.bank_reference or movement.reference or self.name,
                    "is_in_transit": True,
                }
            )
        ref = f"{provider.name} {movement.reference or self.name}"
        move, items = self._create_entry(parts, date, ref, movement._posting_key())
        movement._system_write({"move_id": move.id})
        pairs = list(zip(parts, items, strict=True))
        self._note_items(movement, pairs)
        self._reconcile_parts(pairs)

    def _note_items(self, movement, pairs):
        """Which journal item was posted for what; extended by addons whose lines pay several documents."""
        for part, item in pairs:
            if part.get("is_in_transit"):
                movement._system_write({"in_transit_line_id": item.id})
            elif part.get("is_fee_vat"):
                movement._system_write({"fee_vat_line_id": item.id})
            elif part.get("line"):
                part["line"].sudo().item_id = item

    def _create_entry(self, parts, date, ref, key, **values):
        """Post an entry; the key makes it the only one. Returns the entry and the item of each part."""
        self._add_balances(parts, date)
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.provider_id.journal_id.id,
                "company_id": self.company_id.id,
                "date": date,
                "ref": ref,
                "paymatch_report_id": self.id,
                "paymatch_key": key,
                "line_ids": [Command.create(self._prepare_item_values(part, at)) for at, part in enumerate(parts)],
                **values,
            }
        )
        items = {item.sequence: item for item in move.line_ids if not item.tax_line_id}
        move.action_post()
        return move, [items[at] for at in range(len(parts))]

    def _prepare_parts(self, movement):
        """The counterparts of the in-transit item, in the report's currency: debit positive."""
        parts, fees = [], FeeSums(self.provider_id)
        for line in movement.line_ids:
            if line.line_type == "payout":
                continue
            if line.line_type in ("fee", "fee_vat") and line.match_state == "suspense":
                parts += self._prepare_line_parts(line)
            elif line.line_type == "fee":
                fees.add_fee(line.gross_amount, line.fee_type or line.text, line.fee_type or line.text, line)
            elif line.line_type == "fee_vat":
                fees.add_vat(line.gross_amount, line)
            elif not self.currency_id.is_zero(line.gross_amount):
                parts += self._prepare_line_parts(line)
            fees.add_fee(line.fee_amount, line.fee_type, line.fee_type)
            fees.add_vat(line.fee_vat_amount)
        parts += fees.parts(self.currency_id)
        carried = movement.closing_amount - movement.opening_amount
        if not self.currency_id.is_zero(carried):
            parts.append(
                {
                    "account": self.provider_id._require_account("clearing_account_id"),
                    "amount_currency": carried,
                    "name": self.env._("Carried over"),
                }
            )
        return parts

    def _prepare_line_parts(self, line):
        """What one line is booked against: one part, unless it pays several documents or leaves a small difference."""
        part = self._prepare_line_part(line)
        shares = line.allocation_ids
        if not shares:
            return [part]
        sign = 1 if line.gross_amount > 0 else -1
        parts = [
            {
                **part,
                "name": f"{part['name']} {share.move_id.name}",
                "amount_currency": -sign * share.amount,
                "account": self._receivable_of(share.move_id),
                "partner": share.move_id.commercial_partner_id,
                "invoice": share.move_id,
            }
            for share in shares
        ]
        if line.tolerance_id:
            parts.append(
                {
                    "account": line.tolerance_id.account_id,
                    "amount_currency": -line.write_off_amount,
                    "name": f"{line.tolerance_id.name}: {part['name']}",
                    "partner": part["partner"],
                }
            )
        return parts

    def _receivable_of(self, move):
        """The account a document is owed on."""
        return move.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")[:1].account_id

    def _prepare_line_part(self, line):
        """What one line is booked against when it belongs to one document or account."""
        invoice, item = line.match_move_id, line.match_item_id
        text = " ".join(
            filter(None, [line.order_reference or line.own_reference or line.payment_id, line.provider_reference])
        )
        part = {
            "amount_currency": -line.gross_amount,
            "name": text or line.text or line.raw_type or line.line_type,
            "partner": invoice.commercial_partner_id or item.partner_id,
            "line": line,
        }
        if line.match_state == "routed":
            return {**part, "account": line.route_account_id, "name": f"{part['name']}: {line.match_reason}"}
        if line.match_state == "suspense":
            account = self.provider_id._require_account("suspense_account_id")
            return {**part, "account": account, "name": f"{part['name']}: {line.match_reason}"}
        if line.match_state == "matched" and (item or invoice):
            account = item.account_id or self._receivable_of(invoice)
            return {**part, **self._presented(line), "account": account, "item": item, "invoice": invoice}
        return {
            **part,
            "account": self.provider_id._require_account("clearing_account_id"),
            "name": self.env._("Undecided: %(text)s (%(reason)s)", text=part["name"], reason=line.match_reason or ""),
        }

    def _presented(self, line):
        """Of a part that settles a document in the customer's own currency; core books the difference of the rates."""
        amount, currency = line._paid()
        return {} if currency == self.currency_id else {"currency": currency, "presented": -amount}

    def _add_balances(self, parts, date):
        """Amounts in the company's currency; the last item takes the rounding, so that the entry balances."""
        company = self.company_id
        for part in parts:
            part["balance"] = self.currency_id._convert(part["amount_currency"], company.currency_id, company, date)
        rest = company.currency_id.round(sum(part["balance"] for part in parts))
        parts[-1]["balance"] -= rest

    def _prepare_item_values(self, part, sequence):
        values = {
            "sequence": sequence,
            "account_id": part["account"].id,
            "partner_id": part["partner"].id if part.get("partner") else False,
            "name": part["name"],
            "currency_id": (part.get("currency") or self.currency_id).id,
            "amount_currency": part.get("presented", part["amount_currency"]),
            "balance": part["balance"],
            "tax_ids": [Command.set(part["tax"].ids if part.get("tax") else [])],
        }
        if part.get("invoice") or part.get("item"):
            # Settles a receivable: nothing to distribute, and core would ask the models for every customer by himself.
            values["analytic_distribution"] = False
        return values

    def _reconcile_parts(self, parts):
        """Close invoices and captures; a charge-back takes the earlier payment away from its invoice."""
        by_invoice, plan = defaultdict(lambda: self.env["account.move.line"]), []
        charged_back = [(part, item) for part, item in parts if part.get("item") and self._is_charged_back(part)]
        self._open_charged_back(part for part, _item in charged_back)
        for part, item in parts:
            invoice, earlier = part.get("invoice"), part.get("item")
            if earlier:
                plan.append(earlier | item)
            elif part.get("receivable"):
                # one of several items the invoice is owed by; paid meanwhile, the customer has it to his credit
                plan.append(item | part["receivable"].filtered(lambda aml: not aml.reconciled))
            elif invoice:
                by_invoice[invoice] |= item
        # What core reads of each invoice by itself is read for all of them at once.
        invoices = self.env["account.move"].union(*by_invoice)
        invoices.line_ids.mapped("tax_ids")
        invoices._log_status_cause("payment", self.name)
        for invoice, items in by_invoice.items():
            account = items.account_id
            open_items = invoice.line_ids.filtered(
                lambda aml, acc=account: aml.account_id in acc and not aml.reconciled
            )
            plan.append(items | open_items)
        if plan:
            Item = self.env["account.move.line"]
            Item.union(*plan).mapped("reconciled")
            Item._reconcile_plan(plan)

    def _is_charged_back(self, part):
        return part["line"]._takes_back()

    def _open_charged_back(self, parts):
        """Take the earlier payments away from their invoices, all at once."""
        partials, cause = self.env["account.partial.reconcile"], self.env._("%s, charged back", self.name)
        invoices, parts = self.env["account.move"], list(parts)
        items = self.env["account.move.line"].union(*(part["item"] for part in parts))
        matched = items.matched_debit_ids | items.matched_credit_ids
        # read together what is looked at one by one, here and by core when it takes partials away
        (matched.debit_move_id | matched.credit_move_id).move_id.mapped("matched_payment_ids")
        for part in parts:
            invoice, earlier = part["invoice"], part["item"]
            invoices |= invoice
            partials |= (earlier.matched_debit_ids | earlier.matched_credit_ids).filtered(
                lambda p, inv=invoice: inv in (p.debit_move_id | p.credit_move_id).move_id
            )
        invoices._log_status_cause("payment", cause)
        partials.unlink()
        invoices._log_status_cause("payment", cause)

    def _open_date(self, date):
        """The date itself, or the first day after the period that is closed."""
        self.ensure_one()
        journal = self.provider_id.journal_id
        locks = self.company_id._get_violated_lock_dates(date, bool(self.provider_id.fee_tax_id), journal)
        return max(lock for lock, _field in locks) + timedelta(days=1) if locks else date
