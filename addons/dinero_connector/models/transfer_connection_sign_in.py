from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.addresses import is_allowed
from odoo.addons.transfer_log.exceptions import AuthorisationError, TemporaryError

from ..api.errors import DineroError
from ..api.sign_in import AUTHZ_URL, CONNECT_URL, PersonalSignIn, VismaConnect

DOMAINS = ("dinero.dk", "visma.com")
WARN_DAYS = 14  # before the sign-in ends
CALLS_PER_MINUTE = 100  # per organisation and client (accounting-apis A3)
LONGEST_WAIT = 5  # seconds a person waits for his turn


class TransferConnection(models.Model):
    """Signing in to Dinero, staying signed in, and which of the organisations is ours."""

    _inherit = "transfer.connection"

    dinero_sign_in = fields.Selection(
        selection=[("connect", "Visma Connect"), ("personal", "Personal integration (API key)")],
        string="Sign-in",
        required=True,
        default="connect",
        help="Visma Connect: a user signs in, for any company. Personal integration: a company that integrates only "
        "itself, with a key made in Dinero.",
    )
    dinero_client_id = fields.Char(string="Client ID", groups="base.group_system", copy=False)
    dinero_client_secret = fields.Char(string="Client Secret", groups="base.group_system", copy=False)
    dinero_api_key = fields.Char(string="API Key", groups="base.group_system", copy=False)
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
    dinero_signed_in_on = fields.Date(string="Signed In On", readonly=True, copy=False)
    dinero_sign_in_days = fields.Integer(
        string="Sign-in Lasts (days)",
        default=365,
        help="As chosen for the application at Visma, at most a year. Two weeks before, the responsible is asked to "
        "connect again. 0: it is renewed without an end.",
    )
    dinero_sign_in_until = fields.Date(string="Sign-in Ends", compute="_compute_dinero_sign_in_until")

    def _compute_dinero_is_connected(self):
        tokens = self.env["dinero.token"].sudo().search([("connection_id", "in", self.ids)])
        for connection in self:
            connection.dinero_is_connected = connection in tokens.connection_id

    def _compute_dinero_redirect_uri(self):
        for connection in self:
            connection.dinero_redirect_uri = connection._dinero_redirect_uri()

    @api.depends("dinero_signed_in_on", "dinero_sign_in_days", "dinero_sign_in")
    def _compute_dinero_sign_in_until(self):
        for connection in self:
            ends = connection.dinero_sign_in == "connect" and connection.dinero_sign_in_days
            day = connection.dinero_signed_in_on
            connection.dinero_sign_in_until = (
                day + timedelta(days=connection.dinero_sign_in_days) if ends and day else False
            )

    # ---------------------------------------------------------------- actions

    def action_dinero_connect(self):
        """Send the user to Visma Connect, or ask for the first token with the key."""
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        if not connection.dinero_client_id or not connection.dinero_client_secret:
            raise UserError(self.env._("Enter the client ID and the client secret first."))
        if self.dinero_sign_in == "personal":
            return self._dinero_connect_personal()
        self._dinero_address("api_url", CONNECT_URL)
        return {"type": "ir.actions.act_url", "url": self.env["dinero.authorisation"]._start(self), "target": "self"}

    def action_dinero_disconnect(self):
        self.ensure_one()
        self.check_access("write")
        self.env["dinero.token"].sudo().search([("connection_id", "=", self.id)]).unlink()
        self.env["dinero.authorisation"].sudo().search([("connection_id", "=", self.id)]).unlink()
        self.write({"state": "authorisation", "state_message": self.env._("Disconnected by hand.")})

    def action_dinero_read_organisations(self):
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            self._dinero_read_organisations()

    # ---------------------------------------------------------------- sign-in

    def _dinero_connect_personal(self):
        if not self.sudo().dinero_api_key:
            raise UserError(self.env._("Enter the API key that was made in Dinero first."))
        try:
            answer = self._dinero_provider().token()
        except DineroError as error:
            raise UserError(
                self.env._("Dinero did not give access: %(text)s", text=error.details or error.kind)
            ) from error
        self._dinero_store_tokens(answer)
        return self._ledger_notification(self.env._("Connected to %(name)s.", name="Dinero"), "success")

    def _dinero_store_tokens(self, answer):
        """Keep the tokens of a sign-in (``{"access_token", "refresh_token", "expires_in"}``) and read which
        organisations they open."""
        self.ensure_one()
        self.env["dinero.token"]._store(self, answer)
        self.sudo().dinero_signed_in_on = self._company_today()
        self._transfer_reconnected()
        self.sudo().activity_feedback(["dinero_connector.mail_activity_type_renew"])
        with self._ledger_errors_as_text():
            self._dinero_read_organisations()

    def _dinero_read_organisations(self):
        """What the signed-in user can open. One that he can no longer open is not offered any more."""
        self.ensure_one()
        known = {organisation.number: organisation for organisation in self.sudo().dinero_organisation_ids}
        for row in self._dinero_call("organizations"):
            values = {"name": str(row.get("name") or "-"), "is_pro": row.get("ispro") is True}
            number = str(row.get("id"))
            if number in known:
                known.pop(number).write(values)
            else:
                self.env["dinero.organisation"].sudo().create(values | {"number": number, "connection_id": self.id})
        chosen = self.sudo().dinero_organisation_id
        gone = self.env["dinero.organisation"].sudo().union(*known.values())
        (gone - chosen).unlink()
        if chosen in gone:
            raise AuthorisationError(
                self.env._("The signed-in user can no longer open %(name)s in Dinero.", name=chosen.name),
                advice=self.env._("Let a user who can open it sign in, or choose another organisation."),
            )
        usable = self.sudo().dinero_organisation_ids.filtered("is_pro")
        if not chosen and len(usable) == 1:
            self.sudo().dinero_organisation_id = usable

    @api.constrains("dinero_organisation_id")
    def _check_dinero_organisation(self):
        """Documents that lie in one organisation's books are not looked for in another's."""
        for connection in self:
            organisation = connection.sudo().dinero_organisation_id
            if organisation and organisation.connection_id != connection:
                raise UserError(self.env._("The organisation belongs to another connection."))

    def write(self, vals):
        if "dinero_organisation_id" in vals:
            for connection in self.sudo():
                chosen = connection.dinero_organisation_id
                is_changed = chosen and chosen.id != vals["dinero_organisation_id"]
                links = self.env["ledger.link"].sudo()
                if is_changed and links.search_count([("connection_id", "=", connection.id)], limit=1):
                    raise UserError(
                        self.env._(
                            "Documents were transferred to %(name)s already. Make a new connection for another "
                            "organisation, and archive this one.",
                            name=chosen.name,
                        )
                    )
        return super().write(vals)

    def _dinero_redirect_uri(self):
        return f"{self.get_base_url()}/dinero_connector/callback"

    @api.model
    def _dinero_address(self, parameter, default):
        """An address of Dinero or Visma. Tokens go nowhere else: another host is taken only for a test server on
        this machine, and only when the system administrator allowed it."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        address = get_param(f"dinero_connector.{parameter}") or default
        is_test = get_param("dinero_connector.test_server") == "1"
        if is_allowed(address, DOMAINS, allows_test_server=is_test):
            return address
        raise UserError(
            self.env._(
                "%(address)s is no address of Dinero or Visma (parameter dinero_connector.%(name)s).",
                address=address,
                name=parameter,
            )
        )

    def _dinero_provider(self):
        """Who gives the tokens."""
        self.ensure_one()
        connection = self.sudo()
        client = (connection.dinero_client_id or "", connection.dinero_client_secret or "")
        if connection.dinero_sign_in == "personal":
            return PersonalSignIn(
                *client, connection.dinero_api_key or "", url=self._dinero_address("authz_url", AUTHZ_URL)
            )
        return VismaConnect(*client, url=self._dinero_address("connect_url", CONNECT_URL))

    # ------------------------------------------------------------ calls per minute

    def _dinero_limit_key(self):
        """Dinero counts by organisation and client."""
        connection = self.sudo()
        return f"dinero:{connection.dinero_client_id}:{connection.dinero_organisation_id.number or 0}"

    def _dinero_limit(self):
        """Calls per minute; 0: not limited, as a test server is not."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        limit = get_param("dinero_connector.calls_per_minute")
        if not limit:
            return 0 if get_param("dinero_connector.test_server") == "1" else CALLS_PER_MINUTE
        return int(limit) if limit.isdigit() else CALLS_PER_MINUTE

    def _dinero_wait(self):
        """Keep to the limit together with all other workers. The queue waits for its turn; a person is told."""
        limit = self._dinero_limit()
        if not limit:
            return
        longest = None if self.env.context.get("transfer_in_queue") else LONGEST_WAIT
        rates = self.env["transfer.rate"].sudo()
        seconds = rates._take(self._dinero_limit_key(), limit, 60, longest)
        if seconds is None:
            raise TemporaryError(
                self.env._("Dinero's limit of calls per minute is used up."),
                advice=self.env._("Try again in a minute."),
            )
        if seconds:
            rates._sleep(seconds)

    def _dinero_block(self, seconds):
        """Dinero says that the limit is used up: other workers stop too."""
        if self._dinero_limit():
            self.env["transfer.rate"].sudo()._block(self._dinero_limit_key(), seconds)

    # ------------------------------------------------------------- staying signed in

    @api.model
    def _cron_dinero_keep_alive(self):
        """Renew once a day, so that a limit on unused refresh tokens does not end the connection, and warn before a
        sign-in that ends by the calendar."""
        for connection in self.search([("kind", "=", "dinero"), ("state", "!=", "authorisation")]):
            if connection.dinero_is_connected:
                key = f"keep_alive:{connection._company_today()}"
                connection._transfer_enqueue("keep_alive", connection, key, direction="in")
            connection._dinero_warn_of_end()

    def _dinero_warn_of_end(self):
        self.ensure_one()
        ends, today = self.dinero_sign_in_until, self._company_today()
        kind = self.env.ref("dinero_connector.mail_activity_type_renew", raise_if_not_found=False)
        if not ends or not kind or today < ends - timedelta(days=WARN_DAYS):
            return
        if self.activity_ids.filtered(lambda activity: activity.activity_type_id == kind):
            return
        connection = self.with_context(lang=self.responsible_id.lang or self.env.lang)
        connection.activity_schedule(
            "dinero_connector.mail_activity_type_renew",
            date_deadline=ends,
            user_id=(self.responsible_id or self.env.user).id,
            summary=connection.env._("The sign-in to Dinero ends"),
            note=connection.env._(
                "Press Connect again on the connection before %(day)s, or the queue stops.", day=ends
            ),
        )

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "keep_alive": self.env._("Renewal of the sign-in"),
        }

    @api.model
    def _transfer_crons(self):
        # EXTENDS 'ledger_bridge'
        crons = super()._transfer_crons()
        return crons | {"dinero": [*crons.get("dinero", ()), "dinero_connector.ir_cron_dinero_keep_alive"]}

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._transfer_execute(log)
        if log.operation == "keep_alive":
            self.env["dinero.token"]._access_token(self)
            self._dinero_call("organizations")
            return {}
        try:
            return super()._transfer_execute(log)
        except DineroError as error:
            # an answer that could not be understood after it had come
            raise self._dinero_transfer_error(error, is_write=True) from error

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._transfer_lookup(log)
        if log.operation == "keep_alive":
            return None
        try:
            return super()._transfer_lookup(log)
        except DineroError as error:
            raise self._dinero_transfer_error(error, is_write=False) from error
