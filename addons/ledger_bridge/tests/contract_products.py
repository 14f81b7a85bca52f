"""What any adapter must do with products, units and terms: once each, field by field, nothing guessed."""

from odoo import fields
from odoo.exceptions import UserError, ValidationError

from .contract import FAULTS


class ProductBuilders:
    """Products, rules and invoices as the tests need them. ``product_account`` is the account or group of a new
    product over there."""

    product_account = None

    def _product(self, name="Rundstykker", **values):
        vals = {
            "name": name,
            "default_code": "RUND-1",
            "lst_price": 4.5,
            "taxes_id": [fields.Command.set(self.tax.ids)],
        }
        vals |= {"property_account_income_id": self.income.id, "uom_id": self.env.ref("uom.product_uom_unit").id}
        return self.env["product.product"].create(vals | values)

    def _end_of_month(self):
        return self.env["account.payment.term"].create(
            {
                "name": "Løbende måned 30 dage",
                "line_ids": [
                    fields.Command.create(
                        {"value": "percent", "value_amount": 100.0, "nb_days": 30}
                        | {"delay_type": "days_after_end_of_month"}
                    )
                ],
            }
        )

    def _product_rule(self, **values):
        values = {"connection_id": self.connection.id, "remote_account": self.product_account} | values
        return self.env["ledger.product.rule"].create(values)

    def _push_product(self, product):
        log = product._ledger_enqueue(self.connection)
        self.process()
        if log.state == "queued":
            self.process()
        return log

    def _their_product(self, product):
        return self.connection._ledger_product_read(self.connection._ledger_link(product, "product").remote_id)

    def _map_units(self):
        self.connection.action_ledger_read_units()
        unit = self.env.ref("uom.product_uom_unit")
        if unit not in self.connection.ledger_unit_mapping_ids.uom_id:
            self.env["ledger.unit.mapping"].create(
                {
                    "connection_id": self.connection.id,
                    "uom_id": unit.id,
                    "unit_id": self.connection.ledger_unit_ids[0].id,
                }
            )

    def _direct_product(self, **directions):
        for line in self.connection.ledger_product_field_ids:
            line.direction = directions.get(line.field, line.direction)

    def _product_invoice(self, product, **values):
        move = self._new_invoice(post=False, **values)
        move.invoice_line_ids.write({"product_id": product.id})
        move.invoice_line_ids.write(
            {"name": "Rundstykker uge 47", "price_unit": 255.0, "tax_ids": [fields.Command.set(self.tax.ids)]}
            | {"account_id": self.income.id, "quantity": 1.0}
        )
        move.action_post()
        return move


class ProductContract(ProductBuilders):
    """Beside ``LedgerContract``. Fields in ``products.FIELDS``."""

    def remote_new_product(self, **values):
        """The bookkeeper makes a product over there. :return: its id"""
        raise NotImplementedError

    def remote_change_product(self, remote_id, **values):
        """The bookkeeper changes ``name`` or ``price`` over there, or ``untouched``: a field we know nothing of."""
        raise NotImplementedError

    def remote_untouched_product(self, remote_id):
        raise NotImplementedError

    def remote_product_count(self):
        """Without those that were there from the beginning."""
        raise NotImplementedError

    def remote_line_products(self, move):
        """The product's id of each line of the booked document, in order."""
        raise NotImplementedError

    # --------------------------------------------------------------- products

    def test_product_once_then_updated_and_theirs_kept(self):
        self._map_units()
        self._product_rule()
        product = self._product()
        log = self._push_product(product)
        self.assertEqual((log.state, log.error_message), ("done", False))
        theirs = self._their_product(product)
        self.assertEqual(
            (theirs["name"], theirs["number"], theirs["price"], theirs["account"]),
            ("Rundstykker", "RUND-1", "4.50", self.product_account),
        )
        remote_id = theirs["remote_id"]
        self.remote_change_product(remote_id, untouched="Deres egen tekst")
        product.write({"name": "Rundstykker, grove", "lst_price": 5.25})
        self.assertEqual(self._push_product(product).state, "done")
        theirs = self._their_product(product)
        self.assertEqual((theirs["name"], theirs["price"]), ("Rundstykker, grove", "5.25"))
        self.assertEqual(self.remote_untouched_product(remote_id), "Deres egen tekst")
        self.simulator.requests.clear()
        self._push_product(product)
        self.assertFalse(
            [one for one in self.simulator.requests if one[0] != "GET"], "nothing changed, nothing written"
        )
        self.assertEqual(self.remote_product_count(), 1)

    def test_price_stays_when_it_goes_nowhere(self):
        self._map_units()
        self._product_rule()
        product = self._product()
        self._push_product(product)
        self._direct_product(price="never", name="from")
        self.remote_change_product(self._their_product(product)["remote_id"], name="Deres navn", price="9.00")
        product.lst_price = 7.0
        self.assertEqual(self._push_product(product).state, "done")
        self.assertEqual(self._their_product(product)["price"], "9.00")
        self.assertEqual((product.name, product.lst_price), ("Deres navn", 7.0))
        self._direct_product(price="from")
        self._push_product(product)
        self.assertEqual(product.lst_price, 9.0)

    def test_price_that_includes_vat_goes_without(self):
        self._map_units()
        self._product_rule()
        self.tax.price_include_override = "tax_included"
        product = self._product(lst_price=125.0)
        self._push_product(product)
        self.assertEqual(self._their_product(product)["price"], "100.00")
        self._direct_product(price="from")
        self.remote_change_product(self._their_product(product)["remote_id"], price="80.00")
        self._push_product(product)
        self.assertEqual(product.lst_price, 100.0)

    def test_product_changed_on_both_sides_is_told(self):
        self._map_units()
        self._product_rule()
        product = self._product()
        self._push_product(product)
        self.remote_change_product(self._their_product(product)["remote_id"], name="Deres navn")
        product.name = "Vores navn"
        log = self._push_product(product)
        self.assertEqual(log.state, "failed")
        self.assertIn("Deres navn", log.error_message)
        self.assertIn("Vores navn", log.error_message)

    def test_product_recognised_by_the_key_of_its_rule(self):
        self._map_units()
        rule = self._product_rule(key="number")
        there = self.remote_new_product(name="Noget andet", number="rund-1")
        product = self._product()
        self.assertEqual(self._push_product(product).state, "done")
        self.assertEqual(self.connection._ledger_link(product, "product").remote_id, there)
        rule.key = "name"
        second = self._product("Kanelsnegl", default_code="SNEGL")
        self.remote_new_product(name="Kanelsnegl", number="X1")
        self.remote_new_product(name="kanelsnegl", number="X2")
        log = self._push_product(second)
        self.assertEqual(log.state, "failed", "two of that name: nothing is guessed")
        self.assertEqual(self.remote_product_count(), 3)

    def test_two_products_with_one_number_are_refused(self):
        self._map_units()
        self._product_rule()
        products = self._product() + self._product("Rugbrød")
        log = self._push_product(products[0])
        self.assertEqual((log.state, self.remote_product_count()), ("failed", 0))
        for product in products:
            self.assertIn(product.display_name, log.error_message)
        products[1].default_code = "RUG"
        self.assertEqual(self._push_product(products[0]).state, "done")

    def test_rule_of_the_nearest_category(self):
        self._map_units()
        bread = self.env["product.category"].create({"name": "Brød"})
        rye = self.env["product.category"].create({"name": "Rugbrød", "parent_id": bread.id})
        general = self._product_rule(on_missing="never")
        own = self._product_rule(category_id=bread.id)
        product = self._product(categ_id=rye.id)
        self.assertEqual(self.connection._ledger_product_rule(product), own)
        subscription = self._product_rule(category_id=bread.id, is_subscription=True)
        of_subscription = self.connection.with_context(ledger_subscription=True)
        self.assertEqual(of_subscription._ledger_product_rule(product), subscription)
        other = self._product("Kaffe", default_code="KAFFE")
        self.assertEqual(self.connection._ledger_product_rule(other), general)
        log = self._push_product(other)
        self.assertEqual((log.state, self.remote_product_count()), ("failed", 0))
        self.assertEqual(self._push_product(product).state, "done")

    def test_key_nobody_keeps_there_is_refused(self):
        if "barcode" in self.connection._ledger_product_fields():
            rule = self._product_rule(key="barcode")
            self.assertEqual(rule.key, "barcode")
        else:
            with self.assertRaises(ValidationError):
                self._product_rule(key="barcode")

    def test_product_without_unit_or_account_is_told(self):
        self._map_units()
        product = self._product(default_code=False, property_account_income_id=False)
        product.categ_id.with_company(self.company).property_account_income_categ_id = False
        self.connection.ledger_mapping_ids.account_id = self.income.copy({"code": "101098"})
        log = self._push_product(product)
        self.assertEqual((log.state, self.remote_product_count()), ("failed", 0))
        self.assertTrue(log.advice)

    def test_first_day_matching_of_products(self):
        self._map_units()
        self.env["product.product"].search([]).sale_ok = False
        self._product_rule()
        known, twin = self._product(), self._product("Tvilling", default_code="T1")
        there = self.remote_new_product(name="Rundstykker der", number="RUND-1")
        twin_there = self.remote_new_product(name="Tvilling 1", number="T1")
        second_twin = self._product("Tvilling igen", default_code="T1")
        self.connection.action_ledger_match_products()
        matches = self.env["ledger.product.match"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual(sorted(matches.mapped("state")), ["conflict", "conflict", "proposed"])
        self.assertFalse(self.connection._ledger_links_of("product"), "nothing is linked by itself")
        with self.assertRaises(UserError):
            matches.action_confirm()
        matches.filtered(lambda match: match.product_id == known).action_confirm()
        self.assertEqual(self.connection._ledger_link(known, "product").remote_id, there)
        matches.filtered(lambda match: match.product_id == twin).action_confirm()
        self.assertEqual(self.connection._ledger_link(twin, "product").remote_id, twin_there)
        self.assertFalse(matches.exists().filtered(lambda match: match.product_id == second_twin))
        self._push_product(known)
        self.assertEqual(self.remote_product_count(), 2)

    def test_each_fault_ends_with_one_product(self):
        self._map_units()
        self._product_rule()
        cases = [(method, fault) for method in ("POST", "GET") for fault in FAULTS]
        for number, (method, fault) in enumerate(cases, 1):
            with self.subTest(method=method, fault=fault):
                product = self._product(f"Brød {number}", default_code=f"BR-{number}")
                self.simulator.faults.clear()
                self.simulator.fault(fault, method, r"/products")
                log = self._push_product(product)
                for _run in range(3):
                    self.process()
                self.assertEqual((log.state, log.error_message), ("done", False))
                self.assertEqual(self.remote_product_count(), number)

    def test_faults_of_an_update_of_a_product(self):
        self._map_units()
        self._product_rule()
        product = self._product()
        self._push_product(product)
        for number, fault in enumerate(("timeout_before", "timeout_after", "500", "429", "html")):
            with self.subTest(fault=fault):
                self.simulator.faults.clear()
                self.simulator.fault(fault, "PUT", r"/products")
                product.name = f"Brød {number}"
                log = self._push_product(product)
                for _run in range(3):
                    self.process()
                self.assertEqual((log.state, log.error_message), ("done", False))
                self.assertEqual(self._their_product(product)["name"], f"Brød {number}")

    # ------------------------------------------------------ lines of invoices

    def test_lines_name_their_product(self):
        self._map_units()
        self._product_rule()
        product = self._product()
        move = self._product_invoice(product)
        self.push(move)
        self.assertFalse(self.connection._ledger_link(product, "product"), "products are not asked for")
        self.connection.ledger_uses_products = True
        second = self._product_invoice(product)
        log = self.push(second)
        self.assertEqual((log.state, log.error_message), ("done", False))
        link = self.connection._ledger_link(product, "product")
        self.assertEqual(self.remote_line_products(second), [link.remote_id])
        self.assertIn("Rundstykker uge 47", str(log.sudo().request_body), "our own text is on the line")
        self.push(self._product_invoice(product))
        self.assertEqual(self.remote_product_count(), 1)

    def test_line_of_a_product_that_is_not_made(self):
        self._map_units()
        self._product_rule(on_missing="never")
        self.connection.ledger_uses_products = True
        move = self._product_invoice(self._product())
        log = self.push(move)
        self.assertEqual((log.state, log.error_message, self.remote_product_count()), ("done", False, 0))

    def test_account_of_the_line_against_the_products(self):
        self._map_units()
        self._product_rule()
        self.connection.ledger_uses_products = True
        product = self._product()
        self._push_product(product)
        link = self.connection._ledger_link(product, "product")
        other = self.income.copy({"code": "101099"})
        move = self._product_invoice(product)
        credit = move._reverse_moves([{"invoice_date": fields.Date.today()}], cancel=False)
        credit.invoice_line_ids.account_id = other
        credit.action_post()
        warnings = credit._ledger_push_warnings(self.connection)
        log = self.push(credit)
        self.assertEqual((log.state, log.error_message), ("done", False))
        if "line_accounts" in self.connection._ledger_capabilities():
            self.assertEqual((self.remote_line_products(credit), warnings), ([link.remote_id], []))
        else:
            self.assertEqual(self.remote_line_products(credit), [self.connection.ledger_mapping_ids.remote_account])
            self.assertIn(product.display_name, " ".join(warnings))

    # --------------------------------------------------------- units and terms

    def test_unit_without_a_mapping_is_named_before(self):
        self._map_units()
        hour = self.env.ref("uom.product_uom_hour")
        self.connection.ledger_unit_mapping_ids.filtered(lambda one: one.uom_id == hour).unlink()
        move = self._new_invoice(post=False)
        move.invoice_line_ids.product_uom_id = hour
        move.action_post()
        self.assertIn(hour.name, " ".join(move._ledger_push_warnings(self.connection)))
        self.connection.action_ledger_check_completeness()
        units = self.connection.ledger_missing_ids.filtered(lambda one: one.area == "unit")
        self.assertIn(hour.name, units.message)
        self.assertEqual(units.severity, "2_lost")
        action = move.action_ledger_push()
        self.assertIn(hour.name, action["params"]["message"])
        self.process()
        self.assertEqual(move.ledger_state, "pushed", "it stops nothing")
        self.assertIn(hour.name, " ".join(move.message_ids.mapped("body")))
        self.connection.action_ledger_read_units()
        self.assertIn(hour, self.connection.ledger_unit_mapping_ids.uom_id)
        second = self._new_invoice(post=False)
        second.invoice_line_ids.product_uom_id = hour
        second.action_post()
        self.assertEqual(second._ledger_push_warnings(self.connection), [])
        self.assertEqual(self.push(second).state, "done")

    def test_terms_that_cannot_be_said_are_told(self):
        self._map_units()
        half = {"value": "percent", "value_amount": 50.0}
        term = self.env["account.payment.term"].create(
            {
                "name": "Halvt nu, halvt om 30 dage",
                "line_ids": [fields.Command.create(half | {"nb_days": days}) for days in (0, 30)],
            }
        )
        self.connection.action_ledger_read_terms()
        line = self.connection._ledger_terms_of(term)
        self.assertTrue(line.message)
        self.assertTrue(line.sent)
        moves = self._new_invoice() + self._new_invoice(invoice_payment_term_id=term.id, invoice_date_due=False)
        self.assertTrue(moves[1]._ledger_push_warnings(self.connection))
        moves.action_ledger_push()
        self.process()
        lines = self.env["ledger.push.line"].search([("move_id", "in", moves.ids)])
        told = lines.filtered(lambda one: one.move_id == moves[1])
        self.assertEqual((told.state, bool(told.warning), told.message), ("done", True, told.warning))
        self.connection.action_ledger_check_completeness()
        self.assertIn(term.name, " ".join(self._missing("terms").mapped("message")))
        moves.action_ledger_push()
        again = self.env["ledger.push"].search([("connection_id", "=", self.connection.id)], limit=1).line_ids
        self.assertEqual(set(again.mapped("state")), {"there"})
        self.assertEqual((again.push_id.done_count, again.push_id.there_count), (0, 2))

    # ------------------------------------------------- terms, group and journal

    def test_payments_of_a_type_of_customers_have_their_journal(self):
        journals = self.env["account.journal"].create(
            [
                {"name": name, "code": code, "type": "bank", "company_id": self.company.id}
                for name, code in (("Betalt i regnskabet", "LEDG"), ("Betalt af private", "LEDP"))
            ]
        )
        self.connection.write({"ledger_payment_master": "theirs", "ledger_payment_journal_id": journals[0].id})
        self.env["ledger.contact.rule"].create(
            {"connection_id": self.connection.id, "customer_type": "person", "payment_journal_id": journals[1].id}
            | {"key": "email"}
        )
        person = self.env["res.partner"].create({"name": "Åse Øst", "country_id": self.env.ref("base.dk").id})
        moves = self._new_invoice() + self._new_invoice(partner_id=person.id)
        for move in moves:
            self.push(move)
            self.remote_pay(move, "100.00")
        self.connection.action_ledger_fetch_payments()
        payments = self.connection.ledger_payment_ids
        found = {payment.move_id: payment.payment_id.journal_id for payment in payments}
        self.assertEqual(found, dict(zip(moves, journals, strict=True)))
