from datetime import date
from unittest import SkipTest

from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.tests.common import EinvoiceCommon

DUE = date(2026, 12, 1)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-10 10:00:00")
class TestCardInvoice(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        if "demo_simulated_state" not in cls.env["payment.token"]._fields:
            raise SkipTest("Core's demo provider (payment_demo) is not installed.")
        cls._danish_company()
        cls.customer = cls._public_customer(lang="en_US")
        cls.env["payment.reference.agreement"].create({"card_type": "71", "creditor_number": "88888888"})
        cls.fallback, cls.way = cls.env["subscription.payment.way"].create(
            [{"name": "Faktura"}, {"name": "Gemt kort", "method": "card"}]
        )
        cls.way.card_fallback_way_id = cls.fallback
        cls.provider = cls.env.ref("payment.payment_provider_demo").sudo().copy({"company_id": cls.company.id})
        cls.provider.state = "test"
        cls.card = cls.env.ref("payment.payment_method_card").sudo()
        cls.visa = cls.card.copy({"name": "Visa", "code": "visa", "primary_payment_method_id": cls.card.id})

    def _token(self, method=None, details="1234"):
        return (
            self.env["payment.token"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": (method or self.visa).id,
                    "payment_details": details,
                    "partner_id": self.customer.id,
                    "provider_ref": "demo",
                    "demo_simulated_state": "done",
                }
            )
        )

    def _card_invoice(self, token=None, **values):
        invoice = self._invoice(
            self.customer, post=False, invoice_date_due=DUE, invoice_payment_term_id=False, **values
        )
        # as a billing run gives them
        invoice.sudo().write({"subscription_way_id": self.way.id, "subscription_token_id": (token or self._token()).id})
        invoice.action_post()
        return invoice

    def _means(self, invoice):
        found = invoice._prepare_einvoice_values().payment_means
        return [(means.code, means.card_digits, means.card_network) for means in found]

    def _charged(self, invoice):
        """As the cron leaves it: the charge is done, and its payment has closed the invoice."""
        token = invoice.subscription_token_id
        transaction = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": token.provider_id.id,
                    "payment_method_id": token.payment_method_id.id,
                    "token_id": token.id,
                    "operation": "offline",
                    "reference": f"card {invoice.id}",
                    "amount": invoice.amount_residual,
                    "currency_id": invoice.currency_id.id,
                    "partner_id": self.customer.id,
                }
            )
        )
        return (
            self.env["subscription.card.charge"]
            .sudo()
            .create({"move_id": invoice.id, "way_id": self.way.id, "state": "done", "transaction_id": transaction.id})
        )

    def _pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard.create({})._create_payments()

    def test_both_formats_name_the_card_and_pass_every_check(self):
        for channel, expected in (("nemhandel", "oioubl21"), ("peppol", "bis3")):
            with self.subTest(channel=channel):
                document = self._document(self._card_invoice(einvoice_channel=channel))
                self.assertEqual(document.format, expected)
                self.assertEqual(self._texts(document, "PaymentMeans/PaymentMeansCode"), ["48"])
                self.assertEqual(self._texts(document, "CardAccount/PrimaryAccountNumberID"), ["1234"])
                self.assertEqual(self._texts(document, "CardAccount/NetworkID"), ["Visa"])
                self.assertFalse(self._texts(document, "PayeeFinancialAccount/ID"))
                self.assertIn("1234", " ".join(filter(None, self._texts(document, "Invoice/Note"))))

    def test_note_is_that_of_the_print(self):
        invoice = self._card_invoice(narration="<p>Tak for handlen</p>")
        note = invoice._prepare_einvoice_values().note
        self.assertIn("Tak for handlen", note)
        self.assertIn(invoice.with_context(lang="en_US")._subscription_card_text(), note)

    def test_what_is_no_card_is_not_called_one(self):
        wallet = self.card.copy({"name": "Wallet", "code": "wallet"})
        for token, expected in (
            (self._token(wallet), ("1", "", "")),
            (self._token(details="someone@example.com"), ("1", "", "")),
            (self._token(details=False), ("1", "", "")),
            (self._token(self.card, "•••• 4242"), ("48", "4242", "NA")),
            (self._token(self.card, "4111111111111111"), ("48", "1111", "NA")),
        ):
            with self.subTest(token=token.payment_details, method=token.payment_method_id.name):
                self.assertEqual(self._means(self._card_invoice(token)), [expected])

    def test_charged_it_still_names_the_card_and_nothing_is_to_pay(self):
        invoice = self._card_invoice(einvoice_channel="nemhandel")
        self._charged(invoice)
        self._pay(invoice)
        self.assertFalse(invoice.amount_residual)
        self.assertEqual(self._means(invoice), [("48", "1234", "Visa")])
        self.assertNotIn("1234", invoice._prepare_einvoice_values().note or "")
        document = self._document(invoice)
        self.assertEqual(self._texts(document, "LegalMonetaryTotal/PayableAmount"), ["0.00"])
        peppol = self._card_invoice(einvoice_channel="peppol")
        self._charged(peppol)
        self._pay(peppol)
        self.assertEqual(self._texts(self._document(peppol), "PaymentMeans/PaymentMeansCode"), ["48"])

    def test_the_card_that_was_charged_goes_before_the_one_it_was_made_for(self):
        invoice = self._card_invoice()
        charge = self._charged(invoice)
        charge.transaction_id.token_id = self._token(details="9876")
        self._pay(invoice)
        self.assertEqual(self._means(invoice), [("48", "9876", "Visa")])

    def test_paid_in_another_way_names_no_card(self):
        invoice = self._card_invoice()
        self._pay(invoice)
        self.assertEqual(self._means(invoice), [])

    def test_given_up_it_carries_the_slip_again(self):
        invoice = self._card_invoice()
        charge = (
            self.env["subscription.card.charge"]
            .sudo()
            .create({"move_id": invoice.id, "way_id": self.way.id, "state": "given_up"})
        )
        charge._fall_back()
        self.assertEqual(self._means(invoice), [("93", "", "")])
        self.assertFalse(invoice._prepare_einvoice_values().note)

    def test_a_credit_note_names_no_way_of_payment(self):
        refund = self._credit(self._card_invoice())
        self.assertEqual([means.code for means in refund._prepare_einvoice_values().payment_means], [])

    def test_a_reader_gets_back_what_was_written(self):
        means = self._read(self._document(self._card_invoice())).payment_means[0]
        self.assertEqual((means.code, means.card_digits, means.card_network), ("48", "1234", "Visa"))
