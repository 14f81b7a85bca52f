import base64

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PaymatchCommon

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
