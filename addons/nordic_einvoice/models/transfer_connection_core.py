"""Odoo's own registration as one of the access points: its transport, our documents, the same queue.

Core's modules (account_peppol, l10n_dk_nemhandel) install themselves beside account_edi_ubl_cii; nothing here needs
them. Source of the calls and of their answers: the code of both modules in Odoo 19.
"""

import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import AuthorisationError, RejectedError, UncertainError

from ..const import NETWORKS

KIND = "einvoice_core"
SEND = "einvoice_send"
#: codes of core's proxy that mean that it does not know this database (any more)
SHUT_OUT = ("no_such_user", "invalid_signature", "block_demo_mode")
#: its code for everything that went wrong on the way there or back
NO_ANSWER = "connection_error"


class ResCompany(models.Model):
    _inherit = "res.company"

    def _einvoice_core_networks(self):
        """Names of the networks this company is registered on through Odoo's own access point."""
        self.ensure_one()
        company = self.sudo()
        return [
            name
            for name, network in NETWORKS.items()
            if network.registered in company._fields
            and company[network.registered] in network.registered_values
            and company[network.registration]
        ]

    def _einvoice_not_registered(self):
        """Why nothing can be sent through Odoo's own access point."""
        self.ensure_one()
        if not self._einvoice_is_ours():
            return self.env._("%s sends through Odoo's own registration: use Send on the invoice.", self.name)
        return self.env._(
            "%s is not registered for this with Odoo's own access point. Register it in the settings of Invoicing, or "
            "choose there that e-invoices go through your own access point.",
            self.name,
        )


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[(KIND, "E-invoices through Odoo's own registration")],
        ondelete={KIND: lambda connections: connections._transfer_retire()},
    )

    @api.model
    def _einvoice_sender(self, company, channel):
        # the one sender of a company that has chosen Odoo's own registration
        if company.sudo().einvoice_sender != "core":
            return super()._einvoice_sender(company, channel)
        if channel not in company._einvoice_core_networks():
            return self.sudo().browse()
        connections = self.sudo().search([("company_id", "=", company.id), ("kind", "=", KIND)], limit=1)
        return connections or self.sudo().create(
            {"name": self.env._("Odoo's own registration"), "company_id": company.id, "kind": KIND}
        )

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != KIND or log.operation != SEND:
            return super()._transfer_execute(log)
        document = self._einvoice_queued_document(log)
        channel = document._einvoice_channel_of_format()
        content = document._file_content()
        receiver = document._einvoice_receiver(channel)
        sent = {"filename": document.filename, "receiver": receiver, "ubl": base64.b64encode(content).decode()}
        answer = self._einvoice_core_call(channel, {"documents": [sent]})
        number = self._einvoice_core_number(answer)
        return {
            "remote_id": number,
            "request": f"{document.filename} -> {receiver} (SHA-256 {document.sha256})",
            "response": str(answer),
        }

    def _einvoice_core_call(self, channel, params):
        """Ask core's proxy, on a cursor of its own.

        Core commits in the middle when it renews its key or is shut out. On the queue's cursor that would give up the
        savepoint and the lock of the claim, and what is noted of a document that left would be gone.

        :return: the proxy's answer
        :raises TransferError: what the queue does next
        """
        fault = None
        with self.env.registry.cursor() as cr:
            connection = self.with_env(self.env(cr=cr))
            registration = connection._einvoice_registration(channel)
            try:
                answer = getattr(registration, NETWORKS[channel].call)(NETWORKS[channel].path, params=params)
            except UserError as error:
                # raised after the block: what core wrote about its registration stays
                fault = connection._einvoice_core_error(error)
        if fault:
            raise fault
        return answer

    def _einvoice_registration(self, channel):
        """The company's account_edi_proxy_client.user of the channel's network."""
        company = self.company_id
        if channel not in company._einvoice_core_networks():
            raise AuthorisationError(
                self.env._(
                    "%(company)s is not registered for this with Odoo's own access point. Register it in the settings "
                    "of Invoicing, then press Go on.",
                    company=company.name,
                )
            )
        return company.sudo()[NETWORKS[channel].registration]

    def _einvoice_core_error(self, error):
        """What the queue does next. Core turns each fault into a text; the code stands behind it."""
        code, text = getattr(error.__context__, "code", ""), str(error)
        if code == NO_ANSWER:
            return UncertainError(
                self.env._(
                    "Odoo's access point gave no answer we can read, so it is not known whether the e-invoice was "
                    "taken. %(text)s",
                    text=text,
                )
            )
        if code in SHUT_OUT or self._einvoice_is_out_of_step():
            return AuthorisationError(self.env._("Odoo's access point does not let us in: %(text)s", text=text))
        return RejectedError(self.env._("Odoo's access point refused it: %(text)s", text=text))

    def _einvoice_is_out_of_step(self):
        company = self.company_id.sudo()
        return any(company[NETWORKS[name].registration].is_token_out_of_sync
                   for name in company._einvoice_core_networks())  # fmt: skip

    def _einvoice_core_number(self, answer):
        messages = answer.get("messages") if isinstance(answer, dict) else None
        number = messages[0].get("message_uuid") if messages and isinstance(messages[0], dict) else None
        if not number:
            raise UncertainError(
                self.env._("Odoo's access point answered without a number: %(answer)s", answer=str(answer)[:500])
            )
        return str(number)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != KIND or log.operation != SEND:
            return super()._transfer_lookup(log)
        raise UncertainError(
            self.env._("%s cannot be asked whether it took this e-invoice.", self.name),
            advice=self.env._(
                "Ask the customer whether the invoice arrived, then choose “It Was Taken” or “It Is Not There” on the "
                "e-document."
            ),
        )

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        if self.kind == KIND and log.operation == SEND:
            document = self.env["nordic.einvoice.document"].browse(log.res_id)
            document._mark_sent()
            network = NETWORKS[document._einvoice_channel_of_format()]
            # core's own scheduled action asks for what stands like this, see AccountMove.write
            document.move_id.sudo().write({network.message: result["remote_id"], network.state: "processing"})
        return super()._transfer_done(log, result)


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    def _einvoice_receiver(self, channel):
        """``scheme:value`` of the customer."""
        endpoint = self.move_id.partner_id._einvoice_endpoint(channel)
        if not endpoint or not endpoint.scheme:
            raise RejectedError(self.env._("The customer has no electronic address."))
        return f"{endpoint.scheme}:{endpoint.value}"


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        # EXTENDS 'account': core notes what became of an invoice that its access point took
        result = super().write(vals)
        for network in NETWORKS.values():
            if vals.get(network.state) in ("done", "error"):
                self._einvoice_core_answered(vals[network.state])
        return result

    def _einvoice_core_answered(self, state):
        documents = self.sudo().einvoice_document_ids.filtered(
            lambda one: one.direction == "out" and one.connection_id.kind == KIND
        )
        for document in documents:
            if state == "done":
                document._einvoice_answered("delivered")
            else:
                reason = self.env._(
                    "Odoo's access point did not deliver it; why stands in the messages of the invoice."
                )
                document._einvoice_answered("failed", reason)
