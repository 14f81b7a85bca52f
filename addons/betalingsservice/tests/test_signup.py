from odoo.tests import tagged

from .common import PBS, BetalingsserviceCommon


@tagged("post_install", "-at_install")
class TestSignup(BetalingsserviceCommon):
    """The sign-up text of the payment reference agreement beside the invitation of the creditor: never both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reference = cls.env["payment.reference.agreement"].search([("company_id", "=", cls.company.id)])
        reference.write({"pbs_number": PBS, "debtor_group": "00001"})

    def test_text_of_the_reference_agreement(self):
        self.creditor.invite_group_id = False
        invoice = self._invoice()
        self.assertEqual(invoice._payment_signup()["customer_number"], "1001")
        self.assertIn('name="payment_signup"', self._html(invoice))

    def test_who_has_joined_is_told_nothing(self):
        self._agreement()
        by_slip = self._invoice(post=False)
        by_slip.betalingsservice_agreement_id = False
        by_slip.action_post()
        for invoice in (self._invoice(), by_slip):
            self.assertEqual(invoice._payment_signup(), {})

    def test_invitation_of_the_creditor_goes_first(self):
        self.creditor.invite_group_id = self.group
        invoice = self._invoice()
        self.assertTrue(invoice._betalingsservice_invite_text())
        self.assertEqual(invoice._payment_signup(), {})
        self.assertNotIn('name="payment_signup"', self._html(invoice))
