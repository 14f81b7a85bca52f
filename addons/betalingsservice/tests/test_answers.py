import os
from datetime import date

from odoo import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import PBS, SUPPLIER, BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestAnswers(BetalingsserviceCommon):
    """What comes from the operator is read once, booked where the creditor says, and told to somebody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.watcher = new_test_user(cls.env, "vagt", groups="account.group_account_invoice", lang="da_DK")
        cls.creditor.reminder_user_ids = cls.watcher

    def setUp(self):
        super().setUp()
        self.folder = self._exchange_folder()
        self.connection = self.env["transfer.connection"].create(
            {
                "name": "Filveksling",
                "kind": "betalingsservice",
                "betalingsservice_creditor_id": self.creditor.id,
                "betalingsservice_out": str(self.folder / "out"),
                "betalingsservice_in": str(self.folder / "in"),
            }
        )

    def _put(self, name, content, second=1_700_000_000):
        path = self.folder / "in" / name
        path.write_bytes(content)
        os.utime(path, (second, second))

    def _fetch(self):
        self.connection._betalingsservice_exchange()

    def _waiting_for(self, record):
        return self.env["mail.activity"].search(
            [("res_model", "=", record._name), ("res_id", "in", record.ids), ("user_id", "=", self.watcher.id)]
        )

    # --- once, but each

    def test_next_months_file_of_the_same_name_and_size_is_read(self):
        operator = self._operator()
        for month, customer in enumerate(("1001", "1002")):
            operator.sign_up(customer)
            self._put("D1234567801-603.BS1", operator.answer_0603(), 1_700_000_000 + month * 2_700_000)
            self._fetch()
        self.assertEqual((self.customer | self.other).betalingsservice_agreement_ids.mapped("state"), ["active"] * 2)
        processed = sorted(path.name for path in (self.folder / "in" / "processed").iterdir())
        self.assertEqual(processed, ["D1234567801-603.BS1", "D1234567801-603.BS1.2"])

    def test_a_file_that_was_not_read_is_not_put_away(self):
        operator = self._operator()
        operator.sign_up("1001")
        self._put("D1-603.BS1", operator.answer_0603())
        self._fetch()
        operator.sign_up("1002")
        self._put("D1-603.BS1", operator.answer_0603(), 1_702_700_000)
        self.connection._betalingsservice_put_away()
        self.assertTrue((self.folder / "in" / "D1-603.BS1").exists())

    def test_the_same_file_touched_changes_nothing(self):
        operator = self._operator()
        operator.sign_up("1001")
        data = operator.answer_0603()
        for second in (1_700_000_000, 1_700_000_060):
            self._put("D1-603.BS1", data, second)
            self._fetch()
        deliveries = self.env["betalingsservice.delivery"].search([("delivery_type", "=", "0603")])
        self.assertEqual(deliveries.mapped("state"), ["read"])

    # --- told to somebody

    def test_remarks_and_receipts_are_somebodys_to_read(self):
        start = f"BS002{SUPPLIER}BS106210000000009{'':19}150127"
        end = f"BS992{SUPPLIER}BS10621" + "0" * 108
        self._put("D1-621.BS1", "\r\n".join([start, "BS022whatever", end]).encode())
        self._put("V1.txt", b"Not accepted")
        self._put("F1.txt", b"Delivery note")
        self._put("D2-603.BS1", b"BS00212345678BS106030000000002\r\n")
        self._fetch()
        Delivery = self.env["betalingsservice.delivery"]
        self.assertTrue(self._waiting_for(Delivery.search([("delivery_type", "=", "0621")])))
        [receipt] = self._waiting_for(self.creditor)
        self.assertIn("V1.txt", receipt.summary)
        failed = Delivery.search([("state", "=", "failed")])
        self.assertIn("D2-603.BS1", self._waiting_for(failed).summary)

    def test_faults_are_told_in_the_language_of_who_reads_them(self):
        data = b"BS00212345678BS106030000000002\r\n"
        self._put("D2-603.BS1", data)
        self.connection.with_context(lang=False)._betalingsservice_exchange()
        failed = self.env["betalingsservice.delivery"].search([("state", "=", "failed")])
        self.assertNotIn("missing", failed.error_message)
        self.assertIn("Linje", failed.error_message)

    # --- where it is booked

    def _answered(self):
        self._agreement()
        invoice = self._invoice()
        delivery = self.creditor._create_delivery()
        operator = self._operator()
        operator.sign_up("1001")
        operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        return invoice, operator.answer_0602(), operator

    def _second_creditor(self, **values):
        creditor = self.env["betalingsservice.creditor"].create(
            {
                "name": "To",
                "pbs_number": PBS,
                "data_supplier_number": SUPPLIER,
                "subsystem": "KR9",
                "group_ids": [Command.create({"number": "00001", "name": "Abonnement"})],
                **values,
            }
        )
        creditor.action_create_provider()
        return creditor

    def test_test_and_production_of_one_number_have_each_their_provider(self):
        trial = self._second_creditor()
        invoice, data, _operator = self._answered()
        delivery = self._import(data)
        self.assertEqual(delivery.report_id.provider_id, self.creditor.provider_id)
        self.assertNotEqual(trial.provider_id, self.creditor.provider_id)
        delivery.report_id.action_approve()
        self.assertEqual(invoice.payment_state, "paid")

    def test_without_a_provider_the_file_is_kept(self):
        _invoice, data, _operator = self._answered()
        self.creditor.provider_id.active = False
        self.creditor.provider_id = False
        delivery = self._import(data)
        self.assertEqual(delivery.state, "failed")
        self.assertIn(PBS, delivery.error_message)

    def _two_numbers(self, data):
        """The answer with a second section, of another PBS number."""
        lines = data.decode("latin-1").split("\r\n")[:-1]
        more = [line.replace(PBS, "76543210", 1) for line in lines[1:4]]
        end = lines[4][:20] + f"{2:011d}{2:011d}{2 * 49875:015d}" + lines[4][57:]
        return "\r\n".join([*lines[:4], *more, end, ""]).encode("latin-1")

    def test_one_file_of_two_pbs_numbers(self):
        second = self._second_creditor(pbs_number="76543210", subsystem="BS1")
        invoice, data, _operator = self._answered()
        delivery = self._import(self._two_numbers(data))
        self.assertEqual(delivery.state, "failed")
        self.assertIn(second.provider_id.name, delivery.error_message)
        second.provider_id = self.creditor.provider_id
        report = self._import(self._two_numbers(data)).report_id
        self.assertEqual(report.provider_id, self.creditor.provider_id)
        self.assertEqual(report.line_ids.mapped("creditor_number"), [PBS, "76543210"])
        self.assertEqual(report.line_ids[0].match_move_id, invoice)

    def test_a_late_charge_back_of_an_archived_creditor_is_booked(self):
        invoice, data, operator = self._answered()
        self._import(data).report_id.action_approve()
        self.creditor.active = False
        operator.charge_back("1001", date(2027, 2, 5))
        report = self._import(operator.answer_0602()).report_id
        report.action_approve()
        self.assertEqual(invoice.payment_state, "not_paid")
