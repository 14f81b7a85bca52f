import logging
from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.subscription_billing.halving import CONCURRENCY_ERRORS, TRIES

from .payment_provider import REFUSED_US, UNKNOWN, is_refusal
from .subscription_payment_way import METHOD

_logger = logging.getLogger(__name__)

CLAIMS_AT_ONCE = 500
#: A provider answers within seconds. Whoever asked longer ago and noted nothing is dead.
LONGEST_ANSWER = timedelta(minutes=30)
#: States of core's transaction that mean: the money was or may yet be taken.
UNDERWAY = ("pending", "authorized")
#: States of a charge in which the provider has been asked and the result is not settled.
ASKED = ("sent", "waiting", "uncertain")
#: States in which nothing is underway, so that somebody may try again.
AT_REST = ("retry", "failed", "given_up", "nothing")
#: States in which the money is still to be taken, or may have been.
OPEN = ("queued", "retry", *ASKED)


class SubscriptionCardCharge(models.Model):
    """The charge of an invoice on the customer's saved card. One for each invoice: the row is the claim.

    Each try is a transaction of core, committed in draft before the provider is asked. What is found in draft later was
    perhaps asked: it is uncertain, and never asked again by the program.
    """

    _name = "subscription.card.charge"
    _description = "Charge of a Saved Card"
    _inherit = ["subscription.proof.mixin"]
    _order = "id desc"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="move_id.company_id", store=True, precompute=True, index=True)
    partner_id = fields.Many2one(related="move_id.partner_id", string="Customer")
    way_id = fields.Many2one("subscription.payment.way", string="Way of Payment", required=True, ondelete="restrict")
    state = fields.Selection(
        [
            ("queued", "To be charged"),
            ("sent", "Asked"),
            ("waiting", "Pending at the provider"),
            ("uncertain", "Uncertain"),
            ("retry", "Declined, tried again"),
            ("failed", "Declined"),
            ("given_up", "Given up"),
            ("done", "Paid"),
            ("nothing", "Nothing to charge"),
        ],
        required=True,
        default="queued",
        index=True,
    )
    transaction_ids = fields.One2many("payment.transaction", "subscription_charge_id", string="Tries")
    transaction_id = fields.Many2one("payment.transaction", string="Last Try", ondelete="restrict")
    card = fields.Char(help="The card that was asked last.")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount = fields.Monetary(help="What was asked for last.")
    tries = fields.Integer(string="Number of Tries", aggregator=None)
    date_first = fields.Date(string="First Tried")
    date_next = fields.Date(string="Tried Again")
    asked_at = fields.Datetime()
    message = fields.Char(string="Reason")
    is_our_fault = fields.Boolean(help="The provider refused the company's key or its many requests, not the card.")
    decided_by_id = fields.Many2one("res.users", ondelete="restrict")
    decided_at = fields.Datetime(string="Decided On")
    amount_open = fields.Monetary(related="move_id.amount_residual", string="Open on the Invoice")
    is_open = fields.Boolean(compute="_compute_is_open")
    is_to_check = fields.Boolean(string="To Be Looked At", compute="_compute_is_to_check", search="_search_is_to_check")

    _move_uniq = models.Constraint("UNIQUE (move_id)", "This invoice is charged on the card already.")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("move_id")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = charge.move_id.display_name

    @api.depends("move_id.payment_state")
    def _compute_is_open(self):
        for charge in self:
            charge.is_open = charge.move_id.payment_state in ("not_paid", "partial")

    def _compute_is_to_check(self):
        found = self.search(Domain("id", "in", self.ids) & self._get_to_check_domain())
        for charge in self:
            charge.is_to_check = charge in found

    def _search_is_to_check(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_to_check_domain()
        return domain if True in value else ~domain

    @api.model
    def _get_to_check_domain(self):
        """Declined and still open, uncertain, held up for a reason, or taken too much."""
        is_open = Domain("move_id.payment_state", "in", ("not_paid", "partial"))
        declined = Domain("state", "in", ("retry", "failed")) & is_open
        held_up = Domain("state", "in", ("queued", "sent", "waiting")) & Domain("message", "!=", False)
        # sudo: whoever reads charges may have no right to core's transactions
        over = (
            self.env["payment.transaction"]
            .sudo()
            .search(
                Domain("subscription_charge_id.state", "=", "done")
                & Domain("state", "=", "done")
                & Domain("payment_id.is_reconciled", "=", False)
                & Domain("payment_id", "!=", False)
            )
        )
        return (
            declined | Domain("state", "=", "uncertain") | held_up | Domain("id", "in", over.subscription_charge_id.ids)
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_retry(self):
        """Ask the provider again for what was declined or given up."""
        self._check_may("write", AT_REST)
        self._decide({"state": "queued", "date_next": False, "message": False})
        self._trigger()

    def action_give_up(self):
        """No more tries: the customer pays the invoice himself."""
        self._check_may("write", ("queued", "retry", "failed"))
        self._decide({"state": "given_up", "date_next": False})
        for charge in self.sudo():
            charge._fall_back()

    def action_was_charged(self):
        """Somebody looked it up with the provider: the money was taken."""
        self._check_certain()
        self._decide({})
        for charge in self.sudo():
            charge.transaction_id.subscription_is_unknown = False
            charge.transaction_id._set_done(state_message=self.env._("Looked up by %s.", self.env.user.name))
            charge._settle()

    def action_was_not_charged(self):
        """Somebody looked it up with the provider: no money was taken, so that it may be asked again."""
        self._check_certain()
        for charge in self.sudo():
            charge.transaction_id.subscription_is_unknown = False
            # in error, and not cancelled: core still takes a late word of the provider that it was paid
            charge.transaction_id._set_error(self.env._("Not taken: looked up by %s.", self.env.user.name))
        self._decide({"state": "queued", "message": False})
        self._trigger()

    def _check_may(self, operation, states):
        self.check_access("read")
        self.env["subscription.subscription"].check_access(operation)
        self.move_id.check_access(operation)
        self._lock()
        if wrong := self.filtered(lambda charge: charge.state not in states):
            raise UserError(
                self.env._("The charge of %(invoice)s is underway or settled.", invoice=wrong[0].display_name)
            )

    def _check_certain(self):
        if not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(self.env._("An accounting manager decides whether the money was taken."))
        self._check_may("write", ("uncertain",))
        if any(charge.sudo().transaction_id.state not in ("draft", "error") for charge in self):
            raise UserError(self.env._("The provider has answered meanwhile. Open the list again."))

    def _decide(self, values):
        self.sudo().write({**values, "decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()})

    @api.model
    def _trigger(self):
        self.env.ref("subscription_billing_payment.ir_cron_charge").sudo()._trigger()

    def _of_company(self):
        """In the books of the company, and in its language: its bookkeeper reads the reasons."""
        company = self.company_id
        return self.with_company(company).with_context(lang=company.partner_id.lang or self.env.lang)

    # ------------------------------------------------------------------
    # The cron: claim, look, ask
    # ------------------------------------------------------------------

    @api.model
    def _cron_charge(self):
        """Claim posted invoices, look at what was asked before, then ask for what is due, one invoice at a time."""
        for step in (self._claim_next, self._settle_next, self._charge_next):
            if not self._repeat(step):
                return
        self.env["ir.cron"]._commit_progress(remaining=0)

    @api.model
    def _repeat(self, step):
        """Do ``step(after)`` until it returns None instead of the last id; each is at least one transaction.

        :return: whether there is time left
        """
        after, in_vain = 0, 0
        while in_vain < TRIES:
            done = 0
            try:
                last = step(after)
                self.env.flush_all()
                if last is None:
                    return True
                after, done, in_vain = last, 1, 0
            except (*CONCURRENCY_ERRORS, UniqueViolation):
                self.env.cr.rollback()  # another process was faster: look again in a new transaction
                in_vain += 1
            if not self._commit(done):
                return False
        return True

    @api.model
    def _commit(self, done=0):
        time_left = self.env["ir.cron"]._commit_progress(done)
        self.env.invalidate_all()
        return time_left

    @api.model
    def _claim_next(self, after):
        """Claim invoices that are due; the row is unique, so each once."""
        self.env["account.move"].flush_model()
        self.flush_model()
        ways = self.env["subscription.payment.way"].with_context(active_test=False).search([("method", "=", METHOD)])
        for company, rows in ways.grouped("company_id").items():
            found = self.env.execute_query(
                SQL(
                    "SELECT m.id, m.subscription_way_id FROM account_move m"
                    " WHERE m.subscription_way_id IN %s AND m.company_id = %s AND m.state = 'posted'"
                    " AND m.move_type = 'out_invoice' AND m.payment_state IN ('not_paid', 'partial')"
                    " AND COALESCE(m.invoice_date_due, m.invoice_date) <= %s"
                    " AND NOT EXISTS (SELECT FROM subscription_card_charge c WHERE c.move_id = m.id)"
                    " ORDER BY m.id LIMIT %s FOR NO KEY UPDATE OF m SKIP LOCKED",
                    tuple(rows.ids),
                    company.id,
                    company._subscription_today(),
                    CLAIMS_AT_ONCE,
                )
            )
            if found:
                self.sudo().create([{"move_id": move_id, "way_id": way_id} for move_id, way_id in found])
                return after + 1
        return None

    @api.model
    def _settle_next(self, after):
        """Look at a transaction that was asked before; or at one that came through after it looked declined."""
        late = Domain("state", "in", AT_REST) & Domain("transaction_ids.state", "=", "done")
        asked = Domain("state", "in", ASKED)
        charge = self.sudo().search((asked | late) & Domain("id", ">", after), order="id", limit=1)
        if not charge:
            return None
        if charge._lock(skip=True):
            charge = charge._of_company()
            charge._guarded(charge._settle)
        return charge.id

    @api.model
    def _charge_next(self, after):
        """Ask for one invoice."""
        due = Domain.OR(
            Domain("company_id", "=", company.id) & Domain("date_next", "<=", company._subscription_today())
            for company in self.env["res.company"].sudo().search([])
        )
        domain = Domain("state", "=", "queued") | (Domain("state", "=", "retry") & due)
        charge = self.sudo().search(domain & Domain("id", ">", after), order="id", limit=1)
        if not charge:
            return None
        if charge._lock(skip=True):
            charge._of_company()._charge()
        return charge.id

    def _lock(self, skip=False):
        """Hold these rows until the end of the transaction.

        :return: whether they are held; without ``skip`` it waits
        """
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM subscription_card_charge WHERE id IN %s FOR UPDATE %s",
                tuple(self.ids) or (0,),
                SQL("SKIP LOCKED") if skip else SQL(),
            )
        )
        self.invalidate_recordset()
        return len(rows) == len(self)

    # ------------------------------------------------------------------
    # One invoice
    # ------------------------------------------------------------------

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
