from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date


class SubscriptionRequest(models.Model):
    """What a customer asks for on his pages: a pause, or the end.

    Somebody approves or refuses it; it stays as history.
    """

    _name = "subscription.request"
    _description = "Customer's Request"
    _inherit = ["subscription.proof.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, precompute=True, index=True)
    partner_id = fields.Many2one("res.partner", string="Asked By", required=True, ondelete="restrict")
    kind = fields.Selection([("pause", "Pause"), ("end", "End")], required=True)
    date_asked = fields.Date(string="Asked On", required=True, help="Notice counts from this day.")
    date_from = fields.Date(string="Pause From")
    date_to = fields.Date(string="Pause Until", help="Empty: until it is resumed.")
    date_end = fields.Date(string="Last Day")
    date_earliest = fields.Date(string="Earliest Day", help="The earliest day it could end when it was asked for.")
    explanation = fields.Char(string="Because")
    note = fields.Text(string="Customer's Note")
    state = fields.Selection(
        [("new", "Open"), ("approved", "Approved"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
        default="new",
        required=True,
        index=True,
    )
    answer = fields.Text(string="Answer to the Customer")
    user_id = fields.Many2one("res.users", string="Decided By", ondelete="restrict")
    date_decided = fields.Datetime(string="Decided")

    # one open question of a kind at a time, also when a button is pressed twice
    _open_uniq = models.UniqueIndex(
        "(subscription_id, kind) WHERE state = 'new'", "You have asked for this already. Wait for the answer."
    )

    @api.model
    def _get_proof_fields(self):
        # the answer is all that somebody writes; how it was decided is what the buttons do
        mail = set(self.env["mail.thread"]._fields) | set(self.env["mail.activity.mixin"]._fields)
        return super()._get_proof_fields() | set(self._fields) - mail - {"answer"}

    @api.depends("subscription_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for request in self:
            request.display_name = f"{request.subscription_id.name} {kinds.get(request.kind, '')}".strip()

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _ask_pause(self, subscription_sudo, partner, date_from, date_to=None, note=""):
        """A customer asks for a pause. Raises what is wrong in words he understands.

        :param subscription_sudo: a subscription he may see
        """
        today = subscription_sudo.company_id._subscription_today()
        if subscription_sudo.state != "active":
            raise UserError(self.env._("Only a running subscription can be paused."))
        if not date_from or date_from < today:
            raise UserError(self.env._("A pause begins today or later."))
        if date_to and date_to < date_from:
            raise UserError(self.env._("The pause would end before it begins."))
        return self._ask(subscription_sudo, partner, note, kind="pause", date_from=date_from, date_to=date_to)

    @api.model
    def _ask_end(self, subscription_sudo, partner, day, note=""):
        """A customer asks for the end, on the earliest day by binding and notice or later."""
        if subscription_sudo.state not in ("active", "paused") or subscription_sudo.date_end:
            raise UserError(self.env._("This subscription has an end already."))
        found = subscription_sudo._get_earliest_end()
        if not found:
            raise UserError(self.env._("The end cannot be computed. Please write to us."))
        if not day or day < found.day:
            raise UserError(
                self.env._(
                    "The earliest day is %(day)s. %(reason)s",
                    day=format_date(self.env, found.day),
                    reason=subscription_sudo._get_end_reason(found),
                )
            )
        reason = subscription_sudo._get_end_reason(found)
        return self._ask(
            subscription_sudo, partner, note, kind="end", date_end=day, date_earliest=found.day, explanation=reason
        )

    def _ask(self, subscription_sudo, partner, note, **values):
        open_ones = [
            ("subscription_id", "=", subscription_sudo.id),
            ("kind", "=", values["kind"]),
            ("state", "=", "new"),
        ]
        if self.sudo().search_count(open_ones, limit=1):
            raise UserError(self.env._("You have asked for this already. Wait for the answer."))
        request_sudo = self.sudo().create(
            {
                "subscription_id": subscription_sudo.id,
                "partner_id": partner.id,
                "date_asked": subscription_sudo.company_id._subscription_today(),
                "note": (note or "").strip()[:2000] or False,
                **values,
            }
        )
        request_sudo._tell_responsible()
        request_sudo._tell_customer(
            self.env._("We have received your request: %s. You get an answer by mail.", request_sudo._describe())
        )
        return request_sudo

    def _describe(self):
        """What is asked for, for both sides."""
        self.ensure_one()
        name = self.subscription_id.title or self.subscription_id.name
        if self.kind == "end":
            return self.env._("end of %(name)s on %(day)s", name=name, day=format_date(self.env, self.date_end))
        if self.date_to:
            return self.env._(
                "pause of %(name)s from %(start)s to %(end)s",
                name=name,
                start=format_date(self.env, self.date_from),
                end=format_date(self.env, self.date_to),
            )
        return self.env._("pause of %(name)s from %(start)s", name=name, start=format_date(self.env, self.date_from))

    def _tell_responsible(self):
        user = self.subscription_id.user_id
        own = self.with_context(lang=user.lang or self.env.lang)
        text = own.env._("%(who)s asks for: %(what)s.", who=self.partner_id.name, what=own._describe())
        self.subscription_id.message_post(body=text)
        if user and user.active:
            self.activity_schedule("mail.mail_activity_data_todo", summary=text, user_id=user.id)

    def _tell_customer(self, text):
        """By mail and in the chatter."""
        self.message_post(
            body=text, partner_ids=self.partner_id.ids, subtype_xmlid="mail.mt_comment", message_type="comment",
            author_id=(self.subscription_id.user_id.partner_id or self.company_id.partner_id).id,
        )  # fmt: skip

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _check_open(self):
        self.check_access("write")
        for request in self:
            if request.state != "new":
                raise UserError(self.env._("%s was decided before.", request.display_name))

    def action_approve(self):
        """Do what was asked for, with the user's own rights, and tell the customer."""
        self._check_open()
        for request in self:
            request._lock_open()
            subscription = request.subscription_id
            if request.kind == "pause":
                if request.date_from < subscription.company_id._subscription_today():
                    raise UserError(
                        self.env._("The first day of the pause is over. Refuse it with an answer, or pause by hand.")
                    )
                subscription.action_pause(request.date_from, request.date_to or False)
            else:
                subscription._close(request.date_end, given=request.date_asked)
            request._decide("approved")
            own = request._in_customers_language()
            own._tell_customer(own.env._("We have approved your request: %s.", own._describe()))

    def action_refuse(self):
        """No, with an answer that the customer gets."""
        self._check_open()
        for request in self:
            if not (request.answer or "").strip():
                raise UserError(self.env._("Write an answer to the customer first."))
            request._lock_open()
            request._decide("refused")
            own = request._in_customers_language()
            own._tell_customer(
                own.env._("We cannot do this: %(what)s. %(answer)s", what=own._describe(), answer=request.answer)
            )

    def _withdraw(self):
        """The customer changes his mind (sudo)."""
        for request in self.filtered(lambda each: each.state == "new"):
            request._decide("withdrawn")
            request.subscription_id.message_post(body=self.env._("Withdrawn by the customer: %s.", request._describe()))

    def _lock_open(self):
        self.sudo().lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        self._check_open()

    def _decide(self, state):
        values = {"state": state, "user_id": self.env.uid, "date_decided": fields.Datetime.now()}
        self.sudo().write(values)
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def _in_customers_language(self):
        self.ensure_one()
        return self.with_context(lang=self.partner_id.lang or self.env.lang)


class SubscriptionSubscription(models.Model):
    _inherit = "subscription.subscription"

    request_ids = fields.One2many("subscription.request", "subscription_id", string="Customer's Requests")
    open_request_count = fields.Integer(compute="_compute_open_request_count")

    @api.depends("request_ids.state")
    def _compute_open_request_count(self):
        for subscription in self:
            subscription.open_request_count = len(subscription.request_ids.filtered(lambda each: each.state == "new"))

    def action_open_requests(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_request_action")
        action.update(domain=[("subscription_id", "=", self.id)], context={})
        return action

    # ------------------------------------------------------------------
    # What a customer sees on his pages
    # ------------------------------------------------------------------

    @api.model
    def _get_portal_domain(self, partner):
        """Subscriptions of a customer's company: his own, those he pays for, and groups he is a member of."""
        head = partner.commercial_partner_id.id
        own = Domain("partner_id", "child_of", head)
        paid = Domain("group_id.invoice_mode", "=", "payer") & Domain("group_id.payer_id", "child_of", head)
        member = Domain("group_id.invoice_mode", "=", "member") & Domain(
            "group_id.member_ids.partner_id", "child_of", head
        )
        return Domain("state", "!=", "draft") & (own | paid | member)

    def _get_portal_plans(self, partner, count=3):
        """The next invoices to this customer, by the code that makes them; none when they cannot be made."""
        self.ensure_one()
        head = partner.commercial_partner_id
        try:
            plans = self._get_upcoming_plans(count)
        except (UserError, ValidationError):
            return []
        return [plan for plan in plans if plan.customer.commercial_partner_id == head]

    def _get_portal_invoices(self, partner):
        """Posted invoices of this subscription to this customer, the latest first (sudo)."""
        self.ensure_one()
        return self._get_invoices().filtered(
            lambda move: (
                move.state == "posted" and move.commercial_partner_id == partner.commercial_partner_id
            )
        ).sorted(lambda move: (move.invoice_date, move.id), reverse=True)  # fmt: skip

    def _get_portal_reference(self):
        """What is written on an invoice of today."""
        self.ensure_one()
        today = self.company_id._subscription_today()
        valid = self.reference_ids.filtered(lambda row: row.order_reference and row._is_valid(today))[:1]
        return valid.order_reference or self.customer_reference
