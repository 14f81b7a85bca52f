from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestRoles(BetalingsserviceCommon):
    """Calendar, history, files and unknown numbers: who sees them, who changes them, in which company."""

    def setUp(self):
        super().setUp()
        self._agreement()
        self._invoice()
        operator = self._operator()
        operator.sign_up("7777", date(2027, 1, 2))
        self.received = self._import(operator.answer_0603())
        self.delivery = self.creditor._create_delivery()
        self.agreement = self.customer.betalingsservice_agreement_ids
        self.deadline = self.creditor.deadline_ids[:1]
        self.line = self.received.line_ids

    def _user(self, group, company=None):
        company = company or self.company
        return new_test_user(
            self.env,
            f"{group}_{company.id}@example.dk",
            groups=f"account.{group}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def test_auditor_reads_everything_and_changes_nothing(self):
        user = self._user("group_account_readonly")
        creditor = self.creditor.with_user(user)
        self.assertTrue(creditor.what_if_text)
        self.assertEqual(creditor.unknown_count, 1)
        self.assertTrue(self.deadline.with_user(user).display_name)
        self.deadline.with_user(user).read(["missing_html", "collection_count", "not_ready_count", "state"])
        self.assertTrue(self.agreement.with_user(user).log_ids.mapped("event"))
        self.assertIn("<table", self.delivery.with_user(user).records_html)
        self.assertTrue(self.delivery.with_user(user).action_open_records())
        for record, values in (
            (self.line, {"partner_id": self.other.id}),
            (self.deadline, {"alarm_date": False}),
            (self.agreement.log_ids[:1], {"event": "ended"}),
        ):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(user).write(values)
        with self.assertRaises(AccessError):
            self.line.with_user(user).action_ignore()

    def test_auditor_follows_what_the_overview_counts(self):
        self._invoice(self.other, post=False)
        self.other.street = False
        self._agreement(self.other)
        self._invoice(self.other)
        creditor = self.creditor.with_user(self._user("group_account_readonly"))
        creditor.read(["not_ready_count", "to_send_count", "what_if_text", "next_delivery_number"])
        for name in ("waiting", "not_ready", "unsent", "unknown", "failed", "agreements", "collections", "deadlines"):
            with self.subTest(name):
                action = getattr(creditor, f"action_open_{name}")()
                creditor.env[action["res_model"]].search(action["domain"]).read(["display_name"])

    def test_bookkeeper_assigns_and_cannot_rewrite_history(self):
        user = self._user("group_account_invoice")
        line = self.line.with_user(user)
        line.partner_id = self.other
        line.action_create_agreement()
        self.assertEqual(self.other.betalingsservice_agreement_ids.log_ids.user_id, user)
        for record, values in (
            (self.agreement.log_ids[:1], {"event": "ended"}),
            (self.deadline, {"late_count": 0}),
        ):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(user).write(values)
        with self.assertRaises(AccessError):
            self.agreement.log_ids.with_user(user).unlink()

    def test_bookkeeper_takes_in_a_file(self):
        user = self._user("group_account_invoice")
        operator = self._operator()
        operator._delivery_number += 10
        operator.sign_up("1001", date(2027, 1, 3))
        operator.sign_up("1002", date(2027, 1, 3))
        delivery = (
            self.env["betalingsservice.delivery"].with_user(user)._import_file(operator.answer_0603(), "D2-603.BS1")
        )
        self.assertEqual(delivery.line_ids.mapped("result"), ["changed", "created"])

    def test_companies_are_separate(self):
        other = self.setup_other_company()["company"]
        user = self._user("group_account_manager", other)
        connection = self.env["transfer.connection"].create(
            {
                "name": "Filer",
                "kind": "betalingsservice",
                "betalingsservice_creditor_id": self.creditor.id,
                "betalingsservice_out": "/srv/out",
                "betalingsservice_in": "/srv/in",
            }
        )
        for record in (self.deadline, self.agreement.log_ids, self.line, connection):
            with self.subTest(model=record._name):
                self.assertFalse(self.env[record._name].with_user(user).search([("id", "in", record.ids)]))
        wizard = self.env["betalingsservice.records"].create({"delivery_id": self.delivery.id})
        with self.assertRaises(AccessError):
            self.env["betalingsservice.records"].with_user(user).browse(wizard.id).read(["records_html"])
        own = (
            self.env["betalingsservice.creditor"]
            .with_user(user)
            .create(
                {
                    "name": "Anden",
                    "pbs_number": "01234567",
                    "data_supplier_number": "12345678",
                    "group_ids": [Command.create({"number": "00001", "name": "A"})],
                }
            )
        )
        self.assertTrue(own.deadline_ids)
        self.assertEqual((own.to_send_amount, own.unknown_count), (0, 0))
