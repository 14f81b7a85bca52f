"""Received documents fetched from an access point.

The queue carries three operations: listing what waits over there, one fetch per document, which receives it, and one
acknowledgement per document, queued in the transaction that holds the document: the access point is told only after
that was committed. Each has its own key, so that a process that ends anywhere loses nothing and takes nothing twice.
"""

import hashlib
import re
from datetime import timedelta

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.transfer_log.exceptions import RejectedError, TemporaryError

from ..formats.official import RuleRunner

LIST, FETCH, ACKNOWLEDGE = "einvoice_list", "einvoice_fetch", "einvoice_acknowledge"
MORE = "more"  # the list may go on after those that it held
OPEN = ("queued", "sending", "uncertain")
OVERLAP = 1  # days listed again where nothing is acknowledged: the other side's day may not be ours
PATIENCE = timedelta(hours=1)  # after which a document that is still listed is acknowledged again


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    einvoice_is_fetching = fields.Boolean(
        string="Fetch Received Documents",
        tracking=True,
        help="E-documents that the access point received for this company are fetched every quarter of an hour and lie "
        "under Received. It is told that they arrived when they are stored here.",
    )
    einvoice_from_date = fields.Date(
        string="Received From",
        default=lambda self: fields.Date.context_today(self),
        help="For access points that are not told what has arrived: what they received before is not fetched.",
    )
    einvoice_lists_by_day = fields.Boolean(
        string="Listed by Day", compute="_compute_einvoice_fetch_missing", compute_sudo=True
    )
    einvoice_is_called = fields.Boolean(
        string="Told by Calls",
        compute="_compute_einvoice_fetch_missing",
        compute_sudo=True,
        help="The access point has no list of received documents: it calls when one arrives.",
    )
    einvoice_acknowledges = fields.Boolean(compute="_compute_einvoice_fetch_missing", compute_sudo=True)
    einvoice_fetch_missing = fields.Char(
        string="Missing for Fetching",
        compute="_compute_einvoice_fetch_missing",
        compute_sudo=True,
        help="What must be entered under Interface before documents can be fetched.",
    )

    @api.depends("kind", "einvoice_definition")
    def _compute_einvoice_fetch_missing(self):
        for connection in self:
            inbox, missing = False, False
            if connection.kind == "einvoice_api":
                try:
                    definition = connection._einvoice_read_definition()
                    inbox, missing = definition.inbox, definition.fetching_missing()
                except ValidationError:
                    missing = "inbox"
            connection.einvoice_fetch_missing = missing
            connection.einvoice_lists_by_day = bool(inbox and inbox.list and not inbox.acknowledge)
            connection.einvoice_is_called = bool(inbox and not inbox.list)
            connection.einvoice_acknowledges = bool(inbox and inbox.acknowledge)

    @api.constrains("kind", "einvoice_is_fetching", "einvoice_definition", "einvoice_from_date")
    def _check_einvoice_is_fetching(self):
        for connection in self.filtered(lambda one: one.kind == "einvoice_api" and one.einvoice_is_fetching):
            if connection.einvoice_fetch_missing:
                raise ValidationError(connection._einvoice_fetch_advice())
            if connection.einvoice_lists_by_day and not connection.einvoice_from_date:
                raise ValidationError(
                    self.env._("Enter from which day %s fetches received documents.", connection.name)
                )

    def _einvoice_fetch_advice(self):
        return self.env._(
            "The public pages of %(provider)s do not say everything about how received documents are fetched. Ask the "
            "access point for it and enter it on the tab Interface: %(what)s. Until then use a folder, e-mail or "
            "upload.",
            provider=dict(self._fields["einvoice_provider"]._description_selection(self.env)).get(
                self.einvoice_provider, self.name
            ),
            what=self.einvoice_fetch_missing,
        )

    # ---------------------------------------------------------------- actions

    def action_einvoice_fetch(self):
        # EXTENDS 'nordic_einvoice' (watched folder)
        interfaces = self.filtered(lambda one: one.kind == "einvoice_api")
        for connection in interfaces:
            connection.check_access("write")
            if connection.einvoice_fetch_missing:
                raise UserError(connection._einvoice_fetch_advice())
            if not connection.einvoice_is_fetching:
                raise UserError(self.env._("Choose first that %s fetches received documents.", connection.name))
            if connection.einvoice_is_called:
                raise UserError(
                    self.env._(
                        "%s has no list of what it received: it calls this server when a document arrives.",
                        connection.name,
                    )
                )
            connection._einvoice_enqueue_list(fields.Datetime.now().strftime("%Y-%m-%d %H:%M:%S"))
        rest = self - interfaces
        if rest:
            super(TransferConnection, rest).action_einvoice_fetch()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("Received documents are being fetched in the background."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_einvoice_definition(self):
        """Give up what was entered under Interface: it is filled in again from the public pages."""
        self.check_access("write")
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator changes the interface of a connection."))
        for connection in self.sudo():
            connection._compute_einvoice_definition()
        return True

    # --------------------------------------------------------------- business

    @api.model
    def _cron_einvoice_inbox(self):
        # EXTENDS 'nordic_einvoice' (watched folder)
        self._einvoice_list_all()
        return super()._cron_einvoice_inbox()

    @api.model
    def _einvoice_list_all(self):
        """Put one listing per connection into the queue, which does the rest."""
        domain = [("kind", "=", "einvoice_api"), ("einvoice_is_fetching", "=", True), ("is_paused", "=", False)]
        for connection in self.search(domain):
            if connection.state != "authorisation" and not connection.einvoice_is_called:
                connection._einvoice_enqueue_list(fields.Datetime.now().strftime("%Y-%m-%d %H:%M"))

    def _einvoice_enqueue_list(self, moment):
        """One listing at a time: while one waits for an access point that is away, no other is added."""
        self.ensure_one()
        domain = [("connection_id", "=", self.id), ("operation", "=", LIST), ("state", "in", OPEN)]
        waiting = self.env["transfer.log"].sudo().search(domain, limit=1)
        if waiting:
            self._trigger_queue()
            return waiting
        return self._einvoice_enqueue_inbox(LIST, self, f"einvoice-list:{moment}")

    def _einvoice_enqueue_inbox(self, operation, record, key):
        """In the name of whoever answers for the connection: messages are told in his language."""
        owner = self.sudo().responsible_id
        connection = self.sudo().with_user(owner).sudo() if owner.active else self.sudo()
        return connection._transfer_enqueue(operation, record.sudo(), key, direction="in")

    def _einvoice_inbox_name(self, number):
        """What a received document is called here: numbers of test and production, or of two access points, are no
        proof of each other."""
        return f"{self.id}/{self.einvoice_provider}/{self.einvoice_environment}/{number}"

    def _einvoice_inbox_number(self, name):
        """The access point's number in a name made by :meth:`_einvoice_inbox_name`; "" when it is of another one."""
        prefix = self._einvoice_inbox_name("")
        return name[len(prefix) :] if (name or "").startswith(prefix) else ""

    def _einvoice_position(self):
        """The day from which is listed where nothing is acknowledged."""
        done = self.env["transfer.log"].sudo().search(
            [
                ("connection_id", "=", self.id),
                ("operation", "=", LIST),
                ("state", "=", "done"),
                ("remote_id", "=like", f"{self.einvoice_from_date}..%"),
            ],
            order="id desc",
            limit=1,
        )  # fmt: skip
        if not done:
            return self.einvoice_from_date
        listed = fields.Date.to_date(done.remote_id.partition("..")[2])
        return max(self.einvoice_from_date, listed - timedelta(days=OVERLAP))

    # --- operations ----------------------------------------------------------------------------------------------
    def _einvoice_list(self):
        """Queue the documents that are new. -> result of the transfer"""
        today = self._company_today()
        by_day = self.einvoice_lists_by_day
        listing = self._einvoice_call("waiting", str(self._einvoice_position()) if by_day else "")
        names = [self._einvoice_inbox_name(number) for number in listing.ids]
        domain = [("connection_id", "=", self.id), ("key", "in", [f"fetch:{name}" for name in names])]
        known = {log.key.removeprefix("fetch:"): log for log in self.env["transfer.log"].sudo().search(domain)}
        fresh = [name for name in names if name not in known]
        for name in fresh:
            self._einvoice_enqueue_inbox(FETCH, self, f"fetch:{name}")
        if not by_day:
            self._einvoice_acknowledge_again([name for name in names if name in known])
        result = {"response": {"documents": list(listing.ids), "new": len(fresh)}}
        if not by_day:
            return result | {"remote_id": MORE if listing.may_go_on else "all"}
        if listing.may_go_on:
            # whether there is another page is not known: the same days are listed again, and somebody is told
            if fresh:
                self._einvoice_tell_long(len(listing.ids))
            return result
        return result | {"remote_id": f"{self.einvoice_from_date}..{today}"}

    def _einvoice_tell_long(self, count):
        self.sudo().message_post(
            body=self.env._(
                "The list of received documents has %s rows and may go on. Ask the access point how its next page is "
                "asked for, and enter it under Interface as a value of inbox.list.query with {page}.",
                count,
            )
        )

    def _einvoice_acknowledge_again(self, names):
        """The access point lists a document that it was told about, or its acknowledgement was given up: again."""
        domain = [
            ("connection_id", "=", self.id),
            ("key", "in", [f"acknowledge:{name}" for name in names]),
            ("state", "in", ("done", "failed")),
            ("sent_date", "<", fields.Datetime.now() - PATIENCE),
        ]
        logs = self.env["transfer.log"].sudo().search(domain)
        if logs:
            logs.write({"state": "queued", "attempts": 0, "next_attempt": fields.Datetime.now()})
            self._trigger_queue()

    def _einvoice_fetch(self, log):
        """Fetch one document and receive it as any other. -> result of the transfer"""
        name = log.key.removeprefix("fetch:")
        number = self._einvoice_inbox_number(name)
        if not number:
            raise RejectedError(self.env._("This document lies at another access point or in another environment."))
        content = self._einvoice_call("document", number)
        documents = self._einvoice_receive_fetched(name, number, content)
        log.write(
            {"res_model": documents._name, "res_id": documents[:1].id, "document_name": documents[:1].display_name}
        )
        digest = hashlib.sha256(content).hexdigest()
        return {"remote_id": number, "response": {"documents": documents.ids, "sha256": digest}}

    def _einvoice_receive_fetched(self, name, number, content):
        Document = documents = self.env["nordic.einvoice.document"].with_company(self.company_id)
        runner = self.env.context.get("einvoice_runner")
        safe = re.sub(r"[^\w.-]+", "_", number)
        filename = f"{self.einvoice_provider}-{safe}.xml"
        try:
            with self.env.cr.savepoint():
                for position, (each, data) in enumerate(Document._unpacked(filename, content)):
                    part = f"{name}#{position}" if position else name
                    documents |= Document._einvoice_receive(
                        data, each, "provider", part, company=self.company_id, runner=runner
                    )
        except psycopg2.errors.UniqueViolation as error:
            message = self.env._("Another process takes this document at this moment.")
            raise TemporaryError(message) from error
        if self.einvoice_environment == "test":
            for document in documents:
                document.message_post(body=self.env._("From the test environment of %s: no real bill.", self.name))
        return documents

    def _einvoice_acknowledge(self, log):
        number = self._einvoice_inbox_number(log.key.removeprefix("acknowledge:"))
        if not number:
            raise RejectedError(self.env._("This document lies at another access point or in another environment."))
        return {"remote_id": number, "response": self._einvoice_call("acknowledge", number)}

    # --- hooks of the queue --------------------------------------------------------------------------------------
    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            LIST: self.env._("List of received e-documents"),
            FETCH: self.env._("Received e-document"),
            ACKNOWLEDGE: self.env._("Acknowledgement of a received e-document"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_api" or log.operation not in (LIST, FETCH, ACKNOWLEDGE):
            return super()._transfer_execute(log)
        if log.operation == LIST:
            return self._einvoice_list()
        return self._einvoice_fetch(log) if log.operation == FETCH else self._einvoice_acknowledge(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_api" or log.operation not in (LIST, FETCH, ACKNOWLEDGE):
            return super()._transfer_lookup(log)
        return None  # reading, and telling twice that something arrived, changes nothing

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        if self.kind == "einvoice_api" and log.operation == FETCH and self.einvoice_acknowledges:
            document = self.env["nordic.einvoice.document"].browse(log.res_id)
            name = log.key.removeprefix("fetch:")
            # in the transaction that holds the document: it is sent after that was committed
            self._einvoice_enqueue_inbox(ACKNOWLEDGE, document, f"acknowledge:{name}")
        elif self.kind == "einvoice_api" and log.operation == ACKNOWLEDGE:
            self._einvoice_list_next(log)
        return super()._transfer_done(log, result)

    def _einvoice_list_next(self, log):
        """After the last acknowledgement of a list that may go on, the next one is asked for at once."""
        Log = self.env["transfer.log"].sudo()
        mine = [("connection_id", "=", self.id)]
        busy = [*mine, ("operation", "in", (LIST, FETCH, ACKNOWLEDGE)), ("state", "in", OPEN), ("id", "!=", log.id)]
        if Log.search_count(busy, limit=1):
            return
        last = Log.search([*mine, ("operation", "=", LIST), ("state", "=", "done")], order="id desc", limit=1)
        if last.remote_id == MORE:
            self._einvoice_enqueue_list(f"after {log.id}")


class TransferLog(models.Model):
    _inherit = "transfer.log"

    @api.model
    def _process_queue(self, connections=None, commit=False):
        # EXTENDS 'transfer_log': the official rules are loaded once for all documents fetched, when the first comes
        with RuleRunner() as runner:
            return super(TransferLog, self.with_context(einvoice_runner=runner))._process_queue(connections, commit)
