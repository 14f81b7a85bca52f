from collections import Counter, defaultdict
from datetime import timedelta

from odoo import models
from odoo.fields import Domain

# A code is given at the authorisation; the acquirer tells the day of the capture or of its processing.
CODE_WINDOW = timedelta(days=3)


class GatewayIndex:
    """Payments at gateways which the lines of a report may be, by each of their keys."""

    def __init__(self):
        self.by_number = defaultdict(list)
        self.by_code = defaultdict(list)
        self.by_arn = defaultdict(list)
        self.lines = Counter()  # (code, amount) -> how many lines of the report have both

    @property
    def orders(self):
        """The order numbers they lead to."""
        found = (self.by_number, self.by_code, self.by_arn)
        return {payment.order_reference for by_key in found for rows in by_key.values() for payment in rows}

    def orders_of(self, number):
        """The order a number of the gateway leads to: none where it leads to several."""
        orders = {payment.order_reference for payment in self.by_number.get(number, ())}
        return orders if len(orders) == 1 else set()


class PaymatchReport(models.Model):
    """Lines that name no order, recognised by what the shop or its gateway knows of the payment."""

    _inherit = "paymatch.report"

    def _index_gateway(self, lines):
        """:return: GatewayIndex of these lines, read in a query for each key"""
        index = GatewayIndex()
        Payment = self.env["paymatch.gateway.payment"]
        company = Domain("company_id", "=", self.company_id.id)
        if not Payment.search_count(company, limit=1):
            return index
        numbers = {number for line in lines for number in self._gateway_numbers(line)}
        codes, arns = (
            {line[name] for line in lines} - {False} for name in ("authorisation_code", "acquirer_reference")
        )
        for name, values, by_key in (
            ("provider_reference", numbers, index.by_number),
            ("authorisation_code", codes, index.by_code),
            ("acquirer_reference", arns, index.by_arn),
        ):
            for payment in Payment.search(company & Domain(name, "in", list(values))) if values else ():
                by_key[payment[name]].append(payment)
        index.lines.update((line.authorisation_code, line.gross_amount) for line in lines if line.authorisation_code)
        return index

    def _gateway_numbers(self, line):
        """What may be the gateway's number: acquirers are given it as their own or as the order."""
        return [number for number in (line.provider_reference, line.related_reference, line.order_reference) if number]

    def _candidates_of_number(self, numbers, index):
        """By the number of the payment at the gateway, where it leads to one order."""
        for number in filter(None, numbers):
            for order in index.gateway.orders_of(number):
                reason = self.env._("payment %(number)s at the gateway, order %(order)s", number=number, order=order)
                yield reason, self._moves_of_orders([order], index), "provider"

    def _candidates_of_card(self, line, index):
        """By ARN, then by authorisation code with amount and date; without the card's digits, or where several lines or
        payments have them, the document is proposed at most."""
        payments = index.gateway.by_arn.get(line.acquirer_reference, ()) if line.acquirer_reference else ()
        if payments:
            key = "code" if len(payments) == 1 else "code_alone"
            reason = self.env._("acquirer's reference (ARN) %s", line.acquirer_reference)
            yield reason, self._moves_of_orders({payment.order_reference for payment in payments}, index), key
        code = line.authorisation_code
        payments = [payment for payment in index.gateway.by_code.get(code, ()) if self._is_of_code(line, payment)]
        if payments:
            is_alone = len(payments) == 1 and index.gateway.lines[code, line.gross_amount] <= 1
            has_digits = line.card_digits and all(payment.card_digits for payment in payments)
            key = "code" if is_alone and has_digits else "code_alone"
            reason = (
                self.env._("authorisation code %s, card, amount and date", code)
                if has_digits
                else self.env._("authorisation code %s, amount and date", code)
            )
            yield reason, self._moves_of_orders({payment.order_reference for payment in payments}, index), key

    def _is_of_code(self, line, payment):
        """Whether the payment with the line's code has its amount too, and neither day nor card speaks against it."""
        paid, currency = line._paid()
        if payment.currency_id != currency or currency.compare_amounts(payment.amount, paid):
            return False
        if line.card_digits and payment.card_digits and line.card_digits != payment.card_digits:
            return False
        day = line.event_date or line.payment_date
        return bool(day and payment.payment_date) and abs(day - payment.payment_date) <= CODE_WINDOW

    def _moves_of_orders(self, orders, index):
        moves = [move for order in sorted(orders) for move in index.by_reference.get(order, ())]
        return list(dict.fromkeys(moves))
