from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import TODAY, SubscriptionCommon

MARCH = date(2027, 3, 1)
MIGRATION = Path(__file__).parents[1] / "migrations/19.0.1.1.0/pre-payment-ways.py"


@tagged("post_install", "-at_install")
class TestPaymentWay(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clearing = cls.company_data["default_account_assets"].copy({"reconcile": True, "code": "150099"})
        bank = cls.company_data["default_journal_bank"]
        cls.method = bank.inbound_payment_method_line_ids[0].copy({"name": "Kort"})
        cls.method.payment_account_id = cls.clearing
        cls.net8, cls.net30 = cls.env["account.payment.term"].create(
            [
                {"name": f"{days} days", "line_ids": [Command.create({"value": "percent", "value_amount": 100,
                 "nb_days": days})]}
                for days in (8, 30)
            ]
        )  # fmt: skip
        cls.card, cls.invoice, cls.ean = cls.env["subscription.payment.way"].create(
            [
                {"name": "Kort", "method": "outside", "kind": "paid", "payment_method_line_id": cls.method.id},
                {"name": "Faktura", "payment_term_id": cls.net8.id},
                {"name": "EAN", "method": "einvoice", "payment_term_id": cls.net30.id, "code": "ean"},
            ]
        )
        cls.payments = cls.env["subscription.payment"]

    def _register(self):
        # one transaction in a test: what the cron commits between batches is kept by the test
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_arguments, **_options: 60):
            self.payments._cron_register()

    def _monthly(self, **values):
        return self._make_subscription(start=MARCH, **values)

    # ------------------------------------------------------------------
    # Which way, which terms
    # ------------------------------------------------------------------

    def test_card_is_paid_an_invoice_has_8_days_and_ean_30(self):
        subscriptions = [self._monthly(way_id=way.id) for way in (self.card, self.invoice, self.ean)]
        run = self._make_run(subscriptions=subscriptions[0] | subscriptions[1] | subscriptions[2], posting="post")
        run.action_preview()
        self.assertEqual(run.line_ids.mapped("payment_way"), ["Kort", "Faktura", "EAN"])
        run.action_run()
        paid, slow, slowest = (each._get_invoices() for each in subscriptions)
        self.assertRecordValues(
            paid | slow | slowest,
            [
                {"invoice_date_due": TODAY, "amount_residual": 125.0, "subscription_way_id": self.card.id},
                {
                    "invoice_date_due": date(2027, 3, 18),
                    "amount_residual": 125.0,
                    "subscription_way_id": self.invoice.id,
                },
                {"invoice_date_due": date(2027, 4, 9), "amount_residual": 125.0, "subscription_way_id": self.ean.id},
            ],
        )
        self._register()
        self._register()
        self.assertEqual((paid.amount_residual, slow.amount_residual, slowest.amount_residual), (0.0, 125.0, 125.0))
        record = self.payments.search([("move_id", "in", (paid | slow | slowest).ids)])
        self.assertRecordValues(record, [{"move_id": paid.id, "state": "done", "way_id": self.card.id}])
        item = record.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == self.clearing)
        self.assertRecordValues(item, [{"debit": 125.0, "reconciled": False}])

    def test_the_subscription_goes_before_the_customer_before_the_company(self):
        subscription = self._monthly()
        today = self._bill(subscriptions=subscription).invoice_ids
        self.assertEqual((today.subscription_way_id.id, today.invoice_date_due), (False, TODAY))

        def due(**values):
            return self._bill(subscriptions=self._monthly(**values)).invoice_ids.invoice_date_due

        self.company.subscription_way_id = self.invoice
        self.assertEqual(due(), date(2027, 3, 18))
        self.customer.subscription_way_id = self.ean
        self.assertEqual(due(), date(2027, 4, 9))
        self.assertEqual(due(way_id=self.invoice.id), date(2027, 3, 18))
        self.assertEqual(due(partner_id=self.other_customer.id), date(2027, 3, 18))
        office = self.env["res.partner"].create({"parent_id": self.customer.id, "name": "Kontor"})
        self.assertEqual(due(partner_id=office.id), date(2027, 4, 9), "the choice is that of the company")

    def test_terms_of_the_subscription_go_before_those_of_the_way_but_paid_is_paid(self):
        own = self._bill(subscriptions=self._monthly(way_id=self.invoice.id, payment_term_id=self.net30.id)).invoice_ids
        self.assertEqual(own.invoice_payment_term_id, self.net30)
        self.customer.property_payment_term_id = self.net30
        paid = self._bill(subscriptions=self._monthly(way_id=self.card.id, payment_term_id=self.net30.id)).invoice_ids
        self.assertEqual((paid.invoice_payment_term_id.id, paid.invoice_date_due), (False, TODAY))
        self.invoice.payment_term_id = False
        theirs = self._bill(subscriptions=self._monthly(way_id=self.invoice.id)).invoice_ids
        self.assertEqual(theirs.invoice_payment_term_id, self.net30, "a way without terms leaves the customer's")

    def test_each_member_of_a_group_pays_his_way(self):
        self.customer.subscription_way_id = self.ean
        group = self.env["subscription.group"].create(
            {
                "name": "Kæde",
                "member_ids": [
                    Command.create({"partner_id": partner.id}) for partner in self.customer | self.other_customer
                ],
            }
        )
        run = self._bill(subscriptions=self._monthly(group_id=group.id))
        self.assertEqual(run.invoice_ids.sorted("id").mapped("subscription_way_id"), self.ean)
        self.assertEqual(run.invoice_ids.filtered("subscription_way_id").partner_id, self.customer)

    def test_another_way_or_other_terms_are_another_invoice(self):
        """B8: currency, journal, way of payment and terms agree on a joint invoice."""
        self.customer.subscription_joint_invoice = "joint"
        same = self._monthly(way_id=self.invoice.id) | self._monthly(way_id=self.invoice.id)
        other = self._monthly(way_id=self.invoice.copy({"name": "Faktura, ens frist"}).id)
        terms = self._monthly(way_id=self.invoice.id, payment_term_id=self.net30.id)
        run = self._bill(subscriptions=same | other | terms)
        self.assertEqual(sorted(len(move.subscription_ids) for move in run.invoice_ids), [1, 1, 2])

    # ------------------------------------------------------------------
    # Where it is seen
    # ------------------------------------------------------------------

    def test_a_run_may_be_for_some_ways_only(self):
        self.company.subscription_way_id = self.invoice
        self.other_customer.subscription_way_id = self.ean
        mine, theirs = self._monthly(), self._monthly(partner_id=self.other_customer.id)
        run = self._make_run(subscriptions=mine | theirs, way_ids=[Command.set(self.ean.ids)])
        run.action_preview()
        self.assertEqual(run.line_ids.subscription_id, theirs)
        run.action_compare()
        self.assertEqual(run.difference_ids.subscription_id, theirs)
        run.action_run()
        self.assertEqual(run.invoice_ids.partner_id, self.other_customer)
        with self.assertRaises(UserError):
            run.with_user(self._clerk()).way_ids = False

    def test_the_forecast_expects_money_by_way_and_terms(self):
        with freeze_time("2027-03-01 10:00:00"):
            self._monthly(way_id=self.ean.id, date_end=date(2027, 3, 31))
            self._monthly(way_id=self.card.id, date_end=date(2027, 3, 31))
            forecast = self.env["subscription.forecast"]._compute_company(self.company)
        rows = [(line.payment_way, line.date_expected) for line in forecast.line_ids]
        self.assertEqual(sorted(rows), [("EAN", date(2027, 3, 31)), ("Kort", MARCH)])

    def test_an_archived_way_is_named_before_anything_is_booked(self):
        subscription = self._monthly(way_id=self.invoice.id)
        self.invoice.active = False
        run = self._make_run(subscriptions=subscription)
        run.action_preview()
        self.assertEqual(run.line_ids.state, "fault")
        self.assertIn("Faktura", run.line_ids.message)

    def test_it_costs_no_statement_for_each_customer(self):
        counts = []
        for number in (2, 22):
            subscriptions = self.env["subscription.subscription"]
            for index in range(number):
                customer = self._make_customer(f"P{number}-{index}")
                customer.subscription_way_id = (self.invoice, self.ean)[index % 2]
                subscriptions |= self._monthly(partner_id=customer.id)
            run = self._make_run(subscriptions=subscriptions)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run.action_preview()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1] - counts[0], 20, counts)

    # ------------------------------------------------------------------
    # Paid on an account
    # ------------------------------------------------------------------

    def test_a_payment_that_fails_is_listed_and_tried_again(self):
        good, bad = self._monthly(way_id=self.card.id), self._monthly(way_id=self.card.copy({"name": "Kort 2"}).id)
        run = self._bill(subscriptions=good | bad, posting="post")
        # taken away later, past the check of the table
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE subscription_payment_way SET payment_method_line_id = NULL WHERE id = %s", [bad.way_id.id]
        )
        self.env.invalidate_all()
        with mute_logger("odoo.addons.subscription_billing.models.subscription_payment", "odoo.sql_db"):
            self._register()
        records = self.payments.search([("move_id", "in", run.invoice_ids.ids)], order="id")
        self.assertEqual(records.mapped("state"), ["done", "failed"])
        self.assertTrue(records[1].message)
        bad.way_id.payment_method_line_id = self.method
        records[1].with_user(self._clerk()).action_retry()
        self._register()
        self.assertEqual(set(run.invoice_ids.mapped("amount_residual")), {0.0})

    def test_drafts_and_what_was_paid_by_hand_are_left_alone(self):
        draft = self._bill(subscriptions=self._monthly(way_id=self.card.id)).invoice_ids
        self._register()
        self.assertFalse(self.payments.search([("move_id", "=", draft.id)]))
        draft.action_post()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=draft.ids).create(
            {}
        )._create_payments()
        self._register()
        self.assertFalse(self.payments.search([("move_id", "=", draft.id)]))

    def test_a_paid_way_needs_an_account(self):
        with self.assertRaises(ValidationError):
            self.env["subscription.payment.way"].create({"name": "Kontant", "kind": "paid"})

    # ------------------------------------------------------------------
    # One table for sources of renewals too
    # ------------------------------------------------------------------

    def test_a_source_without_own_row_takes_the_companys(self):
        source = self.env["subscription.renewal.source"].create({"name": "Shop"})
        self.assertEqual(source._find_way("EAN"), self.ean)
        self.assertFalse(source._find_way("card"))
        source.way_ids = [Command.create({"code": "ean", "payment_term_id": self.net8.id})]
        self.assertEqual(source._find_way("Ean"), source.way_ids)
        self.assertEqual((source.way_ids.name, source.way_ids.company_id), ("ean", self.company))
        with self.assertRaises(ValidationError):
            source.way_ids = [Command.create({"name": "No word for it"})]

    def test_rows_of_former_renewals_stay_through_the_update(self):
        """The table as the version before had it: the rows, their ids and what points at them stay."""
        source = self.env["subscription.renewal.source"].create(
            {"name": "Shop", "way_ids": [Command.create({"code": "card", "kind": "paid",
             "payment_method_line_id": self.method.id})]}
        )  # fmt: skip
        way_id = source.way_ids.id
        self.env.flush_all()
        cr = self.env.cr
        cr.execute("ALTER TABLE subscription_payment_way RENAME TO subscription_renewal_way")
        cr.execute("ALTER SEQUENCE subscription_payment_way_id_seq RENAME TO subscription_renewal_way_id_seq")
        cr.execute("UPDATE subscription_renewal_way SET name = 'x'")
        cr.execute("ALTER TABLE subscription_renewal_way DROP COLUMN name, DROP COLUMN method")
        cr.execute("UPDATE ir_model SET model = 'subscription.renewal.way' WHERE model = 'subscription.payment.way'")
        cr.execute("UPDATE ir_model_data SET name = 'model_subscription_renewal_way'"
                   " WHERE module = 'subscription_billing' AND name = 'model_subscription_payment_way'")  # fmt: skip
        spec = spec_from_file_location("pre_payment_ways", MIGRATION)
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.migrate(cr, "19.0.1.0.0")
        migration.migrate(cr, "19.0.1.0.0")
        self.env.invalidate_all()
        way = self.env["subscription.payment.way"].browse(way_id)
        self.assertRecordValues(way, [{"name": "card", "method": "outside", "kind": "paid", "source_id": source.id}])
        self.assertEqual(self.env.ref("subscription_billing.model_subscription_payment_way").model, way._name)

    # ------------------------------------------------------------------
    # Roles and companies
    # ------------------------------------------------------------------

    def _clerk(self, group="account.group_account_invoice", login="way_clerk"):
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        known = self.env["res.users"].search([("login", "=", login)])
        return known or new_test_user(self.env, login, groups=group, **options)

    def test_managers_write_the_table_clerks_choose_and_auditors_read(self):
        clerk = self._clerk()
        subscription = self._monthly().with_user(clerk)
        subscription.way_id = self.ean
        self.assertEqual(subscription.payment_way, "EAN")
        with self.assertRaises(AccessError):
            self.ean.with_user(clerk).payment_term_id = self.net8
        auditor = self._clerk("account.group_account_readonly", "way_auditor")
        self.assertEqual(self.ean.with_user(auditor).name, "EAN")
        with self.assertRaises(AccessError):
            subscription.with_user(auditor).way_id = False
        self.ean.with_user(self._clerk("account.group_account_manager", "way_manager")).payment_term_id = self.net8

    def test_what_was_registered_is_not_written_by_hand(self):
        invoice = self._bill(subscriptions=self._monthly(way_id=self.card.id), posting="post").invoice_ids
        self._register()
        record = self.payments.search([("move_id", "=", invoice.id)])
        manager = self._clerk("account.group_account_manager", "way_manager")
        with self.assertRaises(AccessError):
            record.with_user(manager).state = "failed"
        with self.assertRaises(AccessError):
            record.with_user(manager).unlink()

    def test_companies_have_ways_of_their_own(self):
        """D2: what belongs to another company is refused when saved."""
        other = self.setup_other_company()["company"]
        foreign = self.env["subscription.payment.way"].with_company(other).create({"name": "Theirs"})
        self.assertEqual(foreign.company_id, other)
        with self.assertRaises(UserError):
            self._monthly(way_id=foreign.id)
        with self.assertRaises(ValidationError):
            self.company.subscription_way_id = foreign
        with self.assertRaises(UserError):
            self.invoice.with_company(other).copy({"company_id": other.id})
        self.customer.with_company(other).subscription_way_id = foreign
        self.assertFalse(self.customer.subscription_way_id)
        self.assertNotIn(foreign, self.env["subscription.payment.way"].with_user(self._clerk()).search([]))
