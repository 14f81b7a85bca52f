from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from ..exceptions import AuthorisationError, RejectedError, TemporaryError, UncertainError
from .common import FakeParty, TransferCommon

MONDAY = datetime(2026, 3, 2, 9, 0)


@tagged("post_install", "-at_install")
class TestNotification(TransferCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "Europe/Copenhagen"
        cls.reader = new_test_user(
            cls.env, "reports_reader", groups="transfer_log.group_transfer_auditor", email="laeser@example.dk"
        )
        cls.party = FakeParty()

    def notify(self, event="errors", frequency="daily", **values):
        return self.env["transfer.notification"].create(
            {"user_id": self.reader.id, "event": event, "frequency": frequency} | values
        )

    def run_transfer(self, key, fault=None):
        log = self.connection._transfer_enqueue("thing_create", self.document, key)
        self.party.faults = [fault]
        self.process(self.party)
        return log

    def send(self):
        """What the cron does, without its commits. -> mails to the reader"""
        notifications = self.env["transfer.notification"]
        before = self.mails()
        for one in notifications.search(notifications._due_domain()):
            one._send(fields.Datetime.now())
        return self.mails() - before

    def mails(self):
        return self.env["mail.mail"].search([("recipient_ids", "in", self.reader.partner_id.ids)])

    def test_weekly_report_leaves_on_its_day_only(self):
        with freeze_time(MONDAY) as clock:
            weekly = self.notify("transfers", "weekly", weekday="0", hour=7)
            self.assertEqual(weekly.next_date, datetime(2026, 3, 9, 6, 0), "Monday at 7 in Copenhagen")
            self.run_transfer("k1")
            for _day in range(6):
                clock.tick(timedelta(days=1))
                self.assertFalse(self.send(), "no mail on Tuesday, or any day but Monday")
            clock.tick(timedelta(days=1))
            self.assertEqual(len(self.send()), 1)
            self.assertFalse(self.send(), "once")
            self.assertEqual(weekly.next_date, datetime(2026, 3, 16, 6, 0))

    def test_counts_agree_with_the_log(self):
        with freeze_time(MONDAY) as clock:
            transfers, errors = self.notify("transfers"), self.notify("errors")
            for number in range(3):
                self.run_transfer(f"good{number}")
            self.run_transfer("bad", RejectedError("No VAT account"))
            self.run_transfer("lost", UncertainError("No answer"))
            self.run_transfer("later", TemporaryError("Busy"))
            counts = {
                state: self.env["transfer.log"].search_count(
                    [("connection_id", "=", self.connection.id), ("state", "=", state)]
                )
                for state in ("done", "failed", "uncertain")
            }
            self.assertEqual(counts, {"done": 3, "failed": 1, "uncertain": 1})
            told = {one: one._counts(one.line_ids) for one in (transfers, errors)}
            self.assertEqual(told[transfers], {"done": 3, "failed": 0, "uncertain": 0, "stopped": 0})
            self.assertEqual(told[errors], {"done": 0, "failed": 1, "uncertain": 1, "stopped": 0})
            clock.tick(timedelta(days=1))
            subjects = self.send().mapped("subject")
            self.assertEqual(len(subjects), 2)
            body = self.mails().filtered(lambda mail: "No VAT account" in (mail.body_html or "")).body_html
            self.assertIn("No VAT account", body)
            self.assertIn("/odoo/transfers/", body)
            self.assertNotIn("Busy", body, "what is tried again by itself is no error")

    def test_failed_twice_is_one(self):
        with freeze_time(MONDAY):
            errors = self.notify()
            log = self.run_transfer("bad", RejectedError("No"))
            log.action_retry()
            self.party.faults = [RejectedError("No")]
            self.process(self.party)
            self.assertEqual(errors._counts(errors.line_ids)["failed"], 1)

    def test_at_once_and_nothing_twice(self):
        at_once = self.notify("errors", "at_once")
        self.assertFalse(at_once.next_date)
        self.assertFalse(self.send(), "nothing has happened")
        self.run_transfer("bad", RejectedError("No"))
        self.assertEqual(len(self.send()), 1)
        self.assertFalse(self.send())

    def test_stopped_connection_is_told(self):
        self.notify("stopped", "at_once")
        self.run_transfer("k1", AuthorisationError("Access was revoked"))
        mail = self.send()
        self.assertIn("Access was revoked", mail.body_html)

    def test_empty_report_only_where_asked_for(self):
        with freeze_time(MONDAY) as clock:
            self.notify("transfers")
            wanted = self.notify("errors", is_sent_empty=True)
            clock.tick(timedelta(days=1))
            mail = self.send()
            self.assertEqual(len(mail), 1)
            self.assertNotIn("<table", mail.body_html)
            self.assertEqual(wanted.next_date, datetime(2026, 3, 4, 6, 0))

    def test_own_time_zone_of_each_company_and_summer_time(self):
        oslo = self.env["res.company"].create({"name": "Helsinki Oy"})
        oslo.partner_id.tz = "Europe/Helsinki"
        self.reader.company_ids = [Command.link(oslo.id)]
        with freeze_time("2026-03-28 12:00:00") as clock:
            here = self.notify()
            there = self.notify(company_id=oslo.id)
            self.assertEqual(here.next_date, datetime(2026, 3, 29, 5, 0), "clocks were put forward that night")
            self.assertEqual(there.next_date, datetime(2026, 3, 29, 4, 0))
            clock.move_to("2026-10-24 12:00:00")
            self.assertEqual(here._time_after(fields.Datetime.now()), datetime(2026, 10, 25, 6, 0))

    def test_hourly_report(self):
        with freeze_time("2026-03-02 09:20:00"):
            self.assertEqual(self.notify(frequency="hourly").next_date, datetime(2026, 3, 2, 10, 0))

    def test_activity_on_the_connection(self):
        self.notify("errors", "at_once", channel="activity")
        self.run_transfer("bad", RejectedError("No VAT account"))
        self.assertFalse(self.send(), "no mail")
        activity = self.connection.activity_ids
        self.assertEqual(activity.user_id, self.reader)
        self.assertIn("No VAT account", activity.note)

    def test_only_chosen_connections(self):
        other = self._new_connection("Other")
        chosen = self.notify(connection_ids=[Command.set(other.ids)])
        self.run_transfer("bad", RejectedError("No"))
        self.assertFalse(chosen.line_ids)

    def test_only_own_company(self):
        company = self.env["res.company"].create({"name": "Company B"})
        self.reader.company_ids = [Command.link(company.id)]
        foreign = self.notify(company_id=company.id)
        self.run_transfer("bad", RejectedError("No"))
        self.assertFalse(foreign.line_ids)

    def test_person_without_mail_is_said_and_nothing_is_lost(self):
        self.reader.partner_id.email = False
        one = self.notify("errors", "at_once")
        self.run_transfer("bad", RejectedError("No"))
        self.assertFalse(self.send())
        self.assertTrue(one.problem)
        self.reader.partner_id.email = "laeser@example.dk"
        self.assertEqual(len(self.send()), 1)
        self.assertFalse(one.problem)

    def test_person_who_left_gets_nothing(self):
        one = self.notify("errors", "at_once")
        self.run_transfer("bad", RejectedError("No"))
        self.reader.group_ids = [Command.unlink(self.env.ref("transfer_log.group_transfer_auditor").id)]
        self.assertFalse(self.send())
        self.assertFalse(one.active)

    def test_everybody_sets_up_his_own(self):
        own = self.env["transfer.notification"].with_user(self.reader).create({"event": "errors"})
        self.assertEqual(own.user_id, self.reader)
        other = new_test_user(self.env, "reports_other", groups="transfer_log.group_transfer_user")
        with self.assertRaises(AccessError):
            own.with_user(other).write({"hour": 9})
        with self.assertRaises(AccessError):
            own.with_user(self.reader).write({"user_id": other.id})
        self.assertFalse(self.env["transfer.notification"].with_user(other).search([]))
        employee = new_test_user(self.env, "reports_employee", groups="base.group_user")
        with self.assertRaises(ValidationError):
            self.notify(user_id=employee.id)

    def test_told_in_the_language_of_the_person(self):
        self.env["res.lang"]._activate_lang("da_DK")
        self.reader.lang = "da_DK"
        self.notify("errors", "at_once")
        self.run_transfer("bad", RejectedError("Nej"))
        self.assertIn("fejl", self.send().subject.lower())

    def test_cron(self):
        self.notify("errors", "at_once")
        self.run_transfer("bad", RejectedError("No"))
        with self.enter_registry_test_mode():
            self.env.ref("transfer_log.ir_cron_send_notifications").method_direct_trigger()
        self.assertEqual(len(self.mails()), 1)
