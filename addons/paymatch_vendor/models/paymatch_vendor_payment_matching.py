from collections import defaultdict
from datetime import timedelta

from odoo import Command, models
from odoo.fields import Domain

from odoo.addons.paymatch.models.paymatch_report_index import reference_variants, words_of
from odoo.addons.paymatch.plan import weights, words

from ..plan import accounts, keys

#: So many open items of one amount are looked at; of more only those that are named.
CROWD = 200
# A bill is paid from some days before its date until long after it.
PAY_WINDOW = (-10, 120)


class PaymatchVendorPayment(models.Model):
    """What a payment out of the account closes: a payment registered before, or the bill itself."""

    _inherit = "paymatch.vendor.payment"

    def _match(self):
        """Find for each payment what it closes, with the reason; those booked already stay as they are."""
        waiting = self.filtered(lambda payment: not payment.statement_line_id.is_reconciled)
        outgoing = waiting.filtered(lambda payment: payment.amount < 0)
        for (company, currency), payments in outgoing.grouped(lambda p: (p.company_id, p.currency_id)).items():
            payments._match_outgoing(company, currency)
        waiting.filtered(lambda payment: payment.kind == "return")._match_returned()

    def _match_outgoing(self, company, currency):
        base = self._open_items_domain(company, currency)
        by_amount = self._items_by_amount(base)
        by_word = self._items_by_word(base)
        candidates = {}
        for payment in self:
            equal = by_amount.get(payment._cents(payment._paid()), [])
            if len(equal) > CROWD:
                equal = [items for items in equal if items <= by_word[payment]]
            candidates[payment] = sorted(
                ((*payment._weigh(items), items) for items in equal), key=lambda row: (-row[0], row[2].ids)
            )
        taken = self.env["account.move.line"]
        # the surest first: what it takes is no question any more for the others
        for payment in self.sorted(lambda p: (-(candidates[p][0][0] if candidates[p] else 0), p.id)):
            free = [row for row in candidates[payment] if not row[2] & taken]
            values = payment._decide(free) or payment._match_several(by_word[payment] - taken)
            values = values or payment._why_not(free)
            taken |= values.pop("items")
            payment.sudo().write(values)

    def _paid(self):
        """What the payment itself was, without the charge it contains: below zero."""
        return self.currency_id.round(self.amount + self.charge_amount)

    def _cents(self, amount):
        return round(amount * 10**self.currency_id.decimal_places)

    def _open_items_domain(self, company, currency):
        """Open items a payment may close: what is owed to vendors, and payments on their way to the bank."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("currency_id", "=", currency.id)
            & Domain("statement_line_id", "=", False)
            & (
                Domain("account_id.account_type", "=", "liability_payable")
                | (Domain("payment_id.payment_type", "=", "outbound") & Domain("account_id.reconcile", "=", True))
            )
        )

    def _items_by_amount(self, base):
        """øre -> what is open with exactly this amount: single items, and whole bills with several instalments."""
        amounts = list({payment._paid() for payment in self})
        found, seen = defaultdict(list), set()
        items = self.env["account.move.line"].search(
            base & Domain("amount_residual_currency", "in", amounts), order="date_maturity, id"
        )
        for item in items:
            key = (item.move_id, self._cents(item.amount_residual_currency))
            if key not in seen:  # of equal instalments of a bill the first due
                seen.add(key)
                found[key[1]].append(item)
        bills = self.env["account.move"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", ("in_invoice", "in_receipt"))
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("amount_residual", "in", [-amount for amount in amounts])
        )
        for bill in bills:
            owed = bill.line_ids.filtered(
                lambda item: item.account_id.account_type == "liability_payable" and not item.reconciled
            )
            if len(owed) > 1:
                found[self._cents(-bill.amount_residual)].append(owed)
        return found

    def _items_by_word(self, base):
        """payment -> the open items of documents and payments whose numbers it tells."""
        wanted = {payment: payment._words() for payment in self}
        every = sorted({word for found in wanted.values() for word in found})
        Item = self.env["account.move.line"]
        by_word = defaultdict(lambda: Item)
        company = Domain("company_id", "=", self.company_id.id)
        fields_of_bill = ("name", "ref", "payment_reference")
        bills = self.env["account.move"].search(
            company
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", ("in_invoice", "in_refund", "in_receipt"))
            & Domain.OR([[(name, "in", every)] for name in fields_of_bill])
        )
        items = Item.search(base & Domain("move_id", "in", bills.ids))
        for item in items:
            for name in fields_of_bill:
                by_word[item.move_id[name]] |= item
        fields_of_payment = ("name", "memo", "payment_reference")
        payments = self.env["account.payment"].search(
            company
            & Domain("payment_type", "=", "outbound")
            & Domain("state", "in", ("in_process", "paid"))
            & Domain.OR([[(name, "in", every)] for name in fields_of_payment])
        )
        items = Item.search(base & Domain("payment_id", "in", payments.ids)) - items
        for item in items:
            for name in fields_of_payment:
                by_word[item.payment_id[name]] |= item
        return {payment: Item.union(*(by_word[word] for word in found)) for payment, found in wanted.items()}

    def _words(self):
        """Numbers a payment tells, as bills and payments may carry them."""
        self.ensure_one()
        texts = (self.end_to_end, self.payment_number, *words_of(self._told()))
        return {variant for text in texts if text for variant in reference_variants(text)}

    def _told(self):
        line = self.statement_line_id
        own = self.text or (line.payment_ref if len(line.paymatch_vendor_payment_ids) == 1 else "")
        return " ".join(filter(None, [self.end_to_end, self.payment_number, own]))

    # How sure

    def _weigh(self, items):
        """``(weight, reason)`` of open items of one document which make exactly the amount."""
        key, reason = self._key_to(items)
        start, end = (items[0].date + timedelta(days=days) for days in PAY_WINDOW)
        name = words.likeness(self.partner_name or self._told(), items.partner_id.name or "")
        weight = weights.weigh(key, "equal", start <= self.date <= end, name)
        if key == "none" and name >= 0.5:
            reason = self.env._("the amount and the name")
        return weight, reason

    def _key_to(self, items):
        """The surest key that leads from the payment to the items, and what to call it."""
        paid = items.payment_id
        documents = paid.reconciled_bill_ids if paid else items.move_id
        numbers = [number for record in (paid, *documents) for number in record._vendor_numbers()]
        key, number = keys.key_to(numbers, self._told(), self.end_to_end or "", self.payment_number or "")
        if key == "order":
            return key, self.env._("our reference %s and the amount", self.end_to_end)
        if key == "payment_id":
            return key, self.env._("payment ID %s and the amount", number)
        if key == "text":
            return key, self.env._("number %s in the text and the amount", number)
        account = self.account_number or self.statement_line_id.account_number
        banks = (items.partner_id.commercial_partner_id.bank_ids | documents.partner_bank_id).mapped("acc_number")
        if any(accounts.same(account, bank) for bank in banks):
            return "account", self.env._("account %s of the vendor and the amount", account)
        return "none", self.env._("the amount")

    def _decide(self, rows):
        """Values where one item leads all others and is sure enough; None else."""
        if not rows or not weights.is_automatic(rows[0][0]) or len(rows) > 1 and rows[1][0] == rows[0][0]:
            return None
        weight, reason, items = rows[0]
        return self._found(items, weight, reason)

    def _found(self, items, weight, reason):
        return {
            "items": items,
            "item_ids": [Command.set(items.ids)],
            "match_weight": weight,
            "match_reason": reason[:1].upper() + reason[1:],
        }

    def _match_several(self, items):
        """One payment for several bills of a vendor, all of them told, which together make the amount."""
        total = sum(items.mapped("amount_residual_currency"))
        if len(items) < 2 or len(items.partner_id.commercial_partner_id) != 1:
            return None
        if self.currency_id.compare_amounts(total, self._paid()):
            return None
        names = ", ".join(items.move_id.mapped("name"))
        return self._found(items, weights.weigh("text", "sum"), self.env._("%s are told and make the amount", names))

    def _why_not(self, rows):
        if self._is_charge():
            account = self.journal_id.paymatch_charge_account_id
            if account:
                reason = self.env._("A charge of the bank, booked on %s", account.display_name)
            else:
                reason = self.env._("A charge of the bank: choose its account on the journal")
        elif not rows:
            reason = self.env._("No open bill or payment of exactly this amount")
        else:
            at_top = [items for weight, _reason, items in rows if weight == rows[0][0]]
            names = ", ".join((items.move_id.ref or items.move_id.name) for items in at_top[:5])
            if len(at_top) > 1:
                reason = self.env._("Several have this amount and nothing tells which: %s", names)
            else:
                reason = self.env._("Perhaps %(name)s (%(why)s): match it by hand", name=names, why=rows[0][1])
        none = self.env["account.move.line"]
        return {"items": none, "item_ids": [Command.clear()], "match_weight": 0, "match_reason": reason}
