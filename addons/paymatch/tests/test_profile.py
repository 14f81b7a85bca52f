import base64
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PaymatchCommon, camt053

FILE = (
    "Ordre;Art;Dato;Beløb;Gebyr;Afregning\r\n"
    "S1;Salg;09-03-2026;1.250,00;18,75;A1\r\nS1;Retur;10-03-2026;-250,00;;A1\r\n;Udbetaling;12-03-2026;981,25;;A1\r\n"
).encode("cp1252")
COLUMNS = {
    "Ordre": "order_reference",
    "Art": "type",
    "Dato": "event_date",
    "Beløb": "gross",
    "Gebyr": "fee",
    "Afregning": "payout",
}
TYPES = {"Salg": "sale", "Retur": "refund", "Udbetaling": "payout"}


@tagged("post_install", "-at_install")
class TestProfile(PaymatchCommon):
    def _profile(self, **values):
        profile = self.env["paymatch.profile"].create(
            {
                "name": "Own acquirer",
                "currency_id": self.company_data["company"].currency_id.id,
                "sample": base64.b64encode(FILE),
                "sample_name": "sample.csv",
                "type_ids": [
                    Command.create({"word": word, "line_type": line_type}) for word, line_type in TYPES.items()
                ],
                **values,
            }
        )
        profile.action_read_columns()
        for column in profile.column_ids:
            column.field = COLUMNS.get(column.name)
        return profile

    def test_columns_preview_and_import(self):
        profile = self._profile()
        self.assertEqual(profile.column_ids.mapped("name"), list(COLUMNS))
        self.assertIn("1.250,00", profile.column_ids[3].example)
        self.assertFalse(profile.problem)
        profile.action_try()
        self.assertIn("981,25", profile.preview)
        self.assertIn("A1", profile.preview)
        self.provider.write({"format": "profile", "profile_id": profile.id, "account_number": False})
        report = self.env["paymatch.report"]._import_file(FILE, "a.csv")
        self.assertEqual(report.provider_id, self.provider)
        self.assertRecordValues(report, [{"format": "profile", "declared_amount": 981.25, "net_amount": 981.25}])
        self.assertFalse(report.error_message)

    def test_a_file_that_does_not_add_up_is_shown_and_blocked(self):
        profile = self._profile(sample=base64.b64encode(FILE.replace(b"981,25", b"981,26")))
        profile.action_try()
        self.assertIn("0,01", profile.preview)
        self.provider.write({"format": "profile", "profile_id": profile.id, "account_number": False})
        report = self.env["paymatch.report"]._import_file(FILE.replace(b"981,25", b"981,26"), "a.csv")
        self.assertEqual(report.state, "failed")

    def test_what_is_missing_is_told(self):
        profile = self.env["paymatch.profile"].create({"name": "Empty"})
        self.assertTrue(profile.problem)
        self.assertFalse(profile.definition)
        with self.assertRaises(UserError):
            profile.action_try()
        with self.assertRaises(UserError):
            profile.action_read_columns()

    def test_export_and_import_of_the_profile(self):
        profile = self._profile()
        other = self.env["paymatch.profile"].create({"name": "Copy"})
        other.definition = profile.definition
        self.assertEqual(other._values(), {**profile._values(), "name": "Copy"})
        with self.assertRaises(UserError):
            other.definition = "{"

    def test_bank_statement_by_a_profile(self):
        profile = self.env["paymatch.profile"].create({"name": "Bank", "kind": "statement"})
        profile.currency_id = self.company_data["company"].currency_id
        profile.column_ids = [
            Command.create({"name": name, "field": field})
            for name, field in (("Dag", "booking_date"), ("Tekst", "text"), ("Kr", "gross"), ("Saldo", "balance"))
        ]
        content = b"Dag;Tekst;Kr;Saldo\r\n12-03-2026;Indbetaling;99,00;109,00\r\n"
        statement = self.env["account.bank.statement"]._paymatch_import_file(content, "b.csv", self.bank_journal)
        self.assertRecordValues(statement, [{"balance_start": 10.0, "balance_end_real": 109.0}])
        more = b"Dag;Tekst;Kr;Saldo\r\n13-03-2026;Indbetaling;1,00;110,00\r\n"
        self.assertTrue(self.env["account.bank.statement"]._paymatch_import_file(more, "c.csv", self.bank_journal))
        with self.assertRaises(UserError):
            self.env["account.bank.statement"]._paymatch_import_file(content, "b.csv", self.bank_journal)

    def _netbank(self, *rows, opening=10):
        """A bank's list by a profile: (day of March, text, amount) with the running balance; None: without balances."""
        lines = ["Dag;Tekst;Kr;Saldo" if opening is not None else "Dag;Tekst;Kr"]
        for day, text, amount in rows:
            line = f"{day:02d}-03-2026;{text};{amount},00"
            if opening is not None:
                opening += amount
                line += f";{opening},00"
            lines.append(line)
        return "\r\n".join([*lines, ""]).encode()

    def _netbank_profile(self, has_balance=True):
        profile = self.env["paymatch.profile"].create({"name": "Bank", "kind": "statement"})
        profile.currency_id = self.company_data["company"].currency_id
        columns = [("Dag", "booking_date"), ("Tekst", "text"), ("Kr", "gross")]
        profile.column_ids = [
            Command.create({"name": name, "field": field})
            for name, field in (*columns, *([("Saldo", "balance")] if has_balance else []))
        ]

    def _take(self, content, filename):
        return self.env["account.bank.statement"]._paymatch_import_file(content, filename, self.bank_journal)

    def test_overlapping_bank_statements_bring_what_is_new(self):
        """Three alike on one day: the first file had two of them."""
        self._netbank_profile()
        first = self._take(self._netbank((11, "Kiosk", 5), (12, "Kort", 20), (12, "Kort", 20)), "a.csv")
        self.assertEqual(sorted(first.line_ids.mapped("amount")), [5.0, 20.0, 20.0])
        more = self._netbank(
            (12, "Kort", 20), (12, "Kort", 20), (12, "Kort", 20), (13, "Kiosk", 5), (13, "Gebyr", -7), opening=15
        )
        second = self._take(more, "b.csv")
        self.assertEqual(sorted(second.line_ids.mapped("amount")), [-7.0, 5.0, 20.0])
        self.assertRecordValues(second, [{"balance_start": 55.0, "balance_end_real": 73.0, "is_complete": True}])
        self.assertEqual(len(second.paymatch_known_lines.splitlines()), 2)
        self.assertIn("Kort", second.paymatch_known_lines)
        self.assertFalse(first.paymatch_known_lines)
        with self.assertRaises(UserError):
            self._take(more, "c.csv")
        older = self._take(self._netbank((10, "Husleje", -3), (11, "Kiosk", 5), opening=13), "d.csv")
        self.assertRecordValues(older, [{"balance_start": 13.0, "balance_end_real": 10.0}])

    def test_overlapping_lists_without_balances_bring_what_is_new(self):
        """The second list begins later: each line stands at another place among those of its text."""
        self._netbank_profile(has_balance=False)
        first = self._take(self._netbank((11, "Kort", 20), (12, "Kort", 20), (12, "Kort", 20), opening=None), "a.csv")
        self.assertRecordValues(first, [{"balance_start": 0.0, "balance_end_real": 60.0}])
        more = self._netbank((12, "Kort", 20), (12, "Kort", 20), (12, "Kort", 20), (13, "Kort", 20), opening=None)
        second = self._take(more, "b.csv")
        self.assertEqual([line.date.day for line in second.line_ids.sorted("date")], [12, 13])
        self.assertEqual(len(second.paymatch_known_lines.splitlines()), 2)
        self.assertRecordValues(second, [{"balance_start": 60.0, "balance_end_real": 100.0}])
        with self.assertRaises(UserError):
            self._take(more, "c.csv")

    def test_a_list_with_balances_after_one_without_brings_what_is_new(self):
        self._netbank_profile(has_balance=False)
        self._take(self._netbank((11, "Kort", 20), (11, "Kort", 20), opening=None), "a.csv")
        self.env["paymatch.profile"].search([]).unlink()
        self._netbank_profile()
        second = self._take(self._netbank((11, "Kort", 20), (11, "Kort", 20), (11, "Kort", 20)), "b.csv")
        self.assertRecordValues(second, [{"balance_start": 50.0, "balance_end_real": 70.0}])
        self.env["paymatch.profile"].search([]).unlink()
        self._netbank_profile(has_balance=False)
        with self.assertRaises(UserError):
            self._take(self._netbank(*[(11, "Kort", 20)] * 3, opening=None), "c.csv")

    def test_a_list_without_balances_taken_by_an_earlier_version_is_known(self):
        self._netbank_profile(has_balance=False)
        first = self._take(self._netbank((11, "Kort", 20), (12, "Kort", 20), opening=None), "a.csv")
        for number, line in enumerate(first.line_ids.sorted("date").sudo(), start=1):
            line.paymatch_import_key = f"/{line.date}/Kort#{number}/20.00"
        second = self._take(self._netbank((12, "Kort", 20), (13, "Kort", 20), opening=None), "b.csv")
        self.assertEqual([line.date.day for line in second.line_ids], [13])

    def test_a_statement_without_lines_is_told(self):
        content = camt053().decode()
        start, end = content.index("<Ntry>"), content.rindex("</Ntry>") + len("</Ntry>")
        content = (content[:start] + content[end:]).replace(">109.00<", ">10.00<").encode()
        for _again in range(2):
            with self.assertRaisesRegex(UserError, "empty.xml"):
                self._take(content, "empty.xml")
        self.assertFalse(self.env["account.bank.statement"].search([("reference", "=", "empty.xml")]))

    def _two_statements(self, number):
        """A camt.053 with two statements of a line each, alike and without a reference; and the first alone."""
        content = camt053().decode().replace("<AcctSvcrRef>", "<NoRef>").replace("</AcctSvcrRef>", "</NoRef>")
        start, end = content.index("<Stmt>"), content.index("</Stmt>") + len("</Stmt>")
        again = content[start:end].replace("<Id>1</Id>", f"<Id>{number}</Id>", 1).replace(">109.00<", ">208.00<")
        again = again.replace(">10.00<", ">109.00<")
        return (content[:end] + again + content[end:]).encode(), content.encode()

    def test_alike_lines_of_two_statements_in_one_file_are_two(self):
        both, one = self._two_statements(number=2)
        statements = self._take(both, "two.xml")
        self.assertEqual(statements.line_ids.mapped("amount"), [99.0, 99.0])
        with self.assertRaises(UserError):
            self._take(one, "one.xml")

    def test_two_statements_of_one_number_in_a_file_are_two(self):
        statements = self._take(self._two_statements(number=1)[0], "two.xml")
        self.assertEqual(statements.line_ids.mapped("amount"), [99.0, 99.0])
        self.assertEqual(statements.mapped("balance_end_real"), [109.0, 208.0])

    def test_lines_with_the_keys_of_earlier_versions_are_known(self):
        content = camt053().replace(b"AcctSvcrRef", b"NoRef")
        first = self._take(content, "a.xml")
        first.line_ids.sudo().paymatch_import_key = "DK5000400440116243/1/0"
        with self.assertRaises(UserError):
            self._take(content.replace(b"<Id>1</Id>", b"<Id>2</Id>", 1), "b.xml")

    def test_a_journal_with_another_feed_is_left_to_it(self):
        self._netbank_profile()
        journal, content = self.bank_journal, self._netbank((11, "Kiosk", 5))
        self.assertTrue(journal.paymatch_takes_statements)
        journal.paymatch_takes_statements = False
        with self.assertRaisesRegex(UserError, journal.name):
            self._take(content, "a.csv")
        self.assertFalse(self.env["account.bank.statement.line"].search([("journal_id", "=", journal.id)]))
        journal.paymatch_takes_statements = True
        self.assertTrue(self._take(content, "a.csv"))

    def test_another_feed_turns_it_off(self):
        sources = [("undefined", "Undefined"), ("other_feed", "Another")]
        field = self.env["account.journal"]._fields["bank_statements_source"]
        with patch.object(field, "selection", sources):
            self.bank_journal.bank_statements_source = "other_feed"
            self.assertFalse(self.bank_journal.paymatch_takes_statements)
            self.bank_journal.paymatch_takes_statements = True  # both, by the bookkeeper's own choice
            self.bank_journal.flush_recordset()
            self.assertTrue(self.bank_journal.paymatch_takes_statements)
            self.bank_journal.bank_statements_source = "undefined"

    def test_screen(self):
        with Form(self.env["paymatch.profile"]) as form:
            form.name = "By hand"
            with form.column_ids.new() as column:
                column.name = "Beløb"
                column.field = "gross"
        self.assertEqual(form.record.column_ids.field, "gross")

    def test_roles_and_companies(self):
        profile = self._profile()
        user = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "profile_clerk",
                "group_ids": [Command.set(self.env.ref("account.group_account_invoice").ids)],
                "company_id": profile.company_id.id,
                "company_ids": [Command.set(profile.company_id.ids)],
            }
        )
        self.assertTrue(profile.with_user(user).definition)
        with self.assertRaises(AccessError):
            profile.with_user(user).name = "Other"
        other = self.setup_other_company(name="Second company")["company"]
        profile.copy({"name": "Elsewhere", "company_id": other.id})
        self.assertEqual(self.env["paymatch.profile"].with_user(user).search([]), profile)
