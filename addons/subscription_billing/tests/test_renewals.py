import json
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..formats.renewal import RenewalError
from ..models.subscription_renewal import RenewalRefused
from .common import SubscriptionCommon


class RenewalCommon(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-10 12:00:00"))
        cls.customer.ref = "1001"
        cls.service.default_code = "SRV"
        cls.clearing = cls.env["account.account"].create(
            {"name": "Cards", "code": "6331", "account_type": "asset_current", "reconcile": True}
        )
        bank = cls.company_data["default_journal_bank"]
        cls.card = bank.inbound_payment_method_line_ids[0].copy({"name": "Card"})
        cls.card.payment_account_id = cls.clearing
        cls.net8, cls.net30 = cls.env["account.payment.term"].create(
            [
                {"name": f"{days} days", "line_ids": [Command.create({"value": "percent", "value_amount": 100,
                 "nb_days": days})]}
                for days in (8, 30)
            ]
        )  # fmt: skip
        cls.source = cls._make_source()

    @classmethod
    def _make_source(cls, **values):
        ways = [
            {"code": "card", "kind": "paid", "payment_method_line_id": cls.card.id},
            {"code": "invoice", "kind": "terms", "payment_term_id": cls.net8.id},
            {"code": "EAN", "kind": "terms", "payment_term_id": cls.net30.id},
        ]
        return cls.env["subscription.renewal.source"].create(
            {"name": "Shop", "way_ids": [Command.create(way) for way in ways], **values}
        )

    def _message(self, number="R-1", **changes):
        return {
            "key": f"{number}-1", "renewal": number, "subscription": "S-7", "stage": "captured", "currency": "DKK",
            "payment": {"method": "card", "reference": f"T-{number}"},
            "customer": {"number": "1001", "name": "Aage"},
            "lines": [{"product": "SRV", "unit_price": 100, "period_start": "2027-03-01", "period_end": "2027-03-31"}],
            **changes,
        }  # fmt: skip

    def _send(self, *arguments, source=None, **changes):
        body = json.dumps(self._message(*arguments, **changes)).encode()
        return self.env["subscription.renewal"]._receive((source or self.source).sudo(), body)[0]

    def _process(self):
        # one transaction in a test: what the cron commits between batches is kept by the test
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_arguments, **_options: 60):
            self.env["subscription.renewal"]._cron_process()


@tagged("post_install", "-at_install")
class TestRenewals(RenewalCommon):
    def test_a_renewal_is_one_invoice_however_often_it_is_sent(self):
        renewal = self._send()
        self._process()
        self.assertEqual(self._send(), renewal, "the same message")
        self.assertEqual(self._send(key="another"), renewal, "the same renewal in another message")
        self._process()
        move = renewal.move_id
        self.assertEqual(self.env["account.move"].search([("invoice_origin", "=", "R-1")]), move)
        self.assertRecordValues(
            move,
            [{"partner_id": self.customer.id, "amount_total": 125.0, "state": "posted", "ref": "S-7",
              "invoice_date": date(2027, 3, 10)}],
        )  # fmt: skip
        self.assertPeriods(move, [("2027-03-01", "2027-03-31")])
        self.assertEqual(len(renewal.message_ids), 2)

    def test_changed_content_under_the_same_key_is_refused(self):
        self._send()
        with self.assertRaises(RenewalRefused) as caught:
            self._send(total=99)
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "key_used"))

    def test_content_changes_until_the_invoice_is_made(self):
        renewal = self._send()
        line = {"product": "SRV", "unit_price": 200}
        self._send(key="second", lines=[line])
        self._process()
        self.assertEqual(renewal.move_id.amount_untaxed, 200.0)
        with self.assertRaises(RenewalRefused) as caught:
            self._send(key="third", lines=[{**line, "unit_price": 300}])
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "invoiced"))
        self.assertEqual(renewal.move_id.amount_untaxed, 200.0)

    def test_only_chosen_stages_are_invoiced(self):
        renewal = self._send(stage="authorised")
        self._process()
        self.assertEqual((renewal.state, renewal.move_id.id), ("waiting", False))
        self._send(key="later", stage="captured")
        self._send(key="late", stage="authorised")  # came in the wrong order
        self.assertEqual((renewal.state, renewal.stage_id.code), ("ready", "captured"))
        self._process()
        self.assertEqual(renewal.state, "invoiced")

    def test_what_came_to_nothing_waits_and_after_the_invoice_is_shown(self):
        failed = self._send("R-2", stage="failed")
        self.assertEqual(failed.state, "waiting")
        self.assertTrue(failed.message)
        self._send("R-2", key="retried", stage="captured")
        self._process()
        self.assertEqual(failed.state, "invoiced")
        self._send("R-2", key="back", stage="refunded")
        self.assertTrue(failed.has_warning)
        self.assertEqual((failed.state, failed.move_id.state), ("invoiced", "posted"))
        failed.action_seen()
        self.assertFalse(failed.has_warning)

    def test_way_of_payment_gives_payment_or_terms(self):
        card = self._send("R-C")
        terms = self._send("R-I", payment={"method": "Invoice"})
        public = self._send("R-E", payment={"method": "EAN"})
        self._process()
        self.assertEqual((card.move_id.amount_residual, card.payment_id.amount), (0.0, 125.0))
        item = card.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == self.clearing)
        self.assertRecordValues(item, [{"debit": 125.0, "reconciled": False, "ref": "T-R-C"}])
        self.assertEqual((terms.move_id.amount_residual, terms.payment_id.id), (125.0, False))
        self.assertEqual(terms.move_id.invoice_date_due, date(2027, 3, 18))
        self.assertEqual(public.move_id.invoice_date_due, date(2027, 4, 9))
        unknown = self._send("R-X", payment={"method": "barter"})
        self._process()
        self.assertEqual(unknown.state, "fault")
        self.assertIn("barter", unknown.message)

    def test_drafts_are_paid_after_somebody_posted_them(self):
        self.source.posting = "draft"
        renewal = self._send()
        self._process()
        self.assertEqual((renewal.move_id.state, renewal.is_payment_open), ("draft", True))
        renewal.move_id.action_post()
        self._process()
        self.assertEqual((renewal.move_id.amount_residual, renewal.is_payment_open), (0.0, False))

    def test_invoiced_when_authorised_and_paid_when_captured(self):
        self.source.stage_ids = self.env["subscription.renewal.stage"].search([("is_void", "=", False)])
        renewal = self._send(stage="authorised")
        self._process()
        self.assertEqual((renewal.state, renewal.move_id.amount_residual), ("invoiced", 125.0))
        self._send(key="captured", stage="captured")
        self._process()
        self.assertEqual(renewal.move_id.amount_residual, 0.0)
        self._send(key="settled", stage="settled")
        self._process()
        self.assertEqual(len(renewal.move_id.matched_payment_ids), 1, "paid once")

    def test_a_deleted_draft_is_decided_about(self):
        self.source.posting = "draft"
        renewal = self._send()
        self._process()
        renewal.move_id.unlink()
        self.assertEqual(renewal.state, "fault")
        renewal.action_retry()
        self._process()
        self.assertEqual(renewal.state, "invoiced")

    def test_unknown_customers_by_the_rule_of_the_source(self):
        new = {"number": "2002", "name": "Ny Kunde", "email": "ny@example.com", "zip": "8000", "country": "DK"}
        renewal = self._send(customer=new)
        self._process()
        self.assertRecordValues(
            renewal.partner_id,
            [{"name": "Ny Kunde", "ref": "2002", "email": "ny@example.com", "company_id": self.company.id}],
        )
        strict = self._make_source(name="Strict", customer_rule="never")
        stopped = self._send(customer={"number": "3003", "name": "Ukendt"}, source=strict)
        self._process()
        self.assertEqual(stopped.state, "fault")
        self.assertIn("3003", stopped.message)
        self.assertFalse(self.env["res.partner"].search([("ref", "=", "3003")]))

    def test_only_allowed_fields_are_updated_and_the_customer_stays_the_same(self):
        self.source.update_email = True
        told = {"number": "1001", "name": "Other Name", "email": "new@example.com", "phone": "11111111"}
        self._send(customer=told)
        self._process()
        self.assertRecordValues(self.customer, [{"name": "Aage A/S", "email": "new@example.com", "phone": False}])
        self.customer.ref = "changed here"
        renewal = self._send("R-2", customer=told)
        self._process()
        self.assertEqual(renewal.partner_id, self.customer, "remembered by the source's number")

    def test_two_customers_with_the_same_mark_are_never_guessed(self):
        self.source.identify_by = "email"
        (self.customer | self.other_customer).email = "same@example.com"
        renewal = self._send(customer={"number": "9", "email": "same@example.com"})
        self._process()
        self.assertEqual(renewal.state, "fault")

    def test_a_customer_another_process_makes_at_the_same_time(self):
        renewal = self._send(customer={"number": "4004", "name": "Ny"})
        link = {"source_id": self.source.id, "number": "4004", "partner_id": self.other_customer.id}
        create = type(self.env["res.partner"]).create

        def meanwhile(partners, values):
            self.env["subscription.renewal.customer"].create(link)
            return create(partners, values)

        with patch.object(type(self.env["res.partner"]), "create", meanwhile), mute_logger("odoo.sql_db"):
            self._process()
        self.assertEqual((renewal.state, renewal.move_id.id), ("ready", False), "left for the next time")
        self._process()
        self.assertEqual(renewal.state, "invoiced")

    def test_unknown_products_by_the_rule_of_the_source(self):
        line = {"product": "NEW", "text": "Ugekasse", "unit_price": 80}
        stopped = self._send(lines=[line])
        self._process()
        self.assertIn("NEW", stopped.message)
        self.source.product_rule = "create"
        stopped.action_retry()
        self._process()
        product = stopped.move_id.invoice_line_ids.product_id
        self.assertEqual((product.default_code, product.name), ("NEW", "Ugekasse"))
        self.assertEqual(stopped.move_id.amount_total, 100.0, "the company's own tax")

    def test_another_total_is_not_booked(self):
        renewal = self._send(total=124.99)
        self._process()
        self.assertEqual((renewal.state, renewal.move_id.id), ("fault", False))
        self._send(key="mended", total=125)
        self._process()
        self.assertEqual(renewal.state, "invoiced")

    def test_one_bad_never_stops_the_others(self):
        good = [self._send(f"R-{n}") for n in range(6)]
        bad = self._send("R-bad", lines=[{"product": "NIX"}])
        self._process()
        self.assertEqual({renewal.state for renewal in good}, {"invoiced"})
        self.assertEqual(bad.state, "fault")

    def test_foreign_currency_and_lock_date(self):
        self.env["res.currency.rate"].create(
            {"name": "2027-01-01", "rate": 0.125, "currency_id": self.env.ref("base.EUR").id}
        )
        self.env.ref("base.EUR").active = True
        renewal = self._send(currency="EUR")
        self._process()
        self.assertEqual((renewal.currency_id.name, renewal.move_id.amount_total), ("EUR", 125.0))
        self.assertEqual((renewal.move_id.amount_total_signed, renewal.move_id.amount_residual), (1000.0, 0.0))
        unknown = self._send("R-2", currency="XXX")
        self.company.fiscalyear_lock_date = date(2027, 2, 28)
        locked = self._send("R-3", date="2027-02-01")
        self._process()
        self.assertEqual((unknown.state, locked.state), ("fault", "fault"))

    def test_discarded_stays_discarded(self):
        renewal = self._send(stage="authorised")
        renewal.action_discard()
        self._send(key="later")
        self._process()
        self.assertEqual((renewal.state, renewal.move_id.id), ("discarded", False))

    def test_too_many_messages_a_minute(self):
        self.source.rate_limit = 2
        self._send("R-1")
        self._send("R-2")
        with self.assertRaises(RenewalRefused) as caught:
            self._send("R-3")
        self.assertEqual(caught.exception.status, 429)
        self._send("R-2")  # known: costs nothing

    def test_a_key_is_needed(self):
        with self.assertRaises(RenewalError):
            self._send(key="")

    def test_statements_do_not_grow_with_the_number(self):
        for number in range(3):
            self._send(f"W-{number}")
        self._process()
        counts = []
        for size in (5, 25):
            for number in range(size):
                self._send(f"C{size}-{number}", payment={"method": "invoice"})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._process()
            counts.append(self.env.cr.sql_log_count - before)
        # 7.0 with all addons of the suite installed, less alone
        self.assertLess((counts[1] - counts[0]) / 20, 8, counts)

    # ------------------------------------------------------------------
    # Roles and companies
    # ------------------------------------------------------------------

    def test_roles(self):
        renewal = self._send(stage="authorised")
        user = new_test_user(self.env, "renewal_user", "account.group_account_invoice")
        auditor = new_test_user(self.env, "renewal_auditor", "account.group_account_readonly")
        with self.assertRaises(AccessError):
            renewal.with_user(user).write({"state": "ready"})
        with self.assertRaises(AccessError):
            self.source.with_user(user).write({"rate_limit": 1})
        with self.assertRaises(AccessError):
            self.source.with_user(user)._create_key()
        self.assertEqual(renewal.with_user(auditor).name, "R-1")
        self.assertTrue(renewal.message_ids.with_user(auditor).body)
        with self.assertRaises(AccessError):
            renewal.with_user(auditor).action_discard()
        renewal.with_user(user).action_discard()
        with self.assertRaises(UserError):
            renewal.unlink()

    def test_two_companies(self):
        other = self.setup_other_company()["company"]
        theirs = self.env["subscription.renewal.source"].create({"name": "Theirs", "company_id": other.id})
        self.service.taxes_id |= other.account_sale_tax_id
        mine = self._send()
        other_renewal = self._send(source=theirs, currency=other.currency_id.name)
        self._process()
        self.assertEqual((mine.move_id.company_id, other_renewal.move_id.company_id), (self.company, other))
        user = new_test_user(
            self.env, "one_company", "account.group_account_invoice", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        found = self.env["subscription.renewal"].with_user(user).search([])
        self.assertIn(mine, found)
        self.assertNotIn(other_renewal, found)

    def test_a_paid_way_needs_an_account(self):
        with self.assertRaises(ValidationError), mute_logger("odoo.sql_db"):
            self.source.way_ids = [Command.create({"code": "cash", "kind": "paid"})]
