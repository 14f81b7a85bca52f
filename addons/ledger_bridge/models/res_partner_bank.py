from odoo import api, models


class ResPartnerBank(models.Model):
    """Changed bank details of a vendor who is in an outside ledger are told, and never sent by themselves: a changed
    account number is the commonest fraud with bills."""

    _inherit = "res.partner.bank"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base'
        accounts = super().create(vals_list)
        for account in accounts:
            self._ledger_warn_bank(account.partner_id, "", account.acc_number)
        return accounts

    def write(self, vals):
        # EXTENDS 'base'
        before = {account: (account.partner_id, account.acc_number) for account in self}
        res = super().write(vals)
        if {"acc_number", "partner_id", "active"} & vals.keys():
            for account, (partner, number) in before.items():
                if (partner, number) != (account.partner_id, account.acc_number) or "active" in vals:
                    self._ledger_warn_bank(account.partner_id, number, account.acc_number if account.active else "")
        return res

    def unlink(self):
        # EXTENDS 'base': one that is used is archived instead, which writing tells
        before = [(account, account.partner_id, account.acc_number) for account in self]
        res = super().unlink()
        for account, partner, number in before:
            if not account.exists():
                self._ledger_warn_bank(partner, number, "")
        return res

    @api.model
    def _ledger_warn_bank(self, partner, before, after):
        """Tell whoever answers for the connection that a vendor's account number is another one now."""
        partner = partner.commercial_partner_id
        links = (
            self.env["ledger.link"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "res.partner"),
                    ("res_id", "=", partner.id),
                    ("remote_type", "in", ("contact", "supplier")),
                    ("connection_id.ledger_bills", "!=", "none"),
                    ("connection_id.active", "=", True),
                ]
            )
        )
        for connection in links.connection_id if partner.supplier_rank else ():
            connection.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=(connection.responsible_id or self.env.user).id,
                summary=self.env._("Bank details of a vendor changed: %(name)s", name=partner.display_name),
                note=self.env._(
                    "Before: %(before)s. Now: %(after)s. Call the vendor on a number you knew before, not on one in the"
                    " message about the change, before anything is paid. %(ledger)s",
                    before=before or "-",
                    after=after or "-",
                    ledger=connection.ledger_bank_note or "",
                ),
            )
