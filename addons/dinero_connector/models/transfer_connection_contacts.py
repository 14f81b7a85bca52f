from odoo import models
from odoo.exceptions import UserError

from odoo.addons.ledger_bridge import contacts as bridge
from odoo.addons.transfer_log.exceptions import RejectedError

from ..api import contacts as dinero


class TransferConnectionContacts(models.Model):
    """Customers and vendors of Odoo as contacts of Dinero."""

    _inherit = "transfer.connection"

    def _ledger_contact_own(self, partner):
        # EXTENDS 'ledger_bridge': by the guid we chose, and by our reference
        if self.kind != "dinero":
            return super()._ledger_contact_own(partner)
        guid = self._ledger_uuid(partner)
        row = self._dinero_call("contact", guid)
        if row and row.get("deletedat"):
            raise RejectedError(
                self.env._("%(name)s was deleted in Dinero.", name=partner.name),
                advice=self.env._("Restore the contact in Dinero, then choose Retry."),
                response=row,
            )
        if row:
            return guid
        rows = self._dinero_contacts(ExternalReference=self._ledger_reference(partner))
        if len(rows) > 1:
            raise RejectedError(
                self.env._(
                    "Dinero has %(count)s contacts with our reference of %(name)s.", count=len(rows), name=partner.name
                ),
                advice=self.env._("Merge them in Dinero, then choose Retry."),
                response=rows,
            )
        return rows[0]["remote_id"] if rows else None

    def _dinero_contacts(self, **filters):
        rows = self._dinero_call("find_contacts", **filters) if filters else self._dinero_call("list_contacts")
        return [dinero.normalise(row) for row in rows if not row.get("deletedat")]

    def _ledger_contact_search(self, key, value):
        # EXTENDS 'ledger_bridge': a phone number is written in many ways, so all are compared
        if self.kind != "dinero":
            return super()._ledger_contact_search(key, value)
        if key in dinero.KEYS and "'" not in value:
            return self._dinero_contacts(**{dinero.KEYS[key]: value})
        wanted = bridge.key_of(key, value)
        return [row for row in self._dinero_contacts() if bridge.key_of(key, row.get(key)) == wanted]

    def _ledger_contact_list(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_contact_list()
        return self._dinero_contacts()

    def _ledger_contact_read(self, remote_id):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_contact_read(remote_id)
        row = self._dinero_call("contact", remote_id)
        return dinero.normalise(row | {"contactguid": remote_id}) if row and not row.get("deletedat") else None

    def _ledger_contact_create(self, partner, rule):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_contact_create(partner, rule)
        if not partner.country_id:
            raise UserError(self.env._("The contact %(name)s has no country.", name=partner.display_name))
        values = self._ledger_contact_body(partner) | {"is_company": partner.is_company}
        days = self._dinero_days(rule.remote_terms)
        body = dinero.create_body(values, self._ledger_uuid(partner), self._ledger_reference(partner), days)
        answer = self._dinero_call("create_contact", body, is_write=True)
        return answer.get("contactguid") or body["ContactGuid"], body

    def _dinero_days(self, text):
        text = (text or "").strip()
        if text and not (text.isascii() and text.isdigit() and int(text) <= 365):
            raise UserError(self.env._("“%(text)s” in a contact rule is no number of days.", text=text))
        return int(text) if text else None

    def _ledger_contact_write(self, remote_id, values):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_contact_write(remote_id, values)
        row = self._dinero_call("contact", remote_id)
        self._dinero_call("update_contact", remote_id, dinero.update_body(row or {}, values), is_write=True)
