from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestBankMatch(PaymatchCommon):
    """A bank line nobody knows is explained by hand, to the øre."""

    def _match(self, line, user=None, **values):
        wizard = self.env["paymatch.bank.match"].with_user(user or self.env.user)
        return wizard.create({"bank_line_id": line.id, **values})

    def _choose(self, match, moves):
        rows = match.candidate_ids.filtered(lambda row: row.move_id in moves)
        self.assertEqual(rows.move_id, moves)
        rows.is_chosen = True
        return match

    def _bank(self, amount, text="Overførsel", **values):
        line = self._bank_line(amount, text, date(2026, 3, 10))
        line.sudo().write(values)
        return line

    def test_candidates_by_amount_name_and_reference_the_surest_first(self):
        jens = self.env["res.partner"].create({"name": "Jens Hansen"})
        named = self._invoice(500, "A")
        amount = self._invoice(300, "B")
        both = self._invoice(300, "C", partner_id=jens.id)
        self._invoice(999, "D")
        match = self._match(self._bank(300, f"Betaling {named.name}", partner_name="HANSEN JENS"))
        ranked = list(match.candidate_ids.sorted(lambda row: -row.weight).move_id)
        self.assertEqual(ranked, [both, named, amount])
        self.assertTrue(all(match.candidate_ids.mapped("why")))

    def test_one_invoice_is_closed_and_can_be_undone(self):
        invoice = self._invoice(300, "A")
        line = self._bank(300)
        self._choose(self._match(line), invoice).action_confirm()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(line.move_id.line_ids.filtered("partner_id").partner_id, self.partner_a)
        with self.assertRaises(UserError):
            self._choose(self._match(line), self.env["account.move"]).action_confirm()
        line.action_paymatch_undo()
        self.assertFalse(line.is_reconciled)
        self.assertEqual(invoice.payment_state, "not_paid")
        self._choose(self._match(line), invoice).action_confirm()
        self.assertEqual(invoice.payment_state, "paid")

    def test_several_invoices_and_a_credit_note(self):
        moves = self._invoice(600, "A") | self._invoice(500, "B") | self._invoice(100, "C", "out_refund")
        line = self._bank(1000, " ".join(moves.mapped("name")))
        match = self._choose(self._match(line), moves)
        self.assertEqual((match.chosen_amount, match.difference), (1000.0, 0.0))
        match.action_confirm()
        self.assertEqual(moves.mapped("amount_residual"), [0.0, 0.0, 0.0])
        self.assertEqual(sum(line.move_id.line_ids.mapped("balance")), 0)

    def test_a_small_difference_by_rule_only(self):
        invoice = self._invoice(300, "A")
        line = self._bank(299.75, invoice.name)
        match = self._choose(self._match(line), invoice)
        self.assertFalse(match.tolerance_id)
        rule = self.env["paymatch.tolerance"].create(
            {"name": "Øreafrunding", "amount": 0.5, "account_id": self.expense_account.id}
        )
        match = self._choose(self._match(line), invoice)
        self.assertEqual(match.tolerance_id, rule)
        match.action_confirm()
        self.assertEqual(invoice.payment_state, "paid")
        item = line.move_id.line_ids.filtered(lambda found: found.account_id == self.expense_account)
        self.assertEqual((item.balance, item.name), (0.25, "Øreafrunding"))

    def test_a_part_payment_leaves_the_rest_open(self):
        invoice = self._invoice(300, "A")
        line = self._bank(200, invoice.name)
        self._choose(self._match(line), invoice).action_confirm()
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("partial", 100.0))

    def test_too_much_needs_an_account_and_a_reason(self):
        invoice = self._invoice(300, "A")
        line = self._bank(320, invoice.name)
        match = self._choose(self._match(line), invoice)
        with self.assertRaises(UserError):
            match.action_confirm()
        match.account_id = self.expense_account
        with self.assertRaises(UserError):
            match.action_confirm()
        match.reason = "Reminder fee"
        match.action_confirm()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self._balance(self.expense_account), -20)

    def test_a_bank_charge_goes_to_an_account(self):
        line = self._bank(-35, "Gebyr")
        match = self._match(line, account_id=self.expense_account.id, reason="Bank charge")
        match.action_confirm()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self._balance(self.expense_account), 35)

    def test_a_payout_with_another_amount_is_found_by_hand(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        line = self._bank(99, "Noget andet")
        line.action_undo_reconciliation() if line.is_reconciled else None
        self._choose(self._match(line), report.move_id).action_confirm()
        self.assertEqual(report.state, "banked")

    def test_money_out_pays_a_bill(self):
        bill = self._invoice(400, "", "in_invoice")
        line = self._bank(-400, "Leverandør")
        self._choose(self._match(line), bill).action_confirm()
        self.assertEqual(bill.payment_state, "paid")

    def test_search_finds_what_is_not_like_it(self):
        partner = self.env["res.partner"].create({"name": "Fjern Kunde"})
        invoice = self._invoice(5000, "A", partner_id=partner.id)
        line = self._bank(100, "Aconto")
        with Form(self._match(line)) as form:
            form.search = "fjern"
            self.assertEqual(len(form.candidate_ids), 1)
            with form.candidate_ids.edit(0) as row:
                row.is_chosen = True
            self.assertEqual(form.difference, -4900)
        form.record.action_confirm()
        self.assertEqual(invoice.amount_residual, 4900)

    def test_only_open_items_of_the_same_company_and_currency(self):
        """Candidates may be made up over RPC: what they name is looked at again."""
        norwegian = self.env.ref("base.NOK")
        norwegian.active = True
        foreign = self._invoice(300, "A", currency_id=norwegian.id)
        receivable = foreign.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        revenue = self._invoice(300, "B").invoice_line_ids
        other = self.setup_other_company(name="Second company")["company"]
        theirs = self._invoice(300, "C", company=other, currency_id=self.company.currency_id.id)
        line = self._bank(300)
        for item in (receivable, revenue, theirs.line_ids.filtered(lambda found: found.debit)[:1]):
            match = self._match(line)
            match.candidate_ids = [Command.create({"item_id": item.id, "is_chosen": True})]
            with self.assertRaises(UserError):
                match.action_confirm()
        self.assertFalse(line.is_reconciled)

    def test_paid_meanwhile(self):
        invoice = self._invoice(300, "A")
        line = self._bank(300, invoice.name)
        match = self._choose(self._match(line), invoice)
        self._register_payment(invoice)
        with self.assertRaises(UserError):
            match.action_confirm()

    def test_who_may(self):
        invoice = self._invoice(300, "A")
        line = self._bank(300, invoice.name)
        users = [
            new_test_user(
                self.env,
                f"bank_{name}",
                f"account.group_account_{name}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for name in ("readonly", "invoice")
        ]
        with self.assertRaises(AccessError):
            line.with_user(users[0]).action_paymatch_match()
        context = line.with_user(users[1]).action_paymatch_match()["context"]
        match = self.env["paymatch.bank.match"].with_user(users[1]).with_context(**context).create({})
        self._choose(match, invoice).action_confirm()
        self.assertEqual(invoice.payment_state, "paid")
        other = self.setup_other_company(name="Second company")
        foreign = self.env["account.bank.statement.line"].create(
            {"journal_id": other["default_journal_bank"].id, "date": "2026-03-10", "amount": 300, "payment_ref": "x"}
        )
        with self.assertRaises(AccessError):
            self._match(foreign, users[1]).action_confirm()

    def test_foreign_currency_of_the_account(self):
        currency = self.env.ref("base.NOK")
        currency.active = True
        self.env["res.currency.rate"].create(
            {"name": "2026-01-01", "currency_id": currency.id, "rate": 1.5537, "company_id": self.company.id}
        )
        journal = self.bank_journal.copy({"name": "NOK", "code": "NOK1", "currency_id": currency.id})
        invoices = self._invoice(33.33, "A", currency_id=currency.id) | self._invoice(
            66.67, "B", currency_id=currency.id
        )
        line = self._bank_line(100, " ".join(invoices.mapped("name")), date(2026, 3, 10), journal)
        self._choose(self._match(line), invoices).action_confirm()
        self.assertEqual(invoices.mapped("payment_state"), ["paid", "paid"])
        self.assertEqual(self.company.currency_id.round(sum(line.move_id.line_ids.mapped("balance"))), 0)
