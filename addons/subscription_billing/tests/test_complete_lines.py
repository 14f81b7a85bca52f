from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..batch import BATCH, CONTEXT, MAKING
from ..taxes import InvoiceTaxes
from .common import SubscriptionCommon

ADDON = "odoo.addons.subscription_billing"
DAY = date(2027, 3, 1)
#: Differs between any two invoices.
OWN = {"id", "move_id", "create_date", "write_date", "access_token"}


@tagged("post_install", "-at_install")
class TestCompleteLines(SubscriptionCommon):
    """Invoices whose journal items come along are, in every stored column, those that core makes by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eur = cls.env.ref("base.EUR")
        cls.eur.active = True
        cls.env["res.currency.rate"].create(
            {"name": "2027-01-01", "rate": 0.134, "currency_id": cls.eur.id, "company_id": cls.company.id}
        )
        cls.included = cls._make_tax("Included", amount=25.0, price_include_override="tax_included")
        cls.fixed = cls._make_tax("Duty per piece", amount_type="fixed", amount=3.5, include_base_amount=True)
        cls.division = cls._make_tax("Division", amount_type="division", amount=20.0)
        cls.cash = cls._make_cash_tax()
        cls.group = cls._make_tax(
            "Group",
            amount_type="group",
            children_tax_ids=[Command.set((cls._make_tax("Eco", amount=2.0) | cls._make_tax("Extra", amount=7.7)).ids)],
        )
        cls.reverse = cls._make_tax(
            "Reverse charge",
            amount=25.0,
            **{
                f"{kind}_repartition_line_ids": [
                    Command.create({"repartition_type": "base"}),
                    Command.create({"repartition_type": "tax"}),
                    Command.create({"repartition_type": "tax", "factor_percent": -100.0}),
                ]
                for kind in ("invoice", "refund")
            },
        )

    @classmethod
    def _make_tax(cls, name, **values):
        return cls.env["account.tax"].create({"name": name, "type_tax_use": "sale", "sequence": 5, **values})

    @classmethod
    def _make_cash_tax(cls):
        cls.company.tax_exigibility = True
        account = cls.company_data["default_account_tax_sale"].copy({"reconcile": True})
        return cls._make_tax(
            "On payment",
            amount=25.0,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=account.id,
        )

    def _subscribe(self, lines, **values):
        """One subscription; lines as (price, quantity, discount, taxes)."""
        subscription = self._make_subscription(start=DAY, lines=(), running=False, **values)
        subscription.line_ids = [
            Command.create(
                {
                    "product_id": self.service.id,
                    "price_unit": price,
                    "quantity": quantity,
                    "discount": discount,
                    "tax_ids": [Command.set(taxes.ids)],
                }
            )
            for price, quantity, discount, taxes in lines
        ]
        subscription._start()
        return subscription

    def _dump(self, subscriptions, completed):
        """Bill in a savepoint that is undone; every stored column of what was booked."""
        counted = []
        original = InvoiceTaxes.complete

        def complete(taxes, values, partner_id):
            result = original(taxes, values, partner_id) if completed else values
            counted.append("line_ids" in result)
            return result

        def plain(run):
            """A batch without anything of ours but what keeps the history short."""
            return run.with_company(run.company_id).with_context(
                mail_create_nolog=True,
                mail_create_nosubscribe=True,
                allowed_company_ids=run.company_id.ids,
                **{MAKING: CONTEXT[MAKING]},
            )

        run_class = type(self.env["subscription.billing.run"])
        batch = run_class._in_batch if completed else plain
        with (
            self._undone(),
            patch.object(InvoiceTaxes, "complete", complete),
            patch.object(run_class, "_in_batch", batch),
            patch(f"{ADDON}.models.subscription_billing_run_create.BATCH", BATCH if completed else "off"),
        ):
            run = self._bill(until=DAY, subscriptions=subscriptions, posting="post")
            self.assertEqual(set(run.line_ids.mapped("state")), {"posted"}, run.line_ids.mapped("message"))
            self.env.flush_all()
            moves = run.invoice_ids.sorted("id")
            ids = tuple(moves.ids)
            self.env.cr.execute("SELECT * FROM account_move WHERE id IN %s ORDER BY id", [ids])
            rows = self._rows()
            self.env.cr.execute(
                """
                SELECT line.*,
                       (SELECT array_agg(account_tax_id ORDER BY account_tax_id)
                          FROM account_move_line_account_tax_rel rel
                         WHERE rel.account_move_line_id = line.id) AS taxes,
                       (SELECT array_agg(account_account_tag_id ORDER BY account_account_tag_id)
                          FROM account_account_tag_account_move_line_rel rel
                         WHERE rel.account_move_line_id = line.id) AS tags
                  FROM account_move_line line
                 WHERE move_id IN %s
                 ORDER BY move_id, display_type, sequence, account_id, tax_line_id, balance, id
                """,
                [ids],
            )
            rows += self._rows()
            self.env.cr.execute(
                """
                SELECT message.message_type, message.subtype_id, message.body, message.author_id, value.field_id,
                       value.old_value_char, value.new_value_char
                  FROM mail_message message
                  LEFT JOIN mail_tracking_value value ON value.mail_message_id = message.id
                 WHERE message.model = 'account.move' AND message.res_id IN %s
                 ORDER BY message.res_id, message.id, value.id
                """,
                [ids],
            )
            rows += self._rows()
        for row in rows:
            row.pop("subscription_run_id", None)
        return rows, counted

    @contextmanager
    def _undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()

    def _rows(self):
        names = [column.name for column in self.env.cr.description]
        return [
            {name: value for name, value in zip(names, row, strict=True) if name not in OWN}
            for row in self.env.cr.fetchall()
        ]

    def _compare(self, subscriptions, completed=True):
        ours, counted = self._dump(subscriptions, completed=True)
        cores, _counted = self._dump(subscriptions, completed=False)
        self.assertEqual(set(counted), {completed})
        self.assertEqual(len(ours), len(cores))
        for our_row, core_row in zip(ours, cores, strict=True):
            differing = {name: (our_row[name], core_row[name]) for name in our_row if our_row[name] != core_row[name]}
            self.assertFalse(differing)

    def test_every_kind_of_tax(self):
        none = self.env["account.tax"]
        for name, taxes in (
            ("standard", self.tax),
            ("none", none),
            ("included", self.included),
            ("fixed and standard", self.fixed | self.tax),
            ("division", self.division),
            ("group", self.group),
            ("reverse charge", self.reverse),
        ):
            for rounding in ("round_per_line", "round_globally"):
                with self.subTest(tax=name, rounding=rounding):
                    self.company.tax_calculation_rounding_method = rounding
                    lines = [(2.93, 3.0, 0.0, taxes), (33.33, 1.0, 12.5, taxes), (100.0, 7.0, 0.0, self.tax)]
                    self._compare(self._subscribe(lines))

    def test_many_customers_in_one_batch(self):
        subscriptions = self.env["subscription.subscription"]
        for position in range(6):
            partner = self._make_customer(f"Customer {position}", vat=False)
            self.env["res.partner"].create(
                {"parent_id": partner.id, "type": "delivery", "name": "Store", "country_id": self.env.ref("base.dk").id}
            )
            lines = [(9.99 + position, 3.0, 0.0, self.tax), (0.05, 1.0, 0.0, self.included)]
            subscriptions |= self._subscribe(lines, partner_id=partner.id, customer_reference=f"PO {position}")
        self._compare(subscriptions)

    def test_terms(self):
        instalments = self.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 33.0, "nb_days": 10}),
                    Command.create({"value": "percent", "value_amount": 67.0, "nb_days": 40}),
                ],
            }
        )
        for term in (self.env.ref("account.account_payment_term_30days"), instalments):
            with self.subTest(term=term.name):
                self._compare(self._subscribe([(99.99, 1.0, 0.0, self.tax)], payment_term_id=term.id))

    def test_customer_abroad_and_invoice_address(self):
        germany = {"country_id": self.env.ref("base.de").id, "vat": "DE123456788"}
        abroad = self._make_customer("Abroad GmbH", **germany)
        office = self.env["res.partner"].create({"parent_id": abroad.id, "type": "invoice", "name": "Rechnungen"})
        self.assertTrue(office)
        self._compare(self._subscribe([(100.0, 1.0, 0.0, self.env["account.tax"])], partner_id=abroad.id))

    def _early_discount(self):
        return self.env["account.payment.term"].create(
            {
                "name": "2 % within 8 days",
                "early_discount": True,
                "discount_percentage": 2.0,
                "discount_days": 8,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100.0, "nb_days": 30})],
            }
        )

    def test_the_unusual_is_left_to_core(self):
        discount = self._early_discount()
        one = [(100.0, 1.0, 0.0, self.tax)]
        for name, subscription in (
            ("early discount", self._subscribe(one, payment_term_id=discount.id)),
            ("cash basis", self._subscribe([(100.0, 1.0, 0.0, self.cash)])),
            ("another currency", self._subscribe(one, currency_id=self.eur.id)),
            ("nothing to pay", self._subscribe([(0.0, 1.0, 0.0, self.tax)])),
        ):
            with self.subTest(name):
                self._compare(subscription, completed=False)

    def test_early_discount_of_the_customer_is_left_to_core(self):
        self.customer.property_payment_term_id = self._early_discount()
        self._compare(self._subscribe([(100.0, 1.0, 0.0, self.tax)]), completed=False)

    def test_analytic_models_are_left_to_core(self):
        plan = self.env["account.analytic.plan"].create({"name": "Departments"})
        account = self.env["account.analytic.account"].create({"name": "Service", "plan_id": plan.id})
        self.env["account.analytic.distribution.model"].create(
            {"product_id": self.service.id, "analytic_distribution": {str(account.id): 100.0}}
        )
        subscription = self._subscribe([(100.0, 1.0, 0.0, self.tax)])
        self._compare(subscription, completed=False)
        run = self._bill(until=DAY, subscriptions=subscription)
        self.assertEqual(run.invoice_ids.invoice_line_ids.analytic_distribution, {str(account.id): 100.0})
