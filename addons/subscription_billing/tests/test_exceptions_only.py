from datetime import date
from unittest.mock import patch

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server, MailDeliveryException

from .common import SubscriptionCommon

MARCH = date(2027, 3, 1)


@tagged("post_install", "-at_install")
class TestExceptionsOnly(SubscriptionCommon):
    """Only what needs a person is looked at: faults before booking, sending that fails, invoices not paid."""

    def test_of_200_only_the_4_that_need_a_person_are_listed(self):
        subscriptions = self.env["subscription.subscription"]
        for number in range(200):
            customer = self._make_customer(f"Kunde {number}", email=f"k{number}@example.com")
            subscriptions |= self._make_subscription(start=MARCH, partner_id=customer.id)
        gone = self._make_product("Udgået", 10.0)
        subscriptions[3].line_ids.product_id = gone
        gone.active = False
        subscriptions[50].partner_id.active = False
        subscriptions[99].partner_id.write({"city": False})
        subscriptions[150].line_ids.price_unit = -5.0
        run = self._make_run(until=MARCH, subscriptions=subscriptions, posting="post")
        run.action_preview()
        needed = subscriptions[3] | subscriptions[50] | subscriptions[99] | subscriptions[150]
        self.assertEqual(run.fault_line_ids.subscription_id, needed)
        self.assertTrue(all(run.fault_line_ids.mapped("message")))
        run.sudo().state = "queued"
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            run._cron_process_runs()
        self.assertEqual((run.state, run.done_count, run.fault_count), ("done", 197, 3))
        self.assertEqual(run.fault_line_ids.subscription_id, needed)

    def test_mail_server_is_down_and_invoices_are_posted(self):
        self.customer.email = "aage@example.com"
        subscriptions = self._make_subscription(start=MARCH)
        subscriptions |= self._make_subscription(start=MARCH, partner_id=self._make_customer("C", email="c@x.dk").id)
        run = self._bill(until=MARCH, subscriptions=subscriptions, posting="post")
        names = run.invoice_ids.mapped("name")
        action = run.action_send_invoices()
        wizard = self.env[action["res_model"]].with_context(**action["context"]).create({})
        wizard.action_send_and_print()
        self.assertEqual(run.invoice_ids.mapped("is_being_sent"), [True, True], "sent later, in the background")
        self.assertFalse(any(run.invoice_ids.mapped("is_move_sent")))
        broken = patch.object(IrMail_Server, "send_email", side_effect=MailDeliveryException("down", "down"))
        loggers = ("odoo.addons.mail.models.mail_mail", "odoo.addons.account.models.account_move_send")
        with (
            broken,
            mute_logger(*loggers),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60),
        ):
            self.env["account.move"]._cron_account_move_send(job_count=10)
        self.assertEqual(set(run.invoice_ids.mapped("state")), {"posted"})
        self.assertEqual(run.invoice_ids.mapped("name"), names)
        self.assertEqual((run.state, run.done_count), ("done", 2))

    def test_one_invoice_is_sent_in_the_background_too(self):
        run = self._bill(until=MARCH, subscriptions=self._make_subscription(start=MARCH), posting="post")
        self.assertEqual(run.action_send_invoices()["res_model"], "account.move.send.batch.wizard")

    def _pay_and_credit(self, move):
        """Paid, and credited whole afterwards: the customer has money to his credit."""
        wizards = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
        wizards.create({})._create_payments()
        credit = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=move.ids)
        action = credit.create({"journal_id": move.journal_id.id}).refund_moves()
        self.env["account.move"].browse(action["res_id"]).action_post()
        self.env.flush_all()
        self.env.invalidate_all()

    @freeze_time("2027-05-10 12:00:00")
    def test_unpaid_by_subscription(self):
        # ids of a database in use: the list's own ids are made of them
        self.env.cr.execute("SELECT setval('account_move_id_seq', nextval('account_move_id_seq') + 2000000)")
        self.customer.subscription_joint_invoice = "joint"
        one, three = (
            self._make_subscription(start=MARCH),
            self._make_subscription(start=MARCH, lines=[(None, 3, 100.0)]),
        )
        run = self._bill(until=MARCH, subscriptions=one | three, posting="post")
        rows = self.env["subscription.unpaid"].search([("subscription_id", "in", (one | three).ids)])
        self.assertEqual(rows.mapped("amount_open"), [125.0, 375.0])
        self.assertEqual((set(rows.mapped("age")), set(rows.mapped("days"))), ({"3"}, {70}))
        self.assertTrue(all(rows.mapped("payment_way")))
        self.assertEqual(rows[0].action_open_invoice()["res_id"], run.invoice_ids.id)
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=run.invoice_ids.ids)
            .create({"amount": 400.0, "payment_difference_handling": "open"})
        )
        payment._create_payments()
        self.env.invalidate_all()
        self.assertEqual(rows.search([("id", "in", rows.ids)]).mapped("amount_open"), [25.0, 75.0])
        self.other_customer.subscription_joint_invoice = "joint"
        more = self.env["subscription.subscription"]
        for _number in range(3):
            more |= self._make_subscription(start=MARCH, partner_id=self.other_customer.id)
        odd = self._bill(until=MARCH, subscriptions=more, posting="post").invoice_ids
        self.assertEqual((len(odd), len(odd.subscription_ids)), (1, 3))
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=odd.ids).create(
            {"amount": 275.0, "payment_difference_handling": "open"}
        )._create_payments()
        self.env.invalidate_all()
        rows = self.env["subscription.unpaid"].search([("move_id", "=", odd.id)])
        self.assertEqual(sorted(rows.mapped("amount_open")), [33.33, 33.33, 33.34], "the parts are what is open")
        self._pay_and_credit(odd)
        rows = self.env["subscription.unpaid"].search([("move_id.reversed_entry_id", "=", odd.id)])
        self.assertEqual(
            sorted(rows.mapped("amount_open")), [-125.0, -125.0, -125.0], "a credit note nobody has settled"
        )
        self.assertEqual((set(rows.mapped("age")), set(rows.mapped("days"))), ({"credit"}, {0}))
        self.assertTrue(rows.move_id._get_reminder_obstacle())
        draft = self._bill(until=date(2027, 4, 1), subscriptions=one)
        self.assertNotIn(draft.invoice_ids, self.env["subscription.unpaid"].search([]).move_id)
