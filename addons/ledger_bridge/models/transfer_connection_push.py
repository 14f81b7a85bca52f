from contextlib import suppress
from datetime import timedelta

from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.transfer_log.exceptions import RejectedError, TransferError

from .. import records

# A gap this long in what we know of the other side, and documents of ours are looked for there before one is made.
SILENCE = timedelta(minutes=15)


class TransferConnectionPush(models.Model):
    """How invoices go over: trial or booked, by hand or on posting, whose numbers, which øre."""

    _inherit = "transfer.connection"

    ledger_mode = fields.Selection(
        [("trial", "Trial: nothing is made there"), ("book", "Booked there")],
        string="Pushing",
        default="book",
        required=True,
        tracking=True,
        help="Trial: the other side's own totals are asked for and compared, nothing is created or booked.",
    )
    ledger_push_on_post = fields.Boolean(
        string="Push on Posting", tracking=True, help="Each invoice is pushed when it is posted here."
    )
    ledger_start_date = fields.Date(
        string="In Use Since", default=lambda self: fields.Date.context_today(self), copy=False
    )
    ledger_safe_days = fields.Integer(
        string="By Hand at First (days)",
        default=14,
        help="So many days after the start nothing is pushed on posting: you push by hand and look at the result.",
    )
    ledger_is_safe_start = fields.Boolean(compute="_compute_ledger_is_safe_start")
    ledger_safe_until = fields.Date(compute="_compute_ledger_is_safe_start")
    ledger_tolerance = fields.Float(
        string="Tolerance",
        digits=(4, 2),
        tracking=True,
        help="So much the amounts may differ, 0.00 to 1.00. The total is made equal by an øre line.",
    )
    ledger_rounding_account = fields.Char(
        string="Account of Øre Lines",
        tracking=True,
        help="Account there without VAT (in e-conomic a product) that takes the øre line.",
    )
    ledger_number_policy = fields.Selection(
        [("theirs", "The other side numbers"), ("ours", "The numbers of Odoo")],
        string="Numbers",
        default="theirs",
        required=True,
        tracking=True,
        help="Decided once: with the first invoice that is booked it can no longer be changed.",
    )
    ledger_known_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="Until then every document of ours over there is known here.",
    )
    ledger_looks_first = fields.Boolean(
        string="Look Up First",
        readonly=True,
        copy=False,
        help="Documents of ours were found there that this database does not know (restored from a backup?): each "
        "invoice is looked up before it is made, until a comparison finds no such document.",
    )

    _ledger_tolerance_check = models.Constraint(
        "CHECK (ledger_tolerance IS NULL OR ledger_tolerance BETWEEN 0 AND 1)",
        "The tolerance lies between 0.00 and 1.00.",
    )
    _ledger_safe_days_check = models.Constraint(
        "CHECK (ledger_safe_days IS NULL OR ledger_safe_days BETWEEN 0 AND 366)",
        "The days by hand lie between 0 and 366.",
    )

    @api.depends("ledger_start_date", "ledger_safe_days")
    def _compute_ledger_is_safe_start(self):
        for connection in self:
            start = connection.ledger_start_date
            until = start + timedelta(days=connection.ledger_safe_days) if start else False
            connection.ledger_safe_until = until
            connection.ledger_is_safe_start = bool(until) and connection._company_today() < until

    @api.constrains("ledger_tolerance", "ledger_rounding_account")
    def _check_ledger_tolerance(self):
        for connection in self:
            if connection.ledger_tolerance and not (connection.ledger_rounding_account or "").strip():
                raise ValidationError(self.env._("A tolerance needs the account that takes the øre line."))

    def write(self, vals):
        # EXTENDS 'transfer_log'
        if "ledger_number_policy" in vals:
            changed = self.filtered(lambda one: one.ledger_number_policy != vals["ledger_number_policy"])
            links = self.env["ledger.link"].sudo()
            for connection in changed:
                domain = [("connection_id", "=", connection.id), ("remote_type", "in", ("invoice", "credit_note"))]
                if links.search_count(domain, limit=1):
                    raise UserError(
                        self.env._(
                            "Whose numbers are used is decided once: invoices are booked in %(name)s already.",
                            name=connection.name,
                        )
                    )
        return super().write(vals)

    # --------------------------------------------------------------- business

    @api.model
    def _ledger_on_post(self, company):
        """The connection that takes the invoices of ``company`` as soon as they are posted; empty when none does."""
        connections = self.sudo().search([("company_id", "=", company.id), ("is_ledger", "=", True)])
        if len(connections) != 1:
            return self.browse()
        if not connections.ledger_push_on_post or connections.ledger_is_safe_start:
            return self.browse()
        return connections

    def _transfer_refuse(self, operation, record, key, reason):
        """Note a transfer that cannot take place, with the reason: it waits for a person, and nothing was sent."""
        self.ensure_one()
        log = self._transfer_get(key) or self._transfer_create_log(operation, record, key, "out", "failed")
        if log.state in ("failed", "ignored") and not log.is_outcome_unknown:
            log._write_error(TransferError(reason), "failed")
        return log

    def _ledger_tolerance_amount(self):
        """The tolerance as an exact decimal."""
        self.ensure_one()
        return records.cents(str(round(self.ledger_tolerance or 0.0, 2)))

    def _ledger_settle_gate(self, move, record, calculate, request=None):
        """The amount gate, with an øre line where one is allowed.

        :param record: ``records.Invoice`` as it is to go over
        :param calculate: ``calculate(record) -> (records.Totals, answer)``, the other side's own totals
        :return: ``(record, totals)``: the record, with an øre line when it needed one, and its totals over there
        :raise RejectedError: the amounts differ by more than is allowed; nothing was made
        """
        self.ensure_one()
        theirs, answer = calculate(record)
        ours, tolerance = move._ledger_totals(), self._ledger_tolerance_amount()
        if records.compare(ours, theirs, tolerance):
            self._ledger_stop(move, record, theirs, request, answer)
        if ours.total != theirs.total:
            account = (self.ledger_rounding_account or "").strip()
            record = records.with_rounding(record, ours.total - theirs.total, account, self._ledger_rounding_text(move))
            theirs, answer = calculate(record)
        # now the total is the same to the øre, and net and VAT are as near as is allowed
        if records.compare(ours, theirs, tolerance, records.ZERO):
            self._ledger_stop(move, record, theirs, request, answer)
        return record, theirs

    def _ledger_check_same(self, move, record, calculated, theirs, request=None, answer=None):
        """What was stored has the totals that were calculated before, and our total."""
        differences = records.compare(calculated, theirs) if calculated else []
        tolerance = self._ledger_tolerance_amount()
        if differences or records.compare(move._ledger_totals(), theirs, tolerance, records.ZERO):
            self._ledger_stop(move, record, theirs, request, answer)

    def _ledger_check_adopted(self, move, found):
        """A document found there is taken as ours only when its amounts are: a database restored from a backup may
        have given its number to another invoice since."""
        theirs = records.Totals(net=found["net"], total=found["total"], vat_total=found["vat"])
        record = move._ledger_prepare_invoice(self)
        self._ledger_check_same(move, record, None, theirs, answer=found.get("response"))

    def _ledger_stop(self, move, record, theirs, request=None, answer=None):
        ours = move._ledger_totals()
        # what is within the tolerance is named too: the reader sees the whole document
        differences = records.compare(ours, theirs) + records.unequal_lines(record, theirs)
        raise RejectedError(
            self._ledger_gate_text(move, differences),
            advice=self.env._("Nothing is forced to balance: correct the invoice or the mapping, then choose Retry."),
            request=request,
            response=answer,
        )

    def _ledger_rounding_text(self, move):
        return self.with_context(lang=move.partner_id.lang or self.env.lang).env._("Rounding of øre")

    def _ledger_must_look(self, log):
        """Whether a document may be over there already, so that it is looked for before it is made.

        Not for a first attempt while nothing was lost: that saves two calls per invoice.
        """
        self.ensure_one()
        if log.attempts != 1 or log.is_outcome_unknown or self.ledger_looks_first:
            return True
        return not self._ledger_is_continuous()

    def _ledger_is_continuous(self):
        """Whether all documents of ours over there are known here. After a silence the other side is asked once what
        has changed there: a document that is unknown here tells of a database restored from a backup."""
        self.ensure_one()
        connection = self.sudo()
        now = fields.Datetime.now()
        known = connection.ledger_known_until or connection.create_date
        if now - known < SILENCE / 3 and connection.ledger_known_until:
            return True
        looks_first = False
        if now - known > SILENCE:
            changed = connection._ledger_changed(known - timedelta(minutes=10))
            looks_first = bool(connection._ledger_strangers(changed))
        connection._ledger_note_known(now, looks_first)
        return not looks_first

    def _ledger_note_known(self, moment, looks_first):
        """Keep up to when all is known. Another worker that does the same at this moment has the same to say."""
        self.ensure_one()
        self.flush_recordset()
        with suppress(errors.SerializationFailure), self.env.cr.savepoint():
            self.env.execute_query(
                SQL(
                    "UPDATE transfer_connection SET ledger_known_until = %s, ledger_looks_first = %s WHERE id = %s"
                    " RETURNING id",
                    moment,
                    looks_first,
                    self.id,
                )
            )
        self.invalidate_recordset(["ledger_known_until", "ledger_looks_first"])

    def _ledger_strangers(self, rows):
        """Those of ``rows`` that carry our reference and are linked to nothing here."""
        prefix = self._ledger_reference(self.env["account.move"].browse(0)).rsplit(":", 1)[0] + ":"
        ours = [row for row in rows if row["reference"].startswith(prefix) and row["state"] != "draft"]
        links = (
            self.env["ledger.link"]
            .sudo()
            .search([("connection_id", "=", self.id), ("remote_id", "in", [row["remote_id"] for row in ours])])
        )
        known = set(links.mapped("remote_id"))
        return [row for row in ours if row["remote_id"] not in known]

    def _ledger_trial(self, move):
        """Compare without making anything. :return: as ``_ledger_push_invoice``, without ``remote_id``"""
        self.ensure_one()
        answers = []

        def calculate(record):
            totals, answer = self._ledger_calculate(move, record)
            answers.append(answer)
            return totals, answer

        self._ledger_settle_gate(move, move._ledger_prepare_invoice(self), calculate)
        return {"response": answers[-1]}

    def _ledger_calculate(self, move, record):
        """The other side's own totals of a document that is not made; where it cannot tell them, the common rule.

        :return: ``(records.Totals, answer)``
        """
        return records.calculate(record), {}

    def _ledger_changed(self, since):
        """Documents over there that changed since ``since`` (UTC), as ``_ledger_read_invoice`` without ``remaining``.
        Where nobody can tell: all that are as young."""
        raise NotImplementedError

    # ------------------------------------------------------- transfer queue

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {"invoice_trial": self.env._("Trial of an invoice")}

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if log.operation != "invoice_trial" or not self.is_ledger:
            return super()._transfer_execute(log)
        move = self.env[log.res_model].browse(log.res_id).exists()
        if not move:
            raise UserError(self.env._("The document no longer exists."))
        move._ledger_check_pushable(self)
        return self._ledger_trial(move)

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge'
        if log.operation == "invoice_trial" and self.is_ledger:
            return None  # it makes nothing, so it may be repeated
        return super()._transfer_lookup(log)
