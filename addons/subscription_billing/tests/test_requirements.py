import base64
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import format_date

from .common import TODAY, SubscriptionCommon

MARCH = date(2027, 3, 1)


class RequirementsCommon(SubscriptionCommon):
    def _progress(self):
        return patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60)

    def _upcoming(self, subscription, count=3):
        return [
            (
                max(charge.due_date for charge in plan.charges),
                plan.amount_total,
                [(values["name"], values["quantity"], values["price_unit"]) for _c, _i, values in self._lines(plan)],
            )
            for plan in subscription._get_upcoming_plans(count)
        ]

    def _lines(self, plan):
        return plan.values["invoice_line_ids"]


@tagged("post_install", "-at_install")
class TestDates(RequirementsCommon):
    """Requirements A4 and A7 to A10, in the words of docs/billing-requirements.md."""

    def test_period_due_day_and_invoice_date_are_three_and_locks_hold(self):
        subscription = self._make_subscription(start=date(2027, 1, 16), timing="arrears")
        self.company.sale_lock_date = date(2027, 3, 31)
        run = self._bill(until=TODAY, subscriptions=subscription, posting="post")
        self.assertEqual((run.invoice_count, run.line_ids.state), (0, "fault"))
        self.assertFalse(subscription.period_ids)
        run = self._bill(until=TODAY, subscriptions=subscription, posting="post", invoice_date=date(2027, 4, 1))
        self.assertEqual(run.invoice_ids.mapped("invoice_date"), [date(2027, 4, 1)])
        self.assertPeriods(run.invoice_ids, [("2027-01-16", "2027-02-15")])
        self.assertEqual(run.invoice_ids.date, date(2027, 4, 1))
        self.assertEqual(subscription.next_invoice_date, date(2027, 3, 15), "due on the last day of the next period")

    @freeze_time("2027-02-28 23:30:00")
    def test_made_in_the_form_by_import_by_rpc_and_from_a_template_the_periods_are_the_same(self):
        self.customer.ref, self.service.default_code = "1001", "SRV"
        with Form(self.env["subscription.subscription"]) as form:
            form.partner_id = self.customer
            with form.line_ids.new() as line:
                line.product_id = self.service
        made = form.save()
        by_rpc = self.env["subscription.subscription"].create(
            {"partner_id": self.customer.id, "line_ids": [Command.create({"product_id": self.service.id})]}
        )
        template = self.env["subscription.template"].create(
            {"name": "T", "line_ids": [Command.create({"product_id": self.service.id})]}
        )
        of_template = self.env["subscription.subscription"].create(
            {"partner_id": self.customer.id, "template_id": template.id}
        )
        rows = "Abonnement;Kundenr;Varenr;Pris;Interval;Start\nA1;1001;SRV;100;måned;01-03-2027"
        listed = self.env["subscription.import"].create({"name": "a.csv", "file": base64.b64encode(rows.encode())})
        listed.action_check()
        listed.action_run()
        imported = listed.line_ids.subscription_id
        (made | by_rpc | of_template)._start()
        every = made | by_rpc | of_template | imported
        self.assertEqual(set(every.mapped("date_start")), {MARCH}, "past midnight in Denmark")
        self.assertEqual(len({str(self._upcoming(each)) for each in every}), 1)
        self.assertFalse(every.line_ids.filtered(lambda line: line.date_start or line.date_end), "no second copy")

    def test_every_day_that_is_proposed_is_the_day_where_the_company_is(self):
        """Also on a server that was started yesterday: nothing is computed when the program is loaded."""
        found = {}
        with freeze_time("2027-03-31 22:30:00"):
            for name, model in self.env.registry.items():
                if name.startswith("subscription.") and not model._abstract:
                    days = [field for field, kind in model._fields.items() if kind.type == "date" and kind.default]
                    for field, day in self.env[name].default_get(days).items():
                        found[f"{name}.{field}"] = str(day)
        self.assertIn("subscription.subscription.date_start", found)
        self.assertIn("subscription.billing.run.date_until", found)
        self.assertEqual(found.pop("subscription.indexation.date_until"), "2027-05-31", "sixty days ahead")
        self.assertEqual(set(found.values()), {"2027-04-01"}, found)

    def test_start_stays_whatever_happens(self):
        subscription = self._make_subscription(start=date(2027, 6, 1), running=False)
        with patch.object(type(self.company), "_subscription_today", return_value=TODAY):
            subscription.action_start()
            self.assertEqual(subscription.date_start, date(2027, 6, 1), "started before its start")
            self.assertFalse(self._bill(subscriptions=subscription).invoice_count)
            subscription.action_pause(date(2027, 7, 1))
            subscription.action_resume(date(2027, 8, 1))
            subscription.sudo().state = "closed"
            subscription.action_reopen()
        self.assertEqual((subscription.date_start, subscription.next_invoice_date), (date(2027, 6, 1),) * 2)

    def test_the_next_invoices_shown_are_the_invoices_made(self):
        subscription = self._make_subscription(
            start=date(2027, 1, 12), anchor="first", lines=[(None, 3, 33.33), (self.setup_fee, 1, 20.0)]
        )
        self._add_one_off(subscription)
        shown = self._upcoming(subscription)
        before = self.env["account.move"].search_count([])
        self.assertTrue(subscription.upcoming)
        self.assertEqual(self.env["account.move"].search_count([]), before)
        made = []
        for day, _total, _lines in shown:
            move = self._bill(until=day, subscriptions=subscription, posting="post").invoice_ids
            lines = move.invoice_line_ids.sorted("sequence")
            made.append(
                (day, move.amount_total, [(line.name, line.quantity, line.price_unit) for line in lines]),
            )
        self.assertEqual(made, shown)

    def test_missed_periods_are_caught_up_by_choice(self):
        subscription = self._make_subscription(running=False)
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 4, 10)):
            subscription.action_start()
            wizard = self.env["subscription.start"].create({"subscription_id": subscription.id, "choice": "bill"})
            self.assertEqual(wizard.missed_count, 3)
            wizard.action_confirm()
        self.assertEqual(self._bill(until=date(2027, 4, 10), subscriptions=subscription).invoice_count, 4)


@tagged("post_install", "-at_install")
class TestAmounts(RequirementsCommon):
    """Requirements B5 and B6; rows S2.11, S4.11 and S4.18."""

    def test_product_without_category_has_the_account_core_gives_it(self):
        self.service.write({"categ_id": False, "property_account_income_id": False})
        move = self._bill(subscriptions=self._make_subscription(start=MARCH)).invoice_ids
        cores = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [Command.create({"product_id": self.service.id, "price_unit": 100.0})],
            }
        )
        for name in ("account_id", "tax_ids"):
            self.assertEqual(move.invoice_line_ids[name], cores.invoice_line_ids[name])
        self.assertEqual(move.fiscal_position_id, cores.fiscal_position_id)

    def test_text_without_a_product_has_the_usual_tax(self):
        """As in a file of invoices: nobody means a sale without VAT by naming no product; 0 per cent is a tax."""
        subscription = self._make_subscription(start=MARCH)
        fee = self._add_one_off(subscription, product_id=False, name="Oprettelse")
        run = self._make_run(subscriptions=subscription)
        run.action_preview()
        self.assertFalse(run.warning_count)
        run.action_run()
        line = run.invoice_ids.invoice_line_ids.filtered(lambda each: each.name.startswith("Oprettelse"))
        self.assertEqual((line.tax_ids, run.invoice_ids.amount_tax), (self.tax, 87.5))
        run.action_undo_drafts()
        fee.tax_ids = self.tax.copy({"name": "Uden moms", "amount": 0})
        self.assertEqual(self._bill(subscriptions=subscription).invoice_ids.amount_tax, 25.0)

    def test_quantity_changes_neither_price_nor_discount_agreed_on(self):
        subscription = self._make_subscription(lines=[(None, 1, 77.0)])
        subscription.line_ids.discount = 12.5
        with Form(subscription) as form, form.line_ids.edit(0) as line:
            line.quantity = 12
        self.assertEqual((subscription.line_ids.price_unit, subscription.line_ids.discount), (77.0, 12.5))

    def test_the_same_three_lines_in_order_and_a_thousand_each_month_of_the_year(self):
        half = self.env["account.tax"].create({"name": "12 %", "amount": 12.0, "type_tax_use": "sale"})
        other = self._make_product("Other VAT", 300.0, taxes_id=[Command.set(half.ids)])
        lines = [(self.setup_fee, 1, 500.0), (None, 2, 100.0), (other, 1, 300.0)]
        subscription = self._make_subscription(lines=lines)
        moves = self.env["account.move"]
        for month in range(1, 13):
            moves |= self._bill(until=date(2027, month, 1), subscriptions=subscription, posting="post").invoice_ids
        self.assertEqual((len(moves), set(moves.mapped("amount_untaxed"))), (12, {1000.0}))
        self.assertEqual(set(moves.mapped("amount_tax")), {25.0 * 7 + 36.0})
        for move in moves:
            self.assertEqual(move.invoice_line_ids.sorted("sequence").product_id.ids, [
                self.setup_fee.id, self.service.id, other.id,
            ])  # fmt: skip
        self.assertEqual(len(set(moves.mapped("invoice_line_ids.start_date"))), 12)


@tagged("post_install", "-at_install")
class TestRuns(RequirementsCommon):
    """Requirements C3, C7, D1, D2 and F; row S3.23."""

    def test_five_bad_of_forty_are_left_alone_and_the_numbers_have_no_gap(self):
        subscriptions = self.env["subscription.subscription"]
        for number in range(40):
            customer = self._make_customer(f"C{number}")
            subscriptions |= self._make_subscription(start=MARCH, partner_id=customer.id)
        bad = subscriptions[3] | subscriptions[4] | subscriptions[17] | subscriptions[30] | subscriptions[39]
        original = type(self.env["account.move"])._post

        def broken_post(moves, soft=True):
            if bad.partner_id & moves.partner_id:
                raise UserError("Kan ikke bogføres.")  # pylint: disable=translation-required
            return original(moves, soft=soft)

        with patch.object(type(self.env["account.move"]), "_post", broken_post):
            run = self._bill(subscriptions=subscriptions, posting="post")
        self.assertEqual((run.state, run.done_count, run.fault_count), ("done", 35, 5))
        self.assertEqual(run.line_ids.filtered(lambda line: line.state == "failed").subscription_id, bad)
        numbers = sorted(run.invoice_ids.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 35)))
        self.assertFalse(bad.period_ids)

    def test_the_run_tells_who_when_what_and_how_much(self):
        self.other_customer.active = False
        subscriptions = self._make_subscription(start=MARCH)
        subscriptions |= self._make_subscription(start=MARCH, partner_id=self.other_customer.id)
        with freeze_time("2027-03-10 08:00:00"):
            run = self._bill(subscriptions=subscriptions)
        self.assertEqual((run.user_id, run.subscription_ids), (self.env.user, subscriptions))
        self.assertEqual(str(run.date_started), "2027-03-10 08:00:00")
        self.assertGreaterEqual(run.date_done, run.date_started)
        self.assertEqual((run.line_count, run.done_count, run.fault_count, run.invoice_count), (2, 1, 1, 1))
        self.assertEqual((run.amount_untaxed, run.amount_total), (100.0, 125.0))
        self.assertIn(self.other_customer.name, run.fault_line_ids.message)
        opened = run.action_open_invoices()
        self.assertEqual(self.env["account.move"].search(opened["domain"]), run.invoice_ids)

    def test_an_agreement_shows_its_lines_its_next_date_and_its_invoices(self):
        subscription = self._make_subscription()
        run = self._bill(subscriptions=subscription, posting="post")
        self.assertEqual((len(subscription.line_ids), subscription.invoice_count), (1, 3))
        self.assertEqual(subscription.next_invoice_date, date(2027, 4, 1))
        opened = subscription.action_open_invoices()
        self.assertEqual(self.env["account.move"].search(opened["domain"]), run.invoice_ids)

    def test_two_companies_by_a_clock_of_a_third_and_one_that_fails(self):
        """Each in its own books, whoever runs the clock; what is wrong in one stops no other."""
        other = self.setup_other_company()["company"]
        third = self.env["res.company"].create({"name": "Third"})
        product = self._make_product("Theirs", 100.0, taxes_id=[Command.set(other.account_sale_tax_id.ids)])
        theirs = (
            self.env["subscription.subscription"]
            .with_company(other)
            .create(
                {
                    "company_id": other.id,
                    "partner_id": self.customer.id,
                    "date_start": MARCH,
                    "line_ids": [Command.create({"product_id": product.id, "price_unit": 100.0})],
                }
            )
        )
        ours = self._make_subscription(start=MARCH)
        (theirs | ours).sudo()._start()
        (self.company | other).write({"subscription_auto_run": "post"})
        self.company.sale_lock_date = date(2027, 12, 31)
        clock = new_test_user(
            self.env, "sub_clock", groups="base.group_system",
            company_id=third.id, company_ids=[Command.set(third.ids)],
        )  # fmt: skip
        env = self.env(user=clock, su=True, context={"allowed_company_ids": third.ids})
        today = patch.object(type(self.company), "_subscription_today", return_value=TODAY)
        with today, self._progress():
            runs = env["subscription.billing.run"]._make_automatic_runs()
            env["subscription.billing.run"]._cron_process_runs()
        by_company = {run.company_id: run for run in runs if run.company_id in self.company | other}
        self.assertEqual(by_company[self.company].line_ids.filtered(lambda x: x.subscription_id == ours).state, "fault")
        made = theirs.period_ids.move_id
        self.assertEqual((made.state, made.company_id, made.journal_id.company_id), ("posted", other, other))
        self.assertEqual(made.invoice_line_ids.tax_ids, other.account_sale_tax_id)
        self.assertEqual(made.invoice_line_ids.account_id.company_ids, other)

    def test_what_belongs_to_another_company_is_refused_when_saved(self):
        data = self.setup_other_company()
        other = data["company"]
        journal = self.env["account.journal"].search([("type", "=", "sale"), ("company_id", "=", other.id)], limit=1)
        term = self.env["account.payment.term"].create({"name": "Theirs", "company_id": other.id})
        pricelist = self.env["product.pricelist"].create({"name": "Theirs", "company_id": other.id})
        product = self._make_product("Theirs", 1.0, company_id=other.id, taxes_id=False)
        subscription = self._make_subscription()
        for values in (
            {"journal_id": journal.id},
            {"payment_term_id": term.id},
            {"pricelist_id": pricelist.id, "currency_id": pricelist.currency_id.id},
            {"line_ids": [Command.create({"product_id": product.id})]},
            {"line_ids": [Command.update(subscription.line_ids.id, {"tax_ids": other.account_sale_tax_id.ids})]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                subscription.write(values)

    def test_the_print_says_the_period(self):
        move = self._bill(subscriptions=self._make_subscription(start=MARCH), posting="post").invoice_ids
        html = self.env["ir.actions.report"]._render_qweb_html("account.report_invoice_with_payments", move.ids)[0]
        text = html.decode() if isinstance(html, bytes) else html
        for day in (MARCH, date(2027, 3, 31)):
            self.assertIn(format_date(self.env, day, lang_code=self.customer.lang or self.env.lang), text)

    def test_no_message_and_no_follower_for_each_invoice_of_a_run(self):
        run = self._bill(subscriptions=self._make_subscription(start=MARCH))
        self.assertFalse(run.invoice_ids.message_ids.filtered(lambda message: message.message_type == "comment"))
        self.assertFalse(run.invoice_ids.message_follower_ids)
