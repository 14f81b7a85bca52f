from contextlib import contextmanager
from datetime import date
from unittest import SkipTest
from unittest.mock import patch

from odoo.tests import freeze_time

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

MARCH = date(2027, 3, 1)
APRIL = date(2027, 4, 1)


class CardCommon(SubscriptionCommon):
    """A company with core's demo provider, a customer with a saved card, and a subscription charged on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "demo_simulated_state" not in cls.env["payment.token"]._fields:
            raise SkipTest("Core's demo provider (payment_demo) is not installed.")
        cls.clearing = cls.company_data["default_account_assets"].copy({"reconcile": True, "code": "150098"})
        cls.provider = cls._make_provider(cls.company, cls.company_data["default_journal_bank"], cls.clearing)
        cls.fallback, cls.way = cls.env["subscription.payment.way"].create(
            [{"name": "Faktura"}, {"name": "Gemt kort", "method": "card"}]
        )
        cls.way.card_fallback_way_id = cls.fallback
        cls.token = cls._make_token()
        cls.charges = cls.env["subscription.card.charge"].sudo()
        cls.transactions = cls.env["payment.transaction"].sudo()
        cls.subscription = cls._make_subscription(start=MARCH, way_id=cls.way.id, user_id=cls.env.user.id)

    @classmethod
    def _make_provider(cls, company, journal, account):
        provider = cls.env.ref("payment.payment_provider_demo").sudo().copy({"company_id": company.id, "state": "test"})
        provider.with_company(company).journal_id = journal
        line = journal.inbound_payment_method_line_ids.filtered(lambda each: each.payment_provider_id == provider)
        line.sudo().payment_account_id = account
        return provider

    @classmethod
    def _make_token(cls, partner=None, state="done", details="1234", provider=None, **values):
        provider = provider or cls.provider
        return (
            cls.env["payment.token"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": provider.payment_method_ids[:1].id
                    or cls.env.ref("payment_demo.payment_method_demo").id,
                    "payment_details": details,
                    "partner_id": (partner or cls.customer).id,
                    "provider_ref": "demo",
                    "demo_simulated_state": state,
                    **values,
                }
            )
        )

    def _commits(self, stop_at=0):
        """What the cron commits is kept by the test; the program may die after one of its commits."""
        calls = []

        def commit(*_arguments, **_options):
            calls.append(1)
            self.env.flush_all()
            if len(calls) == stop_at:
                raise KeyboardInterrupt
            return 60

        return patch.object(type(self.env["ir.cron"]), "_commit_progress", commit)

    def _run(self, day=MARCH):
        with freeze_time(f"{day} 10:00:00"), self._commits():
            self.charges._cron_charge()

    @contextmanager
    def _provider_answers(self, answer):
        """Instead of the demo provider's answer: ``answer(transaction)``; gives the list of what it was asked."""
        asked = []

        def send(transaction):
            asked.append(transaction.reference)
            return answer(transaction)

        with patch.object(type(self.transactions), "_send_payment_request", send):
            yield asked

    def _invoice(self, day=MARCH, subscription=None):
        return self._bill(day, subscription or self.subscription, posting="post").invoice_ids

    def _charge_of(self, move):
        return self.charges.search([("move_id", "=", move.id)])
