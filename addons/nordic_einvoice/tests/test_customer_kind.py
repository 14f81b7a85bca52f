from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .test_cockpit import CockpitCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 10:00:00")
class TestCustomerKind(CockpitCommon):
    """S2.1: private person, business or public authority decides channel, duty and what must be filled in."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.danish = cls._partner("dk", email="post@kunde.example")

    def test_known_by_address_and_numbers(self):
        person = self.env["res.partner"].create({"name": "Anna Ager", "country_id": self.env.ref("base.dk").id})
        self.assertEqual(person.einvoice_kind, "person")
        self.assertEqual(self.danish.einvoice_kind, "business")
        self.assertEqual(self._public_customer().einvoice_kind, "public")
        person.vat = "DK12345674"
        self.assertEqual(person.einvoice_kind, "business", "a sole trader")
        contact = self.env["res.partner"].create({"name": "Bo", "parent_id": self.danish.id})
        self.assertEqual(contact.einvoice_kind, "business")
        self.danish.einvoice_customer_kind = "public"
        self.assertEqual(contact.einvoice_kind, "public", "as chosen on its company")

    def test_a_shop_with_a_gln_is_no_authority_when_somebody_says_so(self):
        shop = self._public_customer(email="faktura@butik.example")
        shop.einvoice_customer_kind = "business"
        self.assertFalse(shop.einvoice_needs_reference)
        move = self._invoice(shop, buyer_reference=False)
        self.assertFalse(self._way(move, "mail").problem, "no duty")

    def test_an_authority_without_reference_is_stopped_whatever_the_way(self):
        authority = self._partner("no", name="Byen kommune", email="post@kommune.example")
        move = self._invoice(authority, buyer_reference=False)
        self.assertFalse(self._way(move, "mail").problem)
        authority.einvoice_customer_kind = "public"
        for channel in ("mail", "print"):
            self.assertIn("Byen kommune", self._way(move, channel).problem)
        dispatch = self._send(move)
        self.assertEqual(dispatch.state, "failed")
        self.assertFalse(move.is_move_sent)
        move.einvoice_order_reference = "4500012345"
        self.assertFalse(self._way(move, "mail").problem)

    def test_a_private_person_gets_mail_though_a_number_is_known(self):
        person = self._partner("no", name="Kari Nordmann", is_company=False, vat=False, email="kari@example.com")
        person.einvoice_customer_kind = "person"
        move = self._invoice(person)
        way = self._way(move)
        self.assertEqual((way.channel, way.problem), ("mail", ""))
        person.email = False
        self.assertEqual(self._way(move).channel, "print")
        person.einvoice_channel = "peppol"
        move.invalidate_recordset(["einvoice_channel"])
        self.assertEqual(self._invoice(person).einvoice_channel, "peppol", "chosen on the customer")


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 10:00:00")
class TestSwedishAuthority(CockpitCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("se")
    def setUpClass(cls):
        super().setUpClass()
        cls._swedish_company()

    def test_swedish_authorities_have_a_duty(self):
        authority = self._partner("se", name="Byens kommun", email="post@kommun.example")
        authority.einvoice_customer_kind = "public"
        move = self._invoice(authority)
        self.assertIn("2018:1277", self._way(move, "mail").problem)
        authority.einvoice_customer_kind = "business"
        self.assertFalse(self._way(move, "mail").problem)
