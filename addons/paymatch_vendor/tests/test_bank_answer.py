from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import VendorPaymentCommon, pain002


@tagged("post_install", "-at_install")
class TestBankAnswer(VendorPaymentCommon):
    def _rejected(self, ref, amount=None, **values):
        return {"ref": ref, "status": "RJCT", "reason": "AC04", "amount": amount, **values}

    def test_the_same_file_is_refused(self):
        self._answer([self._rejected("X", 1)])
        with self.assertRaises(UserError):
            self._answer([self._rejected("X", 1)])

    def test_import_wizard_shows_the_answer(self):
        attachment = self.env["ir.attachment"].create({"name": "a.xml", "raw": pain002([self._rejected("X", 1)])})
        action = self.env["paymatch.import"].create({"attachment_ids": [(6, 0, attachment.ids)]}).action_import()
        self.assertEqual(action["res_model"], "paymatch.bank.answer")
        self.assertEqual(self.env["paymatch.bank.answer"].browse(action["res_id"]).todo_count, 1)

    def test_reference_without_amount(self):
        bill = self._bill(100, "A-1")
        payment = self._pay(bill)
        answer = self._answer([self._rejected(payment.name)])
        self.assertEqual(answer.todo_count, 0)
        self.assertEqual(bill.payment_state, "not_paid")

    def test_twice_rejected_is_done_once(self):
        bill = self._bill(100, "A-1")
        payment = self._pay(bill)
        self._answer([self._rejected(payment.name, 100)])
        entries = self.env["account.move"].search_count([("reversed_entry_id", "=", payment.move_id.id)])
        second = self._answer([self._rejected(payment.name, 100)], reference="ANSWER-2")
        self.assertEqual(second.todo_count, 0)
        again = self.env["account.move"].search_count([("reversed_entry_id", "=", payment.move_id.id)])
        self.assertEqual((entries, again), (1, 1))

    def test_paid_anew_and_the_old_answer_comes_again(self):
        """The new payment of the same bill is on its way: an answer that names the old one leaves it alone."""
        bill = self._bill(100, "A-1")
        old = self._pay(bill)
        self._answer([self._rejected(old.name, 100)])
        new = self._pay(bill)
        answer = self._answer([self._rejected(old.name, 100)], reference="ANSWER-2")
        self.assertEqual(new.state, "in_process")
        self.assertEqual(answer.line_ids.payment_id, old)

    def test_amount_and_account_alone_reverse_nothing(self):
        """The rejected payment was made elsewhere; ours to the same vendor with the same amount is on its way."""
        self.env["res.partner.bank"].create({"acc_number": "DK5000400440116243", "partner_id": self.partner_a.id})
        payment = self._pay(self._bill(100, "A-1"))
        answer = self._answer([self._rejected("OTHER-7", 100, account="DK5000400440116243")])
        self.assertEqual((answer.todo_count, payment.state), (1, "in_process"))
        self.assertEqual(answer.line_ids.payment_id, payment)  # proposed
        answer.line_ids.action_reopen()
        self.assertEqual((answer.todo_count, payment.state), (0, "rejected"))

    def test_told_again_after_the_bill_was_paid_anew(self):
        """The file names payments by the bill: the second answer about the old file leaves the new payment alone."""
        bill = self._bill(100, "A-1")
        self._pay(bill)
        self._answer([self._rejected("A-1", 100)])
        new = self._pay(bill)
        again = self._answer([self._rejected("A-1", 100)], reference="ANSWER-2")
        self.assertEqual((new.state, again.todo_count), ("in_process", 0))
        other = self._answer([self._rejected("A-1", 100)], reference="ANSWER-3", original="FILE-2")
        self.assertEqual((new.state, other.todo_count), ("rejected", 0))

    def test_two_payments_of_a_vendor_must_be_chosen(self):
        self.env["res.partner.bank"].create({"acc_number": "DK5000400440116243", "partner_id": self.partner_a.id})
        bills = self._bill(100, "A-1") | self._bill(100, "A-2")
        payments = self._pay(bills[0]) | self._pay(bills[1])
        answer = self._answer([self._rejected("UNKNOWN", 100, account="DK5000400440116243")])
        self.assertEqual(answer.todo_count, 1)
        self.assertEqual(set(payments.mapped("state")), {"in_process"})
        line = answer.line_ids
        with self.assertRaises(UserError):
            line.action_reopen()
        line.payment_id = payments[1]
        line.action_reopen()
        self.assertEqual(line.state, "reopened")
        self.assertEqual((bills[0].payment_state != "not_paid", bills[1].payment_state), (True, "not_paid"))

    def test_what_is_in_the_bank_is_not_reversed(self):
        bill = self._bill(100, "A-1")
        payment = self._pay(bill)
        self._statement([{"amount": -100, "payments": [{"amount": -100, "ref": payment.name}]}])
        answer = self._answer([self._rejected(payment.name, 100)])
        self.assertEqual(answer.todo_count, 1)
        self.assertEqual(bill.payment_state, "paid")
        answer.line_ids.action_handled()
        self.assertEqual(answer.state, "done")
        answer.line_ids.action_not_handled()
        self.assertEqual(answer.state, "todo")

    def test_many_lines_are_found_together(self):
        def statements(first, count):
            bills = [self._bill(100 + at / 100, f"M-{at}") for at in range(first, first + count)]
            rows = [{"ref": self._pay(bill).name, "status": "ACSC", "amount": bill.amount_total} for bill in bills]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            answer = self._answer(rows, reference=f"M{first}")
            self.env.flush_all()
            self.assertEqual(set(answer.line_ids.mapped("found_text")) - {False}, {answer.line_ids[0].found_text})
            self.assertTrue(all(line.payment_id for line in answer.line_ids))
            return self.env.cr.sql_log_count - before

        few, many = statements(1000, 5), statements(2000, 25)
        self.assertLess((many - few) / 20, 5, "statements for each further payment")

    def test_whole_file_refused(self):
        content = pain002([], group="RJCT").replace(b"<OrgnlPmtInfId>BATCH-1</OrgnlPmtInfId>", b"")
        answer = self.env["paymatch.bank.answer"]._import_file(content, "a.xml")
        self.assertEqual((len(answer.line_ids), answer.todo_count), (1, 1))
        self.assertIn("refused", answer.with_context(lang="en_US").line_ids.found_text or "refused")

    def test_closed_period(self):
        bill = self._bill(100, "A-1")
        payment = self._pay(bill)
        self.company.fiscalyear_lock_date = "2026-12-31"
        self._answer([self._rejected(payment.name, 100)])
        [entry] = self.env["account.move"].search([("reversed_entry_id", "=", payment.move_id.id)])
        self.assertEqual(str(entry.date), "2027-01-01")
        self.assertEqual(payment.move_id.state, "posted")

    def test_broken_files(self):
        good = pain002([self._rejected("X", 1)])
        self.env["paymatch.bank.answer"]._import_file(good.replace(b"AC04", b"????"), "a.xml")  # an odd reason is kept
        for broken in (
            b"",
            good[:200],
            good.replace(b"OrgnlGrpInfAndSts", b"Other"),
            good.replace(b"1.00", b"1,00"),
            good.replace(b"pain.001.001.03</OrgnlMsgNmId>", b"pain.008.001.02</OrgnlMsgNmId>"),
            good.replace(b"<TxSts>RJCT</TxSts>", b"").replace(b"<GrpSts>PART</GrpSts>", b""),
            b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + good.replace(b"FILE-1", b"&a;"),
        ):
            with self.subTest(broken[:60]), self.assertRaises(UserError):
                self.env["paymatch.bank.answer"]._import_file(broken, "a.xml")

    def test_nobody_writes_over_rpc(self):
        user = new_test_user(self.env, "clerk.vendor", "account.group_account_invoice", company_id=self.company.id)
        answer = self._answer([self._rejected("X", 1)])
        line = answer.line_ids.with_user(user)
        with self.assertRaises(AccessError):
            line.write({"is_reopened": True})
        with self.assertRaises(AccessError):
            answer.with_user(user).write({"name": "x"})
        with self.assertRaises(AccessError):
            answer.with_user(user).unlink()
        line.action_handled()
        reader = new_test_user(self.env, "reader.vendor", "account.group_account_readonly", company_id=self.company.id)
        with self.assertRaises(AccessError):
            line.with_user(reader).action_not_handled()

    def test_clerk_imports(self):
        user = new_test_user(self.env, "clerk.vendor", "account.group_account_invoice", company_id=self.company.id)
        bill = self._bill(100, "A-1")
        payment = self._pay(bill)
        answer = (
            self.env["paymatch.bank.answer"]
            .with_user(user)
            ._import_file(pain002([self._rejected(payment.name, 100)]), "a.xml")
        )
        self.assertEqual(answer.todo_count, 0)
        self.assertEqual(bill.payment_state, "not_paid")
