from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, new_test_user, tagged

from .. import contacts
from .contract import LedgerCommon


class TestContactPlan(BaseCase):
    """Which field goes which way, and who is who: without a database."""

    def test_direction_per_field(self):
        directions = {"name": "to", "phone": "never", "email": "from"}
        ours = {"name": "New", "phone": "11", "email": "ours@example.dk"}
        theirs = {"name": "Old", "phone": "22", "email": "theirs@example.dk"}
        self.assertEqual(contacts.plan(directions, ours, theirs), ({"name": "New"}, {"email": "theirs@example.dk"}, []))

    def test_what_they_filled_in_is_not_erased(self):
        self.assertEqual(contacts.plan({"city": "to"}, {"city": ""}, {"city": "Aarhus"}), ({}, {}, []))
        self.assertEqual(contacts.plan({"city": "from"}, {"city": "Aarhus"}, {"city": ""}), ({}, {}, []))

    def test_what_we_emptied_is_emptied(self):
        snapshot = {"city": "Aarhus"}
        self.assertEqual(
            contacts.plan({"city": "to"}, {"city": ""}, {"city": "Aarhus"}, snapshot), ({"city": ""}, {}, [])
        )

    def test_both_changed_is_a_conflict_now_and_later(self):
        snapshot, ours, theirs = {"city": "A"}, {"city": "A"}, {"city": "B"}
        send, take, conflicts = contacts.plan({"city": "to"}, ours, theirs, snapshot)
        self.assertEqual((send, take, conflicts), ({}, {}, []), "only they changed it: it stays theirs")
        snapshot = contacts.in_step(ours, theirs, send, take, snapshot)
        self.assertEqual(contacts.plan({"city": "to"}, {"city": "C"}, theirs, snapshot), ({}, {}, ["city"]))

    def test_match_guesses_nothing(self):
        ours = [(1, {"vat": "DK12345674"}), (2, {"email": "A@x.dk"}), (3, {"email": "a@x.dk"}), (4, {"vat": "1"})]
        theirs = [("a", {"vat": "12345674"}), ("b", {"email": "a@x.dk"}), ("c", {"vat": "1"}), ("d", {"vat": "1"})]
        links, conflicts = contacts.match(ours, theirs, ("vat", "email"))
        self.assertEqual(links, {1: ("a", "vat")})
        self.assertEqual(conflicts, {2: (["b"], "email"), 3: (["b"], "email"), 4: (["c", "d"], "vat")})

    def test_one_of_theirs_claimed_by_two_keys(self):
        ours = [(1, {"vat": "7"}), (2, {"email": "x@x.dk"})]
        links, conflicts = contacts.match(ours, [("a", {"vat": "7", "email": "x@x.dk"})], ("vat", "email"))
        self.assertEqual((links, sorted(conflicts)), ({}, [1, 2]))

    def test_numbers_are_compared_without_their_spelling(self):
        self.assertEqual(contacts.key_of("phone", "+45 12 34 56 78"), contacts.key_of("phone", "12345678"))
        self.assertEqual(contacts.key_of("vat", "DK 12345674"), "12345674")
        self.assertNotEqual(contacts.key_of("vat", "SE12345674"), "12345674")


@tagged("post_install", "-at_install")
class TestContactRules(LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.env["transfer.connection"].create(
            {"name": "By hand", "kind": "manual", "company_id": cls.company.id}
        )

    def _rule(self, **values):
        return self.env["ledger.contact.rule"].create({"connection_id": self.connection.id} | values)

    def test_subscriptions_have_rules_of_their_own(self):
        shop = self._rule(customer_type="company")
        self.assertEqual(self.connection._ledger_contact_rule(self.customer), shop)
        of_subscription = self.connection.with_context(ledger_subscription=True)
        self.assertEqual(of_subscription._ledger_contact_rule(self.customer), shop)
        own = self._rule(customer_type="company", is_subscription=True, on_missing="never")
        self.assertEqual(of_subscription._ledger_contact_rule(self.customer), own)
        self.assertEqual(self.connection._ledger_contact_rule(self.customer), shop)

    def test_collecting_customer_is_a_company_for_persons(self):
        self._rule(customer_type="person", collecting_partner_id=self.customer.id)
        with self.assertRaises(ValidationError):
            self._rule(customer_type="supplier", collecting_partner_id=self.customer.id)

    def test_rights(self):
        rule = self._rule(customer_type="company")
        biller = new_test_user(self.env, "biller", "account.group_account_invoice", company_id=self.company.id)
        self.assertEqual(rule.with_user(biller).key, "vat")
        with self.assertRaises(AccessError):
            rule.with_user(biller).key = "email"
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = new_test_user(
            self.env, "stranger", "account.group_account_manager", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.assertFalse(self.env["ledger.contact.rule"].with_user(stranger).search([("id", "=", rule.id)]))
        match = (
            self.env["ledger.contact.match"]
            .sudo()
            .create({"connection_id": self.connection.id, "partner_id": self.customer.id, "remote_id": "R"})
        )
        with self.assertRaises(AccessError):
            match.with_user(biller).write({"remote_id": "S"})
        with self.assertRaises(AccessError):
            match.with_user(stranger).action_confirm()

    def test_rights_of_products_units_and_terms(self):
        connection = {"connection_id": self.connection.id}
        unit = self.env["ledger.unit"].sudo().create(connection | {"code": "parts", "name": "pieces"})
        uom = self.env.ref("uom.product_uom_unit")
        product = self.env["product.product"].create({"name": "Rugbrød"})
        missing = {"area": "unit", "severity": "2_lost", "message": "A unit"}
        records = [
            unit,
            self.env["ledger.unit.mapping"].create(connection | {"uom_id": uom.id, "unit_id": unit.id}),
            self.env["ledger.terms.mapping"].create(connection),
            self.env["ledger.product.rule"].create(connection | {"key": "none"}),
            self.env["ledger.product.match"].sudo().create(connection | {"product_id": product.id, "remote_id": "R"}),
            self.env["ledger.missing"].sudo().create(connection | missing),
        ]
        biller = new_test_user(self.env, "biller2", "account.group_account_invoice", company_id=self.company.id)
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = new_test_user(
            self.env, "stranger2", "account.group_account_manager", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        for record in records:
            self.assertTrue(record.with_user(biller).read(["connection_id"]))
            self.assertFalse(self.env[record._name].with_user(stranger).search([("id", "=", record.id)]), record._name)
            with self.assertRaises(AccessError):
                record.with_user(biller).write({"connection_id": self.connection.id})
        action = records[-1].with_user(biller).action_open_place()
        self.assertEqual((action["res_model"], action["res_id"]), ("transfer.connection", self.connection.id))

    def test_types_of_customers(self):
        denmark = self.env.ref("base.dk").id
        person, company = self.env["res.partner"].create(
            [
                {"name": "Anna Ager", "country_id": denmark, "customer_rank": 1},
                {"name": "Butik ApS", "country_id": denmark, "customer_rank": 1, "is_company": True},
            ]
        )
        self.assertEqual([one._ledger_customer_type() for one in (person, company)], ["person", "company"])
        if "peppol_endpoint" not in company._fields:
            self.skipTest("a GLN is kept by core's e-invoicing")
        company.write({"peppol_eas": "0088", "peppol_endpoint": "5798000999992"})
        self.assertEqual(company._ledger_customer_type(), "public")
        if "einvoice_customer_kind" in company._fields:
            company.einvoice_customer_kind = "business"
            self.assertEqual(company._ledger_customer_type(), "company", "as a person has said")
        company.write({"customer_rank": 0, "supplier_rank": 1})
        self.assertEqual(company._ledger_customer_type(), "supplier")
