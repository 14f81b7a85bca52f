import base64
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import SubscriptionCommon

HEAD = "Fakturanr;Kundenr;Varenr;Tekst;Antal;Pris;Rabat;Moms;Dato;Forfald;Rekvisition;Valuta"


@tagged("post_install", "-at_install")
class TestInvoiceImport(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-10 12:00:00"))
        cls.customer.ref = "1001"
        cls.other_customer.ref = "1002"
        cls.service.default_code = "SRV"

    def _import(self, *rows, check=True, head=HEAD, **values):
        record = self.env["subscription.invoice.import"].create(
            {"name": "fakturaer.csv", "file": base64.b64encode("\n".join([head, *rows]).encode()), **values}
        )
        if check:
            record.action_check()
        return record

    def _back(self, record):
        return base64.b64decode(record.fault_file).decode("utf-8-sig").splitlines()

    def _work_on(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            self.env["subscription.invoice.import"]._cron_process()

    def test_check_shows_the_invoices_and_books_nothing(self):
        record = self._import(
            "F1;1001;SRV;;2;;;;;;;",
            "F1;;;Kørsel;1;50,00;10;;;;;",
            "F2;1002;;Kontingent;1;400;;;;;;",
        )
        self.assertRecordValues(
            record.line_ids,
            [
                {"number": "F1", "partner_id": self.customer.id, "amount_untaxed": 245.0, "state": "ready"},
                {"number": "F2", "partner_id": self.other_customer.id, "amount_untaxed": 400.0, "state": "ready"},
            ],
        )
        self.assertEqual((record.state, record.ready_count, record.draft_count), ("checked", 2, 0))
        self.assertFalse(record.line_ids.move_id)

    def test_invoices_are_what_was_checked(self):
        record = self._import(
            "F1;1001;SRV;;2;;;;01-03-2027;20-03-2027;PO 7;",
            "F1;;;Kørsel;1;50,00;10;;;;;",
        )
        total = record.line_ids.amount_total
        record.action_run()
        move = record.line_ids.move_id
        self.assertEqual((record.state, move.amount_total, total), ("done", 306.25, 306.25))
        self.assertRecordValues(
            move,
            [
                {
                    "partner_id": self.customer.id, "invoice_date": date(2027, 3, 1), "ref": "PO 7",
                    "invoice_date_due": date(2027, 3, 20), "invoice_origin": "F1", "state": "draft",
                }
            ],
        )  # fmt: skip
        self.assertEqual(move.invoice_line_ids.tax_ids, self.tax)
        self.assertEqual(move.invoice_line_ids.mapped("name")[1], "Kørsel")

    def test_thousand_rows_with_three_wrong_are_posted(self):
        """All in one transaction, where no autovacuum helps: without statistics of its own this never ended."""
        rows = [f"F{n};1001;SRV;;1;;;;;;;" for n in range(1000)]
        rows[10] = "F10;9999;SRV;;1;;;;;;;"
        rows[500] = "F500;1001;NIX;;1;;;;;;;"
        rows[999] = "F999;1001;SRV;;mange;;;;;;;"
        record = self._import(*rows, posting="post")
        self.assertEqual((record.ready_count, record.stopped_count), (997, 3))
        back = self._back(record)
        self.assertEqual([row.split(";")[0] for row in back[1:]], ["F10", "F500", "F999"])
        self.assertTrue(all(row.split(";")[-1] for row in back[1:]))
        record.action_run()
        self.assertEqual((record.state, record.made_count), ("queued", 0), "many are made in the background")
        self._work_on()
        self.assertEqual((record.state, record.made_count, record.stopped_count), ("done", 997, 3))
        moves = record.line_ids.move_id
        self.assertEqual((len(moves), set(moves.mapped("state"))), (997, {"posted"}))
        numbers = sorted(moves.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 997)))
        self.assertEqual(len(self._back(record)), 4)

    def test_posted_numbers_have_no_gap(self):
        record = self._import(*[f"F{n};1001;SRV;;1;;;;;;;" for n in range(12)], posting="post")
        with patch.object(type(record), "_list_batch", 5):
            record.action_run()
        self.assertEqual((record.state, record.made_count), ("queued", 0))
        self._work_on()
        moves = record.line_ids.move_id
        self.assertEqual((record.state, set(moves.mapped("state"))), ("done", {"posted"}))
        numbers = sorted(moves.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 12)))

    def test_mended_rows_are_made_from_the_file_that_came_back(self):
        record = self._import("F1;1001;SRV;;1;;;;;;;", "F2;9999;SRV;;1;;;;;;;")
        record.action_run()
        head, row = self._back(record)
        again = self._import(row.replace("9999", "1002"), head=head)
        again.action_run()
        self.assertEqual(again.line_ids.move_id.partner_id, self.other_customer)

    def test_a_number_is_invoiced_once(self):
        self._import("F1;1001;SRV;;1;;;;;;;").action_run()
        record = self._import("F1;1001;SRV;;1;;;;;;;", "F2;1001;SRV;;1;;;;;;;")
        self.assertEqual(record.line_ids.mapped("state"), ["known", "ready"])
        record.action_run()
        self.assertEqual(record.made_count, 1)
        first, second = self._import("F3;1001;SRV;;1;;;;;;;"), self._import("F3;1001;SRV;;1;;;;;;;")
        first.action_run()
        second.action_run()
        self.assertEqual((second.line_ids.state, second.made_count), ("fault", 0))

    def test_deleted_drafts_can_be_made_again(self):
        record = self._import("F1;1001;SRV;;1;;;;;;;", "F2;1001;SRV;;1;;;;;;;")
        record.action_run()
        record.action_undo_drafts()
        self.assertEqual(set(record.line_ids.mapped("state")), {"undone"})
        again = self._import("F1;1001;SRV;;1;;;;;;;")
        again.action_run()
        self.assertEqual(again.made_count, 1)

    def test_faults_say_why(self):
        self._make_customer("Double")
        self._make_customer("Double")
        self.company.sale_lock_date = date(2027, 1, 31)
        record = self._import(
            "A;Double;SRV;;1;;;;;;;",
            "B;1001;SRV;;1;;;Ukendt;;;;",
            "C;1001;SRV;;1;;;;;;;XYZ",
            "D;1001;SRV;;1;;;;15-01-2027;;;",
            "E;1001;SRV;;1;;;;01-03-2027;01-02-2027;;",
            "F;1001;SRV;;-1;;;;;;;",
        )
        self.assertEqual(set(record.line_ids.mapped("state")), {"fault"})
        self.assertEqual(len(set(record.line_ids.mapped("message"))), 6)
        with self.assertRaises(UserError):
            record.action_run()

    def test_nothing_to_invoice_and_slips_of_the_finger(self):
        record = self._import(
            "F1;1001;SRV;;0;;;;;;;",
            "F2;1001;SRV;;0;;;;;;;",
            "F2;;SRV;;1;;;;;;;",
            "F3;1001;SRV;;1;;;;31-12-9999;;;",
            "F4;1001;SRV;;1;;;;;01-01-0027;;",
        )
        self.assertEqual(record.line_ids.mapped("state"), ["fault", "ready", "fault", "fault"])
        for number, text in (("F1", "0"), ("F3", "9999"), ("F4", "0027")):
            self.assertIn(text, record.line_ids.filtered(lambda line, n=number: line.number == n).message)
        record.action_run()
        self.assertEqual(len(record.line_ids.move_id), 1)

    def test_what_fails_when_made_is_left_and_the_rest_is_made(self):
        record = self._import("F1;1001;SRV;;1;;;;;;;", "F2;1002;SRV;;1;;;;;;;")
        self.other_customer.ref = "2000"
        record.action_run()
        self.assertEqual(record.line_ids.mapped("state"), ["made", "fault"])
        self.assertEqual([row.split(";")[0] for row in self._back(record)[1:]], ["F2"])

    def test_changed_price_after_the_check_is_not_booked(self):
        record = self._import("F1;1001;SRV;;1;;;;;;;")
        self.service.list_price = 200.0
        record.action_run()
        self.assertEqual((record.line_ids.state, record.line_ids.move_id.id), ("fault", False))

    def test_tax_currency_and_price_list(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        record = self._import("F1;1001;;Rådgivning;1;100;;;;;;EUR")
        self.assertEqual(record.ready_count, 0, "without a rate one euro would be one krone")
        rate = {"currency_id": euro.id, "name": "2020-01-01", "rate": 0.125, "company_id": self.company.id}
        self.env["res.currency.rate"].create(rate)
        free = self.env["account.tax"].create(
            {"name": "Uden moms", "amount": 0.0, "type_tax_use": "sale", "company_id": self.company.id}
        )
        record = self._import("F1;1001;;Rådgivning;1;100;;Uden moms;;;;EUR")
        record.action_run()
        move = record.line_ids.move_id
        self.assertEqual((move.currency_id, move.amount_total, move.invoice_line_ids.tax_ids), (euro, 100.0, free))

    def test_tax_is_called_as_it_is_written(self):
        """Per cent signs and underscores stand in names of taxes: they stand for themselves."""
        values = {"amount": 0.0, "type_tax_use": "sale", "company_id": self.company.id}
        free, _other = self.env["account.tax"].create([values | {"name": "S_0 %"}, values | {"name": "SX0 %, udland"}])
        record = self._import("F1;1001;;Rådgivning;1;100;;s_0 %;;;;\nF2;1001;;Rådgivning;1;100;;S%;;;;")
        self.assertEqual(record.line_ids.mapped("state"), ["ready", "fault"])
        record.action_run()
        self.assertEqual(record.line_ids[:1].move_id.invoice_line_ids.tax_ids, free)

    def test_roles_and_companies(self):
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        clerk = new_test_user(self.env, "imp_clerk", groups="account.group_account_invoice", **options)
        auditor = new_test_user(self.env, "imp_auditor", groups="account.group_account_readonly", **options)
        other = self.setup_other_company()["company"]
        foreign = new_test_user(
            self.env, "imp_foreign", groups="account.group_account_invoice",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        data = base64.b64encode("\n".join([HEAD, "F1;1001;SRV;;1;;;;;;;"]).encode())
        record = self.env["subscription.invoice.import"].with_user(clerk).create({"name": "x", "file": data})
        record.action_run()
        self.assertEqual(record.made_count, 1)
        for target, values in ((record, {"state": "draft"}), (record.line_ids, {"state": "ready"})):
            with self.assertRaises(AccessError):
                target.write(values)
        for values in ({"posting": "post"}, {"file": data}):
            with self.assertRaises(UserError):
                record.write(values)
        with self.assertRaises(UserError):
            record.unlink()
        for action in ("action_undo_drafts", "action_check", "action_run"):
            with self.assertRaises(AccessError):
                getattr(record.with_user(auditor), action)()
        self.assertTrue(record.with_user(auditor).line_ids.amount_total)
        for records in (record, record.line_ids):
            self.assertFalse(records.with_user(foreign).search([("id", "in", records.ids)]))
