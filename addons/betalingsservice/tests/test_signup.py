from odoo import Command
from odoo.tests import tagged

from .common import PBS, BetalingsserviceCommon

NOTHING = {}


@tagged("post_install", "-at_install")
class TestSignup(BetalingsserviceCommon):
    """Who is not signed up yet is told how, with the numbers of production."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.creditor.subsystem = "BS1"
        cls.reference = cls.env["payment.reference.agreement"].search([("company_id", "=", cls.company.id)])

    def test_customer_without_agreement_is_told_all_numbers(self):
        self.reference.signup_link = "https://tilmeld.example/?p={pbs}&g={group}&k={customer}"
        invoice = self._invoice()
        self.assertEqual(
            invoice._payment_signup(),
            {
                "pbs_number": PBS,
                "debtor_group": "00001",
                "customer_number": "1001",
                "link": f"https://tilmeld.example/?p={PBS}&g=00001&k=1001",
            },
        )
        html = self._html(invoice)
        self.assertIn('name="payment_signup"', html)
        for text in (PBS, "00001", "1001", "+71&lt;"):
            self.assertIn(text, html)

    def test_number_of_an_agreement_that_waits_or_ended_is_used(self):
        agreement = self._agreement(state="pending", customer_number="ABC77")
        self.assertEqual(self._invoice()._payment_signup()["customer_number"], "ABC77")
        agreement.state = "ended"
        self.assertEqual(self._invoice()._payment_signup()["customer_number"], "ABC77")

    def test_who_has_joined_is_told_nothing(self):
        self._agreement()
        drawn = self._invoice()
        by_slip = self._invoice(post=False)
        by_slip.betalingsservice_agreement_id = False
        by_slip.action_post()
        for invoice in (drawn, by_slip):
            self.assertEqual(invoice._payment_signup(), NOTHING)
            self.assertNotIn("payment_signup", self._html(invoice))
        self.assertTrue(by_slip._payment_line_text())

    def test_test_numbers_are_not_printed(self):
        self.creditor.subsystem = "KR9"
        self.assertEqual(self._invoice()._payment_signup(), NOTHING)

    def test_several_groups_need_the_agreement_to_choose(self):
        self.creditor.group_ids = [Command.create({"number": "00002", "name": "Leje"})]
        invoice = self._invoice()
        self.assertEqual(invoice._payment_signup(), NOTHING)
        self.reference.write({"pbs_number": PBS, "debtor_group": "00002"})
        self.assertEqual(invoice._payment_signup()["debtor_group"], "00002")

    def test_another_company_s_creditor_is_not_used(self):
        other = self.setup_other_company()["company"]
        self.creditor.active = False
        self.env["betalingsservice.creditor"].create(
            {
                "name": "Other",
                "pbs_number": "07654321",
                "data_supplier_number": "12345678",
                "subsystem": "BS1",
                "company_id": other.id,
                "group_ids": [Command.create({"number": "00001", "name": "Other"})],
            }
        )
        self.assertEqual(self._invoice()._payment_signup(), NOTHING)

    def test_no_sign_up_on_credit_notes_and_invoices_of_zero(self):
        self.assertEqual(self._invoice(price=0.0)._payment_signup(), NOTHING)
        self.assertEqual(self._invoice(move_type="out_refund")._payment_signup(), NOTHING)
