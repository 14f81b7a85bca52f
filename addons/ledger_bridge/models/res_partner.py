import uuid

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_ledger_push(self):
        """Queue these contacts for the outside ledger of the company: new ones are created, others updated."""
        connection = self.env["transfer.connection"]._ledger_of_company(self.env.company)
        for partner in self.commercial_partner_id:
            partner._ledger_enqueue(connection)
        return connection._ledger_notification(
            self.env._("%(count)s contacts are on their way.", count=len(self.commercial_partner_id))
        )

    def _ledger_enqueue(self, connection):
        self.ensure_one()
        reference = connection._ledger_reference(self)
        if connection._ledger_link(self, "contact"):
            # an update may be made any number of times; one that waits is not doubled
            waiting = (
                self.env["transfer.log"]
                .sudo()
                .search(
                    [
                        ("connection_id", "=", connection.id),
                        ("operation", "=", "contact_update"),
                        ("res_id", "=", self.id),
                        ("state", "in", ("queued", "sending", "uncertain", "failed")),
                    ],
                    limit=1,
                )
            )
            log = waiting or connection._transfer_enqueue("contact_update", self, f"{reference}:{uuid.uuid4().hex}")
        else:
            log = connection._transfer_enqueue("contact_create", self, reference)
        if log.state in ("failed", "ignored"):
            log._decide("retry")
        return log

    def _ledger_gln(self):
        """The GLN (EAN location number), where core's e-invoicing keeps one; it is not a dependency."""
        self.ensure_one()
        if "peppol_endpoint" in self._fields and self.peppol_eas == "0088":
            return self.peppol_endpoint or ""
        return ""

    def _ledger_customer_type(self):
        """``person``, ``company``, ``public`` or ``supplier``, as the rules of contacts tell them apart."""
        self.ensure_one()
        if self.supplier_rank and not self.customer_rank:
            return "supplier"
        if "einvoice_kind" in self._fields:
            # nordic_einvoice, no dependency either, lets a person say it: a shop may have a GLN and be no authority
            return "company" if self.einvoice_kind == "business" else self.einvoice_kind
        if self._ledger_gln():
            return "public"
        return "company" if self.is_company or self.vat else "person"

    def _ledger_contact_values(self):
        """This contact in ``contacts.FIELDS``."""
        self.ensure_one()
        values = {
            "name": self.name,
            "street": " ".join(filter(None, (self.street, self.street2))),
            "zip": self.zip,
            "city": self.city,
            "country": self.country_id.code,
            "phone": self.phone,
            "email": self.email,
            "vat": self._ledger_vat(),
            "gln": self._ledger_gln(),
            "website": self.website,
        }
        return {name: (value or "").strip() for name, value in values.items()}

    def _ledger_vat(self):
        """A Danish number without its country; others as they are."""
        number = "".join((self.vat or "").split()).upper()
        return number.removeprefix("DK") if self.country_id.code == "DK" else number

    def _ledger_contact_key_values(self):
        values = self._ledger_contact_values()
        return {"number": self.ref or ""} | {key: values[key] for key in ("vat", "email", "phone", "gln")}

    def _ledger_take_contact_values(self, values):
        """Take fields over from the ledger."""
        self.ensure_one()
        vals = {name: value or False for name, value in values.items() if name != "country"}
        if "street" in vals:
            vals["street2"] = False
        if values.get("country"):
            vals["country_id"] = self.env["res.country"].search([("code", "=", values["country"].upper())], limit=1).id
        self.write({name: value for name, value in vals.items() if value or name not in ("name", "country_id")})
