from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import FakeParty, TransferCommon


@tagged("post_install", "-at_install")
class TestSecurity(TransferCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.connection_b = cls._new_connection("Party of B", company_id=cls.company_b.id)
        cls.log = cls.connection._transfer_enqueue("thing_create", cls.document, "k1")
        cls.log_b = cls.connection_b._transfer_enqueue("thing_create", cls.document, "k1")
        cls.auditor = new_test_user(cls.env, "transfer_auditor", groups="transfer_log.group_transfer_auditor")
        cls.user = new_test_user(cls.env, "transfer_user", groups="transfer_log.group_transfer_user")
        cls.manager = new_test_user(cls.env, "transfer_manager", groups="transfer_log.group_transfer_manager")
        cls.employee = new_test_user(cls.env, "transfer_employee", groups="base.group_user")

    def test_companies_are_separate(self):
        logs = self.env["transfer.log"].with_user(self.manager).search([("key", "=", "k1")])
        self.assertEqual(logs, self.log)
        with self.assertRaises(AccessError):
            self.log_b.with_user(self.manager).read(["state"])
        self.manager.company_ids = [Command.link(self.company_b.id)]
        both = (
            self.env["transfer.log"]
            .with_user(self.manager)
            .with_context(allowed_company_ids=[self.env.company.id, self.company_b.id])
        )
        self.assertEqual(both.search([("key", "=", "k1")]), self.log + self.log_b)

    def test_auditor_reads_only(self):
        self.assertEqual(self.log.with_user(self.auditor).state, "queued")
        with self.assertRaises(AccessError):
            self.log.with_user(self.auditor).action_retry()
        with self.assertRaises(AccessError):
            self.connection.with_user(self.auditor).action_pause()

    def test_user_decides_but_does_not_configure(self):
        self.log.state = "failed"
        self.log.with_user(self.user).action_retry()
        self.assertEqual(self.log.state, "queued")
        with self.assertRaises(AccessError):
            self.connection.with_user(self.user).action_pause()
        self.connection.with_user(self.manager).action_pause()
        self.assertTrue(self.connection.is_paused)

    def test_nobody_rewrites_the_log(self):
        self.log.sudo().state = "done"
        for values in (
            {"state": "queued"},
            {"key": "other"},
            {"remote_id": "1"},
            {"connection_id": self.connection_b.id},
        ):
            for user in (self.user, self.manager):
                with self.subTest(values=values, user=user.login), self.assertRaises(AccessError):
                    self.log.with_user(user).write(values)

    def test_employee_sees_nothing(self):
        with self.assertRaises(AccessError):
            self.log.with_user(self.employee).read(["state"])
        with self.assertRaises(AccessError):
            self.connection.with_user(self.employee).read(["name"])

    def test_queue_runs_in_company_of_connection(self):
        seen = []
        party = FakeParty()
        original = party.execute

        def execute(log):
            seen.append(log.env.company)
            return original(log)

        party.execute = execute
        self.process(party, self.connection + self.connection_b)
        self.assertEqual(seen, [self.env.company, self.company_b])
