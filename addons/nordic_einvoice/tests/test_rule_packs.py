import base64
import hashlib

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon

PACK = """<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
  <xsl:template match="/">
    <svrl:schematron-output>
      <xsl:for-each select="/*[not(*[local-name()='Note'])]">
        <svrl:failed-assert id="{rule}" flag="fatal" location="/Invoice"><svrl:text>A note is needed</svrl:text>
        </svrl:failed-assert>
      </xsl:for-each>
    </svrl:schematron-output>
  </xsl:template>
</xsl:stylesheet>"""


@tagged("post_install", "-at_install")
class TestRulePacks(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.norwegian = cls._partner("no")

    def _load(self, text=None, env=None, **values):
        content = (text if text is not None else PACK.format(rule="PEPPOL-EN16931-R001")).encode()
        return (env or self.env)["nordic.einvoice.rule.pack"].create(
            {
                "name": "Peppol",
                "version": "2026.11",
                "layer": "peppol",
                "valid_from": "2020-01-01",
                "file": base64.b64encode(content),
                "filename": "peppol.xslt",
                "sha256": hashlib.sha256(content).hexdigest(),
                **values,
            }
        )

    def _findings(self, **values):
        move = self._invoice(self.norwegian, **values)
        document = move._einvoice_create_document(runner=self.runner)
        return document, [(one.layer, one.rule) for one in document.finding_ids]

    def test_it_takes_over_while_it_is_in_force(self):
        self.assertFalse(self._findings()[1])
        pack = self._load()
        document, found = self._findings()
        self.assertEqual((document.state, found), ("draft", [("peppol", "PEPPOL-EN16931-R001")]))
        self.assertEqual(document.validation_layers["national"], "run")
        pack.valid_to = "2020-12-31"
        self.assertFalse(self._findings()[1])
        pack.write({"valid_to": False, "active": False})
        self.assertFalse(self._findings()[1])
        national = self._load(PACK.format(rule="DK-R-014"))
        self.assertEqual(self._findings()[1], [("national", "DK-R-014")])
        national.document_types = "CreditNote"
        self.assertFalse(self._findings()[1])

    def test_the_latest_in_force_is_used(self):
        self._load(PACK.format(rule="OLD"))
        self._load(PACK.format(rule="NEW"), version="2027.5", valid_from="2021-01-01")
        self._load(PACK.format(rule="LATER"), version="2099", valid_from="2099-01-01")
        self.assertEqual(self._findings()[1], [("peppol", "NEW")])

    def test_what_is_no_rule_pack_is_refused(self):
        for text in (
            "", "<html/>", "%PDF-1.4", "<Invoice/>", PACK[:300],
            '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>',
            PACK.replace("<xsl:template", '<xsl:include href="file:///etc/passwd"/><xsl:template'),
            PACK.replace('select="', 'select="((('),
        ):  # fmt: skip
            with self.subTest(text=text[:60]), self.assertRaises(ValidationError):
                self._load(text or " ")
        with self.assertRaises(ValidationError):
            self._load(sha256="0" * 64)
        self.assertFalse(self.env["nordic.einvoice.rule.pack"].search([]))

    def test_a_pack_that_cannot_run_leaves_the_own_checks(self):
        pack = self._load(
            PACK.replace('<xsl:for-each', '<xsl:if test="*/*"><xsl:message terminate="yes"/></xsl:if><xsl:for-each')
            .format(rule="X")
        )  # fmt: skip
        document, found = self._findings()
        self.assertFalse(found)
        self.assertEqual(document.state, "checked")
        self.assertTrue(pack.active)

    def test_only_the_administrator_loads_rules(self):
        users = self._users()
        with self.assertRaises(AccessError):
            self._load(env=self.env(user=users["manager"]))
        pack = self._load()
        with self.assertRaises(AccessError):
            pack.with_user(users["manager"]).write({"active": False})
        self.assertEqual(pack.with_user(users["readonly"]).version, "2026.11")


@tagged("post_install", "-at_install")
class TestReadiness(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()

    def _check(self):
        action = self.env["nordic.einvoice.readiness"].action_open()
        return self.env["nordic.einvoice.readiness"].browse(action["res_id"])

    def test_what_is_missing_is_named_and_led_to(self):
        self.company.partner_id.bank_ids.unlink()
        partner = self.company.partner_id
        partner.write({"company_registry": False, "vat": False, "street": False, "peppol_endpoint": False})
        readiness = self._check()
        missing = readiness.line_ids.filtered(lambda line: line.state == "missing")
        self.assertGreaterEqual(len(missing), 4)
        for line in missing:
            self.assertTrue(line.advice)
        self.assertEqual(missing[0].action_open()["res_id"], partner.id)
        self._danish_company()
        self.env["res.partner.bank"].create({"acc_number": "DK5000400440116243", "partner_id": partner.id})
        readiness.action_check_again()
        self.assertEqual(readiness.missing_count, 0, readiness.line_ids.mapped("name"))

    def test_a_connection_that_does_not_work_is_missing(self):
        before = self._check().missing_count
        connection = self.env["transfer.connection"].create(
            {"name": "Mappe", "kind": "einvoice_file", "einvoice_folder": "/tmp", "company_id": self.company.id}
        )
        self.assertEqual(self._check().missing_count, before)
        connection.is_paused = True
        readiness = self._check()
        self.assertEqual(readiness.missing_count, before + 2, "for NemHandel and for Peppol")
        line = readiness.line_ids.filtered(lambda one: one.res_model == "transfer.connection")[:1]
        self.assertEqual(line.action_open()["res_id"], connection.id)
