import base64
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PAYOUT_DATE, PaymatchCommon

COLUMNS = ("Batch", "Dag", "Ordre", "Nummer", "Beløb", "Kode", "Kort", "ARN")
MAPPED = (
    "payout",
    "event_date",
    "order_reference",
    "provider_reference",
    "gross",
    "authorisation_code",
    "card_digits",
    "acquirer_reference",
)
ARN = "74537600000000000000123"


@tagged("post_install", "-at_install")
class TestGateway(PaymatchCommon):
    """Lines without an order number, matched by what the shop or its gateway knows of the payment."""

    def setUp(self):
        super().setUp()
        self.payments = self.env["paymatch.gateway.payment"]
        self.currency = self.company.currency_id
        profile = self.env["paymatch.profile"].create({"name": "Codes", "default_type": "sign"})
        profile.currency_id = self.currency
        profile.column_ids = [
            Command.create({"name": name, "field": field}) for name, field in zip(COLUMNS, MAPPED, strict=True)
        ]
        self.provider.write({"format": "profile", "profile_id": profile.id, "account_number": False})

    def _payment(self, order, **values):
        return self.payments.create(
            {
                "order_reference": order,
                "payment_date": PAYOUT_DATE,
                "amount": 100.0,
                "currency_id": self.currency.id,
                **values,
            }
        )

    def _report(self, *rows, number="B1"):
        """A payout by a profile; a row is (order, number, amount, code, card, ARN)."""
        lines = [";".join(COLUMNS)]
        for order, payment, amount, code, card, arn in rows:
            lines.append(f"{number};{PAYOUT_DATE};{order};{payment};{amount:.2f};{code};{card};{arn}")
        content = "\n".join(lines).encode()
        return self.env["paymatch.report"]._import_file(content, f"{number}.csv", self.provider)

    def _line(self, *row, number="B1"):
        report = self._report(row, number=number)
        report.action_match()
        return report.line_ids

    def test_code_card_amount_and_date(self):
        invoice = self._invoice(100, origin="S1")
        self._payment("S1", authorisation_code="a1b2c3", card_digits="457199******4242")
        line = self._line("", "", 100, "A1B2C3", "XXXX4242", "")
        self.assertRecordValues(
            line, [{"match_state": "matched", "match_move_id": invoice.id, "card_digits": "4242", "match_weight": 91}]
        )
        self.assertIn("A1B2C3", line.match_reason)

    def test_a_code_without_the_card_is_proposed(self):
        invoice = self._invoice(100, origin="S1")
        self._payment("S1", authorisation_code="A1B2C3")
        line = self._line("", "", 100, "A1B2C3", "4242", "")
        self.assertRecordValues(line, [{"match_state": "proposed", "match_move_id": invoice.id}])
        line.action_accept()
        self.assertEqual(line.match_state, "matched")

    def test_a_code_alone_is_nothing(self):
        """Another amount, another card, another week: no payment of ours."""
        self._invoice(100, origin="S1")
        for number, values in enumerate(
            ({"amount": 99.0}, {"card_digits": "1111"}, {"payment_date": "2026-01-05"}, {"payment_date": False})
        ):
            with self.subTest(values=values):
                payment = self._payment("S1", **{"authorisation_code": "A1B2C3", "card_digits": "4242", **values})
                line = self._line("", "", 100, "A1B2C3", "4242", "", number=f"B{number}")
                self.assertNotIn("A1B2C3", line.match_reason)
                self.assertNotEqual(line.match_state, "matched")
                payment.unlink()

    def test_two_payments_with_one_code_are_never_told_apart(self):
        invoices = self._invoice(100, origin="S1") + self._invoice(100, origin="S2")
        for order in ("S1", "S2"):
            self._payment(order, authorisation_code="A1B2C3", card_digits="4242")
        line = self._line("", "", 100, "A1B2C3", "4242", "")
        self.assertRecordValues(line, [{"match_state": "ambiguous", "match_move_id": False}])
        self.assertEqual(line.candidate_ids, invoices)

    def test_two_lines_with_one_code_are_asked_about(self):
        self._invoice(100, origin="S1")
        self._payment("S1", authorisation_code="A1B2C3", card_digits="4242")
        row = ("", "", 100, "A1B2C3", "4242", "")
        report = self._report(row, row)
        report.action_match()
        self.assertNotIn("matched", report.line_ids.mapped("match_state"))

    def test_arn(self):
        invoice = self._invoice(100, origin="S1")
        self._payment("S1", acquirer_reference=ARN, payment_date=False, amount=0)
        line = self._line("", "", 100, "", "", ARN)
        self.assertRecordValues(line, [{"match_state": "matched", "match_move_id": invoice.id}])
        other = self._line("", "", 60, "", "", ARN, number="B2")
        self.assertNotEqual(other.match_state, "matched", "another amount than is open")

    def test_arn_of_a_spreadsheet_is_none(self):
        self.assertFalse(self._line("", "", 100, "", "", "7.45E+22").acquirer_reference)

    def test_number_of_the_gateway(self):
        """The acquirer was given the gateway's number as the order."""
        invoices = self._invoice(100, origin="S1") + self._invoice(60, origin="S2")
        self._payment("S1", provider_reference="501")
        self._payment("S2", provider_reference="502", amount=60)
        report = self._report(("501", "9001", 100, "", "", ""), ("", "502", 60, "", "", ""))
        report.action_match()
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "matched"])
        self.assertEqual(report.line_ids.match_move_id, invoices)
        self.assertIn("S1", report.line_ids[0].match_reason)

    def test_an_order_of_ours_goes_before_a_number_of_the_gateway(self):
        """Order 501, and a payment 501 of another order with the same amount."""
        ours = self._invoice(100, origin="501")
        self._invoice(100, origin="S1")
        self._payment("S1", provider_reference="501")
        self.assertEqual(self._line("501", "", 100, "", "", "").match_move_id, ours)

    def test_number_of_two_orders_leads_nowhere(self):
        self._invoice(100, origin="S1")
        self._payment("S1", provider_reference="501")
        self._payment("S9", provider_reference="501")
        self.assertNotEqual(self._line("501", "", 100, "", "", "").match_state, "matched")

    def test_quickpay_list_by_the_wizard(self):
        rows = [{"id": 500 + n, "order_id": f"S{n}", "acquirer": "clearhaus", "operations": []} for n in (1, 2)]
        rows = [{**row, "text_on_statement": "BUTIK", "metadata": {"last4": "4242"}} for row in rows]
        action = self._wizard(rows[:1])
        known = self.payments.search(action["domain"])
        self.assertRecordValues(known, [{"order_reference": "S1", "provider_reference": "501", "card_digits": "4242"}])
        with self.assertRaises(UserError):
            self._wizard(rows[:1])
        self.assertEqual(self.payments.search(self._wizard(rows)["domain"]).order_reference, "S2")
        with self.assertRaises(UserError):
            self._wizard([{**rows[0], "order_id": ""}])

    def _wizard(self, rows):
        content = json.dumps(rows).encode()
        file = self.env["ir.attachment"].create({"name": "payments.json", "datas": base64.b64encode(content)})
        return self.env["paymatch.import"].create({"attachment_ids": file.ids}).action_import()

    def test_what_is_no_code_is_refused(self):
        for values in (
            {"authorisation_code": "no code"},
            {"acquirer_reference": "7.45E+22"},
            {"card_digits": "4571XX"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._payment("S1", **values)
        payment = self._payment("S1", card_digits="4571 1234 5678 9012")
        self.assertEqual(payment.card_digits, "9012", "never the whole number")

    def test_companies_and_roles(self):
        other = self.setup_other_company(name="Second company")["company"]
        theirs = self._payment("S1", provider_reference="501", company_id=other.id)
        self._invoice(100, origin="S1")
        self.assertNotEqual(self._line("501", "", 100, "", "", "").match_state, "matched", "another company's")
        clerk = new_test_user(self.env, "gateway_clerk", groups="account.group_account_invoice")
        clerk.write({"company_ids": [(6, 0, self.company.ids)], "company_id": self.company.id})
        with self.assertRaises(AccessError):
            theirs.with_user(clerk).read(["order_reference"])
        self.assertTrue(self.payments.with_user(clerk).create({"order_reference": "S3"}))
        reader = new_test_user(self.env, "gateway_reader", groups="account.group_account_readonly")
        with self.assertRaises(AccessError):
            self.payments.with_user(reader).create({"order_reference": "S3"})
