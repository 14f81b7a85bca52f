import logging
from datetime import timedelta

from odoo import Command, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.subscription_billing.halving import CONCURRENCY_ERRORS

from .payment_provider import REFUSED_US, UNKNOWN, is_refusal
from .subscription_payment_way import METHOD

_logger = logging.getLogger(__name__)

#: A provider answers within seconds. Whoever asked longer ago and noted nothing is dead.
LONGEST_ANSWER = timedelta(minutes=30)
#: States of core's transaction that mean: the money was or may yet be taken.
UNDERWAY = ("pending", "authorized")


class SubscriptionCardCharge(models.Model):
    """One invoice: its card is asked once, and what came of it is settled."""

    _inherit = "subscription.card.charge"

    def _charge(self):
        """Note that the provider is asked, commit, ask, commit, settle."""
        transaction = self._guarded(self._start)
        if not transaction:
            return
        self._commit()
        self._lock()
        if self.state != "sent" or self.transaction_id != transaction or transaction.state != "draft":
            return
        self._ask(transaction)
        self._commit()
        self._lock()
        self._guarded(self._settle)

    def _guarded(self, work):
        """Do ``work()``; a fault in one charge is noted on it, and the others go on.

        :return: what it returns, or None
        """
        try:
            with self.env.cr.savepoint():
                result = work()
                self.env.flush_all()
                return result
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:
            _logger.exception("The charge of invoice %s failed", self.move_id.id)
            self.message = self.env._(
                "Unexpected fault (%s). The log of the server has the details.", type(error).__name__
            )
            return None

    def _start(self):
        """The transaction to ask for what is open now, or nothing."""
        move, none = self.move_id, self.env["payment.transaction"]
        if move.state == "draft":
            return none
        if move.state == "posted" and move.payment_state == "blocked":
            self.message = self.env._("The payment of the invoice is blocked: the card waits.")
            return none
        is_open = move.state == "posted" and move.payment_state in ("not_paid", "partial")
        if not is_open or move.currency_id.compare_amounts(move.amount_residual, 0) <= 0:
            self.write({"state": "nothing", "date_next": False, "message": False})
            return none
        if move._is_drawn_elsewhere():
            self.message = self.env._("The invoice is drawn in another way: the card waits.")
            return none
        if self._find_underway():
            self.message = self.env._("The customer is paying the invoice himself: waits for the provider.")
            return none
        token = self._find_token()
        customer = move.commercial_partner_id
        if fault := token._get_subscription_fault(customer, move.company_id, move.currency_id):
            self._decline(fault, is_his=not token.active)
            return none
        transaction = none.create(self._prepare_transaction_values(token))
        self.write(
            {
                "state": "sent",
                "transaction_id": transaction.id,
                "card": token.display_name,
                "amount": transaction.amount,
                "date_first": self.date_first or move.company_id._subscription_today(),
                "date_next": False,
                "asked_at": fields.Datetime.now(),
                "message": False,
            }
        )
        return transaction

    def _find_underway(self):
        """Transactions that may yet pay this invoice: never a second one beside them."""
        mine = Domain("invoice_ids", "in", self.move_id.ids) | Domain("subscription_charge_id", "=", self.id)
        asked = Domain("state", "=", "draft") & Domain("subscription_charge_id", "!=", False)
        unbooked = Domain("state", "=", "done") & Domain("is_post_processed", "=", False)
        unknown = Domain("subscription_is_unknown", "=", True) & Domain("state", "=", "error")
        # the customer stands on the provider's page; whoever left it long ago does not come back
        now = fields.Datetime.now()
        paying = Domain("state", "=", "draft") & Domain("create_date", ">", now - LONGEST_ANSWER)
        may_pay = Domain("state", "in", UNDERWAY) | asked | unbooked | unknown | paying
        return self.env["payment.transaction"].search(mine & may_pay, limit=1)

    def _find_token(self):
        """The card chosen now, else that of the invoice; when that is gone the customer's only one."""
        move = self.move_id
        chosen = move.subscription_ids.payment_token_id
        token = chosen if len(chosen) == 1 else move.subscription_token_id
        if chosen or token.active:
            return token
        owners = token.partner_id | move.commercial_partner_id
        domain = Domain("company_id", "=", move.company_id.id) & Domain("partner_id", "in", owners.ids)
        others = token.search(domain, limit=2)
        return others if len(others) == 1 else token

    def _prepare_transaction_values(self, token):
        move = self.move_id
        return {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "operation": "offline",
            "amount": move.amount_residual,
            "currency_id": move.currency_id.id,
            "partner_id": token.partner_id.id,
            "invoice_ids": [Command.set(move.ids)],
            "subscription_charge_id": self.id,
        }

    def _ask(self, transaction):
        """Ask the provider. Whatever is no certain answer leaves the charge uncertain."""
        told, refused_us = [], []
        try:
            with self.env.cr.savepoint():
                transaction._log_sent_message()
                transaction.with_context(**{UNKNOWN: told, REFUSED_US: refused_us})._send_payment_request()
                self.env.flush_all()
        except ValidationError as error:
            if is_refusal(error) and not told:
                transaction._set_error(str(error))
            else:
                told.append(str(error))
        except Exception as error:
            _logger.exception("The result of transaction %s is not known", transaction.reference)
            told.append(type(error).__name__)
        if not told and transaction.state == "draft":
            told.append(self.env._("The provider gave no result."))
        self.is_our_fault = bool(refused_us)
        if told and transaction.state == "error":
            transaction.subscription_is_unknown = True
        if told:
            self.message = told[0]

    def _settle(self):
        """Take over what core's transaction says."""
        done = self.transaction_ids.filtered(lambda each: each.state == "done")
        if done:
            self._settle_done(done)
            return
        transaction = self.transaction_id
        if transaction.state == "authorized":
            text = self.env._("Only reserved: capture it on the transaction.")
            self.write({"state": "waiting", "message": text})
        elif transaction.state == "pending":
            self.write({"state": "waiting", "message": transaction.state_message})
        elif transaction.state == "draft" or transaction.subscription_is_unknown:
            self._settle_unknown()
        else:
            reason = transaction.state_message or self.env._("The provider gave no reason.")
            self._decline(reason, is_his=not self.is_our_fault)

    def _settle_done(self, transactions):
        """Core registers the payment; what fails there is tried again, the money is here."""
        try:
            with self.env.cr.savepoint():
                for transaction in transactions.filtered(lambda each: not each.is_post_processed):
                    transaction._post_process()
                self.env.flush_all()
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:
            _logger.exception("The payment of transactions %s is not registered", transactions.ids)
            is_told = isinstance(error, (UserError, ValidationError))
            text = str(error) if is_told else type(error).__name__
            message = self.env._("Paid, but the payment could not be registered: %s", text)
            self.write({"state": "waiting", "message": message})
            return
        self.write({"state": "done", "date_next": False, "message": False})
        self._tell_what_is_over()

    def _tell_what_is_over(self):
        """The card was charged for what was paid, credited or cancelled meanwhile: somebody gives it back."""
        over = sum(transaction._get_amount_over() for transaction in self.transaction_ids)
        if self.currency_id.compare_amounts(over, 0) <= 0:
            return
        amount = self.currency_id.format(over)
        message = self.env._("%s was taken too much: refund it on the payment, or match it.", amount)
        if self.message != message:
            self.message = message
            self._ask_somebody(message)

    def _settle_unknown(self):
        if self.state == "uncertain":
            return
        text = self.message or self.env._("The program stopped before the provider's answer was noted.")
        is_asking = self.state == "sent" and not self.message and self.asked_at > fields.Datetime.now() - LONGEST_ANSWER
        if not is_asking:
            self.write({"state": "uncertain", "message": text})

    def _decline(self, message, is_his=True):
        """Try again on the days of the way of payment, then leave it to the customer.

        :param bool is_his: whether the reason is the customer's card, not something of ours
        """
        today = self.company_id._subscription_today()
        first, tries, days = self.date_first or today, self.tries + 1, self.way_id._get_card_retry_days()
        values = {"tries": tries, "date_first": first, "message": message}
        if tries > len(days):
            self.write({**values, "state": "failed", "date_next": False})
            self._fall_back()
            return
        again = max(first + timedelta(days=days[tries - 1]), today + timedelta(days=1))
        self.write({**values, "state": "retry", "date_next": again})
        if self.way_id.card_is_told and is_his:
            self._tell_customer()

    def _tell_customer(self):
        """A mail that fails changes nothing of the charge."""
        try:
            with self.env.cr.savepoint():
                self.move_id._tell_card_was_declined()
                self.env.flush_all()
        except CONCURRENCY_ERRORS:
            raise
        except Exception:
            _logger.exception("The customer of invoice %s was not told of his card", self.move_id.id)

    def _fall_back(self):
        """The invoice is paid by the customer himself: with its payment line, and somebody sends it."""
        move = self.move_id
        if move.subscription_way_id.method != METHOD:
            return
        move.subscription_way_id = self.way_id.card_fallback_way_id
        # what was sent says that the card is charged: the next print says how to pay
        move._detach_attachments()
        self._ask_somebody(
            self.env._("The card was not charged: send the invoice with its payment line"), self.message or ""
        )

    def _ask_somebody(self, summary, note=""):
        move = self.move_id
        user = move.subscription_ids.user_id[:1] or move.invoice_user_id
        move.activity_schedule(
            "mail.mail_activity_data_todo", summary=summary, note=note, user_id=user.id or self.env.uid
        )
