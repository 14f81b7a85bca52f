from datetime import date

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

MARCH = date(2027, 3, 1)
GLN = "5798000999992"


@tagged("post_install", "-at_install")
class TestReferences(SubscriptionCommon):
    """References by date and the customer's channel come onto the invoice and the e-invoice."""

    def _invoice(self, **values):
        return self._bill(subscriptions=self._make_subscription(start=MARCH, **values)).invoice_ids

    def test_each_reference_has_its_own_field(self):
        row = {"order_reference": "PO-7", "buyer_reference": "Afd. 12", "accounting_cost": "4711-00"}
        invoice = self._invoice(reference_ids=[Command.create(row)])
        self.assertRecordValues(
            invoice,
            [{"ref": "PO-7", "einvoice_order_reference": "PO-7", "buyer_reference": "Afd. 12",
              "einvoice_accounting_cost": "4711-00"}],
        )  # fmt: skip
        alone = self._invoice(reference_ids=[Command.create({"buyer_reference": "Afd. 12"})])
        self.assertEqual((alone.ref, alone.buyer_reference), (False, "Afd. 12"))

    def test_a_gln_is_an_address_of_the_customer(self):
        subscription = self._make_subscription(start=MARCH, reference_ids=[Command.create({"gln": GLN})])
        contact = subscription.reference_ids.contact_id
        self.assertEqual((contact.parent_id, contact.peppol_endpoint, contact.city), (self.customer, GLN, "Aarhus"))
        invoice = self._bill(subscriptions=subscription).invoice_ids
        self.assertEqual((invoice.partner_id, invoice.commercial_partner_id), (contact, self.customer))
        self.assertEqual(invoice.partner_id._einvoice_endpoint().value, GLN)
        self.assertEqual(self._invoice().partner_id, self.customer, "other invoices go where they went")
        again = self._make_subscription(start=MARCH, reference_ids=[Command.create({"gln": GLN})])
        self.assertEqual(again.reference_ids.contact_id, contact)
        with self.assertRaises(ValidationError):
            again.reference_ids.gln = "5798000999990"

    def test_members_have_references_of_their_own(self):
        group = self.env["subscription.group"].create(
            {
                "name": "Skoler",
                "member_ids": [
                    Command.create(
                        {"partner_id": self.customer.id, "reference_ids": [Command.create({"buyer_reference": "A"})]}
                    ),
                    Command.create({"partner_id": self.other_customer.id}),
                ],
            }
        )
        subscription = self._make_subscription(
            start=MARCH, group_id=group.id, reference_ids=[Command.create({"buyer_reference": "Alle"})]
        )
        invoices = self._bill(subscriptions=subscription).invoice_ids
        self.assertEqual(
            {each.partner_id.name: each.buyer_reference for each in invoices}, {"Aage A/S": "A", "Bodil ApS": "Alle"}
        )

    def test_another_reference_is_another_invoice(self):
        self.customer.subscription_joint_invoice = "joint"
        both = self.env["subscription.subscription"]
        for text in ("A", "A", "B"):
            both |= self._make_subscription(start=MARCH, reference_ids=[Command.create({"buyer_reference": text})])
        run = self._bill(subscriptions=both)
        self.assertEqual(sorted(len(each.subscription_ids) for each in run.invoice_ids), [1, 2])

    def test_the_channel_brings_the_terms(self):
        """S4.14, S1.23: a customer on NemHandel gets e-invoices and 30 days, another one mail and 8."""
        net8, net30 = self.env["account.payment.term"].create(
            [
                {
                    "name": str(days),
                    "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": days})],
                }
                for days in (8, 30)
            ]
        )
        mail, einvoice = self.env["subscription.payment.way"].create(
            [
                {"name": "Mail", "method": "mail", "payment_term_id": net8.id},
                {"name": "EAN", "method": "einvoice", "payment_term_id": net30.id},
            ]
        )
        self.company.subscription_way_id = mail
        public, private = self.customer, self.other_customer
        public.write({"peppol_eas": "0088", "peppol_endpoint": GLN, "buyer_reference": "Skolen"})
        private.write({"peppol_eas": False, "peppol_endpoint": False})
        theirs, ours = self._invoice(), self._invoice(partner_id=private.id)
        self.assertEqual((theirs.subscription_way_id, theirs.einvoice_channel), (einvoice, "nemhandel"))
        self.assertEqual((ours.subscription_way_id, ours.einvoice_channel), (mail, "mail"))
        self.assertEqual((theirs.invoice_date_due - ours.invoice_date_due).days, 22)
        by_mail = self._invoice(way_id=mail.id)
        self.assertEqual((by_mail.einvoice_channel, by_mail.invoice_date_due), ("mail", ours.invoice_date_due))

    def test_e_invoice_for_somebody_who_gets_none_is_named(self):
        way = self.env["subscription.payment.way"].create({"name": "EAN", "method": "einvoice"})
        self.other_customer.einvoice_channel = "mail"
        run = self._make_run(
            subscriptions=self._make_subscription(start=MARCH, partner_id=self.other_customer.id, way_id=way.id)
        )
        run.action_preview()
        self.assertEqual((run.line_ids.state, run.line_ids.has_warning), ("ready", True))
        self.assertIn("EAN", run.line_ids.message)
