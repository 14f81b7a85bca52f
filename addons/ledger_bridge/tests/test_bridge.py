from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .. import records
from .contract import LedgerCommon


@tagged("post_install", "-at_install")
class TestBridge(LedgerCommon):
    """What does not need another side."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.env["transfer.connection"].create(
            {"name": "By hand", "kind": "manual", "company_id": cls.company.id}
        )

    def test_company_without_ledger_is_told(self):
        with self.assertRaisesRegex(UserError, "not connected"):
            self._new_invoice().action_ledger_push()

    def test_our_ids_are_always_the_same(self):
        ids = {self.connection._ledger_uuid(self.customer) for _i in range(3)}
        self.assertEqual(len(ids), 1)
        other = self.connection.copy({"name": "Other"})
        self.assertNotEqual(other._ledger_uuid(self.customer), ids.pop())

    def test_link_is_unique_both_ways(self):
        self.connection._ledger_store_link(self.customer, "contact", "R1")
        self.connection._ledger_store_link(self.customer, "contact", "R2")
        link = self.connection._ledger_link(self.customer, "contact")
        self.assertEqual(link.remote_id, "R1", "the first link stays")
        other = self._new_customer("Other")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.connection._ledger_store_link(other, "contact", "R1")

    def test_totals_and_gate(self):
        move = self._new_invoice(lines=((2.0, 100.0), (1.0, 55.0)))
        self.env["ledger.account.mapping"].create(
            {"connection_id": self.connection.id, "tax_id": self.tax.id, "remote_account": "1000"}
        )
        record = move._ledger_prepare_invoice(self.connection)
        self.assertEqual(move._ledger_gate(record), [])
        low = records.calculate(record)
        low = records.Totals(low.net, low.total - records.CENT, low.vat_total - records.CENT, None)
        differences = move._ledger_gate(record, low)
        self.assertEqual(
            [(one.kind, str(one.amount)) for one in differences], [("vat_total", "-0.01"), ("total", "-0.01")]
        )

    def test_price_with_tax_included(self):
        self.tax.price_include_override = "tax_included"
        self.env["ledger.account.mapping"].create(
            {"connection_id": self.connection.id, "tax_id": self.tax.id, "remote_account": "1000"}
        )
        move = self._new_invoice(lines=((1.0, 99.95),))
        record = move._ledger_prepare_invoice(self.connection)
        self.assertFalse(record.prices_include_vat, "this kind of connection takes net prices only")
        self.assertEqual(move._ledger_gate(record), [])
        connection_class = self.env.registry["transfer.connection"]
        with patch.object(connection_class, "_ledger_capabilities", lambda connection: {"gross_prices"}):
            record = move._ledger_prepare_invoice(self.connection)
        self.assertTrue(record.prices_include_vat)
        self.assertEqual(str(record.lines[0].unit_price), "99.95")
        self.assertEqual(move._ledger_gate(record), [])

    def test_mapping_of_account_goes_before_the_general_one(self):
        general = {"connection_id": self.connection.id, "tax_id": self.tax.id, "remote_account": "1000"}
        mappings = self.env["ledger.account.mapping"].create(
            [general, general | {"account_id": self.income.id, "remote_account": "1010"}]
        )
        find = self.env["ledger.account.mapping"]._find
        self.assertEqual(find(self.connection, self.income, self.tax), mappings[1])
        self.assertEqual(find(self.connection, self.company_data["default_account_expense"], self.tax), mappings[0])
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            mappings[0].copy()

    def test_state_can_be_searched(self):
        move = self._new_invoice()
        moves = self.env["account.move"]
        self.assertEqual(move.ledger_state, "not_pushed")
        self.assertIn(move, moves.search([("ledger_state", "=", "not_pushed")]))
        log = self.connection._transfer_enqueue("invoice_create", move, "x")
        for state, shown in (("queued", "queued"), ("failed", "failed"), ("uncertain", "uncertain")):
            log.state = state
            self.env.invalidate_all()
            self.env.flush_all()
            self.assertEqual(move.ledger_state, shown)
            self.assertIn(move, moves.search([("ledger_state", "=", shown)]))
            self.assertNotIn(move, moves.search([("ledger_state", "in", ("not_pushed", "pushed"))]))
        self.connection._ledger_store_link(move, "invoice", "R1", "1001")
        self.env.invalidate_all()
        self.assertEqual((move.ledger_state, move.ledger_number), ("pushed", "1001"))
        self.assertIn(move, moves.search([("ledger_state", "=", "pushed")]))

    def test_transfers_are_named_as_a_user_would(self):
        log = self.connection._transfer_enqueue("compare", self.connection, "compare:2026-11-01", direction="in")
        self.assertEqual(log.operation_name, self.env["transfer.connection"]._transfer_operation_names()["compare"])
        self.assertNotEqual(log.operation_name, log.operation)

    def test_roles(self):
        bookkeeper = new_test_user(self.env, "ledger_bookkeeper", groups="account.group_account_invoice")
        auditor = new_test_user(self.env, "ledger_auditor", groups="account.group_account_readonly")
        for user in (bookkeeper, auditor):
            user.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        move = self._new_invoice()
        log = self.connection._transfer_enqueue("invoice_create", move, "x")
        log.state = "failed"
        with self.assertRaises(AccessError):
            log.with_user(auditor).action_retry()
        self.assertEqual(move.with_user(auditor).ledger_state, "failed")
        log.with_user(bookkeeper).action_retry()
        self.assertEqual(log.state, "queued")
        with self.assertRaises(AccessError):
            self.env["ledger.account.mapping"].with_user(bookkeeper).create(
                {"connection_id": self.connection.id, "remote_account": "1"}
            )
        with self.assertRaises(AccessError):
            move.with_user(auditor).action_ledger_push()
