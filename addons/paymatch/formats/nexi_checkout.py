"""Nexi Checkout (Nets Easy) payout of the Reporting API (JSON), with its payment actions.

Minor units. The words for actions and the sign of refunds are not documented: a refund is recognised by its
word and lowers the payout; what is not known is kept for a person. Charged, refunded and fees told by the
payout must agree with the actions.
"""

from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import exponent, minor

from . import documents
from .clearhaus import _bytes
from .errors import FormatError, _lt
from .records import ZERO, Control, Line
from .stream import Stream, single

code = "nexi_checkout"
name = "Nexi Checkout payout (API)"
kind = "payout"


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "paymentActions", "chargedAmount", "refundedAmount")


class Payouts(Stream):
    code = code

    def read(self):
        document = documents.load(_bytes(self.source))
        for found in document if isinstance(document, list) else [document]:
            found = documents.mapping(found, "payout")
            head = found["payout"] if isinstance(found.get("payout"), dict) else found
            actions = found.get("paymentActions", head.get("paymentActions"))
            yield from self._payout(head, documents.listing(actions, "paymentActions"))

    def _payout(self, head, actions):
        number, currency = documents.needed(head, "id"), documents.currency(head, "currency")
        decimals = exponent(currency)

        def total(field):
            return minor(head.get(field) or 0, 0, field, decimals)

        payout = self.payout(
            number, currency, documents.text(head, "reference") or number, documents.text(head, "bankAccountIban")
        )
        payout.bank_reference = documents.text(head, "reference")
        payout.date = day_of(documents.needed(head, "date"), 0, "date")
        if head.get("amount") is None:
            raise FormatError(0, "amount", _lt("amount is missing"))
        payout.amount = total("amount")
        self.account = documents.text(head, "merchantNumber")
        sums = {"sale": ZERO, "refund": ZERO, "topup": ZERO, "fee": ZERO}
        for at, action in enumerate(actions, 1):
            line = self._action(action, at, payout, decimals)
            is_topup = "deposit" in line.raw_type.casefold()
            if is_topup or line.line_type in sums:
                sums["topup" if is_topup else line.line_type] += line.gross
            sums["fee"] += line.fee + line.fee_vat
            yield line
        fees = abs(total("fees")) + abs(total("feeTaxAmount"))
        if fees and not sums["fee"]:
            sums["fee"] = -fees
            yield single(
                "fee",
                -fees,
                currency=currency,
                group=number,
                event_date=payout.date,
                raw_type="fees",
                fee_type="Nexi Checkout",
                text="fees of the payout, on no payment action",
            )
        for field, key in (("chargedAmount", "sale"), ("refundedAmount", "refund"), ("depositedAmount", "topup")):
            self.controls.append(Control(field, abs(total(field)), abs(sums[key]), number))
        self.controls.append(Control(_lt("fees"), fees, abs(sums["fee"]), number))
        if isinstance(head.get("numberOfPaymentActions"), int):
            self._count(head["numberOfPaymentActions"], len(actions), number)

    def _count(self, declared, found, number):
        if declared != found:
            message = _lt(
                "the payout has %(declared)s payment actions, the file %(found)s: fetch all pages",
                declared=declared,
                found=found,
            )
            self.problem(0, "numberOfPaymentActions", message, number)

    def _action(self, action, at, payout, decimals):
        word = documents.text(action, "paymentAction")
        value = minor(action.get("amount"), at, "amount", decimals)
        folded = word.casefold()
        if "refund" in folded:
            line_type, gross = "refund", -abs(value)
        elif "charge" in folded and "back" not in folded:
            line_type, gross = "sale", abs(value)
        elif "deposit" in folded:
            line_type, gross = "adjustment", abs(value)
        else:
            line_type, gross = self.adjustment(word, at), value
        currency = documents.text(action, "currency").upper() or payout.currency
        if currency != payout.currency:
            raise FormatError(
                at,
                "currency",
                _lt("%(found)s in a payout in %(expected)s", found=currency, expected=payout.currency),
            )
        fee = -abs(minor(action.get("fee") or 0, at, "fee", decimals))
        fee_vat = -abs(minor(action.get("feeTaxAmount") or 0, at, "feeTaxAmount", decimals))
        when = day_of(documents.needed(action, "timestamp", at), at, "timestamp")
        payout.seen(when)
        self.identities.add(action.get("id"), at)
        return Line(
            line_type=line_type,
            gross=gross,
            fee=fee,
            fee_vat=fee_vat,
            net=gross + fee + fee_vat,
            currency=currency,
            line_number=at,
            group=payout.key,
            raw_type=word,
            event_date=when,
            order_reference=documents.text(action, "reference") or documents.text(action, "invoiceNumber"),
            provider_reference=documents.text(action, "paymentId"),
            related_reference=documents.text(action, "id"),
            fee_type=documents.text(action, "paymentMethod") or "Nexi Checkout",
        )


stream = Payouts
parse = Payouts.parse
