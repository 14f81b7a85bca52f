import base64
from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


class UsageCommon(SubscriptionCommon):
    """On 10 March 2027: energy at 2.00, above 100 at 1.50, above 1000 at 1.00; 50 are included each month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-10 12:00:00"))
        cls.energy = cls._make_product("Energy", 2.0, default_code="KWH")
        cls.subscription = cls._make_metered()
        cls.line = cls.subscription.usage_line_ids

    @classmethod
    def _make_metered(cls, tiers=((100.0, 1.5), (1000.0, 1.0)), included=50.0, lines=(), **values):
        return cls._make_subscription(
            start=values.pop("start", date(2027, 1, 1)),
            lines=lines,
            usage_line_ids=[
                Command.create(
                    {
                        "product_id": cls.energy.id,
                        "is_usage": True,
                        "price_unit": 2.0,
                        "usage_included": included,
                        "tier_ids": [Command.create({"above": a, "price_unit": p}) for a, p in tiers],
                        **values.pop("line", {}),
                    }
                )
            ],
            **values,
        )

    def _use(self, quantity, day, line=None, **values):
        line = line or self.line
        return self.env["subscription.usage"].create({"line_id": line.id, "quantity": quantity, "date": day, **values})

    def _billed(self, until, subscription=None):
        run = self._bill(until=until, subscriptions=subscription or self.subscription)
        return run.invoice_ids.invoice_line_ids.sorted(lambda line: (line.start_date, line.id))


@tagged("post_install", "-at_install")
class TestUsage(UsageCommon):
    def test_month_is_charged_when_it_is_over_by_its_tiers(self):
        self._use(1000.0, date(2027, 1, 10))
        self._use(250.0, date(2027, 1, 31))
        self._use(70.0, date(2027, 2, 1))
        line = self._billed(date(2027, 2, 1))
        self.assertEqual((str(line.start_date), str(line.end_date)), ("2027-01-01", "2027-01-31"))
        self.assertEqual((line.quantity, line.price_unit, line.price_subtotal), (1.0, 1750.0, 1750.0))
        self.assertRegex(line.name.replace("\xa0", " "), r"1[.,]250.*50.*100 x .* \+ 900 x .* \+ 200 x ")
        line = self._billed(date(2027, 3, 1))
        self.assertEqual((line.quantity, line.price_unit), (20.0, 2.0), "one price: quantity and price on the invoice")

    def test_volume_price(self):
        self.line.usage_mode = "volume"
        self._use(1250.0, date(2027, 1, 10))
        line = self._billed(date(2027, 2, 1))
        self.assertEqual((line.quantity, line.price_unit), (1200.0, 1.0))

    def test_quantity_finer_than_the_invoice_shows_is_charged_exactly(self):
        self.line.tier_ids.unlink()
        self._use(51.2345, date(2027, 1, 10))
        line = self._billed(date(2027, 2, 1))
        self.assertEqual((line.quantity, line.price_subtotal), (1.0, 2.47))

    def test_tenths_are_tenths(self):
        self.line.tier_ids.unlink()
        for _number in range(3):
            self._use(50.1, date(2027, 1, 10))
        line = self._billed(date(2027, 2, 1))
        self.assertEqual((line.quantity, line.price_unit), (100.3, 2.0))

    def test_nothing_used_is_a_line_of_zero(self):
        subscription = self._make_metered(lines=[(None, 1, 100.0)])
        lines = self._billed(date(2027, 2, 1), subscription)
        self.assertEqual(sorted(lines.mapped("price_subtotal")), [0.0, 100.0, 100.0])

    def test_on_one_invoice_with_the_next_period_in_advance(self):
        subscription = self._make_metered(lines=[(None, 1, 100.0)])
        self._use(60.0, date(2027, 1, 10), subscription.usage_line_ids)
        run = self._bill(until=date(2027, 2, 1), subscriptions=subscription)
        february = run.invoice_ids.filtered(lambda move: len(move.invoice_line_ids) == 2)
        self.assertEqual(february.amount_untaxed, 120.0)
        self.assertEqual(run.invoice_count, 2)

    def test_in_arrears_with_its_own_period(self):
        subscription = self._make_metered(timing="arrears", lines=[(None, 1, 100.0)])
        self._use(60.0, date(2027, 1, 10), subscription.usage_line_ids)
        run = self._bill(until=date(2027, 1, 31), subscriptions=subscription)
        self.assertEqual((run.invoice_count, run.invoice_ids.amount_untaxed), (1, 120.0))

    def test_late_usage_comes_with_the_next_period_and_nothing_twice(self):
        self._use(60.0, date(2027, 1, 10))
        self._billed(date(2027, 2, 1))
        late = self._use(30.0, date(2027, 1, 20))
        self._use(40.0, date(2027, 2, 20))
        line = self._billed(date(2027, 3, 1))
        self.assertEqual((line.quantity, late.is_billed), (20.0, True))
        self.assertFalse(self._billed(date(2027, 3, 1)))

    def test_deleted_draft_frees_the_usage(self):
        use = self._use(60.0, date(2027, 1, 10))
        line = self._billed(date(2027, 2, 1))
        self.assertEqual((use.is_billed, use.move_id), (True, line.move_id))
        with self.assertRaises(UserError):
            use.with_user(self.env.ref("base.user_admin")).quantity = 1.0
        line.move_id.unlink()
        self.assertFalse(use.is_billed)
        use.quantity = 70.0
        self.assertEqual(self._billed(date(2027, 2, 1)).quantity, 20.0)

    def test_included_in_a_part_of_a_period(self):
        subscription = self._make_metered(start=date(2027, 1, 17), anchor="first", included=62.0, tiers=())
        self._use(40.0, date(2027, 1, 20), subscription.usage_line_ids)
        line = self._billed(date(2027, 2, 1), subscription)
        self.assertEqual((line.quantity, line.price_unit), (10.0, 2.0), "15 of 31 days include 30")

    def test_preview_is_the_invoice(self):
        self._use(1250.0, date(2027, 1, 10))
        run = self._make_run(until=date(2027, 2, 1), subscriptions=self.subscription)
        run.action_preview()
        previewed = run.amount_total
        self.assertFalse(self.line.period_ids)
        run.action_run()
        self.assertEqual((run.invoice_ids.amount_total, previewed), (2187.5, 2187.5))

    def test_usage_after_the_preview_is_charged_and_the_preview_follows(self):
        self._use(60.0, date(2027, 1, 10))
        run = self._make_run(until=date(2027, 2, 1), subscriptions=self.subscription)
        run.action_preview()
        self._use(10.0, date(2027, 1, 11))
        run.action_run()
        self.assertEqual((run.invoice_ids.amount_untaxed, run.line_ids.amount_untaxed), (40.0, 40.0))

    def test_members_of_a_group_pay_their_own_usage(self):
        group = self.env["subscription.group"].create(
            {
                "name": "Harbour",
                "member_ids": [
                    Command.create({"partner_id": self.customer.id}),
                    Command.create({"partner_id": self.other_customer.id}),
                ],
            }
        )
        subscription = self._make_metered(group_id=group.id, included=0.0, tiers=())
        line = subscription.usage_line_ids
        self._use(10.0, date(2027, 1, 10), line, partner_id=self.customer.id)
        self._use(20.0, date(2027, 1, 10), line, partner_id=self.other_customer.id)
        lines = self._billed(date(2027, 2, 1), subscription)
        by_customer = {line.move_id.partner_id: line.quantity for line in lines}
        self.assertEqual(by_customer, {self.customer: 10.0, self.other_customer: 20.0})
        with self.assertRaises(ValidationError):
            self._use(1.0, date(2027, 1, 10), line, partner_id=self._make_customer("C").id)

    def test_last_period_is_charged_after_the_end(self):
        subscription = self._make_metered(date_end=date(2027, 1, 31), included=0.0, tiers=())
        self._use(10.0, date(2027, 1, 10), subscription.usage_line_ids)
        self.assertEqual(subscription.next_invoice_date, date(2027, 2, 1))
        self.assertEqual(self._billed(date(2027, 2, 1), subscription).quantity, 10.0)
        self.assertFalse(subscription.next_invoice_date)

    def test_usage_no_invoice_would_charge_is_refused(self):
        """After the end, and after the last period is invoiced: it would wait for ever."""
        subscription = self._make_metered(date_end=date(2027, 1, 31), included=0.0, tiers=())
        line = subscription.usage_line_ids
        with self.assertRaises(ValidationError):
            self._use(1.0, date(2027, 2, 1), line)
        self._use(10.0, date(2027, 1, 10), line)
        draft = self._billed(date(2027, 2, 1), subscription).move_id
        with self.assertRaises(ValidationError):
            self._use(1.0, date(2027, 1, 30), line)
        row = {"subscription": subscription.name, "date": "2027-01-30", "quantity": 1.0, "reference": "late"}
        answer = self.env["subscription.usage"].record_usage([row])[0]
        self.assertEqual(answer["state"], "refused")
        draft.unlink()
        self._use(1.0, date(2027, 1, 30), line)
        self.assertEqual(self._billed(date(2027, 2, 1), subscription).quantity, 11.0)

    def test_one_query_for_the_usage_of_a_batch(self):
        others = self.env["subscription.subscription"]
        for number in range(6):
            others |= self._make_metered(partner_id=self._make_customer(f"C{number}").id)
        for subscription in others:
            self._use(60.0, date(2027, 1, 10), subscription.usage_line_ids)
        charges = [c for found in others._collect_charges(date(2027, 2, 1)).values() for c in found]
        self.env.flush_all()
        with self.assertQueryCount(1):
            used = others._collect_used(charges)
        self.assertEqual({float(value.quantity) for value in used.values()}, {60.0})

    def test_usage_lines_are_no_monthly_value_but_their_price_is_regulated(self):
        self.assertEqual(self.subscription.monthly_amount, 0.0)
        plain = self._make_metered(tiers=())
        rule = self.env["subscription.index.rule"].create(
            {"name": "4 %", "percent": 4.0, "date_first": date(2027, 7, 1), "has_notice": False}
        )
        (plain | self.subscription).index_rule_id = rule
        indexation = self.env["subscription.indexation"].create({"date_until": "2027-12-31"})
        indexation.subscription_ids = plain | self.subscription
        indexation.action_apply()
        self.assertEqual(plain.usage_line_ids.price_unit, 2.08)
        self.assertEqual(self.line.price_unit, 2.0)
        self.assertEqual(sorted(indexation.line_ids.mapped("state")), ["applied", "excluded"])

    def test_made_in_the_form(self):
        with Form(self.env["subscription.subscription"]) as form:
            form.partner_id = self.customer
            with form.usage_line_ids.new() as line:
                line.product_id = self.energy
                line.usage_included = 10.0
                with line.tier_ids.new() as tier:
                    tier.above = 5.0
                    tier.price_unit = 1.0
        subscription = form.save()
        self.assertTrue(subscription.usage_line_ids.is_usage)
        self.assertFalse(subscription.line_ids)
        subscription.action_start()

    def test_mistakes_are_refused(self):
        with self.assertRaises(ValidationError):
            self.line.usage_included = -1.0
        with self.assertRaises(ValidationError):
            self.line.is_one_off = True
        with self.assertRaises(ValidationError):
            self._use(1.0, date(2026, 12, 31))
        self._use(1.0, date(2027, 1, 1))
        with self.assertRaises(ValidationError):
            self.line.is_usage = False


@tagged("post_install", "-at_install")
class TestUsageImport(UsageCommon):
    def _import(self, rows, check=True, header="Abonnement;Varenr;Dato;Antal;Reference"):
        text = "\n".join([header, *rows])
        record = self.env["subscription.usage.import"].create(
            {"name": "maaler.csv", "file": base64.b64encode(text.encode())}
        )
        if check:
            record.action_check()
        return record

    def test_good_rows_are_recorded_and_bad_ones_come_back(self):
        name = self.subscription.name
        record = self._import(
            [
                f"{name};KWH;31-01-2027;1.234,5;A1",
                f"{name};;2027-02-28;7;A2",
                f"{name};WATER;31-01-2027;1;A3",
                "SUB-NONE;;31-01-2027;1;A4",
                f"{name};;31-13-2027;1;A5",
                f"{name};;31-12-2026;1;A6",
                f"{name};;31-12-2027;1;A7",
            ]
        )
        self.assertEqual((record.ready_count, record.fault_count, record.state), (2, 5, "checked"))
        self.assertFalse(self.line.usage_open, "a check records nothing")
        record.action_record()
        self.assertEqual((record.state, self.line.usage_open), ("done", 1241.5))
        back = base64.b64decode(record.fault_file).decode("utf-8-sig").splitlines()
        self.assertEqual(len(back), 6)
        self.assertTrue(back[1].startswith(f"{name};WATER;31-01-2027;1;A3;"))

    def test_mended_rows_are_read_again(self):
        record = self._import([f"{self.subscription.name};;31-13-2027;1;A5"])
        back = base64.b64decode(record.fault_file).decode("utf-8-sig").replace("31-13-2027", "31-01-2027")
        again = self._import(back.splitlines()[1:], header=back.splitlines()[0])
        self.assertEqual((again.ready_count, again.fault_count), (1, 0))

    def test_same_reference_counts_once_and_the_same_file_too(self):
        row = f"{self.subscription.name};;31-01-2027;5;A1"
        self._import([row]).action_record()
        record = self._import([row, row, f"{self.subscription.name};;31-01-2027;6;A1"])
        self.assertEqual((record.ready_count, record.known_count, record.fault_count), (0, 2, 1))
        rows = [f"{self.subscription.name};;31-01-2027;5;"]
        self._import(rows).action_record()
        with self.assertRaises(UserError):
            self._import(rows).action_record()
        self.assertEqual(self.line.usage_open, 10.0)

    def test_undo_until_it_is_invoiced(self):
        row = f"{self.subscription.name};;31-01-2027;60;A1"
        record = self._import([row])
        record.action_record()
        record.action_undo()
        self.assertEqual((record.state, self.line.usage_open), ("undone", 0.0))
        again = self._import([row])
        again.action_record()
        self._billed(date(2027, 2, 1))
        with self.assertRaises(UserError):
            again.action_undo()

    def test_bad_file_says_why(self):
        for header, rows in (("a;b", ["1;2"]), ("Abonnement;Dato;Antal", [])):
            with self.subTest(header=header), self.assertRaises(UserError):
                self._import(rows, header=header)

    def test_recorded_over_rpc_once(self):
        rows = [
            {"subscription": self.subscription.name, "date": "2027-01-31", "quantity": 5, "reference": "R1"},
            {"subscription": "SUB-NONE", "date": "2027-01-31", "quantity": 5, "reference": "R2"},
            {"subscription": self.subscription.name, "date": "never", "quantity": 5, "reference": "R3"},
        ]
        usage = self.env["subscription.usage"]
        self.assertEqual([a["state"] for a in usage.record_usage(rows)], ["recorded", "refused", "refused"])
        answers = usage.record_usage(rows)
        self.assertEqual([a["state"] for a in answers], ["known", "refused", "refused"])
        self.assertTrue(answers[0]["id"] and answers[1]["message"])
        self.assertEqual(self.line.usage_open, 5.0)

    def test_thousand_rows_in_few_queries(self):
        rows = [f"{self.subscription.name};;31-01-2027;1;Q{number}" for number in range(1000)]
        record = self._import(rows, check=False)
        record.action_check()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        record.action_check()
        self.assertLess(self.env.cr.sql_log_count - before, 60)
        self.assertEqual(record.ready_count, 1000)


@tagged("post_install", "-at_install")
class TestUsageRights(UsageCommon):
    def test_roles_and_companies(self):
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        clerk = new_test_user(self.env, "use_clerk", groups="account.group_account_invoice", **options)
        auditor = new_test_user(self.env, "use_auditor", groups="account.group_account_readonly", **options)
        other = self.setup_other_company()["company"]
        foreign = new_test_user(
            self.env, "use_foreign", groups="account.group_account_invoice",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        use = self._use(60.0, date(2027, 1, 10)).with_user(clerk)
        use.quantity = 61.0
        with self.assertRaises(AccessError):
            use.period_id = False
        record = (
            self.env["subscription.usage.import"]
            .with_user(clerk)
            .create(
                {
                    "name": "x.csv",
                    "file": base64.b64encode(f"abonnement;dato;antal\n{self.subscription.name};2027-01-31;1".encode()),
                }
            )
        )
        record.action_record()
        with self.assertRaises(AccessError):
            record.state = "draft"
        with self.assertRaises(UserError):
            record.unlink()
        with self.assertRaises(AccessError):
            record.with_user(auditor).action_check()
        with self.assertRaises(AccessError):
            use.with_user(auditor).quantity = 1.0
        with self.assertRaises(AccessError), mute_logger("odoo.models.unlink"):
            self.env["subscription.usage"].with_user(auditor).record_usage([])
        self.assertTrue(use.with_user(auditor).quantity)
        for records in (use, record, self.line.tier_ids):
            self.assertFalse(records.with_user(foreign).search([("id", "in", records.ids)]))
