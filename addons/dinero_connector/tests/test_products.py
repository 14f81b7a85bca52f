from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract_products import ProductBuilders

from ..api import payload
from ..api.products import KNOWN_UNITS, UNITS
from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestDineroProducts(ProductBuilders, DineroCommon):
    product_account = "1010"

    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def _body(self, move):
        return payload.invoice_body(move._ledger_prepare_invoice(self.connection), "guid")

    def _line(self, move):
        record = move._ledger_prepare_line(self.connection, move.invoice_line_ids, False)
        return payload.line_body(record)

    def test_units_are_there_from_the_beginning(self):
        self.assertEqual(sorted(self.connection.ledger_unit_ids.mapped("code")), sorted(UNITS))
        self.assertLessEqual(set(KNOWN_UNITS.values()), set(UNITS))
        hour = self.env.ref("uom.product_uom_hour")
        self.assertEqual(self.connection._ledger_unit(hour).code, "hours")
        self.connection.action_ledger_read_units()
        self.assertEqual(len(self.connection.ledger_unit_ids), len(UNITS), "read again, nothing is doubled")

    def test_unit_of_a_line(self):
        move = self._new_invoice(post=False)
        dozen = self.env.ref("uom.product_uom_dozen")
        move.invoice_line_ids.product_uom_id = dozen
        line = self._line(move)
        self.assertEqual((line["Unit"], line["Comments"]), ("parts", dozen.name))
        box = self.connection.ledger_unit_ids.filtered(lambda unit: unit.code == "box")
        self.env["ledger.unit.mapping"].create(
            {"connection_id": self.connection.id, "uom_id": dozen.id, "unit_id": box.id}
        )
        line = self._line(move)
        self.assertEqual((line["Unit"], line["Comments"]), ("box", None))

    def test_line_of_a_product_has_no_description(self):
        self._product_rule()
        product = self._product()
        self.connection.ledger_uses_products = True
        self._push_product(product)
        move = self._product_invoice(product)
        line = self._line(move)
        self.assertEqual((line["Description"], line["Comments"]), (None, "Rundstykker uge 47"))
        other = self._product_invoice(product)
        self.push(other)
        voucher = self.simulator.booked()[0]
        self.assertEqual(voucher["ProductLines"][0]["Description"], "Rundstykker")

    def test_nothing_is_taken_for_a_variant(self):
        self._product_rule()
        size = self.env["product.attribute"].create({"name": "Størrelse", "create_variant": "always"})
        values = self.env["product.attribute.value"].create(
            [{"name": name, "attribute_id": size.id} for name in ("Lille", "Stor")]
        )
        template = self.env["product.template"].create(
            {
                "name": "Rundstykker",
                "list_price": 4.5,
                "taxes_id": [fields.Command.set(self.tax.ids)],
                "property_account_income_id": self.income.id,
                "uom_id": self.env.ref("uom.product_uom_unit").id,
                "attribute_line_ids": [
                    fields.Command.create({"attribute_id": size.id, "value_ids": [fields.Command.set(values.ids)]})
                ],
            }
        )
        small, large = template.product_variant_ids
        small.default_code, large.default_code = "RUND-L", "RUND-S"
        for variant in (small, large):
            self.assertEqual(self._push_product(variant).state, "done")
        self.assertIn("Stor", self._their_product(large)["name"])
        self._direct_product(price="from")
        theirs = self.simulator.organisation.products[self._their_product(small)["remote_id"]]
        theirs["BaseAmountValue"] = Decimal("99.00")
        log = self._push_product(small)
        self.assertEqual((log.state, large.lst_price), ("failed", 4.5))

    def test_account_of_a_product_by_the_mapping_or_its_rule(self):
        product = self._product()
        self.assertEqual(self.connection._ledger_product_account(product), "1000")
        rule = self._product_rule(remote_account="1010")
        self.assertEqual(self.connection._ledger_product_account(product), "1010")
        rule.remote_account = "salg"
        with self.assertRaises(UserError):
            self.connection._ledger_product_values(product)

    def test_terms_of_a_type_of_customers(self):
        self.env["ledger.contact.rule"].create(
            {"connection_id": self.connection.id, "customer_type": "company", "remote_terms": "30"}
        )
        self.push(self._new_invoice())
        contact = next(iter(self.simulator.organisation.contacts.values()))
        self.assertEqual((contact["PaymentConditionType"], contact["PaymentConditionNumberOfDays"]), ("Netto", 30))

    def test_end_of_month_is_sent_as_days(self):
        move = self._new_invoice(
            invoice_date="2026-03-05", invoice_payment_term_id=self._end_of_month().id, invoice_date_due=False
        )
        self.assertEqual(str(move.invoice_date_due), "2026-04-30")
        body = self._body(move)
        self.assertEqual((body["PaymentConditionType"], body["PaymentConditionNumberOfDays"]), ("Netto", 56))
        self.assertEqual(len(move._ledger_push_warnings(self.connection)), 1)
        log = self.push(move)
        self.assertEqual((log.state, self.simulator.booked()[0]["PaymentConditionNumberOfDays"]), ("done", 56))

    def test_foreign_currency_is_listed(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        move = self._new_invoice(currency_id=euro.id)
        self.connection.action_ledger_check_completeness()
        found = self.connection.ledger_missing_ids.filtered(lambda one: one.area == "currency")
        self.assertEqual((found.severity, found.res_ids), ("2_lost", move.ids))
        action = found.action_open_place()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", move.id))
