from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.tests.common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestPeriod(EinvoiceCommon):
    """What a run has billed goes each customer's way, and says its period there too."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.product = cls.env["product.product"].create(
            {"name": "Serviceaftale", "type": "service", "taxes_id": [Command.set(cls.tax25.ids)]}
        )

    def _subscribe(self, partner):
        subscription = self.env["subscription.subscription"].create(
            {
                "partner_id": partner.id,
                "date_start": "2027-03-01",
                "interval_count": 3,
                "customer_reference": "PO 7",
                "line_ids": [Command.create({"product_id": self.product.id, "price_unit": 300.0})],
            }
        )
        subscription._start()
        return subscription

    def test_one_by_nemhandel_with_its_period_and_another_by_mail(self):
        company, private = self._partner("dk"), self._partner("dk", einvoice_channel="mail")
        subscriptions = self._subscribe(company) | self._subscribe(private)
        run = self.env["subscription.billing.run"].create(
            {
                "date_until": "2027-03-01",
                "invoice_date": "2027-03-01",
                "posting": "post",
                "subscription_ids": [Command.set(subscriptions.ids)],
            }
        )
        run.action_run()
        by_partner = {move.partner_id: move for move in run.invoice_ids}
        self.assertEqual(by_partner[company].einvoice_channel, "nemhandel")
        self.assertEqual(by_partner[private].einvoice_channel, "mail")
        document = self._document(by_partner[company])
        self.assertIn("2027-03-01", self._texts(document, "InvoicePeriod/StartDate"))
        self.assertIn("2027-05-31", self._texts(document, "InvoicePeriod/EndDate"))
        self.assertIn("PO 7", self._texts(document, "OrderReference/ID"))
