from odoo import Command, http
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CardCommon

PASSWORD = "portal-card-1"


@tagged("post_install", "-at_install")
class TestCardPortal(CardCommon, HttpCase):
    """A customer sees his card and chooses among his own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.env["res.partner"].create(
            {"name": "Dorthe", "parent_id": cls.customer.id, "email": "dorthe@example.dk"}
        )
        cls.user = new_test_user(
            cls.env, "portal_card", groups="base.group_portal", partner_id=cls.person.id, password=PASSWORD,
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip
        cls.own = cls._make_token(cls.person, details="4321")
        cls.foreign = cls._make_token(cls.other_customer, details="6666")

    def setUp(self):
        super().setUp()
        self.authenticate("portal_card", PASSWORD)

    def _choose(self, token_id, subscription=None, with_csrf=True):
        values = {"token_id": token_id}
        if with_csrf:
            values["csrf_token"] = http.Request.csrf_token(self)
        subscription = subscription or self.subscription
        return self.url_open(f"/my/subscriptions/{subscription.id}/card", data=values, allow_redirects=False)

    def test_the_page_shows_the_card_and_the_way_to_a_new_one(self):
        page = self.url_open(f"/my/subscriptions/{self.subscription.id}").text
        self.assertIn("1234", page)
        self.assertIn("4321", page)
        self.assertNotIn("6666", page)
        self.assertIn("/my/payment_method", page)

    def test_he_chooses_one_of_his_own(self):
        answer = self._choose(self.own.id)
        self.assertEqual((answer.status_code, self.subscription.payment_token_id), (303, self.own))

    def test_what_is_not_his_is_refused(self):
        for wrong in (self.foreign.id, "x", "", 99999999):
            with self.subTest(token=wrong):
                self._choose(wrong)
                self.assertFalse(self.subscription.payment_token_id)
        theirs = self._make_subscription(partner_id=self.other_customer.id, way_id=self.way.id)
        self.assertEqual(self._choose(self.own.id, theirs).status_code, 404)
        self.assertFalse(theirs.payment_token_id)

    def test_not_without_the_forms_token(self):
        with mute_logger("odoo.http"):
            self.assertEqual(self._choose(self.own.id, with_csrf=False).status_code, 400)
        self.assertFalse(self.subscription.payment_token_id)

    def test_nothing_of_cards_where_another_way_is_chosen(self):
        self.subscription.way_id = self.fallback
        page = self.url_open(f"/my/subscriptions/{self.subscription.id}").text
        self.assertNotIn("/my/payment_method", page)
        self.assertEqual(self._choose(self.own.id).status_code, 404)
