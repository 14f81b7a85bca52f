from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..api import lookup

KEPT_HOURS = 24
AGAIN_MINUTES = 15  # after no answer
WORKERS = 8


class NordicEinvoiceParticipant(models.Model):
    """What the registers say about who can receive e-invoices; the same for all companies."""

    _name = "nordic.einvoice.participant"
    _inherit = ["system.fields.mixin"]
    _description = "Receiver in the Registers"
    _order = "checked_date desc, id desc"
    _rec_name = "value"

    value = fields.Char(string="Electronic Address", required=True, readonly=True)
    channel = fields.Selection([("peppol", "Peppol"), ("nemhandel", "NemHandel")], required=True, readonly=True)
    state = fields.Selection(
        [("registered", "Registered"), ("absent", "Not registered"), ("unknown", "Not known")],
        required=True,
        readonly=True,
    )
    document_types = fields.Json(readonly=True)
    reason = fields.Char(string="Why Not Known", readonly=True)
    checked_date = fields.Datetime(string="Asked On", readonly=True)
    expires_date = fields.Datetime(readonly=True)

    _value_uniq = models.Constraint("UNIQUE (value, channel)", "This address was looked up already.")

    @api.model
    def _ability(self, wanted):
        """``{(value, channel, kind): able | other | absent | unknown}`` from what is known; nothing is asked."""
        known = self._known({(value, channel) for value, channel, _kind in wanted})
        return {
            (value, channel, kind): known[value, channel]._participant().can_receive(channel, kind)
            if (value, channel) in known
            else lookup.UNKNOWN
            for value, channel, kind in wanted
        }

    @api.model
    def _known(self, addresses):
        found = self.sudo().search(Domain("value", "in", list({value for value, _channel in addresses})))
        return {(one.value, one.channel): one for one in found if (one.value, one.channel) in addresses}

    def _participant(self):
        return lookup.Participant(self.state, tuple(self.document_types or ()), self.reason or "")

    @api.model
    def _refresh(self, addresses):
        """Ask for those of the addresses ``(value, channel)`` whose answer is missing or too old, at once.

        Without an answer what was known before stays: a register that is away takes nobody out of it.
        """
        now = fields.Datetime.now()
        known = self._known(addresses)
        due = [one for one in sorted(addresses) if one not in known or (known[one].expires_date or now) <= now]
        if not due:
            return
        ask = self._asker()
        with ThreadPoolExecutor(WORKERS) as pool:
            answers = dict(zip(due, pool.map(lambda one: ask(*one), due), strict=True))
        fresh = []
        for address, answer in answers.items():
            record = known.get(address, self.browse()).sudo()
            is_known = answer.state != lookup.UNKNOWN
            values = {
                "reason": answer.reason or False,
                "checked_date": now,
                "expires_date": now + (timedelta(hours=KEPT_HOURS) if is_known else timedelta(minutes=AGAIN_MINUTES)),
            }
            if is_known or not record:
                values |= {"state": answer.state, "document_types": list(answer.document_types)}
            if record:
                record.write(values)
            else:
                fresh.append(values | {"value": address[0], "channel": address[1]})
        self.sudo().create(fresh)

    @api.model
    def _asker(self):
        """``ask(value, channel) -> lookup.Participant``: plain Python, used from threads."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        zones = {
            "peppol": get_param("nordic_einvoice.peppol_zone") or lookup.PEPPOL_ZONE,
            "nemhandel": get_param("nordic_einvoice.nemhandel_zone") or "",
        }
        allow_inner = get_param("nordic_einvoice.test_server") == "1"
        try:
            resolver = self._resolver()
        except lookup.NoAnswer as error:
            text = str(error)
            return lambda _value, _channel: lookup.Participant(lookup.UNKNOWN, reason=text)

        def ask(value, channel):
            if not zones[channel]:
                return lookup.Participant(lookup.UNKNOWN, reason="there is no register to ask")
            opener = lookup.Opener(allow_inner=allow_inner)
            return lookup.look_up(value, resolver, opener, zone=zones[channel], is_old_way=channel == "nemhandel")

        return ask

    @api.model
    def _resolver(self):
        return lookup.Resolver()

    @api.model
    def _can_create_by_hand(self):
        return self.env.su
