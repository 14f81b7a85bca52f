from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import TODAY, SubscriptionCommon


@tagged("post_install", "-at_install")
class TestSecurity(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company()["company"]
        options = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.clerk = new_test_user(cls.env, "sub_clerk", groups="account.group_account_invoice", **options)
        cls.auditor = new_test_user(cls.env, "sub_auditor", groups="account.group_account_readonly", **options)
        cls.stranger = new_test_user(cls.env, "sub_stranger", groups="base.group_user", **options)

    def test_bookkeeper_does_a_whole_run(self):
        env = self.env(user=self.clerk)
        subscription = env["subscription.subscription"].create(
            {
                "partner_id": self.customer.id,
                "date_start": "2027-03-01",
                "line_ids": [Command.create({"product_id": self.service.id})],
            }
        )
        subscription._start()
        run = env["subscription.billing.run"].create({"date_until": "2027-03-10", "invoice_date": "2027-03-10"})
        run.subscription_ids = subscription
        run.action_preview()
        run.action_run()
        self.assertEqual((run.state, run.invoice_count), ("done", 1))
        run.action_undo_drafts()
        self.assertEqual(subscription.period_ids.state, "released")

    def test_ledger_is_written_by_the_billing_only(self):
        subscription = self._make_subscription()
        self._bill(subscriptions=subscription)
        period = subscription.period_ids[0].with_user(self.clerk)
        with self.assertRaises(AccessError):
            period.state = "released"
        with self.assertRaises(AccessError):
            period.unlink()

    def test_a_run_that_has_started_is_history(self):
        subscription = self._make_subscription()
        run = self._bill(subscriptions=subscription).with_user(self.clerk)
        for values in ({"state": "draft"}, {"date_done": False}, {"user_id": self.clerk.id}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                run.write(values)
        for values in ({"date_until": "2027-01-01"}, {"posting": "post"}, {"name": "X"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                run.write(values)
        with self.assertRaises(AccessError):
            run.line_ids[0].state = "ready"
        run.action_undo_drafts()
        with self.assertRaises(UserError):
            run.unlink()
        with self.assertRaises(AccessError):
            self.env["subscription.billing.run"].with_user(self.clerk).create({"state": "done"})

    def test_the_clerk_chooses_and_posts(self):
        subscription = self._make_subscription()
        run = self._make_run(subscriptions=subscription).with_user(self.clerk)
        run.action_preview()
        run.line_ids.is_selected = False
        run.date_until = "2027-03-31"
        run.action_preview()
        run.line_ids.is_selected = True
        run.action_run()
        run.action_post_invoices()
        self.assertEqual(set(run.invoice_ids.mapped("state")), {"posted"})

    def test_auditor_reads(self):
        subscription = self._make_subscription().with_user(self.auditor)
        self.assertTrue(subscription.name)
        with self.assertRaises(AccessError):
            subscription.title = "x"
        run = self._make_run().with_user(self.auditor)
        for action in (run.action_preview, run.action_run, run.action_retry):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(UserError):
            self.env["subscription.period"].with_user(self.auditor).action_release()

    def test_others_see_nothing(self):
        subscription = self._make_subscription()
        with self.assertRaises(AccessError):
            subscription.with_user(self.stranger).read(["name"])

    def test_companies_are_separate(self):
        subscription = self._make_subscription()
        run = self._bill(subscriptions=subscription)
        foreign = new_test_user(
            self.env, "sub_foreign", groups="account.group_account_manager",
            company_id=self.other.id, company_ids=[Command.set(self.other.ids)],
        )  # fmt: skip
        for records in (subscription, run, subscription.period_ids, subscription.line_ids, run.line_ids):
            self.assertFalse(records.with_user(foreign).search([("id", "in", records.ids)]))
        foreign_run = self.env["subscription.billing.run"].with_company(self.other).create({"date_until": "2027-12-31"})
        foreign_run.action_preview()
        self.assertFalse(foreign_run.line_ids)

    def test_things_of_another_company_are_refused_when_saved(self):
        customer = self._make_customer("Foreign", company_id=self.other.id)
        with self.assertRaises(UserError):
            self._make_subscription(partner_id=customer.id)

    def test_nothing_is_put_on_the_record_of_another_company(self):
        """A line that is mine, moved by a call no screen makes: the others' customer would be billed with it."""
        env, theirs = self.env(user=self.clerk), self.env["subscription.subscription"].with_company(self.other)
        foreign = theirs.create(
            {
                "company_id": self.other.id,
                "partner_id": self.other_customer.id,
                "line_ids": [Command.create({"name": "Theirs", "price_unit": 3})],
            }
        )
        foreign_group = self.env["subscription.group"].create({"name": "Theirs", "company_id": self.other.id})
        own = self._make_subscription().with_user(self.clerk)
        member = env["subscription.group"].create({"name": "Own"}).member_ids.create(
            {"group_id": env["subscription.group"].search([("name", "=", "Own")]).id, "partner_id": self.customer.id}
        )  # fmt: skip
        line = own.line_ids
        for model, values, name, parent in (
            ("subscription.line", {"subscription_id": own.id, "name": "x"}, "subscription_id", foreign),
            ("subscription.pause", {"subscription_id": own.id, "date_from": TODAY}, "subscription_id", foreign),
            ("subscription.change", {"subscription_id": own.id, "date": TODAY}, "subscription_id", foreign),
            ("subscription.reference", {"subscription_id": own.id, "order_reference": "7"}, "subscription_id", foreign),
            ("subscription.line.tier", {"line_id": line.id, "above": 5, "price_unit": 3}, "line_id", foreign.line_ids),
            ("subscription.group.member", {"group_id": member.group_id.id, "partner_id": self.other_customer.id},
             "group_id", foreign_group),
        ):  # fmt: skip
            with self.subTest(model=model):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    env[model].create({**values, name: parent.id})
                record = env[model].create(values)
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    record.write({name: parent.id})
        second = self._make_subscription().with_user(self.clerk)
        env["subscription.pause"].create({"subscription_id": own.id, "date_from": TODAY}).subscription_id = second

    def test_each_company_is_billed_in_its_own_books(self):
        """Whoever starts the run."""
        product = self._make_product("Theirs", 100.0, taxes_id=[Command.set(self.other.account_sale_tax_id.ids)])
        subscription = (
            self.env["subscription.subscription"]
            .with_company(self.other)
            .create(
                {
                    "company_id": self.other.id,
                    "partner_id": self.customer.id,
                    "date_start": "2027-03-01",
                    "line_ids": [Command.create({"product_id": product.id, "price_unit": 100.0})],
                }
            )
        )
        subscription._start()
        run = self.env["subscription.billing.run"].create(
            {"company_id": self.other.id, "date_until": "2027-03-10", "invoice_date": "2027-03-10", "posting": "post"}
        )
        run.action_run()
        self.assertEqual(run.invoice_ids.company_id, self.other)
        self.assertEqual(run.invoice_ids.journal_id.company_id, self.other)
        self.assertEqual(run.invoice_ids.invoice_line_ids.tax_ids.company_id, self.other.account_sale_tax_id.company_id)
