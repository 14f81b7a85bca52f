from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestSecurity(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.other_company = cls._create_company(name="Anden ApS")
        cls.users = cls._users()

    def test_user_makes_and_sends(self):
        move = self._invoice(self._partner("dk")).with_user(self.users["invoice"])
        move.action_create_einvoice()
        document = move.einvoice_document_ids
        self.assertEqual(document.state, "checked")
        document.action_mark_sent()
        self.assertEqual(document.state, "sent")

    def test_auditor_reads_only(self):
        document = self._document(self._invoice(self._partner("dk"))).with_user(self.users["readonly"])
        self.assertTrue(document.name)
        with self.assertRaises(AccessError):
            document.write({"state": "sent"})
        with self.assertRaises(AccessError):
            document.action_create_again()

        document.sudo()._system_write({"state": "queued"})
        with self.assertRaises(AccessError):
            document.action_recall()

    def test_the_interface_is_the_administrators(self):
        connection = self.env["transfer.connection"].create(
            {"name": "A", "kind": "einvoice_api", "company_id": self.company.id, "einvoice_provider": "generic"}
        )
        before = connection.sudo().einvoice_definition
        portal = new_test_user(self.env, "einvoice_portal", groups="base.group_portal")
        for user in (portal, *self.users.values()):
            with self.assertRaises(AccessError):
                connection.with_user(user).action_einvoice_definition()
        self.assertEqual(connection.sudo().einvoice_definition, before)

    def test_companies_are_separate(self):
        document = (
            self.env["nordic.einvoice.document"]
            .sudo()
            .create({"name": "Fremmed", "company_id": self.other_company.id, "direction": "in", "state": "received"})
        )
        seen = self.env["nordic.einvoice.document"].with_user(self.users["manager"]).search([("id", "=", document.id)])
        self.assertFalse(seen)
        with self.assertRaises(AccessError):
            document.with_user(self.users["manager"]).read(["name"])

    def test_folder_is_for_administrators(self):
        connection = self.env["transfer.connection"].create(
            {"name": "Mappe", "kind": "einvoice_file", "company_id": self.company.id, "einvoice_folder": "/srv/out"}
        )
        with self.assertRaises(AccessError):
            connection.with_user(self.users["manager"]).read(["einvoice_folder"])

    def test_database_allows_one_document_per_invoice(self):
        document = self._document(self._invoice(self._partner("dk")))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            document.sudo().copy({"move_id": document.move_id.id})
            self.env.flush_all()
