from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.transfer_log.exceptions import RejectedError

from ..formats import records
from .transfer_connection import SEND

OPEN = ("queued", "sending", "uncertain")
MOST_NAMES = 10


class BetalingsserviceDelivery(models.Model):
    """Deliveries that leave by a connection, once."""

    _inherit = "betalingsservice.delivery"

    transfer_log_id = fields.Many2one(
        "transfer.log", string="Transfer", readonly=True, copy=False, index="btree_not_null"
    )
    transfer_state = fields.Selection(related="transfer_log_id.state", string="State of the Transfer")
    transfer_message = fields.Text(related="transfer_log_id.error_message", string="Problem of the Transfer")
    transfer_advice = fields.Text(related="transfer_log_id.advice", string="What to Do")
    has_connection = fields.Boolean(compute="_compute_has_connection")
    is_on_the_way = fields.Boolean(compute="_compute_is_on_the_way")
    stale_text = fields.Text(string="Not to Be Sent", compute="_compute_stale_text")

    @api.depends("creditor_id")
    def _compute_has_connection(self):
        for delivery in self:
            delivery.has_connection = bool(delivery.sudo().creditor_id.connection_id)

    @api.depends("transfer_log_id.state")
    def _compute_is_on_the_way(self):
        for delivery in self:
            delivery.is_on_the_way = delivery.sudo().transfer_log_id.state in OPEN

    def action_send(self):
        """Put the delivery into the queue of the creditor's connection."""
        for delivery in self:
            connection = delivery.creditor_id.sudo().connection_id
            if not connection:
                raise UserError(
                    self.env._("%(name)s has no connection. Download the file instead.", name=delivery.creditor_id.name)
                )
            if delivery.direction != "out" or delivery.state != "ready":
                raise UserError(self.env._("%(name)s is not waiting to be sent.", name=delivery.name))
            try:
                delivery._check_route(connection)
            except RejectedError as error:
                raise UserError(str(error)) from error
            fault = delivery._stale_text()
            if fault:
                raise UserError(fault)
            delivery._file_content()
            log = connection._transfer_enqueue(SEND, delivery, f"send:{delivery.id}")
            delivery._system_write({"transfer_log_id": log.id})
        return True

    @api.depends("state")
    def _compute_stale_text(self):
        for delivery in self:
            is_waiting = delivery.direction == "out" and delivery.state == "ready"
            delivery.stale_text = is_waiting and delivery._stale_text()

    def _stale_text(self):
        """Why a file that has lain must not leave any more, or an empty string: a day that cannot be reached, or an
        amount that is not open any more. Two queries, and one collection looked at for each day."""
        self.ensure_one()
        Collection = self.env["betalingsservice.collection"]
        days = Collection._read_group(
            [("delivery_id", "=", self.id)], ["payment_date:day", "section"], ["id:min"], order="payment_date:day"
        )
        faults = [fault for _day, _section, found in days for fault in Collection.browse(found)._date_faults()]
        changed = self._changed_moves()
        if changed:
            names = ", ".join(changed[:MOST_NAMES].mapped("name"))
            faults.append(
                self.env._(
                    "Paid or credited since the file was written: %(names)s.",
                    names=f"{names}, …" if len(changed) > MOST_NAMES else names,
                )
            )
        taken = self.replaces_ids.filtered("is_taken_after_all")
        if taken:
            faults.append(
                self.env._(
                    "Betalingsservice has the same collections by %(names)s.", names=", ".join(taken.mapped("name"))
                )
            )
        if not faults:
            return ""
        return self.env._(
            "%(delivery)s cannot be sent as it is. %(faults)s Press “Discard” and make the delivery again.",
            delivery=self.name,
            faults=" ".join(faults),
        )

    def _changed_moves(self):
        """Invoices of which less is open than stands in the file."""
        self.ensure_one()
        Line, Move = self.env["betalingsservice.collection.line"], self.env["account.move"]
        Line.flush_model()
        self.env["betalingsservice.collection"].flush_model(["delivery_id"])
        Move.flush_model(["state", "amount_residual"])
        self.env["account.move.line"].flush_model(["amount_residual_currency"])
        rows = self.env.execute_query(
            SQL(
                """SELECT move.id
                     FROM betalingsservice_collection_line AS line
                     JOIN betalingsservice_collection AS collection ON collection.id = line.collection_id
                     JOIN account_move AS move ON move.id = line.move_id
                LEFT JOIN account_move_line AS instalment ON instalment.id = line.instalment_id
                    WHERE collection.delivery_id = %s
                      AND line.is_withdrawn IS NOT TRUE
                      AND line.amount > 0
                      AND round((line.amount - CASE WHEN move.state <> 'posted' THEN 0
                                                    WHEN instalment.id IS NULL THEN move.amount_residual
                                                    ELSE instalment.amount_residual_currency END)::numeric, 2) > 0
                 GROUP BY move.id
                 ORDER BY move.id""",
                self.id,
            )
        )
        return Move.browse(row[0] for row in rows)

    def _check_route(self, connection):
        """The file, the delivery, the creditor and the connection are of one system and one creditor.

        :raises RejectedError: test and production would be mixed up
        """
        self.ensure_one()
        line, text = next(records.split(self._file_content()))
        found = {
            records.head_of(text, line).subsystem,
            self.subsystem,
            self.creditor_id.subsystem,
            connection.betalingsservice_subsystem,
        }
        if len(found) > 1 or connection.betalingsservice_creditor_id != self.creditor_id:
            raise RejectedError(
                self.env._(
                    "%(delivery)s is of %(creditor)s (%(system)s); the connection %(connection)s is of %(other)s "
                    "(%(other_system)s). Nothing was sent.",
                    delivery=self.name,
                    creditor=self.creditor_id.name,
                    system=self.subsystem,
                    connection=connection.name,
                    other=connection.betalingsservice_creditor_id.name,
                    other_system=connection.betalingsservice_subsystem,
                )
            )

    def _handed_over(self):
        """The connection has put the file where the operator takes it."""
        self._ignore_failed_transfer()
        self._mark_sent()

    def _check_not_on_the_way(self):
        """A file that may lie at the operator is neither discarded nor marked by hand."""
        for delivery in self:
            log = delivery.sudo().transfer_log_id
            is_open = log.state in OPEN or (log.state == "failed" and log.is_outcome_unknown)
            if is_open:
                raise UserError(
                    self.env._(
                        "%(name)s is in the queue of the connection, or nobody knows yet whether it arrived. Wait for "
                        "it, or say on the delivery whether the operator has received it.",
                        name=delivery.name,
                    )
                )

    def action_mark_sent(self):
        self._check_not_on_the_way()
        self._ignore_failed_transfer()
        return super().action_mark_sent()

    def _check_discardable(self):
        # EXTENDS 'betalingsservice.delivery'
        result = super()._check_discardable()
        self._check_not_on_the_way()
        return result

    def _discard(self, reason):
        # EXTENDS 'betalingsservice.delivery'
        result = super()._discard(reason)
        self._ignore_failed_transfer()
        return result

    def _ignore_failed_transfer(self):
        """What was decided by hand is not tried again later."""
        failed = self.sudo().transfer_log_id.filtered(lambda log: log.state == "failed")
        failed._decide("ignore", self.env._("Decided on the delivery."))

    def action_operator_has_it(self):
        """A person looked: the operator has received the file."""
        for delivery in self:
            delivery._decide_transfer("ignore", self.env._("Received, says %(user)s.", user=self.env.user.name))
            delivery._handed_over()
        return True

    def action_operator_has_it_not(self):
        """A person looked: nothing was received, so it is sent again under the same name."""
        for delivery in self:
            self.env["betalingsservice.handover"]._forget(delivery.sudo().transfer_log_id)
            delivery._decide_transfer("retry", self.env._("Not received, says %(user)s.", user=self.env.user.name))
        return True

    def _decide_transfer(self, decision, reason):
        self.ensure_one()
        self.check_access("write")
        log = self.sudo().transfer_log_id
        if not log or log.state not in ("uncertain", "failed"):
            raise UserError(self.env._("The outcome of the transfer of %(name)s is known.", name=self.name))
        log._decide(decision, reason)
        self.message_post(body=reason)

    @api.model
    def _known_file(self, content, company):
        """The delivery this very file became before, or none."""
        return self.search(self._known_file_domain(content, company), limit=1)


class BetalingsserviceCreditor(models.Model):
    _inherit = "betalingsservice.creditor"

    connection_ids = fields.One2many("transfer.connection", "betalingsservice_creditor_id", string="Connections")
    connection_id = fields.Many2one("transfer.connection", compute="_compute_connection_id")

    @api.depends("connection_ids.active")
    def _compute_connection_id(self):
        for creditor in self:
            creditor.connection_id = creditor.connection_ids.filtered("active")[:1]

    def action_fetch(self):
        """Look for files now, in the background."""
        self.ensure_one()
        self.env["betalingsservice.delivery"].check_access("create")
        connection = self.sudo().connection_id
        if not connection:
            raise UserError(self.env._("%(name)s has no connection. Import the files by hand.", name=self.name))
        connection.betalingsservice_last_fetch = False
        self.env.ref("betalingsservice.ir_cron_exchange").sudo()._trigger()
        return connection.action_process_now()
