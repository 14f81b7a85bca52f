from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import format_date

from odoo.addons.base.models.res_users import check_identity

SCOPE = "subscription_billing.renewals.%s"
#: Days a key is good for.
KEY_DAYS = 365


class SubscriptionRenewalStage(models.Model):
    """How far the payment of a renewal has come. The codes are those of the interface."""

    _name = "subscription.renewal.stage"
    _description = "Payment Stage of a Renewal"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(help="A later stage replaces an earlier one, in whatever order they are told.")
    is_paid = fields.Boolean(string="Money Taken", readonly=True)
    is_void = fields.Boolean(string="Came to Nothing", readonly=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "Each stage has one code.")


class SubscriptionRenewalSource(models.Model):
    """A subscription system outside that tells its renewals, and what is made of them here."""

    _name = "subscription.renewal.source"
    _description = "Source of Renewals"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    stage_ids = fields.Many2many(
        "subscription.renewal.stage",
        string="Stages That Are Invoiced",
        required=True,
        domain=[("is_void", "=", False)],
        default=lambda self: self._default_stage_ids(),
        help="A renewal in another stage waits until a later message brings one of these.",
    )
    journal_id = fields.Many2one("account.journal", domain=[("type", "=", "sale")], check_company=True)
    posting = fields.Selection(
        [("draft", "Make drafts"), ("post", "Make and post")], string="Invoices Are", default="post", required=True
    )
    way_ids = fields.One2many("subscription.payment.way", "source_id", string="Ways of Payment", copy=True)
    customer_rule = fields.Selection(
        [("never", "Known customers only"), ("create", "Create unknown customers")],
        string="Unknown Customers",
        default="create",
        required=True,
    )
    identify_by = fields.Selection(
        [("ref", "Customer number"), ("vat", "VAT number"), ("email", "E-mail"), ("none", "Nothing")],
        string="Found By",
        default="ref",
        required=True,
        help="How a customer is found the first time. From then on the source's own number is remembered.",
    )
    update_name = fields.Boolean()
    update_address = fields.Boolean()
    update_email = fields.Boolean(string="Update E-mail")
    update_phone = fields.Boolean()
    product_rule = fields.Selection(
        [("never", "Known products only"), ("create", "Create unknown products")],
        string="Unknown Products",
        default="never",
        required=True,
    )
    update_product_name = fields.Boolean(string="Update Names of Products")
    rate_limit = fields.Integer(string="Messages a Minute", default=300, required=True)
    key_text = fields.Char(string="Keys", compute="_compute_key_text")
    url = fields.Char(string="Address", compute="_compute_url")
    renewal_count = fields.Integer(compute="_compute_renewal_count")

    @api.model
    def _default_stage_ids(self):
        return self.env["subscription.renewal.stage"].search([("is_paid", "=", True)])

    @api.constrains("stage_ids", "rate_limit")
    def _check_settings(self):
        for source in self:
            if not source.stage_ids:
                raise ValidationError(self.env._("Choose at least one stage that is invoiced."))
            if source.rate_limit < 1:
                raise ValidationError(self.env._("At least one message a minute must be allowed."))

    def _compute_key_text(self):
        for source in self:
            source.key_text = ", ".join(
                self.env._(
                    "%(who)s, until %(day)s", who=key.user_id.name, day=format_date(self.env, key.expiration_date)
                )
                for key in (source._find_keys() if source.id else ())
            )

    def _compute_url(self):
        base = self.get_base_url() if self else ""
        for source in self:
            source.url = f"{base}/subscription_billing/renewals/1/{source.id}" if source.id else False

    def _compute_renewal_count(self):
        counts = dict(
            self.env["subscription.renewal"]._read_group([("source_id", "in", self.ids)], ["source_id"], ["__count"])
        )
        for source in self:
            source.renewal_count = counts.get(source, 0)

    # ------------------------------------------------------------------
    # Keys
    # ------------------------------------------------------------------

    def _find_keys(self):
        """Keys made for this source (sudo)."""
        self.ensure_one()
        return self.env["res.users.apikeys"].sudo().search([("scope", "=", SCOPE % self.id)])

    def _check_manager(self):
        if not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(self.env._("Only an accounting administrator makes and removes keys."))
        self.check_access("write")

    @check_identity
    def action_create_key(self):
        """A key of core, good for this source only; shown once, kept as a hash."""
        self.ensure_one()
        key = self._create_key()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.show",
            "name": self.env._("The Key Is Shown This Once"),
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key},
        }

    def _create_key(self):
        self._check_manager()
        until = fields.Datetime.add(fields.Datetime.now(), days=KEY_DAYS)
        return self.env["res.users.apikeys"].sudo()._generate(SCOPE % self.id, self.name, until)

    def action_remove_keys(self):
        """Nobody reaches the source any more, until a new key is made."""
        self.ensure_one()
        self._check_manager()
        self._find_keys().unlink()

    @api.model
    def _authenticate(self, source_id, key):
        """The source a key opens (sudo), or nothing. The same for an unknown source and for a wrong key."""
        keys = self.env["res.users.apikeys"].sudo()
        uid = keys._check_credentials(scope=SCOPE % source_id, key=key)
        source_sudo = self.sudo().browse(source_id).exists() if uid else self.sudo().browse()
        if not source_sudo.active:
            return source_sudo.browse()
        user = source_sudo.env["res.users"].browse(uid)
        # a key for everything must not open a source its owner never made a key for
        owns = uid in source_sudo._find_keys().user_id.ids
        return source_sudo if owns and source_sudo.company_id in user.company_ids else source_sudo.browse()

    def action_open_renewals(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_renewal_action")
        action.update(domain=[("source_id", "=", self.id)], context={})
        return action
