from odoo.tests import freeze_time, tagged

from .common import PBS, BetalingsserviceCommon


@tagged("post_install", "-at_install")
class TestSignup(BetalingsserviceCommon):
    """The sign-up text of the payment reference agreement beside the invitation of the creditor: never both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reference = cls.env["payment.reference.agreement"].search([("company_id", "=", cls.company.id)])
        reference.write({"pbs_number": PBS, "debtor_group": "00001"})

    def _invitations(self, invoice):
        """How often an invoice tells how to sign up: (by the reference agreement, by the creditor, PBS numbers)."""
        html = self._html(invoice)
        return html.count('name="payment_signup"'), html.count('name="betalingsservice_invite"'), html.count(PBS)

    def test_text_of_the_reference_agreement(self):
        self.creditor.invite_group_id = False
        invoice = self._invoice()
        self.assertEqual(invoice._payment_signup()["customer_number"], "1001")
        self.assertEqual(self._invitations(invoice), (1, 0, 1))

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
        self.assertEqual(self._invitations(invoice), (0, 1, 1), "one invitation, and its numbers once")

    def test_numbers_of_the_test_are_never_printed(self):
        """KR9: neither the creditor nor the reference agreement invites, and no customer gets a number."""
        self.creditor.write({"subsystem": "KR9", "invite_group_id": self.group.id})
        invoice = self._invoice()
        self.assertEqual(invoice._betalingsservice_invite_text(), "")
        self.assertEqual(invoice._betalingsservice_invite_link(), "")
        self.assertEqual(invoice._payment_signup_sentence(), "")
        self.assertEqual(self._invitations(invoice), (0, 0, 0))
        self.assertFalse(self.customer.betalingsservice_agreement_ids)

    def test_in_the_test_nothing_says_that_it_is_drawn(self):
        """KR9 draws nothing: the customer reads the payment line and no promise; answers say what they are worth."""
        self.creditor.subsystem = "KR9"
        self._agreement()
        with freeze_time("2027-01-15 10:00:00"):
            invoice = self._invoice()
            self.assertTrue(invoice.betalingsservice_collection_id)
            html = self._html(invoice)
            self.assertIn(invoice.payment_id_number, html)
            self.assertNotIn('name="betalingsservice_text"', html)
            self.assertNotIn("Betalingsservice", html)
            self.assertEqual(invoice._betalingsservice_text(), "")
            operator = self._operator("KR9")
            operator.sign_up("1001")
            delivery = self.creditor._create_delivery()
            operator.receive(delivery.attachment_id.raw)
            delivery.action_mark_sent()
            report = self._import(operator.answer_0602()).report_id
        self.assertEqual(report.line_ids.match_state, "matched")
        self.assertIn("KR9", report.note)

    def test_production_beside_the_test_invites_once(self):
        self.creditor.invite_group_id = self.group
        trial = self.creditor.copy({"name": "Test", "subsystem": "KR9", "data_supplier_number": "87654321"})
        trial.group_ids = [(0, 0, {"number": "00009", "name": "Test"})]
        trial.invite_group_id = trial.group_ids[:1]
        invoice = self._invoice()
        self.assertEqual(invoice._betalingsservice_invitation().creditor_id, self.creditor)
        self.assertEqual(self._invitations(invoice), (0, 1, 1))
