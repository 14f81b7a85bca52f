import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.transfer_log import addresses
from odoo.addons.transfer_log.exceptions import AuthorisationError, RejectedError, TemporaryError, UncertainError

from ..api import access_point, presets
from ..api.receiving import ReceivingAccessPoint
from ..formats import codes
from .account_move import NAMESPACE

SEND = "einvoice_send"
ASK_DAYS = 30  # so long an access point is asked what became of a document
ASK_BATCH = 200
MAX_REFUSED = 3  # in one run of one connection: then it is not the single document
CREDENTIALS = (
    "einvoice_client_id",
    "einvoice_secret",
    "einvoice_vendor_key",
    "einvoice_webhook_token",
    "einvoice_webhook_secret",
)
INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2::CreditNote##"


class TransferConnection(models.Model):
    """E-invoices handed to an access point over HTTP: each leaves under a message id of ours, which never changes."""

    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("einvoice_api", "E-invoice access point")],
        ondelete={"einvoice_api": lambda connections: connections._transfer_retire()},
    )
    einvoice_provider = fields.Selection(
        [(preset.code, preset.name) for preset in presets.PRESETS.values()], string="Access Point"
    )
    einvoice_environment = fields.Selection(
        [("production", "Production"), ("test", "Test")], default="test", tracking=True
    )
    einvoice_channels = fields.Selection(
        [("both", "NemHandel and Peppol"), ("nemhandel", "NemHandel only"), ("peppol", "Peppol only")],
        string="E-Invoices For",
        default="both",
        help="Each channel of a company has one sender.",
    )
    einvoice_account = fields.Char(
        string="Account", help="Your company's number at the access point (legal entity, account, channel)."
    )
    einvoice_partner_number = fields.Char(string="Partner Number", help="Only where the access point has given one.")
    einvoice_client_id = fields.Char(string="Client ID or User", groups="base.group_system", copy=False)
    einvoice_secret = fields.Char(string="Key or Password", groups="base.group_system", copy=False)
    einvoice_vendor_key = fields.Char(string="Vendor Key", groups="base.group_system", copy=False)
    einvoice_definition = fields.Text(
        string="Interface",
        groups="base.group_system",
        compute="_compute_einvoice_definition",
        store=True,
        readonly=False,
        help="How the access point is addressed: paths, what is sent, where number and state stand in the answer. "
        "Filled in from what its public pages say; change what it has told you otherwise.",
    )

    @api.depends("einvoice_provider")
    def _compute_einvoice_definition(self):
        for connection in self:
            preset = presets.PRESETS.get(connection.einvoice_provider)
            connection.einvoice_definition = presets.text(preset) if preset else False

    @api.constrains("kind", "einvoice_provider", "einvoice_environment", "einvoice_definition")
    def _check_einvoice_api(self):
        for connection in self.sudo().filtered(lambda one: one.kind == "einvoice_api"):
            if not connection.einvoice_provider or not connection.einvoice_environment:
                raise ValidationError(self.env._("Choose the access point and the environment of %s.", connection.name))
            connection._einvoice_read_definition()

    @api.constrains("kind", "active", "company_id", "einvoice_channels", "einvoice_folder")
    def _check_einvoice_one_sender(self):
        """One sender per company and channel, so that nobody has to know through which way an invoice left."""
        for company in self.company_id:
            senders = self.sudo()._einvoice_senders(company)
            for channel in ("nemhandel", "peppol"):
                same = senders.filtered(lambda one, channel=channel: one.einvoice_channels in (channel, "both", False))
                if len(same) > 1 and same & self:
                    raise ValidationError(
                        self.env._(
                            "%(names)s would all send e-invoices of %(company)s through the same channel. Choose "
                            "another channel, or archive the ones that are no longer used.",
                            names=", ".join(same.mapped("name")),
                            company=company.name,
                        )
                    )

    def write(self, vals):
        places = {"einvoice_environment", "einvoice_provider"} & vals.keys()
        if places:
            moved = self.filtered(lambda one: any(one[name] != vals[name] for name in places))
            if moved:
                # keys of one access point or environment are never tried on another
                super(TransferConnection, moved.sudo()).write({name: False for name in CREDENTIALS if name not in vals})
        return super().write(vals)

    # --- who sends -----------------------------------------------------------------------------------------------
    @api.model
    def _einvoice_senders(self, company):
        return self.sudo().search(
            Domain("company_id", "=", company.id)
            & (
                Domain("kind", "=", "einvoice_api")
                | (Domain("kind", "=", "einvoice_file") & Domain("has_einvoice_folder", "=", True))
            )
        )

    @api.model
    def _einvoice_sender(self, company, channel):
        """The connection that sends this company's e-invoices of a channel; empty when there is none."""
        senders = self._einvoice_senders(company)
        return senders.filtered(lambda one: one.einvoice_channels in (channel, "both", False))[:1]

    # --- the client ----------------------------------------------------------------------------------------------
    def _einvoice_read_definition(self):
        try:
            return access_point.read_definition(self.sudo().einvoice_definition or "{}")
        except access_point.AccessPointError as error:
            raise ValidationError(
                self.env._("The interface of %(name)s is not usable: %(fault)s.", name=self.name, fault=error.text)
            ) from error

    def _einvoice_client(self):
        self.ensure_one()
        connection = self.sudo()
        definition = connection._einvoice_read_definition()
        preset = presets.PRESETS[connection.einvoice_provider]
        names = {
            "client_id": "einvoice_client_id",
            "secret": "einvoice_secret",
            "vendor_key": "einvoice_vendor_key",
            "account": "einvoice_account",
            "partner": "einvoice_partner_number",
        }
        missing = [
            connection._fields[names[need]]._description_string(self.env)
            for need in preset.needs
            if not connection[names[need]] and (need != "secret" or definition.auth != "none")
        ]
        if missing:
            raise AuthorisationError(
                self.env._(
                    "Enter on %(name)s: %(fields)s. Then press Go on.", name=self.name, fields=", ".join(missing)
                )
            )
        access = access_point.Access(**{key: connection[name] or "" for key, name in names.items()})
        return ReceivingAccessPoint(definition, access, url=connection._einvoice_address(definition, preset))

    def _einvoice_address(self, definition, preset):
        """Keys go to the access point's own host over HTTPS, or to a test server the administrator allowed."""
        address = definition.hosts.get(self.einvoice_environment) or ""
        if not address:
            raise UserError(
                self.env._(
                    "The address of %(name)s for this environment is on no public page. Ask for it and enter it under "
                    "Interface.",
                    name=preset.name,
                )
            )
        if access_point.is_secure(address, preset.domains):
            return address
        is_test = self.env["ir.config_parameter"].sudo().get_param("nordic_einvoice.test_server") == "1"
        if addresses.is_allowed(address, (), allows_test_server=is_test):
            return address
        raise UserError(self.env._("%(address)s is no secure address of %(name)s.", address=address, name=preset.name))

    def _einvoice_message(self, log):
        """The sending of a queued document."""
        document = self._einvoice_queued_document(log)
        move = document.move_id
        channel = document._einvoice_channel_of_format()
        sender = document.company_id.partner_id._einvoice_endpoint(channel)
        receiver = move.partner_id._einvoice_endpoint(channel)
        root = CREDIT_NOTE if document.document_type == "credit_note" else INVOICE
        customization = codes.BIS3_CUSTOMIZATION if channel == "peppol" else codes.OIOUBL_CUSTOMIZATION
        return access_point.Message(
            message_id=self._einvoice_message_id(log.key),
            content=document._file_content(),
            filename=document.filename,
            sender=(sender.scheme, sender.value) if sender else ("", ""),
            receiver=(receiver.scheme, receiver.value) if receiver else ("", ""),
            document_type=f"{root}{customization}::2.1",
            process=codes.BIS3_PROFILE if channel == "peppol" else codes.OIOUBL_PROFILE,
            kind=document.document_type,
            country=document.company_id.account_fiscal_country_id.code or "",
        )

    def _einvoice_message_id(self, key):
        """Ours, and the same for the same sending, whoever makes it and how often."""
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return str(uuid.uuid5(NAMESPACE, f"{database}/{self.id}/{key}"))

    def _einvoice_call(self, method, *arguments):
        try:
            return getattr(self._einvoice_client(), method)(*arguments)
        except access_point.AccessPointError as error:
            raise self._einvoice_transfer_error(error, is_sending=method in ("send", "respond")) from error

    def _einvoice_transfer_error(self, error, is_sending):
        name = dict(self._fields["einvoice_provider"]._description_selection(self.env))[self.einvoice_provider]
        bodies = {"request": error.request, "response": error.response}
        text = f"{error.text} (HTTP {error.status})".strip() if error.status else error.text
        if error.kind == "authorisation" and error.status == 403 and not is_sending:
            # the key opens something else, sending say: that goes on
            message = self.env._("%(name)s does not allow this with our key: %(text)s.", name=name, text=text)
            return RejectedError(message, **bodies)
        if error.kind == "authorisation":
            message = self.env._(
                "%(name)s does not let us in: %(text)s. Check the environment and the keys, then press Go on.",
                name=name,
                text=text,
            )
            return AuthorisationError(message, **bodies)
        if error.kind == "limit":
            pause = error.retry_after or 60
            message = self.env._("%(name)s asks us to wait %(seconds)s seconds.", name=name, seconds=pause)
            return TemporaryError(message, retry_after=pause, whole_connection=True, **bodies)
        if error.kind == "not_sent" or (error.kind in ("unavailable", "no_answer") and not is_sending):
            message = self.env._("%(name)s does not answer. %(text)s", name=name, text=text).strip()
            return TemporaryError(message, retry_after=error.retry_after, **bodies)
        if error.kind in ("unavailable", "no_answer"):
            message = self.env._(
                "%(name)s gave no answer we can read, so it is not known whether the e-invoice was taken. %(text)s",
                name=name,
                text=text,
            ).strip()
            return UncertainError(message, **bodies)
        if error.kind == "definition":
            return RejectedError(self.env._("The interface of %(name)s: %(text)s.", name=name, text=text), **bodies)
        return RejectedError(self.env._("%(name)s refused it: %(text)s", name=name, text=text), **bodies)

    # --- hooks of the queue --------------------------------------------------------------------------------------
    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_api" or log.operation != SEND:
            return super()._transfer_execute(log)
        message = self._einvoice_message(log)
        return self._einvoice_receipt(self._einvoice_call("send", message))

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_api" or log.operation != SEND:
            return super()._transfer_lookup(log)
        repeat = self._einvoice_read_definition().repeat
        if repeat == "safe":
            return None  # it knows a message id it has seen: sending again is how it is asked
        if repeat == "find":
            receipt = self._einvoice_call("find", self._einvoice_message(log))
            return self._einvoice_receipt(receipt) if receipt else None
        raise UncertainError(
            self.env._("%s cannot be asked whether it took this e-invoice.", self.name),
            advice=self.env._(
                "Look it up over there, then choose “It Was Taken” or “It Is Not There” on the e-document."
            ),
        )

    def _einvoice_receipt(self, receipt):
        return {"remote_id": receipt.remote_id, "request": receipt.request, "response": receipt.response}

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        if self.kind == "einvoice_api" and log.operation == SEND:
            self.env["nordic.einvoice.document"].browse(log.res_id)._mark_sent()
        return super()._transfer_done(log, result)

    # --- what became of it ---------------------------------------------------------------------------------------
    @api.model
    def _transfer_crons(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_crons() | {
            "einvoice_api": ["nordic_einvoice.ir_cron_einvoice_ask", "nordic_einvoice.ir_cron_einvoice_inbox"]
        }

    @api.model
    def _cron_einvoice_ask(self):
        """Ask the access points what became of what they took; each answer is committed by itself."""
        self._einvoice_ask(commit=True)

    @api.model
    def _einvoice_ask(self, commit=False):
        oldest = fields.Datetime.now() - timedelta(days=ASK_DAYS)
        ready = self._transfer_ready_domain() & Domain("kind", "in", ("einvoice_api", "einvoice_file"))
        documents = self.env["nordic.einvoice.document"].sudo().search(
            Domain("direction", "=", "out")
            & Domain("state", "in", ("sent", "delivered"))
            & Domain("is_answer_final", "=", False)
            & Domain("sent_date", ">=", oldest)
            & Domain("connection_id", "any", ready),
            order="asked_date NULLS FIRST, id",
            limit=ASK_BATCH,
        )  # fmt: skip
        silent, refused = self.browse(), []
        if commit:
            self.env["ir.cron"]._commit_progress(remaining=len(documents))
        for document in documents:
            connection = document.connection_id
            if connection in silent or not document.try_lock_for_update():
                continue
            try:
                connection._einvoice_ask_one(document)
            except (RejectedError, UserError) as error:
                # a fault of this document: the others behind it are asked about all the same
                document._system_write({"asked_date": fields.Datetime.now()})
                refused.append(connection)
                if refused.count(connection) == MAX_REFUSED:
                    silent |= connection
                connection._transfer_note_health("error", f"{document.name}: {error}")
            except (TemporaryError, AuthorisationError, UncertainError) as error:
                # one that does not answer is not asked for every document
                silent |= connection
                connection._transfer_note_health(
                    "authorisation" if isinstance(error, AuthorisationError) else "error", str(error)
                )
            if commit and not self.env["ir.cron"]._commit_progress(1):
                break
        return len(documents)

    def _einvoice_ask_one(self, document):
        now = fields.Datetime.now()
        if self.kind == "einvoice_file":
            values = {"asked_date": now}
            if self._einvoice_is_picked_up(document):
                values |= {"pickup_date": now, "is_answer_final": True}
            document._system_write(values)
            return
        status = self._einvoice_read_definition().status
        remote = document.transfer_log_id.sudo().remote_id or ""
        # found there by a person, its number was never told to us
        if not status or (not remote and status.uses("remote_id")):
            document._system_write({"asked_date": now, "is_answer_final": True})
            return
        answer = self._einvoice_call("state", remote, self._einvoice_message_id(document.transfer_log_id.sudo().key))
        document._system_write({"asked_date": now})
        if answer.state:
            document._einvoice_answered(answer.state, answer.reason)
