from lxml import etree

from odoo import Command, fields
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.formats import official, reader

GLN = "5799999000010"


class EinvoiceCommon(AccountTestInvoicingCommon):
    """A company with complete master data; subclasses choose the country with ``setup_country``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.runner = cls.enterClassContext(official.RuleRunner())
        cls.env["payment.reference.agreement"].search([("company_id", "=", cls.company.id)]).active = False

    @classmethod
    def _users(cls):
        """``{role: user}``, one of each of accounting's roles, in this company alone."""
        return {
            role: new_test_user(
                cls.env,
                f"einvoice_{role}",
                groups=f"base.group_user,account.group_account_{role}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for role in ("readonly", "invoice", "manager")
        }

    @classmethod
    def _seller(cls, country, tax, number, scheme, vat, **address):
        """Make the company one of a country, with the chart's tax of 25 %."""
        cls.company.partner_id.write(
            {
                "country_id": cls.env.ref(f"base.{country}").id,
                "vat": vat,
                "company_registry": number,
                "peppol_eas": scheme,
                "peppol_endpoint": "0037" + number.replace("-", "") if scheme == "0216" else number,
                **address,
            }
        )
        cls.company.einvoice_has_tax_registration = country in ("no", "se")
        cls.tax25 = cls._chart_tax(tax)

    @classmethod
    def _danish_company(cls):
        address = {"name": "Eksempel ApS", "street": "Vestergade 12", "city": "Aarhus", "zip": "8000"}
        cls._seller("dk", "tax_s1", "12345674", "0184", "DK12345674", **address)

    @classmethod
    def _norwegian_company(cls):
        address = {"name": "Eksempel AS", "street": "Storgata 1", "city": "Oslo", "zip": "0155"}
        cls._seller("no", "tax3", "310999903", "0192", "NO310999903MVA", **address)

    @classmethod
    def _swedish_company(cls):
        address = {"name": "Exempel AB", "street": "Storgatan 5", "city": "Stockholm", "zip": "11122"}
        cls._seller("se", "sale_tax_25_goods", "5599991238", "0007", "SE559999123801", **address)

    @classmethod
    def _finnish_company(cls):
        address = {"name": "Esimerkki Oy", "street": "Mannerheimintie 5", "city": "Helsinki", "zip": "00100"}
        cls._seller("fi", "tax_dom_sales_goods_25_5", "1234567-1", "0216", "FI12345671", **address)

    @classmethod
    def _chart_tax(cls, name):
        return cls.env.ref(f"account.{cls.company.id}_{name}")

    @classmethod
    def _partner(cls, country, **values):
        defaults = {
            "dk": {
                "vat": "DK76543216",
                "company_registry": "76543216",
                "peppol_eas": "0184",
                "city": "Odense",
                "zip": "5000",
            },
            "no": {"vat": "NO310999938MVA", "company_registry": "310999938", "peppol_eas": "0192", "zip": "4035"},
            "se": {"vat": "SE559999456201", "company_registry": "5599994562", "peppol_eas": "0007", "zip": "11122"},
            "fi": {
                "vat": "FI76543212",
                "company_registry": "7654321-2",
                "peppol_eas": "0216",
                "peppol_endpoint": "003776543212",
                "zip": "20100",
            },
            "de": {"vat": "DE123456788", "peppol_eas": "9930", "peppol_endpoint": "DE123456788", "zip": "10115"},
            "us": {"peppol_eas": "0060", "peppol_endpoint": "123456789", "zip": "10001"},
        }[country]
        endpoint = {"peppol_endpoint": defaults["company_registry"]} if "company_registry" in defaults else {}
        defaults = endpoint | defaults
        return cls.env["res.partner"].create(
            {
                "name": f"Kunde {country}",
                "is_company": True,
                "street": "Kirkegade 7",
                "city": "Byen",
                "country_id": cls.env.ref(f"base.{country}").id,
                **defaults,
                **values,
            }
        )

    @classmethod
    def _public_customer(cls, **values):
        return cls._partner("dk", name="Byens Kommune", peppol_eas="0088", peppol_endpoint=GLN, **values)

    def _invoice(self, partner, lines=((1, 1000.0),), post=True, **values):
        """``lines``: (quantity, price[, values of the line])."""
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": fields.Date.to_date("2026-11-02"),
                "buyer_reference": "Jette Jensen",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Rådgivning",
                            "quantity": line[0],
                            "price_unit": line[1],
                            "tax_ids": [Command.set(self.tax25.ids)],
                            **(line[2] if len(line) > 2 else {}),
                        }
                    )
                    for line in lines
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    def _credit(self, invoice):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "reason": "fejl", "date": "2026-11-03"})
        )
        refund = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        refund.action_post()
        return refund

    def _document(self, move):
        """The e-invoice of a move: written, and without a fault in every layer that ran."""
        document = move._einvoice_create_document(runner=self.runner)
        faults = [(f.rule, f.message, f.location) for f in document.finding_ids if f.severity == "fatal"]
        self.assertFalse(faults, document.attachment_id.raw.decode())
        self.assertEqual(document.state, "checked")
        self.assertEqual(document.validation_layers["xsd"], "run")
        own = ("en16931", "peppol", "national") if document.format == "bis3" else ("oioubl",)
        for layer in own:
            self.assertEqual(document.validation_layers[layer], "run")
        return document

    def _root(self, document):
        return etree.fromstring(document.attachment_id.raw)

    def _texts(self, document, path):
        """Texts at a path of local names, anywhere in the document."""
        query = "//" + "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
        return [element.text for element in self._root(document).xpath(query)]

    def _read(self, document):
        return reader.read(document.attachment_id.raw)
