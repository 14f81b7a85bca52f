from odoo import models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import RejectedError


class TransferConnectionContacts(models.Model):
    """Customers of Odoo as contacts of Dinero."""

    _inherit = "transfer.connection"

    def _ledger_push_contact(self, partner):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_contact(partner)
        partner = partner.commercial_partner_id
        link = self._ledger_link(partner, "contact")
        if link:
            return {"remote_id": link.remote_id}
        guid = self._dinero_find_contact(partner)
        body = None
        if not guid:
            body = self._dinero_contact_body(partner)
            answer = self._dinero_call("create_contact", body, is_write=True)
            guid = answer.get("contactguid") or body["ContactGuid"]
        self._ledger_store_link(partner, "contact", guid)
        return {"remote_id": guid, "request": body, "response": {"ContactGuid": guid}}

    def _dinero_find_contact(self, partner, is_guessing=True):
        """Guid of the contact that is this partner: by our id and reference, and by CVR, EAN or e-mail of a
        contact that was there before us. Two that fit: nothing is guessed."""
        guid = self._ledger_uuid(partner)
        if self._dinero_call("contact", guid):
            return guid
        searches = [{"ExternalReference": self._ledger_reference(partner)}]
        if is_guessing:
            if partner.is_company and partner.vat:
                searches.append({"VatNumber": self._dinero_vat(partner)})
            if partner.email:
                searches.append({"Email": partner.email})
        for search in searches:
            found = [row for row in self._dinero_call("find_contacts", **search) if not row.get("deletedat")]
            taken = self._dinero_linked_contacts(found)
            found = [row for row in found if row["contactguid"] not in taken]
            if len(found) > 1:
                raise RejectedError(
                    self.env._(
                        "Dinero has %(count)s contacts with the same %(field)s as %(name)s: nothing is guessed.",
                        count=len(found),
                        field=next(iter(search)),
                        name=partner.display_name,
                    ),
                    advice=self.env._("Merge them in Dinero, or link the right one."),
                    response=found,
                )
            if found:
                return found[0]["contactguid"]
        return None

    def _dinero_linked_contacts(self, rows):
        """Contacts that belong to another partner of ours already."""
        links = (
            self.env["ledger.link"]
            .sudo()
            .search(
                [
                    ("connection_id", "=", self.id),
                    ("remote_type", "=", "contact"),
                    ("remote_id", "in", [row["contactguid"] for row in rows]),
                ]
            )
        )
        return set(links.mapped("remote_id"))

    def _dinero_vat(self, partner):
        """A Danish number without its country; others as they are (A6.1)."""
        number = "".join((partner.vat or "").split()).upper()
        return number.removeprefix("DK") if partner.country_id.code == "DK" else number

    def _dinero_contact_body(self, partner):
        if not partner.country_id:
            raise UserError(self.env._("The customer %(name)s has no country.", name=partner.display_name))
        is_company = partner.is_company or bool(partner.vat)
        return {
            "ContactGuid": self._ledger_uuid(partner),
            "ExternalReference": self._ledger_reference(partner),
            "Name": partner.name,
            "Street": " ".join(filter(None, (partner.street, partner.street2))) or None,
            "ZipCode": partner.zip or None,
            "City": partner.city or None,
            "CountryKey": partner.country_id.code,
            "Phone": partner.phone or None,
            "Email": partner.email or None,
            "VatNumber": (self._dinero_vat(partner) or None) if is_company else None,
            "IsPerson": not is_company,
            "IsMember": False,
            "UseCvr": False,
        }
