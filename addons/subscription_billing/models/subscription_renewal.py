from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..formats import renewal as renewal_format

#: How long messages are counted for the limit of a source.
LIMIT_SECONDS = 60


class RenewalRefused(Exception):
    """A message that is not taken. ``status`` is that of HTTP, ``code`` for programs."""

    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


class SubscriptionRenewalMessage(models.Model):
    """Every message as it came. The key of the sender is unique: what is sent again is known."""

    _name = "subscription.renewal.message"
    _description = "Received Message of a Renewal"
    _inherit = ["subscription.proof.mixin"]
    _order = "id desc"

    renewal_id = fields.Many2one("subscription.renewal", required=True, index=True, ondelete="cascade")
    source_id = fields.Many2one("subscription.renewal.source", required=True, ondelete="restrict")
    company_id = fields.Many2one(related="source_id.company_id", store=True, precompute=True, index=True)
    key = fields.Char(string="Idempotency Key", required=True)
    digest = fields.Char(required=True)
    stage_id = fields.Many2one("subscription.renewal.stage", required=True)
    body = fields.Text(string="As Received", required=True)

    _key_uniq = models.Constraint("UNIQUE (source_id, key)", "A message with this key was received before.")
    _recent_idx = models.Index("(source_id, create_date)")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)


class SubscriptionRenewal(models.Model):
    """One renewal of an outside subscription system: one invoice, however often it is told."""

    _name = "subscription.renewal"
    _description = "Received Renewal"
    _inherit = ["subscription.proof.mixin"]
    _order = "id desc"

    name = fields.Char(string="Renewal", required=True)
    source_id = fields.Many2one("subscription.renewal.source", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="source_id.company_id", store=True, precompute=True, index=True)
    subscription_number = fields.Char(string="Subscription There")
    customer_number = fields.Char(string="Customer There")
    customer_name = fields.Char(string="Name There")
    partner_id = fields.Many2one("res.partner", string="Customer", index="btree_not_null", ondelete="restrict")
    stage_id = fields.Many2one("subscription.renewal.stage", required=True, ondelete="restrict")
    payment_method = fields.Char(string="Way of Payment")
    state = fields.Selection(
        [
            ("waiting", "Waits for payment stage"),
            ("ready", "Ready"),
            ("fault", "Stopped"),
            ("invoiced", "Invoiced"),
            ("discarded", "Discarded"),
        ],
        required=True,
    )
    message = fields.Char(string="Note")
    has_warning = fields.Boolean(string="To Look At")
    digest = fields.Char(required=True)
    message_ids = fields.One2many("subscription.renewal.message", "renewal_id", string="Messages")
    move_id = fields.Many2one("account.move", string="Invoice", index="btree_not_null", ondelete="restrict")
    payment_id = fields.Many2one("account.payment", index="btree_not_null", ondelete="set null")
    is_payment_open = fields.Boolean(string="Payment to Register")
    currency_id = fields.Many2one("res.currency", related="move_id.currency_id")
    amount_total = fields.Monetary(related="move_id.amount_total", string="Invoiced Amount")

    # one renewal, one invoice: whoever inserts it first has it
    _renewal_uniq = models.Constraint("UNIQUE (source_id, name)", "This renewal was received before.")
    _move_uniq = models.UniqueIndex("(move_id) WHERE move_id IS NOT NULL", "An invoice is for one renewal.")
    _work_idx = models.Index("(id) WHERE state = 'ready' OR is_payment_open")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_received(self):
        raise UserError(self.env._("What was received stays as proof. Discard it instead."))

    # ------------------------------------------------------------------
    # Receiving
    # ------------------------------------------------------------------

    @api.model
    def _receive(self, source_sudo, body, header_key=""):
        """Keep a message and what it says of its renewal. Sent again, it changes nothing.

        :return: the renewal (sudo), and whether the message is new
        :raises RenewalError: fields that are wrong
        :raises RenewalRefused: 409 for another content, 429 for too many, 503 for one that comes in twice at once
        """
        key, told = renewal_format.parse(body)
        key = header_key or key
        if not key or len(key) > 120:
            message = "a key of 1 to 120 characters is needed, here or in the header Idempotency-Key"
            raise renewal_format.RenewalError([{"field": "key", "message": message}])
        digest = told.digest()
        known_sudo = self._find_message(source_sudo, key, digest)
        if known_sudo:
            return known_sudo.renewal_id, False
        source_sudo._check_rate()
        try:
            with self.env.cr.savepoint():
                renewal_sudo = self._keep(source_sudo, told)
                self.env["subscription.renewal.message"].sudo().create(
                    {
                        "renewal_id": renewal_sudo.id,
                        "source_id": source_sudo.id,
                        "key": key,
                        "digest": digest,
                        "stage_id": self._find_stage(told.stage).id,
                        "body": body.decode("utf-8-sig"),
                    }
                )
        except UniqueViolation as error:
            raise RenewalRefused(503, "busy", "The same renewal comes in at this moment. Send it again.") from error
        self.env.ref("subscription_billing.ir_cron_renewals").sudo()._trigger()
        return renewal_sudo, True

    def _find_message(self, source_sudo, key, digest):
        messages_sudo = self.env["subscription.renewal.message"].sudo()
        known_sudo = messages_sudo.search([("source_id", "=", source_sudo.id), ("key", "=", key)])
        if known_sudo and known_sudo.digest != digest:
            raise RenewalRefused(
                409,
                "key_used",
                "This key was used for another content. A change is a new message and needs a key of its own.",
            )
        return known_sudo

    def _find_stage(self, code):
        return self.env["subscription.renewal.stage"].sudo().search([("code", "=", code)])

    def _keep(self, source_sudo, told):
        """The renewal as told by now: a new one, or the one that is there brought up to date."""
        renewal_sudo = self.sudo().search([("source_id", "=", source_sudo.id), ("name", "=", told.number)])
        stage = self._find_stage(told.stage)
        digest = told.digest(with_stage=False)
        values = {
            "subscription_number": told.subscription,
            "customer_number": told.customer.number,
            "customer_name": told.customer.name,
            "payment_method": told.payment_method,
            "digest": digest,
        }
        if not renewal_sudo:
            values.update(name=told.number, source_id=source_sudo.id, stage_id=stage.id, state="waiting")
            renewal_sudo = self.sudo().create(values)
            renewal_sudo._follow_stage()
            return renewal_sudo
        renewal_sudo.lock_for_update(allow_referencing=True)
        if renewal_sudo.state == "invoiced" and renewal_sudo.digest != digest:
            raise RenewalRefused(
                409,
                "invoiced",
                f"Renewal {told.number} is invoiced. What it says can no longer change; credit it and send a new one.",
            )
        if renewal_sudo.state == "fault" and renewal_sudo.digest != digest:
            values.update(state="waiting", message=False)
        if stage.sequence > renewal_sudo.stage_id.sequence:
            values["stage_id"] = stage.id
        renewal_sudo.write(values)
        renewal_sudo._follow_stage()
        return renewal_sudo

    def _follow_stage(self):
        """Ready when the stage counts; what was invoiced waits for its payment, or is to be looked at."""
        for renewal in self:
            stage, way = renewal.stage_id, renewal._find_way()
            if renewal.state in ("waiting", "ready"):
                renewal.state = "ready" if stage in renewal.source_id.stage_ids else "waiting"
                renewal.message = self.env._("The other system says: %s.", stage.name) if stage.is_void else False
            elif renewal.state == "invoiced":
                if stage.is_void:
                    text = self.env._(
                        "The other system says: %s. Credit the invoice if that is right.", renewal.stage_id.name
                    )
                    renewal.write({"has_warning": True, "message": text})
                elif stage.is_paid and way.kind == "paid" and not renewal.payment_id:
                    renewal.is_payment_open = True

    def _find_way(self):
        """What the way of payment means here: the source's own row, else the company's; nothing when there is none."""
        self.ensure_one()
        return self.source_id._find_way(self.payment_method)

    def _told(self):
        """The content of the renewal as told last (`formats.renewal.Renewal`)."""
        self.ensure_one()
        messages = self.sudo().message_ids.sorted("id")
        same = [
            told
            for told in (renewal_format.parse(message.body.encode())[1] for message in reversed(messages))
            if told.digest(with_stage=False) == self.digest
        ]
        return same[0]

    def _describe(self):
        """What the other system is told."""
        self.ensure_one()
        invoice = self.move_id
        return {
            "renewal": self.name,
            "state": self.state,
            "stage": self.stage_id.code,
            "message": self.message or "",
            "invoice": invoice.name if invoice.state == "posted" else "",
        }

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def _check_user(self):
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only a user with rights to invoices decides about renewals."))
        self.check_access("write")

    def action_retry(self):
        """Try again what was stopped or discarded, after its reason was mended."""
        self._check_user()
        for renewal_sudo in self.sudo():
            if renewal_sudo.state not in ("fault", "discarded"):
                raise UserError(self.env._("%s is neither stopped nor discarded.", renewal_sudo.name))
            renewal_sudo.write({"state": "waiting", "message": False})
            renewal_sudo._follow_stage()
        self.env.ref("subscription_billing.ir_cron_renewals")._trigger()

    def action_discard(self):
        """Never invoiced here; what the other system tells of it later changes nothing."""
        self._check_user()
        for renewal_sudo in self.sudo():
            if renewal_sudo.state == "invoiced":
                raise UserError(self.env._("%s is invoiced; credit the invoice instead.", renewal_sudo.name))
            who = self.env._("Discarded by %s.", self.env.user.name)
            renewal_sudo.write({"state": "discarded", "message": who})

    def action_seen(self):
        self._check_user()
        self.sudo().write({"has_warning": False})

    def _release(self):
        """The draft was deleted: somebody decides whether it is made again."""
        self.write(
            {
                "state": "fault",
                "move_id": False,
                "is_payment_open": False,
                "message": self.env._("The draft was deleted. Try again to make it anew, or discard the renewal."),
            }
        )


class SubscriptionRenewalCustomer(models.Model):
    """Which customer a source means by its number."""

    _name = "subscription.renewal.customer"
    _description = "Customer of a Source of Renewals"
    _order = "source_id, number"

    source_id = fields.Many2one("subscription.renewal.source", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="source_id.company_id", store=True, precompute=True, index=True)
    number = fields.Char(string="Number There", required=True)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")

    _number_uniq = models.Constraint("UNIQUE (source_id, number)", "A number of the source means one customer.")


class SubscriptionRenewalSource(models.Model):
    _inherit = "subscription.renewal.source"  # pylint: disable=consider-merging-classes-inherited

    def _check_rate(self):
        """Refuse more messages a minute than the source is allowed."""
        self.ensure_one()
        since = fields.Datetime.subtract(self.env.cr.now(), seconds=LIMIT_SECONDS)
        recent = Domain("source_id", "=", self.id) & Domain("create_date", ">", since)
        if (
            self.env["subscription.renewal.message"].sudo().search_count(recent, limit=self.rate_limit)
            >= self.rate_limit
        ):
            raise RenewalRefused(429, "too_many", f"More than {self.rate_limit} messages a minute. Wait a minute.")
