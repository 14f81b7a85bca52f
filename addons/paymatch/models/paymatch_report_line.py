from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..const import LINE_TYPES, MATCH_STATES, OUTCOMES, WAITING

# What a file says: only lines added by hand may change it.
OF_THE_FILE = {"line_type", "gross_amount", "fee_amount", "fee_vat_amount", "net_amount", "movement_id"} | {
    "outcome",
    "text",
}
# What matching finds, taken back.
NO_MATCH = {
    "match_move_id": False,
    "match_item_id": False,
    "route_account_id": False,
    "match_reason": False,
    "match_weight": 0,
    "match_considered": False,
    "tolerance_id": False,
    "write_off_amount": 0.0,
    "rule_id": False,
}
# What a user may fill in on a line he adds.
BY_HAND = {"report_id", "line_type", "gross_amount", "text"}


class PaymatchReportLine(models.Model):
    _name = "paymatch.report.line"
    _inherit = ["system.fields.mixin"]
    _description = "Payment Report Line"
    _order = "report_id desc, sequence, id"
    _check_company_auto = True

    report_id = fields.Many2one(
        "paymatch.report", required=True, readonly=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    provider_id = fields.Many2one(related="report_id.provider_id", store=True, index=True)
    report_state = fields.Selection(related="report_id.state", string="Report State")
    movement_id = fields.Many2one(
        "paymatch.report.movement",
        string="Bank Movement",
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Empty for a line that moves no money, such as a rejected collection.",
    )
    currency_id = fields.Many2one(related="report_id.currency_id")
    sequence = fields.Integer(readonly=True, string="No.")
    line_number = fields.Integer(string="Line in the File", readonly=True)
    is_manual = fields.Boolean(string="Added by Hand", readonly=True)

    line_type = fields.Selection(LINE_TYPES, required=True, string="Type")
    outcome = fields.Selection(OUTCOMES, readonly=True)
    raw_type = fields.Char(string="Type in the File", readonly=True)
    event_date = fields.Date(string="Date", readonly=True)
    payment_date = fields.Date(readonly=True)
    booking_date = fields.Date(readonly=True)
    gross_amount = fields.Monetary(string="Gross")
    fee_amount = fields.Monetary(string="Fee", readonly=True)
    fee_vat_amount = fields.Monetary(string="VAT on Fee", readonly=True)
    net_amount = fields.Monetary(string="Net", readonly=True)
    requested_amount = fields.Monetary(string="Collected", readonly=True, help="What was asked for.")
    fee_invoiced_amount = fields.Monetary(
        string="Fee on Bill",
        readonly=True,
        help="Fee the provider charges on a bill of its own; not part of the payout.",
    )
    presentment_amount = fields.Monetary(
        string="Paid by the Customer",
        currency_field="presentment_currency_id",
        readonly=True,
        help="What the customer paid in his own currency, where it is not the payout's. It settles the invoice in that "
        "currency; the difference to the rate of the invoice is booked as a currency gain or loss.",
    )
    presentment_currency_id = fields.Many2one("res.currency", string="Customer's Currency", readonly=True)
    order_reference = fields.Char(readonly=True, index="btree_not_null")
    provider_reference = fields.Char(string="Provider's Number", readonly=True, index="btree_not_null")
    related_reference = fields.Char(string="Belongs To", readonly=True)
    own_reference = fields.Char(readonly=True, index="btree_not_null")
    payment_id = fields.Char(string="Payment ID", readonly=True, index="btree_not_null")
    payer_number = fields.Char(string="Customer Number", readonly=True)
    agreement_number = fields.Char(string="Mandate", readonly=True)
    creditor_number = fields.Char(readonly=True)
    debtor_group = fields.Char(readonly=True)
    payer_name = fields.Char(string="Payer", readonly=True)
    fee_type = fields.Char(readonly=True)
    text = fields.Char()
    authorisation_code = fields.Char(readonly=True)
    acquirer_reference = fields.Char(string="ARN", readonly=True, help="The acquirer's reference number.")
    card_digits = fields.Char(string="Card's Last Digits", readonly=True)

    match_state = fields.Selection(MATCH_STATES, required=True, default="open", readonly=True, index=True)
    match_move_id = fields.Many2one(
        "account.move", string="Invoice", readonly=True, check_company=True, index="btree_not_null"
    )
    match_item_id = fields.Many2one(
        "account.move.line",
        string="Open Item",
        readonly=True,
        check_company=True,
        help="A capture on the clearing account, or the earlier payment a charge-back takes back.",
    )
    match_reason = fields.Char(string="Reason", readonly=True)
    match_weight = fields.Integer(
        string="Weight",
        readonly=True,
        aggregator=None,
        help="How sure the match is, 0 to 100; from 80 it is matched without asking.",
    )
    match_considered = fields.Text(
        string="What Else Was Considered", readonly=True, help="The other invoices, and why they were not chosen."
    )
    allocation_ids = fields.One2many(
        "paymatch.allocation", "line_id", string="Documents Paid", readonly=True, help="Where it pays several."
    )
    tolerance_id = fields.Many2one(
        "paymatch.tolerance", string="Difference by Rule", readonly=True, check_company=True, ondelete="restrict"
    )
    write_off_amount = fields.Monetary(
        string="Small Difference", readonly=True, help="Paid more (positive) or less than was open, booked by a rule."
    )
    rule_id = fields.Many2one(
        "paymatch.rule",
        string="By Rule",
        readonly=True,
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
    )
    open_days = fields.Integer(
        string="Days Open", compute="_compute_open_days", help="Since the booking, until it is decided."
    )
    candidate_ids = fields.Many2many(
        "account.move", string="Considered", readonly=True, help="Invoices that would fit as well."
    )
    route_account_id = fields.Many2one("account.account", string="To Account", readonly=True, check_company=True)
    is_decided_by_user = fields.Boolean(readonly=True)
    item_id = fields.Many2one(
        "account.move.line",
        string="Journal Item",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What the approval posted for this line.",
    )
    settle_move_id = fields.Many2one(
        "account.move",
        string="Later Entry",
        readonly=True,
        copy=False,
        help="Posted when a line parked on the clearing account was decided after the approval.",
    )
    partner_id = fields.Many2one(related="match_move_id.partner_id", string="Customer")

    @api.depends("report_id.name", "sequence")
    def _compute_display_name(self):
        for line in self:
            line.display_name = self.env._(
                "%(report)s line %(number)s", report=line.report_id.name, number=line.sequence
            )

    @api.model
    def _can_create_by_hand(self):
        # a fee known from paper only
        return True

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su and not vals.keys() <= BY_HAND:
                self._refuse_by_hand()
            if "net_amount" not in vals:  # added by hand
                report = self.env["paymatch.report"].browse(vals["report_id"])
                report._check_open()
                vals.update(
                    company_id=report.company_id.id,
                    movement_id=report.movement_ids[:1].id,
                    is_manual=True,
                    net_amount=vals.get("gross_amount", 0.0),
                    sequence=len(report.line_ids) + 1,
                )
        lines = super().create(vals_list)
        for line in lines.filtered("is_manual"):
            line._system_write(line.report_id._match_by_type(line) or {})
        return lines

    def write(self, vals):
        self._check_system_fields(vals)
        if OF_THE_FILE & set(vals):
            self.report_id._check_open()
            if self.filtered(lambda line: not line.is_manual):
                raise UserError(
                    self.env._(
                        "The amounts of a file cannot be changed. Add a line, or decide what to book for this one."
                    )
                )
        result = super().write(vals)
        if "gross_amount" in vals:
            self._system_write({"net_amount": vals["gross_amount"]})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_file(self):
        if self.filtered(lambda line: not line.is_manual or line.report_id.is_approved):
            raise UserError(self.env._("Lines of a file cannot be deleted. Decide what to book for them instead."))

    def _compute_open_days(self):
        today = fields.Date.context_today(self)
        for line in self:
            is_open = line._is_parked() and not line.item_id.reconciled
            line.open_days = (today - line.item_id.date).days if is_open else 0

    def _paid(self):
        """``(amount, res.currency)`` of what the customer paid or got back: what documents are settled with."""
        self.ensure_one()
        if self.presentment_currency_id:
            return self.presentment_amount, self.presentment_currency_id
        return self.gross_amount, self.currency_id

    def _allocated_amount(self):
        """What the line takes of its invoice or credit note; a refund matched with an invoice gives back."""
        amount, _currency = self._paid()
        return -amount if self.match_move_id.move_type == "out_refund" else amount

    def _allocations(self):
        """What the line takes of which document: ``[(account.move, amount)]``; one, unless an addon knows more."""
        self.ensure_one()
        if self.allocation_ids:
            return [(share.move_id, abs(share.amount)) for share in self.allocation_ids]
        return [(self.match_move_id, self._allocated_amount())]

    def _allocated_by(self, values):
        """What the line will take of which document when it gets these values: ``[(id of account.move, amount)]``."""
        self.ensure_one()
        shares = [command[2] for command in values.get("allocation_ids", ())]
        if shares:
            return [(share["move_id"], abs(share["amount"])) for share in shares]
        move, (amount, _currency) = self.env["account.move"].browse(values["match_move_id"]), self._paid()
        return [(move.id, -amount if move.move_type == "out_refund" else amount)]

    def _takes_back(self):
        """Whether the line takes an earlier payment away from its invoice."""
        self.ensure_one()
        return self.outcome == "charged_back" or self.line_type == "chargeback" and bool(self.match_item_id)

    def _charged_back_items(self):
        """The earlier payments a charge-back takes back: ``[(account.move.line, its account.move)]``."""
        self.ensure_one()
        return [(self.match_item_id, self.match_move_id)]

    def _items_paid_again(self, item, move):
        """The items of a document that a payment pays again when its charge-back is undone."""
        self.ensure_one()
        return move.line_ids.filtered(lambda aml: aml.account_id == item.account_id and not aml.reconciled)

    # Decisions of a user

    def action_accept(self):
        """Take the proposed invoice."""
        for line in self:
            if line.match_state != "proposed" or not line.match_move_id:
                raise UserError(self.env._("Nothing is proposed for %s.", line.display_name))
            line._decide_move(line.match_move_id, self.env._("proposed, accepted by %s", self.env.user.name))
        return True

    def action_decide(self):
        """Open the wizard that books a line on an account or matches it by hand."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide"),
            "res_model": "paymatch.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": self.ids, "default_candidate_ids": self.candidate_ids.ids},
        }

    def action_reset(self):
        """Forget the decision and match again."""
        self.report_id._check_open()
        self._system_write({"is_decided_by_user": False})
        self.report_id.action_match()
        return True

    def _decide_move(self, move, reason):
        """Match these lines with an invoice or credit note, because a user says so."""
        self._write_decision({"match_state": "matched", "match_move_id": move.id, "match_reason": reason})

    def _decide_moves(self, moves, reason):
        """Match a line with several documents, because a user says so: paid in their order, the last takes the rest."""
        self.ensure_one()
        if self.presentment_currency_id:
            raise UserError(self.env._("%s was paid in another currency: choose one document.", self.display_name))
        shares, left = [], abs(self.gross_amount)
        for move in moves:
            lowers = (move.move_type == "out_refund") == (self.gross_amount > 0)
            amount = -move.amount_residual if lowers else move.amount_residual
            if not lowers:
                amount = left if move == moves[-1] else min(amount, left)
            left = self.currency_id.round(left - amount)
            shares.append((move, amount))
        if left or any(self.currency_id.is_zero(amount) for _move, amount in shares):
            raise UserError(
                self.env._(
                    "%(amount)s does not reach all of %(names)s. Choose fewer.",
                    amount=self.currency_id.format(abs(self.gross_amount)),
                    names=", ".join(moves.mapped("name")),
                )
            )
        self._write_decision(
            {
                "match_state": "matched",
                "match_move_id": moves[0].id,
                "match_reason": reason,
                "allocation_ids": self._prepare_allocations(shares),
            }
        )

    def _prepare_allocations(self, shares):
        """Commands for ``[(account.move, amount)]``."""
        return [
            Command.create({"move_id": move.id, "amount": amount, "company_id": self.company_id.id})
            for move, amount in shares
        ]

    def _route(self, account, reason):
        """Book these lines on an account, because a user says so and says why."""
        if not (reason or "").strip():
            raise UserError(
                self.env._("Say why the amount belongs on %s; the reason is kept on the line.", account.name)
            )
        self._write_decision({"match_state": "routed", "route_account_id": account.id, "match_reason": reason.strip()})

    def _suspend(self, reason):
        """Put these lines aside until somebody explains them: an open item with a reason and an age."""
        if not (reason or "").strip():
            raise UserError(
                self.env._("Say what is known of the amount and who is asked; the reason is kept on the line.")
            )
        for line in self:
            if line._is_parked():
                raise UserError(
                    self.env._("%s is booked and waits already. Choose the invoice or the account.", line.display_name)
                )
            line.report_id.provider_id._require_account("suspense_account_id")
        self._write_decision({"match_state": "suspense", "match_reason": reason.strip()})

    def _forget_match(self):
        """As if nothing had been found yet."""
        self.env["paymatch.allocation"].sudo().search([("line_id", "in", self.ids)]).unlink()
        # a candidate comes with a reason: lines without one were never matched
        found = self.filtered(lambda line: line.match_reason or line.match_state != "open")
        if found:
            found._system_write({**NO_MATCH, "match_state": "open", "candidate_ids": [(5,)]})

    def _write_decision(self, values):
        parked = self.filtered(lambda line: line._is_parked())
        (self - parked).report_id._check_open()
        self.env["paymatch.allocation"].sudo().search([("line_id", "in", self.ids)]).unlink()
        self._system_write({**NO_MATCH, "match_weight": 100, **values, "is_decided_by_user": True})
        for line in parked:
            line._settle_parked()

    def _is_parked(self):
        """Posted as an open item, because it was undecided or put aside when the report was approved."""
        self.ensure_one()
        return self.report_id.is_approved and self.match_state in WAITING and bool(self.item_id)

    def _settle_parked(self):
        """Move a parked amount from where it waits to what was decided, and close both sides."""
        self.ensure_one()
        report = self.report_id.with_company(self.company_id)
        report._lock()
        parked = self.item_id
        if parked.reconciled or self.settle_move_id:
            raise UserError(self.env._("%s was decided already.", self.display_name))
        date = report._open_date(max(parked.date, self.company_id._invoice_status_today()))
        parts = report._prepare_line_parts(self)
        back = {
            "account": parked.account_id,
            "amount_currency": self.gross_amount,
            "name": parked.name,
            "partner": parked.partner_id,
        }
        key = f"line/{self.id}/{self.movement_id.attempt}"
        move, items = report._create_entry([back, *parts], date, parked.move_id.ref, key)
        self._system_write({"settle_move_id": move.id})
        (parked | items[0]).reconcile()
        report._reconcile_parts(list(zip(parts, items[1:], strict=True)))

    # Hooks

    def _advice_outcomes(self):
        """Called once with all lines of an approved bank advice that tell an outcome; ``super()`` goes line by line.

        Addons that follow thousands of outcomes take theirs out here and give the rest to ``super()``.
        """
        for line in self:
            line._advice_outcome()

    def _advice_outcome(self):
        """Called once per line of a bank advice when it was approved and posted; ``outcome`` says what happened.

        Extended by addons whose collections follow the outcome, with ``super()``.
        """
        self.ensure_one()
