from decimal import Decimal
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import AuthorisationError, RejectedError, TemporaryError, UncertainError

from ..api.client import API_URL, CONNECT_URL, DineroClient, VismaConnect
from ..api.errors import DineroError

LIMIT_PAUSE = 60  # seconds; the limit is per minute


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("dinero", "Dinero")],
        ondelete={"dinero": lambda connections: connections._transfer_retire()},
    )
    dinero_client_id = fields.Char(string="Client ID", groups="base.group_system", copy=False)
    dinero_client_secret = fields.Char(string="Client Secret", groups="base.group_system", copy=False)
    dinero_organisation_id = fields.Many2one(
        "dinero.organisation",
        string="Organisation",
        domain="[('connection_id', '=', id), ('is_pro', '=', True)]",
        copy=False,
        ondelete="restrict",
    )
    dinero_organisation_ids = fields.One2many("dinero.organisation", "connection_id", string="Organisations")
    dinero_is_connected = fields.Boolean(string="Signed In", compute="_compute_dinero_is_connected")
    dinero_redirect_uri = fields.Char(string="Redirect URI", compute="_compute_dinero_redirect_uri")

    def _compute_dinero_is_connected(self):
        tokens = self.env["dinero.token"].sudo().search([("connection_id", "in", self.ids)])
        for connection in self:
            connection.dinero_is_connected = connection in tokens.connection_id

    def _compute_dinero_redirect_uri(self):
        for connection in self:
            connection.dinero_redirect_uri = connection._dinero_redirect_uri()

    # ---------------------------------------------------------------- actions

    def action_dinero_connect(self):
        """Send the user to Visma Connect."""
        self.ensure_one()
        self.check_access("write")
        if not self.sudo().dinero_client_id or not self.sudo().dinero_client_secret:
            raise UserError(self.env._("Enter the client ID and the client secret first."))
        return {"type": "ir.actions.act_url", "url": self.env["dinero.authorisation"]._start(self), "target": "self"}

    def action_dinero_disconnect(self):
        self.ensure_one()
        self.check_access("write")
        self.env["dinero.token"].sudo().search([("connection_id", "=", self.id)]).unlink()
        self.write({"state": "authorisation", "state_message": self.env._("Disconnected by hand.")})

    def action_dinero_read_organisations(self):
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            self._dinero_read_organisations()

    # --------------------------------------------------------------- business

    def _dinero_store_tokens(self, answer):
        """Keep the tokens of a sign-in (``{"access_token", "refresh_token", "expires_in"}``) and read which
        organisations they open."""
        self.ensure_one()
        self.env["dinero.token"]._store(self, answer)
        self.sudo().write({"state": "ok", "state_message": False})
        self.sudo().activity_feedback(["mail.mail_activity_data_todo"])
        with self._ledger_errors_as_text():
            self._dinero_read_organisations()
        self._trigger_queue()

    def _dinero_read_organisations(self):
        self.ensure_one()
        known = {organisation.number: organisation for organisation in self.dinero_organisation_ids}
        for row in self._dinero_call("organizations"):
            values = {"name": row.get("name") or "-", "is_pro": bool(row.get("ispro"))}
            number = str(row.get("id"))
            if number in known:
                known[number].sudo().write(values)
            else:
                self.env["dinero.organisation"].sudo().create(values | {"number": number, "connection_id": self.id})
        usable = self.dinero_organisation_ids.filtered("is_pro")
        if not self.dinero_organisation_id and len(usable) == 1:
            self.sudo().dinero_organisation_id = usable

    def _dinero_redirect_uri(self):
        return f"{self.get_base_url()}/dinero_connector/callback"

    @api.model
    def _dinero_address(self, parameter, default):
        """An address of Dinero or Visma. Tokens go nowhere else: another host is taken only for a test server on
        this machine, and only when the system administrator allowed it."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        address = get_param(f"dinero_connector.{parameter}") or default
        url = urlsplit(address)
        host = url.hostname or ""
        if url.scheme == "https" and any(
            host == name or host.endswith(f".{name}") for name in ("dinero.dk", "visma.com")
        ):
            return address
        if host in ("127.0.0.1", "localhost") and get_param("dinero_connector.test_server") == "1":
            return address
        raise UserError(
            self.env._(
                "%(address)s is no address of Dinero or Visma (parameter dinero_connector.%(name)s).",
                address=address,
                name=parameter,
            )
        )

    def _dinero_connect(self):
        self.ensure_one()
        connection = self.sudo()
        url = self._dinero_address("connect_url", CONNECT_URL)
        return VismaConnect(connection.dinero_client_id, connection.dinero_client_secret, url=url)

    def _dinero_client(self):
        self.ensure_one()
        tokens = self.env["dinero.token"]
        return DineroClient(
            self.sudo().dinero_organisation_id.number or 0,
            lambda refused=None: tokens._access_token(self, refused),
            url=self._dinero_address("api_url", API_URL),
        )

    def _dinero_call(self, method, *arguments, is_write=False, **options):
        """One call of the client; its errors become those of the queue."""
        self.ensure_one()
        if method != "organizations" and not self.sudo().dinero_organisation_id:
            raise AuthorisationError(self.env._("Choose the organisation in Dinero on the connection."))
        try:
            return getattr(self._dinero_client(), method)(*arguments, **options)
        except DineroError as error:
            raise self._dinero_transfer_error(error, is_write) from error

    def _dinero_transfer_error(self, error, is_write):
        """What a DineroError means to the queue, in the user's words."""
        bodies = {"request": error.request, "response": error.response}
        details = error.details
        if error.kind == "authorisation":
            return AuthorisationError(
                self.env._("Dinero no longer lets us in. Press Connect on the connection and sign in."), **bodies
            )
        if error.kind == "no_pro":
            return AuthorisationError(
                self.env._("The organisation has no Dinero Pro subscription, which the connection needs."), **bodies
            )
        if error.kind == "limit":
            return TemporaryError(
                self.env._("Dinero's limit of calls per minute is used up."),
                retry_after=LIMIT_PAUSE,
                whole_connection=True,
                **bodies,
            )
        if error.kind == "not_sent":
            return TemporaryError(self.env._("Dinero cannot be reached."), **bodies)
        if error.kind in ("unavailable", "no_answer"):
            if is_write:
                return UncertainError(
                    self.env._("Dinero did not answer; it may have been carried out. %(text)s", text=details).strip(),
                    advice=self.env._("It is looked up in Dinero before anything is sent again."),
                    **bodies,
                )
            return TemporaryError(self.env._("Dinero did not answer. %(text)s", text=details).strip(), **bodies)
        if error.kind == "stale":
            # the next attempt reads it anew and goes through the amount gate again
            return TemporaryError(
                self.env._("The document was changed in Dinero at the same moment; it is checked once more."), **bodies
            )
        if error.kind == "forbidden":
            return RejectedError(self.env._("Dinero does not allow this: %(text)s", text=details), **bodies)
        return RejectedError(self.env._("Dinero refused it: %(text)s", text=details), **bodies)

    # -------------------------------------------------------- adapter contract

    @api.model
    def _ledger_kinds(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_kinds() + ["dinero"]

    def _ledger_capabilities(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_capabilities()
        return frozenset({"totals", "caller_ids", "credit_notes", "gross_prices", "vouchers", "payments"})

    def _ledger_test(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_test()
        self._dinero_read_organisations()
        if not self.dinero_organisation_id:
            raise AuthorisationError(self.env._("Choose the organisation in Dinero on the connection."))
        return self.dinero_organisation_id.name

    def _ledger_read_accounts(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_accounts()
        rates = {row.get("vatcode"): Decimal(row.get("vatrate") or 0) * 100 for row in self._dinero_call("vat_types")}
        return [
            {
                "number": str(row.get("accountnumber")),
                "name": row.get("name") or "",
                "vat_code": row.get("vatcode") or "",
                "vat_rate": rates.get(row.get("vatcode"), Decimal(0)),
            }
            for row in self._dinero_call("accounts")
        ]

    @api.model
    def _cron_dinero_keep_alive(self):
        """Renew once a day, so that a limit on unused refresh tokens does not end the connection."""
        for connection in self.search([("kind", "=", "dinero"), ("state", "!=", "authorisation")]):
            if connection.dinero_is_connected:
                key = f"keep_alive:{connection._company_today()}"
                connection._transfer_enqueue("keep_alive", connection, key, direction="in")

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "keep_alive": self.env._("Renewal of the sign-in"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if self.kind == "dinero" and log.operation == "keep_alive":
            self.env["dinero.token"]._access_token(self)
            self._dinero_call("organizations")
            return {}
        return super()._transfer_execute(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge'
        if self.kind == "dinero" and log.operation == "keep_alive":
            return None
        return super()._transfer_lookup(log)
