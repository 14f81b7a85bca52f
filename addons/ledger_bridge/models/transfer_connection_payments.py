from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..records import ZERO
from .transfer_connection_compare import REMEMBERED_DAYS

# Their clock and ours differ, and a list may lag behind: what changed shortly before is read again (A8).
OVERLAP = timedelta(minutes=10)


class TransferConnectionPayments(models.Model):
    """Payments of pushed invoices: fetched from the outside ledger or sent to it, each registered once."""

    _inherit = "transfer.connection"

    ledger_payment_master = fields.Selection(
        [
            ("none", "Neither: payments are not exchanged"),
            ("theirs", "The other side: payments are fetched from there"),
            ("ours", "Odoo: payments are sent there"),
        ],
        string="Payments Are Registered By",
        default="none",
        required=True,
        tracking=True,
    )
    ledger_payment_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of Payments There",
        domain="[('type', 'in', ('bank', 'cash')), ('company_id', '=', company_id)]",
        check_company=True,
        help="Payments fetched are posted here, against its own account. Choose one of its own, never the bank: the "
        "money is in the other side's bank. Empty: they are shown and registered by nobody.",
    )
    ledger_deposit_account = fields.Char(
        string="Account of Payments There",
        help="Payments made in Odoo are registered there on this account (Dinero: a deposit account, 55000 to 55999).",
    )
    ledger_payments_until = fields.Datetime(string="Payments Fetched Until", readonly=True, copy=False)
    ledger_payment_ids = fields.One2many("ledger.payment", "connection_id", string="Payments")
    ledger_payment_open_count = fields.Integer(compute="_compute_ledger_payment_open_count")

    @api.depends("ledger_payment_ids.state")
    def _compute_ledger_payment_open_count(self):
        groups = self.env["ledger.payment"]._read_group(
            [("connection_id", "in", self.ids), ("state", "in", ("seen", "gone", "gone_here"))],
            ["connection_id"],
            ["__count"],
        )
        counts = {connection.id: count for connection, count in groups}
        for connection in self:
            connection.ledger_payment_open_count = counts.get(connection.id, 0)

    # ---------------------------------------------------------------- actions

    def action_ledger_fetch_payments(self):
        """Look at every pushed invoice now."""
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            self.ledger_payments_until = False  # everything anew
            self._ledger_fetch_payments(is_full=True)
        return self.action_view_ledger_payments()

    def action_view_ledger_payments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ledger_bridge.ledger_payment_action")
        action["domain"] = [("connection_id", "=", self.id)]
        return action

    # --------------------------------------------------------------- business

    @api.model
    def _cron_ledger_payments(self):
        """Every hour what changed, and once a day all of it: that a payment counts as a change is not documented."""
        now = fields.Datetime.now()
        for connection in self.search([("is_ledger", "=", True), ("ledger_payment_master", "=", "theirs")]):
            key = f"payments:{connection._company_today()}"
            is_first = not connection._transfer_get(key)
            connection._transfer_enqueue(
                "payments", connection, key if is_first else f"payments:{now:%Y-%m-%d %H}", direction="in"
            )

    @api.model
    def _ledger_sending_payments(self, company):
        """The connection that payments made in Odoo go to; empty when none takes them."""
        connections = self.sudo().search([("company_id", "=", company.id), ("is_ledger", "=", True)])
        takes = len(connections) == 1 and connections.ledger_payment_master == "ours"
        return connections if takes and "payments" in connections._ledger_capabilities() else self.browse()

    def _ledger_takes_payment(self, item):
        """Whether a payment booked by this journal item goes over as the payment of an invoice."""
        self.ensure_one()
        return item.move_id.move_type == "entry"  # a credit note is a document of its own there

    def _ledger_fetch_payments(self, is_full=False):
        """Read the payments of invoices that may have been paid over there, and register them here, each once.

        :param bool is_full: every pushed invoice that is not settled alike on both sides, not only what changed
        :return: what was found, for the log
        """
        self.ensure_one()
        connection = self.sudo().with_company(self.company_id)
        started = fields.Datetime.now()
        since = connection.ledger_payments_until
        links = connection._ledger_links_to_read(is_full or not since, since and since - OVERLAP)
        if is_full and since:
            links |= connection._ledger_links_to_read(False, since - OVERLAP)
        links |= connection._ledger_bill_links_to_read()
        moves = self.env["account.move"].sudo().browse(links.mapped("res_id")).exists()
        known = connection._ledger_payments_by_move(moves)
        found = []
        for link in links:
            move = moves.browse(link.res_id)
            if move in moves:
                found += connection._ledger_sync_payments(move, link, known.get(move, self.env["ledger.payment"]))
        connection.ledger_payments_until = started
        return {"invoices": len(links), "payments": found}

    def _ledger_links_to_read(self, is_full, since):
        """Links of the invoices whose payments are to be read."""
        domain = [
            ("connection_id", "=", self.id),
            ("res_model", "=", "account.move"),
            ("remote_type", "in", ("invoice", "credit_note")),
        ]
        links = self.env["ledger.link"].sudo()
        if not is_full:
            ids = [row["remote_id"] for row in self._ledger_changed(since) if row["state"] == "booked"]
            return links.search([*domain, ("remote_id", "in", ids)])
        _ids, date_from = self._ledger_pushed_before(self.ledger_compare_from or self._company_today())
        rows = self._ledger_list_status(date_from, self._company_today() + timedelta(days=366))
        paid = {row["remote_id"]: row["is_paid"] for row in rows if row["state"] == "booked"}
        links = links.search(domain)
        moves = self.env["account.move"].sudo().browse(links.mapped("res_id"))
        settled = set(moves.filtered(lambda move: move.currency_id.is_zero(move.amount_residual)).ids)
        weekday = self._company_today().toordinal() % REMEMBERED_DAYS
        # settled on both sides: nothing to read. Open on both: part paid, perhaps, which a change would have told;
        # that it does is not documented, so each of them is read once a week too
        return links.filtered(
            lambda link: (
                bool(paid.get(link.remote_id)) != (link.res_id in settled)
                or (not paid.get(link.remote_id) and (not since or link.id % REMEMBERED_DAYS == weekday))
            )
        )

    def _ledger_payments_by_move(self, moves):
        groups = (
            self.env["ledger.payment"]
            .sudo()
            ._read_group([("connection_id", "=", self.id), ("move_id", "in", moves.ids)], ["move_id"], ["id:recordset"])
        )
        return dict(groups)

    def _ledger_sync_payments(self, move, link, known):
        """Bring what is known of the payments of one invoice up to date. :return: what happened, in words"""
        if link.remote_type in ("bill", "bill_credit_note"):
            answer = self._ledger_read_bill_payments(link.remote_id, known)
        else:
            answer = self._ledger_read_payments(link.remote_id, link.remote_type == "credit_note", known)
        if answer is None:
            return []
        found = []
        by_id = {payment.remote_id: payment for payment in known if payment.remote_id}
        there = {row["id"] for row in answer}
        for row in answer:
            payment = by_id.get(row["id"]) or self._ledger_adopt_payment(row, known)
            if not payment:
                payment = self._ledger_new_payment(move, row)
                if self.ledger_payment_master == "theirs" and self._ledger_payment_journal(move):
                    payment._register_here()
                found.append(f"{move.name}: {row['date']} {row['amount']} {payment.currency_id.name}")
        for payment in known:
            if payment.remote_id and payment.remote_id not in there and payment.state in ("done", "seen"):
                self._ledger_payment_gone(payment)
                found.append(f"{move.name}: {payment.payment_date} {payment._exact()} gone")
        return found

    def _ledger_payment_journal(self, move):
        """Where a payment that was fetched is posted: the journal of the customer's rule, else of the connection."""
        rule = move._ledger_contact_connection(self)._ledger_contact_rule(move.commercial_partner_id)
        return rule.payment_journal_id.sudo(False) or self.ledger_payment_journal_id

    def _ledger_adopt_payment(self, row, known):
        """One of ours whose answer was lost: known there by our reference."""
        for payment in known:
            if not payment.remote_id and row["reference"] == self._ledger_reference(payment):
                payment.write({"remote_id": row["id"], "state": "done"})
                return payment
        return self.env["ledger.payment"]

    def _ledger_new_payment(self, move, row):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", row["currency"])])
        return (
            self.env["ledger.payment"]
            .sudo()
            .create(
                {
                    "connection_id": self.id,
                    "move_id": move.id,
                    "direction": "in",
                    "remote_id": row["id"],
                    "payment_date": row["date"] or self._company_today(),
                    "currency_id": (currency or move.currency_id).id,
                    "amount": float(row["amount"]),
                    "state": "seen",
                }
            )
        )

    def _ledger_payment_gone(self, payment):
        """A payment that is no longer there: told, and left to a person."""
        payment.write({"state": "gone" if payment.payment_id or payment.direction == "out" else "undone"})
        if payment.state != "gone":
            return
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=(self.responsible_id or self.env.user).id,
            summary=self.env._("Payment taken back: %(name)s", name=payment.move_id.name),
            note=self.env._(
                "A payment of %(amount)s of %(date)s is no longer in %(ledger)s. Decide under Payments whether it is"
                " taken back here too.",
                amount=payment.currency_id.format(payment.amount),
                date=payment.payment_date,
                ledger=self.name,
            ),
        )

    def _ledger_send_payment(self, partial, invoice, item):
        """Put a payment made in Odoo into the queue. :return: ledger.payment"""
        self.ensure_one()
        currency = invoice.currency_id
        line = partial.debit_move_id if partial.debit_move_id.move_id == invoice else partial.credit_move_id
        amount = partial.debit_amount_currency if line == partial.debit_move_id else partial.credit_amount_currency
        # over there an invoice or a bill is paid by a positive amount, and so is a credit note
        sign = 1 if (line == partial.debit_move_id) == (invoice.move_type in ("out_invoice", "in_refund")) else -1
        payment = self._ledger_payment_again(partial, invoice, item, sign * amount)
        if payment:
            return payment
        payment = (
            self.env["ledger.payment"]
            .sudo()
            .create(
                {
                    "connection_id": self.id,
                    "move_id": invoice.id,
                    "direction": "out",
                    "payment_date": item.date,
                    "currency_id": currency.id,
                    "amount": sign * amount,
                    "state": "queued",
                    "partial_id": partial.id,
                    "line_id": item.id,
                    "company_amount": sign * partial.amount,
                    "payment_id": item.payment_id.id,
                }
            )
        )
        self._transfer_enqueue("payment_create", payment, self._ledger_reference(payment))
        return payment

    def _ledger_send_earlier_payments(self, move):
        """Put into the queue what had paid a document before it was there itself, as orders of a webshop are."""
        if not self._ledger_link(move, move._ledger_remote_type()):
            return  # another kind of transfer, or a trial
        known = self.env["ledger.payment"].sudo().search([("connection_id", "=", self.id), ("move_id", "=", move.id)])
        fetched = known.filtered(lambda one: one.direction == "in").payment_id.move_id.line_ids
        partials = move.line_ids.matched_debit_ids | move.line_ids.matched_credit_ids
        ours = partials.filtered(lambda partial: not (partial.debit_move_id | partial.credit_move_id) & fetched)
        (ours - known.partial_id)._ledger_send_payments()

    def _ledger_payment_again(self, partial, invoice, item, amount):
        """The payment of this item that was taken from the invoice and now pays it again: it may still be there."""
        payments = (
            self.env["ledger.payment"]
            .sudo()
            .search(
                [
                    ("connection_id", "=", self.id),
                    ("direction", "=", "out"),
                    ("move_id", "=", invoice.id),
                    ("line_id", "=", item.id),
                    ("partial_id", "=", False),
                    ("state", "in", ("gone_here", "kept")),
                ]
            )
        )
        for payment in payments.filtered(lambda one: not one.currency_id.compare_amounts(one.amount, amount)):
            if self._transfer_get(f"payment_delete:{payment.id}"):
                continue
            sent = self._transfer_get(self._ledger_reference(payment))
            if payment.remote_id or sent.state in ("queued", "sending", "uncertain", "failed"):
                payment.write({"partial_id": partial.id, "state": "done" if payment.remote_id else "queued"})
                if not payment.remote_id and sent.state == "failed":
                    sent._decide("retry")
                return payment
        return payments.browse()

    # ------------------------------------------------------- transfer queue

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "payments": self.env._("Payments fetched"),
            "payment_create": self.env._("Payment sent"),
            "payment_delete": self.env._("Payment taken back"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if not self.is_ledger or log.operation not in ("payments", "payment_create", "payment_delete"):
            return super()._transfer_execute(log)
        if log.operation == "payments":
            is_full = len(log.key) == len("payments:2026-01-01")
            return {"response": self._ledger_fetch_payments(is_full=is_full)}
        payment = self.env["ledger.payment"].browse(log.res_id).exists()
        if not payment:
            raise UserError(self.env._("The document no longer exists."))
        if log.operation == "payment_delete":
            return self._ledger_delete_payment(payment)
        if payment.state == "gone_here" or not payment.partial_id:
            raise UserError(self.env._("The payment was taken back in Odoo before it went over; choose Ignore."))
        found = self._ledger_find_payment(payment) if log.attempts > 1 or log.is_outcome_unknown else None
        return found or self._ledger_push_payment(payment)

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge'
        if not self.is_ledger or log.operation not in ("payments", "payment_create", "payment_delete"):
            return super()._transfer_lookup(log)
        if log.operation == "payment_create":
            return self._ledger_find_payment(self.env["ledger.payment"].browse(log.res_id))
        return None

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        res = super()._transfer_done(log, result)
        if self.is_ledger and log.res_model == "account.move":
            self._ledger_send_earlier_payments(self.env["account.move"].sudo().browse(log.res_id))
        if self.is_ledger and log.operation in ("payment_create", "payment_delete"):
            payment = self.env["ledger.payment"].sudo().browse(log.res_id)
            if log.operation == "payment_delete":
                payment.write({"state": "undone"})
            else:
                state = "gone_here" if payment.state == "gone_here" else "done"
                payment.write({"remote_id": result["remote_id"], "state": state})
        return res

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_list_status(self, date_from, date_to):
        """All invoices and credit notes of the period, as ``_ledger_read_invoice`` without ``remaining``, with
        ``is_paid``."""
        return self._ledger_list_invoices(date_from, date_to)

    def _ledger_read_remaining(self, remote):
        """What is open of a document of which a list did not tell it. :return: Decimal"""
        return self._ledger_read_invoice(remote["remote_id"])["remaining"]

    def _ledger_read_payments(self, remote_id, is_credit_note, known):
        """:return: list of ``{"id", "date" (text), "amount" (Decimal), "currency", "reference"}``, or ``None`` when the
        document is not there. Here: what the remaining amount tells, for a side that keeps no payments: what is paid
        beyond the payments known, as one payment of today; less than they: the latest ones are gone."""
        row = self._ledger_read_invoice(remote_id)
        if row is None or row["state"] != "booked":
            return None
        rows, left = [], row["total"] - row["remaining"]
        counted = known.filtered(
            lambda one: one.state in ("seen", "done") or (one.state == "kept" and not one.payment_id)
        )
        kept = counted.filtered("remote_id").sorted("id")
        for payment in kept:
            if abs(payment._exact()) > abs(left):
                break
            rows.append(self._ledger_known_row(payment))
            left -= payment._exact()
        if left != ZERO and len(rows) == len(kept):
            name = f"{remote_id}:{row['total'] - row['remaining']}:{len(known)}"
            rows.append(
                {"id": name, "date": False, "amount": Decimal(left), "currency": row["currency"], "reference": ""}
            )
        return rows

    def _ledger_known_row(self, payment):
        return {
            "id": payment.remote_id,
            "date": str(payment.payment_date),
            "amount": payment._exact(),
            "currency": payment.currency_id.name,
            "reference": "",
        }

    def _ledger_push_payment(self, payment):
        """Register a payment over there. :return: ``{"remote_id", "request", "response"}``"""
        raise UserError(self.env._("%(name)s does not take payments.", name=self.name))

    def _ledger_find_payment(self, payment):
        """:return: as ``_ledger_push_payment`` when it is there, or ``None``"""
        return None

    def _ledger_delete_payment(self, payment):
        raise UserError(self.env._("%(name)s does not take payments.", name=self.name))
