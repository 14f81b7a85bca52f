from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, ValidationError

READER = "transfer_log.group_transfer_auditor"
MANAGER = "transfer_log.group_transfer_manager"
# what a notification tells, and the events it is made of
EVENTS = {"transfers": ("done",), "errors": ("failed", "uncertain"), "stopped": ("stopped",)}


class TransferNotification(models.Model):
    """Who is told what about the transfers, how often and by which way. Each person sets up his own."""

    _name = "transfer.notification"
    _description = "Notification about Transfers"
    _order = "company_id, user_id, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        ondelete="cascade",
    )
    event = fields.Selection(
        selection=[
            ("transfers", "Transfer report"),
            ("errors", "Error report"),
            ("stopped", "A connection has stopped"),
        ],
        string="What",
        required=True,
        default="errors",
        help="Transfer report: what was sent and received. Error report: what failed, or has an unknown outcome. "
        "A connection has stopped: the other side no longer lets us in.",
    )
    connection_ids = fields.Many2many(
        "transfer.connection",
        string="Connections",
        check_company=True,
        domain="[('company_id', '=', company_id)]",
        help="Only these. Empty: all connections of the company.",
    )
    frequency = fields.Selection(
        selection=[("at_once", "At once"), ("hourly", "Every hour"), ("daily", "Every day"), ("weekly", "Every week")],
        required=True,
        default="daily",
    )
    weekday = fields.Selection(
        selection=[
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        required=True,
        default="0",
    )
    hour = fields.Integer(string="Hour", default=7, required=True, help="0 to 23, in the time zone of the company.")
    channel = fields.Selection(
        selection=[("mail", "Mail"), ("activity", "Activity")], string="By", required=True, default="mail"
    )
    is_sent_empty = fields.Boolean(
        string="Also When Nothing Happened", help="Otherwise nothing is sent when there is nothing to tell."
    )
    next_date = fields.Datetime(string="Next", readonly=True, copy=False)
    last_date = fields.Datetime(string="Latest", readonly=True, copy=False)
    problem = fields.Text(readonly=True, copy=False)
    is_manager = fields.Boolean(compute="_compute_is_manager")
    line_ids = fields.One2many("transfer.notification.line", "notification_id", string="Events")

    _hour_check = models.Constraint("CHECK (hour BETWEEN 0 AND 23)", "The hour is a number from 0 to 23.")

    @api.depends("event", "user_id", "frequency")
    def _compute_display_name(self):
        events = dict(self._fields["event"]._description_selection(self.env))
        frequencies = dict(self._fields["frequency"]._description_selection(self.env))
        for one in self:
            parts = (events.get(one.event), one.user_id.name, frequencies.get(one.frequency))
            one.display_name = " · ".join(filter(None, parts))

    def _compute_is_manager(self):
        self.is_manager = self.env.user.has_group(MANAGER)

    @api.constrains("user_id", "company_id", "active")
    def _check_person(self):
        for one in self:
            if one.active and not one._may_read():
                raise ValidationError(
                    self.env._(
                        "%(name)s may not read the transfers of %(company)s.",
                        name=one.user_id.name,
                        company=one.company_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        notifications = super().create(vals_list)
        notifications._check_own()
        self.env.registry.clear_cache()
        notifications._plan()
        return notifications

    def write(self, vals):
        res = super().write(vals)
        self._check_own()
        if {"active", "company_id", "event"} & vals.keys():
            self.env.registry.clear_cache()
        if {"frequency", "weekday", "hour", "company_id", "active"} & vals.keys():
            self._plan()
        return res

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _check_own(self):
        """Whoever is no manager tells himself only."""
        user = self.env.user
        if self and not self.env.su and not user.has_group(MANAGER) and self.user_id != user:
            raise AccessError(self.env._("You may set up notifications for yourself only."))

    def _may_read(self):
        """Whether the person may see the transfers of the company."""
        self.ensure_one()
        user = self.user_id.sudo()
        return user.active and self.company_id in user.company_ids and user.has_group(READER)

    # --------------------------------------------------------------- business

    @api.model
    def _note(self, connection, event, log=None):
        """Remember an event for every notification that tells it, in the transaction of the event itself: it is told
        when the event is there, and once.

        :param connection: transfer.connection
        :param str event: ``done``, ``failed``, ``uncertain`` or ``stopped``
        :param log: the transfer concerned, if any
        """
        ids = self._ids_of(connection.company_id.id, event)
        lines = self.env["transfer.notification.line"].sudo()
        for notification in self.sudo().browse(ids).exists():
            if notification.connection_ids and connection not in notification.connection_ids:
                continue
            is_first = not lines.search_count(
                [("notification_id", "=", notification.id), ("sent_date", "=", False)], limit=1
            )
            lines.create(
                {
                    "notification_id": notification.id,
                    "connection_id": connection.id,
                    "log_id": log.id if log else False,
                    "event": event,
                }
            )
            if notification.frequency == "at_once" and is_first:
                self.env.ref("transfer_log.ir_cron_send_notifications").sudo()._trigger()

    @api.model
    @tools.ormcache("company_id", "event")
    def _ids_of(self, company_id, event):
        told = [name for name, events in EVENTS.items() if event in events]
        return tuple(self.sudo().search([("company_id", "=", company_id), ("event", "in", told)]).ids)
