from decimal import Decimal

from odoo import api, fields, models

from odoo.addons.transfer_log.exceptions import AuthorisationError, RejectedError, TemporaryError, UncertainError

from ..api.client import API_URL, DineroClient
from ..api.errors import DineroError

LIMIT_PAUSE = 60  # seconds; the limit is per minute


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("dinero", "Dinero")],
        ondelete={"dinero": lambda connections: connections._transfer_retire()},
    )

    # --------------------------------------------------------------- business

    def _dinero_client(self):
        self.ensure_one()
        tokens = self.env["dinero.token"]
        return DineroClient(
            self.sudo().dinero_organisation_id.number or 0,
            lambda refused=None: tokens._access_token(self, refused),
            url=self._dinero_address("api_url", API_URL),
            wait=self._dinero_wait,
        )

    def _dinero_call(self, method, *arguments, is_write=False, **options):
        """One call of the client; its errors become those of the queue."""
        self.ensure_one()
        if method != "organizations" and not self.sudo().dinero_organisation_id:
            raise AuthorisationError(self.env._("Choose the organisation in Dinero on the connection."))
        try:
            return getattr(self._dinero_client(), method)(*arguments, **options)
        except DineroError as error:
            raise self._dinero_transfer_error(error, is_write) from error

    def _dinero_transfer_error(self, error, is_write):
        """What a DineroError means to the queue, in the user's words."""
        bodies = {"request": error.request, "response": error.response}
        details = error.details
        if error.kind == "authorisation":
            return AuthorisationError(
                self.env._("Dinero no longer lets us in. Press Connect on the connection and sign in."), **bodies
            )
        if error.kind == "no_pro":
            return AuthorisationError(
                self.env._("The organisation has no Dinero Pro subscription, which the connection needs."), **bodies
            )
        if error.kind == "limit":
            pause = max(error.retry_after or 0, LIMIT_PAUSE)
            self._dinero_block(pause)
            return TemporaryError(
                self.env._("Dinero's limit of calls per minute is used up."),
                retry_after=pause,
                whole_connection=True,
                **bodies,
            )
        if error.kind == "not_sent":
            return TemporaryError(self.env._("Dinero cannot be reached."), **bodies)
        if error.kind in ("unavailable", "no_answer", "brownout"):
            if error.kind == "brownout":
                details = self.env._("It is about to remove this part of its interface: update the addon. %s", details)
            if is_write:
                return UncertainError(
                    self.env._("Dinero did not answer; it may have been carried out. %(text)s", text=details).strip(),
                    advice=self.env._("It is looked up in Dinero before anything is sent again."),
                    **bodies,
                )
            return TemporaryError(self.env._("Dinero did not answer. %(text)s", text=details).strip(), **bodies)
        if error.kind == "stale":
            # the next attempt reads it anew and goes through the amount gate again
            return TemporaryError(
                self.env._("The document was changed in Dinero at the same moment; it is checked once more."), **bodies
            )
        if error.kind == "forbidden":
            return RejectedError(
                self.env._("Dinero does not allow this: %(text)s", text=details),
                advice=self.env._(
                    "Ask whoever owns the books in Dinero whether the signed-in user may do it, and whether the "
                    "subscription is Dinero Pro. Then choose Retry."
                ),
                **bodies,
            )
        return RejectedError(self.env._("Dinero refused it: %(text)s", text=details), **bodies)

    # -------------------------------------------------------- adapter contract

    @api.model
    def _ledger_kinds(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_kinds() + ["dinero"]

    def _ledger_capabilities(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_capabilities()
        return frozenset(
            {"totals", "caller_ids", "credit_notes", "gross_prices", "vouchers", "payments", "line_accounts"}
        )

    def _ledger_test(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_test()
        self._dinero_read_organisations()
        if not self.dinero_organisation_id:
            raise AuthorisationError(self.env._("Choose the organisation in Dinero on the connection."))
        return self.dinero_organisation_id.name

    def _ledger_read_accounts(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_accounts()
        rates = {row.get("vatcode"): Decimal(row.get("vatrate") or 0) * 100 for row in self._dinero_call("vat_types")}
        return [
            {
                "number": str(row.get("accountnumber")),
                "name": row.get("name") or "",
                "vat_code": row.get("vatcode") or "",
                "vat_rate": rates.get(row.get("vatcode"), Decimal(0)),
            }
            for row in self._dinero_call("accounts")
        ]
