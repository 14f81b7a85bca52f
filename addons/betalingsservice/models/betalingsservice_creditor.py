import re
from datetime import datetime

import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import CREDIT_RULES, PRODUCTION, SAME_DAY_RULES, SLIP_RULES, SUBSYSTEMS
from ..formats import calendar, delivery_0601, delivery_0602

TIME_ZONE = pytz.timezone("Europe/Copenhagen")
#: So many collections that stay out are named, the others counted.
MOST_LEFT_OUT = 10


class BetalingsserviceCreditor(models.Model):
    """Our agreement with Betalingsservice: one PBS number of one company, in test or in production."""

    _name = "betalingsservice.creditor"
    _description = "Betalingsservice Creditor"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "company_id, pbs_number"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    pbs_number = fields.Char(string="PBS Number", required=True, tracking=True)
    data_supplier_number = fields.Char(
        required=True,
        tracking=True,
        default=lambda self: re.sub(r"\D", "", self.env.company.vat or "")[:8],
        help="CVR number of the one who sends the files, usually the company itself.",
    )
    subsystem = fields.Selection(
        SUBSYSTEMS,
        string="System",
        required=True,
        default="KR9",
        tracking=True,
        help="Files of the operator's test and of production are kept apart: each has its own creditor.",
    )
    solution = fields.Selection(
        [
            ("total", "Total: drawn where there is an agreement, otherwise a slip is sent"),
            ("basic", "Basic: drawn only"),
        ],
        required=True,
        default="total",
        help="With total, the name and address of each payer go into the file.",
    )
    banking_day_rule = fields.Selection(
        [("next", "Next banking day"), ("previous", "Previous banking day")],
        string="When Not a Banking Day",
        required=True,
        default="next",
        help="As chosen in your creditor agreement.",
    )
    same_day_rule = fields.Selection(
        SAME_DAY_RULES,
        string="Two Invoices on One Day",
        required=True,
        default="merge",
        help="Betalingsservice draws at most once per customer number and day. The reason is shown on the collection.",
    )
    credit_rule = fields.Selection(
        CREDIT_RULES,
        string="Credit Notes",
        required=True,
        default="deduct",
        help="Deduct: a credit note lowers the customer's next collection that is larger. Pay out: the customer gets "
        "the amount on the account he pays from. Credit notes never make the total of a delivery negative.",
    )
    slip_rule = fields.Selection(
        SLIP_RULES,
        string="Payment Slips",
        required=True,
        default="none",
        help="Slips (section 0117) which Betalingsservice prints or sends to customers without an agreement.",
    )
    slip_group_id = fields.Many2one(
        "betalingsservice.debtor.group",
        string="Debtor Group of Slips",
        domain="[('creditor_id', '=', id)]",
        check_company=True,
    )
    slip_days = fields.Integer(
        string="Banking Days for a Slip",
        default=6,
        help="From the delivery to the day of payment: a paper slip is sent the day after the delivery and takes five "
        "working days.",
    )
    collection_format = fields.Selection(
        [(delivery_0601.code, "0601: fixed width")],
        required=True,
        default=delivery_0601.code,
        help="How collections are written. The operator has an XML delivery too, whose description is not public.",
    )
    group_ids = fields.One2many("betalingsservice.debtor.group", "creditor_id", string="Debtor Groups")
    agreement_ids = fields.One2many("betalingsservice.agreement", "creditor_id")
    delivery_ids = fields.One2many("betalingsservice.delivery", "creditor_id")
    provider_id = fields.Many2one(
        "paymatch.provider",
        string="Payments Received",
        check_company=True,
        domain=[("format", "=", delivery_0602.code)],
        help="Where deliveries 0602 are matched and booked.",
    )
    agreement_count = fields.Integer(compute="_compute_counts")
    to_send_count = fields.Integer(string="Collections to Deliver", compute="_compute_counts")
    next_deadline = fields.Datetime(compute="_compute_next_deadline", string="Deliver Before")
    next_payment_date = fields.Date(compute="_compute_next_deadline", string="Drawn From")

    _pbs_number_uniq = models.Constraint(
        "UNIQUE (company_id, pbs_number, subsystem)", "This PBS number exists already for the same system."
    )

    @api.depends("agreement_ids.state")
    def _compute_counts(self):
        active = dict(
            self.env["betalingsservice.agreement"]._read_group(
                [("creditor_id", "in", self.ids), ("state", "=", "active")], ["creditor_id"], ["__count"]
            )
        )
        to_send = dict(
            self.env["betalingsservice.collection"]._read_group(
                [("creditor_id", "in", self.ids), ("state", "=", "to_send"), ("delivery_id", "=", False)],
                ["creditor_id"],
                ["__count"],
            )
        )
        for creditor in self:
            creditor.agreement_count = active.get(creditor, 0)
            creditor.to_send_count = to_send.get(creditor, 0)

    @api.depends("deadline_hour")
    def _compute_next_deadline(self):
        for creditor in self:
            creditor.next_payment_date = creditor._earliest_payment_date()
            creditor.next_deadline = creditor._to_utc(creditor._delivery_deadline(creditor.next_payment_date))

    @api.constrains("pbs_number", "data_supplier_number")
    def _check_numbers(self):
        for creditor in self:
            for name in ("pbs_number", "data_supplier_number"):
                if not re.fullmatch(r"\d{8}", creditor[name] or ""):
                    raise ValidationError(
                        self.env._(
                            '%(field)s "%(number)s": it must have 8 digits.',
                            field=self._fields[name]._description_string(self.env),
                            number=creditor[name] or "",
                        )
                    )

    @api.constrains("slip_rule", "slip_group_id", "slip_days")
    def _check_slips(self):
        for creditor in self.filtered(lambda c: c.slip_rule != "none"):
            if creditor.slip_group_id.creditor_id != creditor:
                raise ValidationError(
                    self.env._("%(name)s: choose the debtor group which slips are sent for.", name=creditor.name)
                )
            if creditor.slip_days < 1:
                raise ValidationError(
                    self.env._("%(name)s: a slip needs at least one banking day to arrive.", name=creditor.name)
                )

    def write(self, vals):
        changed = {"subsystem", "pbs_number", "company_id"} & vals.keys()
        for creditor in self.filtered("delivery_ids") if changed else ():
            if any(creditor._fields[name].convert_to_write(creditor[name], creditor) != vals[name] for name in changed):
                raise UserError(
                    self.env._(
                        "%(name)s has deliveries already. Create another creditor for another PBS number, system or "
                        "company; archive this one when it is no longer used.",
                        name=creditor.name,
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for creditor in self:
            if creditor.with_context(active_test=False).agreement_ids or creditor.delivery_ids:
                raise UserError(
                    self.env._("%(name)s has agreements or deliveries. Archive it instead.", name=creditor.name)
                )

    # Calendar

    @api.model
    def _local_now(self):
        """Date and time where Betalingsservice has its deadlines."""
        return datetime.now(pytz.utc).astimezone(TIME_ZONE).replace(tzinfo=None)

    @api.model
    def _slip_creditor(self, company):
        """The creditor that sends slips for a company, production before the operator's test; or none."""
        creditors_sudo = self.sudo().search([("company_id", "=", company.id), ("slip_rule", "!=", "none")])
        return creditors_sudo.sorted(lambda creditor: creditor.subsystem != PRODUCTION)[:1]

    def _earliest_slip_date(self):
        """First day a slip delivered today can be asked to be paid on."""
        self.ensure_one()
        return calendar.banking_days_after(self._local_now().date(), self.slip_days)

    def _payment_date(self, wanted, taken=(), section="0112", may_stop=True):
        """The day an amount due on ``wanted`` can be drawn, with the reason when it is another day.

        :param wanted: due date of the invoice
        :param taken: dates on which nothing more can be drawn from the same customer number
        :param section: ``0112`` drawn, ``0117`` slip, for which the monthly deadline does not apply
        :param may_stop: follow the rule that the second collection of a day is stopped
        :return: ``(date or None, reason)``; no date when the second collection of a day is to be stopped
        """
        self.ensure_one()
        reasons = []
        date, earliest = wanted, self._earliest_date(section)
        if self._is_too_late(wanted, section):
            reasons.append(self._too_late_reason(wanted, earliest, section))
            date = earliest
        if not calendar.is_banking_day(date):
            closed = date
            date = calendar.next_banking_day(date, -1 if self.banking_day_rule == "previous" else 1)
            date = date if date >= earliest else max(calendar.next_banking_day(closed), earliest)
            reasons.append(self.env._("%(date)s is not a banking day.", date=self._date_text(closed)))
        if date in taken:
            reasons.append(
                self.env._(
                    "The customer number is drawn on %(date)s already, and Betalingsservice draws once a day.",
                    date=self._date_text(date),
                )
            )
            if self.same_day_rule == "stop" and may_stop:
                return None, " ".join(reasons)
            while date in taken:
                date = calendar.next_banking_day(fields.Date.add(date, days=1))
        return date, " ".join(reasons)

    def _earliest_date(self, section="0112"):
        if section == "0117":
            return self._earliest_slip_date()
        return self._earliest_payment_date()

    def _is_too_late(self, wanted, section="0112"):
        """The day cannot be reached any more; a closed first of a month only moves to its first banking day."""
        if section == "0117":
            return wanted < self._earliest_slip_date()
        return self._delivery_deadline(wanted) <= self._local_now()

    def _too_late_reason(self, wanted, earliest, section):
        if section == "0117":
            return self.env._(
                "A slip for %(wanted)s would arrive too late; %(date)s is the first day that can be reached.",
                wanted=self._date_text(wanted),
                date=self._date_text(earliest),
            )
        return self.env._(
            "The deadline for %(wanted)s was %(deadline)s; %(date)s is the first day that can be reached.",
            wanted=self._date_text(wanted),
            deadline=self._date_text(self._delivery_deadline(wanted).date()),
            date=self._date_text(earliest),
        )

    @api.model
    def _date_text(self, date):
        return date.strftime("%d.%m.%Y")

    # Actions

    def action_create_delivery(self):
        """Write what is to be drawn next month into a delivery and open it."""
        deliveries = self.env["betalingsservice.delivery"]
        for creditor in self:
            deliveries |= creditor._create_delivery()
        return deliveries._action_open()

    def action_create_provider(self):
        """A provider in paymatch that takes the answers of this creditor."""
        for creditor in self.filtered(lambda c: not c.provider_id):
            # test and production have one PBS number and each their provider
            trial = "" if creditor.subsystem == PRODUCTION else f" ({creditor.subsystem})"
            provider = self.env["paymatch.provider"].create(
                {
                    "name": self.env._("Betalingsservice %(pbs)s", pbs=creditor.pbs_number) + trial,
                    "company_id": creditor.company_id.id,
                    "kind": "advice",
                    "format": delivery_0602.code,
                    "account_number": creditor.pbs_number,
                    "currency_id": self.env.ref("base.DKK").id,
                }
            )
            provider.action_create_accounts()
            creditor.provider_id = provider
        return True

    def action_open_collections(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_collection_action")
        return {**action, "domain": [("creditor_id", "=", self.id)]}

    def action_open_agreements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_agreement_action")
        return {**action, "domain": [("creditor_id", "=", self.id)]}

    def _create_delivery(self, date_to=None):
        """One delivery 0601 with all that can be drawn up to ``date_to`` (end of the next month that can be reached).

        :return: ``betalingsservice.delivery``
        """
        self.ensure_one()
        self.env["account.move"]._sweep_betalingsservice(self.company_id)
        self.env["betalingsservice.collection"].sudo()._claim_credit_notes(self.agreement_ids)
        earliest = self._earliest_payment_date()
        date_to = date_to or fields.Date.end_of(earliest, "month")
        collections = self.env["betalingsservice.collection"]._take_for_delivery(self, date_to)
        left_out = self._left_out_text(date_to, collections)
        if not collections:
            text = self.env._(
                "%(name)s: there is nothing to deliver up to %(date)s.", name=self.name, date=self._date_text(date_to)
            )
            raise UserError("\n\n".join(filter(None, [text, left_out])))
        delivery = self.env["betalingsservice.delivery"]._create_out(self, collections)
        if left_out:
            delivery.message_post(body=Markup("<br/>").join(left_out.split("\n")))
        return delivery

    def _left_out_text(self, date_to, collections):
        """Which collections stay out of a delivery and why, or an empty string: in silence they would wait a month."""
        self.ensure_one()
        waiting = self.env["betalingsservice.collection"].search(
            [
                ("creditor_id", "=", self.id),
                ("state", "=", "to_send"),
                ("delivery_id", "=", False),
                ("id", "not in", collections.ids),
                "|",
                "&",
                ("payment_date", "=", False),
                ("due_date", "<=", date_to),
                ("payment_date", "<=", date_to),
            ]
        )
        if not waiting:
            return ""
        held = self.env._("on hold")
        reasons = [
            f"{collection.partner_id.name} {collection.reference or ''}: {collection.error_message or held}"
            for collection in waiting[:MOST_LEFT_OUT]
        ]
        if len(waiting) > MOST_LEFT_OUT:
            reasons.append("…")
        return "\n".join([self.env._("%(count)s collections stay out of the delivery:", count=len(waiting)), *reasons])
