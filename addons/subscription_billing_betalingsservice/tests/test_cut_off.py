from datetime import date, datetime
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestCutOff(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.creditor = cls.env["betalingsservice.creditor"].create(
            cls._prepare_creditor_values(cls.env["betalingsservice.creditor"])
        )
        cls.group = cls.env["betalingsservice.debtor.group"].search([("creditor_id", "=", cls.creditor.id)], limit=1)
        if not cls.group:
            cls.group = cls.env["betalingsservice.debtor.group"].create(
                {"creditor_id": cls.creditor.id, "number": "00001", "name": "Members"}
            )
        cls.agreement = cls.env["betalingsservice.agreement"].create(
            {"partner_id": cls.customer.id, "group_id": cls.group.id, "customer_number": "1001"}
        )
        cls.subscription = cls._make_subscription(start=date(2027, 1, 1))

    @classmethod
    def _prepare_creditor_values(cls, model):
        values = {"company_id": cls.company.id, "pbs_number": "12345678"}
        optional = {"name": "Creditor", "data_supplier_number": "12345678", "subsystem": "BS1"}
        return {**values, **{name: value for name, value in optional.items() if name in model._fields}}

    def _now(self, *moment):
        return patch.object(type(self.creditor), "_local_now", return_value=datetime(*moment))

    def _preview(self, day):
        run = self._make_run(day, self.subscription)
        run.action_preview()
        return run.line_ids

    def test_way_of_payment_follows_the_agreement(self):
        self.assertIn("until the customer has signed up", self.subscription.payment_way)
        self.agreement.action_activate()
        self.subscription.invalidate_recordset()
        self.assertEqual(self.subscription.payment_way, "Betalingsservice")
        self.assertEqual(self.subscription.betalingsservice_agreement_id, self.agreement)
        self.agreement.action_end()
        self.subscription.invalidate_recordset()
        self.assertNotIn("Betalingsservice", self.subscription.payment_way)

    def test_run_warns_when_the_cut_off_was_missed(self):
        self.agreement.action_activate()
        self.subscription.payment_term_id = self.env["account.payment.term"].create(
            {"name": "0 days", "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 0})]}
        )
        with self._now(2027, 1, 25, 12, 0):
            line = self._preview(date(2027, 2, 1))
        self.assertEqual((line.state, line.has_warning, line.payment_way), ("ready", True, "Betalingsservice"))
        self.assertIn("01.02.2027", line.message)
        self.assertIn("01.03.2027", line.message)

    def test_run_names_the_customer_whose_agreement_ended(self):
        self.agreement.action_activate()
        self.agreement.action_end()
        with self._now(2026, 12, 1, 12, 0):
            line = self._preview(date(2027, 1, 4))
        self.assertEqual((line.state, line.has_warning), ("ready", True))
        self.assertIn(self.customer.name, line.message)

    def test_no_warning_in_time_or_without_agreement(self):
        with self._now(2027, 1, 25, 12, 0):
            self.assertFalse(self._preview(date(2027, 2, 1)).has_warning)
        self.agreement.action_activate()
        with self._now(2026, 12, 1, 12, 0):
            self.assertFalse(self._preview(date(2027, 1, 4)).has_warning)

    def test_no_warning_when_only_the_first_is_closed(self):
        """1 January is no banking day: it is drawn on the 4th whenever it is delivered, and nothing was missed."""
        self.agreement.action_activate()
        self.subscription.payment_term_id = self.env["account.payment.term"].create(
            {"name": "0 days", "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 0})]}
        )
        with self._now(2026, 12, 10, 12, 0):
            line = self._preview(date(2027, 1, 1))
        self.assertEqual((line.state, line.has_warning), ("ready", False), line.message)

    def test_run_tells_the_deadline(self):
        with self._now(2027, 1, 20, 12, 0):
            run = self._make_run(date(2027, 1, 20))
            self.assertIn("22.01.2027 09:00", run.betalingsservice_deadline)

    def test_posted_invoice_is_claimed_for_drawing(self):
        self.agreement.action_activate()
        run = self._bill(date(2027, 1, 1), self.subscription, posting="post")
        self.assertEqual(run.invoice_ids.betalingsservice_agreement_id, self.agreement)
        self.assertEqual(len(run.invoice_ids.betalingsservice_collection_ids), 1)

    def test_missed_run_is_told_the_same_morning_with_the_count(self):
        """S4.6: mail on the banking day before, and on the morning of the missed deadline."""
        self.agreement.action_activate()
        self._make_subscription(start=date(2027, 1, 10), partner_id=self.other_customer.id)  # pays by slip
        self.creditor.reminder_user_ids.email = "watcher@example.dk"
        deadline = self.creditor.deadline_ids.filtered(lambda row: row.month == date(2027, 2, 1))
        if not deadline:
            deadline = self.env["betalingsservice.deadline"].create(
                self.creditor._prepare_deadline_values(date(2027, 2, 1))
            )
        mails = self.env["mail.mail"].search([])
        with freeze_time("2027-01-21 09:00:00"):
            deadline.sudo()._watch()
        with freeze_time("2027-01-22 08:30:00"):
            deadline.sudo()._watch()
        told = self.env["mail.mail"].search([]) - mails
        self.assertEqual(len(told), 2)
        self.assertEqual(deadline.late_count, 1)
        self._bill(date(2027, 1, 22), self.subscription, posting="post")
        self.assertFalse(self.env["subscription.subscription"].search(deadline._unbilled_domain()))

    def test_one_subscription_first_by_slip_then_drawn(self):
        """S4.7: FI 71 until the customer has joined, then Betalingsservice, without touching the subscription."""
        self.env["payment.reference.agreement"].search([]).active = False
        self.env["payment.reference.agreement"].create({"card_type": "71", "creditor_number": "88888888"})
        with freeze_time("2027-01-04 10:00:00"):
            first = self._bill(date(2027, 1, 4), self.subscription, posting="post").invoice_ids
            self.assertIn("+71<", first._payment_line_text())
            self.agreement.action_activate()
            second = self._bill(date(2027, 2, 1), self.subscription, posting="post").invoice_ids
        self.assertEqual(second._payment_line_text(), "")
        self.assertIn("01.02.2027", second._betalingsservice_text())
        self.assertIn("+71<", first._payment_line_text())

    def test_no_reminder_while_betalingsservice_draws(self):
        """S4.15: whoever is drawn is not reminded, until nobody draws any more."""
        self.customer.email = "aage@example.com"
        self.agreement.action_activate()
        with freeze_time("2027-01-04 10:00:00"):
            invoice = self._bill(date(2027, 1, 4), self.subscription, posting="post").invoice_ids
        day = invoice.betalingsservice_collection_ids.payment_date
        with freeze_time("2027-01-20 10:00:00"):
            self.assertIn(day.strftime("%d.%m.%Y"), invoice._get_reminder_obstacle())
            invoice.betalingsservice_line_ids.action_hold()
            self.assertEqual(invoice._get_reminder_obstacle(), "")

    def _way(self, **values):
        return self.env["subscription.payment.way"].create({"name": "Way", **values})

    def test_whoever_is_drawn_has_the_terms_of_betalingsservice(self):
        term = self.env["account.payment.term"].create(
            {"name": "20 days", "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 20})]}
        )
        drawn, slip = self._way(method="betalingsservice", payment_term_id=term.id), self._way(name="Slip")
        self.company.subscription_way_id = slip
        first = self._bill(date(2027, 1, 4), self.subscription).invoice_ids
        self.agreement.action_activate()
        second = self._bill(date(2027, 2, 1), self.subscription).invoice_ids
        self.assertEqual((first.subscription_way_id, second.subscription_way_id), (slip, drawn))
        self.assertEqual(
            (second.invoice_date_due, second.betalingsservice_agreement_id), (date(2027, 2, 21), self.agreement)
        )

    def test_an_agreement_goes_before_the_company_whose_customers_pay_in_another_way(self):
        """Decision 31: what is known of the customer, else the company; a card he does not have would stop him."""
        self.company.subscription_way_id = self._way(method="outside")
        self.agreement.action_activate()
        drawn = self._bill(date(2027, 2, 1), self.subscription, posting="post")
        self.assertEqual(drawn.line_ids.payment_way, "Betalingsservice")
        self.assertEqual(drawn.invoice_ids.betalingsservice_agreement_id, self.agreement)
        self.assertFalse(drawn.invoice_ids.subscription_way_id)
        other = self._make_subscription(start=date(2027, 2, 1), partner_id=self.other_customer.id)
        move = self._bill(date(2027, 2, 1), other).invoice_ids
        self.assertEqual(move.subscription_way_id, self.company.subscription_way_id)

    def test_a_way_may_say_that_it_is_never_drawn(self):
        self.agreement.action_activate()
        cases = (
            (self._way(), self.agreement, "Betalingsservice"),
            (self._way(is_drawn_when_agreed=False), self.agreement.browse(), "Way"),
            (self._way(method="outside"), self.agreement.browse(), "Way"),
        )
        for way, agreement, text in cases:
            with self.subTest(way=way):
                subscription = self._make_subscription(start=date(2027, 3, 1), way_id=way.id)
                run = self._bill(date(2027, 3, 1), subscription, posting="post")
                self.assertEqual(run.invoice_ids.betalingsservice_agreement_id, agreement)
                self.assertEqual(run.line_ids.payment_way, text)
                self.assertEqual(len(run.invoice_ids.betalingsservice_collection_ids), len(agreement))

    def test_who_signs_up_while_the_draft_waits_is_not_drawn_for_what_is_paid_otherwise(self):
        """Else the card, or another system, and Betalingsservice take the money."""
        taken, drawn = self._way(method="outside"), self._way()
        subscription = self._make_subscription(start=date(2027, 3, 1), way_id=taken.id)
        other = self._make_subscription(start=date(2027, 3, 1), way_id=drawn.id)
        drafts = {way: self._bill(date(2027, 3, 1), each).invoice_ids for way, each in
                  ((taken, subscription), (drawn, other))}  # fmt: skip
        self.agreement.action_activate()
        self.assertFalse(drafts[taken].betalingsservice_agreement_id)
        self.assertEqual(drafts[drawn].betalingsservice_agreement_id, self.agreement)
        with freeze_time("2027-03-01 10:00:00"):
            (drafts[taken] | drafts[drawn]).action_post()
        self.assertFalse(drafts[taken].betalingsservice_collection_ids)
        self.assertTrue(drafts[drawn].betalingsservice_collection_ids)

    def test_no_slip_for_what_is_taken_or_paid_in_another_way(self):
        self.agreement.unlink()
        self.creditor.write({"slip_rule": "all", "slip_group_id": self.group.id})
        clearing = self.company_data["default_journal_bank"].inbound_payment_method_line_ids[:1]
        clearing.payment_account_id = self.company_data["default_account_assets"].copy({"reconcile": True})
        ways = (
            (self._way(), True),
            (self._way(method="outside"), False),
            (self._way(kind="paid", payment_method_line_id=clearing.id), False),
        )
        for way, is_slip in ways:
            with self.subTest(way=way):
                subscription = self._make_subscription(start=date(2027, 3, 1), way_id=way.id)
                move = self._bill(date(2027, 3, 1), subscription).invoice_ids
                self.assertEqual(move.betalingsservice_slip, is_slip)

    def test_to_be_drawn_without_an_agreement_is_named(self):
        self.agreement.unlink()
        self.subscription.way_id = self._way(method="betalingsservice")
        line = self._preview(date(2027, 1, 4))
        self.assertEqual((line.state, line.has_warning), ("ready", True))
        self.assertIn(self.customer.name, line.message)
