from importlib.util import module_from_spec, spec_from_file_location

from odoo.modules.module import get_module_path
from odoo.tests import tagged

from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestMigration(DineroCommon):
    def test_connection_from_before_gets_its_units_and_fields(self):
        self.adapter_setup()
        connection = self.connection
        connection.ledger_product_field_ids.unlink()
        connection.ledger_unit_mapping_ids.sudo().unlink()
        connection.ledger_unit_ids.sudo().unlink()
        connection.action_archive()
        path = f"{get_module_path('ledger_bridge')}/migrations/19.0.1.1.0/end-products-and-units.py"
        spec = spec_from_file_location("end_products_and_units", path)
        script = module_from_spec(spec)
        spec.loader.exec_module(script)
        for _time in range(2):
            script.migrate(self.env.cr, "19.0.1.0.0")
            self.env.invalidate_all()
            self.assertEqual(len(connection.ledger_unit_ids), 19)
            self.assertEqual(
                connection.ledger_product_field_ids.mapped("field"),
                ["name", "number", "price", "unit", "account", "description"],
            )
            self.assertEqual(connection._ledger_unit(self.env.ref("uom.product_uom_hour")).code, "hours")
