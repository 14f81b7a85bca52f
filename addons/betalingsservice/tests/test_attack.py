from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import BetalingsserviceCommon

FORGED = {"betalingsservice_handed_over": True, "betalingsservice_log": True, "betalingsservice_no_log": True}


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestAttack(BetalingsserviceCommon):
    """What a user with rights to invoice tries over RPC, with records and a context of his own making."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bookkeeper = cls._user("bookkeeper@example.dk", cls.company)

    @classmethod
    def _user(cls, login, company):
        return new_test_user(
            cls.env,
            login,
            groups="account.group_account_invoice",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def _rpc(self, records, method, *args, context=None):
        model = records.with_user(self.bookkeeper).browse()
        return call_kw(model, method, [records.ids, *args], {"context": context or {}})

    def _delivered(self):
        delivery = self.creditor._create_delivery(date(2027, 2, 28))
        delivery.action_mark_sent()
        return delivery

    def test_one_invoice_in_one_delivery(self):
        self._agreement()
        invoice = self._invoice()
        sent = self._delivered()
        collection = sent.collection_ids
        later = self._invoice(self.other, due=date(2027, 3, 1), post=False)
        for records, method, args in (
            (sent, "action_discard", ()),
            (sent, "write", ({"collection_ids": [Command.unlink(collection.id)]},)),
            (sent, "write", ({"collection_ids": [Command.clear()]},)),
            (collection, "write", ({"line_ids": [Command.create({"move_id": invoice.id})]},)),
            (collection, "write", ({"line_ids": [Command.clear()]},)),
            (collection, "write", ({"line_ids": [Command.update(collection.line_ids.id, {"amount": 1})]},)),
            (collection, "write", ({"payment_date": "2027-03-01"},)),
            (collection, "write", ({"is_held": True},)),
            (collection, "action_collect_next_month", ()),
            (collection, "action_hold_invoice", ()),
            (collection.line_ids, "action_hold", ()),
            (collection.line_ids, "write", ({"collection_id": collection.id},)),
            (collection, "unlink", ()),
            (collection.line_ids, "unlink", ()),
            (sent, "unlink", ()),
            (invoice, "button_draft", ()),
            (invoice, "button_cancel", ()),
            (invoice, "unlink", ()),
            (invoice, "write", ({"betalingsservice_line_ids": [Command.clear()]},)),
            (invoice, "write", ({"betalingsservice_agreement_id": False},)),
            (later, "write", ({"betalingsservice_line_ids": [Command.link(collection.line_ids.id)]},)),
            (collection.agreement_id, "write", ({"collection_ids": [Command.clear()]},)),
            (collection.agreement_id, "unlink", ()),
        ):
            with self.subTest(model=records._name, method=method, args=args):
                with self.assertRaises(UserError):
                    self._rpc(records, method, *args, context=FORGED)
                self.env.invalidate_all()
        self.env["account.move"]._sweep_betalingsservice(self.company)
        with self.assertRaises(UserError):  # nothing to deliver
            self.creditor._create_delivery(date(2027, 3, 31))
        self.assertEqual(invoice.betalingsservice_line_ids, collection.line_ids)
        self.assertRecordValues(
            collection,
            [
                {
                    "state": "delivered",
                    "delivery_id": sent.id,
                    "amount": 498.75,
                    "payment_date": date(2027, 2, 1),
                    "is_held": False,
                }
            ],
        )

    def test_a_delivery_on_its_way_is_not_discarded_by_a_context(self):
        self._agreement()
        self._invoice()
        delivery = self.creditor._create_delivery(date(2027, 2, 28))
        connection = self.env["transfer.connection"].create(
            {
                "name": "Filer",
                "kind": "betalingsservice",
                "betalingsservice_creditor_id": self.creditor.id,
                "betalingsservice_out": "/srv/out",
                "betalingsservice_in": "/srv/in",
            }
        )
        log = connection.sudo()._transfer_enqueue("betalingsservice_send", delivery, f"send:{delivery.id}")
        delivery._system_write({"transfer_log_id": log.id})
        for method in ("action_discard", "action_mark_sent"):
            with self.subTest(method), self.assertRaises(UserError):
                self._rpc(delivery, method, context=FORGED)
        self.assertEqual((delivery.state, len(delivery.collection_ids)), ("ready", 1))

    def test_agreement_that_was_used_keeps_its_payer_and_numbers(self):
        agreement = self._agreement()
        by_hand = self._agreement(self.other, mandate_number=False)
        self._invoice()
        self._invoice(self.other)
        self._delivered()
        for used, values in (
            (agreement, {"mandate_number": False}),
            (agreement, {"mandate_number": "000000009"}),
            (agreement, {"customer_number": "7"}),
            (agreement, {"partner_id": self.other.id}),
            (by_hand, {"customer_number": "7"}),
            (by_hand, {"partner_id": self.customer.id}),
        ):
            with self.subTest(agreement=used.customer_number, values=values), self.assertRaises(UserError):
                self._rpc(used, "write", values, context=FORGED)

    def test_payer_of_an_unused_agreement_is_put_right(self):
        agreement = self._agreement()
        self._rpc(agreement, "write", {"partner_id": self.other.id})
        self.assertEqual(agreement.partner_id, self.other)
        with Form(agreement) as form:  # an unknown number that was given to the wrong customer
            form.partner_id = self.customer
        self.assertEqual(agreement.partner_id, self.customer)
        self._invoice()
        with self.assertRaises(AssertionError), Form(agreement) as form:
            form.partner_id = self.other

    def test_a_debtor_group_payers_signed_up_to_stays_what_it_is(self):
        trial = self.env["betalingsservice.creditor"].create(
            {"name": "Prøve", "pbs_number": "76543210", "data_supplier_number": "12345678", "subsystem": "KR9"}
        )
        self.group.number = "00002"  # nobody has signed up yet
        self._agreement()
        manager = new_test_user(self.env, "leder", groups="account.group_account_manager")
        for values in ({"number": "00003"}, {"creditor_id": trial.id}):
            with self.subTest(values), self.assertRaises(UserError):
                self.group.with_user(manager).write(values)
        self.group.with_user(manager).write({"number": "00002", "name": "Andet navn"})

    def test_history_is_written_whatever_the_context(self):
        agreement = self._agreement()
        received = self._received()
        count = len(agreement.log_ids)
        self._rpc(agreement, "action_end", context={**FORGED, "betalingsservice_delivery": received.id})
        agreement.invalidate_recordset(["log_ids"])
        self.assertEqual(len(agreement.log_ids), count + 1)
        self.assertFalse(agreement.log_ids[0].delivery_id, "no file ended it")
        self.assertEqual(agreement.log_ids[0].user_id, self.bookkeeper)

    def _received(self):
        operator = self._operator()
        operator.sign_up("7777", date(2027, 1, 2))
        return self._import(operator.answer_0603(), "D1-603.BS1")

    def test_records_of_a_file_are_proof(self):
        received = self._received()
        line = received.line_ids
        for values in (
            {"result": "ignored"},
            {"customer_number": "1"},
            {"mandate_number": "000000001"},
            {"agreement_id": False},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._rpc(line, "write", values)
        with self.assertRaises(AccessError):
            call_kw(line.with_user(self.bookkeeper).browse(), "create", [{"delivery_id": received.id}], {})
        for records in (line, received):
            with self.subTest(model=records._name), self.assertRaises(UserError):
                self._rpc(records, "unlink")
        self._rpc(line, "write", {"partner_id": self.other.id})
        self._rpc(line, "action_create_agreement")
        self.assertEqual(line.result, "created")

    def test_files_with_faults_are_kept(self):
        """Whatever came is kept, good or bad; a person may say that he has looked into it, and nothing else."""
        operator = self._operator()
        failed = self._import(operator.answer_0603()[:-60], "D1-603.BS1")
        zipped = self._import(b"PK\x03\x04 no archive", "Z1.BS1")
        for delivery in (failed, zipped):
            content = delivery.attachment_id.raw
            for records, method, args in (
                (delivery, "unlink", ()),
                (delivery.attachment_id, "unlink", ()),
                (delivery, "write", ({"state": "read"},)),
                (delivery, "write", ({"is_dealt_with": True},)),
                (delivery, "write", ({"error_message": False},)),
                (delivery, "write", ({"attachment_id": False},)),
                (delivery, "action_mark_sent", ()),
                (delivery, "action_discard", ()),
            ):
                with self.subTest(method=method, args=args), self.assertRaises(UserError):
                    self._rpc(records, method, *args, context=FORGED)
                self.env.invalidate_all()
            self.assertEqual((delivery.state, delivery.attachment_id.raw), ("failed", content))
        self.assertEqual(self.creditor.failed_count, 2)
        with self.assertRaises(UserError):  # the superuser is told the same
            failed.unlink()
        self._rpc(failed, "action_deal_with")
        self.creditor.invalidate_recordset(["failed_count"])
        self.assertEqual(self.creditor.failed_count, 1)
        self.assertEqual(self.env["betalingsservice.delivery"].search(self.creditor._failed_domain()), zipped)
        self.assertTrue(failed.exists().attachment_id.raw)

    def test_payments_of_a_delivery_are_kept_with_it(self):
        self._agreement()
        invoice = self._invoice()
        operator = self._operator()
        operator.sign_up("1001")
        operator.receive(self._delivered().attachment_id.raw)
        data = operator.answer_0602()
        cut = self._import(data[:-60])
        report = self._import(data).report_id
        for method, args in (("unlink", ()), ("write", ({"file": False},)), ("write", ({"is_approved": True},))):
            with self.subTest(method), self.assertRaises(UserError):
                self._rpc(report, method, *args, context=FORGED)
        self.assertEqual(cut.report_id.state, "failed")
        report.action_approve()
        self.assertEqual(invoice.payment_state, "paid")

    def test_agreements_of_another_company(self):
        agreement = self._agreement()
        received = self._received()
        other = self.setup_other_company()["company"]
        self.bookkeeper = self._user("other@example.dk", other)
        for records in (agreement, agreement.log_ids, received, received.line_ids, self.creditor, self.group):
            with self.subTest(model=records._name), self.assertRaises(AccessError):
                self._rpc(records, "read", ["display_name"])
        mine = self.env["betalingsservice.agreement"].with_user(self.bookkeeper)
        self.assertFalse(mine.search([]))
        self.assertFalse(mine.search([("partner_id.betalingsservice_agreement_ids.customer_number", "=", "1001")]))
        partner = self.customer.with_user(self.bookkeeper)
        self.assertFalse(partner.read(["betalingsservice_agreement_ids"])[0]["betalingsservice_agreement_ids"])
        allowed = {"allowed_company_ids": (other | self.company).ids}
        with self.assertRaises(AccessError):
            self._rpc(agreement, "read", ["customer_number"], context=allowed)
        with self.assertRaises(AccessError):
            call_kw(mine, "create", [{"partner_id": self.other.id, "group_id": self.group.id}], {})
        creditor = (
            self.env["betalingsservice.creditor"]
            .with_company(other)
            .create(
                {
                    "name": "Anden",
                    "company_id": other.id,
                    "pbs_number": "07654321",
                    "data_supplier_number": "12345678",
                    "group_ids": [Command.create({"number": "00001", "name": "A"})],
                }
            )
        )
        own = mine.create({"partner_id": self.other.id, "group_id": creditor.group_ids.id})
        with self.assertRaises(AccessError):
            self._rpc(own, "write", {"group_id": self.group.id})
        wizard = self.env["betalingsservice.import"].with_user(self.bookkeeper)
        file = self.env["ir.attachment"].with_user(self.bookkeeper).create({"name": "x", "raw": b"x"})
        with self.assertRaises(UserError):
            wizard.create({"company_id": self.company.id, "attachment_ids": file.ids}).action_import()
