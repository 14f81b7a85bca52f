from odoo import models
from odoo.exceptions import UserError

from odoo.addons.ledger_bridge import products as bridge
from odoo.addons.transfer_log.exceptions import RejectedError

from ..api import products as dinero


class TransferConnectionProducts(models.Model):
    """Products and units of Odoo as those of Dinero."""

    _inherit = "transfer.connection"

    def _ledger_product_fields(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_product_fields() if self.kind != "dinero" else tuple(dinero.NAMES)

    def _ledger_product_needed(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_product_needed() if self.kind != "dinero" else dinero.NEEDED

    def _ledger_product_values(self, product):
        # EXTENDS 'ledger_bridge'
        values = super()._ledger_product_values(product)
        if self.kind != "dinero":
            return values
        if values["account"] and not (values["account"].isascii() and values["account"].isdigit()):
            raise UserError(self.env._("“%(text)s” in a product rule is no account of Dinero.", text=values["account"]))
        return values | {"description": values["description"][: dinero.COMMENT_LENGTH].strip()}

    def _ledger_product_own(self, product):
        # EXTENDS 'ledger_bridge': a guid of ours is not taken, so by our reference
        if self.kind != "dinero":
            return super()._ledger_product_own(product)
        rows = self._dinero_products(ExternalReference=self._ledger_reference(product))
        if len(rows) > 1:
            raise RejectedError(
                self.env._(
                    "Dinero has %(count)s products with our reference of %(name)s.",
                    count=len(rows),
                    name=product.display_name,
                ),
                advice=self.env._("Delete all but one in Dinero, then choose Retry."),
                response=rows,
            )
        return rows[0]["remote_id"] if rows else None

    def _dinero_products(self, **filters):
        rows = self._dinero_call("find_products", **filters) if filters else self._dinero_call("list_products")
        return [dinero.normalise(row) for row in rows if not row.get("deletedat")]

    def _ledger_product_search(self, key, value):
        # EXTENDS 'ledger_bridge': how a quote in a filter is written is not known (A4), so all are compared then
        if self.kind != "dinero":
            return super()._ledger_product_search(key, value)
        if key in dinero.KEYS and "'" not in value:
            return self._dinero_products(**{dinero.KEYS[key]: value})
        wanted = bridge.key_of(key, value)
        return [row for row in self._dinero_products() if bridge.key_of(key, row.get(key)) == wanted]

    def _ledger_product_list(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_product_list()
        return self._dinero_products()

    def _ledger_product_read(self, remote_id):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_product_read(remote_id)
        row = self._dinero_call("product", remote_id)
        return dinero.normalise(row | {"productguid": remote_id}) if row and not row.get("deletedat") else None

    def _ledger_product_create(self, product, values):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_product_create(product, values)
        body = dinero.create_body(values, self._ledger_reference(product))
        answer = self._dinero_call("create_product", body, is_write=True)
        return str(answer["productguid"]), body

    def _ledger_product_write(self, remote_id, values):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_product_write(remote_id, values)
        row = self._dinero_call("product", remote_id) or {}
        self._dinero_call("update_product", remote_id, dinero.update_body(row, values), is_write=True)

    # units of measure

    def _ledger_fixed_units(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_fixed_units()
        names = self._dinero_unit_names()
        return [{"code": code, "name": names[code]} for code in dinero.UNITS]

    def _dinero_unit_names(self):
        return {
            "hours": self.env._("hours"),
            "parts": self.env._("pieces"),
            "km": self.env._("km"),
            "day": self.env._("days"),
            "week": self.env._("weeks"),
            "month": self.env._("months"),
            "kilogram": self.env._("kilograms"),
            "cubicMetre": self.env._("cubic metres"),
            "set": self.env._("sets"),
            "litre": self.env._("litres"),
            "box": self.env._("boxes"),
            "case": self.env._("cases"),
            "carton": self.env._("cartons"),
            "metre": self.env._("metres"),
            "package": self.env._("packages"),
            "shipment": self.env._("shipments"),
            "squareMetre": self.env._("square metres"),
            "session": self.env._("sessions"),
            "tonne": self.env._("tonnes"),
        }

    def _ledger_known_units(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_known_units()
        found = [(self.env.ref(xml_id, raise_if_not_found=False), code) for xml_id, code in dinero.KNOWN_UNITS.items()]
        return [(uom, code) for uom, code in found if uom]
