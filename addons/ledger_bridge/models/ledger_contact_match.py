from odoo import api, fields, models
from odoo.exceptions import UserError


class LedgerContactMatch(models.Model):
    """A contact over there that may be one of ours: proposed, or left to a person because several fit."""

    _name = "ledger.contact.match"
    _description = "Match of Contacts with an Outside Ledger"
    _order = "state, partner_id, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade", readonly=True)
    remote_id = fields.Char(string="Remote ID", required=True, readonly=True)
    remote_name = fields.Char(string="Contact There", readonly=True)
    remote_details = fields.Char(string="Details There", readonly=True)
    key = fields.Selection(
        [
            ("vat", "CVR/VAT number"),
            ("email", "E-mail"),
            ("phone", "Phone"),
            ("gln", "EAN/GLN"),
            ("number", "External number"),
        ],
        string="Recognised By",
        readonly=True,
    )
    state = fields.Selection(
        [("conflict", "Several fit"), ("proposed", "Proposed"), ("confirmed", "Linked")],
        required=True,
        default="proposed",
        readonly=True,
    )

    _match_uniq = models.Constraint(
        "UNIQUE (connection_id, partner_id, remote_id)", "These two are already in the list."
    )

    def action_confirm(self):
        """Link these. A person may confirm one of several that fit; the others of that contact go."""
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise UserError(self.env._("Only those who may make invoices can link contacts."))
        chosen = self.filtered(lambda match: match.state != "confirmed")
        for field_name in ("partner_id", "remote_id"):
            doubles = [value for value, group in chosen.grouped(field_name).items() if len(group) > 1]
            if doubles:
                raise UserError(
                    self.env._(
                        "Choose one line only for %(names)s: one contact here is one contact there.",
                        names=", ".join(str(getattr(value, "display_name", value)) for value in doubles),
                    )
                )
        for match in chosen.sudo():
            match._link()
        return True

    def _link(self):
        self.ensure_one()
        connection, partner = self.connection_id, self.partner_id
        taken = connection._ledger_links_of_contacts([self.remote_id])
        known = connection._ledger_link(partner, "contact")
        if taken or known:
            raise UserError(
                self.env._(
                    "%(ours)s or %(theirs)s is already linked. Read the contacts again.",
                    ours=partner.display_name,
                    theirs=self.remote_name,
                )
            )
        connection._ledger_store_link(partner, "contact", self.remote_id)
        self.search(
            [
                ("connection_id", "=", connection.id),
                ("id", "!=", self.id),
                ("state", "!=", "confirmed"),
                "|",
                ("partner_id", "=", partner.id),
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
        stale = kept.filtered(lambda match: not connection._ledger_link(match.partner_id, "contact"))
        stale.unlink()
        return self.create([row | {"connection_id": connection.id} for row in rows])
