import csv
import io
import tempfile
import zipfile
from pathlib import Path
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.api import lookup
from odoo.addons.nordic_einvoice.formats import codes
from odoo.addons.nordic_einvoice.models.nordic_einvoice_participant import NordicEinvoiceParticipant

from .common import EinvoiceCommon

BIS3 = f"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##{codes.BIS3_CUSTOMIZATION}::2.1"


class CockpitCommon(EinvoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.connection = cls.env["transfer.connection"].create(
            {"name": "Mappe", "kind": "einvoice_file", "company_id": cls.company.id, "einvoice_folder": str(cls.folder)}
        )
        cls.Dispatch = cls.env["nordic.einvoice.dispatch"]

    def _open(self, moves):
        action = moves.action_einvoice_cockpit()
        return self.env["nordic.einvoice.cockpit"].browse(action["res_id"])

    def _send(self, moves, day=None):
        cockpit = self._open(moves)
        if day:
            cockpit.send_date = day
        return self.Dispatch.search(cockpit.action_send()["domain"])

    def _run(self, dispatches):
        dispatches.sudo()._process(self.runner)
        dispatches.invalidate_recordset()

    def _way(self, move, chosen=None):
        return move._einvoice_ways({move: chosen} if chosen else None)[move]

    def _register(self, partner, state, *types, channel="peppol"):
        endpoint = partner._einvoice_endpoint(channel)
        return (
            self.env["nordic.einvoice.participant"]
            .sudo()
            .create(
                {
                    "value": f"{endpoint.scheme}:{endpoint.value}",
                    "channel": channel,
                    "state": state,
                    "document_types": list(types),
                }
            )
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 10:00:00")
class TestCockpit(CockpitCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.danish = cls._partner("dk", email="post@kunde.example")
        cls.private = cls.env["res.partner"].create(
            {"name": "Anna", "email": "anna@kunde.example", "country_id": cls.env.ref("base.dk").id}
        )
        cls.letter = cls.env["res.partner"].create(
            {
                "name": "=Brev; Søn",
                "street": "Vej 1\nsal 2",
                "zip": "8000",
                "city": "Aarhus",
                "country_id": cls.env.ref("base.dk").id,
            }
        )
        cls.norwegian = cls._partner("no", email="post@kunde.example.no")

    def test_one_button_three_channels(self):
        partners = (self.danish, self.norwegian, self.private, self.letter)
        moves = self.env["account.move"].union(*(self._invoice(partner) for partner in partners))
        cockpit = self._open(moves)
        self.assertEqual(cockpit.line_ids.mapped("channel"), ["nemhandel", "peppol", "mail", "print"])
        self.assertFalse(any(cockpit.line_ids.mapped("problem")))
        self.assertTrue(all(cockpit.line_ids.mapped("reason")))
        dispatches = self.Dispatch.search(cockpit.action_send()["domain"])
        self.assertEqual(dispatches.mapped("state"), ["planned"] * 4)
        self.assertFalse(moves.einvoice_document_ids, "nothing leaves in the user's own transaction")
        with patch.object(type(self.env["ir.actions.report"]), "_render_qweb_pdf_prepare_streams", self._pdf()):
            self._run(dispatches)
        by_channel = {one.channel: one for one in dispatches}
        self.assertEqual(
            {channel: one.state for channel, one in by_channel.items()},
            {"nemhandel": "done", "peppol": "done", "mail": "done", "print": "paper"},
            dispatches.mapped("error_message"),
        )
        self.assertEqual(by_channel["peppol"].document_state, "queued")
        self.assertTrue(by_channel["mail"].move_id.is_move_sent)
        self.assertEqual(by_channel["mail"].move_id.message_ids.filtered("partner_ids").partner_ids, self.private)
        self.env["transfer.log"]._process_queue(self.connection)
        self.assertEqual(by_channel["nemhandel"].document_state, "sent")
        with self.assertRaises(UserError):
            moves.action_einvoice_cockpit()

    def _pdf(self):
        def streams(_self, _report, _data, res_ids=None):
            from reportlab.pdfgen import canvas

            found = {}
            for res_id in res_ids:
                page = io.BytesIO()
                drawn = canvas.Canvas(page)
                drawn.drawString(100, 100, "Faktura")
                drawn.save()
                found[res_id] = {"stream": io.BytesIO(page.getvalue()), "attachment": None}
            return found

        return streams

    def test_three_levels_and_the_invoice_wins(self):
        move = self._invoice(self.danish, post=False)
        self.assertEqual(self._way(move).channel, "nemhandel")
        self.company.einvoice_channel = "mail"
        self.assertEqual(self._invoice(self.danish).einvoice_channel, "mail")
        self.danish.einvoice_channel = "peppol"
        self.assertEqual(self._invoice(self.danish).einvoice_channel, "peppol")
        move = self._invoice(self.danish, einvoice_channel="print")
        way = self._way(move)
        self.assertEqual(way.channel, "print")
        self.assertTrue(way.reason)

    def test_what_is_not_possible_falls_back_with_the_reason(self):
        self.company.einvoice_lookup = True
        move = self._invoice(self.norwegian)
        self.assertEqual(self._way(move).channel, "peppol")
        self.assertTrue(self._way(move).warning, "not known is not a no, but is told")
        found = self._register(self.norwegian, "absent")
        way = self._way(move)
        self.assertEqual((way.channel, way.problem), ("mail", ""))
        self.assertIn(" ", way.reason)
        self.norwegian.email = False
        self.assertEqual(self._way(move).channel, "print")
        self.company.einvoice_fallback = "stop"
        way = self._way(move)
        self.assertEqual(way.channel, "peppol")
        self.assertTrue(way.problem)
        found.write({"state": "registered", "document_types": [BIS3]})
        self.assertEqual(self._way(move), type(way)("peppol", self._way(move).reason))
        found.document_types = ["something else"]
        self.assertTrue(self._way(move).problem, "registered, but not for this")
        found.state = "unknown"
        self.assertFalse(self._way(move).problem)

    def test_a_public_customer_gets_nothing_on_paper(self):
        customer = self._public_customer(email="post@kommune.example")
        move = self._invoice(customer)
        self.assertEqual(self._way(move).channel, "nemhandel")
        for channel in ("mail", "print"):
            self.assertIn("2005", self._way(move, channel).problem)
        self.company.einvoice_lookup = True
        self._register(customer, "absent", channel="nemhandel")
        way = self._way(move)
        self.assertEqual(way.channel, "mail")
        self.assertTrue(way.problem, "falling back is refused as well")
        dispatch = self._send(move)
        self.assertEqual(dispatch.state, "failed")
        self._run(dispatch.filtered(lambda one: one.state == "planned"))
        self.assertFalse(move.is_move_sent)
        mandate = self.env.ref("nordic_einvoice.mandate_dk_public")
        mandate.valid_from = "2026-11-23"
        self.assertFalse(self._way(move, "print").problem, "the duty has days")

    def test_planned_for_later_and_recalled(self):
        move = self._invoice(self.danish)
        dispatch = self._send(move, "2026-11-25")
        self.assertFalse(self.Dispatch.search(self.Dispatch._due_domain()) & dispatch)
        with freeze_time("2026-11-24 23:30:00"):
            self.company.partner_id.tz = "Europe/Copenhagen"
            self.assertEqual(self.Dispatch.search(self.Dispatch._due_domain()) & dispatch, dispatch, "the 25th at home")
        dispatch.action_recall()
        with freeze_time("2026-11-26"):
            self.assertFalse(self.Dispatch.search(self.Dispatch._due_domain()) & dispatch)
        self.assertFalse(move.einvoice_document_ids)
        again = self._send(move)
        self._run(again)
        self.assertEqual(again.state, "done")
        with self.assertRaises(UserError):
            again.action_recall()
        late = self._open(self._invoice(self.danish))
        late.send_date = "2026-11-21"
        with self.assertRaises(UserError):
            late.action_send()

    def test_one_living_sending_per_invoice(self):
        move = self._invoice(self.danish)
        first, second = self._open(move), self._open(move)
        first.action_send()
        with self.assertRaises(Exception) as caught:
            second.action_send()
        self.assertIn("nordic_einvoice_dispatch", str(caught.exception))

    def test_a_fault_stops_one_and_is_kept(self):
        public = self._public_customer()
        without = self._invoice(public, buyer_reference=False, post=False)
        without.action_post()
        good = self._invoice(self.danish)
        dispatches = self._send(without + good)
        self._run(dispatches)
        by_move = {one.move_id: one for one in dispatches}
        self.assertEqual(by_move[good].state, "done")
        self.assertEqual(by_move[without].state, "failed")
        self.assertTrue(by_move[without].error_message)
        without.buyer_reference = "Jette"
        action = by_move[without].action_try_again()
        cockpit = self.env["nordic.einvoice.cockpit"].browse(action["res_id"])
        again = self.Dispatch.search(cockpit.action_send()["domain"])
        self._run(again)
        self.assertEqual(again.state, "done")

    def test_paper_in_one_pdf_and_for_a_print_service(self):
        moves = self._invoice(self.letter) + self._invoice(self.letter)
        dispatches = self._send(moves)
        self._run(dispatches)
        self.assertEqual(dispatches.mapped("state"), ["paper", "paper"])
        with patch.object(type(self.env["ir.actions.report"]), "_render_qweb_pdf_prepare_streams", self._pdf()):
            action = dispatches.with_context(force_report_rendering=True).action_print_service()
        archive = zipfile.ZipFile(io.BytesIO(self._downloaded(action)))
        rows = list(csv.DictReader(io.StringIO(archive.read("addresses.csv").decode("utf-8-sig")), delimiter=";"))
        self.assertEqual([row["invoice"] for row in rows], dispatches.mapped("move_id.name"))
        self.assertEqual(rows[0]["name"], "'=Brev; Søn")
        self.assertEqual((rows[0]["street"], rows[0]["country"]), ("Vej 1 sal 2", "DK"))
        self.assertEqual({row["file"] for row in rows}, set(archive.namelist()) - {"addresses.csv"})
        self.assertTrue(archive.read(rows[0]["file"]).startswith(b"%PDF"))
        for dispatch in dispatches:
            self.assertEqual((dispatch.state, dispatch.paper_user_id), ("done", self.env.user))
            self.assertTrue(dispatch.paper_date)
        self.assertTrue(all(moves.mapped("is_move_sent")))
        first = dispatches.mapped("paper_date")
        with freeze_time("2026-11-23 10:00:00"):
            content = self._downloaded(dispatches.action_print_pdf())
        self.assertTrue(content.startswith(b"%PDF"))
        self.assertEqual(dispatches.mapped("paper_date"), first, "printed again, the mark stays")

    def _downloaded(self, action):
        number = int(action["url"].split("/")[3].split("?")[0])
        return self.env["ir.attachment"].browse(number).raw

    def test_mail_without_an_address_and_sent_once(self):
        self.private.einvoice_channel = "mail"
        move = self._invoice(self.private)
        dispatch = self._send(move)
        self.private.email = False
        self._run(dispatch)
        self.assertEqual(dispatch.state, "failed")

    def test_consent_is_asked_for_as_the_company_wants(self):
        move = self._invoice(self.private)
        self.assertFalse(self._way(move).warning)
        self.company.einvoice_consent_rule = "warn"
        self.assertTrue(self._way(move).warning)
        self.company.einvoice_consent_rule = "block"
        self.assertTrue(self._way(move).problem)
        self.assertFalse(self._way(self._invoice(self.letter)).problem, "paper needs no consent")
        self.assertFalse(self._way(self._invoice(self._public_customer())).problem, "the law decides")
        consent = self._consent(form="einvoice")
        self.assertTrue(self._way(move).problem, "agreed to another form")
        consent = self._consent(form="mail")
        self.assertFalse(self._way(move).problem)
        consent.action_withdraw()
        self.assertTrue(self._way(move).problem)
        self.assertEqual(consent.withdrawn_user_id, self.env.user)

    def _consent(self, env=None, **values):
        return (env or self.env)["nordic.einvoice.consent"].create(
            {
                "partner_id": self.private.id,
                "given_by": "Anna",
                "source": "email",
                "evidence": "E-mail af 1. november",
                **values,
            }
        )

    def test_consents_of_many_customers_at_once(self):
        users = self._users()
        first, second = self._partner("dk"), self._partner("dk", name="Nummer to")
        contact = self.env["res.partner"].create({"name": "Jette", "parent_id": second.id})
        Consent = self.env["nordic.einvoice.consent"]
        Many = self.env["nordic.einvoice.consent.many"].with_user(users["invoice"])
        values = {"source": "contract", "evidence": "Vilkår af 1. marts, punkt 4"}
        Many.create(values | {"partner_ids": first.ids, "given_by": "Jette"}).action_register()
        marked = (first | second | contact).ids
        both = Many.with_context(active_model="res.partner", active_ids=marked).create(values)
        made = Consent.search(both.action_register()["domain"])
        self.assertRecordValues(
            made, [{"partner_id": second.id, "given_by": "Nummer to", "user_id": users["invoice"].id, "form": "any"}]
        )
        self.assertEqual(Consent._agreed(first | second, self.company), {first.id: {"any"}, second.id: {"any"}})
        with self.assertRaises(UserError):
            both.action_register()
        made.action_withdraw()
        self.assertTrue(both.action_register(), "withdrawn, so asked again")
        with self.assertRaises(AccessError):
            self.env["nordic.einvoice.consent.many"].with_user(users["readonly"]).create(values)

    def test_a_mail_that_came_back_shows_on_the_invoice(self):
        customer = self._partner("dk", email="post@kunde.example")
        move, other = self._invoice(customer), self._invoice(customer)
        self.assertFalse(move.einvoice_mail_fault)

        def mail(status, reason=False):
            message = move.message_post(body="Faktura", partner_ids=customer.ids, message_type="comment")
            notification = self.env["mail.notification"].sudo().search([("mail_message_id", "=", message.id)])
            notification.write({"notification_type": "email", "notification_status": status, "failure_reason": reason})
            move.invalidate_recordset(["einvoice_mail_fault"])
            return move.einvoice_mail_fault

        self.assertFalse(mail("sent"))
        self.assertIn("post@kunde.example", mail("bounce", "550 ukendt modtager"))
        self.assertIn("550 ukendt modtager", move.einvoice_mail_fault)
        self.assertFalse(other.einvoice_mail_fault)
        self.assertFalse(mail("sent"), "the next one arrived")
        self.assertTrue(mail("exception"))
        self.assertIn("post@kunde.example", move.with_user(self._users()["readonly"]).einvoice_mail_fault)

    def test_a_consent_is_proof(self):
        users = self._users()
        consent = self._consent(self.env(user=users["invoice"]), user_id=self.env.ref("base.user_admin").id)
        self.assertEqual(consent.user_id, users["invoice"])
        for values in ({"evidence": "andet"}, {"withdrawn_date": "2026-01-01"}, {"user_id": 2}):
            with self.assertRaises(AccessError):
                consent.write(values)
        with self.assertRaises(UserError):
            consent.unlink()
        with self.assertRaises(AccessError):
            self._consent(self.env(user=users["readonly"]))
        self.assertEqual(consent.with_user(users["readonly"]).given_by, "Anna")
        with self.assertRaises(UserError):
            self._consent(consent_date="2026-11-30")

    def test_roles_and_companies(self):
        users = self._users()
        move = self._invoice(self.danish)
        with self.assertRaises(AccessError):
            move.with_user(users["readonly"]).action_einvoice_cockpit()
        action = move.with_user(users["invoice"]).action_einvoice_cockpit()
        cockpit = self.env["nordic.einvoice.cockpit"].with_user(users["invoice"]).browse(action["res_id"])
        dispatch = self.Dispatch.search(cockpit.action_send()["domain"])
        self.assertEqual(dispatch.user_id, users["invoice"])
        for values in ({"state": "done"}, {"paper_date": "2026-01-01"}, {"channel": "mail"}):
            with self.assertRaises(AccessError):
                dispatch.with_user(users["invoice"]).write(values)
        with self.assertRaises(AccessError):
            self.Dispatch.with_user(users["invoice"]).create(
                {"move_id": move.id, "channel": "mail", "planned_date": "2026-11-22", "state": "done"}
            )
        self.assertEqual(dispatch.with_user(users["readonly"]).state, "planned")
        self._run(dispatch)
        self.assertEqual(dispatch.state, "done", dispatch.error_message)
        other = self.setup_other_company()["company"]
        stranger = users["manager"]
        stranger.sudo().write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.Dispatch.with_user(stranger).search([("id", "=", dispatch.id)]))

    def test_statements_do_not_grow_with_the_list(self):
        def count(number):
            moves = self.env["account.move"].union(*(self._invoice(self.danish) for _each in range(number)))
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            moves._einvoice_ways(is_asking=True)
            return self.env.cr.sql_log_count - before

        count(1)
        few, many = count(3), count(12)
        self.assertLessEqual(many, few + 3)


@tagged("post_install", "-at_install")
class TestNorwegianDuty(CockpitCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()
        cls._norwegian_company()
        cls.company.einvoice_lookup = True

    def test_from_2027_registered_businesses_get_e_invoices_only(self):
        customer = self._partner("no", email="post@kunde.example")
        move = self._invoice(customer)
        found = self._register(customer, "registered", BIS3)
        with freeze_time("2026-12-31 12:00:00"):
            self.assertFalse(self._way(move, "mail").problem)
        with freeze_time("2027-01-01 12:00:00"):
            self.assertIn("2027", self._way(move, "mail").problem)
            self.assertTrue(self._way(move, "print").problem)
            self.assertFalse(self._way(move).problem)
            found.write({"state": "absent", "document_types": []})
            way = self._way(move)
            self.assertEqual((way.channel, way.problem), ("mail", ""), "who is not registered has a choice")
        foreign = self._partner("se", email="post@kund.example")
        self._register(foreign, "registered", BIS3)
        with freeze_time("2027-01-01 12:00:00"):
            self.assertFalse(self._way(self._invoice(foreign), "mail").problem, "a duty at home")


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 10:00:00")
class TestParticipants(EinvoiceCommon):
    def setUp(self):
        super().setUp()
        self.Participant = self.env["nordic.einvoice.participant"]
        self.asked, self.answer = [], lookup.Participant("registered", (BIS3,))

        def asker(_self):
            def ask(value, channel):
                self.asked.append((value, channel))
                return self.answer

            return ask

        self.enterContext(patch.object(NordicEinvoiceParticipant, "_asker", asker))

    def _ability(self, value="0192:999999948"):
        return self.Participant._ability({(value, "peppol", "invoice")})[value, "peppol", "invoice"]

    def test_asked_once_a_day(self):
        address = {("0192:999999948", "peppol")}
        self.assertEqual(self._ability(), "unknown")
        self.Participant._refresh(address)
        self.Participant._refresh(address)
        self.assertEqual((self.asked, self._ability()), (list(address), "able"))
        with freeze_time("2026-11-23 10:00:01"):
            self.answer = lookup.Participant("absent")
            self.Participant._refresh(address)
        self.assertEqual((len(self.asked), self._ability()), (2, "absent"))

    def test_a_register_that_is_away_takes_nobody_out(self):
        address = {("0192:999999948", "peppol")}
        self.Participant._refresh(address)
        self.answer = lookup.Participant("unknown", reason="no network")
        with freeze_time("2026-11-24 10:00:00"):
            self.Participant._refresh(address)
            self.assertEqual(self._ability(), "able")
            self.Participant._refresh(address)
            self.assertEqual(len(self.asked), 2, "not asked at every click")
        with freeze_time("2026-11-24 10:16:00"):
            self.answer = lookup.Participant("absent")
            self.Participant._refresh(address)
        self.assertEqual(self._ability(), "absent")

    def test_nobody_writes_what_a_register_said(self):
        users = self._users()
        with self.assertRaises(AccessError):
            self.Participant.with_user(users["manager"]).create(
                {"value": "0192:1", "channel": "peppol", "state": "absent"}
            )
        self.Participant._refresh({("0192:999999948", "peppol")})
        found = self.Participant.search([("value", "=", "0192:999999948")])
        with self.assertRaises(AccessError):
            found.with_user(users["manager"]).write({"state": "absent"})
        self.assertEqual(found.with_user(users["readonly"]).state, "registered")
