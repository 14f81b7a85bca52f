from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.list_reader.formats.numbers import exponent
from odoo.addons.paymatch.api import FetchError
from odoo.addons.transfer_log.addresses import is_allowed
from odoo.addons.transfer_log.exceptions import AuthorisationError, RejectedError

from ..api import DOMAINS, HOST, Epay

LIST, LOOK_UP = "gateway_list", "gateway_look_up"
#: Days asked for in one call, and days asked for again: a payment may be captured later than it was authorised.
PERIOD, OVERLAP = 7, 14


class TransferConnection(models.Model):
    """Payments of ePay: their numbers lead to orders where an acquirer's report names none.

    The queue carries two operations: the transactions of some days, and one transaction by its number. Both only read.
    """

    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("epay", "Payments of ePay")],
        ondelete={"epay": lambda connections: connections._transfer_retire()},
    )
    epay_merchant = fields.Char(string="Merchant Number", tracking=True, help="ePay's number of the shop, digits only.")
    epay_password = fields.Char(
        string="Password of the Service",
        groups="base.group_system",
        copy=False,
        help="Set in ePay's administration under API / Webservices. Empty where none is set there.",
    )
    epay_from_date = fields.Date(
        string="Transactions From",
        default=lambda self: fields.Date.context_today(self),
        help="Transactions authorised before are not asked for by themselves.",
    )
    epay_until = fields.Date(string="Transactions Until", compute="_compute_epay_until")

    @api.depends("log_ids.state", "epay_from_date")
    def _compute_epay_until(self):
        for connection in self:
            connection.epay_until = connection._epay_position() if connection.kind == "epay" else False

    @api.constrains("kind", "epay_merchant", "epay_from_date")
    def _check_epay(self):
        for connection in self.filtered(lambda one: one.kind == "epay"):
            number = connection.epay_merchant or ""
            if not (number.isascii() and number.isdigit() and len(number) <= 9):
                raise ValidationError(self.env._("Enter ePay's merchant number on %s, digits only.", connection.name))
            if not connection.epay_from_date:
                raise ValidationError(self.env._("Choose the first day of transactions on %s.", connection.name))

    # ---------------------------------------------------------------- actions

    def action_epay_fetch(self):
        """Button: ask for the transactions since the last time; they come in the background."""
        self.ensure_one()
        self.env["paymatch.gateway.payment"].check_access("create")
        self._epay_enqueue_lists()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("Transactions of ePay are being fetched in the background."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_epay_payments(self):
        """Button: the payments that are known."""
        return self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_gateway_payment_action")

    # --------------------------------------------------------------- business

    @api.model
    def _transfer_crons(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_crons() | {"epay": ["paymatch_epay.ir_cron_epay_fetch"]}

    @api.model
    def _cron_epay_fetch(self):
        """Put the days that are missing into the queue, which does the rest."""
        for connection in self.search([("kind", "=", "epay"), ("is_paused", "=", False)]):
            if connection.state != "authorisation":
                connection._epay_enqueue_lists()

    def _epay_enqueue_lists(self):
        """One transfer for each week that is missing, and for the days that may have changed since."""
        self.ensure_one()
        waiting = (
            self.env["transfer.log"]
            .sudo()
            .search_count(
                [
                    ("connection_id", "=", self.id),
                    ("operation", "=", LIST),
                    ("state", "in", ("queued", "sending", "uncertain")),
                ],
                limit=1,
            )
        )
        if waiting:  # ePay is away: no second question about the same days
            self._trigger_queue()
            return
        today, position = self._company_today(), self._epay_position()
        first = self.epay_from_date
        if position:
            first = max(first, position - timedelta(days=OVERLAP - 1))
        moment = fields.Datetime.now().strftime("%Y-%m-%d %H:%M")
        while first <= today:
            last = min(first + timedelta(days=PERIOD - 1), today)
            self._epay_enqueue(LIST, f"list:{first}..{last}:{moment}", self.company_id)
            first = last + timedelta(days=1)

    def _epay_enqueue(self, operation, key, record):
        owner = self.sudo().responsible_id
        connection = self.sudo().with_user(owner) if owner.active else self.sudo()
        return connection._transfer_enqueue(operation, record, key, direction="in")

    def _epay_position(self):
        """The last day up to which all transactions are here; ``False``: none."""
        self.ensure_one()
        done = self.env["transfer.log"].sudo().search(
            [("connection_id", "=", self.id), ("operation", "=", LIST), ("state", "=", "done")]
        )  # fmt: skip
        periods = sorted(
            tuple(fields.Date.to_date(day) for day in log.remote_id.split("..")) for log in done if log.remote_id
        )
        until = self.epay_from_date - timedelta(days=1) if self.epay_from_date else False
        for first, last in periods if until else ():
            if first <= until + timedelta(days=1) <= last + timedelta(days=1):
                until = max(until, last)
        return until if until and until >= self.epay_from_date else False

    def _epay_client(self):
        """The client of this connection. The password goes to ePay's own hosts only, or to a test server here."""
        self.ensure_one()
        get_param = self.env["ir.config_parameter"].sudo().get_param
        address = get_param("paymatch_epay.url") or HOST
        if not is_allowed(address, DOMAINS, allows_test_server=get_param("paymatch.test_server") == "1"):
            raise UserError(self.env._("%s is no address of ePay (system parameter paymatch_epay.url).", address))
        return Epay(self.epay_merchant, self.sudo().epay_password or "", url=address)

    def _epay_call(self, method, *arguments):
        try:
            return getattr(self._epay_client(), method)(*arguments)
        except FetchError as error:
            if error.kind == "authorisation":
                raise AuthorisationError(
                    self.env._(
                        "ePay does not let us in: %s. Check merchant number and password, and that the service is open "
                        "for this server's address in ePay's administration; then press Go on.",
                        error.text,
                    ),
                    response=error.response,
                ) from error
            if error.kind == "not_found":
                raise RejectedError(self.env._("ePay does not know it: %s", error.text)) from error
            raise self._paymatch_transfer_error("ePay", error) from error

    def _epay_list(self, log):
        first, last = (fields.Date.to_date(day) for day in log.key.split(":")[1].split(".."))
        found = self._epay_call("transactions", first, last)
        new = self._epay_take_up(found)
        return {"remote_id": f"{first}..{last}", "response": {"transactions": len(found), "new": len(new)}}

    def _epay_look_up(self, log):
        found = self._epay_call("transaction", int(log.key.split(":")[1]))
        new = self._epay_take_up([found])
        return {"remote_id": str(found.number), "response": {"order": found.order, "new": len(new)}}

    def _epay_take_up(self, found):
        """Add the payments, and match again what waits for just their numbers."""
        rows = {
            f"epay/{self.epay_merchant}/{one.number}": self._epay_prepare_payment(one) for one in found if one.order
        }
        payments = self.env["paymatch.gateway.payment"].with_company(self.company_id)
        new = payments._take_up(rows, self.name)
        new._epay_match_again()
        return new

    def _epay_prepare_payment(self, one):
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("iso_numeric", "=", one.currency)], limit=1)
        amount = (one.captured or one.authorised) / 10 ** exponent(currency.name or "")
        return {
            "order_reference": one.order,
            "provider_reference": str(one.number),
            "payment_date": one.day,
            "amount": amount if currency else 0,
            "currency_id": currency.id,
            "card_digits": one.card_digits or False,
        }

    # -------------------------------------------------------- hooks of the queue

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            LIST: self.env._("Transactions of ePay"),
            LOOK_UP: self.env._("Transaction of ePay"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind == "epay" and log.operation == LIST:
            return self._epay_list(log)
        if self.kind == "epay" and log.operation == LOOK_UP:
            return self._epay_look_up(log)
        return super()._transfer_execute(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log': only read over there, so it is safe to do again
        if self.kind == "epay" and log.operation in (LIST, LOOK_UP):
            return None
        return super()._transfer_lookup(log)
