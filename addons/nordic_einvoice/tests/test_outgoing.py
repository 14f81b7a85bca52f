from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..formats.texts import concerns
from .common import GLN, EinvoiceCommon


@tagged("post_install", "-at_install")
class TestOutgoing(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.customer = cls._partner("dk")

    def test_channel_follows_address_and_country(self):
        move = self._invoice(self.customer, post=False)
        self.assertEqual(move.einvoice_channel, "nemhandel")
        move.partner_id = self._partner("no")
        self.assertEqual(move.einvoice_channel, "peppol")
        private = self.env["res.partner"].create({"name": "Hr. Hansen", "country_id": self.env.ref("base.dk").id})
        self.assertEqual(self._invoice(private, post=False).einvoice_channel, "mail")

    def test_channel_of_the_customer_wins(self):
        self.customer.einvoice_channel = "peppol"
        self.assertEqual(self._invoice(self.customer, post=False).einvoice_channel, "peppol")

    def test_references_come_from_the_customer_and_can_be_changed(self):
        self.customer.write({"buyer_reference": "Afd. 7", "einvoice_accounting_cost": "4711"})
        move = self._invoice(self.customer, post=False, buyer_reference=False, ref="PO-88")
        self.assertRecordValues(move, [{"einvoice_order_reference": "PO-88", "einvoice_accounting_cost": "4711"}])
        with Form(move) as form:
            form.buyer_reference = "Bo Berg"
        move.action_post()
        self.assertEqual(move.buyer_reference, "Bo Berg")

    def test_public_customer_without_reference_is_refused_in_plain_words(self):
        move = self._invoice(self._public_customer(), buyer_reference=False)
        with self.assertRaisesRegex(UserError, f"GLN/EAN {GLN}.*reference"):
            move.action_create_einvoice()
        self.assertFalse(move.einvoice_document_ids)
        move.einvoice_order_reference = "PO-1"
        self._document(move)

    def test_all_faults_are_told_at_once(self):
        customer = self._partner("dk", vat=False, company_registry=False, peppol_endpoint=False)
        move = self._invoice(customer, einvoice_channel="nemhandel")
        move.company_id.partner_id.write({"vat": False, "company_registry": False, "peppol_endpoint": False})
        faults = "\n".join(move._einvoice_faults())
        self.assertIn("Your company", faults)
        self.assertIn("has no electronic address", faults)

    def test_mail_channel_needs_no_document(self):
        move = self._invoice(self.customer, einvoice_channel="mail")
        with self.assertRaisesRegex(UserError, "E-mail"):
            move.action_create_einvoice()

    def test_draft_is_refused(self):
        with self.assertRaisesRegex(UserError, "not posted"):
            self._invoice(self.customer, post=False).action_create_einvoice()

    def test_zero_tax_without_category_is_refused(self):
        tax = self.env["account.tax"].create(
            {"name": "Nul", "amount": 0, "type_tax_use": "sale", "company_id": self.company.id}
        )
        move = self._invoice(self.customer, lines=[(1, 100, {"tax_ids": [(6, 0, tax.ids)]})])
        with self.assertRaisesRegex(UserError, "Nul has no VAT category"):
            move.action_create_einvoice()
        tax.ubl_cii_tax_category_code = "E"
        self._document(move)

    def test_file_is_saved_on_the_invoice(self):
        move = self._invoice(self.customer)
        action = move.action_create_einvoice()
        document = move.einvoice_document_ids
        self.assertEqual(action["res_id"], document.id)
        self.assertRecordValues(document.attachment_id, [{"res_model": "account.move", "res_id": move.id}])
        self.assertEqual(len(document.sha256), 64)
        self.assertEqual(move.einvoice_state, "checked")
        self.assertIn(move, self.env["account.move"].search([("einvoice_can_be_made", "=", True)]))
        document.action_mark_sent()
        self.assertNotIn(move, self.env["account.move"].search([("einvoice_can_be_made", "=", True)]))
        self.assertFalse(move.einvoice_can_be_made)
        self.assertIn("UBL schema", document.validation_summary)

    def test_made_again_is_the_same_document(self):
        move = self._invoice(self.customer)
        first = self._document(move)
        old_file = first.attachment_id
        move.buyer_reference = "Ny person"
        second = self._document(move)
        self.assertEqual(first, second)
        self.assertFalse(old_file.exists())
        self.assertIn("Ny person", self._texts(second, "Contact/ID"))

    def test_document_must_equal_the_books(self):
        move = self._invoice(self.customer)
        written = self._read(self._document(move))
        move._einvoice_check_books(written)
        self.env.cr.execute("UPDATE account_move SET amount_total = amount_total + 0.01 WHERE id = %s", [move.id])
        move.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "1250.01, difference -0.01"):
            move._einvoice_check_books(written)

    def test_story_of_the_three_lines(self):
        """3 x (3 x 2.93) at 25 %, rounded per line: VAT 6.60, payable 32.97, and the credit note the same."""
        self.company.tax_calculation_rounding_method = "round_per_line"
        customer = self._public_customer()
        for channel in ("nemhandel", "peppol"):
            with self.subTest(channel):
                move = self._invoice(customer, lines=[(3, 2.93)] * 3, einvoice_channel=channel)
                self.assertEqual(move.amount_total, 32.97)
                totals = self._read(self._document(move)).totals
                self.assertEqual((totals.tax, totals.payable), (Decimal("6.60"), Decimal("32.97")))
                refund = self._credit(move)
                refund.einvoice_channel = channel
                credit = self._read(self._document(refund))
                self.assertEqual(credit.totals.payable, Decimal("32.97"))
                self.assertEqual(credit.totals.prepaid, 0)
                self.assertEqual([ref.id for ref in credit.billing_references], [move.name])
                self.assertEqual(credit.buyer_reference, "Jette Jensen")

    def test_many_at_once_one_bad_does_not_stop_the_rest(self):
        good = self._invoice(self.customer)
        bad = self._invoice(self._public_customer(), buyer_reference=False)
        other = self._invoice(self.customer, lines=[(2, 50)])
        (good | bad | other).action_create_einvoice()
        self.assertEqual((good | other).mapped("einvoice_state"), ["checked", "checked"])
        self.assertEqual(bad.einvoice_state, "failed")
        self.assertIn("reference", bad.einvoice_document_ids.error_message)
        bad.buyer_reference = "Her er den"
        bad.einvoice_document_ids.action_create_again()
        self.assertEqual(bad.einvoice_state, "checked")
        self.assertFalse(bad.einvoice_document_ids.error_message)

    def test_reset_to_draft_outdates_the_document(self):
        move = self._invoice(self.customer)
        document = self._document(move)
        move.button_draft()
        self.assertEqual(document.state, "draft")
        with self.assertRaises(UserError):
            document.action_mark_sent()
        move.action_post()
        self.assertEqual(self._document(move), document)

    def test_sent_invoice_stays(self):
        move = self._invoice(self.customer)
        self._document(move).action_mark_sent()
        self.assertEqual(move.einvoice_state, "sent")
        self.assertTrue(move.is_move_sent)
        with self.assertRaisesRegex(UserError, "credit note"):
            move.button_draft()
        with self.assertRaisesRegex(UserError, "already on its way"):
            move.action_create_einvoice()
        with self.assertRaises(UserError):
            move.einvoice_document_ids.unlink()

    def test_finding_blocks_sending(self):
        customer = self._partner("dk", peppol_eas="0088", peppol_endpoint=GLN)
        # a wrong check digit that core's own check of the partner does not see
        self.env.cr.execute("UPDATE res_partner SET peppol_endpoint = '5799999000011' WHERE id = %s", [customer.id])
        customer.invalidate_recordset()
        move = self._invoice(customer, einvoice_channel="peppol")
        document = move._einvoice_create_document()
        self.assertEqual(document.state, "draft")
        self.assertIn("PEPPOL-COMMON-R040", document.finding_ids.mapped("rule"))
        finding = document.finding_ids.filtered(lambda f: f.rule == "PEPPOL-COMMON-R040")[:1]
        languages = {
            "da_DK": "GLN-nummeret 5799999000011 har et forkert kontrolciffer.",
            "nb_NO": "GLN-nummeret 5799999000011 har feil kontrollsiffer.",
            "sv_SE": "GLN-numret 5799999000011 har fel kontrollsiffra.",
            "en_US": "The GLN 5799999000011 has a wrong check digit.",
        }
        for code, text in languages.items():
            self.env["res.lang"]._activate_lang(code)
            self.assertEqual(finding.with_context(lang=code).description, text)
        self.assertIn("ret det", finding.with_context(lang="da_DK").advice)
        self.assertTrue(finding.place.startswith(customer.display_name))
        action = finding.action_open_place()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", customer.id))
        with self.assertRaisesRegex(UserError, "cannot be sent"):
            document.action_send()

    def test_every_place_a_rule_names_is_a_field(self):
        models = {"company": "res.partner", "customer": "res.partner", "invoice": "account.move"}
        for who, name, *_texts in concerns.CONCERNS.values():
            self.assertIn(name, self.env[models[who]]._fields)
