from odoo import api, fields, models


class TransferConnectionUnits(models.Model):
    """Units of measure: which of ours is which over there."""

    _inherit = "transfer.connection"

    ledger_unit_ids = fields.One2many("ledger.unit", "connection_id", string="Units There")
    ledger_unit_mapping_ids = fields.One2many("ledger.unit.mapping", "connection_id", string="Unit Mapping")

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'transfer_log'
        connections = super().create(vals_list)
        for connection in connections.filtered("is_ledger"):
            connection._ledger_store_units(connection._ledger_fixed_units())
        return connections

    def action_ledger_read_units(self):
        """Read the units of the other side, and map those whose meaning is known."""
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            self._ledger_store_units(self._ledger_read_units())
        missing = self._ledger_uoms_in_use() - self.ledger_unit_mapping_ids.uom_id
        if missing:
            names = ", ".join(missing.mapped("name"))
            return self._ledger_notification(self.env._("Without a unit there: %(names)s.", names=names), "warning")
        return self._ledger_notification(self.env._("Every unit of measure in use is mapped."), "success")

    # --------------------------------------------------------------- business

    def _ledger_store_units(self, rows):
        """Keep the list of units; a unit that is no longer there goes, and what was mapped to it is unmapped.

        :param rows: ``[{"code", "name"}]``
        """
        self.ensure_one()
        known = {unit.code: unit for unit in self.sudo().ledger_unit_ids}
        for row in rows:
            unit = known.pop(row["code"], None)
            if not unit:
                self.env["ledger.unit"].sudo().create(row | {"connection_id": self.id})
            elif unit.name != row["name"]:
                unit.name = row["name"]
        self.env["ledger.unit"].sudo().union(*known.values()).unlink()
        self._ledger_map_units()

    def _ledger_map_units(self):
        """Map what is not mapped yet and whose meaning is known: never by likeness."""
        self.ensure_one()
        mapped = self.sudo().ledger_unit_mapping_ids.uom_id
        units = {unit.code: unit for unit in self.sudo().ledger_unit_ids}
        values = []
        for uom, code in self._ledger_known_units():
            if uom not in mapped and code in units:
                values.append({"connection_id": self.id, "uom_id": uom.id, "unit_id": units[code].id})
                mapped |= uom
        self.env["ledger.unit.mapping"].sudo().create(values)

    def _ledger_unit(self, uom):
        """The unit over there, or an empty record."""
        self.ensure_one()
        found = self.sudo().ledger_unit_mapping_ids.filtered(lambda mapping: mapping.uom_id == uom)
        return found.unit_id

    def _ledger_uoms_in_use(self):
        """Units of measure of the products the company sells, and of its posted invoices that are still to go."""
        self.ensure_one()
        company_domain = [("company_id", "in", (False, self.company_id.id)), ("sale_ok", "=", True)]
        groups = self.env["product.template"].sudo()._read_group(company_domain, ["uom_id"])
        found = self.env["uom.uom"].union(*(uom for (uom,) in groups))
        lines = [
            ("move_id", "any", self._ledger_moves_to_go()),
            ("display_type", "=", "product"),
            ("product_uom_id", "!=", False),
        ]
        groups = self.env["account.move.line"].sudo()._read_group(lines, ["product_uom_id"])
        return found.union(*(uom for (uom,) in groups))

    def _ledger_unit_fallback_text(self, names):
        """What is sent for units of measure that are not mapped."""
        return self.env._("Unit %(names)s is not mapped to one there: lines go without a unit.", names=names)

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_fixed_units(self):
        """``[{"code", "name"}]`` where the list is the same for everybody, so that it need not be read."""
        self.ensure_one()
        return []

    def _ledger_read_units(self):
        """``[{"code", "name"}]``: the units of the other side."""
        return self._ledger_fixed_units()

    def _ledger_known_units(self):
        """``[(uom.uom, code)]``: units of Odoo whose meaning over there is known."""
        self.ensure_one()
        return []
