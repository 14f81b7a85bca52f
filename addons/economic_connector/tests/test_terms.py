from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.misc import format_date

from ..api import products
from .common import EconomicCommon


@tagged("post_install", "-at_install")
class TestEconomicTerms(EconomicCommon):
    """Terms are a list there, and the due date follows from them."""

    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def _term(self, days):
        line = {"value": "percent", "value_amount": 100.0, "nb_days": days}
        return self.env["account.payment.term"].create(
            {"name": f"Netto {days} dage", "line_ids": [fields.Command.create(line)]}
        )

    def _invoice(self, term):
        return self._new_invoice(invoice_payment_term_id=term.id, invoice_date_due=False)

    def test_terms_as_they_are_mapped(self):
        term = self._term(30)
        move = self._invoice(term)
        self.assertTrue(move._ledger_push_warnings(self.connection), "not mapped: told before the push")
        self.connection.action_ledger_read_terms()
        line = self.connection._ledger_terms_of(term)
        line.remote_terms = "7"
        self.connection.action_ledger_read_terms()
        self.assertIn("7", line.message)
        line.remote_terms = "2"
        self.connection.action_ledger_read_terms()
        self.assertEqual((line.remote_name, line.message), ("Netto 30 dage", False))
        self.assertEqual(move._ledger_push_warnings(self.connection), [])
        self.push(move)
        booked = next(iter(self.simulator.booked_invoices.values()))
        self.assertEqual(booked["paymentTerms"]["paymentTermsNumber"], 2)
        self.assertEqual(booked["dueDate"], str(move.invoice_date_due))
        line.remote_terms = "netto"
        with self.assertRaises(UserError):
            self.connection._economic_terms(move)

    def test_terms_of_the_customers_rule(self):
        rule = {"connection_id": self.connection.id, "customer_type": "company", "remote_terms": "2"}
        self.env["ledger.contact.rule"].create(rule | {"remote_group": "1"})
        move = self._new_invoice()
        self.push(move)
        self.assertEqual(self.simulator.customers[1]["paymentTerms"], {"paymentTermsNumber": 2})
        booked = next(iter(self.simulator.booked_invoices.values()))
        self.assertEqual(booked["paymentTerms"]["paymentTermsNumber"], 2)

    def test_another_due_date_there_is_told(self):
        move = self._invoice(self._term(30))
        self.push(move)
        due = next(iter(self.simulator.booked_invoices.values()))["dueDate"]
        self.assertNotEqual(due, str(move.invoice_date_due))
        self.assertEqual(move.ledger_state, "pushed")
        bodies = " ".join(move.message_ids.mapped("body"))
        self.assertIn(format_date(self.env, fields.Date.to_date(due)), bodies)

    def test_product_number_that_is_another_product(self):
        self.connection.action_ledger_read_units()
        self.env["ledger.product.rule"].create(
            {"connection_id": self.connection.id, "key": "barcode", "remote_account": "1"}
        )
        product = self.env["product.product"].create({"name": "Vare", "default_code": "VARE25"})
        log = product._ledger_enqueue(self.connection)
        self.process()
        self.assertEqual(log.state, "failed")
        self.assertIn("VARE25", log.error_message)
        product.default_code = "E" * (products.NUMBER_LENGTH + 1)
        log._decide("retry")
        self.process()
        self.assertEqual(log.state, "failed")
        product.default_code = "A.1/2"
        log._decide("retry")
        self.process()
        self.assertEqual((log.state, log.error_message), ("done", False))
        product.name = "Vare med tegn i nummeret"
        product._ledger_enqueue(self.connection)
        self.process()
        self.assertEqual(self.simulator.products["A.1/2"]["name"], "Vare med tegn i nummeret")

    def test_barcode_of_any_length_is_recognised(self):
        self.connection.action_ledger_read_units()
        self.env["ledger.product.rule"].create(
            {"connection_id": self.connection.id, "key": "barcode", "remote_account": "1"}
        )
        body = products.create_body({"name": "Te", "number": "TE", "account": "1", "barcode": "0036000291452"})
        self.simulator.create_product({}, body)
        product = self.env["product.product"].create({"name": "Te", "default_code": "T", "barcode": "036000291452"})
        product._ledger_enqueue(self.connection)
        self.process()
        self.assertEqual(self.connection._ledger_link(product, "product").remote_id, "TE")

    def test_product_without_a_group_is_listed(self):
        self.connection.ledger_uses_products = True
        product = self.env["product.product"].create({"name": "Te", "default_code": "T"})
        move = self._new_invoice(post=False)
        move.invoice_line_ids.product_id = product
        move.action_post()
        self.connection.action_ledger_check_completeness()
        found = self.connection.ledger_missing_ids.filtered(lambda one: one.area == "product")
        self.assertEqual((found.severity, found.res_model, found.res_ids), ("1_stops", "product.product", product.ids))
