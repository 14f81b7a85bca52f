from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.subscription_billing.halving import CONCURRENCY_ERRORS, TRIES

from .subscription_payment_way import METHOD

CLAIMS_AT_ONCE = 500
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
