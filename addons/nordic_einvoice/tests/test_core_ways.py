"""Beside core's own modules: files dropped on a purchase journal, and Odoo's registration as transport."""

import base64
import json
from dataclasses import replace
from datetime import date
from unittest.mock import patch

from requests import Response

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.nordic_einvoice.const import NETWORKS

from ..hooks import post_init_hook
from . import received
from .common import EinvoiceCommon

PROXY = "account_edi_proxy_client.user"


@tagged("post_install", "-at_install")
class TestDropped(EinvoiceCommon):
    """The files a bookkeeper drops on the dashboard or on a bill."""

    @classmethod
    @EinvoiceCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.vendor = cls.env["res.partner"].create(
            {"name": "Papir og Pen ApS", "vat": "DK98765409", "country_id": cls.env.ref("base.dk").id}
        )
        cls.journal = cls.env["account.journal"].search(
            [("type", "=", "purchase"), ("company_id", "=", cls.company.id)], limit=1
        )

    def _file(self, content, name="F-2026-7.xml", **values):
        return self.env["ir.attachment"].create({"name": name, "raw": content, "mimetype": "application/xml", **values})

    def _drop(self, *files):
        action = self.journal.create_document_from_attachment([file.id for file in files])
        domain = [("id", "=", action["res_id"])] if action.get("res_id") else action["domain"]
        return self.env["account.move"].search(domain, order="id")

    def _documents(self):
        return self.env["nordic.einvoice.document"].search([("company_id", "=", self.company.id)])

    def test_dropped_on_the_journal(self):
        for fmt in ("bis3", "oioubl21"):
            with self.subTest(fmt):
                content = received.write(fmt, number=f"F-{fmt}")
                bill = self._drop(self._file(content))
                document = bill.einvoice_received_id
                self.assertEqual((bill.ref, bill.amount_total, bill.amount_tax), (f"F-{fmt}", 312.44, 62.49))
                self.assertEqual((bill.journal_id, bill.state), (self.journal, "draft"))
                self.assertEqual(bill.partner_id, self.vendor)
                self.assertEqual(document.attachment_id.sudo().raw, content)
                self.assertEqual(document.amount_total, bill.amount_total)
                self.assertFalse(bill.einvoice_waiting_id)

    def test_a_credit_note_becomes_one(self):
        bill = self._drop(self._file(received.write(kind="credit_note", due_date=None)))
        self.assertEqual((bill.move_type, bill.amount_total), ("in_refund", 312.44))

    def test_what_needs_a_person_fills_the_same_draft(self):
        stranger = replace(received.VENDOR, name="Ukendt ApS", registration_name="Ukendt ApS")
        stranger = replace(stranger, endpoint=received.r.Identifier("23456788", "0184"), vat="DK23456788")
        stranger = replace(stranger, legal_id=received.r.Identifier("23456788", "0184"))
        bill = self._drop(self._file(received.write(supplier=stranger)))
        self.assertFalse(bill.invoice_line_ids)
        document = bill.einvoice_waiting_id
        self.assertEqual((document.inbox_state, document.draft_move_id), ("person", bill))
        self.assertTrue(bill.einvoice_waiting_reason)
        self.assertEqual(bill.action_open_einvoice_waiting()["res_id"], document.id)
        wizard = self.env["nordic.einvoice.clarify"].with_context(default_document_id=document.id).create({})
        wizard.action_apply()
        self.assertEqual((document.move_id, bill.amount_total, bill.state), (bill, 312.44, "draft"))
        self.assertFalse(bill.einvoice_waiting_id)

    def test_a_draft_somebody_filled_is_left_alone(self):
        bill = self._drop(self._file(received.write(currency="XXX")))
        document = self._documents()
        self.assertEqual(document.draft_move_id, bill)
        with Form(bill) as form:
            form.partner_id = self.vendor
            with form.invoice_line_ids.new() as line:
                line.name = "Indtastet i hånden"
                line.price_unit = 10
        self.assertFalse(document._einvoice_draft())

    def test_refused_leaves_no_draft(self):
        stranger = replace(received.VENDOR, vat="DK23456788", legal_id=None, name="Ukendt", registration_name="Ukendt")
        stranger = replace(stranger, endpoint=received.r.Identifier("23456788", "0184"))
        bill = self._drop(self._file(received.write(supplier=stranger)))
        bill.einvoice_waiting_id._answer("RE", "UNR", "Ikke vores")
        self.assertEqual(bill.state, "cancel")

    def test_the_same_file_again(self):
        content = received.write()
        first = self._drop(self._file(content))
        again = self._drop(self._file(content, "igen.xml"))
        self.assertEqual((again.state, len(again.invoice_line_ids)), ("cancel", 0))
        self.assertEqual(self._documents().move_id, first)
        other_dialect = self._drop(self._file(received.write("oioubl21"), "oioubl.xml"))
        self.assertEqual((other_dialect.state, len(self._documents())), ("cancel", 1))

    def test_several_files_at_once(self):
        bills = self._drop(*(self._file(received.write(number=f"N-{at}"), f"{at}.xml") for at in range(3)))
        self.assertEqual(bills.mapped("ref"), ["N-0", "N-1", "N-2"])
        self.assertEqual(set(bills.mapped("amount_total")), {312.44})

    def test_dropped_on_an_empty_bill(self):
        bill = self.env["account.move"].create({"move_type": "in_invoice", "journal_id": self.journal.id})
        bill._extend_with_attachments(bill._to_files_data(self._file(received.write())))
        self.assertEqual((bill.amount_total, bill.einvoice_received_id.move_id), (312.44, bill))

    def test_broken_files_are_kept(self):
        broken = received.write().replace(
            b'<cbc:PayableAmount currencyID="DKK">312.44', b'<cbc:PayableAmount currencyID="DKK">999.99'
        )
        bill = self._drop(self._file(broken))
        document = self._documents()
        self.assertFalse(bill.invoice_line_ids)
        self.assertEqual(document.attachment_id.sudo().raw, broken)
        self.assertIn("999.99", document.error_message)

    def test_cut_off_and_hostile_files_are_told(self):
        whole = received.write()
        hostile = whole.replace(b"<Invoice", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Invoice', 1)
        for name, content in (("halv.xml", whole[:700]), ("ond.xml", hostile), ("tom.xml", b"<?xml version='1.0'?>")):
            with self.subTest(name):
                bill = self._drop(self._file(content, name))
                self.assertEqual((bill.state, len(bill.invoice_line_ids)), ("draft", 0))
                self.assertTrue(bill.einvoice_waiting_reason)
                self.assertEqual(bill.einvoice_waiting_id.attachment_id.sudo().raw, content)

    def test_posted_by_itself_only_when_nothing_is_to_be_seen(self):
        self.company.autopost_bills = True
        self.vendor.autopost_bills = "always"
        flagged = self._drop(self._file(received.write(number="N-1")))
        self.assertEqual((flagged.einvoice_received_id.account_state, flagged.state), ("new", "draft"))
        self.env["res.partner.bank"].create({"acc_number": "1551 0012345678", "partner_id": self.vendor.id})
        second = received.write(number="N-2", issue_date=date(2026, 11, 3))  # another day: no duplicate in core's eyes
        self.assertEqual(self._drop(self._file(second)).state, "posted")
        by_inbox = self.env["nordic.einvoice.document"]._einvoice_receive(
            received.write(number="N-3", issue_date=date(2026, 11, 4)),
            "x.xml",
            "upload",
            company=self.company,
            runner=self.runner,
        )
        self.assertEqual(by_inbox.move_id.state, "posted")

    def test_files_of_the_sales_journal_stay_cores(self):
        journal = self.company_data["default_journal_sale"]
        move = self.env["account.move"].create({"move_type": "out_invoice", "journal_id": journal.id})
        data = move._to_files_data(self._file(received.write()))[0]
        self.assertNotEqual(move._get_edi_decoder(data, new=True)["decoder"].__name__, "_einvoice_decode")

    def test_a_mail_carries_no_file_of_cores(self):
        move = self._invoice(self._partner("no"))
        move.partner_id.invoice_edi_format = "ubl_bis3"
        self.assertFalse(self.env["account.move.send"]._get_default_invoice_edi_format(move, sending_methods={"email"}))


@tagged("post_install", "-at_install")
class TestRegistration(EinvoiceCommon):
    """A company registered with Odoo's own access point: our documents, its transport."""

    @classmethod
    @EinvoiceCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        if PROXY not in cls.env or NETWORKS["peppol"].registered not in cls.company._fields:
            return
        cls.company.einvoice_sender = "core"
        cls.customer = cls._partner("no", buyer_reference="Ada")

    def setUp(self):
        super().setUp()
        if NETWORKS["peppol"].registered not in self.company._fields:
            self.skipTest("account_peppol is not installed")
        self.registry_enter_test_mode()  # the proxy is called on a cursor of its own
        self.calls = []

    def _register(self, channel):
        network = NETWORKS[channel]
        key = self.env["certificate.key"].sudo()._generate_rsa_private_key(self.company, name="test.key")
        self.env[PROXY].sudo().create(
            {
                "id_client": f"test{channel}",
                "company_id": self.company.id,
                "proxy_type": channel,
                "edi_mode": "test",
                "edi_identification": "0184:12345674",
                "private_key_id": key.id,
                "refresh_token": "token",
            }
        )
        self.company[network.registered] = "receiver"

    def _answering(self, *answers):
        """The proxy's requests are answered by these; exceptions are raised."""
        left = list(answers)

        def make_request(user, url, params=False, **kwargs):
            self.calls.append((url, params))
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return patch.object(self.env.registry[PROXY], "_make_request", make_request)

    def _error(self, code, text):
        from odoo.addons.account_edi_proxy_client.models.account_edi_proxy_user import AccountEdiProxyError

        return AccountEdiProxyError(code, text)

    def _sent(self, move, *answers):
        document = move._einvoice_create_document(self.runner)
        self.assertEqual(document.state, "checked", document.finding_ids.mapped("message"))
        document.action_send()
        with self._answering(*answers):
            self._process(document.connection_id)
        return document

    def _process(self, connection):
        connection.log_ids.filtered(lambda log: log.state in ("queued", "uncertain")).sudo().next_attempt = "2020-01-01"
        connection.blocked_until = False
        self.env.flush_all()
        self.env["transfer.log"]._process_queue(connection)
        self.env.invalidate_all()

    def test_our_document_leaves_once(self):
        self._register("peppol")
        move = self._invoice(self.customer)
        document = self._sent(move, {"messages": [{"message_uuid": "uuid-1"}]})
        self.assertEqual((document.state, document.transfer_log_id.remote_id), ("sent", "uuid-1"))
        self.assertEqual((move.peppol_move_state, move.peppol_message_uuid), ("processing", "uuid-1"))
        ((url, params),) = self.calls
        self.assertTrue(url.endswith("/api/peppol/1/send_document"))
        sent = params["documents"][0]
        self.assertEqual(sent["receiver"], "0192:310999938")
        self.assertEqual(base64.b64decode(sent["ubl"]), document.attachment_id.sudo().raw)
        with self.assertRaises(UserError):
            document.action_send()

    def test_nemhandel(self):
        self._register("nemhandel")
        move = self._invoice(self._partner("dk"))
        document = self._sent(move, {"messages": [{"message_uuid": "uuid-2"}]})
        self.assertEqual((document.format, document.state), ("oioubl21", "sent"))
        self.assertEqual(move.nemhandel_move_state, "processing")

    def test_what_became_of_it(self):
        self._register("peppol")
        move = self._invoice(self.customer)
        document = self._sent(move, {"messages": [{"message_uuid": "uuid-1"}]})
        user = self.company.account_peppol_edi_user
        with self._answering({"uuid-1": {"state": "done"}}, {}):
            user._peppol_get_message_status()
        self.assertEqual((move.peppol_move_state, document.state), ("done", "delivered"))

    def test_not_delivered_may_be_sent_again(self):
        self._register("peppol")
        move = self._invoice(self.customer)
        document = self._sent(move, {"messages": [{"message_uuid": "uuid-1"}]})
        user = self.company.account_peppol_edi_user
        with self._answering({"uuid-1": {"error": {"code": 703, "message": "no"}}}, {}):
            user._peppol_get_message_status()
        self.assertEqual(document.state, "failed")
        again = self._sent(move, {"messages": [{"message_uuid": "uuid-9"}]})
        self.assertEqual((again, again.state, move.peppol_message_uuid), (document, "sent", "uuid-9"))

    def test_a_key_that_is_renewed_on_the_way_takes_nothing_with_it(self):
        """Core commits in the middle of the call: the claim and what was noted of the sending stay."""
        self._register("peppol")
        move = self._invoice(self.customer)
        document = move._einvoice_create_document(self.runner)
        document.action_send()
        answers = [
            {"proxy_error": {"code": "refresh_token_expired"}},
            {"refresh_token": "new"},
            {"messages": [{"message_uuid": "uuid-4"}]},
        ]
        asked = []

        def post(url, **kwargs):
            asked.append(url)
            response = Response()
            response.status_code, response._content = 200, json.dumps({"result": answers.pop(0)}).encode()
            return response

        with patch("odoo.addons.account_edi_proxy_client.models.account_edi_proxy_user.requests.post", post):
            self._process(document.connection_id)
        self.assertEqual((document.state, document.transfer_log_id.state), ("sent", "done"))
        self.assertEqual((document.transfer_log_id.remote_id, len(asked)), ("uuid-4", 3))
        self.assertEqual(self.company.sudo().account_peppol_edi_user.refresh_token, "new")

    def test_shut_out_the_queue_waits(self):
        self._register("peppol")
        document = self._sent(self._invoice(self.customer), self._error("invalid_signature", "another"), {})
        self.assertEqual((document.state, document.transfer_log_id.state), ("queued", "queued"))
        self.assertEqual(document.connection_id.state, "authorisation")

    def test_no_answer_waits_for_a_person(self):
        self._register("peppol")
        move = self._invoice(self.customer)
        document = self._sent(move, self._error("connection_error", "timed out"))
        self.assertEqual(document.state, "queued")
        self.assertTrue(document.transfer_log_id.is_outcome_unknown)
        with self._answering():
            self._process(document.connection_id)  # it is asked, and cannot tell
        self.assertEqual(len(self.calls), 1)
        document.action_not_taken()
        with self._answering({"messages": [{"message_uuid": "uuid-3"}]}):
            self._process(document.connection_id)
        self.assertEqual(document.state, "sent")

    def test_refused_is_told(self):
        self._register("peppol")
        document = self._sent(self._invoice(self.customer), self._error("participant_not_ready", "Ikke klar"))
        self.assertEqual(document.state, "failed")
        self.assertIn("Ikke klar", document.error_message)

    def test_not_registered(self):
        move = self._invoice(self.customer)
        document = move._einvoice_create_document(self.runner)
        with self.assertRaises(UserError):
            document.action_send()
        self.assertTrue(move._einvoice_ways()[move].problem)
        readiness = self.env["nordic.einvoice.readiness"].browse(
            self.env["nordic.einvoice.readiness"].action_open()["res_id"]
        )
        self.assertIn("missing", readiness.line_ids.mapped("state"))

    def test_cores_own_ways_are_refused(self):
        self._register("peppol")
        move = self._invoice(self.customer)
        sending = self.env["account.move.send"]
        for sender in ("core", "own"):
            self.company.einvoice_sender = sender
            for method in NETWORKS:
                self.assertFalse(sending._is_applicable_to_move(method, move))
        wizard = self.env["account.move.send.wizard"].create({"move_id": move.id})
        self.assertNotIn("peppol", wizard.sending_method_checkboxes or {})
        self.assertFalse([name for name in wizard.alerts or {} if name.startswith("account_peppol")])

    def test_nobody_is_asked_about_the_customer(self):
        self.company.einvoice_sender = "own"
        move = self._invoice(self.customer)
        with patch.object(
            self.env.registry["res.partner"], "_get_peppol_verification_state", side_effect=AssertionError("asked")
        ):
            move.action_send_and_print()

    def test_a_registered_company_goes_on_with_it(self):
        self._register("peppol")
        self.company.einvoice_sender = "own"
        post_init_hook(self.env)
        self.assertEqual(self.company.einvoice_sender, "core")

    def test_fetched_documents_come_to_our_reader(self):
        self._register("peppol")
        self.env["res.partner"].create(
            {"name": "Papir og Pen ApS", "vat": "DK98765409", "country_id": self.env.ref("base.dk").id}
        )
        user = self.company.account_peppol_edi_user.with_company(self.company)
        file = self.env["ir.attachment"].create(
            {"name": "b.xml", "raw": received.write(), "mimetype": "application/xml"}
        )
        journal = self.company_data["default_journal_purchase"]
        move = user._peppol_import_invoice(file, "done", "uuid-in-1", journal=journal)["move"]
        document = move.einvoice_received_id
        self.assertEqual((move.amount_total, document.received_channel), (312.44, "provider"))
        self.assertEqual(document.remote_id, "core/uuid-in-1")
