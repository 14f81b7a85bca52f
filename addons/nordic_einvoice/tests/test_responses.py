"""Answers: written and checked, read, and what they do to the documents."""

import unittest
from dataclasses import replace

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.nordic_einvoice.formats import responses, validation, xml

from . import received
from .test_receiving_rules import ReceivedCommon
from .test_receiving_samples import SHARED


@tagged("post_install", "-at_install")
class TestResponses(ReceivedCommon):
    def test_rejection_refuses_the_bill(self):
        for fmt in ("bis3", "oioubl21"):
            with self.subTest(fmt):
                document = self._receive(fmt=fmt, number=f"R-{fmt}")
                bill = document.move_id
                wizard = self.env["nordic.einvoice.answer"].create(
                    {"document_id": document.id, "code": "RE", "reason": "PRI", "text": "Aftalt pris er 90"}
                )
                wizard.action_answer()
                self.assertEqual((document.inbox_state, bill.state), ("refused", "cancel"))
                self.assertEqual(document.refused_uid, self.env.user)
                data = document.response_ids.attachment_id.raw
                result = validation.validate(data)
                self.assertFalse(result.fatal)
                if fmt == "oioubl21":
                    self.assertEqual(result.layers["oioubl"], "run")
                answer = responses.read(xml.parse(data))
                self.assertEqual((answer.code, answer.document_number), ("RE", f"R-{fmt}"))
                self.assertIn("Aftalt pris er 90", answer.text)
                with self.assertRaises(UserError):
                    document._answer("AP")
                with self.assertRaises(UserError):
                    document.action_create_bill()

    def test_every_answer_that_peppol_knows(self):
        document = self._receive()
        for code in ("AB", "IP", "UQ", "CA", "PD", "AP"):
            response = document._answer(
                code, "OTH" if code in ("UQ", "CA") else "", "Vi mangler noget" if code == "UQ" else ""
            )
            root = etree.fromstring(response.attachment_id.raw)
            self.assertEqual(root.findtext(".//{*}ResponseCode"), code)
            self.assertEqual(root.findtext(".//{*}SenderParty/{*}EndpointID"), "12345674")

    def test_refusal_needs_a_reason_and_an_open_bill(self):
        document = self._receive()
        with self.assertRaises(UserError):
            document._answer("RE")
        self.assertFalse(document.response_ids)
        document.move_id.action_post()
        with self.assertRaises(UserError):
            document._answer("RE", "PRI")
        oioubl = self._receive(fmt="oioubl21", number="F-8")
        with self.assertRaises(UserError):
            oioubl._answer("UQ", "PRI")

    def test_accepted_when_posted_if_the_company_says_so(self):
        first = self._receive()
        first.move_id.action_post()
        self.assertFalse(first.response_ids)
        self.company.einvoice_answer_at_posting = True
        second = self._receive(number="F-8")
        second.move_id.action_post()
        self.assertEqual(second.response_ids.mapped("code"), ["AP"])
        second.move_id.button_draft()
        second.move_id.action_post()
        self.assertEqual(len(second.response_ids), 1, "once")

    def test_answer_is_proof(self):
        document = self._receive()
        response = document._answer("AP")
        manager = self._users()["manager"]
        with self.assertRaises(AccessError):
            response.with_user(manager).write({"code": "RE"})
        with self.assertRaises(UserError):
            response.unlink()
        with self.assertRaises(AccessError):
            response.attachment_id.with_user(manager).write({"raw": b"x"})

    def _answer_to(self, invoice, fmt, code, **values):
        return responses.write(invoice, code, values.pop("number", "A-1"), invoice.issue_date, **values)

    def test_answers_set_what_was_sent(self):
        for fmt, channel in (("bis3", "peppol"), ("oioubl21", "nemhandel")):
            for code, state in (("AP", "accepted"), ("RE", "rejected")):
                with self.subTest(fmt=fmt, code=code):
                    move = self._invoice(self._partner("dk"), einvoice_channel=channel)
                    document = self._document(move)
                    document.action_mark_sent()
                    invoice = self._read(document)
                    data = self._answer_to(
                        invoice, fmt, code, number=f"A-{move.id}", text="Forkert pris" if code == "RE" else ""
                    )
                    answer = self._receive(data, channel="provider", remote_id=f"a-{move.id}")
                    self.assertFalse(answer.error_message)
                    self.assertEqual(answer.inbox_state, "read")
                    self.assertEqual(document.state, state)
                    self.assertEqual(document.response_ids.mapped("code"), [code])
                    self.assertEqual(self._receive(data, channel="provider", remote_id="again"), answer)

    def _sent_and_answered(self, sender=None, **values):
        """(document that was sent, answer to it that was received)."""
        document = self._document(self._invoice(self._partner("dk"), einvoice_channel="peppol"))
        document.action_mark_sent()
        invoice = self._read(document)
        if sender:
            invoice = replace(invoice, customer=sender)
        data = self._answer_to(invoice, "bis3", "AP", number=f"A-{document.move_id.id}")
        return document, self._receive(data, **values)

    def test_an_answer_of_somebody_else_needs_a_person(self):
        stranger = replace(received.VENDOR, name="Ukendt ApS", endpoint=received.r.Identifier("23456788", "0184"))
        stranger = replace(stranger, vat="DK23456788", legal_id=received.r.Identifier("23456788", "0184"))
        document, answer = self._sent_and_answered(stranger, channel="provider", remote_id="x")
        self.assertEqual((document.state, answer.inbox_state), ("sent", "person"))
        self.assertIn(document.name, answer.error_message)
        self.assertFalse(document.response_ids)
        answer.action_note_answer()
        self.assertEqual((document.state, answer.inbox_state), ("accepted", "read"))
        with self.assertRaises(UserError):
            answer.action_note_answer()

    def test_an_answer_by_mail_needs_a_person(self):
        document, answer = self._sent_and_answered(channel="mail", remote_id="m")
        self.assertEqual((document.state, answer.inbox_state), ("sent", "person"))
        answer.action_note_answer()
        self.assertEqual(document.state, "accepted")

    def test_answer_to_nothing_needs_a_person(self):
        document = self._receive(self._answer_to(received.invoice(dialect="bis3"), "bis3", "AP"))
        self.assertEqual(document.inbox_state, "person")
        self.assertIn("F-2026-7", document.error_message)

    @unittest.skipUnless(SHARED.is_dir(), "the shared samples are not there")
    def test_official_answers_are_read(self):
        found = {}
        for path in sorted((SHARED / "peppol-responses").glob("*.xml")):
            root = xml.parse(path.read_bytes())
            if responses.is_response(root):
                answer = responses.read(root)
                self.assertIn(answer.code, responses.CODES)
                self.assertTrue(answer.document_number)
                found[path.name] = answer
        self.assertGreaterEqual(len(found), 11)
        again = found["T111-uc004b-Rejected requesting reissue.xml"]
        self.assertEqual(again.reasons, (("OPStatusReason", "REF"), ("OPStatusAction", "NIN")))
        oioubl = SHARED / "oioubl-official" / "OIOUBL_ApplicationResponse_v2p2.xml"
        answer = responses.read(xml.parse(oioubl.read_bytes()))
        self.assertEqual((answer.dialect, answer.code, answer.document_number), ("oioubl", "RE", "A00095678"))
