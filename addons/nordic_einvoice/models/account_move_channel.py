from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import format_date

from ..const import CHANNEL_FORMATS, CHANNELS

FALLBACKS = {"mail_print": ("mail", "print"), "print": ("print",), "stop": ()}


@dataclass(frozen=True)
class Way:
    """How an invoice leaves: the channel, why, what stops it, and what a person should know."""

    channel: str
    reason: str
    problem: str = ""
    warning: str = ""


class Knowledge:
    """What deciding about many invoices needs, read once. ``is_asking``: ask the registers for what is too old."""

    def __init__(self, moves, is_asking=False):
        env = moves.env
        self.labels = dict(moves._fields["einvoice_channel"]._description_selection(env))
        self.agreed, self.mandates, self.senders = {}, {}, {}
        wanted = set()
        for company, group in moves.grouped("company_id").items():
            self.agreed[company] = env["nordic.einvoice.consent"]._agreed(group.partner_id, company)
            zone = company.partner_id.tz or env.user.tz
            today = fields.Date.context_today(moves.with_context(tz=zone))
            country = company.account_fiscal_country_id
            self.mandates[company] = env["nordic.einvoice.mandate"]._for_country(country, today)
            for channel in CHANNEL_FORMATS:
                self.senders[company, channel] = env["transfer.connection"]._einvoice_sender(company, channel)
            if company.einvoice_lookup:
                wanted |= {address for move in group for address in move._einvoice_addresses()}
        if is_asking:
            env["nordic.einvoice.participant"]._refresh({(value, channel) for value, channel, _kind in wanted})
        self.ability = env["nordic.einvoice.participant"]._ability(wanted)

    def can_receive(self, move, channel):
        for address in move._einvoice_addresses():
            if address[1] == channel:
                return self.ability.get(address, "unknown")
        return "unknown"


class AccountMove(models.Model):
    _inherit = "account.move"

    def _einvoice_default_channel(self):
        chosen = super()._einvoice_default_channel()
        partner = self.partner_id.with_company(self.company_id)
        own = partner.einvoice_channel or partner.commercial_partner_id.einvoice_channel
        return chosen if own or not partner else self.company_id.einvoice_channel or chosen

    def _einvoice_addresses(self):
        """Where this document's receiver may be registered: ``(value, channel, kind)``."""
        kind = "credit_note" if self.move_type == "out_refund" else "invoice"
        found = []
        for channel in CHANNEL_FORMATS:
            endpoint = self.partner_id._einvoice_endpoint(channel)
            if endpoint and endpoint.scheme:
                found.append((f"{endpoint.scheme}:{endpoint.value}", channel, kind))
        return found

    def _einvoice_ways(self, chosen=None, is_asking=False):
        """How each of these invoices leaves, with the reason.

        :param chosen: ``{move: channel}`` where a person has chosen; the others are decided
        :return: ``{move: Way}``
        """
        knowledge = Knowledge(self, is_asking)
        chosen = chosen or {}
        return {move: move._einvoice_way(knowledge, chosen.get(move)) for move in self}

    def _einvoice_way(self, knowledge, chosen=None):
        self.ensure_one()
        channel, reason, obstacle = self._einvoice_decide(knowledge)
        if chosen and chosen != channel:
            channel, reason = chosen, self.env._("Chosen for this sending.")
            obstacle = self._einvoice_obstacle(knowledge, channel)
        problem = (
            obstacle
            or self._einvoice_duty(knowledge, channel)
            or self._einvoice_missing_reference()
            or self._einvoice_sender_problem(knowledge, channel)
        )
        missing = "" if problem else self._einvoice_missing_consent(knowledge, channel)
        if missing and self.company_id.einvoice_consent_rule == "block":
            problem, missing = missing, ""
        warning = missing
        if not problem and not warning and channel in CHANNEL_FORMATS and self.company_id.einvoice_lookup:
            is_unknown = knowledge.can_receive(self, channel) == "unknown"
            warning = self.env._("The register did not tell whether the customer can receive it.") if is_unknown else ""
        return Way(channel, reason, problem, warning)

    def _einvoice_decide(self, knowledge):
        """(channel, reason, what stops it): the first choice, or what is possible instead."""
        channel, reason = self._einvoice_first_channel(knowledge)
        obstacle = self._einvoice_obstacle(knowledge, channel)
        if not obstacle:
            return channel, reason, ""
        for other in FALLBACKS[self.company_id.einvoice_fallback]:
            if other != channel and not self._einvoice_obstacle(knowledge, other):
                label = knowledge.labels[other]
                reason = self.env._("%(obstacle)s Therefore: %(channel)s.", obstacle=obstacle, channel=label)
                return other, reason, ""
        return channel, reason, obstacle

    def _einvoice_first_channel(self, knowledge):
        """The channel of invoice, customer, company or address, whichever speaks first, and which it was."""
        default = self._einvoice_default_channel()
        channel = self.einvoice_channel or default
        label = knowledge.labels[channel]
        if channel != default:
            return channel, self.env._("%(channel)s stands on the invoice.", channel=label)
        partner = self.partner_id.with_company(self.company_id)
        if partner.einvoice_channel or partner.commercial_partner_id.einvoice_channel:
            return channel, self.env._("%(channel)s is chosen on the customer.", channel=label)
        if self.company_id.einvoice_channel:
            return channel, self.env._("%(channel)s is your company's choice.", channel=label)
        if channel in CHANNEL_FORMATS:
            return channel, self.env._("The customer has an electronic address.")
        if partner.einvoice_kind == "person":
            return channel, self.env._("The customer is a private person.")
        return channel, self.env._("The customer has no electronic address.")

    def _einvoice_obstacle(self, knowledge, channel):
        """Why a document cannot reach the customer this way; "" when nothing is known against it."""
        partner = self.partner_id
        if channel in CHANNEL_FORMATS:
            if not partner._einvoice_endpoint(channel):
                return self.env._("The customer has no electronic address.")
            ability = knowledge.can_receive(self, channel)
            if ability == "absent":
                return self.env._("The customer is not registered to receive e-invoices.")
            if ability == "other":
                return self.env._("The customer is registered, but not for this kind of document.")
            return ""
        if channel == "mail":
            has_address = partner.email or partner.commercial_partner_id.email
            return "" if has_address else self.env._("The customer has no e-mail address.")
        is_complete = partner.street and partner.city and (partner.zip or not partner.country_id.zip_required)
        return "" if is_complete else self.env._("The customer's postal address is not complete.")

    def _einvoice_duty(self, knowledge, channel):
        """The law's word against mail and print; "" where there is a choice."""
        if channel in CHANNEL_FORMATS:
            return ""
        partner, company = self.partner_id, self.company_id
        if partner._einvoice_country() != company.account_fiscal_country_id.code:
            return ""
        for mandate in knowledge.mandates[company]:
            if mandate.customer == "public":
                applies = partner.einvoice_kind == "public"
            else:
                states = {knowledge.can_receive(self, one) for one in CHANNEL_FORMATS}
                applies = partner.einvoice_kind == "business" and "able" in states
            if applies:
                return self.env._(
                    "%(duty)s since %(day)s (%(act)s): it may not go by e-mail or on paper.",
                    duty=mandate.name,
                    day=format_date(self.env, mandate.valid_from),
                    act=mandate.source,
                )
        return ""

    def _einvoice_missing_consent(self, knowledge, channel):
        """Consent the company wants and does not have; where the law demands e-invoices nobody is asked."""
        company = self.company_id
        if company.einvoice_consent_rule == "none" or channel == "print":
            return ""
        agreed = knowledge.agreed[company].get(self.partner_id.commercial_partner_id.id, set())
        form = "mail" if channel == "mail" else "einvoice"
        if agreed & {"any", form} or (channel in CHANNEL_FORMATS and self._einvoice_duty(knowledge, "print")):
            return ""
        return self.env._("The customer's consent to electronic invoices is not registered.")

    def _einvoice_sender_problem(self, knowledge, channel):
        if channel not in CHANNEL_FORMATS:
            return ""
        if knowledge.senders[self.company_id, channel]:
            return ""
        if knowledge.senders[self.company_id, channel]:
            return ""
        if self.company_id.einvoice_sender == "core":
            return self.company_id._einvoice_not_registered()
        return self.env._("No access point or folder is set up for %s.", dict(CHANNELS).get(channel, channel))

    @api.model
    def _einvoice_to_send_domain(self, company):
        return [
            ("company_id", "=", company.id),
            ("state", "=", "posted"),
            ("move_type", "in", ("out_invoice", "out_refund")),
            ("is_move_sent", "=", False),
            ("einvoice_dispatch_ids", "not any", [("is_living", "=", True)]),
            ("einvoice_document_ids", "not any", [("direction", "=", "out"), ("sent_date", "!=", False)]),
        ]
