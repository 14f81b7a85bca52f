from odoo import models
from odoo.exceptions import UserError

from odoo.addons.ledger_bridge import products as bridge
from odoo.addons.transfer_log.exceptions import RejectedError

from ..api import products as economic


class TransferConnectionProducts(models.Model):
    """Products and units of Odoo as those of e-conomic."""

    _inherit = "transfer.connection"

    def _ledger_product_fields(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_product_fields() if self.kind != "economic" else economic.FIELDS

    def _ledger_product_needed(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_product_needed() if self.kind != "economic" else economic.NEEDED

    def _ledger_product_directions(self):
        # EXTENDS 'ledger_bridge': the number is the identity over there and is never changed
        directions = super()._ledger_product_directions()
        return directions if self.kind != "economic" else directions | {"number": bridge.NEVER}

    def _ledger_mapped_product_account(self, product):
        # EXTENDS 'ledger_bridge': the account mapping leads to products there, not to product groups
        return super()._ledger_mapped_product_account(product) if self.kind != "economic" else ""

    def _ledger_product_values(self, product):
        # EXTENDS 'ledger_bridge'
        values = super()._ledger_product_values(product)
        if self.kind != "economic":
            return values
        if values["account"] and not (values["account"].isascii() and values["account"].isdigit()):
            raise UserError(
                self.env._("“%(text)s” in a product rule is no product group of e-conomic.", text=values["account"])
            )
        if len(values["number"]) > economic.NUMBER_LENGTH:
            raise UserError(
                self.env._(
                    "The internal reference %(number)s is longer than the %(count)s signs e-conomic takes.",
                    number=values["number"],
                    count=economic.NUMBER_LENGTH,
                )
            )
        name = values["name"][: economic.NAME_LENGTH].strip()
        # more decimals are refused (E04740); the lines of invoices have prices of their own
        return values | {"name": name, "price": bridge.price_text(values["price"])}

    def _economic_products(self, *arguments):
        return [economic.normalise(row) for row in self._economic_call("products", *arguments)]

    def _ledger_product_own(self, product):
        # EXTENDS 'ledger_bridge': there is no field for a reference of ours. A product that has our number and all
        # else we would send is the one an earlier attempt made, or as good as it
        if self.kind != "economic":
            return super()._ledger_product_own(product)
        body = self._ledger_product_body(product)
        rows = self._ledger_product_search("number", body["number"]) if body["number"] else []
        rows = [row for row in rows if row["number"] == body["number"]]
        if rows and all(rows[0][name] == value for name, value in body.items()):
            return rows[0]["remote_id"]
        if rows and "number" not in self._ledger_product_keys(product) and not self._ledger_product_identify(product):
            raise RejectedError(
                self.env._("The number %(number)s is another product in e-conomic.", number=body["number"]),
                advice=self.env._(
                    "Give the product here another internal reference, or choose the internal reference as the key of "
                    "its rule. Then choose Retry."
                ),
                response=rows,
            )
        return None

    def _ledger_product_search(self, key, value):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_product_search(key, value)
        if key in economic.KEYS:
            return self._economic_products(economic.KEYS[key], value)
        wanted = bridge.key_of(key, value)
        return [row for row in self._economic_products() if bridge.key_of(key, row.get(key)) == wanted]

    def _ledger_product_list(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_product_list()
        return self._economic_products()

    def _economic_product(self, number):
        """The row of a product. By a filter: how a number with special signs is written in a path is not proven."""
        rows = self._economic_call("products", "productNumber", number)
        return next((row for row in rows if str(row.get("productNumber")) == number), None)

    def _ledger_product_read(self, remote_id):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_product_read(remote_id)
        row = self._economic_product(remote_id)
        return economic.normalise(row) if row else None

    def _ledger_product_create(self, product, values):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_product_create(product, values)
        body = economic.create_body(values)
        answer = self._economic_call(
            "create_product", body, self._economic_key("product", product.id, body), is_write=True
        )
        return str(answer.get("productNumber") or body["productNumber"]), body

    def _ledger_product_write(self, remote_id, values):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_product_write(remote_id, values)
        row = self._economic_product(remote_id) or {}
        body = economic.update_body(row, values)
        # what it is made of is in the key: the same change made twice is another one when something came between
        key = self._economic_key("product_update", remote_id, row, body)
        self._economic_call("update_product", remote_id, row.get("self"), body, key, is_write=True)

    # units of measure

    def _ledger_read_units(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "economic":
            return super()._ledger_read_units()
        return [
            {"code": str(row.get("unitNumber")), "name": str(row.get("name") or row.get("unitNumber"))}
            for row in self._economic_call("units")
        ]

    def _ledger_known_units(self):
        # EXTENDS 'ledger_bridge': a unit there that is written exactly as one of ours, in Danish or English
        if self.kind != "economic":
            return super()._ledger_known_units()
        names = {}
        for lang in ("da_DK", "en_US"):
            for uom in self.env["uom.uom"].with_context(lang=lang).search([("active", "=", True)]):
                names.setdefault(uom.name.strip().casefold(), set()).add(uom.id)
        found = []
        for unit in self.sudo().ledger_unit_ids:
            ids = names.get(unit.name.strip().casefold(), ())
            found += [(self.env["uom.uom"].browse(one), unit.code) for one in ids if len(ids) == 1]
        return found
