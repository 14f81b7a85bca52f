from datetime import date, timedelta

from odoo import Command, http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon

PASSWORD = "portal-portal-1"


class PortalCommon(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._subscription_today()
        cls.start = cls.today.replace(day=1)
        cls.mine = cls._make_subscription(
            start=cls.start, title="Serviceaftale", notice_count=1, notice_unit="month", notice_end="month",
            user_id=cls.env.user.id, customer_reference="PO 7",
        )  # fmt: skip
        cls.theirs = cls._make_subscription(start=cls.start, partner_id=cls.other_customer.id, title="Hemmelig")
        cls.person = cls.env["res.partner"].create(
            {"name": "Dorthe", "parent_id": cls.customer.id, "email": "dorthe@example.dk"}
        )
        cls.user = new_test_user(
            cls.env, "portal_dorthe", groups="base.group_portal", partner_id=cls.person.id, password=PASSWORD,
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip
        cls.requests = cls.env["subscription.request"]

    def _ask_end(self, day=None, subscription=None):
        subscription = subscription or self.mine
        return self.requests.with_user(self.user)._ask_end(
            subscription.sudo(), self.person, day or subscription.earliest_end
        )


@tagged("post_install", "-at_install")
class TestPortalPages(PortalCommon, HttpCase):
    """What a customer sees and does over HTTP, and what he does not."""

    def _post(self, url, with_token=True, **values):
        if with_token:
            values["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(url, data=values, allow_redirects=False)

    def setUp(self):
        super().setUp()
        self.authenticate("portal_dorthe", PASSWORD)

    def test_list_and_page_show_the_next_invoice_as_it_will_be(self):
        listed = self.url_open("/my/subscriptions").text
        self.assertIn("Serviceaftale", listed)
        self.assertNotIn("Hemmelig", listed)
        [plan] = self.mine._get_upcoming_plans(1)
        amount = f"{plan.amount_total:.2f}"
        page = self.url_open(f"/my/subscriptions/{self.mine.id}").text
        self.assertIn(amount.replace(".", ","), listed.replace(".", ","))
        self.assertIn(amount.replace(".", ","), page.replace(".", ","))
        for text in ("Serviceaftale", self.mine.name, "PO 7"):
            self.assertIn(text, page)
        self.assertIn("/my/subscriptions", self.url_open("/my/home").text)

    def test_invoices_with_state_and_link(self):
        invoice = self._bill(self.today, self.mine, posting="post").invoice_ids
        page = self.url_open(f"/my/subscriptions/{self.mine.id}").text
        self.assertIn(invoice.name, page)
        link = invoice.get_portal_url()
        self.assertIn(link.split("?")[0], page)
        self.assertEqual(self.url_open(link).status_code, 200)

    def test_another_customer_and_a_number_that_is_not_there_get_the_same_answer(self):
        with mute_logger("odoo.http"):
            for number in (self.theirs.id, self.theirs.id + 100000):
                with self.subTest(number=number):
                    url = f"/my/subscriptions/{number}"
                    self.assertEqual(self.url_open(url).status_code, 404)
                    answer = self._post(f"{url}/request", kind="pause", date_from=str(self.today))
                    self.assertEqual(answer.status_code, 404)
        self.assertFalse(self.theirs.request_ids)
        draft = self._make_subscription(running=False)
        self.assertEqual(self.url_open(f"/my/subscriptions/{draft.id}").status_code, 404, "not agreed yet")

    def test_nobody_else_than_a_user_who_is_logged_in(self):
        self.authenticate(None, None)
        answer = self.url_open(f"/my/subscriptions/{self.mine.id}", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])

    def test_asks_for_the_end_and_is_told_the_earliest_day(self):
        url = f"/my/subscriptions/{self.mine.id}"
        early = self._post(f"{url}/request", kind="end", date_end=str(self.today))
        self.assertEqual(early.status_code, 200)
        self.assertIn("alert-danger", early.text)
        self.assertFalse(self.mine.request_ids)
        good = self._post(f"{url}/request", kind="end", date_end=str(self.mine.earliest_end), note="Vi flytter")
        self.assertEqual(good.status_code, 303)
        self.env.invalidate_all()
        self.assertRecordValues(
            self.mine.request_ids,
            [{"kind": "end", "state": "new", "partner_id": self.person.id, "date_end": self.mine.earliest_end,
              "note": "Vi flytter"}],
        )  # fmt: skip
        self.assertFalse(self.mine.date_end, "nothing happens before somebody approves")
        again = self._post(f"{url}/request", kind="end", date_end=str(self.mine.earliest_end))
        self.assertIn("alert-danger", again.text)
        self.assertEqual(len(self.mine.request_ids), 1)

    def test_withdraws_only_his_own(self):
        request = self._ask_end()
        foreign = self.requests.sudo()._ask_pause(self.theirs, self.other_customer, self.today)
        url = f"/my/subscriptions/{self.mine.id}/requests"
        with mute_logger("odoo.http"):
            self.assertEqual(self._post(f"{url}/{foreign.id}/withdraw").status_code, 404)
        self.assertEqual(self._post(f"{url}/{request.id}/withdraw").status_code, 303)
        self.env.invalidate_all()
        self.assertEqual((request.state, foreign.state), ("withdrawn", "new"))

    def test_a_page_from_elsewhere_asks_for_nothing(self):
        with mute_logger("odoo.http"):
            answer = self._post(
                f"/my/subscriptions/{self.mine.id}/request", False, kind="pause", date_from=str(self.today)
            )
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.mine.request_ids)

    def test_what_is_no_date_is_told(self):
        answer = self._post(f"/my/subscriptions/{self.mine.id}/request", kind="pause", date_from="<b>x")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("alert-danger", answer.text)
        self.assertNotIn("<b>x", answer.text)


@tagged("post_install", "-at_install")
class TestPortalRequests(PortalCommon):
    """Requests: who sees what, and what a decision does."""

    def _clerk(self):
        return new_test_user(
            self.env, "request_clerk", groups="account.group_account_invoice",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip

    def test_customers_have_no_rights_to_the_records(self):
        for name in ("subscription", "line", "request", "reference", "payment.way", "period", "group"):
            model = f"subscription.{name}"
            with self.subTest(model=model):
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(self.env[model].with_user(self.user).has_access(operation))

    def test_approving_the_end_does_it_by_the_day_it_was_asked_on(self):
        """Notice counts from the day the customer asked, however long the answer took."""
        with freeze_time(self.today):
            request = self._ask_end()
        day = request.date_end
        self.assertTrue(request.activity_ids)
        self.assertEqual(request.activity_ids.user_id, self.mine.user_id)
        with freeze_time(day - timedelta(days=3)):
            self.assertGreater(self.mine._get_earliest_end().day, day)
            request.with_user(self._clerk()).action_approve()
        self.assertEqual((self.mine.date_end, request.state), (day, "approved"))
        self.assertRecordValues(
            self.mine.termination_ids, [{"date": self.today, "date_end": day, "is_override": False}]
        )
        self.assertFalse(request.activity_ids)
        told = request.message_ids.filtered(lambda message: self.person in message.partner_ids)
        self.assertEqual(len(told), 2, "received, and approved")
        with self.assertRaises(UserError):
            request.action_approve()

    def test_a_pause_is_made_when_it_is_approved(self):
        start, end = self.today + timedelta(days=10), self.today + timedelta(days=20)
        request = self.requests._ask_pause(self.mine, self.person, start, end)
        self.assertFalse(self.mine.pause_ids)
        request.with_user(self._clerk()).action_approve()
        self.assertRecordValues(self.mine.pause_ids, [{"date_from": start, "date_to": end}])

    def test_refusing_needs_an_answer(self):
        request = self._ask_end().with_user(self._clerk())
        with self.assertRaises(UserError):
            request.action_refuse()
        request.answer = "Bindingen løber et år endnu."
        request.action_refuse()
        self.assertEqual((request.state, self.mine.date_end), ("refused", False))
        self.assertIn("Bindingen", request.sudo().message_ids[0].body)

    def test_how_it_was_decided_is_not_written_by_hand(self):
        request = self._ask_end()
        clerk = self._clerk()
        for values in ({"state": "approved"}, {"date_end": "2026-01-01"}, {"user_id": clerk.id}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                request.with_user(clerk).write(values)
        with self.assertRaises(AccessError):
            request.with_user(clerk).unlink()
        auditor = new_test_user(self.env, "request_auditor", groups="account.group_account_readonly")
        with self.assertRaises(AccessError):
            request.with_user(auditor).action_approve()

    def test_companies_are_separate(self):
        request = self._ask_end()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "request_stranger", groups="account.group_account_manager",
                                 company_id=other.id, company_ids=[Command.set(other.ids)])  # fmt: skip
        self.assertFalse(self.requests.with_user(stranger).search([("id", "=", request.id)]))

    def test_members_of_a_group_see_their_own_part(self):
        group = self.env["subscription.group"].create(
            {"name": "Kæde", "member_ids": [
                Command.create({"partner_id": self.customer.id, "has_discount": True, "discount": 50.0}),
                Command.create({"partner_id": self.other_customer.id}),
            ]}
        )  # fmt: skip
        shared = self._make_subscription(start=self.start, group_id=group.id)
        found = self.env["subscription.subscription"].search(shared._get_portal_domain(self.person))
        self.assertEqual(found, self.mine | shared)
        plans = shared._get_portal_plans(self.person)
        self.assertEqual(set(plan.customer for plan in plans), {self.customer})
        self.assertEqual({plan.amount_untaxed for plan in plans}, {50.0})
        run = self._bill(self.today, shared, posting="post")
        self.assertEqual(shared._get_portal_invoices(self.person).commercial_partner_id, self.customer)
        self.assertEqual(len(run.invoice_ids), 2)

    def test_a_pause_in_the_past_is_refused(self):
        for days in ((date(2020, 1, 1), None), (self.today, self.today - timedelta(days=1)), (None, None)):
            with self.subTest(days=days), self.assertRaises(UserError):
                self.requests._ask_pause(self.mine, self.person, *days)
