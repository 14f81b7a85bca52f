import hashlib
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.transfer_log.addresses import is_allowed
from odoo.addons.transfer_log.exceptions import AuthorisationError, RejectedError, TemporaryError

from .. import formats
from ..api import FORMAT_SERVICES, SERVICES, Access, FetchError

OUTAGE_PAUSE = 300  # seconds nothing is asked of a provider that does not answer
LIMIT_PAUSE = 60
NOT_READY_PAUSE = 1800
PATIENCE = 3  # attempts after which a payout that does not add up is kept as it is, for a person to see
ENVIRONMENTS = [("production", "Production"), ("test", "Test")]
CREDENTIALS = ("paymatch_client_id", "paymatch_client_secret", "paymatch_subscription_key")
LIST, FETCH = "payout_list", "payout_fetch"


class TransferConnection(models.Model):
    """Payouts fetched from a provider's interface.

    The queue carries two operations: listing the payouts of a period, and one transfer per payout, which fetches and
    imports it. The key of a payout is unique, so it is fetched once; each is committed by itself. Up to which day was
    listed stands on the last listing that was done.
    """

    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("paymatch", "Payouts by API")],
        ondelete={"paymatch": lambda connections: connections._transfer_retire()},
    )
    paymatch_provider_id = fields.Many2one(
        "paymatch.provider",
        string="Payment Provider",
        check_company=True,
        domain=[("kind", "=", "payout"), ("format", "in", list(FORMAT_SERVICES))],
        index="btree_not_null",
        copy=False,
        help="Whose payouts are fetched. Its merchant number tells which, where the key opens several.",
    )
    paymatch_service = fields.Selection(
        [(code, client.name) for code, client in SERVICES.items()],
        string="Provider's Interface",
        compute="_compute_paymatch_service",
    )
    paymatch_environment = fields.Selection(
        ENVIRONMENTS,
        string="Environment",
        default="production",
        tracking=True,
        help="Payouts of the test environment are no money: they need a payment provider of their own.",
    )
    paymatch_client_id = fields.Char(string="API Client ID", groups="base.group_system", copy=False)
    paymatch_client_secret = fields.Char(string="API Key or Secret", groups="base.group_system", copy=False)
    paymatch_subscription_key = fields.Char(string="Subscription Key", groups="base.group_system", copy=False)
    paymatch_shop = fields.Char(
        string="Shop",
        groups="base.group_system",
        copy=False,
        help="The name before .myshopify.com, for example nordlys.",
    )
    paymatch_from_date = fields.Date(
        string="Payouts From",
        default=lambda self: fields.Date.context_today(self),
        help="Payouts dated before are not fetched. An earlier day than before lists the time between again; what is "
        "here already is not taken twice.",
    )
    paymatch_until = fields.Date(string="Listed Until", compute="_compute_paymatch_until")

    _paymatch_provider_uniq = models.UniqueIndex(
        "(paymatch_provider_id) WHERE paymatch_provider_id IS NOT NULL AND active",
        "The payouts of this provider are fetched by another connection already.",
    )

    @api.depends("paymatch_provider_id.format")
    def _compute_paymatch_service(self):
        for connection in self:
            connection.paymatch_service = FORMAT_SERVICES.get(connection.paymatch_provider_id.format)

    @api.depends("log_ids.state", "paymatch_from_date")
    def _compute_paymatch_until(self):
        for connection in self:
            connection.paymatch_until = connection._paymatch_position()

    @api.constrains("kind", "paymatch_provider_id", "paymatch_environment", "paymatch_from_date")
    def _check_paymatch(self):
        for connection in self.filtered(lambda one: one.kind == "paymatch"):
            provider = connection.paymatch_provider_id
            if not provider or not connection.paymatch_environment or not connection.paymatch_from_date:
                raise ValidationError(
                    self.env._("Choose the payment provider, the environment and the first day on %s.", connection.name)
                )
            if provider.kind != "payout" or provider.format not in FORMAT_SERVICES:
                raise ValidationError(
                    self.env._(
                        "Payouts of %(provider)s cannot be fetched: there is no interface for its format. There is one "
                        "for %(names)s.",
                        provider=provider.name,
                        names=", ".join(client.name for client in SERVICES.values()),
                    )
                )
            others = self.with_context(active_test=False).search(
                [
                    ("paymatch_provider_id", "=", provider.id),
                    ("paymatch_environment", "!=", connection.paymatch_environment),
                ]
            )
            if others._paymatch_has_fetched():
                raise ValidationError(
                    self.env._(
                        "Payouts of another environment were fetched for %s. Create another payment provider: test and "
                        "production are not mixed.",
                        provider.name,
                    )
                )

    def write(self, vals):
        fixed = {"kind", "paymatch_provider_id", "paymatch_environment"} & set(vals)
        changed = self.filtered(lambda one: any(one._paymatch_changes(name, vals[name]) for name in fixed))
        for connection in changed.filtered(lambda one: one.kind == "paymatch"):
            if connection._paymatch_has_fetched() and vals.get("kind") != "manual":
                raise UserError(
                    self.env._(
                        "%s has fetched payouts already. Create another connection for another provider or "
                        "environment.",
                        connection.name,
                    )
                )
        if "paymatch_environment" in vals and changed:
            # keys of one environment are never tried on the other
            super(TransferConnection, changed.sudo()).write({name: False for name in CREDENTIALS if name not in vals})
        return super().write(vals)

    def _paymatch_changes(self, name, value):
        return self._fields[name].convert_to_write(self[name], self) != (value or False)

    def _paymatch_has_fetched(self):
        domain = [("connection_id", "in", self.ids), ("operation", "=", FETCH)]
        return bool(self.env["transfer.log"].sudo().search_count(domain, limit=1))

    # ---------------------------------------------------------------- actions

    def action_paymatch_fetch(self):
        """List what is new now; the payouts found come one by one in the background."""
        self.ensure_one()
        self.env["paymatch.report"].check_access("create")
        self._paymatch_enqueue_list(fields.Datetime.now().strftime("%Y-%m-%d %H:%M:%S"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "Payouts of %s are being fetched in the background.", self.paymatch_provider_id.name
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # --------------------------------------------------------------- business

    @api.model
    def _transfer_crons(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_crons() | {"paymatch": ["paymatch.ir_cron_paymatch_fetch"]}

    @api.model
    def _cron_paymatch_fetch(self):
        """Put one listing per connection into the queue, which does the rest."""
        for connection in self.search([("kind", "=", "paymatch"), ("is_paused", "=", False)]):
            if connection.state != "authorisation":
                connection._paymatch_enqueue_list(fields.Datetime.now().strftime("%Y-%m-%d %H"))

    def _paymatch_enqueue_list(self, moment):
        """One listing at a time: while one waits for a provider that is away, no other is added."""
        self.ensure_one()
        domain = [
            ("connection_id", "=", self.id),
            ("operation", "=", LIST),
            ("state", "in", ("queued", "sending", "uncertain")),
        ]
        waiting = self.env["transfer.log"].sudo().search(domain, limit=1)
        if waiting:
            self._trigger_queue()
            return waiting
        return self._paymatch_enqueue(LIST, f"list:{moment}")

    def _paymatch_enqueue(self, operation, key):
        """In the name of whoever answers for the connection: messages are told in his language."""
        owner = self.sudo().responsible_id
        connection = self.sudo().with_user(owner) if owner.active else self.sudo()
        return connection._transfer_enqueue(operation, self.sudo().paymatch_provider_id, key, direction="in")

    def _paymatch_position(self):
        """The last day that was listed since the first day was set; ``False``: none."""
        self.ensure_one()
        done = self.env["transfer.log"].sudo().search(
            [
                ("connection_id", "=", self.id),
                ("operation", "=", LIST),
                ("state", "=", "done"),
                ("remote_id", "=like", f"{self.paymatch_from_date}..%"),
            ],
            order="id desc",
            limit=1,
        )  # fmt: skip
        return fields.Date.to_date(done.remote_id.partition("..")[2]) if done else False

    def _paymatch_client(self):
        self.ensure_one()
        connection = self.sudo()
        provider = connection.paymatch_provider_id
        client = SERVICES.get(connection.paymatch_service)
        if not client:
            raise RejectedError(self.env._("There is no interface for the format of %s.", provider.name))
        if not connection.paymatch_client_secret or (client.needs_client_id and not connection.paymatch_client_id):
            raise AuthorisationError(self.env._("Enter what %s has given you on the tab Access.", client.name))
        access = Access(
            client_id=connection.paymatch_client_id or "",
            client_secret=connection.paymatch_client_secret,
            subscription_key=connection.paymatch_subscription_key or "",
            account=(provider.account_number or "").strip(),
            currency=provider.currency_id.name,
        )
        opened = client(access, url=self._paymatch_address(client))
        if not opened.fits(self.paymatch_environment):
            raise AuthorisationError(self.env._("The key of %s belongs to the other environment.", client.name))
        return opened

    def _paymatch_address(self, client):
        """The interface's address. Keys go nowhere else: another host is taken only for a test server on this machine,
        and only when the system administrator allowed it."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        parameter = f"paymatch.{client.code}_{self.paymatch_environment}_url"
        address = get_param(parameter) or client.address(self.paymatch_environment, self.sudo().paymatch_shop or "")
        if not address and client.needs_shop:
            raise AuthorisationError(
                self.env._("Enter the name of the shop on the tab Access, as %s has it.", client.name)
            )
        if not address:
            raise UserError(
                self.env._(
                    "The address of %(name)s for production is not documented. Ask %(name)s for it and set the system "
                    "parameter %(parameter)s.",
                    name=client.name,
                    parameter=parameter,
                )
            )
        if is_allowed(address, client.domains, allows_test_server=get_param("paymatch.test_server") == "1"):
            return address
        raise UserError(
            self.env._(
                "%(address)s is no address of %(name)s (system parameter %(parameter)s).",
                address=address,
                name=client.name,
                parameter=parameter,
            )
        )

    def _paymatch_list(self):
        """Queue the payouts that are new. -> result of the transfer"""
        today = self._company_today()
        client, position = self._paymatch_client(), self._paymatch_position()
        since, last = self.paymatch_from_date, today - timedelta(days=client.lag)
        if position:
            since = max(since, position + timedelta(days=1 - client.overlap))
        if since > last:
            return {}
        listing = self._paymatch_call(client, "payouts", since, last)
        for key in listing.keys:
            self._paymatch_enqueue(FETCH, f"payout:{key}")
        until = max(listing.until, position or date.min, self.paymatch_from_date - timedelta(days=1))
        return {"remote_id": f"{self.paymatch_from_date}..{until}", "response": {"payouts": list(listing.keys)}}

    def _paymatch_fetch(self, log):
        """Fetch one payout and import it as a file would be. -> result of the transfer"""
        key = log.key.removeprefix("payout:")
        client = self._paymatch_client()
        content = self._paymatch_call(client, "content", key)
        provider = self.paymatch_provider_id
        known = self._paymatch_known(content, log)
        if known:
            return {"remote_id": known[0].name, "response": {"known": known.mapped("name"), "file": known[0].filename}}
        filename = f"{self.paymatch_service}-{key.rpartition('/')[2]}.{client.extension}"
        reports = self.env["paymatch.report"].with_company(self.company_id)._import_file(content, filename, provider)
        digest = hashlib.sha256(content).hexdigest()
        return {"remote_id": reports[0].name, "response": {"reports": reports.ids, "sha256": digest}}

    def _paymatch_known(self, content, log):
        """Reports of this payout that are here already, also from a file. A payout that does not add up is asked for
        again some times before it is kept: the provider may not have finished it."""
        reports, provider = self.env["paymatch.report"], self.paymatch_provider_id
        digest = hashlib.sha256(content).hexdigest()
        known = reports.search([("company_id", "=", self.company_id.id), ("file_sha256", "=", digest)])
        if known:
            return known
        try:
            parsed = formats.parse(content, "payout.json")
        except formats.FormatError:
            return reports  # the import keeps it and says what is wrong
        keys = [group.key for group in parsed.groups]
        known = reports.search([("provider_id", "=", provider.id), ("payout_key", "in", keys)])
        faults = parsed.faults()
        if not known and faults and log.attempts < PATIENCE:
            raise TemporaryError(
                self.env._(
                    "The payout does not add up yet: %(fault)s. It is asked for again.",
                    fault=reports._fault_text(faults[0]),
                ),
                retry_after=NOT_READY_PAUSE,
            )
        return known

    def _paymatch_call(self, client, method, *arguments):
        """One call of the client; its errors become those of the queue."""
        try:
            return getattr(client, method)(*arguments)
        except FetchError as error:
            raise self._paymatch_transfer_error(client.name, error) from error

    def _paymatch_transfer_error(self, name, error):
        bodies = {"response": error.response}
        text = f"{error.text} (HTTP {error.status})".strip() if error.status else error.text
        if error.kind == "authorisation":
            return AuthorisationError(
                self.env._(
                    "%(name)s does not let us in: %(text)s. Check the environment and what stands on the tab Access, "
                    "then press Go on.",
                    name=name,
                    text=text,
                ),
                **bodies,
            )
        if error.kind == "limit":
            pause = error.retry_after or LIMIT_PAUSE
            message = self.env._("%(name)s asks us to wait %(seconds)s seconds.", name=name, seconds=pause)
            return TemporaryError(message, retry_after=pause, whole_connection=True, **bodies)
        if error.kind == "not_ready":
            message = self.env._("%(name)s is not ready yet: %(text)s", name=name, text=text)
            return TemporaryError(message, retry_after=NOT_READY_PAUSE, **bodies)
        if error.kind in ("not_sent", "unavailable", "no_answer"):
            message = self.env._("%(name)s did not answer. %(text)s", name=name, text=text).strip()
            pause = max(error.retry_after or 0, OUTAGE_PAUSE)
            return TemporaryError(message, retry_after=pause, whole_connection=True, **bodies)
        return RejectedError(self.env._("%(name)s refused it: %(text)s", name=name, text=text), **bodies)

    # -------------------------------------------------------- hooks of the queue

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            LIST: self.env._("List of payouts"),
            FETCH: self.env._("Payout"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind == "paymatch" and log.operation == LIST:
            return self._paymatch_list()
        if self.kind == "paymatch" and log.operation == FETCH:
            return self._paymatch_fetch(log)
        return super()._transfer_execute(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log': only read over there, so it is safe to do again
        if self.kind == "paymatch" and log.operation in (LIST, FETCH):
            return None
        return super()._transfer_lookup(log)

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log': the transfer leads to the report it made
        made = result.get("response") if self.kind == "paymatch" and log.operation == FETCH else None
        if made and made.get("reports"):
            report = self.env["paymatch.report"].browse(made["reports"][0])
            log.write({"res_model": report._name, "res_id": report.id, "document_name": report.display_name})
        return super()._transfer_done(log, result)
