from odoo.tests import tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestBillingFaults(SubscriptionCommon):
    """What an e-invoice will lack is named before anything is booked."""

    def _check(self, **values):
        run = self._make_run(subscriptions=self._make_subscription(**values))
        run.action_preview()
        return run.line_ids

    def test_channel_without_an_address_is_named_and_billed(self):
        self.customer.einvoice_channel = "peppol"
        line = self._check()
        self.assertEqual((line.state, line.has_warning), ("ready", True))
        self.assertEqual(len(line.message.splitlines()), 2, "no electronic address, no reference")
        self.assertIn(self.customer.name, line.message)
        line.run_id.action_run()
        self.assertEqual(line.run_id.invoice_count, 3)

    def test_reference_of_the_subscription_is_enough(self):
        self.customer.write({"einvoice_channel": "peppol", "vat": "DK12345674"})
        self.assertTrue(self._check().has_warning)
        self.assertFalse(self._check(customer_reference="PO 7").has_warning)

    def test_mail_needs_nothing(self):
        self.customer.einvoice_channel = "mail"
        self.assertFalse(self._check().has_warning)

    def test_a_channel_costs_no_statement_for_each_customer(self):
        counts = []
        for number in (2, 12):
            subscriptions = self.env["subscription.subscription"]
            for index in range(number):
                customer = self._make_customer(f"P{number}-{index}", einvoice_channel="peppol", vat="DK12345674")
                subscriptions |= self._make_subscription(partner_id=customer.id)
            run = self._make_run(subscriptions=subscriptions)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run.action_preview()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(run.warning_count, number)
        self.assertLess(counts[1] - counts[0], 30, counts)
