from contextlib import contextmanager, suppress
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.paymatch.formats.errors import FormatError
from odoo.addons.transfer_log.exceptions import (
    AuthorisationError,
    RejectedError,
    TemporaryError,
    TransferError,
    UncertainError,
)

from .. import api as exchange
from .. import formats
from ..const import EXCHANGE_ERRORS, RECEIPTS

KIND = "betalingsservice"
SEND, FETCH = "betalingsservice_send", "betalingsservice_fetch"
#: Receipts that may say that a delivery was not taken: of the transmission and of the validation.
ANSWERS = ("T", "V")
FAULTS = {
    exchange.RefusedError: AuthorisationError,
    exchange.UnreachableError: TemporaryError,
    exchange.UnknownOutcomeError: UncertainError,
}


def _fetch_key(name, size, changed):
    """A file that waits, known before it is fetched: names and sizes come again, month after month."""
    return f"fetch:{name}:{size}:{changed}"


def _stamp(key):
    """``(size, second of the last change)`` of a key; None for one without, of an earlier version."""
    stamp = key.rsplit(":", 2)[1:]
    return tuple(map(int, stamp)) if all(part.isdecimal() for part in stamp) else None


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[(KIND, "Betalingsservice")],
        ondelete={KIND: lambda connections: connections._transfer_retire()},
    )
    betalingsservice_creditor_id = fields.Many2one(
        "betalingsservice.creditor",
        string="Creditor",
        check_company=True,
        ondelete="restrict",
        copy=False,
        help="Files of this creditor and of its system only, test or production, go this way.",
    )
    betalingsservice_subsystem = fields.Selection(related="betalingsservice_creditor_id.subsystem", string="System")
    betalingsservice_way = fields.Selection(
        [("folder", "Watched folder"), ("sftp", "SFTP with key")], string="Way", default="folder"
    )
    betalingsservice_out = fields.Char(
        string="Folder for Deliveries", groups="base.group_system", copy=False, help="Here deliveries are put."
    )
    betalingsservice_in = fields.Char(
        string="Folder for Answers",
        groups="base.group_system",
        copy=False,
        help="From here files are fetched. Of a watched folder they are moved to “processed” or “failed” below it.",
    )
    betalingsservice_host = fields.Char(string="Server", groups="base.group_system", copy=False)
    betalingsservice_port = fields.Integer(string="Port", default=22, groups="base.group_system", copy=False)
    betalingsservice_user = fields.Char(string="User Name", groups="base.group_system", copy=False)
    betalingsservice_private_key = fields.Text(string="Private Key", groups="base.group_system", copy=False)
    betalingsservice_passphrase = fields.Char(string="Passphrase", groups="base.group_system", copy=False)
    betalingsservice_host_key = fields.Char(
        string="Host Key",
        groups="base.group_system",
        copy=False,
        help="The server's public key, such as “ssh-ed25519 AAAA…”, from the operator. Another server is never "
        "trusted.",
    )
    betalingsservice_moves = fields.Boolean(
        string="Move Fetched Files",
        groups="base.group_system",
        help="After fetching, move the files on the server to “processed” or “failed”. Otherwise they stay there.",
    )
    betalingsservice_hours = fields.Integer(
        string="Fetch Every (Hours)",
        default=4,
        help="The operator advises to exchange a few times a day. 0: only when somebody presses the button.",
    )
    betalingsservice_last_fetch = fields.Datetime(string="Looked for Files", readonly=True, copy=False)

    _betalingsservice_creditor_uniq = models.UniqueIndex(
        "(betalingsservice_creditor_id) WHERE active AND betalingsservice_creditor_id IS NOT NULL",
        "The creditor has a connection already. Archive that one first.",
    )

    @api.constrains("kind", "betalingsservice_creditor_id")
    def _check_betalingsservice_creditor(self):
        for connection in self:
            if connection.kind == KIND and not connection.betalingsservice_creditor_id:
                raise ValidationError(self.env._("Choose the creditor whose files go this way."))

    @api.constrains(
        "betalingsservice_creditor_id",
        "betalingsservice_way",
        "betalingsservice_host",
        "betalingsservice_user",
        "betalingsservice_out",
        "betalingsservice_in",
        "active",
    )
    def _check_betalingsservice_places(self):
        """Test and production do not share a place: a file put there could not be told apart."""
        connections = self.sudo().search([("kind", "=", KIND)])
        places = {}
        for connection in connections:
            for place in connection._betalingsservice_places():
                other = places.setdefault(place, connection)
                if other.betalingsservice_subsystem != connection.betalingsservice_subsystem:
                    raise ValidationError(
                        self.env._(
                            "%(one)s and %(other)s use the same folder, but one is the operator's test and one is "
                            "production. Give each its own.",
                            one=connection.name,
                            other=other.name,
                        )
                    )

    def _betalingsservice_places(self):
        self.ensure_one()
        server = (
            () if self.betalingsservice_way == "folder" else (self.betalingsservice_host, self.betalingsservice_user)
        )
        folders = {(self.betalingsservice_out or "").rstrip("/"), (self.betalingsservice_in or "").rstrip("/")}
        return [(*server, folder) for folder in folders if folder or server]

    # ------------------------------------------------------------------ store

    @contextmanager
    def _betalingsservice_store(self):
        """The place agreed, open; its faults as those the queue knows, in the user's words."""
        self.ensure_one()
        connection = self.sudo()
        with self._betalingsservice_faults():
            if connection.betalingsservice_way == "folder":
                store = exchange.FolderStore(
                    connection.betalingsservice_out or "", connection.betalingsservice_in or ""
                )
            else:
                store = exchange.SftpStore(
                    host=connection.betalingsservice_host or "",
                    port=connection.betalingsservice_port or 22,
                    user=connection.betalingsservice_user or "",
                    private_key=connection.betalingsservice_private_key,
                    passphrase=connection.betalingsservice_passphrase,
                    host_key=connection.betalingsservice_host_key,
                    out=connection.betalingsservice_out or "",
                    received=connection.betalingsservice_in or "",
                    moves=connection.betalingsservice_moves,
                )
            try:
                yield store
            finally:
                store.close()

    @contextmanager
    def _betalingsservice_faults(self):
        try:
            yield
        except exchange.ExchangeError as error:
            kind = next((FAULTS[found] for found in type(error).__mro__ if found in FAULTS), RejectedError)
            raise kind(self._betalingsservice_fault_text(error)) from error

    def _betalingsservice_fault_text(self, error):
        text = EXCHANGE_ERRORS.get(error.code)
        return self.env._(text) % error.details if text else str(error)  # pylint: disable=translation-not-lazy

    def action_betalingsservice_test(self):
        """Open the place and look into it; nothing is sent or fetched."""
        self.ensure_one()
        self.check_access("write")
        try:
            with self._betalingsservice_store() as store:
                count = len(store.waiting())
        except TransferError as error:
            raise UserError(str(error)) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The connection works. %(count)s files lie there.", count=count),
            },
        }

    # ------------------------------------------------------------------- send

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != KIND:
            return super()._transfer_execute(log)
        if log.operation == SEND:
            return self._betalingsservice_send(log)
        if log.operation == FETCH:
            return self._betalingsservice_receive(log)
        return super()._transfer_execute(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != KIND or log.operation not in (SEND, FETCH):
            return super()._transfer_lookup(log)
        if log.operation == FETCH:
            return None  # fetching changes nothing over there, and a file is taken up once
        return self._betalingsservice_lookup(log)

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        done = super()._transfer_done(log, result)
        if self.kind == KIND and log.operation == SEND:
            self.env["betalingsservice.delivery"].browse(log.res_id)._handed_over()
        return done

    def _betalingsservice_delivery(self, log):
        """The delivery of a transfer, of this creditor and this system, written as what it is."""
        delivery = self.env["betalingsservice.delivery"].browse(log.res_id)
        delivery._check_route(self)
        return delivery, delivery._file_content(), delivery.attachment_id.name

    def _betalingsservice_send(self, log):
        delivery, content, name = self._betalingsservice_delivery(log)
        if delivery.state != "ready":
            raise RejectedError(self.env._("%(name)s is not waiting to be sent.", name=delivery.name))
        stale = delivery._stale_text()
        if stale:  # it lay in the queue, for instance while the operator could not be reached
            raise RejectedError(stale)
        handover = self.env["betalingsservice.handover"]
        with self._betalingsservice_store() as store:
            store.send(name, content, lambda: handover._note(log))
        return self._betalingsservice_result(name, content)

    def _betalingsservice_result(self, name, content):
        # the file is kept on the delivery: the log holds no payers
        text = self.env._(
            "%(name)s, %(size)s bytes, SHA-256 %(sha)s",
            name=name,
            size=len(content),
            sha=exchange.names.sha256(content),
        )
        return {"remote_id": name, "request": text}

    def _betalingsservice_lookup(self, log):
        """Look for the file by its name and content. Not there: never handed over, or taken away since."""
        _delivery, content, name = self._betalingsservice_delivery(log)
        with self._betalingsservice_store() as store:
            found = store.fingerprint(name)
        if found == exchange.names.sha256(content):
            return self._betalingsservice_result(name, content)
        if found:
            raise RejectedError(
                self.env._("A file of the name %(name)s lies there already, with other content.", name=name)
            )
        if self.env["betalingsservice.handover"]._is_noted(log):
            raise UncertainError(
                self.env._("%(name)s may have been handed over, and is not there any more.", name=name),
                advice=self.env._(
                    "Look for it on the operator's file exchange, then say on the delivery whether it was received."
                ),
            )
        return None

    # ------------------------------------------------------------------ fetch

    @api.model
    def _transfer_crons(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_crons() | {KIND: ["betalingsservice.ir_cron_exchange"]}

    @api.model
    def _cron_betalingsservice_exchange(self):
        """Some times a day: fetch what lies there, and put away what was fetched before."""
        wanted = Domain("kind", "=", KIND) & Domain("betalingsservice_hours", ">", 0)
        connections = self.search(wanted & self._transfer_ready_domain())
        now = fields.Datetime.now()
        due = connections.filtered(
            lambda c: (
                not c.betalingsservice_last_fetch
                or c.betalingsservice_last_fetch + timedelta(hours=c.betalingsservice_hours) <= now
            )
        )
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for connection in due:
            connection._betalingsservice_exchange(commit=True)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _betalingsservice_exchange(self, commit=False):
        """One round: what is new goes into the queue, the queue is worked through, and files are put away after that.

        A file is moved only when what it held is committed. A crash in between: the next round knows the file by its
        content, and moves it.
        """
        self.ensure_one()
        self.sudo().betalingsservice_last_fetch = fields.Datetime.now()
        try:
            self._betalingsservice_put_away()
            self._betalingsservice_find_new()
        except TransferError as error:
            state = "authorisation" if isinstance(error, AuthorisationError) else "error"
            self._transfer_note_health(state, str(error))
            return
        if commit:
            self.env["ir.cron"]._commit_progress()
        self.env["transfer.log"]._process_queue(self, commit=commit)
        with suppress(TransferError):  # the next round puts away what this one could not
            self._betalingsservice_put_away()

    def _betalingsservice_find_new(self):
        with self._betalingsservice_store() as store:
            waiting = store.waiting()
        for name, size, changed in waiting:
            key = _fetch_key(name, size, changed)
            log = self._transfer_enqueue(FETCH, self.betalingsservice_creditor_id, key, "in")
            if log.document_name != name and log.res_model == "betalingsservice.creditor":
                log.sudo().write({"document_name": name, "remote_id": name})

    def _betalingsservice_receive(self, log):
        """Fetch one file and take it up. A file that is no good is kept as a failed delivery, which says why."""
        # what is wrong with a file is read by people: the queue itself speaks English
        creditor = self.betalingsservice_creditor_id
        lang = self.env.context.get("lang") or creditor._deadline_users()[:1].lang or self.company_id.partner_id.lang
        self = self.with_context(lang=lang)  # noqa: PLW0642
        name = log.remote_id
        with self._betalingsservice_store() as store:
            content = store.fetch(name, _stamp(log.key))
        result = {"remote_id": name, "request": f"{name}, {len(content)} bytes"}
        if formats.delivery_type(content) is None and name[:1].upper() in RECEIPTS:
            self._betalingsservice_keep_receipt(name, content)
            return {**result, "response": content[:4000]}
        deliveries = self._betalingsservice_take_up(name, content)
        # of a zip file with several: the one somebody has to look into
        failed = deliveries.filtered(lambda found: found.state == "failed")
        for delivery in failed:
            creditor._ask_users(delivery, lambda env: env._("Look into the file %s: it could not be read", name))
        delivery = (failed or deliveries)[:1]
        log.sudo().write({"res_model": delivery._name, "res_id": delivery.id})
        return {**result, "response": "\n".join(found.error_message or found.name for found in deliveries)}

    def _betalingsservice_take_up(self, name, content):
        company = self.company_id
        Delivery = self.env["betalingsservice.delivery"].with_company(company)
        is_zip = formats.archive.is_zip(content)
        files = self._betalingsservice_unpacked(content) if is_zip else [content]
        known = [Delivery._known_file(data, company) for data in files if formats.delivery_type(data) or not is_zip]
        if known and all(known):
            return Delivery.union(*known)
        for data in files:
            fault = self._betalingsservice_foreign(data)
            if fault:
                kind = None if is_zip else formats.delivery_type(content)
                return Delivery._create_failed(content, name, company, kind, [fault])
        return Delivery._import_file(content, name, company)

    def _betalingsservice_unpacked(self, content):
        """Files in a zip file; none when it cannot be unpacked, which the import tells."""
        try:
            return [data for _name, data in formats.archive.unpack(content)]
        except FormatError:
            return []

    def _betalingsservice_foreign(self, content):
        """What is wrong with the file's system for this connection: files of test and production are kept apart."""
        try:
            found = formats.records.head_of(*next((text, line) for line, text in formats.records.split(content)))
        except (FormatError, StopIteration):
            return ""  # the reader says what is wrong with it
        if found.subsystem == self.betalingsservice_subsystem:
            return ""
        return self.env._(
            "The file is of the system %(found)s, the connection %(name)s of %(expected)s. Nothing was taken up.",
            found=found.subsystem,
            name=self.name,
            expected=self.betalingsservice_subsystem,
        )

    def _betalingsservice_keep_receipt(self, name, content):
        self.betalingsservice_creditor_id._note_receipt(name, content)
        self.betalingsservice_creditor_id.message_post(
            body=self.env._("The operator sent %(name)s (receipt or delivery note).", name=name),
            attachments=[(name, content)],
        )
        if name[:1].upper() in ANSWERS:
            self.betalingsservice_creditor_id._ask_users(
                self.betalingsservice_creditor_id,
                lambda env: env._("Read in %s whether Betalingsservice took the delivery", name),
            )

    def _betalingsservice_put_away(self):
        """Move files whose transfer ended: taken up to “processed”, the others to “failed”."""
        with self._betalingsservice_store() as store:
            keys = [_fetch_key(*found) for found in store.waiting()]
            logs = (
                self.env["transfer.log"]
                .sudo()
                .search(
                    [
                        ("connection_id", "=", self.id),
                        ("operation", "=", FETCH),
                        ("key", "in", keys),
                        ("state", "in", ("done", "failed", "ignored")),
                    ]
                )
            )
            for log in logs:
                store.put_away(log.remote_id, log.state == "done" and not log._betalingsservice_is_bad())


class TransferLog(models.Model):
    _inherit = "transfer.log"

    def _betalingsservice_is_bad(self):
        """Whether the file fetched is kept as a failed delivery."""
        self.ensure_one()
        if self.res_model != "betalingsservice.delivery":
            return False
        return self.env["betalingsservice.delivery"].browse(self.res_id).exists().state == "failed"
