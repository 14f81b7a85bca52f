"""What any adapter must do with vendor bills: the same gate, each once, booked or left as a draft, compared."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError

from .contract import FAULTS


class BillSetup:
    """A vendor, his bills, and how they are read over there. ``bill_mode``: how the adapter takes bills."""

    bill_mode = "book"
    cost_account = ""  # account with VAT over there
    free_account = ""  # account without

    def remote_bills(self):
        """-> list of ``(state, total as text, is credit note, lines: tuple of (account, amount as text))``"""
        raise NotImplementedError

    def remote_vendor_count(self):
        raise NotImplementedError

    def bill_setup(self):
        """A vendor, and the accounts of his bills."""
        self.cost = self.company_data["default_account_expense"]
        self.purchase_tax = self.company_data["default_tax_purchase"]
        self.purchase_tax.write({"amount": 25.0, "price_include_override": "tax_excluded"})
        self.free = self.cost.copy({"name": "Forsikring", "code": "298700"})
        self.vendor = self._new_customer("Mølleriet Ø ApS", vat="DK98765409", supplier_rank=1)
        mappings = [
            (self.cost, self.purchase_tax, self.cost_account),
            (self.free, self.env["account.tax"], self.free_account),
        ]
        self.env["ledger.account.mapping"].create(
            [
                {
                    "connection_id": self.connection.id,
                    "account_id": account.id,
                    "tax_id": tax.id,
                    "remote_account": number,
                }
                for account, tax, number in mappings
            ]
        )
        self.connection.ledger_bills = self.bill_mode
        self.connection.action_ledger_read_accounts()
        self.simulator.requests.clear()

    def _new_bill(self, lines=((1.0, 400.0),), move_type="in_invoice", post=True, free=(), **values):
        self.bill_number = getattr(self, "bill_number", 0) + 1
        rows = [(quantity, price, self.cost, self.purchase_tax) for quantity, price in lines]
        rows += [(quantity, price, self.free, self.env["account.tax"]) for quantity, price in free]
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.vendor.id,
                "ref": f"M-{self.bill_number}",
                "invoice_date": fields.Date.today(),
                "date": fields.Date.today(),
                "invoice_payment_term_id": False,
                "invoice_date_due": fields.Date.today() + timedelta(days=14),
                "invoice_line_ids": [
                    fields.Command.create(
                        {
                            "name": f"Mel {index}",
                            "quantity": quantity,
                            "price_unit": price,
                            "account_id": account.id,
                            "tax_ids": [fields.Command.set(tax.ids)],
                        }
                    )
                    for index, (quantity, price, account, tax) in enumerate(rows, 1)
                ],
            }
            | values
        )
        if post:
            move.action_post()
        return move

    def _settle(self, move, runs=5):
        move.action_ledger_push()
        for _run in range(runs):
            self.process()
        return move.ledger_log_id

    def assertOneBill(self, total, is_credit_note=False):
        state = "booked" if self.bill_mode == "book" else "draft"
        self.assertEqual([row[:3] for row in self.remote_bills()], [(state, total, is_credit_note)])


class BillContract(BillSetup):
    """The contract tests. ``bill_steps``: calls that can go wrong."""

    bill_steps = ()

    def test_bill_goes_over_with_same_amounts(self):
        move = self._new_bill(lines=((3.0, 2.93),) * 3, free=((1.0, 100.0),))
        self.assertEqual(move.amount_total, 132.96)
        log = self._settle(move)
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertOneBill("132.96")
        self.assertEqual(move.ledger_state, "pushed")
        ((_state, _total, _credit, lines),) = self.remote_bills()
        self.assertIn((self.free_account, "100.00"), lines)
        self.assertEqual(self.remote_vendor_count(), 1)
        self.assertIn(self.connection._ledger_reference(move), log.source_body)

    def test_bills_are_not_sent_unless_chosen(self):
        self.connection.ledger_bills = "none"
        move = self._new_bill()
        self.assertFalse(move.ledger_state)
        for some in (move, move | self._new_bill()):
            with self.assertRaises(UserError):
                some.action_ledger_push()
        self.assertFalse(move.ledger_log_id, "nothing waits in the inbox")
        self.assertEqual(self.remote_bills(), [])
        self.connection.write({"ledger_push_on_post": True, "ledger_safe_days": 0})
        self.assertFalse(self._new_bill().ledger_state)

    def test_pushed_on_posting_when_chosen(self):
        self.connection.write({"ledger_push_on_post": True, "ledger_safe_days": 0})
        move = self._new_bill()
        self.assertEqual(move.ledger_state, "queued")
        self.process()
        self.assertEqual(move.ledger_state, "pushed")

    def test_credit_note_of_a_bill(self):
        move = self._new_bill()
        self._settle(move)
        credit = move._reverse_moves([{"invoice_date": fields.Date.today(), "ref": "K-1"}], cancel=False)
        credit.action_post()
        log = self._settle(credit)
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertEqual(sorted(row[1:3] for row in self.remote_bills()), [("500.00", False), ("500.00", True)])
        self.assertTrue(self.connection._ledger_link(credit, "bill_credit_note"))

    def test_pushed_bill_is_credited_not_changed(self):
        move = self._new_bill()
        self._settle(move)
        for change in (move.button_draft, move.button_cancel):
            with self.assertRaises(UserError):
                change()
        with self.assertRaises(UserError):
            move.invoice_line_ids[0].with_user(self.user).write({"price_unit": 1.0})
        # turned off later, it stays closed
        self.connection.ledger_bills = "none"
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            move.button_draft()

    def test_amounts_that_differ_stop_the_bill(self):
        move = self._new_bill()
        with self.simulator.faulty("rounding"):
            log = self._settle(move, 1)
        self.assertEqual(log.state, "failed")
        for amount in ("0.01", "500.00", "499.99"):
            self.assertIn(self._amount(amount), log.error_message)
        self.assertEqual(self.remote_bills(), [])
        self._settle(move)
        self.assertOneBill("500.00")

    def test_vat_corrected_to_the_vendors_goes_through_the_gate(self):
        """The vendor wrote 99.97 VAT: what goes over sums to his total, and the difference of VAT is named."""
        move = self._new_bill(post=False)
        tax_line = move.line_ids.filtered("tax_line_id")
        term = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        move.write(
            {
                "line_ids": [
                    fields.Command.update(tax_line.id, {"amount_currency": 99.97, "balance": 99.97}),
                    fields.Command.update(term.id, {"amount_currency": -499.97, "balance": -499.97}),
                ]
            }
        )
        move.action_post()
        self.assertEqual(move.amount_total, 499.97)
        log = self._settle(move, 1)
        self.assertEqual(log.state, "failed")
        self.assertIn(self._amount("99.97"), log.error_message)
        self.assertEqual(self.remote_bills(), [])

    def test_what_is_not_mapped_is_told_before_anything_is_sent(self):
        move = self._new_bill(post=False)
        move.invoice_line_ids.account_id = self.free.copy({"name": "Husleje", "code": "298701"})
        move.action_post()
        with self.assertRaisesRegex(UserError, "298701"):
            move.action_ledger_push()
        # the general line is for what is sold
        self.env["ledger.account.mapping"].create(
            {"connection_id": self.connection.id, "remote_account": self.free_account}
        )
        self.env["ledger.account.mapping"].search([]).is_checked = True
        untaxed = self._new_bill(lines=(), free=((1.0, 10.0),), post=False)
        untaxed.invoice_line_ids.account_id = move.invoice_line_ids.account_id
        untaxed.action_post()
        with self.assertRaisesRegex(UserError, "298701"):
            untaxed.action_ledger_push()
        self.assertEqual(self.remote_bills(), [])

    def test_second_push_creates_nothing(self):
        move = self._new_bill()
        log = self._settle(move)
        self.assertEqual(self._settle(move), log)
        self.assertOneBill("500.00")

    def test_restored_database_makes_no_second_bill(self):
        move = self._new_bill()
        self._settle(move)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ledger_link WHERE connection_id = %s", (self.connection.id,))
        self.env.cr.execute("DELETE FROM transfer_log WHERE connection_id = %s", (self.connection.id,))
        self.env.invalidate_all()
        self.assertEqual(move.ledger_state, "not_pushed")
        log = self._settle(move)
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertOneBill("500.00")

    def test_what_is_missing_tells_of_bills_too(self):
        self.connection.ledger_compare_from = fields.Date.today()
        move = self._new_bill(post=False)
        move.invoice_line_ids.account_id = self.free.copy({"name": "Husleje", "code": "298701"})
        move.action_post()
        self.connection.action_ledger_check_completeness()
        found = self.connection.ledger_missing_ids.filtered(lambda one: "298701" in one.message)
        self.assertEqual((found.area, found.res_model, found.res_ids), ("account", "account.move", move.ids))

    def test_each_fault_ends_with_one_bill(self):
        for step in self.bill_steps:
            for fault in FAULTS:
                with self.subTest(step=step, fault=fault):
                    before = len(self.remote_bills())
                    move = self._new_bill(lines=((1.0, 100.0 + before),))
                    self.simulator.faults.clear()
                    self.simulator.fault(fault, *step)
                    log = self._settle(move, 6)
                    self.assertEqual((log.state, log.error_message), ("done", False))
                    self.assertEqual(len(self.remote_bills()), before + 1)
        self.assertEqual(self.remote_vendor_count(), 1)

    def test_line_that_was_dropped_is_noticed(self):
        move = self._new_bill(lines=((1.0, 100.0), (1.0, 50.0)))
        with self.simulator.faulty("drop_field"):
            log = self._settle(move, 1)
        self.assertEqual(log.state, "failed")
        self.assertFalse(move.ledger_number)

    def test_sent_as_a_draft(self):
        self.connection.ledger_bills = "draft"
        log = self._settle(self._new_bill())
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertEqual([row[0] for row in self.remote_bills()], ["draft"])

    def test_who_cannot_book_takes_drafts_only(self):
        if "bill_booking" in self.connection._ledger_capabilities():
            self.skipTest("it books them")
        with self.assertRaises(ValidationError):
            self.connection.ledger_bills = "book"

    def test_trial_of_a_bill_makes_nothing(self):
        self.connection.ledger_mode = "trial"
        lines = self.env["ledger.push.line"].search(self._new_bill().action_ledger_push()["domain"])
        self.process()
        self.assertEqual(lines.mapped("state"), ["done"])
        self.assertEqual(self.remote_bills(), [])

    def test_bills_are_compared(self):
        self.connection.ledger_compare_from = fields.Date.today()
        pushed, missing = self._new_bill(), self._new_bill(lines=((1.0, 80.0),))
        self._settle(pushed)
        self.connection.action_compare()
        found = self.connection.ledger_difference_ids
        self.assertRecordValues(
            found, [{"kind": "missing_there", "move_id": missing.id, "amount_here": 100.0, "difference": -100.0}]
        )
        self._settle(missing)
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)

    def test_changed_bank_details_are_told(self):
        self._settle(self._new_bill())
        before = len(self.connection.activity_ids)
        bank = self.env["res.partner.bank"].create({"partner_id": self.vendor.id, "acc_number": "1234 0000123456"})
        bank.acc_number = "9999 0000999999"
        activities = self.connection.activity_ids[: len(self.connection.activity_ids) - before]
        self.assertEqual(len(self.connection.activity_ids), before + 2)
        self.assertTrue(any("9999" in str(one.note) and "1234" in str(one.note) for one in activities))
        bank.unlink()
        self.assertEqual(len(self.connection.activity_ids), before + 3)
        # of one who is no vendor nothing is said
        self.env["res.partner.bank"].create({"partner_id": self.customer.id, "acc_number": "1234 0000777777"})
        self.assertEqual(len(self.connection.activity_ids), before + 3)
