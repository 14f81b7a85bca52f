from odoo import models
from odoo.exceptions import UserError
from odoo.tools.sql import escape_psql

from odoo.addons.ledger_bridge import contacts as bridge
from odoo.addons.transfer_log.exceptions import RejectedError

from ..api import contacts as economic


class TransferConnectionContacts(models.Model):
    """Customers of Odoo as customers of e-conomic."""

    _inherit = "transfer.connection"

    def _ledger_contact_own(self, partner):
        # EXTENDS 'ledger_bridge': there is no field for a reference of ours; a lost answer is played back by its key
        if self.kind != "economic":
            return super()._ledger_contact_own(partner)
        return None

    def _economic_customers(self, rows):
        return [self._economic_customer(row) for row in rows]

    def _economic_customer(self, row):
        values = economic.normalise(row)
        return values | {"country": self._economic_country_code(values["country"])}

    def _economic_country_code(self, name):
        """The code of a country written in Danish or English; otherwise the text as it is."""
        countries = self.env["res.country"]
        text = escape_psql(name or "")
        for lang in ("da_DK", "en_US"):
            found = countries.with_context(lang=lang).search([("name", "=ilike", text)], limit=1) if text else countries
            if found:
                return found.code
        return name

    def _economic_remote_values(self, values):
        if not values.get("country"):
            return values
        country = self.env["res.country"].search([("code", "=", values["country"])], limit=1)
        return values | {"country": country.name or values["country"]}

    def _ledger_contact_search(self, key, value):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_contact_search(key, value)
        if key == "number" and not (value.isascii() and value.isdigit()):
            return []
        if key in economic.KEYS:
            rows = self._economic_customers(self._economic_call("find_customers", economic.KEYS[key], value))
        else:
            rows = self._ledger_contact_list()
        wanted = bridge.key_of(key, value)
        return [row for row in rows if bridge.key_of(key, row.get(key)) == wanted]

    def _ledger_contact_list(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_contact_list()
        return self._economic_customers(self._economic_call("list_customers"))

    def _ledger_contact_read(self, remote_id):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_contact_read(remote_id)
        row = self._economic_call("customer", remote_id)
        return self._economic_customer(row) if row else None

    def _ledger_contact_create(self, partner, rule):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_contact_create(partner, rule)
        if partner._ledger_customer_type() == "supplier":
            raise RejectedError(
                self.env._("%(name)s is a vendor; vendors are not sent to e-conomic.", name=partner.name),
                advice=self.env._("Enter the vendor in e-conomic, and choose Ignore here."),
            )
        settings = {
            "currency": self.company_id.currency_id.name,
            "customerGroup": {
                "customerGroupNumber": self._economic_number(rule.remote_group, self.economic_customer_group)
            },
            "paymentTerms": {
                "paymentTermsNumber": self._economic_number(rule.remote_terms, self.economic_payment_terms)
            },
            "vatZone": {"vatZoneNumber": self.economic_vat_zone},
        }
        values = self._economic_remote_values(self._ledger_contact_body(partner))
        body = economic.create_body(values, settings)
        key = self._economic_key("customer", partner.id, body)
        answer = self._economic_call("create_customer", body, key, is_write=True)
        return str(answer["customerNumber"]), body

    def _economic_number(self, text, default):
        text = (text or "").strip()
        if text and not (text.isascii() and text.isdigit()):
            raise UserError(self.env._("“%(text)s” in a contact rule is no number of e-conomic.", text=text))
        return int(text) if text else default

    def _ledger_contact_write(self, remote_id, values):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_contact_write(remote_id, values)
        row = self._economic_call("customer", remote_id) or {}
        body = economic.update_body(row, self._economic_remote_values(values))
        # what it is made of is in the key: the same change made twice is another one when something came between
        key = self._economic_key("customer_update", remote_id, row, body)
        self._economic_call("update_customer", remote_id, body, key, is_write=True)
