from odoo import models
from odoo.exceptions import UserError

from .account_move import PUSHED_TYPES


class AccountMovePush(models.Model):
    """Pushing invoices: one, many with one list of results, or each as it is posted."""

    _inherit = "account.move"

    # ---------------------------------------------------------------- actions

    def action_ledger_push(self):
        """Queue these invoices for the outside ledger and wake the queue. One: told at once what stops it. Many: one
        list of results, and what is stopped waits in the inbox with its reason while the others go."""
        self.check_access("write")
        if not self:
            return False
        if len(self) == 1:
            return self._ledger_push_alone()
        pushes = self._ledger_push_many()
        return pushes.action_view_lines()

    # --------------------------------------------------------------- business

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft)
        connections = self.env["transfer.connection"]
        for company, moves in (
            posted.filtered(lambda move: move.move_type in PUSHED_TYPES or move.ledger_takes_bill)
            .grouped("company_id")
            .items()
        ):
            connection = connections._ledger_on_post(company)
            for move in moves if connection else ():
                if move._ledger_is_waiting(connection):
                    move._ledger_enqueue(connection)
        return posted

    def _ledger_is_waiting(self, connection):
        """Whether posting queues it: not what is older than the connection, nor what is there already."""
        self.ensure_one()
        start = connection.ledger_compare_from
        return self.ledger_state == "not_pushed" and not (start and self.invoice_date < start)

    def _ledger_push_alone(self):
        self.ensure_one()
        connection = self.env["transfer.connection"]._ledger_of_company(self.company_id)
        if self.ledger_state in ("pushed", "queued", "uncertain"):
            text = self.env._("%(name)s is there or on its way already.", name=self.name)
            return connection._ledger_notification(text)
        self._ledger_check_pushable(connection)
        if connection.ledger_mode == "trial":
            return self._ledger_push_many().action_view_lines()
        self._ledger_enqueue(connection)
        text = self.env._("%(name)s is on its way to %(ledger)s.", name=self.name, ledger=connection.name)
        warnings = self._ledger_push_warnings(connection)
        return connection._ledger_notification("\n".join([text, *warnings]), "warning" if warnings else "success")

    def _ledger_push_many(self):
        """:return: ledger.push, one for each company"""
        pushes = self.env["ledger.push"]
        for company, moves in self.grouped("company_id").items():
            connection = self.env["transfer.connection"]._ledger_of_company(company)
            if connection.ledger_bills == "none" and any(move._ledger_is_bill() for move in moves):
                raise UserError(
                    self.env._(
                        "Vendor bills are not sent to %(name)s. Choose it on the connection.", name=connection.name
                    )
                )
            is_trial = connection.ledger_mode == "trial"
            push = pushes.sudo().create({"connection_id": connection.id, "is_trial": is_trial, "user_id": self.env.uid})
            values = [move._ledger_prepare_push_line(push, connection) for move in moves.sorted("name")]
            push.line_ids.create(values)
            pushes |= push.sudo(False)
        return pushes

    def _ledger_prepare_push_line(self, push, connection):
        self.ensure_one()
        was_there = self.ledger_state in ("pushed", "queued", "uncertain")
        if was_there:
            log = self.ledger_log_id
        elif push.is_trial:
            log = self._ledger_enqueue_trial(push, connection)
        else:
            log = self._ledger_enqueue(connection)
        warnings = [] if was_there else self._ledger_push_warnings(connection)
        values = {"push_id": push.id, "move_id": self.id, "log_id": log.id, "was_there": was_there}
        return values | {"warning": "\n".join(warnings) or False}

    def _ledger_enqueue_trial(self, push, connection):
        key = f"trial:{push.id}:{connection._ledger_reference(self)}"
        if fault := self._ledger_fault(connection):
            return connection._transfer_refuse("invoice_trial", self, key, fault)
        return connection._transfer_enqueue("invoice_trial", self, key)

    def _ledger_enqueue(self, connection):
        """Put one invoice into the queue; one that cannot go waits in the inbox. :return: its transfer"""
        self.ensure_one()
        operation = self._ledger_operation()
        key = connection._ledger_reference(self)
        fault = self._ledger_fault(connection)
        if fault:
            log = connection._transfer_refuse(operation, self, key, fault)
        else:
            log = connection._transfer_enqueue(operation, self, key)
            if log.state in ("failed", "ignored"):
                log.sudo()._decide("retry")
        self.invalidate_recordset(["ledger_state", "ledger_number", "ledger_message", "ledger_log_id"])
        return log

    def _ledger_operation(self):
        """What the transfer that puts this document into the ledger is called."""
        self.ensure_one()
        return "credit_note_create" if self.move_type == "out_refund" else "invoice_create"

    def _ledger_fault(self, connection):
        try:
            self._ledger_check_pushable(connection)
        except UserError as error:
            return str(error)
        return ""
