import base64
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import SubscriptionCommon

START = date(2027, 1, 1)
RISE = date(2027, 7, 1)


class IndexationCommon(SubscriptionCommon):
    """On 10 March 2027; prices rise on 1 July, customers are told 30 days before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-10 12:00:00"))
        cls.customer.email = "aage@example.com"
        cls.rule = cls._make_rule()

    @classmethod
    def _make_rule(cls, **values):
        return cls.env["subscription.index.rule"].create(
            {"name": "4 %", "method": "percent", "percent": 4.0, "date_first": RISE, "notice_days": 30, **values}
        )

    @classmethod
    def _make_index(cls, **months):
        """`m2026_10=121.3`"""
        return cls.env["subscription.price.index"].create(
            {
                "name": "Test index",
                "code": f"T{len(months)}",
                "value_ids": [
                    Command.create({"month": f"{name[1:5]}-{name[6:]}-01", "value": value})
                    for name, value in months.items()
                ],
            }
        )

    def _regulated(self, **values):
        return self._make_subscription(start=START, index_rule_id=values.pop("index_rule_id", self.rule.id), **values)

    def _check(self, until=date(2027, 12, 31), subscriptions=None, **values):
        indexation = self.env["subscription.indexation"].create(
            {
                "date_until": until,
                "subscription_ids": [Command.set(subscriptions.ids)] if subscriptions else False,
                **values,
            }
        )
        indexation.action_check()
        return indexation

    def _apply(self, *args, **values):
        indexation = self._check(*args, **values)
        indexation.action_apply()
        return indexation

    def _send_notices(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            self.env["subscription.indexation.notice"]._cron_send()

    def _price_in(self, subscription, day):
        return subscription.line_ids._get_price(self.env["subscription.group.member"], day)


@tagged("post_install", "-at_install")
class TestIndexation(IndexationCommon):
    def test_preview_shows_old_and_new_price_and_the_year_and_changes_nothing(self):
        subscription = self._regulated(lines=[(None, 3, 100.0)])
        indexation = self._check(subscriptions=subscription)
        self.assertRecordValues(
            indexation.line_ids,
            [
                {
                    "state": "ready", "old_price": 100.0, "new_price": 104.0, "percent": 4.0, "year_effect": 144.0,
                    "date_due": RISE, "date_effect": RISE,
                }
            ],
        )  # fmt: skip
        self.assertEqual((indexation.state, indexation.ready_count, indexation.year_effect), ("checked", 1, 144.0))
        self.assertEqual(subscription.line_ids.price_unit, 100.0)
        self.assertFalse(indexation.notice_ids)

    def test_new_price_from_its_day_and_the_old_one_on_old_periods(self):
        subscription = self._regulated()
        indexation = self._apply(subscriptions=subscription)
        self.assertEqual((indexation.state, subscription.line_ids.price_unit), ("done", 104.0))
        run = self._bill(until=date(2027, 8, 31), subscriptions=subscription)
        lines = run.invoice_ids.invoice_line_ids.sorted("start_date")
        self.assertEqual(lines.mapped("price_unit"), [100.0] * 6 + [104.0] * 2)
        self.assertEqual(run.invoice_ids.mapped("amount_total"), [line.price_total for line in lines])

    def test_twice_is_once(self):
        subscription = self._regulated()
        first, second = self._check(subscriptions=subscription), self._check(subscriptions=subscription)
        first.action_apply()
        with self.assertRaises(UserError):
            first.action_apply()
        second.action_apply()
        self.assertEqual((second.line_ids.state, subscription.line_ids.price_unit), ("fault", 104.0))
        self.assertFalse(self._check(subscriptions=subscription).line_ids, "the next one is due in a year")
        self.assertEqual(subscription.index_next_date, date(2028, 7, 1))

    def test_the_database_refuses_the_same_regulation(self):
        """Another process has put it in force, with the price as it was, since this one looked."""
        subscription = self._regulated()
        first, second = self._check(subscriptions=subscription), self._check(subscriptions=subscription)
        first.action_apply()
        subscription.line_ids.price_unit = 100.0
        with self.assertRaises(UserError):
            second.action_apply()
        self.assertEqual(subscription.line_ids.price_unit, 100.0)

    def test_missed_regulations_one_after_the_other(self):
        rule = self._make_rule(interval_months=6, date_first=START, has_notice=False)
        subscription = self._regulated(index_rule_id=rule.id, index_price_date=date(2026, 12, 1))
        indexation = self._apply(until=date(2028, 1, 1), subscriptions=subscription)
        self.assertEqual(indexation.line_ids.mapped("new_price"), [104.0, 108.16])
        self.assertEqual(self._price_in(subscription, date(2027, 6, 30)), 100.0)
        self.assertEqual(self._price_in(subscription, date(2027, 7, 1)), 104.0)
        self.assertEqual(self._price_in(subscription, date(2028, 1, 1)), 108.16)

    def test_the_past_is_not_caught_up_unasked(self):
        rule = self._make_rule(date_first=date(2020, 1, 1))
        subscription = self._regulated(index_rule_id=rule.id)
        self.assertEqual(subscription.index_price_date, date(2027, 3, 10))
        self.assertEqual(subscription.index_next_date, date(2028, 1, 1))

    def test_another_rule_is_agreed_from_that_day_on(self):
        subscription = self._regulated(index_price_date=date(2026, 1, 1))
        subscription.index_rule_id = self._make_rule(date_first=date(2026, 2, 1))
        self.assertEqual(subscription.index_next_date, date(2028, 2, 1))

    def test_counted_from_the_start_and_fixed_in_the_first_months(self):
        rule = self._make_rule(schedule="start", date_first=False)
        subscription = self._regulated(index_rule_id=rule.id)
        self.assertEqual(subscription.index_next_date, date(2028, 1, 1))
        rule.free_months = 24
        self.assertEqual(subscription.index_next_date, date(2029, 1, 1))

    def test_only_what_is_chosen(self):
        subscription = self._regulated() | self._regulated(partner_id=self.other_customer.id)
        indexation = self._check(subscriptions=subscription)
        indexation.line_ids[0].is_selected = False
        indexation.action_check()
        self.assertEqual(sorted(indexation.line_ids.mapped("is_selected")), [False, True])
        indexation.action_apply()
        self.assertEqual(sorted(indexation.line_ids.mapped("state")), ["applied", "ready"])
        self.assertEqual(sorted(subscription.line_ids.mapped("price_unit")), [100.0, 104.0])

    def test_price_changed_after_the_check_is_left(self):
        subscription = self._regulated()
        indexation = self._check(subscriptions=subscription)
        subscription.line_ids.price_unit = 120.0
        indexation.action_apply()
        self.assertEqual((indexation.line_ids.state, subscription.line_ids.price_unit), ("fault", 120.0))
        self.assertFalse(indexation.notice_ids)

    def test_exceptions_say_why(self):
        free = self._make_product("Free", 50.0)
        rule = self._make_rule(product_ids=[Command.set(free.ids)])
        subscription = self._regulated(index_rule_id=rule.id, lines=[(None, 1, 100.0)] * 4 + [(free, 1, 50.0)])
        lines = subscription.line_ids
        lines[0].is_index_excluded = True
        lines[1].is_price_fixed = False
        lines[2].date_end = date(2027, 5, 31)
        lines[3].price_unit = 0.0
        indexation = self._check(subscriptions=subscription)
        self.assertEqual(set(indexation.line_ids.mapped("state")), {"excluded"})
        self.assertEqual(len(set(indexation.line_ids.mapped("message"))), 5)
        with self.assertRaises(UserError):
            indexation.action_apply()

    def test_amount_in_its_own_currency_only(self):
        rule = self._make_rule(method="amount", amount=12.5)
        subscription = self._regulated(index_rule_id=rule.id, lines=[(None, 1, 100.0), (None, 1, -20.0)])
        euro = self.env.ref("base.EUR")
        euro.active = True
        other = self._regulated(index_rule_id=rule.id, currency_id=euro.id)
        indexation = self._check(subscriptions=subscription | other)
        self.assertEqual(indexation.line_ids.mapped("state"), ["ready", "excluded", "excluded"])
        self.assertEqual(indexation.line_ids[0].new_price, 112.5)

    def test_yearly_effect_of_another_interval_discount_and_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2027-01-01", "rate": 0.125, "company_id": self.company.id}
        )
        subscription = self._regulated(
            interval_unit="quarter", currency_id=euro.id, lines=[(None, 2, 1000.0)]
        )  # fmt: skip
        subscription.line_ids.discount = 10.0
        change = self._check(subscriptions=subscription).line_ids
        self.assertEqual((change.year_effect, change.year_effect_company), (288.0, 2304.0))

    def test_the_monthly_value_follows_on_the_day(self):
        subscription = self._regulated()
        self._apply(subscriptions=subscription)
        self.assertEqual(subscription.monthly_amount, 100.0)
        with freeze_time("2027-07-01 06:00:00"):
            self.env["subscription.subscription"]._refresh_new_prices()
            self.assertEqual(subscription.monthly_amount, 104.0)

    def test_rule_is_made_in_the_form(self):
        with Form(self.env["subscription.index.rule"]) as form:
            form.name = "Amount"
            form.method = "amount"
            form.amount = 5.0
            form.date_first = RISE
            form.has_cap = True
            form.cap = 3.0
        self.assertEqual(form.save()._get_price_rule().new_price(100).price, 103)

    def test_mistakes_in_a_rule_are_refused(self):
        for values in (
            {"has_cap": True, "cap": 1.0, "has_floor": True, "floor": 2.0},
            {"rounding_step": 0.0},
            {"interval_months": 0},
            {"method": "index"},
            {"date_first": False},
            {"notice_days": -1},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._make_rule(**values)


@tagged("post_install", "-at_install")
class TestEndedLines(IndexationCommon):
    def test_an_ended_line_is_not_listed_round_after_round(self):
        subscription = self._regulated(lines=[(None, 1, 100.0), (None, 1, 200.0)])
        ended, stays = subscription.line_ids
        ended.date_end = date(2027, 2, 28)
        self.assertEqual(self._check(subscriptions=subscription).line_ids.line_id, stays)
        # it ends after the day of a regulation, which with notice would come after its end
        ended.date_end = date(2027, 7, 5)
        with freeze_time("2027-07-01 12:00:00"):
            late = self._check(subscriptions=subscription).line_ids.filtered(lambda change: change.line_id == ended)
            self.assertEqual(late.state, "excluded")
        with freeze_time("2027-08-01 12:00:00"):
            self.assertEqual(self._check(subscriptions=subscription).line_ids.line_id, stays)

    def test_what_ends_before_waits_for_no_regulation(self):
        subscription = self._regulated()
        self.assertTrue(subscription.index_next_date)
        subscription.line_ids.date_end = date(2027, 2, 28)
        self.assertFalse(subscription.index_next_date)


@tagged("post_install", "-at_install")
class TestIndexationByIndex(IndexationCommon):
    def test_october_to_october_with_a_cap(self):
        index = self._make_index(m2025_10=118.4, m2026_10=121.3)
        rule = self._make_rule(method="index", index_id=index.id, index_lag=9)
        subscription = self._regulated(index_rule_id=rule.id, lines=[(None, 1, 1000.0)])
        change = self._check(subscriptions=subscription).line_ids
        self.assertEqual((change.new_price, change.percent), (1024.49, 2.45))
        self.assertRegex(change.explanation, r"118.4 \(10.2025\).*121.3 \(10.2026\)")
        rule.write({"has_cap": True, "cap": 2.0})
        self.assertEqual(self._check(subscriptions=subscription).line_ids.new_price, 1020.0)

    def test_falling_index_and_a_floor(self):
        index = self._make_index(m2025_10=121.3, m2026_10=118.4)
        rule = self._make_rule(method="index", index_id=index.id, index_lag=9, has_floor=True)
        subscription = self._regulated(index_rule_id=rule.id)
        self._apply(subscriptions=subscription)
        self.assertEqual(subscription.line_ids.price_unit, 100.0)
        self.assertEqual(subscription.index_next_date, date(2028, 7, 1), "regulated, though the price stayed")
        self.assertFalse(self.env["subscription.indexation.notice"].search([("subscription_id", "=", subscription.id)]))

    def test_a_missing_month_stops_only_its_own(self):
        index = self._make_index(m2025_10=118.4)
        rule = self._make_rule(method="index", index_id=index.id, index_lag=9)
        stopped = self._regulated(index_rule_id=rule.id)
        other = self._regulated(partner_id=self.other_customer.id)
        indexation = self._apply(subscriptions=stopped | other)
        by_subscription = {change.subscription_id: change for change in indexation.line_ids}
        self.assertEqual(by_subscription[stopped].state, "fault")
        self.assertIn("2026", by_subscription[stopped].message)
        self.assertEqual((stopped.line_ids.price_unit, other.line_ids.price_unit), (100.0, 104.0))

    def _import(self, index, text, **values):
        wizard = self.env["subscription.price.index.import"].create(
            {
                "index_id": index.id,
                "file": base64.b64encode(text.encode()),
                "filename": "serie.csv",
                **values,
            }
        )
        wizard.action_check()
        return wizard

    def test_values_are_imported_and_revised_ones_only_when_chosen(self):
        index = self._make_index(m2026_08=120.5, m2026_09=120.0)
        text = "tid;indhold\n2026M08;120,5\n2026M09;120,9\n2026M10;121,3\n2026M11;..\n"
        wizard = self._import(index, text)
        self.assertEqual((wizard.new_count, wizard.same_count, wizard.changed_count), (1, 1, 1))
        self.assertEqual(len(index.value_ids), 2, "nothing is taken over by a check")
        wizard.action_import()
        self.assertEqual([float(v) for v in index._get_series().values()], [120.5, 120.0, 121.3])
        wizard = self._import(index, text, revised="replace")
        wizard.action_import()
        self.assertEqual([float(v) for v in index._get_series().values()], [120.5, 120.9, 121.3])
        self.assertEqual(index.latest_month, date(2026, 10, 1))

    def test_bad_file_says_why_and_changes_nothing(self):
        index = self._make_index(m2026_08=120.5)
        for text in ("", "navn;beløb\nA;1\n", "2026M08;1\n2026M08;2\n", "x;A;B\n2026M08;1;2\n"):
            with self.subTest(text=text), self.assertRaises(UserError):
                self._import(index, text)
        self.assertEqual(len(index.value_ids), 1)

    def test_a_month_has_one_value_on_its_first_day(self):
        index = self._make_index(m2026_08=120.5)
        with self.assertRaises(ValidationError):
            index.value_ids.month = date(2026, 8, 2)


@tagged("post_install", "-at_install")
class TestIndexationNotice(IndexationCommon):
    def test_customer_is_told_thirty_days_before_and_once(self):
        indexation = self._apply(subscriptions=self._regulated(title="Service"))
        notice = indexation.notice_ids
        self.assertEqual((notice.partner_id, notice.date_send), (self.customer, date(2027, 6, 1)))
        self._send_notices()
        self.assertEqual(notice.state, "waiting")
        with freeze_time("2027-06-01 06:00:00"):
            self._send_notices()
            mail = notice.mail_id
            self._send_notices()
        self.assertEqual((notice.state, notice.email), ("sent", "aage@example.com"))
        self.assertEqual(
            self.env["mail.mail"].search_count([("res_id", "=", notice.id), ("model", "=", notice._name)]), 1
        )
        self.assertIn(self.customer, mail.recipient_ids)
        self.assertIn("Service", mail.body_html)
        self.assertIn("104", mail.body_html)

    def test_no_price_before_its_notice(self):
        """Due on 1 April, found on 10 March: thirty days later is 9 April."""
        rule = self._make_rule(date_first=date(2027, 4, 1))
        subscription = self._regulated(index_rule_id=rule.id)
        indexation = self._apply(subscriptions=subscription)
        self.assertEqual(indexation.line_ids.date_effect, date(2027, 4, 9))
        self.assertTrue(indexation.line_ids.message)
        self.assertEqual(indexation.notice_ids.date_send, date(2027, 3, 10))
        self.assertEqual(self._price_in(subscription, date(2027, 4, 1)), 100.0)
        self.assertEqual(self._price_in(subscription, date(2027, 5, 1)), 104.0)

    def test_mail_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("da_DK")
        self.customer.lang = "da_DK"
        self.env["mail.template"].browse(self.rule.mail_template_id.id).with_context(
            lang="da_DK"
        ).subject = "Nye priser"
        rule = self._make_rule(date_first=date(2027, 4, 1))
        indexation = self._apply(subscriptions=self._regulated(index_rule_id=rule.id))
        self._send_notices()
        self.assertEqual(indexation.notice_ids.mail_id.subject, "Nye priser")

    def test_without_an_address_it_is_listed_and_can_be_sent_later(self):
        rule = self._make_rule(date_first=date(2027, 4, 1))
        first = self._regulated(index_rule_id=rule.id)
        second = self._regulated(index_rule_id=rule.id, partner_id=self.other_customer.id)
        indexation = self._apply(subscriptions=first | second)
        self._send_notices()
        self.assertEqual(sorted(indexation.notice_ids.mapped("state")), ["no_address", "sent"])
        self.other_customer.email = "bodil@example.com"
        indexation.notice_ids.action_retry()
        self._send_notices()
        self.assertEqual(set(indexation.notice_ids.mapped("state")), {"sent"})

    def test_members_of_a_group_are_told_but_not_those_with_their_own_price(self):
        group = self.env["subscription.group"].create(
            {
                "name": "Club",
                "member_ids": [
                    Command.create({"partner_id": self.customer.id}),
                    Command.create(
                        {
                            "partner_id": self.other_customer.id,
                            "price_ids": [Command.create({"product_id": self.service.id, "price_unit": 80.0})],
                        }
                    ),
                ],
            }
        )
        subscription = self._make_subscription(start=START, group_id=group.id, index_rule_id=self.rule.id)
        indexation = self._apply(subscriptions=subscription)
        self.assertEqual(indexation.line_ids.year_effect, 48.0, "one of two pays it")
        self.assertTrue(indexation.line_ids.message)
        self.assertEqual(indexation.notice_ids.partner_id, self.customer)

    def test_nobody_is_told_when_not_wanted(self):
        self.assertFalse(self._apply(subscriptions=self._regulated(), send_notices=False).notice_ids)


@tagged("post_install", "-at_install")
class TestIndexationUndo(IndexationCommon):
    def test_undo_brings_the_old_price_back_and_stops_the_notice(self):
        subscription = self._regulated()
        indexation = self._apply(subscriptions=subscription)
        indexation.action_undo()
        self.assertEqual((indexation.state, indexation.line_ids.state), ("undone", "undone"))
        self.assertEqual((subscription.line_ids.price_unit, indexation.notice_ids.state), (100.0, "cancelled"))
        self.assertEqual(subscription.index_next_date, RISE)
        again = self._apply(subscriptions=subscription)
        self.assertEqual((again.state, subscription.line_ids.price_unit), ("done", 104.0))

    def test_what_was_invoiced_at_the_new_price_stays(self):
        billed = self._regulated()
        other = self._regulated(partner_id=self.other_customer.id)
        indexation = self._apply(subscriptions=billed | other)
        self._bill(until=date(2027, 7, 31), subscriptions=billed)
        indexation.action_undo()
        self.assertEqual((billed.line_ids.price_unit, other.line_ids.price_unit), (104.0, 100.0))
        kept = indexation.line_ids.filtered(lambda change: change.state == "applied")
        self.assertEqual((indexation.state, kept.subscription_id), ("done", billed))
        self.assertTrue(kept.message)
        with self.assertRaises(UserError):
            kept.action_undo()

    def test_periods_billed_at_the_old_price_before_do_not_hinder(self):
        subscription = self._regulated()
        self._bill(until=date(2027, 7, 31), subscriptions=subscription)
        indexation = self._check(subscriptions=subscription)
        self.assertTrue(indexation.line_ids.message, "July is invoiced at the old price")
        indexation.action_apply()
        indexation.action_undo()
        self.assertEqual(subscription.line_ids.price_unit, 100.0)

    def test_the_later_one_first_and_not_after_a_change_by_hand(self):
        rule = self._make_rule(interval_months=6, has_notice=False)
        subscription = self._regulated(index_rule_id=rule.id)
        first = self._apply(until=date(2027, 12, 31), subscriptions=subscription)
        second = self._apply(until=date(2028, 6, 30), subscriptions=subscription)
        with self.assertRaises(UserError):
            first.action_undo()
        subscription.line_ids.price_unit = 111.0
        with self.assertRaises(UserError):
            second.action_undo()
        subscription.line_ids.price_unit = 108.16
        second.action_undo()
        first.action_undo()
        self.assertEqual(subscription.line_ids.price_unit, 100.0)


@tagged("post_install", "-at_install")
class TestIndexationRights(IndexationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.clerk = new_test_user(cls.env, "reg_clerk", groups="account.group_account_invoice", **options)
        cls.manager = new_test_user(cls.env, "reg_manager", groups="account.group_account_manager", **options)
        cls.auditor = new_test_user(cls.env, "reg_auditor", groups="account.group_account_readonly", **options)

    def test_clerk_checks_and_the_manager_puts_in_force(self):
        subscription = self._regulated()
        indexation = self.env["subscription.indexation"].with_user(self.clerk).create({"date_until": "2027-12-31"})
        indexation.subscription_ids = subscription
        indexation.action_check()
        indexation.line_ids.is_selected = True
        with self.assertRaises(UserError):
            indexation.action_apply()
        with self.assertRaises(AccessError):
            self.rule.with_user(self.clerk).percent = 10.0
        indexation.with_user(self.manager).action_apply()
        with self.assertRaises(UserError):
            indexation.action_undo()
        self.assertEqual(subscription.line_ids.price_unit, 104.0)
        indexation.with_user(self.manager).action_undo()
        self.assertEqual(subscription.line_ids.price_unit, 100.0)

    def test_what_was_changed_is_not_written_by_hand(self):
        subscription = self._regulated()
        indexation = self._apply(subscriptions=subscription).with_user(self.manager)
        for record, values in (
            (indexation, {"state": "draft"}),
            (indexation.line_ids, {"old_price": 1.0}),
            (indexation.line_ids, {"state": "undone"}),
            (indexation.notice_ids, {"state": "sent"}),
            (subscription.line_ids.with_user(self.manager), {"price_from": "2020-01-01"}),
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                record.write(values)
        with self.assertRaises(UserError):
            indexation.date_until = "2030-01-01"
        with self.assertRaises(UserError):
            indexation.unlink()
        with self.assertRaises(AccessError):
            indexation.line_ids.unlink()
        with self.assertRaises(AccessError):
            self.env["subscription.indexation"].with_user(self.manager).create({"state": "done"})

    def test_auditor_reads(self):
        indexation = self._apply(subscriptions=self._regulated()).with_user(self.auditor)
        self.assertTrue(indexation.line_ids.old_price)
        self.assertTrue(indexation.notice_ids.partner_id)
        self.assertTrue(self.rule.with_user(self.auditor).name)
        new = self.env["subscription.indexation"].create({"date_until": "2027-12-31"})
        with self.assertRaises(AccessError):
            new.with_user(self.auditor).action_check()
        with self.assertRaises(UserError):
            indexation.action_undo()

    def test_companies_are_separate(self):
        other = self.setup_other_company()["company"]
        foreign = new_test_user(
            self.env, "reg_foreign", groups="account.group_account_manager",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        indexation = self._apply(subscriptions=self._regulated())
        for records in (indexation, indexation.line_ids, indexation.notice_ids, self.rule):
            self.assertFalse(records.with_user(foreign).search([("id", "in", records.ids)]))
        theirs = (
            self.env["subscription.index.rule"]
            .with_company(other)
            .create({"name": "T", "company_id": other.id, "date_first": RISE})
        )
        with self.assertRaises(UserError):
            self._regulated(index_rule_id=theirs.id)
        foreign_round = self.env["subscription.indexation"].with_company(other).create({"date_until": "2030-01-01"})
        foreign_round.action_check()
        self.assertFalse(foreign_round.line_ids)
