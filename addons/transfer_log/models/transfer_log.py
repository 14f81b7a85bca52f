from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

OPEN_STATES = ("queued", "sending", "uncertain")


class TransferLog(models.Model):
    _name = "transfer.log"
    _description = "Transfer"
    _order = "id desc"
    _rec_name = "document_name"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, ondelete="restrict")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    kind = fields.Selection(related="connection_id.kind", store=True)
    direction = fields.Selection([("out", "Sent"), ("in", "Received")], required=True, default="out")
    operation = fields.Char(string="Technical Operation", required=True, index=True)
    operation_name = fields.Char(string="Operation", compute="_compute_operation_name", search="_search_operation_name")
    res_model = fields.Char(string="Document Model")
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model")
    document_name = fields.Char(string="Document", index="trigram")
    key = fields.Char(required=True, help="Names the effect. One per connection, so it cannot happen twice.")
    state = fields.Selection(
        selection=[
            ("queued", "In queue"),
            ("sending", "Sending"),
            ("uncertain", "Outcome unknown"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("ignored", "Ignored"),
        ],
        required=True,
        default="queued",
        index=True,
    )
    can_resend = fields.Boolean(compute="_compute_can_resend")
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(default=fields.Datetime.now, help="Not tried before then. Empty: left to a person.")
    is_outcome_unknown = fields.Boolean(
        readonly=True, help="A call left us without an answer: the other side is asked before anything is sent again."
    )
    sent_date = fields.Datetime(string="Sent On", readonly=True)
    done_date = fields.Datetime(string="Completed On", readonly=True)
    remote_id = fields.Char(string="Remote ID", index="btree_not_null")
    source_body = fields.Text(
        string="Original Form", readonly=True, help="The document as it is here, before it was put into their form."
    )
    request_body = fields.Text(string="Sent Body", readonly=True)
    response_body = fields.Text(string="Received Body", readonly=True)
    error_message = fields.Text(string="Error", readonly=True, index="trigram")
    advice = fields.Text(readonly=True)
    decision_reason = fields.Char(string="Reason", readonly=True, help="Why a person retried, postponed or ignored it.")
    decision_history = fields.Text(
        string="Decisions", readonly=True, help="Every decision of a person on this transfer, the oldest first."
    )
    user_id = fields.Many2one("res.users", string="Queued By", default=lambda self: self.env.user, readonly=True)

    _connection_key_uniq = models.Constraint(
        "UNIQUE (connection_id, key)", "This transfer is already in the queue or done."
    )
    _due_idx = models.Index("(next_attempt, id) WHERE state IN ('queued', 'sending', 'uncertain')")
    _document_idx = models.Index("(res_model, res_id)")
    _connection_state_idx = models.Index("(connection_id, state)")

    def write(self, vals):
        if not self.env.su:
            raise AccessError(
                self.env._("The log of transfers is written by the program. Use Retry, Postpone or Ignore.")
            )
        return super().write(vals)

    def _compute_can_resend(self):
        for log in self:
            log.can_resend = log.state == "done" and log.connection_id._transfer_can_resend(log)

    @api.depends("operation")
    def _compute_operation_name(self):
        names = self.env["transfer.connection"]._transfer_operation_names()
        for log in self:
            log.operation_name = names.get(log.operation, log.operation)

    def _search_operation_name(self, operator, value):
        if operator not in ("ilike", "=", "in"):
            return NotImplemented
        names = self.env["transfer.connection"]._transfer_operation_names()
        if operator == "ilike":
            sought = (value or "").lower()
            found = [name for name, text in names.items() if sought in text.lower() or sought in name]
        else:
            texts = {value} if operator == "=" else set(value)
            found = [name for name, text in names.items() if text in texts or name in texts]
        return [("operation", "in", found)]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(
            self.env._("The log of transfers is kept. Choose Ignore for a transfer that should not happen.")
        )

    # ---------------------------------------------------------------- actions

    def action_retry(self):
        """Try again now (a button in lists, without a reason)."""
        return self._decide("retry")

    def action_open_decision(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide"),
            "res_model": "transfer.log.decision",
            "view_mode": "form",
            "target": "new",
            "context": {"default_log_ids": self.ids, "default_decision": self.env.context.get("decision", "retry")},
        }

    def action_open_document(self):
        self.ensure_one()
        if not self.res_model or not self.res_id or self.res_model not in self.env:
            raise UserError(self.env._("This transfer has no document."))
        if not self.env[self.res_model].browse(self.res_id).exists():
            raise UserError(self.env._("The document no longer exists."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    def _decide(self, decision, reason="", postpone_until=None):
        """What a person decides on transfers: ``retry``, ``postpone``, ``ignore``, or ``resend`` one that is done."""
        self.check_access("write")
        logs = self.filtered(lambda log: log.state not in ("done", "ignored") or decision in ("retry", "resend"))
        for log in logs.sudo():
            log._check_decision(decision)
        values = {"decision_reason": reason or False}
        now = fields.Datetime.now()
        for log in logs.sudo():
            log._note_decision(self.env.user.name, decision, reason)
            if decision == "ignore":
                log.write(values | {"state": "ignored", "next_attempt": False})
                continue
            # what may have been carried out is asked for before anything is sent
            is_unknown = log.is_outcome_unknown or decision == "resend"
            log.write(
                values
                | {
                    "state": "uncertain" if is_unknown else "queued",
                    "is_outcome_unknown": is_unknown,
                    "next_attempt": postpone_until if decision == "postpone" else now,
                    "attempts": 0,
                    "error_message": False,
                    "advice": False,
                }
            )
        if decision != "ignore":
            logs.sudo().connection_id._trigger_queue()
        return True

    def _check_decision(self, decision):
        self.ensure_one()
        if decision == "resend":
            if self.state != "done" or not self.connection_id._transfer_can_resend(self):
                raise UserError(
                    self.env._(
                        "“%(name)s” cannot be sent again: only a completed transfer whose other side can be asked "
                        "whether it has the document.",
                        name=self.document_name,
                    )
                )
        elif self.state == "done":
            raise UserError(
                self.env._("“%(name)s” is done. Sending it again could make a second one.", name=self.document_name)
            )
        if self.state == "sending" or not self.try_lock_for_update():
            raise UserError(
                self.env._("“%(name)s” is being sent just now. Look again in a minute.", name=self.document_name)
            )

    def _note_decision(self, who, decision, reason=""):
        """Add a line to the history: when, who, what and why."""
        self.ensure_one()
        labels = dict(self.env["transfer.log.decision"]._fields["decision"]._description_selection(self.env))
        moment = fields.Datetime.context_timestamp(self, fields.Datetime.now()).strftime("%Y-%m-%d %H:%M")
        line = f"{moment} {who}: {labels.get(decision, decision)}" + (f" – {reason}" if reason else "")
        self.decision_history = f"{self.decision_history}\n{line}" if self.decision_history else line

    def _decide_outcome(self, was_taken, reason):
        """What a person found who looked up at the other side what became of a transfer whose answer was lost.

        :param bool was_taken: it is there, and the transfer is done; otherwise it is sent again
        :param str reason: who found it
        """
        values = {"is_outcome_unknown": False, "error_message": False, "decision_reason": reason}
        now = fields.Datetime.now()
        if was_taken:
            self.write(values | {"state": "done", "next_attempt": False, "advice": False, "done_date": now})
            self._note_event("done")
        else:
            self.write(values | {"state": "queued", "next_attempt": now, "attempts": 0})
            self.connection_id._trigger_queue()
