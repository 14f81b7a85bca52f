from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import TODAY, SubscriptionCommon

MARCH, APRIL = date(2027, 3, 1), date(2027, 4, 10)


@tagged("post_install", "-at_install")
class TestReference(SubscriptionCommon):
    """References from and until a day: what is in force on the invoice's date is written."""

    def _with(self, *rows, **values):
        return self._make_subscription(start=MARCH, reference_ids=[Command.create(row) for row in rows], **values)

    def _check(self, subscription, until=TODAY):
        run = self._make_run(until, subscriptions=subscription)
        run.action_preview()
        return run.line_ids

    def test_the_one_in_force_on_the_invoice_date_is_written(self):
        subscription = self._with(
            {"order_reference": "PO-1", "date_to": date(2027, 3, 31)},
            {"order_reference": "PO-2", "date_from": date(2027, 4, 1)},
            customer_reference="Old",
        )
        first = self._bill(TODAY, subscription).invoice_ids
        second = self._bill(APRIL, subscription).invoice_ids
        self.assertEqual((first.ref, second.ref), ("PO-1", "PO-2"))
        # a late invoice of March is written in April, by the order that is open then
        late = self._bill(APRIL, self._with(*[
            {"order_reference": "PO-1", "date_to": date(2027, 3, 31)},
            {"order_reference": "PO-2", "date_from": date(2027, 4, 1)},
        ], date_end=date(2027, 3, 31))).invoice_ids  # fmt: skip
        self.assertEqual(late.ref, "PO-2")

    def test_without_rows_the_subscription_says_it(self):
        subscription = self._make_subscription(start=MARCH, customer_reference="PO 7")
        self.assertEqual(self._bill(TODAY, subscription).invoice_ids.ref, "PO 7")
        later = self._with({"order_reference": "PO-9", "date_from": APRIL}, customer_reference="PO 7")
        self.assertEqual(self._bill(TODAY, later).invoice_ids.ref, "PO 7", "not begun yet")

    def test_what_has_run_out_stops_before_anything_is_booked(self):
        ended = {"order_reference": "PO-1", "date_to": date(2027, 3, 5)}
        line = self._check(self._with(ended, customer_reference="Never instead"))
        self.assertEqual((line.state, line.run_id.invoice_count), ("fault", 0))
        self.assertIn("PO-1", line.message)
        self.assertIn("05.03.2027", line.message.replace("/", ".").replace("-", "."))
        run = line.run_id
        line.subscription_id.reference_ids.date_to = False
        run.action_preview()
        self.assertEqual(run.line_ids.state, "ready")
        optional = self._check(self._with({**ended, "is_required": False}))
        self.assertEqual((optional.state, optional.has_warning), ("ready", True))

    def test_the_contact_is_who_the_invoice_is_made_out_to(self):
        contact = self.env["res.partner"].create({"parent_id": self.customer.id, "name": "Dorthe", "city": "Aarhus"})
        subscription = self._with({"contact_id": contact.id, "date_to": date(2027, 3, 31), "is_required": False})
        first = self._bill(TODAY, subscription).invoice_ids
        second = self._bill(APRIL, subscription).invoice_ids
        self.assertEqual((first.partner_id, second.partner_id), (contact, self.customer))
        with self.assertRaises(ValidationError):
            self._with({"contact_id": self.other_customer.id})

    def test_the_member_goes_before_the_subscription(self):
        group = self.env["subscription.group"].create(
            {"name": "Kæde", "member_ids": [
                Command.create({"partner_id": self.customer.id, "reference_ids": [
                    Command.create({"order_reference": "Aage-1", "date_to": date(2027, 3, 31)})]}),
                Command.create({"partner_id": self.other_customer.id}),
            ]}
        )  # fmt: skip
        subscription = self._with({"order_reference": "Alle"}, group_id=group.id)
        run = self._bill(TODAY, subscription)
        self.assertEqual(sorted(run.invoice_ids.mapped("ref")), ["Aage-1", "Alle"])
        lines = self._check(subscription, APRIL)
        self.assertEqual({line.partner_id: line.state for line in lines},
                         {self.customer: "fault", self.other_customer: "ready"})  # fmt: skip
        group.write({"invoice_mode": "payer", "payer_id": self.customer.id})
        self.assertEqual(self._bill(APRIL, subscription).invoice_ids.ref, "Alle", "one invoice, one reference")

    def test_two_values_on_a_day_are_refused(self):
        self._with({"order_reference": "1", "date_to": MARCH}, {"buyer_reference": "2"}, {"order_reference": "3",
                    "date_from": APRIL})  # fmt: skip
        with self.assertRaises(ValidationError):
            self._with({"order_reference": "1", "date_to": APRIL}, {"order_reference": "3", "date_from": APRIL})
        with self.assertRaises(ValidationError):
            self._with({"order_reference": "1", "date_from": APRIL, "date_to": MARCH})

    def test_the_list_of_those_that_end(self):
        soon = self._with({"order_reference": "1", "date_to": date(2027, 3, 31)}).reference_ids
        gone = self._with({"order_reference": "1", "date_to": date(2027, 3, 5)}).reference_ids
        self._with({"order_reference": "1", "date_to": date(2027, 5, 31)})
        self._with({"order_reference": "1", "date_to": date(2027, 3, 31)}, {"order_reference": "2",
                    "date_from": date(2027, 4, 1)})  # fmt: skip
        self._with({"order_reference": "1", "date_to": date(2027, 3, 31)}, date_end=date(2027, 3, 31))
        half = self._with({"order_reference": "1", "buyer_reference": "B", "date_to": date(2027, 3, 31)},
                          {"order_reference": "2", "date_from": date(2027, 4, 1)}).reference_ids[0]  # fmt: skip
        self.company.subscription_reference_days = 30
        with freeze_time("2027-03-10 10:00:00"):
            found = self.env["subscription.reference"].search([("ends_soon", "=", True)])
            self.assertEqual(found, soon | gone | half)
            self.company.subscription_reference_days = 5
            self.assertEqual(self.env["subscription.reference"].search([("ends_soon", "=", True)]), gone)

    def test_preview_says_what_the_invoice_says(self):
        subscription = self._with({"order_reference": "PO-1"})
        [plan] = subscription._get_upcoming_plans(1)
        self.assertEqual(plan.values["ref"], "PO-1")

    def test_roles_and_companies(self):
        subscription = self._with({"order_reference": "PO-1"})
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        clerk = new_test_user(self.env, "ref_clerk", groups="account.group_account_invoice", **options)
        auditor = new_test_user(self.env, "ref_auditor", groups="account.group_account_readonly", **options)
        subscription.reference_ids.with_user(clerk).order_reference = "PO-2"
        self.assertEqual(subscription.reference_ids.with_user(auditor).order_reference, "PO-2")
        with self.assertRaises(AccessError):
            subscription.reference_ids.with_user(auditor).order_reference = "PO-3"
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "ref_stranger", groups="account.group_account_manager",
                                 company_id=other.id, company_ids=[Command.set(other.ids)])  # fmt: skip
        self.assertFalse(self.env["subscription.reference"].with_user(stranger).search([]))
        foreign = self._make_customer("Foreign", company_id=other.id)
        with self.assertRaises(UserError):
            self._with({"contact_id": foreign.id})

    def test_no_statement_for_each_subscription(self):
        counts = []
        for number in (2, 22):
            subscriptions = self.env["subscription.subscription"]
            for _index in range(number):
                subscriptions |= self._with({"order_reference": "PO"})
            run = self._make_run(subscriptions=subscriptions)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run.action_preview()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1] - counts[0], 10, counts)
