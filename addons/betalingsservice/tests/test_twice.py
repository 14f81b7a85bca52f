from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestTwice(BetalingsserviceCommon):
    """What the operator tells twice is booked once: a record doubled in a file, or two files that tell the same."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()
        self._agreement()
        self.operator.sign_up("1001")
        self.operator.answer_0603()
        self.invoice = self._invoice()
        self.collection = self.invoice.betalingsservice_collection_id
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        self.paid = self.operator.answer_0602()
        self.operator.charge_back("1001", date(2027, 2, 5))
        self.back = self.operator.answer_0602()

    def _doubled(self, data):
        rows = data.split(b"\r\n")[:-1]
        body = [row for row in rows if row.startswith(b"BS042")] * 2
        total = sum(int(row[115:128]) for row in body)
        ends = [row[:31] + b"%011d%015d" % (len(body), total) + row[57:] for row in rows[-2:]]
        return b"\r\n".join([*rows[:2], *body, *ends, b""])

    def _renumbered(self, data):
        return data.replace(data[20:30], b"0009999999", 1)

    def _booked(self):
        receivable = self.invoice.line_ids.account_id.filtered(lambda a: a.account_type == "asset_receivable")
        domain = [
            ("account_id", "=", receivable.id),
            ("parent_state", "=", "posted"),
            ("partner_id", "=", self.customer.id),
        ]
        return sum(self.env["account.move.line"].search(domain).mapped("balance"))

    def test_a_payment_twice_in_one_file(self):
        report = self._import(self._doubled(self.paid)).report_id
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "open"])
        self.assertIn(report.name, report.line_ids[1].match_reason)
        with self.assertRaises(UserError):
            report.action_approve()
        self.assertEqual((self.invoice.payment_state, self._booked()), ("not_paid", 498.75))
        debt = self.company_data["default_account_payable"]
        report.line_ids[1]._route(debt, "Står to gange, Betalingsservice er spurgt")
        report.action_approve()
        self.assertEqual((self.invoice.payment_state, self._booked()), ("paid", 0))
        self.assertRecordValues(self.collection, [{"state": "paid", "paid_amount": 498.75}])

    def test_a_payment_in_two_files(self):
        first = self._import(self.paid).report_id
        second = self._import(self._renumbered(self.paid)).report_id
        self.assertEqual((first.line_ids.match_state, second.line_ids.match_state), ("matched", "open"))
        self.assertIn(first.name, second.line_ids.match_reason)
        first.action_approve()
        for _time in range(2):
            with self.assertRaises(UserError):
                second.action_approve()
            second.action_match()
        self.assertEqual((self.invoice.payment_state, self._booked()), ("paid", 0))

    def test_a_charge_back_twice_in_one_file(self):
        self._import(self.paid).report_id.action_approve()
        report = self._import(self._doubled(self.back)).report_id
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched", "open"])
        with self.assertRaises(UserError):
            report.action_approve()
        self.assertEqual((self.invoice.payment_state, self._booked()), ("paid", 0))

    def test_a_charge_back_in_two_files(self):
        self._import(self.paid).report_id.action_approve()
        first = self._import(self.back).report_id
        second = self._import(self._renumbered(self.back)).report_id
        # matched before anybody told the other one
        second.line_ids.sudo().write({"match_state": "matched", "match_item_id": first.line_ids.match_item_id.id})
        first.action_approve()
        for _time in range(2):
            with self.assertRaises(UserError):
                second.action_approve()
            second.action_match()
        self.assertEqual((self.invoice.payment_state, self._booked()), ("not_paid", 498.75))
        self.assertEqual(self.collection.state, "charged_back")

    def test_an_answer_that_tells_of_nothing_is_read(self):
        for number, data in enumerate((self.operator.answer_0602(), self._emptied(self.paid))):
            with self.subTest(number):
                delivery = self._import(data, f"D{number}-602.BS1")
                self.assertEqual((delivery.state, delivery.error_message), ("read", False))
                self.assertFalse(delivery.payment_count)
        with self.assertRaises(UserError):
            self._import(data, "igen")

    def _emptied(self, data):
        rows = [row for row in data.split(b"\r\n")[:-1] if not row.startswith(b"BS042")]
        ends = [row[:31] + b"0" * 26 + row[57:] for row in rows[-2:]]
        return b"\r\n".join([*rows[:2], *ends, b""]).replace(data[20:30], b"0009999998", 1)
