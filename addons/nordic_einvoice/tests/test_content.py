from decimal import Decimal

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .scenarios import ScenarioCase, tax


@tagged("post_install", "-at_install")
class TestDanishContent(ScenarioCase):
    """What the matrix of scenarios does not show: choices of the company, and who may change what."""

    country = "dk"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._users()

    # --- VAT categories ------------------------------------------------------------------------------------------
    def test_the_law_can_be_edited_by_the_manager_only(self):
        rule = self.env.ref("nordic_einvoice.vat_rule_dk_exempt")
        make = self._make((1, 100.0, tax(self._tax("exempt"))))
        reason = self._read(self._document(make(einvoice_channel="peppol"))).tax_subtotals[0].tax.reason
        self.assertEqual(reason, rule.reason)
        self.assertIn("momslovens § 13", reason)
        for role in ("readonly", "invoice"):
            with self.assertRaises(AccessError):
                rule.with_user(self.users[role]).reason = "andet"
        rule.with_user(self.users["manager"]).reason = "Momsfri sundhedsydelse"
        reason = self._read(self._document(make(einvoice_channel="peppol"))).tax_subtotals[0].tax.reason
        self.assertEqual(reason, "Momsfri sundhedsydelse")
        self._tax("exempt").einvoice_exemption_reason = "Vores egne ord"
        category = self._tax("exempt")._einvoice_category()
        self.assertEqual((category.code, category.reason), ("E", "Vores egne ord"))

    def test_category_on_the_tax_wins(self):
        record = self._tax("exempt")
        record.write({"ubl_cii_tax_category_code": "Z"})
        category = record._einvoice_category()
        self.assertEqual((category.code, category.reason, category.reason_code), ("Z", "", ""))
        record.write({"ubl_cii_tax_category_code": "E", "ubl_cii_tax_exemption_reason_code": "VATEX-EU-132-1C"})
        category = record._einvoice_category()
        self.assertEqual((category.code, category.reason_code), ("E", "VATEX-EU-132-1C"))
        self.assertIn("§ 13", category.reason)

    def test_sale_within_the_eu_to_norway_is_stopped(self):
        line = (1, 100.0, tax(self._chart_tax("tax_s2")))
        self._stopped(self._make(line, partner=self._partner("no")), "NO")
        faroe = self._partner("no", country_id=self.env.ref("base.fo").id)
        self._stopped(self._make(line, partner=faroe), "FO")

    def test_sale_within_the_eu_needs_the_customers_vat_number(self):
        customer = self._partner("de", name="Ohne Nummer GmbH", vat=False)
        self._stopped(self._make((1, 100.0, tax(self._chart_tax("tax_s2"))), partner=customer), "Ohne Nummer GmbH")

    # --- the whole document --------------------------------------------------------------------------------------
    def test_freight_and_discount_of_the_whole_document(self):
        freight, discount = self.env["product.product"].create(
            [{"name": name, "einvoice_is_document_charge": True, "taxes_id": False} for name in ("Fragt", "Kunderabat")]
        )
        lines = (
            (10, 100.0),
            (1, 79.0, {"product_id": freight.id, "name": "Fragt"}),
            (1, -150.0, {"product_id": discount.id, "name": "Kunderabat"}),
        )

        def stand_in_the_totals(move, root):
            self.assertEqual(len(root.findall("{*}InvoiceLine")), 1)
            self.assertEqual(self._text(root, "LegalMonetaryTotal/ChargeTotalAmount"), ["79.00"])
            self.assertEqual(self._text(root, "LegalMonetaryTotal/AllowanceTotalAmount"), ["150.00"])
            self.assertEqual(self._text(root, "AllowanceCharge/AllowanceChargeReason"), ["Fragt", "Kunderabat"])

        self._holds(self._make(*lines), stand_in_the_totals)
        only = self._make(lines[1])(einvoice_channel="peppol")
        self.assertTrue(only._einvoice_faults())

    def test_discounts_booked_on_an_account_of_their_own(self):
        self.company.account_discount_expense_allocation_id = self.company_data["default_account_expense"]
        self._holds(self._make((3, 99.99, {"discount": 33.33})))

    def test_early_payment_discount_in_figures(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2/10",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "early_pay_discount_computation": "mixed",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )

        def as_booked(move, root):
            self.assertEqual(move.amount_tax, 245.0)
            self.assertEqual(self._text(root, "AllowanceCharge/Amount"), ["20.00", "20.00"])
            self.assertEqual(sorted(self._text(root, "AllowanceCharge/ChargeIndicator")), ["false", "true"])
            self.assertIn("2026-11-12", self._text(root, "PaymentTerms/Note")[0])

        self._holds(self._make((1, 1000.0), invoice_payment_term_id=term.id), as_booked)

    # --- files ---------------------------------------------------------------------------------------------------
    def _file(self, name, content):
        return self.env["ir.attachment"].create({"name": name, "raw": content, "res_model": "account.move"})

    def test_file_of_a_wrong_type_stops_the_invoice_by_name(self):
        move = self._make((1, 100.0))(einvoice_channel="peppol")
        move.einvoice_attachment_ids = self._file("aftale.docx", b"PK\x03\x04 no office file")
        self.assertIn("aftale.docx", "\n".join(move._einvoice_faults()))
        with self.assertRaises(UserError):
            move.action_create_einvoice()
        self.assertFalse(move.einvoice_document_ids)
        move.einvoice_attachment_ids = self._file("note.txt", "Kære kunde".encode())
        self.assertEqual([a.filename for a in self._read(self._document(move)).attachments], ["note.pdf"])

    def test_files_of_one_name_both_go_along(self):
        move = self._make((1, 100.0))(einvoice_channel="peppol")
        move.einvoice_attachment_ids = self._file("a.csv", b"1") + self._file("a.csv", b"2")
        found = self._read(self._document(move)).attachments
        self.assertEqual({a.content for a in found}, {b"1", b"2"})
        self.assertEqual(len({a.filename for a in found}), 2)

    def test_nobody_sends_a_file_he_may_not_read(self):
        job = self.env["ir.cron"].search([], limit=1)
        secret = self.env["ir.attachment"].create(
            {"name": "loen.pdf", "raw": b"%PDF-1.4", "res_model": job._name, "res_id": job.id}
        )
        clerk, colleague = self.users["invoice"], self.users["manager"]
        move = self._make((1, 100.0))(einvoice_channel="peppol").with_user(clerk)
        own = self.env["ir.attachment"].with_user(clerk).create({"name": "a.csv", "raw": b"1"})
        with self.assertRaises(AccessError):
            own.with_user(colleague).check_access("read")
        move.einvoice_attachment_ids = own
        self.assertEqual((own.res_model, own.res_id), ("account.move", move.id))
        own.with_user(colleague).check_access("read")
        private = self.env["ir.attachment"].with_user(colleague).create({"name": "b.csv", "raw": b"2"})
        for file in (private, secret):
            with self.subTest(file=file.name), self.assertRaises(AccessError):
                move.write({"einvoice_attachment_ids": [Command.link(file.id)]})
        self.assertEqual(move.einvoice_attachment_ids, own)

    # --- who may change what -------------------------------------------------------------------------------------
    def test_findings_and_documents_are_the_programs(self):
        customer = self._partner("dk")
        self.env.cr.execute("UPDATE res_partner SET peppol_endpoint = '7654321' WHERE id = %s", [customer.id])
        customer.invalidate_recordset()
        document = self._make((1, 100.0), partner=customer)(einvoice_channel="peppol")._einvoice_create_document(
            runner=self.runner
        )
        finding = document.finding_ids[:1]
        self.assertTrue(finding)
        for role, user in self.users.items():
            own = finding.with_user(user)
            values = {"document_id": document.id, "layer": "xsd", "rule": "X", "severity": "fatal", "message": "x"}
            changes = [
                own.unlink,
                lambda own=own: own.write({"severity": "warning"}),
                lambda own=own, values=values: own.create(values),
                lambda user=user: document.with_user(user).write({"finding_ids": [Command.clear()]}),
                lambda user=user: document.with_user(user).write({"state": "checked"}),
                lambda user=user: document.with_user(user).write({"sha256": "0"}),
                lambda user=user: document.with_user(user).write({"validation_layers": {"xsd": "run"}}),
                lambda user=user: document.with_user(user).create({"name": "X", "direction": "out"}),
            ]
            if role != "manager":
                changes.append(document.with_user(user).unlink)
            for number, change in enumerate(changes):
                with self.subTest(role=role, change=number), self.assertRaises(AccessError), self.cr.savepoint():
                    change()
        self.assertTrue(finding.exists())
        self.assertEqual(document.state, "draft")
        # made again by the user's button, the program writes new findings
        customer.peppol_endpoint = customer.company_registry
        document.with_user(self.users["invoice"]).action_create_again()
        self.assertEqual(document.state, "checked")


@tagged("post_install", "-at_install")
class TestNorwegianContent(ScenarioCase):
    country = "no"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()

    def test_svalbard_is_export(self):
        for country in ("sj", "de", "se", "us"):
            customer = self._partner("no", country_id=self.env.ref(f"base.{country}").id)
            move = self._make((1, 100.0, tax(self._tax("export"))), partner=customer)(einvoice_channel="peppol")
            category = self._read(self._document(move)).tax_subtotals[0].tax
            self.assertEqual((category.code, category.reason_code), ("G", "VATEX-EU-G"))
            self.assertIn("§§ 6-21", category.reason)

    def test_norway_never_sells_within_the_eu(self):
        self._tax("export").ubl_cii_tax_category_code = "K"
        self._stopped(self._make((1, 100.0, tax(self._tax("export"))), partner=self._partner("de")), "NO")

    def test_foretaksregisteret_is_a_choice_of_the_company(self):
        make = self._make((1, 100.0))
        stated = self._texts(self._document(make()), "PartyTaxScheme/CompanyID")
        self.assertIn("Foretaksregisteret", stated)
        self.company.einvoice_has_tax_registration = False
        document = self._document(make())
        self.assertNotIn("Foretaksregisteret", self._texts(document, "PartyTaxScheme/CompanyID"))
        self.assertEqual(document.finding_ids.mapped("rule"), ["NO-R-002"])
        self.assertEqual(self._read(document).totals.payable, Decimal("125.00"))
