"""Braintree settlement batches (JSON): transactions with the day and amount of their disbursement.

One payout per merchant account, day and currency. The batches tell of no fees and no amount paid: a bookkeeper
adds the fee, or uses the profile for the CSV of the dashboard, which has them.
"""

from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import plain

from . import documents
from .clearhaus import _bytes
from .errors import _lt
from .stream import Stream, single

code = "braintree"
name = "Braintree settlement batches (JSON)"
kind = "payout"


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "disbursementDetails", "merchantAccountId")


class Batches(Stream):
    code = code

    def read(self):
        for at, row in enumerate(documents.listing(documents.load(_bytes(self.source)), "transactions"), 1):
            details = documents.mapping(row.get("disbursementDetails"), "disbursementDetails", at)
            paid = documents.mapping(details.get("amount"), "disbursementDetails.amount", at)
            currency = documents.currency(paid, "currencyCode", at)
            amount = plain(documents.needed(paid, "value", at), at, "disbursementDetails.amount", currency)
            day = day_of(documents.needed(details, "date", at), at, "disbursementDetails.date")
            account = documents.needed(row, "merchantAccountId", at)
            key = f"{account}/{day.isoformat()}/{currency}"
            payout = self.payout(key, currency, f"{account} {day.isoformat()}", account)
            payout.date = day
            self.merchant(account, at, key)
            if details.get("fundsHeld") is True:
                self.problem(at, "fundsHeld", _lt("the funds of this transaction are held back"), key)
            when = documents.text(row, "createdAt")
            event = day_of(when, at, "createdAt") if when else day
            payout.seen(event)
            self.identities.add(row.get("id"), at)
            yield single(
                "refund" if amount < 0 else "sale",
                amount,
                currency=currency,
                line_number=at,
                group=key,
                raw_type=documents.text(row, "status"),
                event_date=event,
                order_reference=documents.text(row, "orderId"),
                provider_reference=documents.needed(row, "id", at),
                fee_type="Braintree",
            )


stream = Batches
parse = Batches.parse
