from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL

from .common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestMatching(PaymatchCommon):
    """Why a line was matched, what else was considered, and what somebody decided for the next time."""

    def _tolerance(self, **values):
        return self.env["paymatch.tolerance"].create(
            {"name": "Øreafrunding", "amount": 0.5, "account_id": self.expense_account.id, **values}
        )

    def _decide(self, lines, **values):
        wizard = self.env["paymatch.decide"].create({"line_ids": [Command.set(lines.ids)], **values})
        wizard.action_confirm()
        return wizard

    def _set(self, lines, **values):
        """What another format would have told of the lines."""
        for name, value in values.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE paymatch_report_line SET %s = %s WHERE id IN %s",
                    SQL.identifier(name),
                    value,
                    tuple(lines.ids),
                )
            )
        lines.invalidate_recordset()

    # One payment for several invoices

    def test_one_payment_for_several_invoices_of_an_order(self):
        invoices = self._invoice(600, "S1") | self._invoice(400, "S1") | self._invoice(75, "S1")
        report = self._import(("S1", 1000, 10))
        line = report.line_ids
        self.assertEqual(line.match_state, "matched")
        self.assertEqual(line.allocation_ids.move_id, invoices[:2])
        self.assertIn(invoices[2].name, line.match_considered)
        report.action_approve()
        self.assertEqual(invoices.mapped("payment_state"), ["paid", "paid", "not_paid"])
        self.assertEqual(report.move_id.line_ids.filtered("partner_id").mapped("reconciled"), [True, True])
        report.action_undo()
        self.assertEqual(invoices.mapped("payment_state"), ["not_paid"] * 3)
        report.action_approve()
        self.assertEqual(invoices.mapped("payment_state"), ["paid", "paid", "not_paid"])

    def test_two_ways_to_make_the_amount_are_offered_not_matched(self):
        self._invoice(600, "S1")
        self._invoice(400, "S1")
        self._invoice(400, "S1")
        report = self._import(("S1", 1000, 10))
        self.assertEqual(report.line_ids.match_state, "ambiguous")
        self.assertFalse(report.line_ids.allocation_ids)

    def test_what_another_line_pays_is_not_paid_again(self):
        first, second, third = (self._invoice(amount, "S1") for amount in (600, 400, 300))
        report = self._import(("S1", 300, 0), ("S1", 1000, 0))
        self.assertEqual(report.line_ids[0].match_move_id, third)
        self.assertEqual(report.line_ids[1].allocation_ids.move_id, first | second)
        other = self._import(("S1", 1000, 0), number=2000102)
        self.assertEqual(other.line_ids.match_state, "open")
        report.action_approve()

    def test_an_invoice_paid_meanwhile_stops_the_sum(self):
        first = self._invoice(600, "S1")
        self._invoice(400, "S1")
        report = self._import(("S1", 1000, 0))
        self._register_payment(first)
        with self.assertRaises(UserError):
            report.action_approve()

    def test_several_chosen_by_hand_with_a_credit_note(self):
        first, second = self._invoice(600, "A"), self._invoice(500, "B")
        credit_note = self._invoice(100, "C", "out_refund")
        report = self._import(("unknown", 1000, 10))
        self._decide(report.line_ids, move_ids=[Command.set((first | second | credit_note).ids)])
        report.action_approve()
        self.assertEqual((first | second | credit_note).mapped("amount_residual"), [0.0, 0.0, 0.0])

    def test_several_chosen_by_hand_must_be_reached(self):
        invoices = self._invoice(600, "A") | self._invoice(500, "B") | self._invoice(50, "C")
        report = self._import(("unknown", 700, 10))
        with self.assertRaises(UserError):
            self._decide(report.line_ids, move_ids=[Command.set(invoices.ids)])
        self._decide(report.line_ids, move_ids=[Command.set(invoices[:2].ids)])
        report.action_approve()
        self.assertEqual(invoices.mapped("amount_residual"), [0.0, 400.0, 50.0])

    # Small differences

    def test_a_small_difference_is_booked_by_rule(self):
        rule = self._tolerance()
        for order, paid, number in (("S1", 99.55, 1), ("S2", 100.45, 2)):
            invoice = self._invoice(100, order)
            report = self._import((order, paid, 0), number=number)
            line = report.line_ids
            self.assertEqual((line.match_state, line.tolerance_id), ("matched", rule))
            self.assertIn("Øreafrunding", line.match_reason)
            report.action_approve()
            self.assertEqual(invoice.payment_state, "paid")
            item = report.move_id.line_ids.filtered(lambda found: found.account_id == self.expense_account)
            self.assertEqual(item.balance, self.company.currency_id.round(100 - paid))
            self.assertIn("Øreafrunding", item.name)
        report.action_undo()
        self.assertEqual(invoice.amount_residual, 100)
        with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017 - the database keeps what was used
            rule.unlink()

    def test_outside_the_limits_it_is_proposed(self):
        self._tolerance()
        self._tolerance(name="Bank charge", kind="under", amount=50, percent=2)
        self._invoice(100, "S1")
        report = self._import(("S1", 97, 0))
        self.assertEqual(report.line_ids.match_state, "proposed")
        report.line_ids.action_accept()
        self.assertFalse(report.line_ids.tolerance_id)
        report.action_approve()
        self.assertFalse(report.move_id.line_ids.filtered(lambda item: item.account_id == self.expense_account))

    def test_a_rule_of_another_currency_provider_or_company_is_none(self):
        other = self._create_provider(self.company, name="Other")
        norwegian = self.env.ref("base.NOK")
        norwegian.active = True
        self._tolerance(provider_id=other.id)
        self._tolerance(currency_id=norwegian.id)
        self._invoice(100, "S1")
        self.assertEqual(self._import(("S1", 99.9, 0)).line_ids.match_state, "proposed")
        with self.assertRaises(ValidationError):
            self._tolerance(amount=0)

    # Weights and what else was considered

    def test_surer_keys_weigh_more(self):
        named = self._invoice(100, "S1")
        self._invoice(100, "S2")
        lines = {
            "order": self._import(("S1", 100, 0), number=1).line_ids,
            "part": self._import(("S2", 60, 0), number=2).line_ids,
        }
        self._invoice(77.77, "X")
        lines["none"] = self._import(("unknown", 77.77, 0), number=3).line_ids
        self.assertEqual(lines["order"].match_move_id, named)
        weights = [lines[name].match_weight for name in ("order", "part", "none")]
        self.assertEqual(weights, sorted(weights, reverse=True))
        self.assertGreaterEqual(weights[0], 80)
        self.assertLess(weights[1], 80)

    def test_the_payer_tells_two_invoices_of_the_amount_apart_but_never_matches(self):
        self._invoice(100, "A")
        jens = self.env["res.partner"].create({"name": "Jens Hansen"})
        wanted = self._invoice(100, "B", partner_id=jens.id)
        report = self._import(("", 100, 0))
        self._set(report.line_ids, payer_name="HANSEN, JENS")
        report.action_match()
        line = report.line_ids
        self.assertEqual((line.match_state, line.match_move_id), ("proposed", wanted))
        self.assertIn(self.partner_a.name, line.match_considered)

    # Put aside

    def test_put_aside_with_a_reason_it_stays_on_the_list(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1), ("", -45, 0))
        line = report.line_ids[1]
        with self.assertRaises(UserError):
            self._decide(line, decision="suspense", reason=" ")
        self._decide(line, decision="suspense", reason="Vipps is asked, case 4711")
        self.assertEqual(report.state, "to_approve")
        report.action_approve()
        suspense = self.provider.suspense_account_id
        self.assertEqual(self._balance(suspense), 45)
        self.assertIn("case 4711", line.item_id.name)
        self.assertGreater(line.open_days, 0)
        self.assertEqual(report.suspense_amount, -45)
        with self.assertRaises(UserError):
            line._suspend("again")
        self._decide(line, decision="account", account_id=self.expense_account.id, reason="Terminal")
        self.assertEqual(self._balance(suspense), 0)
        self.assertEqual(self._balance(self.expense_account), 45)
        self.assertEqual((line.open_days, report.suspense_amount), (0, 0))
        report.action_undo()
        self.assertEqual(self._balance(self.expense_account), 0)

    # Rules

    def test_a_decision_becomes_a_rule_that_can_be_deleted(self):
        report = self._import(("", -45, 0))
        self._set(report.line_ids, text="Terminal 03/2026")
        self._decide(
            report.line_ids, decision="account", account_id=self.expense_account.id, reason="Rent", criterion="text"
        )
        rule = self.env["paymatch.rule"].search([("company_id", "=", self.company.id)])
        self.assertEqual(rule.value, "Terminal 03/2026")
        second = self._import(("", -45, 0), number=2)
        self._set(second.line_ids, text="TERMINAL 04/2026")
        second.action_match()
        line = second.line_ids
        self.assertEqual(
            (line.match_state, line.route_account_id, line.rule_id), ("routed", self.expense_account, rule)
        )
        self.assertEqual(rule.line_count, 1)
        self.assertIn("Rent", line.match_reason)
        second.action_approve()
        rule.unlink()
        self.assertEqual(line.match_state, "routed")
        third = self._import(("", -45, 0), number=3)
        self._set(third.line_ids, text="Terminal 05/2026")
        third.action_match()
        self.assertEqual(third.line_ids.match_state, "open")

    def test_a_rule_never_takes_the_place_of_an_invoice(self):
        self.env["paymatch.rule"].create(
            {"criterion": "text", "value": "Card", "account_id": self.expense_account.id, "reason": "Rent"}
        )
        invoice = self._invoice(100, "S1")
        report = self._import(("S1", 100, 0), ("S1", 100, 0))
        self._set(report.line_ids, text="card")
        report.action_match()
        self.assertEqual(report.line_ids[0].match_move_id, invoice)
        self.assertEqual(report.line_ids[1].match_state, "open")

    def test_a_payer_becomes_a_customer(self):
        jens = self.env["res.partner"].create({"name": "Hansen Holding ApS"})
        first = self._invoice(100, "A", partner_id=jens.id)
        report = self._import(("", 100, 0))
        self._set(report.line_ids, payer_name="Jens H")
        self._decide(report.line_ids, move_ids=[Command.set(first.ids)], criterion="payer_name")
        report.action_approve()
        self._invoice(250, "Z")
        second = self._invoice(250, "B", partner_id=jens.id)
        later = self._import(("", 250, 0), number=2)
        self._set(later.line_ids, payer_name="JENS H")
        later.action_match()
        self.assertEqual((later.line_ids.match_state, later.line_ids.match_move_id), ("matched", second))

    def test_rules_say_one_thing_each(self):
        rules = self.env["paymatch.rule"]
        for values in (
            {"criterion": "text", "value": "X"},
            {"criterion": "text", "value": "X", "partner_id": self.partner_a.id},
            {"criterion": "text", "value": "X", "account_id": self.expense_account.id},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                rules.create(values)

    def test_who_may_what(self):
        users = {
            name: new_test_user(
                self.env,
                f"matching_{name}",
                f"account.group_account_{name}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for name in ("invoice", "readonly", "manager")
        }
        rule = self.env["paymatch.rule"].create(
            {"criterion": "text", "value": "X", "account_id": self.expense_account.id, "reason": "Rent"}
        )
        tolerance = self._tolerance()
        self.assertEqual(rule.with_user(users["readonly"]).value, "X")
        with self.assertRaises(AccessError):
            rule.with_user(users["readonly"]).unlink()
        with self.assertRaises(AccessError):
            tolerance.with_user(users["invoice"]).write({"amount": 50})
        tolerance.with_user(users["manager"]).write({"amount": 0.25})
        self._invoice(600, "S1")
        self._invoice(400, "S1")
        line = self._import(("S1", 1000, 0)).line_ids
        with self.assertRaises(AccessError):
            line.allocation_ids.with_user(users["invoice"]).write({"amount": 1})
        rule.with_user(users["invoice"]).unlink()
        other = self.setup_other_company(name="Second company")["company"]
        account = self._other_account(other)
        for model in ("paymatch.rule", "paymatch.tolerance"):
            foreign = (
                self.env[model]
                .with_company(other)
                .create(
                    {
                        "company_id": other.id,
                        "account_id": account.id,
                        **(
                            {"criterion": "text", "value": "Y", "reason": "R"}
                            if model == "paymatch.rule"
                            else {"name": "T", "amount": 1}
                        ),
                    }
                )
            )
            with self.assertRaises(AccessError):
                foreign.with_user(users["manager"]).read(["display_name"])

    def _other_account(self, company):
        return (
            self.env["account.account"]
            .with_company(company)
            .create(
                {"name": "Rent", "code": "339901", "account_type": "expense", "company_ids": [Command.set(company.ids)]}
            )
        )

    # What is kept

    def test_a_discarded_report_keeps_its_file_and_gives_the_payout_free(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        with self.assertRaises(UserError):
            report.with_user(self._clerk()).unlink()
        report.with_user(self._clerk()).action_discard()
        self.assertEqual(report.state, "discarded")
        self.assertTrue(report.file)
        for refused in (report.action_approve, report.action_match):
            with self.assertRaises(UserError):
                refused()
        with self.assertRaises(UserError):
            self._import(("S1", 100, 1))
        other = self._import(("S1", 100, 1), ("S9", 1, 0))
        self.assertEqual(other.line_ids[0].match_state, "matched")
        other.with_user(self._clerk()).action_discard()
        action = report.with_user(self._clerk()).action_read_again()
        again = self.env["paymatch.report"].browse(action["res_id"])
        self.assertFalse(report.exists())
        again.action_approve()
        with self.assertRaises(UserError):
            again.action_discard()

    def _clerk(self):
        return self.env["res.users"].search([("login", "=", "discard_clerk")]) or new_test_user(
            self.env,
            "discard_clerk",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_the_posted_entry_keeps_its_accounts(self):
        """Core lets the account of a posted item be changed over RPC."""
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        fee = report.move_id.line_ids.filtered(lambda item: item.account_id == self.provider.fee_account_id)
        for values in ({"account_id": self.expense_account.id}, {"partner_id": self.partner_b.id}):
            with self.assertRaises(UserError):
                fee.write(values)
        fee.name = "A better text"

    def test_an_account_with_open_items_is_not_exchanged(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        other = self.provider.in_transit_account_id.copy({"code": "633999"})
        with self.assertRaises(UserError):
            self.provider.in_transit_account_id = other
        self._bank_line(99, "2000101")
        self.provider.in_transit_account_id = other

    def test_the_form_of_the_decision(self):
        self._invoice(120, "S1")
        report = self._import(("S1", 100, 1))
        wizard = self.env["paymatch.decide"].with_context(**report.line_ids.action_decide()["context"])
        with Form(wizard) as form:
            form.decision = "account"
            form.account_id = self.expense_account
            form.reason = "Rent"
        self.assertIn("S1", form.record.considered)

    def test_what_is_owed_to_customers_is_listed(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 130, 0))
        report.line_ids.action_accept()
        report.action_approve()
        credit_note = self._invoice(70, "S2", "out_refund")
        self._invoice(50, "S3")
        domain = self.env["paymatch.provider"].with_company(self.company).action_open_owed()["domain"]
        items = self.env["account.move.line"].search([*domain, ("partner_id", "=", self.partner_a.id)])
        self.assertEqual(items.move_id, report.move_id | credit_note)
        self.assertEqual(sorted(items.mapped("amount_residual")), [-70.0, -30.0])

    def test_old_captures_are_filtered(self):
        view = self.env.ref("paymatch.account_move_line_view_search_control")
        arch = self.env["account.move.line"].get_view(view.id, "search")["arch"]
        self.assertIn("paymatch_older", arch)

    def _statements(self, count, number):
        """SQL statements of matching a report whose lines all have their invoice."""
        for at in range(count):
            self._invoice(100 + at, f"Q{number}-{at}")
        report = self._import(*((f"Q{number}-{at}", 100 + at, 1) for at in range(count)), number=number)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        report.action_match()
        self.env.flush_all()
        self.assertEqual(set(report.line_ids.mapped("match_state")), {"matched"})
        count = self.env.cr.sql_log_count - before
        report.action_discard()  # the next one has nothing to leave out for it
        return count

    def test_statements_do_not_grow_with_the_lines(self):
        few, many = self._statements(10, 1), self._statements(40, 2)
        self.assertLess((many - few) / 30, 0.05, f"{few} statements for 10 lines, {many} for 40")
