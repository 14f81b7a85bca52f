from datetime import date, datetime

from odoo.tests import freeze_time, new_test_user, tagged

from .common import BetalingsserviceCommon

# Copenhagen is an hour ahead of UTC in winter: 09:00 on 22 January 2027 is 08:00 UTC
DEADLINE = datetime(2027, 1, 22, 8, 0)


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestDeadline(BetalingsserviceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.watcher = new_test_user(
            cls.env,
            "watcher@example.dk",
            groups="account.group_account_invoice",
            email="watcher@example.dk",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.creditor.reminder_user_ids = cls.watcher
        with freeze_time("2027-01-15 10:00:00"):
            cls.env["betalingsservice.deadline"]._ensure(cls.creditor)
        cls.february = cls.creditor.deadline_ids.filtered(lambda d: d.month == date(2027, 2, 1))

    def _mails(self):
        return self.env["mail.mail"].search([("email_to", "ilike", "watcher@example.dk")], order="id")

    def _watch(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("betalingsservice.ir_cron_deadlines").method_direct_trigger()
        return self._mails()

    def test_calendar_is_there_a_year_ahead(self):
        self.assertRecordValues(
            self.february,
            [
                {
                    "deadline": DEADLINE,
                    "date_first": date(2027, 2, 1),
                    "date_late": date(2027, 1, 27),
                    "date_final": date(2027, 2, 9),
                }
            ],
        )
        self.assertIn(date(2028, 1, 1), self.creditor.deadline_ids.mapped("month"))
        before = len(self.creditor.deadline_ids)
        self.env["betalingsservice.deadline"]._ensure(self.creditor)
        self.assertEqual(len(self.creditor.deadline_ids), before)

    def test_hour_agreed_moves_open_deadlines_and_the_day_that_can_be_reached(self):
        self.creditor.deadline_hour = 11.0
        self.assertEqual(self.february.deadline, datetime(2027, 1, 22, 10, 0))
        with freeze_time("2027-01-22 09:30:00"):
            self.creditor.invalidate_recordset()
            self.assertEqual(self.creditor.next_payment_date, date(2027, 2, 1))
        self.creditor.deadline_hour = 9.0
        with freeze_time("2027-01-22 09:30:00"):
            self.creditor.invalidate_recordset()
            self.assertEqual(self.creditor.next_payment_date, date(2027, 3, 1))

    def test_what_if_names_days_and_money(self):
        self._agreement()
        self._agreement(self.other)
        self._invoice()
        self._invoice(self.other, price=123.75)
        self.creditor.invalidate_recordset()
        text = self.creditor.what_if_text
        for part in ("01.02.2027", "22.01.2027 09:00", "01.03.2027", "28", "622,50"):
            self.assertIn(part, text)
        self.assertEqual(self.creditor.deadline_text.split()[0], "6")
        with freeze_time("2027-01-22 07:15:00"):
            self.creditor.invalidate_recordset()
            self.assertEqual(self.creditor.deadline_text.split()[0], "45")
            self.assertTrue(self.creditor.is_deadline_near)

    def test_mail_on_the_banking_day_before_when_something_is_missing(self):
        self._agreement()
        self._agreement(self.other)
        self._invoice()
        self._invoice(self.other, price=123.75, post=False)
        self.assertFalse(self._watch("2027-01-20 12:00:00"), "two days before nobody is told")
        mail = self._watch("2027-01-21 07:00:00")
        self.assertEqual(len(mail), 1)
        self.assertIn("22.01.2027 09:00", mail.subject)
        self.assertIn("498,75", mail.body_html)
        self.assertIn("01.03.2027", mail.body_html)
        self.assertEqual(len(self.february._missing()), 2, "one in no delivery, one not posted")
        self.assertEqual(self._watch("2027-01-21 09:00:00"), mail, "told once")

    def test_nothing_missing_no_mail(self):
        self._agreement()
        self._invoice()
        self.creditor._create_delivery().action_mark_sent()
        self.assertFalse(self._watch("2027-01-21 09:00:00"))
        self.assertFalse(self._watch("2027-01-22 08:30:00"))
        self.assertEqual(self.february.late_count, 0)

    def test_written_but_not_sent_is_missing(self):
        self._agreement()
        self._invoice()
        delivery = self.creditor._create_delivery()
        mail = self._watch("2027-01-21 09:00:00")
        self.assertIn(delivery.name, mail.body_html)
        self.assertEqual(self.february.delivered_count, 0)
        delivery.action_mark_sent()
        self.february.invalidate_recordset()
        self.assertEqual(self.february.delivered_count, 1)

    def test_alarm_the_same_morning_with_the_count_once(self):
        self._agreement()
        self._agreement(self.other)
        self._invoice()
        self._invoice(self.other, price=123.75)
        self._watch("2027-01-21 09:00:00")
        mails = self._watch("2027-01-22 08:05:00")
        self.assertEqual(len(mails), 2)
        self.assertIn("2", mails[-1].subject)
        self.assertIn("01.03.2027", mails[-1].body_html)
        self.assertIn("28", mails[-1].body_html)
        self.assertRecordValues(self.february, [{"late_count": 2}])
        self.assertEqual(self.creditor.activity_ids.user_id, self.watcher)
        self.assertEqual(self._watch("2027-01-22 09:05:00"), mails)

    def test_alarm_counts_what_missed_it_not_what_came_after(self):
        self._agreement()
        self._agreement(self.other)
        self._invoice()
        with freeze_time("2027-01-22 08:30:00"):
            self._invoice(self.other, due=date(2027, 2, 1))
        self._watch("2027-01-22 09:05:00")
        self.assertEqual(self.february.late_count, 1)

    def test_late_ones_get_the_first_day_left(self):
        self._agreement()
        invoice = self._invoice()
        with freeze_time("2027-01-22 09:00:00"):
            self.february.action_move_late()
            collection = invoice.betalingsservice_collection_ids
            self.assertEqual(collection.payment_date, date(2027, 3, 1))
            self.assertIn("22.01.2027", collection.date_reason)
            self.assertIn("01.03.2027", invoice._betalingsservice_text())

    def test_button_shows_what_cannot_go(self):
        self._agreement()
        self._agreement(self.other)
        self._invoice()
        self.other.street = False
        bad = self._invoice(self.other).betalingsservice_collection_ids
        action = self.creditor.action_open_not_ready()
        self.assertEqual(self.env["betalingsservice.collection"].search(action["domain"]), bad)
        self.assertIn(self.other.name, bad.error_message)
        self.february.invalidate_recordset()
        self.assertRecordValues(self.february, [{"collection_count": 2, "not_ready_count": 1, "state": "soon"}])

    def test_test_creditor_says_so_in_the_subject(self):
        self.creditor.subsystem = "KR9"
        self._agreement()
        self._invoice()
        self.assertTrue(self._watch("2027-01-21 09:00:00").subject.startswith("[KR9] "))
