import base64
import random
from datetime import date
from decimal import Decimal

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import PaymatchCommon

# What an acquirer tells: two sales, a refund, a chargeback with its fee, the card fee, and the gateway with VAT.
FILE = (
    "Ordre;Art;Dato;Beløb;Gebyrart;Afregning\r\n"
    "S1;Salg;09-03-2026;1.250,00;;A1\r\n"
    "S2;Salg;09-03-2026;624,50;;A1\r\n"
    "S1;Retur;10-03-2026;-250,00;;A1\r\n"
    "S3;Indsigelse;10-03-2026;-500,00;;A1\r\n"
    ";Gebyr;10-03-2026;-150,00;Indsigelse;A1\r\n"
    ";Gebyr;12-03-2026;-18,75;Visa;A1\r\n"
    ";Gebyr;12-03-2026;-49,00;Gateway;A1\r\n"
    ";Moms;12-03-2026;-12,25;;A1\r\n"
    ";Udbetaling;12-03-2026;-894,50;;A1\r\n"
).encode("cp1252")
COLUMNS = {
    "Ordre": "order_reference",
    "Art": "type",
    "Dato": "event_date",
    "Beløb": "gross",
    "Gebyrart": "fee_type",
    "Afregning": "payout",
}
TYPES = {
    "Salg": "sale",
    "Retur": "refund",
    "Indsigelse": "chargeback",
    "Gebyr": "fee",
    "Moms": "fee_vat",
    "Udbetaling": "payout",
}


@freeze_time("2026-04-02")
@tagged("post_install", "-at_install")
class TestStory(PaymatchCommon):
    """A payout from the file to zero, to the øre: nothing is booked twice, no VAT before its bill."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        profile = cls.env["paymatch.profile"].create(
            {
                "name": "Own acquirer",
                "currency_id": cls.company.currency_id.id,
                "sample": base64.b64encode(FILE),
                "sample_name": "sample.csv",
                "type_ids": [Command.create({"word": word, "line_type": kind}) for word, kind in TYPES.items()],
            }
        )
        profile.action_read_columns()
        for column in profile.column_ids:
            column.field = COLUMNS[column.name]
        cls.supplier = cls.env["res.partner"].create({"name": "Own acquirer A/S"})
        accounts = cls.env["account.account"]
        cls.gateway_account, cls.chargeback_account = (
            accounts.create({"name": name, "code": code, "account_type": "expense"})
            for name, code in (("Gateway", "239801"), ("Chargeback fees", "239802"))
        )
        cls.provider.write(
            {
                "format": "profile",
                "profile_id": profile.id,
                "account_number": False,
                "partner_id": cls.supplier.id,
                "fee_account_ids": [
                    Command.create({"fee_type": "gateway", "account_id": cls.gateway_account.id}),
                    Command.create({"fee_type": "INDSIGELSE", "account_id": cls.chargeback_account.id}),
                ],
            }
        )
        cls.vat = cls.env["account.tax"].create(
            {"name": "Købsmoms 25 %", "amount": 25, "type_tax_use": "purchase", "company_id": cls.company.id}
        )
        cls.input_vat = accounts.create({"name": "Købsmoms", "code": "664901", "account_type": "liability_current"})
        cls.vat.invoice_repartition_line_ids.filtered(
            lambda part: part.repartition_type == "tax"
        ).account_id = cls.input_vat
        cls.receivable = cls.company_data["default_account_receivable"]

    def _capture(self, invoice, amount, order):
        """What core books when an online payment is captured: clearing against the receivable."""
        amounts = {"debit": amount, "credit": 0} if amount > 0 else {"debit": 0, "credit": -amount}
        back = {"debit": amounts["credit"], "credit": amounts["debit"]}
        clearing = self.provider.clearing_account_id
        entry = self.env["account.move"].create(
            {
                "date": "2026-03-05",
                "line_ids": [
                    Command.create({"account_id": clearing.id, "name": order, **amounts}),
                    Command.create({"account_id": self.receivable.id, "partner_id": self.partner_a.id, **back}),
                ],
            }
        )
        entry.action_post()
        (entry | invoice).line_ids.filtered(lambda item: item.account_id == self.receivable).reconcile()
        return entry

    def _sold(self):
        """Captured and refunded already: S1. Delivered and not captured: S2. Paid in an earlier payout: S3."""
        self.first, self.second = self._invoice(1250, "S1"), self._invoice(624.5, "S2")
        self._capture(self.first, 1250, "S1")
        self.credit_note = self._invoice(250, "S1", "out_refund")
        self._capture(self.credit_note, -250, "S1")
        self.third = self._invoice(500, "S3")
        self._capture(self.third, 500, "S3")
        # paid out before: the clearing account is settled
        clearing = self.provider.clearing_account_id
        old = self.env["account.move"].create(
            {
                "date": "2026-03-06",
                "line_ids": [
                    Command.create({"account_id": clearing.id, "credit": 500, "name": "S3"}),
                    Command.create({"account_id": self.bank_journal.default_account_id.id, "debit": 500}),
                ],
            }
        )
        old.action_post()
        items = self.env["account.move.line"].search([("account_id", "=", clearing.id), ("name", "=", "S3")])
        items.reconcile()

    def _payout(self):
        self._sold()
        report = self.env["paymatch.report"]._import_file(FILE, "a.csv")
        self.assertEqual(report.state, "to_approve", report.undecided_text or report.error_message)
        report.action_approve()
        return report

    def _booked(self, move):
        return {item.account_id: item for item in move.line_ids}

    def _bill(self, net=49, account=None):
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_date": "2026-03-31",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Gateway",
                            "price_unit": net,
                            "account_id": (account or self.gateway_account).id,
                            "tax_ids": [Command.set(self.vat.ids)],
                        }
                    )
                ],
            }
        )
        bill.action_post()
        return bill

    def _settle(self, bill):
        wizard = self.env["paymatch.bill"].create({"bill_id": bill.id})
        wizard.action_settle()
        return wizard

    def test_the_payout_to_the_oere(self):
        report = self._payout()
        provider = self.provider
        self.assertRecordValues(
            report,
            [
                {
                    "sale_amount": 1874.5,
                    "refund_amount": -250.0,
                    "chargeback_amount": -500.0,
                    "fee_amount": -217.75,
                    "fee_vat_amount": -12.25,
                    "net_amount": 894.5,
                    "declared_amount": 894.5,
                    "difference": 0.0,
                    "in_transit_amount": 894.5,
                    "fee_vat_open_amount": 12.25,
                    "is_fee_booked": False,
                }
            ],
        )
        move = report.move_id
        clearing = move.line_ids.filtered(lambda item: item.account_id == provider.clearing_account_id)
        self.assertEqual(sorted(clearing.mapped("balance")), [-1250.0, 250.0])
        self.assertEqual(clearing.mapped("reconciled"), [True, True])
        booked = self._booked(move)
        for account, balance in (
            (provider.in_transit_account_id, 894.5),
            (self.receivable, -624.5),
            (provider.dispute_account_id, 500.0),
            (self.chargeback_account, 150.0),
            (provider.fee_account_id, 18.75),
            (self.gateway_account, 49.0),
            (provider.fee_vat_account_id, 12.25),
        ):
            self.assertEqual(booked[account].balance, balance, account.name)
        self.assertEqual(len(move.line_ids), 9)
        self.assertEqual(self._balance(self.input_vat), 0)
        self.assertEqual(self._balance(provider.clearing_account_id), 0)
        self.assertEqual(self.second.payment_state, "paid")

    def test_chargeback_opens_the_invoice_again_where_so_ruled(self):
        self.provider.chargeback_rule = "reopen"
        report = self._payout()
        line = report.line_ids.filtered(lambda found: found.line_type == "chargeback")
        self.assertEqual((line.match_state, line.match_move_id), ("matched", self.third))
        self.assertEqual(self.third.payment_state, "not_paid")
        self.assertEqual(self.third.amount_residual, 500)
        self.assertEqual(self._balance(self.provider.dispute_account_id), 0)
        self.assertEqual(self._booked(report.move_id)[self.chargeback_account].balance, 150)
        report.action_undo()
        self.assertEqual(self.third.payment_state, "paid")
        self.assertEqual(self._balance(self.receivable), 624.5)

    def test_won_chargeback_pays_the_invoice_again_where_so_ruled(self):
        self.provider.chargeback_rule = "reopen"
        self._payout()
        won = FILE.splitlines()[0] + (
            "\r\nS3;Vundet;20-03-2026;500,00;;A2\r\n;Udbetaling;21-03-2026;-500,00;;A2\r\n".encode("cp1252")
        )
        self.provider.profile_id.type_ids = [Command.create({"word": "Vundet", "line_type": "chargeback_reversal"})]
        report = self.env["paymatch.report"]._import_file(won, "b.csv")
        self.assertEqual(report.line_ids[0].match_move_id, self.third)
        report.action_approve()
        self.assertEqual(self.third.payment_state, "paid")

    def test_the_bill_brings_the_vat_and_the_fee_is_booked_once(self):
        report, bill = self._payout(), self._bill()
        self.assertEqual(bill.amount_total, 61.25)
        self.assertTrue(bill.paymatch_is_fee_bill)
        self.assertEqual(self._balance(self.gateway_account), 98)
        wizard = self._settle(bill)
        self.assertEqual(wizard.movement_ids, report.movement_ids)
        self.assertRecordValues(
            bill, [{"payment_state": "paid", "amount_residual": 0.0, "paymatch_is_fee_bill": False}]
        )
        self.assertEqual(self._balance(self.gateway_account), 49)
        self.assertEqual(self._balance(self.provider.fee_vat_account_id), 0)
        self.assertEqual(self._balance(self.input_vat), 12.25)
        self.assertTrue(report.movement_ids.fee_vat_line_id.reconciled)
        self.assertTrue(report.is_fee_booked)
        self.assertIn(bill.name, report.fee_treatment)
        self.assertEqual(bill.paymatch_share_ids.mapped("fee_amount"), [49.0])
        with self.assertRaisesRegex(UserError, "Choose the payouts|Vælg"):
            self.env["paymatch.bill"].create({"bill_id": self._bill().id}).action_settle()
        with self.assertRaises(UserError):
            self._settle(bill)

    def test_a_bill_by_another_account_takes_its_own_fee_back(self):
        """The bill may be booked on another account than the payout's fee: that account ends where it began."""
        self._payout()
        self._settle(self._bill(account=self.expense_account))
        self.assertEqual(self._balance(self.expense_account), 0)
        self.assertEqual(self._balance(self.gateway_account), 49)

    def test_the_rest_of_a_larger_bill_is_to_be_paid(self):
        self._payout()
        bill = self._bill(net=89)
        wizard = self.env["paymatch.bill"].create({"bill_id": bill.id})
        self.assertFalse(wizard.movement_ids)
        wizard.movement_ids = self.provider.report_ids.movement_ids
        self.assertEqual((wizard.fee_amount, wizard.vat_amount, wizard.rest_amount), (49.0, 12.25, 50.0))
        wizard.action_settle()
        self.assertEqual(bill.amount_residual, 50)
        self.assertEqual(self._balance(self.gateway_account), 89)
        self.assertEqual(self._balance(self.input_vat), 22.25)

    def test_a_bill_that_is_smaller_than_what_waits_is_refused(self):
        self._payout()
        wizard = self.env["paymatch.bill"].create({"bill_id": self._bill(net=40).id})
        wizard.movement_ids = self.provider.report_ids.movement_ids
        self.assertTrue(wizard.problem)
        with self.assertRaises(UserError):
            wizard.action_settle()

    def test_undo_goes_back_step_by_step(self):
        report, bill = self._payout(), self._bill()
        self._settle(bill)
        entry = bill.paymatch_share_ids.entry_id
        for refused in (bill.button_draft, report.action_undo, entry.button_draft):
            with self.assertRaises(UserError):
                refused()
        bill.action_paymatch_bill_undo()
        self.assertEqual(bill.payment_state, "not_paid")
        self.assertEqual(self._balance(self.provider.fee_vat_account_id), 12.25)
        self.assertEqual(self._balance(self.gateway_account), 98)
        self._settle(bill)
        self.assertEqual(self._balance(self.gateway_account), 49)
        bill.action_paymatch_bill_undo()
        report.action_undo()
        provider = self.provider
        for account in (provider.in_transit_account_id, provider.fee_vat_account_id, provider.dispute_account_id):
            self.assertEqual(self._balance(account), 0)
        self.assertEqual(self._balance(provider.clearing_account_id), 1000)
        self.assertEqual(self.second.payment_state, "not_paid")

    def test_the_bank_closes_it(self):
        report = self._payout()
        self._bank_line(894.5, "Afregning A1", date(2026, 3, 13))
        self.assertEqual(report.state, "banked")
        self.assertEqual((report.banked_amount, report.in_transit_amount), (894.5, 0.0))
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 0)

    def test_a_bookkeeper_does_it_and_sees_it(self):
        clerk = new_test_user(
            self.env,
            "story_clerk",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self._sold()
        report = self.env["paymatch.report"].with_user(clerk)._import_file(FILE, "a.csv")
        report.action_approve()
        bill = self._bill()
        with Form(bill.with_user(clerk)) as form:
            self.assertTrue(form.paymatch_is_fee_bill)
        self.env["paymatch.bill"].with_user(clerk).create({"bill_id": bill.id}).action_settle()
        self.assertEqual(bill.payment_state, "paid")
        with Form(self.env["paymatch.bill"].with_user(clerk).with_context(default_bill_id=self._bill().id)) as form:
            self.assertFalse(form.movement_ids[:])
            form.movement_ids.add(report.movement_ids)
            self.assertTrue(form.problem)

    def _random_file(self, number, chance):
        """Lines of every type with random amounts, which add up."""
        words = {
            **TYPES,
            "Reserve": "reserve_held",
            "Frigivet": "reserve_released",
            "Vundet": "chargeback_reversal",
            "Rettelse": "adjustment",
        }
        negative = ("Retur", "Indsigelse", "Gebyr", "Moms", "Reserve")
        rows, total = [], Decimal(0)
        for at in range(chance.randint(3, 12)):
            word = chance.choice([name for name in words if name != "Udbetaling"])
            amount = Decimal(chance.randint(1, 200000)) / 100 * (-1 if word in negative else 1)
            kind = chance.choice(["Visa", "Gateway", "Indsigelse"]) if word == "Gebyr" else ""
            rows.append(f"R{number}-{at};{word};10-03-2026;{str(amount).replace('.', ',')};{kind};R{number}")
            total += amount
        if total <= 0:
            rest = 1 - total
            rows.append(f"R{number};Salg;10-03-2026;{str(rest).replace('.', ',')};;R{number}")
            total += rest
        rows.append(f";Udbetaling;12-03-2026;{str(-total).replace('.', ',')};;R{number}")
        types = self.provider.profile_id.type_ids
        self.provider.profile_id.type_ids = [
            Command.create({"word": word, "line_type": kind})
            for word, kind in words.items()
            if word not in types.mapped("word")
        ]
        header = FILE.decode("cp1252").splitlines()[0]
        return "\r\n".join([header, *rows, ""]).encode("cp1252"), float(total)

    def _balances(self):
        self.env.flush_all()
        groups = self.env["account.move.line"]._read_group(
            [("company_id", "=", self.company.id), ("parent_state", "=", "posted")], ["account_id"], ["balance:sum"]
        )
        return {account: round(balance, 2) for account, balance in groups if round(balance, 2)}

    def test_any_payout_balances_is_proven_and_undone_to_what_was(self):
        self.provider.park_undecided = True
        before = self._balances()
        for seed in range(8):
            content, total = self._random_file(seed, random.Random(seed))
            report = self.env["paymatch.report"]._import_file(content, f"{seed}.csv")
            self.assertFalse(report.error_message)
            report.action_approve()
            entry = report.move_id
            self.assertEqual(round(sum(entry.line_ids.mapped("balance")), 2), 0, seed)
            transit = entry.line_ids.filtered(lambda item: item.account_id == self.provider.in_transit_account_id)
            self.assertEqual(round(sum(transit.mapped("balance")), 2), round(total, 2), seed)
            self.assertEqual(report.difference, 0)
            for account in self.provider._control_accounts():
                proof = self.env["paymatch.statement"].create(
                    {"company_id": self.company.id, "account_id": account.id, "date_to": "2026-04-02"}
                )
                self.assertEqual((proof.difference, proof.closing), (0.0, self._balance(account)), seed)
            report.action_undo()
            self.assertEqual(self._balances(), before, seed)

    def test_fees_follow_the_account_of_their_kind(self):
        self._sold()
        report = self.env["paymatch.report"]._import_file(FILE, "a.csv")
        fees = report.line_ids.filtered(lambda line: line.line_type == "fee")
        self.assertEqual(
            fees.route_account_id, self.chargeback_account | self.provider.fee_account_id | self.gateway_account
        )
