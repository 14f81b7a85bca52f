import json
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..formats import renewal as renewal_format
from .common import SubscriptionCommon
from .test_renewals import RenewalCommon

DAY = date(2027, 3, 10)


@tagged("post_install", "-at_install")
class TestForged(SubscriptionCommon):
    """Calls no screen makes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.clerk = new_test_user(cls.env, "forging_clerk", groups="account.group_account_invoice", **options)
        cls.auditor = new_test_user(cls.env, "forging_auditor", groups="account.group_account_readonly", **options)

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.company), "_subscription_today", return_value=DAY))

    def test_auditor_changes_no_run(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        run = self._bill(DAY, subscription)
        for action in ("action_post_invoices", "action_undo_drafts", "action_send_invoices", "action_bill_now"):
            target = (subscription if action == "action_bill_now" else run).with_user(self.auditor)
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(target, action)()
        self.assertEqual((run.posting, run.state, run.line_ids.state), ("draft", "done", "billed"))
        self.assertEqual(run.invoice_ids.state, "draft")

    def test_auditor_has_no_line_tried_again(self):
        self.service.active = False
        subscription = self._make_subscription(start=date(2027, 3, 1))
        run = self._bill(DAY, subscription)
        self.assertEqual(run.line_ids.state, "fault")
        self.service.active = True
        with self.assertRaises(AccessError):
            run.line_ids.with_user(self.auditor).action_retry()
        self.assertEqual(run.line_ids.state, "fault")
        run.line_ids.with_user(self.clerk).action_retry()
        self.assertEqual(run.line_ids.state, "billed")

    def test_how_an_invoice_is_paid_and_which_run_made_it_is_not_typed(self):
        """A typed way "paid" would register a payment nobody made; a typed run would delete a stranger's draft."""
        line = self.company_data["default_journal_bank"].inbound_payment_method_line_ids[:1]
        line.payment_account_id = self.company_data["default_account_assets"].copy(
            {"reconcile": True, "code": "150097"}
        )
        way = self.env["subscription.payment.way"].create(
            {"name": "Kort", "kind": "paid", "payment_method_line_id": line.id}
        )
        run = self._make_run(DAY).with_user(self.clerk)
        values = {
            "move_type": "out_invoice",
            "partner_id": self.customer.id,
            "invoice_date": DAY,
            "invoice_line_ids": [Command.create({"product_id": self.service.id, "price_unit": 100})],
        }
        moves = self.env["account.move"].with_user(self.clerk)
        own = {"subscription_billing_batch": True, "subscription_billing_making": True}
        for name, value in (("subscription_way_id", way.id), ("subscription_run_id", run.id)):
            with self.subTest(name=name):
                with self.assertRaises(AccessError):
                    moves.create({**values, name: value})
                with self.assertRaises(AccessError):
                    moves.with_context(**own).create({**values, name: value})
                move = moves.with_context(**{f"default_{name}": value}).create(dict(values))
                self.assertFalse(move[name])
                with self.assertRaises(AccessError):
                    move.with_context(**own).write({name: value})
        with self.assertRaises(AccessError):
            run.write({"invoice_ids": [Command.link(move.id)]})
        self.assertTrue(self._bill(DAY, self._make_subscription(start=date(2027, 3, 1))).invoice_ids)

    def test_proof_is_not_given_as_a_default(self):
        """What the context proposes is a value like any other."""
        run = self.env["subscription.billing.run"].with_user(self.clerk).with_context(
            default_state="done", default_is_automatic=True
        ).create({"date_until": DAY, "invoice_date": DAY})  # fmt: skip
        self.assertEqual((run.state, run.is_automatic), ("draft", False))
        subscription = self._make_subscription(
            start=date(2027, 3, 1), usage_line_ids=[Command.create({"product_id": self.service.id, "is_usage": True})]
        )
        self._bill(DAY, subscription)
        use = self.env["subscription.usage"].with_user(self.clerk).with_context(
            default_period_id=subscription.period_ids[:1].id, default_is_billed=True
        ).create({"line_id": subscription.usage_line_ids.id, "date": DAY, "quantity": 5})  # fmt: skip
        self.assertFalse(use.period_id)
        self.assertFalse(use.is_billed)
        line = self.env["subscription.line"].with_user(self.clerk).with_context(
            default_credit_from=date(2027, 3, 2), default_part_rule="days"
        ).create({"subscription_id": subscription.id, "product_id": self.service.id})  # fmt: skip
        self.assertFalse(line.credit_from or line.part_rule)

    def test_state_and_dates_are_written_by_actions(self):
        """A bound subscription is not ended by a typed state, nor never billed by a typed date."""
        subscription = self._make_subscription(start=date(2027, 3, 1), binding_months=12)
        mine = subscription.with_user(self.clerk)
        for values in (
            {"state": "closed"},
            {"next_invoice_date": "2099-01-01"},
            {"trial_end": "2099-01-01"},
            {"monthly_amount": 0},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                mine.write(values)
        mine.action_pause("2027-03-10", "2027-03-12")
        self.assertEqual(mine.state, "paused")
        mine.action_resume("2027-03-10")
        self.assertEqual(mine.state, "active")
        with self.assertRaises(UserError):
            mine.action_close("2027-04-30")
        new = mine.copy()
        new.action_start()
        self.assertEqual(new.state, "active")


@tagged("post_install", "-at_install")
class TestForgedRenewals(RenewalCommon):
    """Messages no honest system sends: answered as wrong, nothing kept."""

    def _refused(self, body):
        with self.assertRaises(renewal_format.RenewalError):
            self.env["subscription.renewal"]._receive(self.source.sudo(), body)
        self.assertFalse(self.env["subscription.renewal"].search([("source_id", "=", self.source.id)]))

    def test_other_encodings_and_half_characters(self):
        text = json.dumps(self._message())
        for encoding in ("utf-16", "utf-16-le", "utf-32"):
            with self.subTest(encoding=encoding):
                self._refused(text.encode(encoding))
        self._refused(text.replace('"Aage"', '"Aa\\ud800ge"').encode())
        self._refused(text.replace('"key"', '"k\\udfffey"').encode())

    def test_numbers_that_fill_the_memory(self):
        text = json.dumps(self._message())
        for number in ("1e99999999", "-1e99999999", "1e-99999999", "0e99999999", "9" * 5000):
            for old in ('"unit_price": 100', '"renewal": "R-1"'):
                with self.subTest(number=number[:12], old=old):
                    self._refused(text.replace(old, f"{old.split(':')[0]}: {number}").encode())

    def test_currency_without_a_rate(self):
        """Core would book one euro as one krone."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        renewal = self._send(currency="EUR")
        self._process()
        self.assertEqual(renewal.state, "fault")
        self.assertIn("EUR", renewal.message)
