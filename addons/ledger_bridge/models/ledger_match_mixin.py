from odoo import api, fields, models
from odoo.exceptions import UserError


class LedgerMatchMixin(models.AbstractModel):
    """A record over there that may be one of ours: proposed, or left to a person because several fit.

    A model names its record of ours in ``_record_field`` and the kind of link in ``_remote_type``.
    """

    _name = "ledger.match.mixin"
    _description = "Match with an Outside Ledger"

    _record_field = ""
    _remote_type = ""

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    remote_id = fields.Char(string="Remote ID", required=True, readonly=True)
    remote_details = fields.Char(string="Details There", readonly=True)
    state = fields.Selection(
        [("conflict", "Several fit"), ("proposed", "Proposed"), ("confirmed", "Linked")],
        required=True,
        default="proposed",
        readonly=True,
    )

    def action_confirm(self):
        """Link these. A person may confirm one of several that fit; the others of that record go."""
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise UserError(self.env._("Only those who may make invoices can link records."))
        chosen = self.filtered(lambda match: match.state != "confirmed")
        for field_name in (self._record_field, "remote_id"):
            doubles = [value for value, group in chosen.grouped(field_name).items() if len(group) > 1]
            if doubles:
                raise UserError(
                    self.env._(
                        "Choose one line only for %(names)s: one record here is one record there.",
                        names=", ".join(str(getattr(value, "display_name", value)) for value in doubles),
                    )
                )
        for match in chosen.sudo():
            match._link()
        return True

    def _link(self):
        self.ensure_one()
        connection, record = self.connection_id, self[self._record_field]
        taken = connection._ledger_links_of(self._remote_type, [self.remote_id])
        if taken or connection._ledger_link(record, self._remote_type):
            raise UserError(
                self.env._(
                    "%(ours)s or %(theirs)s is already linked. Read the list again.",
                    ours=record.display_name,
                    theirs=self.remote_name,
                )
            )
        connection._ledger_store_link(record, self._remote_type, self.remote_id)
        self.search(
            [
                ("connection_id", "=", connection.id),
                ("id", "!=", self.id),
                ("state", "!=", "confirmed"),
                "|",
                (self._record_field, "=", record.id),
                ("remote_id", "=", self.remote_id),
            ]
        ).unlink()
        self.state = "confirmed"

    @api.model
    def _read_again(self, connection, rows):
        """Replace what is not linked yet by ``rows``."""
        self = self.sudo()
        self.search([("connection_id", "=", connection.id), ("state", "!=", "confirmed")]).unlink()
        kept = self.search([("connection_id", "=", connection.id)])
        stale = kept.filtered(lambda match: not connection._ledger_link(match[self._record_field], self._remote_type))
        stale.unlink()
        return self.create([row | {"connection_id": connection.id} for row in rows])
