"""Many payments without a payment ID last month: slip 71 is advised, visibly, switched on with one click."""

from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import PaymentReferenceCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-12-02 10:00:00")
class TestAdvice(PaymentReferenceCommon):
    def setUp(self):
        super().setUp()
        self.Advice = self.env["payment.reference.advice"]
        self.env.company.payment_reference_advise_from = 3

    def _pay(self, invoice, day=date(2026, 11, 20)):
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {"payment_date": day}
        )._create_payments()

    def _month(self, count=3, paid=True, **values):
        moves = self.Move.browse()
        for _number in range(count):
            moves |= self._invoice(**values)
        if paid:
            for move in moves:
                self._pay(move)
        return moves

    def _advise(self):
        return self.Advice.sudo()._advise(self.env.company)

    def test_thirty_is_the_default(self):
        self.assertEqual(
            self.env["res.company"].default_get(["payment_reference_advise_from"])["payment_reference_advise_from"], 30
        )

    def test_payments_without_id_are_counted_and_slip_71_switched_on(self):
        self._month(invoice_date=date(2026, 10, 30))
        advice = self._advise()
        self.assertRecordValues(
            advice,
            [
                {
                    "journal_id": self.journal.id,
                    "month": date(2026, 11, 1),
                    "payment_count": 3,
                    "invoice_count": 0,
                    "state": "open",
                }
            ],
        )
        self.assertEqual(self.journal.payment_reference_advice_id, advice)
        self.assertIn("3", self.journal.payment_reference_advice_text)
        self.assertEqual(self.journal.action_open_payment_reference_advice()["res_id"], advice.id)
        manager = self._user("group_account_manager")
        with self.assertRaises(UserError):
            advice.with_user(manager).action_switch_on()
        advice.with_user(manager).creditor_number = "12345678"
        with self.assertRaises(ValidationError), self.cr.savepoint():
            advice.with_user(manager).action_switch_on()
        advice.with_user(manager).creditor_number = "88888888"
        advice.with_user(manager).action_switch_on()
        self.assertEqual(advice.state, "accepted")
        self.assertTrue(self._invoice().payment_reference.startswith("+71<"))
        self.journal.invalidate_recordset()
        self.assertFalse(self.journal.payment_reference_advice_id)

    def test_invoices_count_too(self):
        self._month(paid=False)
        self.assertEqual(self._advise().invoice_count, 3)

    def test_one_too_few_or_with_id_or_not_payments(self):
        self._month(count=2)
        credited = self._invoice()
        note = credited._reverse_moves([{"invoice_date": date(2026, 11, 3)}], cancel=True)
        self.assertEqual(note.payment_state, "paid")
        agreement = self._agreement()
        self._month(count=4)
        agreement.active = False
        counts = self.Advice._count_without_id(self.journal, date(2026, 11, 1))
        self.assertEqual(counts[self.journal], (2, 3))

    def test_not_for_journals_with_slips_nor_other_countries_nor_zero(self):
        self._month()
        agreement = self._agreement()
        self.assertFalse(self._advise())
        agreement.active = False
        self.env.company.payment_reference_advised_month = False
        self.env.company.payment_reference_advise_from = 0
        self.assertFalse(self._advise())
        self.env.company.payment_reference_advise_from = 3
        self.env.company.account_fiscal_country_id = self.env.ref("base.se")
        companies = self.env["res.company"].search([("account_fiscal_country_id.code", "=", "DK")])
        self.assertNotIn(self.env.company, companies)

    def test_drawn_invoices_need_no_id(self):
        self._month()
        self.patch(type(self.Move), "_payment_reference_is_drawn", lambda move: True)
        self.assertFalse(self._advise())

    def test_once_a_month_and_dismissed_for_good(self):
        self._month()
        advice = self._advise()
        self.assertFalse(self._advise(), "a month is looked at once")
        advice.action_postpone()
        self.assertFalse(self.journal.payment_reference_advice_id)
        with self.assertRaises(UserError):
            advice.action_dismiss()
        with freeze_time("2027-01-02 10:00:00"):
            for move in self._month(paid=False):
                self._pay(move, date(2026, 12, 20))
            again = self._advise()
            self.assertEqual(again.payment_count, 3)
            again.action_dismiss()
        with freeze_time("2027-02-02 10:00:00"):
            for move in self._month(paid=False):
                self._pay(move, date(2027, 1, 20))
            self.assertFalse(self._advise())

    def test_only_the_manager_decides(self):
        self._month()
        advice = self._advise()
        for group in ("group_account_invoice", "group_account_readonly"):
            user = self._user(group)
            self.assertTrue(advice.with_user(user).reason)
            for action in ("action_postpone", "action_dismiss"):
                with self.assertRaises(AccessError):
                    getattr(advice.with_user(user), action)()

    def test_number_known_from_before_is_filled_in(self):
        self._agreement().active = False
        self._month()
        self.assertEqual(self._advise().creditor_number, "88888888")

    def test_scheduled_action_runs(self):
        self._month()
        cron = self.env.ref("nordic_payment_reference.ir_cron_payment_reference_advise").sudo()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertTrue(self.Advice.search([("journal_id", "=", self.journal.id), ("state", "=", "open")]))
