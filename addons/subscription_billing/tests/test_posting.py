from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import TODAY, SubscriptionCommon


@tagged("post_install", "-at_install")
class TestPosting(SubscriptionCommon):
    """C8: drafts, or posted at once, chosen for each group and subscription; a run made by hand has its own choice."""

    def setUp(self):
        super().setUp()
        members = [(0, 0, {"partner_id": customer.id}) for customer in (self.customer, self.other_customer)]
        self.group = self.env["subscription.group"].create({"name": "Club", "member_ids": members})
        self.startPatcher(freeze_time("2027-03-10 12:00:00"))

    def _run_daily(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            runs = self.env["subscription.billing.run"]._make_automatic_runs()
            self.env["subscription.billing.run"]._cron_process_runs()
        run = runs.filtered(lambda each: each.company_id == self.company)
        self.assertEqual(run.state, "done")
        return run

    def _states(self, run, subscription):
        return run.line_ids.filtered(lambda line: line.subscription_id == subscription).move_ids.mapped("state")

    def test_each_group_has_its_choice_in_the_daily_run(self):
        other = self.group.copy({"name": "Other", "posting": "draft"})
        other.member_ids = [(0, 0, {"partner_id": self.customer.id})]
        plain = self._make_subscription(start=date(2027, 3, 1))
        posted = self._make_subscription(start=date(2027, 3, 1), group_id=self.group.id)
        drafts = self._make_subscription(start=date(2027, 3, 1), group_id=other.id)
        own = self._make_subscription(start=date(2027, 3, 1), group_id=other.id, posting="post")
        self.group.posting = "post"
        self.company.subscription_auto_run = "draft"
        run = self._run_daily()
        self.assertEqual(self._states(run, plain), ["draft"])
        self.assertEqual(self._states(run, posted), ["posted"] * 2)
        self.assertEqual((self._states(run, drafts), self._states(run, own)), (["draft"], ["posted"]))
        run.action_post_invoices()
        self.assertEqual(set(run.invoice_ids.mapped("state")), {"posted"}, "by hand all of them")

    def test_company_that_posts_leaves_the_drafts_of_a_group(self):
        self.group.posting = "draft"
        plain = self._make_subscription(start=date(2027, 3, 1))
        drafts = self._make_subscription(start=date(2027, 3, 1), group_id=self.group.id)
        self.company.subscription_auto_run = "post"
        run = self._run_daily()
        self.assertEqual((self._states(run, plain), self._states(run, drafts)), (["posted"], ["draft"] * 2))

    def test_run_made_by_hand_has_its_own_choice(self):
        self.group.posting = "post"
        drafts = self._bill(subscriptions=self._make_subscription(start=date(2027, 3, 1), group_id=self.group.id))
        self.assertEqual(set(drafts.invoice_ids.mapped("state")), {"draft"})
        self.group.posting = "draft"
        posted = self._make_subscription(start=date(2027, 3, 1), group_id=self.group.id)
        run = self._bill(subscriptions=posted, posting="post")
        self.assertEqual(set(run.invoice_ids.mapped("state")), {"posted"})

    def test_drafts_and_posted_never_share_an_invoice(self):
        self.customer.subscription_joint_invoice = "joint"
        draft = self._make_subscription(start=date(2027, 3, 1), posting="draft")
        posted = self._make_subscription(start=date(2027, 3, 1), posting="post")
        self.company.subscription_auto_run = "post"
        run = self._run_daily()
        self.assertEqual((self._states(run, draft), self._states(run, posted)), (["draft"], ["posted"]))
        by_hand = self._bill(until=date(2027, 4, 1), subscriptions=draft | posted)
        self.assertEqual(len(by_hand.invoice_ids), 1, "a run by hand makes all of them drafts")

    def test_template_gives_choice_day_and_way_of_payment(self):
        way = self.env["subscription.payment.way"].create({"name": "Card"})
        template = self.env["subscription.template"].create(
            {
                "name": "Membership",
                "posting": "post",
                "invoice_date_rule": "day",
                "invoice_day": 15,
                "way_id": way.id,
                "line_ids": [(0, 0, {"product_id": self.service.id})],
            }
        )
        made = self.env["subscription.subscription"].create(
            {"template_id": template.id, "partner_id": self.customer.id, "date_start": TODAY}
        )
        with Form(self.env["subscription.subscription"]) as form:
            form.partner_id = self.customer
            form.template_id = template
        for subscription in made | form.record:
            self.assertEqual((subscription.posting, subscription.way_id), ("post", way))
            self.assertEqual((subscription.invoice_date_rule, subscription.invoice_day), ("day", 15))
        with self.assertRaises(ValidationError):
            template.invoice_day = 0
        foreign = way.copy({"name": "Theirs", "company_id": self.env["res.company"].create({"name": "Other"}).id})
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            template.way_id = foreign
        self.assertIn("Theirs", str(caught.exception))


@tagged("post_install", "-at_install")
class TestInvoiceDay(SubscriptionCommon):
    """A4: the invoice's date by a fixed day of the month."""

    def test_invoice_date_of_a_fixed_day(self):
        subscription = self._make_subscription(invoice_date_rule="day", invoice_day=15)
        run = self._make_run(subscriptions=subscription)
        plans = run._plan(subscription.with_env(run._billing().env), run._billing())
        expected = [date(2027, 1, 15), date(2027, 2, 15), date(2027, 3, 15)]
        self.assertEqual([plan.invoice_date for plan in next(iter(plans.values()))], expected)
        run.action_run()
        self.assertEqual(sorted(run.invoice_ids.mapped("invoice_date")), expected)
        self.assertPeriods(
            run.invoice_ids, [("2027-01-01", "2027-01-31"), ("2027-02-01", "2027-02-28"), ("2027-03-01", "2027-03-31")]
        )

    def test_first_such_day_on_or_after_the_due_day_and_short_months(self):
        subscription = self._make_subscription(
            start=date(2027, 1, 20), invoice_date_rule="day", invoice_day=10, timing="arrears"
        )
        run = self._bill(subscriptions=subscription)  # due on 19.02. and 19.03.
        self.assertEqual(run.invoice_ids.mapped("invoice_date"), [date(2027, 3, 10)])
        last = self._make_subscription(invoice_date_rule="day", invoice_day=31)
        run = self._bill(subscriptions=last)
        self.assertEqual(
            sorted(run.invoice_ids.mapped("invoice_date")), [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]
        )
        for number in (0, 32):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                last.invoice_day = number

    def test_fixed_day_in_a_locked_period_is_a_fault_and_not_moved(self):
        self.company.sale_lock_date = date(2027, 2, 28)
        subscription = self._make_subscription(
            start=date(2027, 2, 1), invoice_date_rule="day", invoice_day=15, backlog="separate"
        )
        run = self._make_run(subscriptions=subscription)
        run.action_preview()
        self.assertEqual(run.line_ids.state, "fault")
        run.action_run()
        self.assertFalse(run.invoice_ids)
        self.company.sale_lock_date = False
        run.action_retry()
        self.assertEqual(sorted(run.invoice_ids.mapped("invoice_date")), [date(2027, 2, 15), date(2027, 3, 15)])


@tagged("post_install", "-at_install")
class TestMemberText(SubscriptionCommon):
    """S4.17: the text of a line as one member wants to read it."""

    def test_own_text_of_a_member(self):
        group = self.env["subscription.group"].create(
            {
                "name": "Club",
                "member_ids": [
                    (0, 0, {"partner_id": self.customer.id}),
                    (
                        0,
                        0,
                        {
                            "partner_id": self.other_customer.id,
                            "text_ids": [(0, 0, {"product_id": self.service.id, "name": "Cost centre 4711"})],
                        },
                    ),
                ],
            }
        )
        subscription = self._make_subscription(
            start=date(2027, 3, 1), group_id=group.id, lines=[(None, 1, 100.0), (self.setup_fee, 1, 50.0)]
        )
        run = self._make_run(subscriptions=subscription)
        run.action_preview()
        texts = {line.partner_id: line.details for line in run.line_ids}
        self.assertIn("Cost centre 4711", texts[self.other_customer])
        self.assertNotIn("Cost centre 4711", texts[self.customer])
        run.action_run()
        names = {move.partner_id: move.invoice_line_ids.mapped("name") for move in run.invoice_ids}
        self.assertTrue(names[self.other_customer][0].startswith("Cost centre 4711\n"))
        self.assertIn("Setup", names[self.other_customer][1])
        self.assertIn("Service", names[self.customer][0])
        self.assertEqual(set(run.invoice_ids.mapped("amount_untaxed")), {150.0})
        text = group.member_ids.text_ids
        auditor = new_test_user(
            self.env, "text_auditor", groups="account.group_account_readonly", company_id=self.company.id
        )
        self.assertEqual(text.with_user(auditor).name, "Cost centre 4711")
        with self.assertRaises(AccessError):
            text.with_user(auditor).name = "No"
        with self.assertRaises(ValidationError):
            text.name = "  "
